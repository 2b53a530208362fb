/*
 * Slots and what is said about them: conditions, and values that depend on levels. Assumes that slots of a kind are
 * added together (attributes, then processes, then observations: model.h). Never keeps pointers into the model's
 * arrays across a builder call, since those move.
 */
#include <stdlib.h>
#include <string.h>

#include "kernels/arithmetic.h"
#include "spec/compile_expressions.h"

enum { MOST_ROWS = 1 << 20 };

/* ---- slots and levels ---- */

/* Words that mean something else where levels or slots are the keys of a mapping, so that what stands there would be passed over. */
static bool is_reserved(const char *name)
{
    static const char *const words[] = {"by", "otherwise", "clock", "table", "column", "if"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(name, words[i]) == 0) return true;
    return compile_is_remark(name);
}

int32_t compile_add_slot(compiler_t *c, const char *name, model_slot_kind_t kind, const char *const *levels, size_t n_levels,
                         place_t place)
{
    model_t *model = c->model;

    if (model_find_slot(model, name) != MODEL_NONE) {
        diag_error(c->diag, place, "give one of them another name", "there are two things called `%s`", name);
        return MODEL_NONE;
    }
    if (n_levels == 0 || n_levels > MODEL_MAX_LEVELS) {
        diag_error(c->diag, place, diag_format(c->diag, "at least 1 and at most %d are possible", MODEL_MAX_LEVELS),
                   "`%s` has %zu levels", name, n_levels);
        return MODEL_NONE;
    }
    for (size_t i = 0; i <= n_levels; i++) {
        const char *word = i < n_levels ? levels[i] : name;
        if (!is_reserved(word)) continue;
        diag_error(c->diag, place, "choose another name", "`%s` cannot be the name of %s: it means something else", word,
                   i < n_levels ? diag_format(c->diag, "a level of `%s`", name) : "an attribute or a process");
        return MODEL_NONE;
    }
    for (size_t i = 0; i < n_levels; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(levels[i], levels[j]) == 0) {
                diag_error(c->diag, place, "name each level once", "`%s` has the level `%s` twice", name, levels[i]);
                return MODEL_NONE;
            }
    int32_t first = builder_add_name_list(model, (int32_t)n_levels);
    for (size_t i = 0; i < n_levels; i++) {
        model_name_t level = builder_text(model, levels[i]);
        model->name_list[first + (int32_t)i] = level;
    }
    model_name_t text = builder_text(model, name);
    int32_t slot = builder_add_slots(model, 1);
    model->slots[slot] = (model_slot_t){.name = text, .kind = (int32_t)kind, .level_names = {first, (int32_t)n_levels}, .is_reported = 1};
    int32_t *count = kind == SLOT_ATTRIBUTE ? &model->settings.n_attributes
                     : kind == SLOT_PROCESS ? &model->settings.n_processes
                     : kind == SLOT_OBSERVATION ? &model->settings.n_observations : &model->settings.n_derived;
    ++*count;
    return slot;
}

static int32_t slot_levels(const model_t *model, int32_t slot) { return model->slots[slot].level_names.count; }

int32_t compile_level(compiler_t *c, int32_t slot, const char *level, place_t place)
{
    const model_t *model = c->model;
    const char *known[MODEL_MAX_LEVELS];
    const char *list = "";
    int32_t found = model_find_level(model, slot, level), n = slot_levels(model, slot);

    if (found != MODEL_NONE) return found;
    for (int32_t l = 0; l < n; l++) {
        known[l] = model_level_name(model, slot, l);
        list = diag_format(c->diag, "%s%s%s", list, l ? ", " : "", known[l]);
    }
    const char *nearest = diag_nearest(level, known, (size_t)n);
    diag_error(c->diag, place, nearest ? diag_format(c->diag, "did you mean `%s`?", nearest) : diag_format(c->diag, "it has %s", list),
               "`%s` has no level `%s`", model_text(model, model->slots[slot].name), level);
    return MODEL_NONE;
}

bool compile_level_set(compiler_t *c, const yaml_node_t *node, int32_t slot, const char *what, uint64_t *levels)
{
    *levels = 0;
    for (size_t i = 0; i < compile_count(node); i++) {
        const yaml_node_t *item = compile_item(node, i);
        const char *name = compile_name(c, item, what);
        int32_t level = name ? compile_level(c, slot, name, item->place) : MODEL_NONE;
        if (level == MODEL_NONE) return false;
        *levels |= (uint64_t)1 << level;
    }
    return true;
}

static bool is_allowed(const model_t *model, int32_t slot, unsigned allowed)
{
    static const unsigned bit[] = {
        [SLOT_ATTRIBUTE] = CONDITION_ATTRIBUTES, [SLOT_PROCESS] = CONDITION_PROCESSES, [SLOT_OBSERVATION] = CONDITION_OBSERVATIONS,
        [SLOT_DERIVED] = CONDITION_PROCESSES};

    return allowed & bit[model->slots[slot].kind];
}

/* Not the attributes that serve others, whose names nobody wrote. */
static bool is_offered(const model_t *model, int32_t slot, unsigned allowed)
{
    return is_allowed(model, slot, allowed) && (model->slots[slot].is_reported || model->slots[slot].kind != SLOT_ATTRIBUTE);
}

static const char *allowed_words(unsigned allowed)
{
    static const char *const words[] = {"nothing", "attributes", "processes", "attributes and processes", "what tests have shown",
        "attributes and what tests have shown", "processes and what tests have shown", "attributes, processes and what tests have shown"};

    return words[allowed & 7];
}

static bool is_key(const compiler_t *c, const char *section, const char *name) { return yaml_get(yaml_get(c->root, section), name); }

/* A phenotype bears the name of its gene, or of one of the gene's alleles: "HLA-B*57:01". */
static bool is_gene(const compiler_t *c, const char *name)
{
    const yaml_node_t *genes = yaml_get(c->root, "genes");
    for (size_t i = 0; genes && genes->kind == YAML_MAPPING && i < genes->count; i++) {
        size_t n = strlen(genes->pairs[i].key);
        if (strncmp(genes->pairs[i].key, name, n) == 0 && (name[n] == '\0' || name[n] == '*' || name[n] == ' ')) return true;
    }
    return false;
}

bool compile_is_wrong(const compiler_t *c, const char *name, unsigned allowed)
{
    static const char observed[] = "observed ";
    bool is_observed = allowed & CONDITION_OBSERVATIONS && strncmp(name, observed, sizeof observed - 1) == 0;

    if (diag_errors(c->diag) == 0) return false;
    if (is_observed && people_has_wrong_tests(c)) return true;
    if (is_observed) name += sizeof observed - 1;
    if (model_find_slot(c->model, name) != MODEL_NONE) return false;
    if (is_observed || allowed & CONDITION_ATTRIBUTES)
        if (is_key(c, "people", name) || is_key(c, "groups", name) || is_gene(c, name)) return true;
    return allowed & CONDITION_PROCESSES && is_key(c, "processes", name);
}

int32_t compile_find_slot(compiler_t *c, const char *name, unsigned allowed, place_t place)
{
    const model_t *model = c->model;
    int32_t slot = model_find_slot(model, name);

    if (slot != MODEL_NONE && is_allowed(model, slot, allowed)) return slot;
    if (slot != MODEL_NONE) {
        const char *observed = diag_format(c->diag, "observed %s", name);
        int32_t seen = model_find_slot(model, observed);
        const char *right = seen != MODEL_NONE && is_allowed(model, seen, allowed) ? diag_format(c->diag, "did you mean `%s`?", observed)
                            : diag_format(c->diag, "only %s can stand here", allowed_words(allowed));
        diag_error(c->diag, place, right, "`%s` cannot be asked for here", name);
        return MODEL_NONE;
    }
    for (int32_t i = 0; i < model->n_numbers; i++) {
        if (strcmp(model_text(model, model->numbers[i].name), name) != 0) continue;
        diag_error(c->diag, place, diag_format(c->diag, "make bands of it in `people`: NAME: {of: %s, from: [...], names: [...]}", name),
                   "`%s` is a number and has no levels", name);
        return MODEL_NONE;
    }
    if (compile_is_wrong(c, name, allowed)) return MODEL_NONE;
    const char **known = memory_resize(NULL, (size_t)model->n_slots, sizeof *known);
    for (int32_t s = 0; s < model->n_slots; s++) known[s] = is_offered(model, s, allowed) ? model_text(model, model->slots[s].name) : NULL;
    const char *nearest = diag_nearest(name, known, (size_t)model->n_slots);
    diag_error(c->diag, place, nearest ? diag_format(c->diag, "did you mean `%s`?", nearest)
                                       : diag_format(c->diag, "only %s can stand here", allowed_words(allowed)),
               "nothing is called `%s`", name);
    free(known);
    return MODEL_NONE;
}

/* ---- conditions ---- */

/* LEVEL or [LEVEL, ...] -> a set; false after reporting. */
static bool level_set(compiler_t *c, int32_t slot, const yaml_node_t *node, uint64_t *set)
{
    bool is_good = true;

    *set = 0;
    if (node->kind == YAML_MAPPING || (node->kind == YAML_SEQUENCE && node->count == 0)) {
        diag_error(c->diag, node->place, "write `slot: level` or `slot: [level, level]`", "a level or a list of levels is missing");
        return false;
    }
    size_t n = node->kind == YAML_SEQUENCE ? node->count : 1;
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *item = node->kind == YAML_SEQUENCE ? node->items[i] : node;
        if (item->kind != YAML_SCALAR) {
            diag_error(c->diag, item->place, "write the name of a level", "a level is not a single word or text");
            is_good = false;
            continue;
        }
        int32_t level = compile_level(c, slot, item->text, item->place);
        if (level == MODEL_NONE) {
            is_good = false;
            continue;
        }
        if (*set >> level & 1) diag_warn(c->diag, item->place, "remove one of them", "the level `%s` is in the list twice", item->text);
        *set |= (uint64_t)1 << level;
    }
    return is_good;
}

/* {known: {TEST: false}} and {available: {TEST: true}} ask for the slots `known TEST` and `available TEST`. */
static bool asks_of_tests(const yaml_pair_t *pair)
{
    return (strcmp(pair->key, "known") == 0 || strcmp(pair->key, "available") == 0) && pair->value->kind == YAML_MAPPING;
}

static int32_t slot_of_test(compiler_t *c, const char *what, const yaml_pair_t *pair, unsigned allowed)
{
    const char *name = diag_format(c->diag, "%s %s", what, pair->key);
    int32_t slot = model_find_slot(c->model, name);

    if (slot != MODEL_NONE && is_allowed(c->model, slot, allowed)) return slot;
    if (slot != MODEL_NONE) diag_error(c->diag, pair->place, "ask for it in `when` of a rule", "what is known of a test cannot be asked for here");
    else if (compile_test(c, pair->key, pair->place) == MODEL_NONE) return MODEL_NONE;
    else diag_error(c->diag, pair->place, "leave it out, or add `available: PROBABILITY` to the test", "test `%s` is available to everybody", pair->key);
    return MODEL_NONE;
}

/* One term, if it is right. */
static bool add_term(compiler_t *c, int32_t slot, const yaml_node_t *levels, int32_t *at)
{
    uint64_t set = 0;

    if (slot == MODEL_NONE || !level_set(c, slot, levels, &set)) return false;
    c->model->terms[(*at)++] = (model_term_t){.levels = set, .slot = slot};
    return true;
}

/* Whether a pair asks for a number, not for a level: `dose: at least 50 %`, `count of infarction: 2`, `if: ...`. */
static bool asks_for_number(compiler_t *c, const yaml_pair_t *pair)
{
    static const char *const words[] = {"at least ", "at most ", "more than ", "less than ", "not "};

    if (!expression_is_number(c, pair->key)) return false;
    if (model_find_slot(c->model, pair->key) == MODEL_NONE) return true;
    for (size_t w = 0; pair->value->kind == YAML_SCALAR && w < sizeof words / sizeof *words; w++)
        if (strncmp(pair->value->text, words[w], strlen(words[w])) == 0) return true;
    return false;
}

/* A truth about numbers: a term by a slot that follows from it, or, where the time decides and may, part of *moment's truth. */
static bool number_condition(compiler_t *c, const yaml_pair_t *pair, unsigned allowed, const expression_t **moment, int32_t *at)
{
    const expression_t *code = expression_truth(c, pair);
    const char *text = pair->value->text;
    unsigned may = (allowed & CONDITION_PROCESSES ? MAY_READ_HISTORY : 0) | (moment && allowed & CONDITION_OBSERVATIONS ? MAY_READ_OBSERVATIONS : 0);

    if (!code) return false;
    const char *words = strcmp(pair->key, "if") == 0 ? text : diag_format(c->diag, "%s %s", pair->key, text);
    if (!compile_may_read(c, code, moment ? may | MAY_READ_TIME : may, words, pair->value->place)) return false;
    if (moment) {
        *moment = *moment ? compile_combine(c, ARITHMETIC_AND, *moment, code) : code;
        return true;
    }
    int32_t slot = expression_slot(c, code, words, pair->place);
    if (slot != MODEL_NONE) c->model->terms[(*at)++] = (model_term_t){.slot = slot, .levels = 2};
    return slot != MODEL_NONE;
}

static bool read_condition(compiler_t *c, const yaml_node_t *node, unsigned allowed, model_span_t *out, const expression_t **moment)
{
    bool is_good = true;

    *out = (model_span_t){0};
    if (!node) return true;
    if (node->kind != YAML_MAPPING) {
        diag_error(c->diag, node->place, "write it like {process: state, attribute: [level, level]}", "a condition is not a mapping");
        return false;
    }
    int32_t n = 0;
    for (size_t i = 0; i < node->count; i++) n += asks_of_tests(&node->pairs[i]) ? (int32_t)node->pairs[i].value->count : 1;
    int32_t at = out->first = builder_add_terms(c->model, n);
    for (size_t i = 0; i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        for (size_t k = 0; asks_of_tests(pair) && k < pair->value->count; k++) {
            const yaml_pair_t *test = &pair->value->pairs[k];
            is_good = add_term(c, slot_of_test(c, pair->key, test, allowed), test->value, &at) && is_good;
        }
        if (asks_of_tests(pair)) continue;
        if (asks_for_number(c, pair)) is_good = number_condition(c, pair, allowed, moment, &at) && is_good;
        else is_good = add_term(c, compile_find_slot(c, pair->key, allowed, pair->place), pair->value, &at) && is_good;
    }
    out->count = at - out->first;
    return is_good;
}

bool compile_condition(compiler_t *c, const yaml_node_t *node, unsigned allowed, model_span_t *out)
{
    return read_condition(c, node, allowed, out, NULL);
}

bool compile_condition_now(compiler_t *c, const yaml_node_t *node, unsigned allowed, model_span_t *out, model_formula_t *formula)
{
    const expression_t *moment = NULL;

    *formula = 0;
    if (!read_condition(c, node, allowed, out, &moment)) return false;
    if (moment) *formula = compile_formula(c, moment, "a condition", node->place);
    return !moment || *formula;
}

/* ---- tables ---- */

/* Rows of a table over these slots, or MODEL_NONE after reporting that there are too many. */
static int32_t count_rows(compiler_t *c, const int32_t *slots, size_t n_slots, int32_t width)
{
    int64_t rows = 1;

    for (size_t i = 0; i < n_slots; i++) {
        rows *= slot_levels(c->model, slots[i]);
        if (rows * width <= MOST_ROWS) continue;
        diag_error(c->diag, (place_t){.file = c->path}, "let it depend on fewer things, or on things with fewer levels",
                   "a table by `%s` and others would have more than %d numbers", model_text(c->model, c->model->slots[slots[0]].name), MOST_ROWS);
        return MODEL_NONE;
    }
    return (int32_t)rows;
}

bool compile_make_table(compiler_t *c, const int32_t *slots, size_t n_slots, int32_t width, model_table_t *table)
{
    int32_t rows = count_rows(c, slots, n_slots, width), stride = 1;

    if (rows == MODEL_NONE) return false;
    *table = (model_table_t){.axes = {builder_add_axes(c->model, (int32_t)n_slots), (int32_t)n_slots}, .width = width};
    for (size_t i = n_slots; i-- > 0;) {
        c->model->axes[table->axes.first + (int32_t)i] = (model_axis_t){.slot = slots[i], .stride = stride};
        stride *= slot_levels(c->model, slots[i]);
    }
    table->first = builder_add_reals(c->model, rows * width);
    return true;
}

int32_t compile_table_row(compiler_t *c, const csv_table_t *csv, size_t row, const int32_t *slots, size_t n_slots)
{
    int32_t index = 0;

    for (size_t i = 0; i < n_slots; i++) {
        const char *name = model_text(c->model, c->model->slots[slots[i]].name);
        int column = csv_column(csv, name);
        if (column < 0) {
            diag_error(c->diag, csv->header[0].place, diag_format(c->diag, "add a column `%s`", name), "the table has no column `%s`", name);
            return MODEL_NONE;
        }
        const csv_cell_t *cell = csv_cell(csv, row, column);
        int32_t level = compile_level(c, slots[i], cell->text, cell->place);
        if (level == MODEL_NONE) return MODEL_NONE;
        index = index * slot_levels(c->model, slots[i]) + level;
    }
    return index;
}

/* ---- lookups ---- */

/* A table while it is filled. */
typedef struct {
    compiler_t *c;
    value_kind_t kind;
    int32_t slots[MODEL_MAX_LEVELS];
    size_t n_slots;
    model_table_t table;
    bool *is_given;             /* [rows] */
    unsigned may;               /* MAY_READ_*, where expressions over people are allowed */
    const expression_t **code;  /* [rows]: of those that are; NULL: none is allowed */
} lookup_t;

/* `by: SLOT` or `by: [SLOT, ...]` -> slots. */
static bool lookup_slots(lookup_t *lookup, const yaml_node_t *by, unsigned allowed)
{
    bool is_good = true;
    size_t n = by->kind == YAML_SEQUENCE ? by->count : 1;

    if (by->kind == YAML_MAPPING || n == 0 || n > MODEL_MAX_LEVELS) {
        diag_error(lookup->c->diag, by->place, "write `by: NAME` or `by: [NAME, NAME]`", "`by` does not say what the value depends on");
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *item = by->kind == YAML_SEQUENCE ? by->items[i] : by;
        const char *name = compile_name(lookup->c, item, "what `by` names");
        if (!name) {
            is_good = false;
            continue;
        }
        int32_t slot = compile_find_slot(lookup->c, name, allowed, item->place);
        for (size_t k = 0; slot != MODEL_NONE && k < lookup->n_slots; k++)
            if (lookup->slots[k] == slot) {
                diag_error(lookup->c->diag, item->place, "name it once", "`%s` is in the list twice", item->text);
                is_good = false;
            }
        if (slot == MODEL_NONE) is_good = false;
        else lookup->slots[lookup->n_slots++] = slot;
    }
    return is_good;
}

/* "clopidogrel, carrier": the combination that row `row` stands for. */
static const char *row_words(const lookup_t *lookup, int32_t row)
{
    const char *words = "";

    for (size_t i = lookup->n_slots; i-- > 0;) {
        int32_t n = slot_levels(lookup->c->model, lookup->slots[i]);
        words = diag_format(lookup->c->diag, "%s%s%s", model_level_name(lookup->c->model, lookup->slots[i], row % n), *words ? ", " : "", words);
        row /= n;
    }
    return words;
}

static bool report_missing(const lookup_t *lookup, int32_t rows, place_t place, const char *right)
{
    int32_t missing = 0, first = 0;

    for (int32_t r = rows; r-- > 0;)
        if (!lookup->is_given[r]) missing++, first = r;
    if (missing == 0) return true;
    if (missing == 1) diag_error(lookup->c->diag, place, right, "no value for %s", row_words(lookup, first));
    else diag_error(lookup->c->diag, place, right, "no value for %s (and %d more)", row_words(lookup, first), missing - 1);
    return false;
}

static bool lookup_file(lookup_t *lookup, const yaml_node_t *node, int32_t rows)
{
    static const char *const known[] = {"by", "table", "column", NULL};
    compiler_t *c = lookup->c;
    const yaml_node_t *file = yaml_get(node, "table"), *name = yaml_get(node, "column");
    bool is_good = compile_keys(c, node, "a value from a table", known);
    const csv_table_t *csv = compile_table_file(c, file->text, file->place);

    if (!csv) return false;
    const char *column_name = name ? compile_name(c, name, "the column") : "value";
    if (!column_name) return false;
    int column = csv_column(csv, column_name);
    if (column < 0) {
        diag_error(c->diag, name ? name->place : file->place, "name it with `column: NAME`", "%s has no column `%s`", csv->file, column_name);
        return false;
    }
    for (size_t r = 0; r < csv->n_rows; r++) {
        const csv_cell_t *cell = csv_cell(csv, r, column);
        int32_t row = compile_table_row(c, csv, r, lookup->slots, lookup->n_slots);
        double value = 0;
        if (row != MODEL_NONE && lookup->is_given[row]) {
            diag_error(c->diag, csv_cell(csv, r, 0)->place, "remove one of them", "a second row for %s", row_words(lookup, row));
            is_good = false;
        }
        const expression_t *code = NULL;
        bool is_read = lookup->code ? compile_text_code(c, cell->text, cell->place, lookup->kind, lookup->may, &value, &code)
                                    : compile_text_value(c, cell->text, cell->place, lookup->kind, &value);
        if (!is_read || row == MODEL_NONE) is_good = false;
        if (row == MODEL_NONE) continue;
        lookup->is_given[row] = true;
        if (lookup->code) lookup->code[row] = code;
        c->model->reals[lookup->table.first + row] = value;
    }
    return is_good && report_missing(lookup, rows, file->place, diag_format(c->diag, "add a row to %s", csv->file));
}

static bool lookup_levels(lookup_t *lookup, const yaml_node_t *node, size_t axis, int32_t first);

/* What stands at one level of an axis: a mapping over the next axis, or the value, whatever the levels of the axes that are left. */
static bool lookup_branch(lookup_t *lookup, const yaml_node_t *node, size_t axis, int32_t row)
{
    model_t *m = lookup->c->model;
    int32_t n = m->axes[lookup->table.axes.first + (int32_t)axis].stride;
    double value = 0;

    if (axis + 1 < lookup->n_slots && node->kind != YAML_SCALAR) return lookup_levels(lookup, node, axis + 1, row);
    const expression_t *code = NULL;
    if (!(lookup->code ? compile_value_code(lookup->c, node, lookup->kind, lookup->may, &value, &code)
                       : compile_value(lookup->c, node, lookup->kind, &value))) return false;
    for (int32_t r = row; r < row + n; r++) {
        lookup->is_given[r] = true;
        if (lookup->code) lookup->code[r] = code;
        m->reals[lookup->table.first + r] = value;
    }
    return true;
}

/* {LEVEL: VALUE, ..., otherwise: VALUE} for the rows that begin at `first`. */
static bool lookup_levels(lookup_t *lookup, const yaml_node_t *node, size_t axis, int32_t first)
{
    compiler_t *c = lookup->c;
    int32_t slot = lookup->slots[axis], stride = c->model->axes[lookup->table.axes.first + (int32_t)axis].stride;
    const yaml_node_t *otherwise = yaml_get(node, "otherwise");
    uint64_t given = 0;
    bool is_good = true;

    if (node->kind != YAML_MAPPING) {
        diag_error(c->diag, node->place, "write {LEVEL: VALUE, ...}", "no values by `%s`", model_text(c->model, c->model->slots[slot].name));
        return false;
    }
    for (size_t i = 0; i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        if (pair->value == otherwise || (axis == 0 && strcmp(pair->key, "by") == 0) || compile_is_remark(pair->key)) continue;
        int32_t level = compile_level(c, slot, pair->key, pair->place);
        if (level == MODEL_NONE || !lookup_branch(lookup, pair->value, axis, first + level * stride)) is_good = false;
        if (level != MODEL_NONE) given |= (uint64_t)1 << level;
    }
    for (int32_t l = 0; otherwise && l < slot_levels(c->model, slot); l++)
        if (!(given >> l & 1) && !lookup_branch(lookup, otherwise, axis, first + l * stride)) return false;
    return is_good;
}

/* 1 in the rows of `row`, else 0: as a step of a program. */
static const expression_t *row_truth(const lookup_t *lookup, int32_t row)
{
    model_t *m = lookup->c->model;
    model_table_t table;
    if (!compile_make_table(lookup->c, lookup->slots, lookup->n_slots, 1, &table)) return NULL;
    m->reals[table.first + row] = 1;
    return expression_table(lookup->c, table);
}

/* The sum of what is known in advance, by levels, and of the expression of each other row where the person is in it. */
static const expression_t *sum_rows(const lookup_t *lookup, int32_t rows)
{
    compiler_t *c = lookup->c;
    const expression_t *sum = NULL;

    for (int32_t r = 0; r < rows; r++) {
        if (!lookup->code[r]) continue;
        if (!sum) sum = expression_table(c, lookup->table);
        const expression_t *truth = row_truth(lookup, r);
        if (!truth) return NULL;
        sum = compile_combine(c, ARITHMETIC_ADD, sum,
                              expression_make(c, CODE_ARITHMETIC + ARITHMETIC_SELECT, 0, 0, truth, lookup->code[r], compile_constant(c, 0)));
    }
    return sum;
}

static bool lookup_one(lookup_t *lookup, const yaml_node_t *node, model_table_t *table, const expression_t **code)
{
    compiler_t *c = lookup->c;
    double value = 0;

    if (!(code ? compile_value_code(c, node, lookup->kind, lookup->may, &value, code) : compile_value(c, node, lookup->kind, &value))) return false;
    if (!compile_make_table(c, lookup->slots, 0, 1, table)) return false;
    c->model->reals[table->first] = value;
    return true;
}

static bool look_up(lookup_t *lookup, const yaml_node_t *node, unsigned allowed, model_table_t *table, const expression_t **code)
{
    compiler_t *c = lookup->c;
    const yaml_node_t *by = yaml_get(node, "by");

    if (!by) return lookup_one(lookup, node, table, code);
    if (!lookup_slots(lookup, by, allowed) || !compile_make_table(c, lookup->slots, lookup->n_slots, 1, table)) return false;
    int32_t rows = count_rows(c, lookup->slots, lookup->n_slots, 1);
    lookup->table = *table;
    lookup->is_given = arena_take(c->arena, (size_t)rows, sizeof *lookup->is_given);
    if (code) lookup->code = arena_take(c->arena, (size_t)rows, sizeof *lookup->code);
    bool is_good = yaml_get(node, "table") ? lookup_file(lookup, node, rows)
                   : lookup_levels(lookup, node, 0, 0) && report_missing(lookup, rows, node->place, "give it, or add `otherwise: VALUE`");
    if (!is_good || !code || !(*code = sum_rows(lookup, rows))) return is_good;
    return compile_make_table(c, lookup->slots, 0, 1, table);
}

bool compile_lookup(compiler_t *c, const yaml_node_t *node, value_kind_t kind, unsigned allowed, model_table_t *table)
{
    lookup_t lookup = {.c = c, .kind = kind};
    return look_up(&lookup, node, allowed, table, NULL);
}

bool compile_lookup_code(compiler_t *c, const yaml_node_t *node, value_kind_t kind, unsigned allowed, unsigned may, model_table_t *table,
                         const expression_t **code)
{
    lookup_t lookup = {.c = c, .kind = kind, .may = may};
    *code = NULL;
    return look_up(&lookup, node, allowed, table, code);
}
