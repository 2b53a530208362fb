/*
 * Amounts, rates and utilities: from what is written to a table by levels, a formula, and how it varies from one occurrence to the next. Owns
 * nothing.
 */
#include "spec/compile_amounts.h"

#include <math.h>
#include <string.h>

#include "kernels/arithmetic.h"
#include "rng/keyed.h"
#include "spec/compile_distributions.h"
#include "spec/compile_events.h"

bool amount_read(compiler_t *c, const yaml_node_t *node, value_kind_t kind, unsigned may, amount_t *out)
{
    *out = (amount_t){.words = node->kind == YAML_SCALAR ? node->text : "values by levels", .place = node->place};
    return compile_lookup_code(c, node, kind, AMOUNT_BY, may, &out->table, &out->code);
}

/* ---- amounts that vary ---- */

/* Whether a distribution stands there, or at some level. */
static bool is_drawn(const yaml_node_t *node)
{
    const yaml_node_t *by = yaml_get(node, "by");

    if (node->kind != YAML_MAPPING || yaml_get(node, "probability")) return false;
    if (!by) return true;
    for (size_t i = 0; by->kind == YAML_SCALAR && i < node->count; i++)
        if (node->pairs[i].value->kind == YAML_MAPPING) return true;
    return false;
}

/* The integral of a row of quantiles, linear between every `every`-th node, over the standard normal density. */
static double mean_of(const double *quantile, int every)
{
    const double step = every * 2 * DISTRIBUTION_FARTHEST / (DISTRIBUTION_NODES - 1), root = sqrt(2 * acos(-1.0));
    double mean = (quantile[0] + quantile[DISTRIBUTION_NODES - 1]) * normal_cdf(-DISTRIBUTION_FARTHEST);

    for (int k = 0; k * every + every < DISTRIBUTION_NODES; k++) {
        const double z = -DISTRIBUTION_FARTHEST + k * step, from = quantile[k * every], slope = (quantile[(k + 1) * every] - from) / step;
        mean += (from - slope * z) * (normal_cdf(z + step) - normal_cdf(z)) + slope * (exp(-z * z / 2) - exp(-(z + step) * (z + step) / 2)) / root;
    }
    return mean;
}

/* Straight lines between quantiles miss the mean by a millionth or so, four times as much at twice the distance: the row is made to have it. */
static void set_mean(double *row)
{
    const double found = mean_of(row + 1, 1), mean = found + (found - mean_of(row + 1, 2)) / 3, factor = found != 0 ? mean / found : 1;

    row[0] = mean;
    for (int k = 1; k < VARIATION_WIDTH && fabs(factor - 1) < 1e-3; k++) row[k] *= factor;
}

/* {gamma: {mean: 5000 USD, sd: 2000 USD}}, as distributions of parameters are written; a value alone is always itself. -> one row. */
static bool read_row(compiler_t *c, const yaml_node_t *node, value_kind_t kind, double *row)
{
    const yaml_node_t *numbers = node->kind == YAML_MAPPING && node->count == 1 ? node->pairs[0].value : NULL;
    const bool is_money = kind == VALUE_MONEY, is_list = numbers && numbers->kind == YAML_SEQUENCE;
    const distribution_of_t of = {.name = "the amount", .unit = {.value = 1, .money = is_money},
                                  .has_unit = !is_money || (is_list && (!strcmp(node->pairs[0].key, "lognormal") || !strcmp(node->pairs[0].key, "beta")))};
    uncertain_t law;
    double constant = 0;

    if (numbers && numbers->kind == YAML_MAPPING && !yaml_get(numbers, "mean") && !yaml_get(numbers, "estimate")) {
        diag_error(c->diag, numbers->place, "write {mean: 5000 USD, sd: 2000 USD}, for example", "the distribution has no `mean`");
        return false;
    }
    if (node->kind == YAML_SCALAR ? !compile_value(c, node, kind, &constant) : !compile_distribution(c, node, &of, &law)) return false;
    if (node->kind != YAML_SCALAR) compile_quantile_row(c, &law, row + 1);
    for (int k = 0; k < DISTRIBUTION_NODES; k++) {
        if (node->kind == YAML_SCALAR) row[1 + k] = constant;
        if (isfinite(row[1 + k])) continue;
        diag_error(c->diag, node->place, "see its numbers", "this distribution has no end to its values");
        return false;
    }
    if (node->kind == YAML_SCALAR) row[0] = constant;
    else set_mean(row);
    return true;
}

static bool read_rows(compiler_t *c, const yaml_node_t *node, value_kind_t kind, model_table_t *table)
{
    const yaml_node_t *by = yaml_get(node, "by"), *of_level[MODEL_MAX_LEVELS] = {node};
    int32_t slot = MODEL_NONE, n = 1;

    if (by) {
        const char *name = compile_name(c, by, "what `by` names");
        slot = name ? compile_find_slot(c, name, AMOUNT_BY, by->place) : MODEL_NONE;
        of_level[0] = NULL;
        if (slot == MODEL_NONE || !compile_nodes_by_level(c, node, slot, of_level, "amount")) return false;
        n = compile_levels(c->model, slot);
    }
    if (!compile_make_table(c, &slot, slot != MODEL_NONE, VARIATION_WIDTH, table)) return false;
    double *row = arena_take(c->arena, VARIATION_WIDTH, sizeof *row);
    for (int32_t r = 0; r < n; r++) {
        if (!read_row(c, of_level[r], kind, row)) return false;
        memcpy(c->model->reals + table->first + (ptrdiff_t)r * VARIATION_WIDTH, row, VARIATION_WIDTH * sizeof *row);
    }
    return true;
}

bool amount_read_drawn(compiler_t *c, const yaml_node_t *node, value_kind_t kind, unsigned may, amount_t *out)
{
    model_table_t rows;

    if (!is_drawn(node)) return amount_read(c, node, kind, may, out);
    *out = (amount_t){.words = "drawn", .place = node->place};
    if (!read_rows(c, node, kind, &rows) || !compile_make_table(c, NULL, 0, 1, &out->table)) return false;
    c->model->reals[out->table.first] = 1;
    const int32_t at = builder_add_variations(c->model, 1);
    c->model->variations[at].table = rows;
    out->variation = 1 + at;
    return true;
}

/* ---- what is done with them ---- */

void amount_change(compiler_t *c, amount_t *amount, int32_t operation, double by)
{
    model_t *m = c->model;

    if (amount->code) amount->code = compile_combine(c, operation, amount->code, compile_constant(c, by));
    for (int32_t r = 0; r < compile_table_rows(m, &amount->table); r++)
        m->reals[amount->table.first + r] = operation == ARITHMETIC_DIVIDE ? m->reals[amount->table.first + r] / by : m->reals[amount->table.first + r] * by;
}

/* Two amounts of one name in a model have luck of their own, by their order. */
static uint64_t luck_of(compiler_t *c, const char *name)
{
    const model_t *m = c->model;
    uint64_t purpose = rng_purpose(diag_format(c->diag, "amount %s", name));

    for (int32_t i = 0, n = 1; i < m->n_variations; i++)
        if (m->variations[i].purpose == purpose) {
            purpose = rng_purpose(diag_format(c->diag, "amount %s, %d", name, ++n));
            i = -1;
        }
    return purpose;
}

bool amount_close(compiler_t *c, amount_t *amount, const char *name)
{
    if (amount->variation) c->model->variations[amount->variation - 1].purpose = luck_of(c, name);
    return !amount->code || (amount->formula = compile_formula(c, amount->code, amount->words, amount->place)) != 0;
}

double amount_largest(const model_t *m, const amount_t *amount)
{
    const model_table_t *means = amount->variation ? &m->variations[amount->variation - 1].table : &amount->table;
    double most = 0, factor = amount->variation ? fabs(m->reals[amount->table.first]) : 1;

    for (int32_t r = 0; !amount->code && r < compile_table_rows(m, means); r++) most = fmax(most, factor * fabs(m->reals[means->first + r * means->width]));
    return most;
}

void amount_describe(compiler_t *c, const amount_t *amount, double factor, const char *unit)
{
    const model_t *m = c->model;

    if (!amount->variation) {
        if (amount->code) fputs(amount->words, c->summary);
        else compile_describe_table(c, &amount->table, factor, unit);
        return;
    }
    const model_table_t *rows = &m->variations[amount->variation - 1].table;
    fprintf(c->summary, "drawn anew each time, with a mean of ");
    for (int32_t r = 0; r < compile_table_rows(m, rows); r++)
        fprintf(c->summary, "%s%.6g%s", r ? " or " : "", factor * m->reals[amount->table.first] * m->reals[rows->first + (ptrdiff_t)r * rows->width], unit);
}
