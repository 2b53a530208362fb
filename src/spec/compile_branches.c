/*
 * Branches: what follows an event by chance or always. A branch keeps its outcomes in the order in which they are
 * written, since one uniform is held against that order. Moments get their branches last, all at once.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rng/keyed.h"
#include "kernels/arithmetic.h"
#include "spec/compile_events.h"
#include "spec/compile_expressions.h"

static const unsigned who_and_what = CONDITION_ATTRIBUTES | CONDITION_PROCESSES, at_a_moment = MAY_READ_HISTORY | MAY_READ_TIME;

enum { OUTCOMES_MOST = 64 };

#define SUM_TOLERANCE 1e-9    /* decimals in a paper sum to 1 within rounding */

/* Probabilities of outcomes by the levels of slots. */
typedef struct {
    axes_t axes;
    size_t n;
    int32_t outcome[OUTCOMES_MOST]; /* moments, or MODEL_NONE for nothing */
    double *p;                      /* [axes_rows][n] */
    const expression_t *code[OUTCOMES_MOST]; /* if one depends on more than levels: of every outcome but the last, and there are no axes */
    bool is_by_formulas;
} chances_t;

static bool parse(compiler_t *c, const yaml_node_t *node, chances_t *out);

/* ---- outcomes ---- */

static bool find_outcome(compiler_t *c, const char *name, place_t place, int32_t *moment)
{
    *moment = MODEL_NONE;
    if (!strcmp(name, "nothing")) return true;
    event_t *event = compile_event_named(c, name, place);
    if (!event) return false;
    if (!event->is_immediate) {
        diag_error(c->diag, place, "name an event with `immediate: always`, or `nothing`",
                   "`%s` happens on its own clock and cannot be the outcome of a branch", name);
        return false;
    }
    event->is_followed = true;
    *moment = event->moment;
    return true;
}

/* Its place among the outcomes, which are extended if it is new; -1 after a mistake. */
static int outcome_place(compiler_t *c, chances_t *chances, int32_t moment, place_t place)
{
    for (size_t k = 0; k < chances->n; k++)
        if (chances->outcome[k] == moment) return (int)k;
    if (chances->n == OUTCOMES_MOST) {
        diag_error(c->diag, place, "let some of them branch again", "more than %d outcomes", OUTCOMES_MOST);
        return -1;
    }
    chances->outcome[chances->n] = moment;
    return (int)chances->n++;
}

static int add_outcome(compiler_t *c, chances_t *chances, const char *name, place_t place)
{
    int32_t moment;
    size_t n = chances->n;
    if (!find_outcome(c, name, place, &moment)) return -1;
    int k = outcome_place(c, chances, moment, place);
    if (k < 0 || chances->n > n) return k;
    diag_error(c->diag, place, "name it once", "the outcome `%s` stands twice", name);
    return -1;
}

/* Fills in `rest` (outcome `rest`, or -1) and checks that the row sums to 1. */
static bool finish_row(compiler_t *c, double *p, size_t n, int rest, place_t place, const char *who)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum += p[k];
    if (rest >= 0 && sum <= 1 + SUM_TOLERANCE) {
        p[rest] = sum < 1 ? 1 - sum : 0;
        return true;
    }
    if (rest < 0 && fabs(sum - 1) <= SUM_TOLERANCE) return true;
    diag_error(c->diag, place, rest < 0 ? "let them sum to 1, or give one of them `rest`" : "leave something for the rest",
               "the probabilities of %s sum to %.9g", who, sum);
    return false;
}

/* ---- forms ---- */

static bool is_rest(const yaml_node_t *node) { return node->kind == YAML_SCALAR && !strcmp(node->text, "rest"); }

/* Of outcomes of which one depends on more than levels: every probability becomes an expression, that of the rest what is left. */
static bool use_formulas(compiler_t *c, const yaml_node_t *first, const model_table_t *table, int rest, chances_t *out)
{
    const expression_t *left = compile_constant(c, 1);

    if (rest < 0) {
        diag_error(c->diag, first->place, "give one of the outcomes `rest`", "nobody can see whether probabilities that depend on people sum to 1");
        return false;
    }
    out->is_by_formulas = true;
    out->axes.n = 0;
    out->p = arena_take(c->arena, out->n, sizeof *out->p);
    out->p[out->n - 1] = 1;
    for (size_t k = 0; k < out->n; k++) {
        if ((int)k == rest) continue;
        if (!out->code[k]) out->code[k] = expression_table(c, table[k]);
        left = compile_combine(c, ARITHMETIC_SUBTRACT, left, out->code[k]);
    }
    out->code[rest] = left;
    return true;
}

/* {NAME: P, ..., NAME: rest}, where P is a value or depends on slots. */
static bool parse_list(compiler_t *c, const yaml_node_t *node, chances_t *out)
{
    const model_t *m = c->model;
    model_table_t table[OUTCOMES_MOST];
    const yaml_node_t *first = NULL;    /* that depends on more than levels */
    int rest = -1;
    for (size_t i = 0; i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        if (compile_is_remark(pair->key)) continue;
        int k = add_outcome(c, out, pair->key, pair->place);
        if (k < 0) return false;
        if (is_rest(pair->value)) {
            if (rest >= 0) {
                diag_error(c->diag, pair->value->place, "give the others probabilities", "`rest` stands twice");
                return false;
            }
            rest = k;
            continue;
        }
        if (!compile_lookup_code(c, pair->value, VALUE_PROBABILITY, who_and_what, at_a_moment, &table[k], &out->code[k])) return false;
        if (out->code[k] && !first) first = pair->value;
        for (int32_t a = 0; a < table[k].axes.count; a++)
            if (!axes_add(c, &out->axes, m->axes[table[k].axes.first + a].slot, pair->value->place)) return false;
    }
    if (first) return use_formulas(c, first, table, rest, out);
    size_t rows = axes_rows(m, &out->axes);
    uint8_t *levels = arena_take(c->arena, (size_t)m->n_slots, sizeof *levels);
    out->p = arena_take(c->arena, rows * out->n, sizeof *out->p);
    bool is_right = true;
    for (size_t row = 0; row < rows && is_right; row++) {
        double *p = out->p + row * out->n;
        axes_levels(m, &out->axes, row, levels);
        for (size_t k = 0; k < out->n; k++)
            if ((int)k != rest) p[k] = m->reals[model_row_first(m, &table[k], levels)];
        is_right = finish_row(c, p, out->n, rest, node->place, axes_words(c, &out->axes, row));
    }
    return is_right;
}

/* The outcomes of a table: those of `order`, which are also the names of its columns. */
static bool table_outcomes(compiler_t *c, const yaml_node_t *order, const csv_table_t *csv, place_t place, int *column, chances_t *out)
{
    if (order->kind != YAML_SEQUENCE || !order->count) {
        diag_error(c->diag, order->place, "write order: [EVENT, ...]", "`order` is not a list of events");
        return false;
    }
    for (size_t i = 0; i < order->count; i++) {
        const char *name = compile_name(c, order->items[i], "an outcome");
        int k = name ? add_outcome(c, out, name, order->items[i]->place) : -1;
        if (k < 0) return false;
        column[k] = csv_column(csv, name);
        if (column[k] >= 0) continue;
        diag_error(c->diag, place, "give every outcome of `order` a column", "table `%s` has no column `%s`", csv->file, name);
        return false;
    }
    return true;
}

static bool read_row(compiler_t *c, const csv_table_t *csv, size_t i, const int *column, const chances_t *chances, double *p)
{
    int rest = -1;
    for (size_t k = 0; k < chances->n; k++) {
        const csv_cell_t *cell = csv_cell(csv, i, column[k]);
        if (!strcmp(cell->text, "rest") && rest < 0) rest = (int)k;
        else if (!compile_text_value(c, cell->text, cell->place, VALUE_PROBABILITY, &p[k])) return false;
    }
    return finish_row(c, p, chances->n, rest, csv_cell(csv, i, 0)->place, "this line");
}

/* {by: [SLOT, ...], table: FILE, order: [EVENT, ...]} */
static bool parse_table(compiler_t *c, const yaml_node_t *node, chances_t *out)
{
    static const char *const keys[] = {"by", "table", "order", NULL};
    const yaml_node_t *file = yaml_get(node, "table"), *order = yaml_get(node, "order");
    if (!compile_keys(c, node, "branches with a table", keys) || !axes_parse(c, yaml_get(node, "by"), who_and_what, &out->axes)) return false;
    if (!order) {
        diag_error(c->diag, node->place, "add order: [EVENT, ...], the events in the order in which chance is held against them",
                   "`order` is missing");
        return false;
    }
    const char *name = compile_name(c, file, "the table");
    const csv_table_t *csv = name ? compile_table_file(c, name, file->place) : NULL;
    int column[OUTCOMES_MOST];
    if (!csv || !table_outcomes(c, order, csv, file->place, column, out)) return false;
    size_t rows = axes_rows(c->model, &out->axes), row;
    bool *is_given = arena_take(c->arena, rows, sizeof *is_given), is_right = true;
    out->p = arena_take(c->arena, rows * out->n, sizeof *out->p);
    for (size_t i = 0; i < csv->n_rows; i++)
        is_right &= axes_take_row(c, &out->axes, csv, i, is_given, &row) && read_row(c, csv, i, column, out, out->p + row * out->n);
    return is_right && axes_all_given(c, &out->axes, csv, is_given, file->place);
}

/* Joins the chances of each level: axes and outcomes are those of all, in the order in which they come. */
static bool join_levels(compiler_t *c, int32_t slot, const chances_t *child, place_t place, chances_t *out)
{
    const model_t *m = c->model;
    int where[MODEL_MAX_LEVELS][OUTCOMES_MOST];
    for (int32_t l = 0; l < compile_levels(m, slot); l++) {
        for (size_t a = 0; a < child[l].axes.n; a++)
            if (!axes_add(c, &out->axes, child[l].axes.slot[a], place)) return false;
        for (size_t k = 0; k < child[l].n; k++)
            if ((where[l][k] = outcome_place(c, out, child[l].outcome[k], place)) < 0) return false;
    }
    size_t rows = axes_rows(m, &out->axes);
    uint8_t *levels = arena_take(c->arena, (size_t)m->n_slots, sizeof *levels);
    out->p = arena_take(c->arena, rows * out->n, sizeof *out->p);
    for (size_t row = 0; row < rows; row++) {
        axes_levels(m, &out->axes, row, levels);
        const chances_t *of = &child[levels[slot]];
        const double *p = of->p + axes_row(m, &of->axes, levels) * of->n;
        for (size_t k = 0; k < of->n; k++) out->p[row * out->n + (size_t)where[levels[slot]][k]] = p[k];
    }
    return true;
}

/* {by: SLOT, LEVEL: {...}, ...} */
static bool parse_by_level(compiler_t *c, const yaml_node_t *node, chances_t *out)
{
    const yaml_node_t *by = yaml_get(node, "by");
    axes_t own = {.n = 0};
    if (!axes_parse(c, by, who_and_what, &own)) return false;
    if (own.n != 1) {
        diag_error(c->diag, by->place, "name one and nest the others, or use a table", "several things in `by` need a `table`");
        return false;
    }
    int32_t slot = own.slot[0], n = compile_levels(c->model, slot);
    const yaml_node_t *of_level[MODEL_MAX_LEVELS] = {NULL};
    if (!compile_nodes_by_level(c, node, slot, of_level, "branches")) return false;
    chances_t *child = arena_take(c->arena, (size_t)n, sizeof *child);
    bool is_right = true;
    out->axes = own;
    for (int32_t l = 0; l < n && is_right; l++) {
        is_right = parse(c, of_level[l], &child[l]);
        if (!is_right || !child[l].is_by_formulas) continue;
        diag_error(c->diag, of_level[l]->place, "leave out `by`, and write the probability {by: ...} or if(..., ..., ...)",
                   "branches by levels with probabilities that depend on people");
        is_right = false;
    }
    is_right = is_right && join_levels(c, slot, child, node->place, out);
    return is_right;
}

static bool parse(compiler_t *c, const yaml_node_t *node, chances_t *out)
{
    if (node->kind == YAML_MAPPING && node->count) {
        if (!yaml_get(node, "by")) return parse_list(c, node, out);
        return yaml_get(node, "table") ? parse_table(c, node, out) : parse_by_level(c, node, out);
    }
    diag_error(c->diag, node->place, "write {EVENT: PROBABILITY, ..., EVENT: rest}, {by: [SLOT], table: FILE.csv, order: [EVENT, ...]} or "
               "{by: SLOT, LEVEL: {...}}", "`branches` is not a mapping");
    return false;
}

/* ---- into the model ---- */

static void add_branch(compiler_t *c, int32_t moment, const chances_t *chances, const char *purpose, const char *attached)
{
    model_t *m = c->model;
    struct processes *p = c->processes;
    size_t rows = axes_rows(m, &chances->axes);
    model_branch_t branch = {.purpose = rng_purpose(purpose), .table = axes_table(m, &chances->axes, (int32_t)chances->n)};
    branch.table.first = builder_add_reals(m, (int32_t)(rows * chances->n));
    for (size_t row = 0; row < rows; row++)
        INVARIANT(compile_cumulate(chances->p + row * chances->n, chances->n, SUM_TOLERANCE, m->reals + branch.table.first + row * chances->n),
                  "%s: probabilities were not checked", purpose);
    for (size_t k = 0; chances->is_by_formulas && k + 1 < chances->n; k++) {
        model_formula_t formula = compile_formula(c, chances->code[k], "a probability", (place_t){.file = c->path});
        if (k == 0) branch.formulas = formula;
    }
    branch.outcomes = builder_add_indices(m, (int32_t)chances->n);
    memcpy(m->indices + branch.outcomes, chances->outcome, chances->n * sizeof *chances->outcome);
    p->branches = compile_grow(c, p->branches, p->n_branches, sizeof *p->branches);
    p->branches[p->n_branches++] = (pending_branch_t){branch, moment, attached};
}

void compile_branches(compiler_t *c, event_t *event, const yaml_node_t *node)
{
    chances_t chances = {.n = 0};
    if (parse(c, node, &chances))
        add_branch(c, event->moment, &chances, diag_format(c->diag, "branch %s", model_text(c->model, event->qualified)), NULL);
}

/* The event's own chance of following `parent`: a purpose of their two names, so that no other event moves its luck. */
static void attach(compiler_t *c, event_t *event, int32_t parent, const yaml_node_t *probability)
{
    const model_t *m = c->model;
    model_table_t table;
    chances_t chances = {.n = 2, .outcome = {event->moment, MODEL_NONE}};
    if (probability && !compile_lookup_code(c, probability, VALUE_PROBABILITY, who_and_what, at_a_moment, &table, &chances.code[0])) return;
    chances.is_by_formulas = chances.code[0] != NULL;
    for (int32_t a = 0; probability && a < table.axes.count; a++)
        if (!axes_add(c, &chances.axes, m->axes[table.axes.first + a].slot, probability->place)) return;
    size_t rows = axes_rows(m, &chances.axes);
    uint8_t *levels = arena_take(c->arena, (size_t)m->n_slots, sizeof *levels);
    chances.p = arena_take(c->arena, rows * 2, sizeof *chances.p);
    for (size_t row = 0; row < rows; row++) {
        axes_levels(m, &chances.axes, row, levels);
        chances.p[2 * row] = probability ? m->reals[model_row_first(m, &table, levels)] : 1;
        chances.p[2 * row + 1] = 1 - chances.p[2 * row];
    }
    const char *of = diag_format(c->diag, "%s", model_text(m, m->moments[parent].name));
    add_branch(c, parent, &chances, diag_format(c->diag, "branch %s after %s", model_text(m, event->qualified), of), event->name);
    event->is_followed = true;
}

void compile_attachment(compiler_t *c, event_t *event)
{
    const yaml_node_t *after = yaml_get(event->node, "after"), *probability = yaml_get(event->node, "probability");
    if (!after) {
        if (probability)
            diag_error(c->diag, probability->place, "add after: EVENT, or let an event name it in its `branches`",
                       "event `%s` has a probability, but it does not say after what", event->name);
        return;
    }
    for (size_t i = 0; i < compile_count(after); i++) {
        const yaml_node_t *item = compile_item(after, i);
        const char *name = compile_name(c, item, "`after`");
        int32_t parent = name ? compile_moment(c, name, item->place) : MODEL_NONE;
        if (parent != MODEL_NONE) attach(c, event, parent, probability);
    }
}

static int by_moment(const void *a, const void *b)
{
    const pending_branch_t *x = a, *y = b;
    if (x->moment != y->moment) return x->moment < y->moment ? -1 : 1;
    if (!x->attached != !y->attached) return x->attached ? 1 : -1;
    return x->attached ? strcmp(x->attached, y->attached) : 0;
}

void compile_emit_branches(compiler_t *c)
{
    struct processes *p = c->processes;
    model_t *m = c->model;
    if (p->n_branches) qsort(p->branches, p->n_branches, sizeof *p->branches, by_moment);
    int32_t first = builder_add_branches(m, (int32_t)p->n_branches);
    for (size_t i = 0; i < p->n_branches; i++) {
        model_span_t *span = &m->moments[p->branches[i].moment].branches;
        m->branches[first + (int32_t)i] = p->branches[i].branch;
        if (!span->count++) span->first = first + (int32_t)i;
    }
}
