/*
 * Amounts that are drawn anew at each occurrence. A factor is a function of (seed, draw, person, purpose, occurrence), so it is the same whoever
 * bills, in whatever order people are billed, and under every strategy that leads to the occurrence. Owns nothing.
 */
#include "kernels/keyed.h"
#include "ledger/ledger_state.h"

/* Which row of the variation's table a person has. */
static void find_rows(ledger_t *l, const model_table_t *table, size_t n, const int32_t *restrict person)
{
    int32_t *restrict row = l->row;

    for (size_t k = 0; k < n; k++) row[k] = 0;
    for (int32_t a = 0; a < table->axes.count; a++) {
        const model_axis_t *axis = &l->model->axes[table->axes.first + a];
        const uint8_t *restrict level = l->level[axis->slot];
        for (size_t k = 0; k < n; k++) row[k] += level[person[k]] * axis->stride;
    }
}

/* Linear between the nodes of a row, from its standard normal number on. */
static double quantile_at(const double *quantiles, double z)
{
    const double per_step = (DISTRIBUTION_NODES - 1) / (2 * DISTRIBUTION_FARTHEST), last = DISTRIBUTION_NODES - 1;
    double at = (z + DISTRIBUTION_FARTHEST) * per_step;

    at = at < 0 ? 0 : at > last ? last : at;
    const int32_t node = at < last ? (int32_t)at : DISTRIBUTION_NODES - 2;
    return fused(at - node, quantiles[node + 1] - quantiles[node], quantiles[node]);
}

void ledger_vary(ledger_t *l, int32_t variation, size_t n, const int32_t *person, double *number)
{
    if (!variation) return;
    const model_variation_t *v = &l->model->variations[variation - 1];
    int32_t *drawn = l->drawn + (size_t)(variation - 1) * l->capacity;

    find_rows(l, &v->table, n, person);
    for (size_t k = 0; k < n; k++)
        l->luck[k] = rng_uniform_in_lot(l->people->key[person[k]], v->purpose, (uint64_t)drawn[person[k]]++, l->model->settings.lot_bits);
    l->kernels->normal_quantiles((int32_t)n, l->luck, l->amount);
    for (size_t k = 0; k < n; k++)
        number[k] *= quantile_at(l->model->reals + v->table.first + (ptrdiff_t)l->row[k] * VARIATION_WIDTH + 1, l->amount[k]);
}
