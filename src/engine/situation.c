/* Walks every combination of levels that a clock can meet and numbers what it says. Runs once per engine, never while people live. */
#include "engine/situation.h"

#include <math.h>  /* INFINITY */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "kernels/keyed.h"
#include "model/hazard.h"

/* Rounding to minutes and of logarithms is far below this. */
#define REACH_MARGIN 1.000001

/* Lays the slots out as axes, attributes first (they come first among slots); false if there are too many combinations. */
static bool lay_axes(const model_t *m, const bool *is_read, situation_table_t *table)
{
    int64_t rows = 1;

    table->n_fixed_rows = 1;
    for (int32_t slot = 0; slot < m->n_slots && rows <= MODEL_MAX_COMBINATIONS; slot++) {
        if (!is_read[slot]) continue;
        table->axes[table->n_axes++] = (model_axis_t){.slot = slot, .stride = (int32_t)rows};
        rows *= m->slots[slot].level_names.count;
        if (slot >= m->settings.n_attributes) continue;
        table->n_fixed_axes = table->n_axes;
        table->n_fixed_rows = (int32_t)rows;
    }
    table->n_rows = (int32_t)rows;
    return rows <= MODEL_MAX_COMBINATIONS;
}

static double reach_of(const model_t *m, const model_clock_t *clock, double ratio, int32_t curve)
{
    if (clock->kind != CLOCK_HAZARD || clock->scale == SCALE_AGE || clock->scale == SCALE_CALENDAR) return INFINITY;
    return ratio * hazard_integral(m, &m->curves[curve], m->settings.horizon) * REACH_MARGIN;
}

/* Where in the index a situation is or belongs; entries are numbers of situations, 0 for none. */
static int32_t *find_place(const situation_table_t *table, int32_t *index, size_t mask, double ratio, int32_t curve)
{
    size_t at = (size_t)rng_mix(bits_of(ratio) + (uint64_t)curve) & mask;

    while (index[at] && (table->situations[index[at]].ratio != ratio || table->situations[index[at]].curve != curve))
        at = (at + 1) & mask;
    return &index[at];
}

/* The product is taken in the order in which the ratios are listed: that order is part of the bits. */
static double ratio_of(const model_t *m, const model_clock_t *clock, const uint8_t *levels)
{
    double ratio = 1;

    if (!model_holds(m, clock->enabled, levels)) return 0;
    for (int32_t i = 0; i < clock->ratios.count; i++)
        ratio *= m->reals[model_row_first(m, &m->ratios[clock->ratios.first + i], levels)];
    return ratio;
}

static void find_curves(situation_table_t *table)
{
    int32_t first = INT32_MAX, last = INT32_MIN;

    for (int32_t i = 1; i < table->n_situations; i++) {
        const int32_t curve = table->situations[i].curve;
        first = curve < first ? curve : first;
        last = curve > last ? curve : last;
    }
    table->only_curve = first == last ? first : MODEL_NONE;
    table->n_curves = table->n_situations > 1 ? last - first + 1 : 0;
}

static void number_rows(const model_t *m, const model_clock_t *clock, situation_table_t *table, uint8_t *levels)
{
    size_t size = 2;
    while (size < 2 * (size_t)table->n_rows) size *= 2;
    int32_t *index = memory_resize(NULL, size, sizeof *index);

    memset(index, 0, size * sizeof *index);
    table->situations = memory_resize(NULL, (size_t)table->n_rows + 1, sizeof *table->situations);
    table->situations[SITUATION_STOPPED] = (situation_t){.ratio = 0, .reach = 0, .curve = clock->curve.first};
    table->n_situations = 1;
    for (int32_t row = 0; row < table->n_rows; row++) {
        for (int32_t a = 0; a < table->n_axes; a++) {
            const model_axis_t *axis = &table->axes[a];
            levels[axis->slot] = (uint8_t)(row / axis->stride % m->slots[axis->slot].level_names.count);
        }
        int32_t curve = clock->kind == CLOCK_HAZARD ? model_row_first(m, &clock->curve, levels) : 0;
        double ratio = ratio_of(m, clock, levels);
        table->of_row[row] = SITUATION_STOPPED;
        if (!(ratio > 0)) continue;
        int32_t *place = find_place(table, index, size - 1, ratio, curve);
        if (*place == 0) {
            *place = table->n_situations++;
            table->situations[*place] = (situation_t){.ratio = ratio, .curve = curve, .reach = reach_of(m, clock, ratio, curve)};
        }
        table->of_row[row] = *place;
    }
    find_curves(table);
    table->ratios = memory_resize(NULL, (size_t)table->n_situations + COMPACTION_ROOM, sizeof *table->ratios);
    memset(table->ratios, 0, ((size_t)table->n_situations + COMPACTION_ROOM) * sizeof *table->ratios);
    for (int32_t i = 0; i < table->n_situations; i++) table->ratios[i] = table->situations[i].ratio;
    free(index);
}

/*
 * What a threshold must exceed never to fire. Whatever a person goes through, each curve burns at most its largest ratio
 * times its integral up to the horizon; so the sum of these over the curves of one kind of person is never burned.
 * No such bound is known where the time scale starts anew with a state or with age.
 */
static void find_bounds(const model_t *m, const model_clock_t *clock, situation_table_t *table)
{
    double *ratio = memory_resize(NULL, (size_t)table->n_situations, sizeof *ratio);
    int32_t *curve = memory_resize(NULL, (size_t)table->n_situations, sizeof *curve);

    table->bound = memory_resize(NULL, (size_t)table->n_fixed_rows, sizeof *table->bound);
    for (int32_t fixed = 0; fixed < table->n_fixed_rows; fixed++) {
        int32_t n_curves = 0;
        for (int32_t row = fixed; row < table->n_rows; row += table->n_fixed_rows) {
            const situation_t *situation = &table->situations[table->of_row[row]];
            int32_t c = 0;
            if (!(situation->ratio > 0)) continue;
            while (c < n_curves && curve[c] != situation->curve) c++;
            if (c == n_curves) ratio[n_curves] = 0, curve[n_curves++] = situation->curve;
            ratio[c] = most(ratio[c], situation->ratio);
        }
        table->bound[fixed] = clock->scale == SCALE_SINCE_START && !clock->counts_exposure ? 0 : INFINITY;
        for (int32_t c = 0; c < n_curves; c++)
            table->bound[fixed] += ratio[c] * hazard_integral(m, &m->curves[curve[c]], m->settings.horizon) * REACH_MARGIN;
    }
    free(ratio);
    free(curve);
}

popgx_err_t situation_table_init(situation_table_t *table, const model_t *m, const model_clock_t *clock)
{
    uint8_t *levels = memory_resize(NULL, (size_t)m->n_slots, sizeof *levels);
    bool *is_read = memory_resize(NULL, (size_t)m->n_slots, sizeof *is_read);
    popgx_err_t err = POPGX_OK;

    memset(table, 0, sizeof *table);
    memset(levels, 0, (size_t)m->n_slots);
    memset(is_read, 0, (size_t)m->n_slots * sizeof *is_read);
    model_mark_inputs(m, clock, is_read);
    table->axes = memory_resize(NULL, (size_t)m->n_slots, sizeof *table->axes);
    if (!lay_axes(m, is_read, table)) {
        err = FAIL(RANGE, "event `%s` depends on more than %d combinations of levels: let fewer attributes and processes act on it",
                   model_text(m, m->moments[clock->moment].name), MODEL_MAX_COMBINATIONS);
        goto out;
    }
    table->of_row = memory_resize(NULL, (size_t)table->n_rows + 2 * COMPACTION_ROOM, sizeof *table->of_row);
    memset(table->of_row, 0, ((size_t)table->n_rows + 2 * COMPACTION_ROOM) * sizeof *table->of_row);
    number_rows(m, clock, table, levels);
    if (clock->kind == CLOCK_HAZARD) find_bounds(m, clock, table);
out:
    free(is_read);
    free(levels);
    return err;
}

void situation_table_release(situation_table_t *table)
{
    free(table->axes);
    free(table->of_row);
    free(table->situations);
    free(table->ratios);
    free(table->bound);
    memset(table, 0, sizeof *table);
}

kernel_curve_t situation_curve(const model_t *m, int32_t index)
{
    const model_curve_t *curve = &m->curves[index];
    const double *starts = m->reals + curve->first;
    int32_t n = curve->pieces, row = curve->kind == CURVE_TABULATED ? TABULATED_ROW : 1;

    return (kernel_curve_t){.kind = curve->kind, .pieces = n, .a = curve->a, .b = curve->b, .c = curve->c,
                            .starts = starts, .rates = starts + n, .sums = starts + (1 + row) * n};
}
