/*
 * People: attributes that take one of several levels, by given shares or by a table of them. Entries of `people` may
 * refer to each other in any order; each is compiled when somebody needs it, so that its column is drawn first.
 */
#include <math.h>
#include <string.h>

#include "rng/keyed.h"
#include "spec/compile_admixture.h"

enum { MOST_BY = 8 };

#define MODEL_TOLERANCE 1e-9    /* of probabilities written in the model: they are meant to sum to 1 */
#define TABLE_TOLERANCE 1e-6    /* of shares in tables: decimals that were rounded for print */

/* ---- shared by the people files ---- */

struct people *people_of(compiler_t *c)
{
    if (!c->people) c->people = arena_take(c->arena, 1, sizeof *c->people);
    return c->people;
}

const char *people_join(compiler_t *c, const char *const *names, size_t n)
{
    const char *text = n ? names[0] : "";
    for (size_t i = 1; i < n; i++) text = diag_format(c->diag, "%s, %s", text, names[i]);
    return text;
}

bool people_levels(compiler_t *c, const yaml_node_t *node, int32_t slot, uint64_t *levels)
{
    if (!compile_level_set(c, node, slot, "a level", levels)) return false;
    if (*levels == 0) diag_error(c->diag, node->place, "name at least one", "there are no levels");
    return *levels != 0;
}

void people_step(compiler_t *c, model_step_t step)
{
    int32_t at = builder_add_steps(c->model, 1);
    c->model->steps[at] = step;
}

bool people_by(compiler_t *c, const yaml_node_t *node, by_t *by)
{
    const yaml_node_t *on = yaml_get(node, "by");

    *by = (by_t){.nodes = {node}, .n_rows = 1, .slot = MODEL_NONE};
    if (!on) return true;
    const char *name = compile_name(c, on, "the attribute of `by`");
    by->slot = name ? people_slot(c, name, on->place) : MODEL_NONE;
    if (by->slot == MODEL_NONE) return false;
    by->n_rows = (size_t)compile_levels(c->model, by->slot);
    by->nodes[0] = NULL;
    return compile_nodes_by_level(c, node, by->slot, by->nodes, "value");
}

/* ---- shares written in the model ---- */

typedef struct {
    const char *names[MODEL_MAX_LEVELS];
    size_t n;
} levels_t;

static size_t level_index(const levels_t *levels, const char *name)
{
    size_t l = 0;
    while (l < levels->n && strcmp(levels->names[l], name) != 0) l++;
    return l;
}

/* Adds a level if it is new; false after reporting that there are too many. */
static bool add_level(compiler_t *c, const char *attribute, levels_t *levels, const char *name, place_t place)
{
    if (level_index(levels, name) < levels->n) return true;
    if (levels->n == MODEL_MAX_LEVELS) {
        diag_error(c->diag, place, "put some of them together", "`%s` has more than %d levels", attribute, MODEL_MAX_LEVELS);
        return false;
    }
    levels->names[levels->n++] = name;
    return true;
}

static bool levels_of_keys(compiler_t *c, const attribute_t *attribute, const yaml_node_t *node, levels_t *levels)
{
    if (node->kind != YAML_MAPPING) {
        diag_error(c->diag, node->place, "for example {female: 0.32, male: rest}", "the levels of `%s` are missing", attribute->name);
        return false;
    }
    for (size_t i = 0; i < node->count; i++)
        if (!compile_is_remark(node->pairs[i].key) && !add_level(c, attribute->name, levels, node->pairs[i].key, node->pairs[i].place)) return false;
    return true;
}

/* {LEVEL: PROBABILITY, ..., LEVEL: rest} -> p [levels->n]. */
static bool read_shares(compiler_t *c, const attribute_t *attribute, const yaml_node_t *node, const levels_t *levels, double *p)
{
    bool is_given[MODEL_MAX_LEVELS] = {0}, is_good = true;
    size_t rest = levels->n;
    double total = 0;

    if (node->kind != YAML_MAPPING) {
        diag_error(c->diag, node->place, "for example {female: 0.32, male: rest}", "this is not a list of shares");
        return false;
    }
    for (size_t i = 0; i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        size_t l = level_index(levels, pair->key);
        if (compile_is_remark(pair->key)) continue;
        if (l == levels->n) {
            diag_error(c->diag, pair->place, compile_suggest(c, pair->key, levels->names, levels->n),
                       "`%s` is no level of `%s` in its other rows", pair->key, attribute->name);
            is_good = false;
            continue;
        }
        is_given[l] = true;
        p[l] = 0;
        if (pair->value->kind == YAML_SCALAR && strcmp(pair->value->text, "rest") == 0) {
            if (rest < levels->n) diag_error(c->diag, pair->value->place, "give one of them a number", "`rest` stands twice");
            is_good = is_good && rest == levels->n;
            rest = l;
        } else if (!compile_value(c, pair->value, VALUE_PROBABILITY, &p[l])) {
            is_good = false;
        }
        total += p[l];
    }
    for (size_t l = 0; l < levels->n; l++) {
        if (is_given[l]) continue;
        diag_error(c->diag, node->place, "a share of 0 must be written too", "`%s` has no share of `%s` here", attribute->name, levels->names[l]);
        is_good = false;
    }
    if (!is_good) return false;
    if (rest < levels->n) p[rest] = total < 1.0 ? 1.0 - total : 0.0;
    if (rest < levels->n ? total <= 1.0 + MODEL_TOLERANCE : fabs(total - 1.0) <= MODEL_TOLERANCE) return true;
    diag_error(c->diag, node->place, rest < levels->n ? "they must leave something for `rest`" : "make one of them `rest`",
               "the shares of `%s` sum to %.10g, not 1", attribute->name, total);
    return false;
}

/* Slot, table and step of an attribute whose shares are p [rows][levels->n]. */
static bool add_category(compiler_t *c, attribute_t *attribute, const levels_t *levels, const int32_t *by, size_t n_by, const double *p,
                         size_t n_rows)
{
    model_table_t table;

    attribute->slot = compile_add_slot(c, attribute->name, SLOT_ATTRIBUTE, levels->names, levels->n, attribute->place);
    if (attribute->slot == MODEL_NONE || !compile_make_table(c, by, n_by, (int32_t)levels->n, &table)) return false;
    for (size_t r = 0; r < n_rows; r++)
        INVARIANT(compile_cumulate(p + r * levels->n, levels->n, TABLE_TOLERANCE, c->model->reals + table.first + r * levels->n),
                  "shares of %s were not checked", attribute->name);
    people_step(c, (model_step_t){.purpose = rng_purpose(diag_format(c->diag, "attribute %s", attribute->name)),
                                  .kind = STEP_CATEGORY, .to = attribute->slot, .table = table});
    fprintf(c->summary, "  %s:", attribute->name);
    for (size_t l = 0; l < levels->n; l++) {
        if (n_by) fprintf(c->summary, "%s %s", l ? "," : "", levels->names[l]);
        else fprintf(c->summary, "%s %s %.6g %%", l ? "," : "", levels->names[l], 100 * p[l]);
    }
    for (size_t b = 0; b < n_by; b++)
        fprintf(c->summary, "%s %s", b ? "," : "; shares by", model_text(c->model, c->model->slots[by[b]].name));
    fputc('\n', c->summary);
    return true;
}

static bool compile_shares(compiler_t *c, attribute_t *attribute)
{
    by_t by;
    levels_t levels = {.n = 0};

    if (!people_by(c, attribute->node, &by) || !levels_of_keys(c, attribute, by.nodes[0], &levels)) return false;
    double *p = arena_take(c->arena, by.n_rows * levels.n, sizeof *p);
    bool is_good = true;
    for (size_t r = 0; r < by.n_rows; r++) is_good = read_shares(c, attribute, by.nodes[r], &levels, p + r * levels.n) && is_good;
    return is_good && add_category(c, attribute, &levels, &by.slot, by.slot != MODEL_NONE, p, by.n_rows);
}

/* ---- shares in a table ---- */

/* The column that `key` names (or the one called `key` itself); -1 after reporting. */
static int column_of(compiler_t *c, const csv_table_t *csv, const yaml_node_t *node, const char *key)
{
    const yaml_node_t *named = yaml_get(node, key);
    const char *name = named && named->kind == YAML_SCALAR ? named->text : key;
    int column = csv_column(csv, name);
    if (column >= 0) return column;

    const char **known = arena_take(c->arena, csv->n_columns, sizeof *known);
    for (size_t k = 0; k < csv->n_columns; k++) known[k] = csv->header[k].text;
    diag_error(c->diag, named ? named->place : node->place, compile_suggest(c, name, known, csv->n_columns),
               "%s has no column `%s`", csv->file, name);
    return -1;
}

static bool by_slots(compiler_t *c, const yaml_node_t *by, int32_t *slots, size_t *n)
{
    *n = by ? compile_count(by) : 0;
    if (*n > MOST_BY) {
        diag_error(c->diag, by->place, "use fewer", "shares can depend on at most %d attributes", MOST_BY);
        return false;
    }
    for (size_t i = 0; i < *n; i++) {
        const yaml_node_t *item = compile_item(by, i);
        const char *name = compile_name(c, item, "an attribute of `by`");
        slots[i] = name ? people_slot(c, name, item->place) : MODEL_NONE;
        if (slots[i] == MODEL_NONE) return false;
    }
    return true;
}

/* Adds the shares of all rows of the table to p [rows][levels->n]; those of a repeated level are summed. */
static bool add_rows(compiler_t *c, const csv_table_t *csv, int level, int share, const int32_t *by, size_t n_by, const levels_t *levels,
                     double *p)
{
    bool is_good = true;

    for (size_t r = 0; r < csv->n_rows; r++) {
        const csv_cell_t *cell = csv_cell(csv, r, share);
        int32_t row = compile_table_row(c, csv, r, by, n_by);
        double value;
        if (row == MODEL_NONE) return false;
        if (!compile_text_value(c, cell->text, cell->place, VALUE_PROBABILITY, &value)) is_good = false;
        else p[(size_t)row * levels->n + level_index(levels, csv_cell(csv, r, level)->text)] += value;
    }
    return is_good;
}

/* {table: FILE, level: COLUMN, share: COLUMN}, with `by` if the table has columns of other attributes. */
static bool compile_share_table(compiler_t *c, attribute_t *attribute)
{
    static const char *const keys[] = {"table", "level", "share", "by", NULL};
    const yaml_node_t *node = attribute->node, *file = yaml_get(node, "table");
    int32_t by[MOST_BY];
    size_t n_by, n_rows = 1;
    levels_t levels = {.n = 0};

    if (!compile_keys(c, node, "shares from a table", keys) || !by_slots(c, yaml_get(node, "by"), by, &n_by)) return false;
    const csv_table_t *csv = compile_table_file(c, file->text, file->place);
    if (!csv) return false;
    int level = column_of(c, csv, node, "level"), share = column_of(c, csv, node, "share");
    if (level < 0 || share < 0) return false;

    for (size_t r = 0; r < csv->n_rows; r++)
        if (!add_level(c, attribute->name, &levels, csv_cell(csv, r, level)->text, csv_cell(csv, r, level)->place)) return false;
    for (size_t b = 0; b < n_by; b++) n_rows *= (size_t)compile_levels(c->model, by[b]);
    double *p = arena_take(c->arena, n_rows * levels.n, sizeof *p), *ignored = arena_take(c->arena, levels.n, sizeof *p), worst = 0;
    if (!add_rows(c, csv, level, share, by, n_by, &levels, p)) return false;
    for (size_t r = 0; r < n_rows; r++) {
        double total = 0;
        for (size_t l = 0; l < levels.n; l++) total += p[r * levels.n + l];
        if (compile_cumulate(p + r * levels.n, levels.n, TABLE_TOLERANCE, ignored)) {
            worst = fmax(worst, fabs(total - 1.0));
            continue;
        }
        diag_error(c->diag, file->place, "the shares of all levels must sum to 1", "the shares of `%s` in %s sum to %.10g%s", attribute->name,
                   csv->file, total, n_by ? " for one combination of `by`" : "");
        return false;
    }
    if (!add_category(c, attribute, &levels, by, n_by, p, n_rows)) return false;
    if (worst > MODEL_TOLERANCE) fprintf(c->summary, "    the shares sum to 1 within %.2g and were scaled to 1\n", worst);
    return true;
}

/* ---- attributes ---- */

static bool is_number(const yaml_node_t *node)
{
    if (node->kind == YAML_SCALAR || yaml_get(node, "distribution")) return true;
    if (!yaml_get(node, "by")) return false;
    for (size_t i = 0; i < node->count; i++)    /* what stands at the first level decides */
        if (strcmp(node->pairs[i].key, "by") != 0 && !compile_is_remark(node->pairs[i].key))
            return node->pairs[i].value->kind == YAML_SCALAR || yaml_get(node->pairs[i].value, "distribution");
    return false;
}

static bool compile_attribute(compiler_t *c, attribute_t *attribute)
{
    if (people_is_column(c, attribute)) return compile_column(c, attribute);
    if (yaml_get(attribute->node, "table")) return compile_share_table(c, attribute);
    if (yaml_get(attribute->node, "of")) return compile_band(c, attribute);
    if (yaml_get(attribute->node, "polygenic")) return compile_polygenic(c, attribute);
    if (is_number(attribute->node)) return compile_number(c, attribute);
    if (strcmp(attribute->name, "age") == 0) {
        diag_error(c->diag, attribute->place, "for example `age: 40 years`, and `age group: {of: age, ...}` for bands",
                   "`age` is a number, not a list of levels");
        return false;
    }
    return compile_shares(c, attribute);
}

static void ensure(compiler_t *c, attribute_t *attribute)
{
    if (attribute->state == ATTRIBUTE_STARTED) {
        diag_error(c->diag, attribute->place, "break the circle", "`%s` depends on itself", attribute->name);
        attribute->state = ATTRIBUTE_WRONG;
    }
    if (attribute->state != ATTRIBUTE_UNSEEN) return;
    attribute->state = ATTRIBUTE_STARTED;
    bool is_good = compile_attribute(c, attribute);
    if (attribute->state == ATTRIBUTE_STARTED) attribute->state = is_good ? ATTRIBUTE_DONE : ATTRIBUTE_WRONG;
}

static attribute_t *find_attribute(compiler_t *c, const char *name)
{
    struct people *people = people_of(c);
    for (size_t a = 0; a < people->n_attributes; a++)
        if (strcmp(people->attributes[a].name, name) == 0) return &people->attributes[a];
    return NULL;
}

/* What stands in `people`, and the phenotypes and groups that have been made by now. */
static const char *suggest_attribute(compiler_t *c, const char *name)
{
    const struct people *people = people_of(c);
    const model_t *m = c->model;
    const char **known = arena_take(c->arena, people->n_attributes + (size_t)m->n_slots, sizeof *known);
    size_t n = 0;

    for (size_t a = 0; a < people->n_attributes; a++) known[n++] = people->attributes[a].name;
    for (int32_t s = 0; s < m->n_slots; s++) {
        const char *slot = model_text(m, m->slots[s].name);
        if (m->slots[s].kind == SLOT_ATTRIBUTE && m->slots[s].is_reported && !find_attribute(c, slot)) known[n++] = slot;
    }
    return compile_suggest(c, name, known, n);
}

attribute_t *people_attribute(compiler_t *c, const char *name, place_t place)
{
    attribute_t *attribute = find_attribute(c, name);

    if (!attribute && compile_is_wrong(c, name, CONDITION_ATTRIBUTES)) return NULL;
    if (!attribute) {
        diag_error(c->diag, place, suggest_attribute(c, name), "there is no attribute `%s`", name);
        return NULL;
    }
    ensure(c, attribute);
    return attribute->state == ATTRIBUTE_DONE ? attribute : NULL;
}

bool people_need_age(compiler_t *c, place_t place, const char *what)
{
    if (c->model->settings.age != MODEL_NONE) return true;
    if (!compile_is_wrong(c, "age", CONDITION_ATTRIBUTES)) diag_error(c->diag, place, "give `people` an `age`", "%s, but people have none", what);
    return false;
}

int32_t people_slot(compiler_t *c, const char *name, place_t place)
{
    int32_t slot = model_find_slot(c->model, name); /* phenotypes and groups have slots, but stand elsewhere */

    if (slot != MODEL_NONE && !find_attribute(c, name)) return slot;
    const attribute_t *attribute = people_attribute(c, name, place);
    if (!attribute) return MODEL_NONE;
    if (attribute->slot == MODEL_NONE)
        diag_error(c->diag, place, diag_format(c->diag, "make bands of it: {of: %s, from: [...], names: [...]}", name),
                   "`%s` is a number and has no levels", name);
    return attribute->slot;
}

/* What stands among the attributes, but is none. */
static bool is_setting(const char *key) { return !strcmp(key, "file") || !strcmp(key, "correlated") || !strcmp(key, "admixture"); }

void compile_people(compiler_t *c)
{
    const yaml_node_t *node = yaml_get(c->root, "people");
    struct people *people = people_of(c);

    fputs("people\n", c->summary);
    if (node && node->kind != YAML_MAPPING && !(node->kind == YAML_SCALAR && !node->text[0])) {
        diag_error(c->diag, node->place, "for example {age: 40 years, sex: {female: 0.5, male: rest}}", "`people` is not a mapping");
    } else if (node) {
        people_open_file(c, node);
        const size_t n_columns = people->file ? people->file->n_columns : 0;
        people->attributes = arena_take(c->arena, node->count + n_columns, sizeof *people->attributes);
        for (size_t a = 0; a < node->count; a++)
            if (!is_setting(node->pairs[a].key))
                people->attributes[people->n_attributes++] = (attribute_t){
                    .name = node->pairs[a].key, .node = node->pairs[a].value, .place = node->pairs[a].place, .slot = MODEL_NONE, .number = MODEL_NONE};
        people_add_columns(c, node);
        people_check_correlated(c, node);
        for (size_t a = 0; a < people->n_attributes; a++) ensure(c, &people->attributes[a]);
        (void)people_admixture(c);
        people_add_pseudonym(c, yaml_get(node, "file"));
    }
    compile_genes(c);
    compile_groups(c);
}
