/*
 * Draws blocks of people: the model's steps in their order, each a plain loop over the people of the block.
 *
 * Owns the columns and the scratch of one thread. Assumes a verified model (steps only look at slots and numbers
 * that earlier steps filled; rows of probabilities are cumulative and end in 1). Never allocates while filling and
 * never calls libm, so a person's columns are the same bits on every machine and in every block.
 */
#include "cohort/cohort.h"

#include <stdlib.h>

#include "kernels/kernels.h"
#include "kernels/normal.h"
#include "model/program.h"
#include "rng/keyed.h"

/* A truncated normal inverts its cdf at from + u * span. Beyond the median it works on the mirrored tail (sign -1),
 * where probabilities near 0 keep the digits that probabilities near 1 have lost. */
typedef struct {
    double from, span, sign;
} normal_window_t;

struct cohort {
    const model_t *model;
    const kernels_t *kernels;
    size_t capacity;
    uint64_t *key;
    uint8_t *levels;            /* [n_attributes][capacity] */
    double *numbers;            /* [n_numbers][capacity] */
    uint16_t *diplotypes;       /* [n_genes][capacity] */
    uint8_t **level;            /* the columns of the three above */
    double **number;
    uint16_t **diplotype;
    normal_window_t *windows;   /* of every row of every truncated step, one step after the other */
    int32_t *first_window;      /* [n_steps] */
    double *uniform;            /* [capacity]: scratch of one step */
    int32_t *row;               /* [capacity]: where the person's row starts in reals */
    int32_t *outcome;           /* [capacity] */
};

static int32_t rows_of(const model_t *m, const model_table_t *table)
{
    int32_t rows = 1;
    for (int32_t a = 0; a < table->axes.count; a++) {
        const model_axis_t *axis = &m->axes[table->axes.first + a];
        rows += (m->slots[axis->slot].level_names.count - 1) * axis->stride;
    }
    return rows;
}

static bool is_truncated(const model_step_t *step)
{
    return step->kind == STEP_NUMBER
           && (step->distribution == DISTRIBUTION_NORMAL || step->distribution == DISTRIBUTION_LOGNORMAL);
}

static normal_window_t window_of(const double *row, bool is_log)
{
    double mean = row[0], sd = row[1], low = row[2], high = row[3];
    if (is_log) {                       /* exp_portable clamps at e^700: nothing is lost by cutting there */
        low = low > 0 ? log_portable(low) : -700.0;
        high = log_portable(least(high, 1e300));
    }
    double a = (low - mean) / sd, b = (high - mean) / sd;
    if (a > 0) {
        double from = normal_cdf(-a);
        return (normal_window_t){from, normal_cdf(-b) - from, -1.0};
    }
    double from = normal_cdf(a);
    return (normal_window_t){from, normal_cdf(b) - from, 1.0};
}

static popgx_err_t make_windows(cohort_t *cohort)
{
    const model_t *m = cohort->model;
    int32_t total = 0;

    for (int32_t s = 0; s < m->n_steps; s++) {
        cohort->first_window[s] = total;
        if (is_truncated(&m->steps[s])) total += rows_of(m, &m->steps[s].table);
    }
    cohort->windows = calloc((size_t)total + 1, sizeof *cohort->windows);
    if (!cohort->windows) return FAIL(NOMEM, "no memory for %d truncated distributions", total);
    for (int32_t s = 0; s < m->n_steps; s++) {
        const model_step_t *step = &m->steps[s];
        if (!is_truncated(step)) continue;
        int32_t rows = rows_of(m, &step->table);
        for (int32_t r = 0; r < rows; r++)
            cohort->windows[cohort->first_window[s] + r] =
                window_of(m->reals + step->table.first + r * step->table.width, step->distribution == DISTRIBUTION_LOGNORMAL);
    }
    return POPGX_OK;
}

static popgx_err_t make_columns(cohort_t *cohort, size_t n_attributes, size_t n_numbers, size_t n_genes)
{
    size_t n = cohort->capacity;

    cohort->key = calloc(n, sizeof *cohort->key);
    cohort->levels = calloc(n_attributes * n + 1, sizeof *cohort->levels);
    cohort->numbers = calloc(n_numbers * n + 1, sizeof *cohort->numbers);
    cohort->diplotypes = calloc(n_genes * n + 1, sizeof *cohort->diplotypes);
    cohort->level = calloc(n_attributes + 1, sizeof *cohort->level);
    cohort->number = calloc(n_numbers + 1, sizeof *cohort->number);
    cohort->diplotype = calloc(n_genes + 1, sizeof *cohort->diplotype);
    cohort->first_window = calloc((size_t)cohort->model->n_steps + 1, sizeof *cohort->first_window);
    cohort->uniform = calloc(n, sizeof *cohort->uniform);
    cohort->row = calloc(n, sizeof *cohort->row);
    cohort->outcome = calloc(n, sizeof *cohort->outcome);
    if (!cohort->key || !cohort->levels || !cohort->numbers || !cohort->diplotypes || !cohort->level || !cohort->number
        || !cohort->diplotype || !cohort->first_window || !cohort->uniform || !cohort->row || !cohort->outcome)
        return FAIL(NOMEM, "no memory for a block of %zu people", n);

    for (size_t a = 0; a < n_attributes; a++) cohort->level[a] = cohort->levels + a * n;
    for (size_t a = 0; a < n_numbers; a++) cohort->number[a] = cohort->numbers + a * n;
    for (size_t g = 0; g < n_genes; g++) cohort->diplotype[g] = cohort->diplotypes + g * n;
    return POPGX_OK;
}

popgx_err_t cohort_new(const model_t *model, size_t capacity, cohort_t **out)
{
    popgx_err_t err = POPGX_OK;
    cohort_t *cohort = calloc(1, sizeof *cohort);

    *out = NULL;
    if (!cohort) return FAIL(NOMEM, "no memory for a block of %zu people", capacity);
    cohort->model = model;
    cohort->kernels = kernels();
    cohort->capacity = capacity;
    TRY(make_columns(cohort, (size_t)model->settings.n_attributes, (size_t)model->n_numbers, (size_t)model->n_genes));
    TRY(make_windows(cohort));
    *out = cohort;
    cohort = NULL;
out:
    cohort_free(cohort);
    return err;
}

void cohort_free(cohort_t *cohort)
{
    if (!cohort) return;
    free(cohort->key);
    free(cohort->levels);
    free(cohort->numbers);
    free(cohort->diplotypes);
    free(cohort->level);
    free(cohort->number);
    free(cohort->diplotype);
    free(cohort->windows);
    free(cohort->first_window);
    free(cohort->uniform);
    free(cohort->row);
    free(cohort->outcome);
    free(cohort);
}

static void draw_uniforms(cohort_t *cohort, uint64_t purpose, size_t n)
{
    cohort->kernels->uniforms((int32_t)n, cohort->key, purpose, cohort->model->settings.lot_bits, cohort->uniform);
}

static void find_rows(cohort_t *cohort, const model_table_t *table, size_t n)
{
    const model_t *m = cohort->model;
    int32_t *row = cohort->row;

    for (size_t i = 0; i < n; i++) row[i] = table->first;
    for (int32_t a = 0; a < table->axes.count; a++) {
        const model_axis_t *axis = &m->axes[table->axes.first + a];
        const uint8_t *level = cohort->level[axis->slot];
        int32_t stride = axis->stride * table->width;
        for (size_t i = 0; i < n; i++) row[i] += level[i] * stride;
    }
}

static void choose_outcomes(cohort_t *cohort, int32_t width, size_t n)
{
    cohort->kernels->choose((int32_t)n, cohort->model->reals, cohort->row, width, cohort->uniform, cohort->outcome);
}

static void step_category(cohort_t *cohort, const model_step_t *step, size_t n)
{
    uint8_t *restrict level = cohort->level[step->to];
    const int32_t *restrict outcome = cohort->outcome;

    find_rows(cohort, &step->table, n);
    draw_uniforms(cohort, step->purpose, n);
    choose_outcomes(cohort, step->table.width, n);
    for (size_t i = 0; i < n; i++) level[i] = (uint8_t)outcome[i];
}

static void step_gene(cohort_t *cohort, const model_step_t *step, size_t n)
{
    uint16_t *restrict diplotype = cohort->diplotype[step->to];
    const int32_t *restrict outcome = cohort->outcome;
    int32_t n_alleles = step->table.width;

    find_rows(cohort, &step->table, n);
    draw_uniforms(cohort, step->purpose, n);
    choose_outcomes(cohort, n_alleles, n);
    for (size_t i = 0; i < n; i++) diplotype[i] = (uint16_t)(outcome[i] * n_alleles);
    if (!step->purpose2) return;
    for (size_t i = 0; step->first && i < n; i++) cohort->row[i] += step->first;
    draw_uniforms(cohort, step->purpose2, n);
    choose_outcomes(cohort, n_alleles, n);
    for (size_t i = 0; i < n; i++) diplotype[i] = (uint16_t)(diplotype[i] + outcome[i]);
}

static void step_second(cohort_t *cohort, const model_step_t *step, size_t n)
{
    uint16_t *restrict diplotype = cohort->diplotype[step->to];
    const int32_t *restrict outcome = cohort->outcome;
    const int32_t n_alleles = step->table.width;

    find_rows(cohort, &step->table, n);
    draw_uniforms(cohort, step->purpose2, n);
    choose_outcomes(cohort, n_alleles, n);
    for (size_t i = 0; i < n; i++) diplotype[i] = (uint16_t)(diplotype[i] / n_alleles * n_alleles + outcome[i]);
}

/* The window's share that the uniform picks, its quantile, and the number: in the columns `uniform` and `number`. */
static void step_normal(cohort_t *cohort, const model_step_t *step, const normal_window_t *windows, size_t n)
{
    const double *reals = cohort->model->reals;
    const int32_t *start = cohort->row;
    double *p = cohort->uniform, *number = cohort->number[step->to];
    int32_t first = step->table.first, width = step->table.width;
    bool is_log = step->distribution == DISTRIBUTION_LOGNORMAL;

    for (size_t i = 0; i < n; i++) {
        const normal_window_t *window = &windows[(start[i] - first) / width];
        p[i] = fused(p[i], window->span, window->from);
    }
    cohort->kernels->normal_quantiles((int32_t)n, p, number);
    for (size_t i = 0; i < n; i++) {
        const double *row = reals + start[i];
        double x = fused(row[1], windows[(start[i] - first) / width].sign * number[i], row[0]);
        number[i] = most(least(is_log ? exp_portable(x) : x, row[3]), row[2]);
    }
}

/* Linear between the nodes of a person's row. */
static void step_quantiles(cohort_t *cohort, const model_step_t *step, size_t n)
{
    const double per_step = (DISTRIBUTION_NODES - 1) / (2 * DISTRIBUTION_FARTHEST);
    const double *reals = cohort->model->reals, *z = cohort->uniform;
    const int32_t *row = cohort->row;
    double *number = cohort->number[step->to];

    if (step->from == MODEL_NONE) {
        draw_uniforms(cohort, step->purpose, n);
        cohort->kernels->normal_quantiles((int32_t)n, cohort->uniform, number);
        for (size_t i = 0; i < n; i++) cohort->uniform[i] = number[i];
    } else {
        z = cohort->number[step->from];
    }
    for (size_t i = 0; i < n; i++) {
        double at = most(least((z[i] + DISTRIBUTION_FARTHEST) * per_step, DISTRIBUTION_NODES - 1), 0);
        int32_t k = (int32_t)least(at, DISTRIBUTION_NODES - 2);
        const double *quantile = reals + row[i] + k;
        number[i] = fused(at - k, quantile[1] - quantile[0], quantile[0]);
    }
}

static void step_number(cohort_t *cohort, const model_step_t *step, const normal_window_t *windows, size_t n)
{
    const double *reals = cohort->model->reals, *u = cohort->uniform;
    const int32_t *row = cohort->row;
    double *number = cohort->number[step->to];

    find_rows(cohort, &step->table, n);
    if (step->distribution == DISTRIBUTION_CONSTANT) {
        for (size_t i = 0; i < n; i++) number[i] = reals[row[i]];
        return;
    }
    if (step->distribution == DISTRIBUTION_QUANTILES) {
        step_quantiles(cohort, step, n);
        return;
    }
    draw_uniforms(cohort, step->purpose, n);
    if (step->distribution == DISTRIBUTION_UNIFORM) {
        for (size_t i = 0; i < n; i++) number[i] = fused(reals[row[i] + 1] - reals[row[i]], u[i], reals[row[i]]);
        return;
    }
    step_normal(cohort, step, windows, n);
}

static void step_band(cohort_t *cohort, const model_step_t *step, size_t n)
{
    const double *restrict cuts = cohort->model->reals + step->table.first, *restrict number = cohort->number[step->from];
    uint8_t *restrict level = cohort->level[step->to];

    for (size_t i = 0; i < n; i++) level[i] = 0;
    for (int32_t k = 0; k < step->table.width; k++)
        for (size_t i = 0; i < n; i++) level[i] = (uint8_t)(level[i] + (cuts[k] <= number[i]));
}

static void step_diplotype(cohort_t *cohort, const model_step_t *step, size_t n)
{
    const int32_t *restrict map = cohort->model->indices + step->first;
    const uint16_t *restrict diplotype = cohort->diplotype[step->from];
    uint8_t *restrict level = cohort->level[step->to];

    for (size_t i = 0; i < n; i++) level[i] = (uint8_t)map[diplotype[i]];
}

static void step_map(cohort_t *cohort, const model_step_t *step, size_t n)
{
    const int32_t *restrict map = cohort->model->indices + step->first;
    const uint8_t *restrict from = cohort->level[step->from];
    uint8_t *restrict level = cohort->level[step->to];

    for (size_t i = 0; i < n; i++) level[i] = (uint8_t)map[from[i]];
}

static void step_formula(cohort_t *cohort, const model_step_t *step, size_t n)
{
    const program_inputs_t inputs = {.level = (const uint8_t *const *)cohort->level, .number = (const double *const *)cohort->number};
    program_run(cohort->kernels, cohort->model, step->formula, &inputs, (int32_t)n, NULL, NULL, cohort->number[step->to]);
}

static void step_row(cohort_t *cohort, const model_step_t *step, size_t n)
{
    double *number = cohort->number[step->to];

    find_rows(cohort, &step->table, n);
    draw_uniforms(cohort, step->purpose, n);
    choose_outcomes(cohort, step->table.width, n);
    for (size_t i = 0; i < n; i++) number[i] = cohort->outcome[i];
}

static void step_cell(cohort_t *cohort, const model_step_t *step, size_t n)
{
    const double *column = cohort->model->reals + step->first, *row = cohort->number[step->from];
    double *number = cohort->number[step->to];

    for (size_t i = 0; i < n; i++) number[i] = column[(int32_t)row[i]];
}

static void step_cell_level(cohort_t *cohort, const model_step_t *step, size_t n)
{
    const int32_t *column = cohort->model->indices + step->first;
    const double *row = cohort->number[step->from];
    uint8_t *level = cohort->level[step->to];

    for (size_t i = 0; i < n; i++) level[i] = (uint8_t)column[(int32_t)row[i]];
}

static void carry_out(cohort_t *cohort, int32_t s, size_t n)
{
    const model_step_t *step = &cohort->model->steps[s];

    switch ((model_step_kind_t)step->kind) {
    case STEP_CATEGORY: step_category(cohort, step, n); break;
    case STEP_NUMBER: step_number(cohort, step, cohort->windows + cohort->first_window[s], n); break;
    case STEP_GENE: step_gene(cohort, step, n); break;
    case STEP_DIPLOTYPE: step_diplotype(cohort, step, n); break;
    case STEP_MAP: step_map(cohort, step, n); break;
    case STEP_BAND: step_band(cohort, step, n); break;
    case STEP_FORMULA: step_formula(cohort, step, n); break;
    case STEP_ROW: step_row(cohort, step, n); break;
    case STEP_CELL: step_cell(cohort, step, n); break;
    case STEP_CELL_LEVEL: step_cell_level(cohort, step, n); break;
    case STEP_SECOND: step_second(cohort, step, n); break;
    }
}

static void make_keys(cohort_t *cohort, uint64_t run_key, uint64_t first_id, size_t n)
{
    const int32_t lot_bits = cohort->model->settings.lot_bits;

    if (lot_bits == 0) cohort->kernels->person_keys((int32_t)n, run_key, first_id, cohort->key);
    for (size_t i = 0; lot_bits > 0 && i < n; i++) cohort->key[i] = rng_lot_key(run_key, first_id + i, lot_bits);
}

cohort_view_t cohort_fill(cohort_t *cohort, uint64_t run_key, uint64_t first_id, size_t n)
{
    INVARIANT(n >= 1 && n <= cohort->capacity && n <= INT32_MAX, "a block of %zu people in room for %zu", n, cohort->capacity);
    make_keys(cohort, run_key, first_id, n);
    for (int32_t s = 0; s < cohort->model->n_steps; s++) carry_out(cohort, s, n);
    return (cohort_view_t){n, first_id, cohort->key, (const uint8_t *const *)cohort->level,
                           (const double *const *)cohort->number, (const uint16_t *const *)cohort->diplotype};
}
