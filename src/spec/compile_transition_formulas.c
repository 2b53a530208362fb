/*
 * Transition tables with cells that are expressions over people and their history. If one cell of a process is, all its probabilities become
 * programs, ratios on them included; whether they are probabilities is known only when they are worked out, so a run stops where they are not.
 */
#include "kernels/arithmetic.h"
#include "spec/compile_expressions.h"
#include "spec/compile_transitions.h"

static const expression_t *number(compiler_t *c, double value) { return compile_constant(c, value); }

static const expression_t *join(compiler_t *c, int32_t operation, const expression_t *a, const expression_t *b) { return compile_combine(c, operation, a, b); }

/* ---- cells ---- */

/* The expression a cycle earlier in time: states and counts are those of now, the minute that of the beginning. */
static const expression_t *as_it_began(compiler_t *c, const expression_t *code)
{
    const expression_t *operand[3] = {NULL};
    if (code->kind == CODE_MINUTE) return join(c, ARITHMETIC_SUBTRACT, code, number(c, c->model->settings.cycle.minutes));
    for (int k = 0; k < 3 && code->operand[k]; k++) operand[k] = as_it_began(c, code->operand[k]);
    return operand[0] ? expression_make(c, code->kind, code->index, code->constant, operand[0], operand[1], operand[2]) : code;
}

bool transition_expression(compiler_t *c, const yaml_node_t *node, value_kind_t kind, double *value, const expression_t **code)
{
    if (!compile_value_code(c, node, kind, MAY_READ_HISTORY | MAY_READ_TIME, value, code)) return false;
    if (*code) *code = as_it_began(c, *code);
    return true;
}

/* ---- numbers by levels ---- */

/* A grid as a step of a program; NULL after reporting that it depends on time. */
static const expression_t *of_grid(compiler_t *c, const grid_values_t *grid, place_t place)
{
    int32_t slots[GRID_MOST];
    model_table_t table;

    for (size_t i = 0; i < grid->by.n; i++) {
        slots[i] = grid->by.dimension[i].slot;
        if (grid->by.dimension[i].kind == DIMENSION_SLOT) continue;
        diag_error(c->diag, place, "write it as an expression too, with `age now` or `time`", "another cell of these transitions is an expression, beside which nothing can be by %s",
                   dimension_name(c, &grid->by.dimension[i]));
        return NULL;
    }
    if (grid->by.n == 0) return number(c, grid->value[0]);
    if (!compile_make_table(c, slots, grid->by.n, 1, &table)) return NULL;
    for (size_t r = 0; r < dimensions_rows(&grid->by); r++) c->model->reals[table.first + (int32_t)r] = grid->value[r];
    return expression_table(c, table);
}

/* 1 while a slot has one of these levels, else 0. */
static const expression_t *is_among(compiler_t *c, int32_t slot, uint64_t levels)
{
    double is_level[MODEL_MAX_LEVELS];
    for (int32_t l = 0; l < MODEL_MAX_LEVELS; l++) is_level[l] = (double)(levels >> l & 1);
    return expression_by_level(c, slot, is_level);
}

static const expression_t *choose(compiler_t *c, const expression_t *truth, const expression_t *yes, const expression_t *no)
{
    return expression_make(c, CODE_ARITHMETIC + ARITHMETIC_SELECT, 0, 0, truth, yes, no);
}

/* ---- rows ---- */

/* The probabilities of the pairs from a state, without ratios; of all others NULL. */
static bool fill_row(compiler_t *c, const struct transitions *t, int32_t from, const expression_t **p)
{
    const expression_t *left = number(c, 1);
    size_t rest = t->n_pairs, n = 0;

    for (size_t i = 0; i < t->n_pairs; i++) {
        const pair_t *pair = &t->pairs[i];
        p[i] = NULL;
        if (pair->from != from) continue;
        n++;
        bool is_rest = !pair->code && pair->p.by.n == 0 && pair->p.value[0] == REST;
        if (is_rest && rest == t->n_pairs) rest = i;
        else if (!(p[i] = pair->code ? pair->code : of_grid(c, &pair->p, pair->place))) return false;
        else left = join(c, ARITHMETIC_SUBTRACT, left, p[i]);
    }
    if (rest < t->n_pairs) p[rest] = left;
    if (n == 0 || rest < t->n_pairs) return true;
    for (size_t i = 0; i < t->n_pairs; i++)
        if (t->pairs[i].from == from) {
            diag_error(c->diag, t->pairs[i].place, "give one of the states `rest`", "nobody can see whether probabilities that depend on people sum to 1");
            break;
        }
    return false;
}

/* The sum that a ratio makes of a sum of probabilities. */
static const expression_t *times_ratio(compiler_t *c, ratio_kind_t kind, const expression_t *p, const expression_t *ratio)
{
    const expression_t *one = number(c, 1), *q = join(c, ARITHMETIC_SUBTRACT, one, p), *product = join(c, ARITHMETIC_MULTIPLY, ratio, p);
    if (kind == RATIO_RISK) return product;
    if (kind == RATIO_ODDS) return join(c, ARITHMETIC_DIVIDE, product, join(c, ARITHMETIC_ADD, q, product));
    const expression_t *kept = choose(c, join(c, ARITHMETIC_AT_MOST, one, p), number(c, 0), join(c, ARITHMETIC_POWER, q, ratio));
    return join(c, ARITHMETIC_SUBTRACT, one, kept);
}

/* The pairs that a ratio means are changed together, as in tables: what they sum to has the ratio, and each keeps its part. */
static bool apply_ratio(compiler_t *c, const struct transitions *t, const ratio_t *ratio, int32_t from, const expression_t **p)
{
    const expression_t *sum = NULL, *value = of_grid(c, &ratio->value, t->process->place);

    if (!value) return false;
    for (int32_t i = ratio->during.first; i < ratio->during.first + ratio->during.count; i++)
        value = choose(c, is_among(c, c->model->terms[i].slot, c->model->terms[i].levels), value, number(c, 1));
    for (size_t i = 0; i < t->n_pairs; i++)
        if (t->pairs[i].from == from && transition_is_meant(ratio, &t->pairs[i])) sum = sum ? join(c, ARITHMETIC_ADD, sum, p[i]) : p[i];
    if (!sum) return true;
    const expression_t *factor = value;
    if (ratio->kind != RATIO_RISK) {
        const expression_t *changed = join(c, ARITHMETIC_DIVIDE, times_ratio(c, ratio->kind, sum, value), sum);
        factor = choose(c, join(c, ARITHMETIC_LESS, number(c, 0), sum), changed, number(c, 1));
    }
    for (size_t i = 0; i < t->n_pairs; i++)
        if (t->pairs[i].from == from && transition_is_meant(ratio, &t->pairs[i])) p[i] = join(c, ARITHMETIC_MULTIPLY, p[i], factor);
    return true;
}

/* ---- into the model ---- */

bool transitions_have_formulas(const struct transitions *t)
{
    for (size_t i = 0; i < t->n_pairs; i++)
        if (t->pairs[i].code) return true;
    return false;
}

bool transitions_emit_formulas(compiler_t *c, const struct transitions *t, model_branch_t *branch)
{
    const int32_t slot = t->process->slot, n_states = compile_levels(c->model, slot);
    const expression_t **p = arena_take(c->arena, t->n_pairs, sizeof *p), **all = arena_take(c->arena, t->n_pairs, sizeof *all);

    for (int32_t from = 0; from < n_states; from++) {
        if (!fill_row(c, t, from, p)) return false;
        for (size_t r = 0; r < t->n_ratios; r++)
            if (t->ratios[r].from >> from & 1 && !apply_ratio(c, t, &t->ratios[r], from, p)) return false;
        for (size_t i = 0; i < t->n_pairs; i++)
            if (t->pairs[i].from == from) all[i] = choose(c, is_among(c, slot, 1ull << from), p[i], number(c, 0));
    }
    for (size_t i = 0; i < t->n_pairs; i++) { /* one behind the other, as the branch wants them */
        if (t->pairs[i].moment == MODEL_NONE) continue;
        const char *words = diag_format(c->diag, "the probability of %s to %s", transition_target(c, t->process, t->pairs[i].from), transition_target(c, t->process, t->pairs[i].to));
        model_formula_t formula = compile_formula(c, all[i], words, t->pairs[i].place);
        if (!formula) return false;
        if (!branch->formulas) branch->formulas = formula;
    }
    return true;
}
