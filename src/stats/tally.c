/*
 * Adds people up. Owns the sums of one thread or rank and the scratch of a block; derives nothing (results.c does).
 *
 * Kernels add within a block, products as separate low and high halves, so that nothing can overflow; the halves meet
 * in 128 bits once a block.
 */
#include "stats/tally.h"

#include <stdlib.h>
#include <string.h>

#include "stats/figures.h"
#include "stats/lot_sums.h"
#include "stats/spread.h"
#include "stats/subgroups.h"

/* ---- layout ---- */

int32_t tally_level_offset(const model_t *model, int32_t slot)
{
    int32_t offset = 0;
    for (int32_t s = 0; s < slot; s++) offset += model->slots[s].level_names.count;
    return offset;
}

tally_layout_t tally_layout(const model_t *model)
{
    const int32_t s = model->n_strategies, o = model->n_outcomes, q = tally_level_offset(model, model->n_slots);
    tally_layout_t layout;
    int32_t n = 0;

#define PLACE(name, count) (layout.name = n, n += (count))
    PLACE(people, 1);
    PLACE(cell, s * model->n_cells);
    PLACE(cell_coarse, s * model->n_cells);
    PLACE(cell_squared, s * model->n_cells);
    PLACE(outcome, s * o);
    PLACE(outcome_coarse, s * o);
    PLACE(product, s * s * o);
    PLACE(cost_qaly, s * s);
    PLACE(events, s * model->n_moments);
    PLACE(events_squared, s * model->n_moments);
    PLACE(occupancy, s * q);
    PLACE(share, q);
    PLACE(perspective, model->settings.perspectives.count * s * s);
    PLACE(occupancy_squared, model->settings.lot_bits ? s * q : 0);
    PLACE(share_squared, model->settings.lot_bits ? q : 0);
    layout.n_own = n;
    layout.n_groups = subgroups_count(model);
    PLACE(groups, layout.n_groups * layout.n_own);
    PLACE(figure, figures_sums(model));
    PLACE(spread, spread_sums(model));
#undef PLACE
    layout.n_sums = n;
    return layout;
}

popgx_err_t tally_init(tally_t *tally, const model_t *model, size_t capacity)
{
    const size_t columns = (size_t)model->n_strategies * (size_t)model->n_outcomes;

    *tally = (tally_t){.model = model, .kernels = kernels(), .layout = tally_layout(model), .capacity = capacity};
    INVARIANT(capacity <= 1u << 16, "blocks of %zu people are too large to tally", capacity);
    for (int32_t o = 0; o < model->n_outcomes; o++)
        INVARIANT(model->outcomes[o].coarse_bits <= model->outcomes[o].grid_bits, "the coarse grid of %s is finer than its grid",
                  model_text(model, model->outcomes[o].name));
    popgx_err_t err = subgroups_check_size(model);
    if (err) return err;
    tally->sums = calloc((size_t)tally->layout.n_sums, sizeof *tally->sums);
    tally->coarse = calloc(columns * capacity + 1, sizeof *tally->coarse);
    tally->total = calloc(capacity + 1, sizeof *tally->total);
    const bool is_in_lots = model->settings.lot_bits > 0;
    if (is_in_lots) tally->of_lots = calloc(capacity * (size_t)(model->n_moments + 1), sizeof *tally->of_lots);
    if (!tally->sums || !tally->coarse || !tally->total || (is_in_lots && !tally->of_lots))
        return FAIL(NOMEM, "no memory for the sums of blocks of %zu people", capacity);
    if (figures_count(model) > 0) err = figures_new(model, capacity, tally->sums + tally->layout.figure, &tally->figures);
    if (!err && spread_sums(model) > 0) err = spread_new(model, capacity, tally->sums + tally->layout.spread, &tally->spread);
    return err;
}

void tally_release(tally_t *tally)
{
    free(tally->sums);
    free(tally->coarse);
    free(tally->total);
    free(tally->of_lots);
    subgroups_free(tally->subgroups);
    free(tally->hidden);
    figures_free(tally->figures);
    spread_free(tally->spread);
    *tally = (tally_t){0};
}

void tally_merge(tally_t *into, const tally_t *from)
{
    for (int32_t i = 0; i < into->layout.n_sums; i++) into->sums[i] += from->sums[i];
}

/* ---- loops ---- */

exact_sum_t tally_product(const tally_t *tally, size_t n, const int32_t *x, const int32_t *y)
{
    const int32_t lot_bits = tally->model->settings.lot_bits;
    uint64_t low;
    int64_t high;

    if (lot_bits) return lot_sums_product(lot_bits, n, x, y);
    tally->kernels->multiply((int32_t)n, x, y, &low, &high);
    return exact_join(low, high);
}

static bool is_too_wide(const kernel_moments_t *moments) { return moments->wide >> 31 != 0; }

/* Adds the numbers of people by level; with `life`, of those alive. */
static void count_levels(const tally_t *tally, size_t n, const uint8_t *level, const uint8_t *life, int32_t n_levels, exact_sum_t *sums)
{
    for (int32_t l = 0; l < n_levels; l++)
        sums[l] += tally->kernels->count_both((int32_t)n, level, (uint8_t)l, life ? life : level, life ? LIFE_ALIVE : (uint8_t)l);
}

/* ---- one strategy ---- */

static popgx_err_t refuse(const tally_t *tally, int32_t strategy, const cohort_view_t *people, const model_outcome_t *outcome,
                          const char *cell, const int64_t *total)
{
    const model_t *m = tally->model;
    size_t i = 0;

    while (i + 1 < people->n && exact_coarsen(total[i], outcome->grid_bits, outcome->coarse_bits) ==
               (int32_t)exact_coarsen(total[i], outcome->grid_bits, outcome->coarse_bits))
        i++;
    return FAIL(RANGE, "person %llu under %s: the total of %s%s%s is %g %s, and it must stay below %g: %s",
                (unsigned long long)(people->first_id + i), model_strategy_name(m, strategy),
                model_text(m, outcome->name), cell ? " " : "", cell ? cell : "", exact_value(total[i], outcome->grid_bits),
                model_text(m, outcome->unit), exact_value((exact_sum_t)1 << 31, outcome->coarse_bits),
                outcome == &m->outcomes[m->settings.cost] ? "if it is meant, give the model its `largest cost per person`"
                                                          : "see which of its rates is too large");
}

static exact_sum_t cell_of_lots(const tally_t *tally, int32_t n, const int64_t *cell, int32_t shift)
{
    kernel_moments_t unused;

    tally->kernels->coarsen(n, cell, shift, tally->of_lots, &unused);
    return tally_product(tally, (size_t)n, tally->of_lots, tally->of_lots);
}

static popgx_err_t add_outcome(tally_t *tally, int32_t strategy, int32_t o, const cohort_view_t *people, const ledger_bill_t *bill)
{
    const model_t *m = tally->model;
    const model_outcome_t *outcome = &m->outcomes[o];
    const int32_t bits = outcome->grid_bits, coarse_bits = outcome->coarse_bits;
    int32_t *coarse = tally->coarse + (size_t)(strategy * m->n_outcomes + o) * tally->capacity;

    const int32_t shift = bits - coarse_bits, n = (int32_t)bill->n;
    kernel_moments_t moments;

    memset(tally->total, 0, bill->n * sizeof *tally->total);
    for (int32_t c = outcome->cells.first; c < outcome->cells.first + outcome->cells.count; c++) {
        const int32_t at = strategy * m->n_cells + c;
        tally->kernels->add_line(n, bill->cell[c], shift, tally->total, &moments);
        if (is_too_wide(&moments)) return refuse(tally, strategy, people, outcome, model_text(m, m->cells[c].name), bill->cell[c]);
        tally->sums[tally->layout.cell + at] += moments.sum;
        tally->sums[tally->layout.cell_coarse + at] += moments.coarse_sum;
        tally->sums[tally->layout.cell_squared + at] += tally->of_lots ? cell_of_lots(tally, n, bill->cell[c], shift)
                                                                       : exact_join(moments.square_low, moments.square_high);
    }
    tally->kernels->coarsen(n, tally->total, shift, coarse, &moments);
    if (is_too_wide(&moments)) return refuse(tally, strategy, people, outcome, NULL, tally->total);
    tally->sums[tally->layout.outcome + strategy * m->n_outcomes + o] += moments.sum;
    tally->sums[tally->layout.outcome_coarse + strategy * m->n_outcomes + o] += moments.coarse_sum;
    return POPGX_OK;
}

static void add_occupancy(tally_t *tally, int32_t strategy, const ledger_bill_t *bill)
{
    const model_t *m = tally->model;
    const int32_t n_levels = tally_level_offset(m, m->n_slots), first = m->settings.n_attributes;
    const uint8_t *life = bill->state[m->settings.life - first];
    exact_sum_t *squares = tally->sums + tally->layout.occupancy_squared + strategy * n_levels;

    for (int32_t p = 0; p < m->settings.n_processes; p++) {
        const int32_t slot = first + p, n_slot = m->slots[slot].level_names.count, at = tally_level_offset(m, slot);
        const uint8_t *alive = slot == m->settings.life ? NULL : life;
        count_levels(tally, bill->n, bill->state[p], alive, n_slot, tally->sums + tally->layout.occupancy + strategy * n_levels + at);
        if (tally->of_lots) lot_sums_levels(m->settings.lot_bits, bill->n, bill->state[p], alive, n_slot, squares + at);
    }
}

popgx_err_t tally_add(tally_t *tally, int32_t strategy, const cohort_view_t *people, const ledger_bill_t *bill)
{
    popgx_err_t err = POPGX_OK;
    const model_t *m = tally->model;

    INVARIANT(bill->n == people->n && bill->n <= tally->capacity, "a tally for %zu people got %zu", tally->capacity, bill->n);
    INVARIANT(bill->n % lots_size(m) == 0, "%zu people are no whole lots", bill->n);
    for (int32_t o = 0; o < m->n_outcomes; o++) TRY(add_outcome(tally, strategy, o, people, bill));
    for (int32_t i = 0; i < m->n_moments; i++) {
        tally->sums[tally->layout.events + strategy * m->n_moments + i] += bill->events[i];
        if (!tally->of_lots) tally->sums[tally->layout.events_squared + strategy * m->n_moments + i] += bill->events_squared[i];
    }
    add_occupancy(tally, strategy, bill);
out:
    return err;
}

popgx_err_t tally_observe(tally_t *tally, int32_t strategy, const cohort_view_t *people, const trajectory_t *trajectory, const ledger_bill_t *bill)
{
    popgx_err_t err = POPGX_OK;

    if (tally->of_lots)
        lot_sums_events(tally->model, bill->n, trajectory, tally->of_lots,
                        tally->sums + tally->layout.events_squared + strategy * tally->model->n_moments);
    if (tally->figures) TRY(figures_add(tally->figures, strategy, trajectory, bill));
    if (tally->layout.n_groups == 0) return POPGX_OK;
    if (!tally->subgroups) TRY(subgroups_new(tally->model, tally->capacity, &tally->subgroups));
    subgroups_keep(tally->subgroups, strategy, people, trajectory, bill);
out:
    return err;
}

/* ---- all strategies ---- */

void tally_close(tally_t *tally, const cohort_view_t *people)
{
    const model_t *m = tally->model;
    const int32_t n_s = m->n_strategies, n_o = m->n_outcomes;
    const size_t n = people->n;
#define COARSE(s, o) (tally->coarse + (size_t)((s) * n_o + (o)) * tally->capacity)

    for (int32_t s = 0; s < n_s; s++)
        for (int32_t t = 0; t < n_s; t++) {
            for (int32_t o = 0; t <= s && o < n_o; o++)
                tally->sums[tally->layout.product + (s * n_s + t) * n_o + o] += tally_product(tally, n, COARSE(s, o), COARSE(t, o));
            tally->sums[tally->layout.cost_qaly + s * n_s + t] +=
                tally_product(tally, n, COARSE(s, m->settings.cost), COARSE(t, m->settings.qaly));
        }
    for (int32_t p = 0; p < m->settings.perspectives.count; p++)
        for (int32_t pair = 0; pair < n_s * n_s; pair++)
            tally->sums[tally->layout.perspective + p * n_s * n_s + pair] +=
                tally_product(tally, n, COARSE(pair / n_s, m->settings.perspectives.first + p), COARSE(pair % n_s, m->settings.qaly));
#undef COARSE
    for (int32_t a = 0; a < m->settings.n_attributes; a++) {
        const int32_t at = tally_level_offset(m, a), n_levels = m->slots[a].level_names.count;
        count_levels(tally, n, people->level[a], NULL, n_levels, tally->sums + tally->layout.share + at);
        if (tally->of_lots) lot_sums_levels(m->settings.lot_bits, n, people->level[a], NULL, n_levels, tally->sums + tally->layout.share_squared + at);
    }
    if (tally->figures) figures_close(tally->figures, tally, n);
    if (tally->spread) spread_close(tally->spread, n, tally->coarse);
    tally->sums[tally->layout.people] += (exact_sum_t)n;
    if (tally->subgroups) subgroups_add_block(tally->subgroups, people, tally->sums + tally->layout.groups);
}
