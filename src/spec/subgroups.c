/*
 * From words to groupings of a compiled model. Works on models of any origin, since `--by` asks for subgroups of models that came from a
 * file or another rank, too; a grouping's name is text that asks for it again. Knows no YAML but what compile_subgroups hands on.
 */
#include "spec/subgroups.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spec/compile.h"

enum { MOST_AXES = 6, MOST_CUTS = 63 };

static const char SHAPE[] = "write attributes with ` x ` between them, `age at 50 65`, `observed THING x THING`, and `under STRATEGY` where it matters";

typedef struct {
    model_t *m;
    diagnostics_t *diag;
    place_t place;
    model_group_axis_t axes[MOST_AXES];
    double cuts[MOST_AXES][MOST_CUTS];
    const char *words[MOST_AXES];   /* of each axis, as the grouping's name has them; owned by `diag` */
    int32_t n_axes, strategy;
    bool is_part;               /* the model keeps only some of its strategies: what is asked of others is not there */
    bool is_gone;               /* and this is */
} asked_t;

/* ---- small words ---- */

static const char *trimmed(diagnostics_t *diag, const char *text, size_t n)
{
    while (n > 0 && *text == ' ') text++, n--;
    while (n > 0 && text[n - 1] == ' ') n--;
    return diag_format(diag, "%.*s", (int)n, text);
}

/* The last occurrence of `word` in `text`, or NULL. */
static const char *last_of(const char *text, const char *word)
{
    const char *found = NULL;

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) found = at;
    return found;
}

static const char *strategy_text(const model_t *m, int32_t s) { return model_strategy_name(m, s); }

/* ---- one axis ---- */

/* Everything that people can be sorted by, for "did you mean". */
static void complain_unknown(asked_t *asked, const char *name)
{
    const model_t *m = asked->m;
    const char **known = memory_resize(NULL, (size_t)(m->n_slots + m->n_numbers) + 1, sizeof *known);
    size_t n = 0;

    for (int32_t s = 0; s < m->n_slots; s++)
        if (m->slots[s].is_reported && m->slots[s].kind != SLOT_DERIVED) known[n++] = model_text(m, m->slots[s].name);
    for (int32_t i = 0; i < m->n_numbers; i++)
        if (!m->numbers[i].is_hidden) known[n++] = model_text(m, m->numbers[i].name);
    const char *nearest = diag_nearest(name, known, n);
    diag_error(asked->diag, asked->place, nearest ? diag_format(asked->diag, "did you mean `%s`?", nearest) : SHAPE,
               "people have no `%s` by which they can be sorted", name);
    free(known);
}

static int32_t find_number(const model_t *m, const char *name)
{
    for (int32_t i = 0; i < m->n_numbers; i++)
        if (!m->numbers[i].is_hidden && strcmp(model_text(m, m->numbers[i].name), name) == 0) return i;
    return MODEL_NONE;
}

/* "NUMBER at 50 65" */
static bool read_band(asked_t *asked, const char *name, const char *cuts)
{
    model_group_axis_t *axis = &asked->axes[asked->n_axes];
    double *cut = asked->cuts[asked->n_axes];
    int32_t number = find_number(asked->m, name), n = 0;

    if (number == MODEL_NONE) return complain_unknown(asked, name), false;
    for (const char *at = cuts; *at;) {
        char *end;
        double value = strtod(at, &end);
        bool is_good = end != at && isfinite(value) && (!*end || *end == ' ') && n < MOST_CUTS && (n == 0 || value > cut[n - 1]);
        if (!is_good) {
            diag_error(asked->diag, asked->place, "write at most 63 ascending numbers with blanks between them, such as `age at 50 65`",
                       "`%s` does not say where the bands of `%s` end", cuts, name);
            return false;
        }
        cut[n++] = value;
        at = end + strspn(end, " ");
    }
    *axis = (model_group_axis_t){.kind = GROUP_BAND, .index = number, .cuts = {0, n}, .level_names = {0, n + 1}};
    asked->words[asked->n_axes] = diag_format(asked->diag, "%s at", name);
    for (int32_t k = 0; k < n; k++) asked->words[asked->n_axes] = diag_format(asked->diag, "%s %.15g", asked->words[asked->n_axes], cut[k]);
    asked->n_axes++;
    return true;
}

static bool read_slot(asked_t *asked, const char *text)
{
    static const char first[] = "first ";
    static const int32_t kinds[] = {[SLOT_ATTRIBUTE] = GROUP_ATTRIBUTE, [SLOT_PROCESS] = GROUP_STATE, [SLOT_OBSERVATION] = GROUP_LAST_SHOWN};
    const model_t *m = asked->m;
    int32_t slot = model_find_slot(m, text);
    bool is_first = slot == MODEL_NONE && strncmp(text, first, sizeof first - 1) == 0;

    if (is_first) slot = model_find_slot(m, text + sizeof first - 1);
    if (slot != MODEL_NONE && m->slots[slot].kind == SLOT_DERIVED) {
        diag_error(asked->diag, asked->place, "sort by what it is made of", "`%s` changes during a life", text);
        return false;
    }
    if (slot == MODEL_NONE && find_number(m, text) != MODEL_NONE) {
        diag_error(asked->diag, asked->place, diag_format(asked->diag, "for example `%s at 50 65`", text), "`%s` is a number", text);
        return false;
    }
    if (slot == MODEL_NONE || !m->slots[slot].is_reported || (is_first && m->slots[slot].kind != SLOT_OBSERVATION)) return complain_unknown(asked, text), false;
    asked->axes[asked->n_axes] = (model_group_axis_t){.kind = is_first ? GROUP_FIRST_SHOWN : kinds[m->slots[slot].kind], .index = slot,
                                                      .level_names = m->slots[slot].level_names};
    asked->words[asked->n_axes++] = text;
    return true;
}

static bool read_axis(asked_t *asked, const char *text)
{
    const char *at = strstr(text, " at ");

    if (asked->n_axes == MOST_AXES) {
        diag_error(asked->diag, asked->place, "combine at most six", "so many things at once would make too many groups");
        return false;
    }
    if (at && model_find_slot(asked->m, text) == MODEL_NONE) return read_band(asked, trimmed(asked->diag, text, (size_t)(at - text)), at + 4);
    return read_slot(asked, text);
}

/* ---- a grouping ---- */

static bool read_strategy(asked_t *asked, const char *name)
{
    const model_t *m = asked->m;

    asked->strategy = model_find_strategy(m, name);
    asked->is_gone = asked->is_part && asked->strategy == MODEL_NONE;
    if (asked->strategy != MODEL_NONE || asked->is_gone) return true;
    const char **known = memory_resize(NULL, (size_t)m->n_strategies + 1, sizeof *known);
    for (int32_t s = 0; s < m->n_strategies; s++) known[s] = strategy_text(m, s);
    const char *nearest = diag_nearest(name, known, (size_t)m->n_strategies);
    diag_error(asked->diag, asked->place, diag_format(asked->diag, "did you mean `%s`?", nearest ? nearest : known[0]), "there is no strategy `%s`", name);
    free(known);
    return false;
}

static bool read_grouping(asked_t *asked, const char *text)
{
    const char *under = last_of(text, " under ");
    size_t n = under ? (size_t)(under - text) : strlen(text);

    if (under && !read_strategy(asked, trimmed(asked->diag, under + 7, strlen(under + 7)))) return false;
    for (const char *at = text, *end = text + n; at < end;) {
        const char *cross = strstr(at, " x ");
        const char *stop = cross && cross < end ? cross : end;
        if (!read_axis(asked, trimmed(asked->diag, at, (size_t)(stop - at)))) return false;
        at = stop == end ? end : stop + 3;
    }
    if (asked->n_axes > 0) return true;
    diag_error(asked->diag, asked->place, SHAPE, "this asks for no subgroups");
    return false;
}

/* Sets strides; false after reporting that there are too many groups. */
static bool count_groups(asked_t *asked, int32_t *n_groups)
{
    int64_t n = 1;

    for (int32_t a = asked->n_axes; a-- > 0;) {
        asked->axes[a].stride = (int32_t)n;
        n *= asked->axes[a].level_names.count;
        if (n <= MODEL_MOST_GROUPS) continue;
        diag_error(asked->diag, asked->place, "combine fewer things, or cut into fewer bands", "this makes more than %d groups", MODEL_MOST_GROUPS);
        return false;
    }
    *n_groups = (int32_t)n;
    return true;
}

static const char *band_name(asked_t *asked, int32_t a, int32_t level)
{
    const double *cut = asked->cuts[a];
    const int32_t n = asked->axes[a].cuts.count;

    if (level == 0) return diag_format(asked->diag, "below %.15g", cut[0]);
    if (level == n) return diag_format(asked->diag, "%.15g and above", cut[n - 1]);
    return diag_format(asked->diag, "%.15g to %.15g", cut[level - 1], cut[level]);
}

/* The cut points and names of bands, in the model's arrays. */
static void place_bands(asked_t *asked)
{
    model_t *m = asked->m;

    for (int32_t a = 0; a < asked->n_axes; a++) {
        model_group_axis_t *axis = &asked->axes[a];
        if (axis->kind != GROUP_BAND) continue;
        axis->cuts.first = builder_add_reals(m, axis->cuts.count);
        for (int32_t k = 0; k < axis->cuts.count; k++) m->reals[axis->cuts.first + k] = asked->cuts[a][k] * m->numbers[axis->index].per_unit;
        axis->level_names.first = builder_add_name_list(m, axis->level_names.count);
        for (int32_t l = 0; l < axis->level_names.count; l++) {
            model_name_t name = builder_text(m, band_name(asked, a, l));
            m->name_list[axis->level_names.first + l] = name;
        }
    }
}

/* Its name under a strategy, or NULL if the model has it already. */
static const char *name_of(const asked_t *asked, int32_t strategy)
{
    const model_t *m = asked->m;
    const char *name = asked->words[0];

    for (int32_t a = 1; a < asked->n_axes; a++) name = diag_format(asked->diag, "%s x %s", name, asked->words[a]);
    if (strategy != MODEL_NONE) name = diag_format(asked->diag, "%s under %s", name, strategy_text(m, strategy));
    for (int32_t g = 0; g < m->n_groupings; g++)
        if (strcmp(model_text(m, m->groupings[g].name), name) == 0) return NULL;
    return name;
}

static bool add_grouping(asked_t *asked, int32_t n_groups, int32_t strategy)
{
    model_t *m = asked->m;
    const char *name = name_of(asked, strategy);

    if (!name) return true;
    if (m->n_groupings == MODEL_MOST_GROUPINGS) {
        diag_error(asked->diag, asked->place, "ask for the others in another run", "there are more than %d kinds of subgroups", MODEL_MOST_GROUPINGS);
        return false;
    }
    place_bands(asked);
    int32_t first = builder_add_group_axes(m, asked->n_axes), at = builder_add_groupings(m, 1);
    memcpy(m->group_axes + first, asked->axes, (size_t)asked->n_axes * sizeof *asked->axes);
    model_name_t text = builder_text(m, name);
    m->groupings[at] = (model_grouping_t){.name = text, .axes = {first, asked->n_axes}, .n_groups = n_groups, .strategy = strategy};
    return true;
}

/* ---- which strategies ---- */

static bool shows(const model_t *m, int32_t test, const asked_t *asked)
{
    for (int32_t r = 0; r < m->tests[test].readings.count; r++)
        for (int32_t a = 0; a < asked->n_axes; a++)
            if (asked->axes[a].kind >= GROUP_FIRST_SHOWN && asked->axes[a].index == m->readings[m->tests[test].readings.first + r].observation) return true;
    return false;
}

static bool rules_show(const model_t *m, model_span_t rules, const asked_t *asked)
{
    for (int32_t r = 0; r < rules.count; r++) {
        const model_span_t orders = m->rules[rules.first + r].orders;
        for (int32_t i = 0; i < orders.count; i++)
            if (shows(m, m->indices[orders.first + i], asked)) return true;
    }
    return false;
}

/* Whether what the axes ask for can differ under a strategy from how it began: a process may, an observation if a test of it can be ordered. */
static bool is_concerned(const asked_t *asked, int32_t s)
{
    const model_t *m = asked->m;

    for (int32_t a = 0; a < asked->n_axes; a++)
        if (asked->axes[a].kind == GROUP_STATE) return true;
    if (rules_show(m, m->strategies[s].entry, asked)) return true;
    for (int32_t i = 0; i < m->n_moments; i++)
        if (rules_show(m, m->rule_lists[m->strategies[s].rules_of + i], asked)) return true;
    return false;
}

/* Whether the axes ask for anything that depends on a strategy. */
static bool needs_strategy(const asked_t *asked)
{
    for (int32_t a = 0; a < asked->n_axes; a++)
        if (asked->axes[a].kind > GROUP_BAND) return true;
    return false;
}

static bool add_by_strategies(asked_t *asked, int32_t n_groups)
{
    bool is_found = false, is_good = true;

    for (int32_t s = 0; s < asked->m->n_strategies; s++) {
        if (!is_concerned(asked, s)) continue;
        is_found = true;
        is_good = add_grouping(asked, n_groups, s) && is_good;
    }
    if (!is_found && asked->is_part) return true;
    if (!is_found) diag_error(asked->diag, asked->place, "add `under STRATEGY` if it is meant", "no strategy orders a test that shows this");
    return is_found && is_good;
}

/* Adds the groupings that one item asks for. `is_part`: the model keeps only some of its strategies. False after reporting what is wrong at `place`. */
static bool add(model_t *model, const char *text, bool is_part, place_t place, diagnostics_t *diag)
{
    asked_t asked = {.m = model, .diag = diag, .place = place, .strategy = MODEL_NONE, .is_part = is_part};
    int32_t n_groups;

    if (!read_grouping(&asked, trimmed(diag, text, strlen(text))) || !count_groups(&asked, &n_groups)) return false;
    if (asked.is_gone) return true;
    if (!needs_strategy(&asked)) return add_grouping(&asked, n_groups, MODEL_NONE);
    return asked.strategy == MODEL_NONE ? add_by_strategies(&asked, n_groups) : add_grouping(&asked, n_groups, asked.strategy);
}

/* ---- for those who have a compiled model ---- */

popgx_err_t subgroups_ask(model_t *model, const char *option, const char *list)
{
    diagnostics_t *diag = diag_new();
    popgx_err_t err = POPGX_OK;
    const place_t place = {.file = option};

    builder_adopt(model);
    for (const char *at = list; at && !err;) {
        size_t n = strcspn(at, ",");
        if (!add(model, trimmed(diag, at, n), false, place, diag)) err = FAIL(INPUT, "%s", diag_text(diag, 0));
        at = at[n] ? at + n + 1 : NULL;
    }
    diag_free(diag);
    return err;
}

void subgroups_copy(model_t *model, const model_t *other)
{
    diagnostics_t *diag = diag_new();

    builder_adopt(model);
    for (int32_t g = 0; g < other->n_groupings; g++) {
        bool is_added = add(model, model_text(other, other->groupings[g].name), false, (place_t){.file = ""}, diag);
        INVARIANT(is_added, "%s", diag_text(diag, 0));
    }
    diag_free(diag);
}

/* ---- the section of a model file ---- */

void compile_subgroups(compiler_t *c)
{
    const yaml_node_t *node = yaml_get(c->root, "subgroups");
    size_t n = node ? compile_count(node) : 0, before = diag_errors(c->diag);

    if (before > 0 && n > 0) return; /* what they ask for may be what is wrong already */
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *item = compile_item(node, i);
        const char *text = compile_name(c, item, "a subgroup");
        if (text) (void)add(c->model, text, c->strategies != NULL, item->place, c->diag);
    }
    for (int32_t g = 0; g < c->model->n_groupings; g++)
        fprintf(c->summary, "subgroups: %s (%d groups)\n", model_text(c->model, c->model->groupings[g].name), c->model->groupings[g].n_groups);
}
