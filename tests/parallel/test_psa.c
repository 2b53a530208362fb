/* Draws on several ranks give the bits of draws on one thread, whatever the blocks; every draw has its own model and luck. */
#include <stdlib.h>
#include <string.h>

#include "cluster/psa.h"
#include "parallel/check.h"

enum { DRAWS = 7, PEOPLE = 331 };

static const char TEXT[] =
    "popgx: 1\nhorizon: 5 years\ncurrency: USD\ndiscount: {annual: r}\nstrategies: {wait: {}, treat: {entry: [{set: {drug: taken}}]}}\n"
    "parameters:\n  r: {value: 3 %, distribution: {uniform: [0, 0.06]}}\n  ratio: {value: 0.5, distribution: {lognormal: {sd: 0.1}}}\n"
    "  price: {value: 100 USD per year, distribution: {gamma: {sd: 20}}}\n"
    "processes:\n  drug: {states: [none, taken]}\n  life: {events: {death: {to: dead, hazard: 0.1 per year, hazard ratio: {drug: {taken: ratio}}}}}\n"
    "payoffs: {cost: [{while: {drug: taken}, rate: price}], qaly: [{while: {life: alive}, utility: 0.9}]}\n";

static void compile_draws(model_t *base, models_t *models)
{
    diagnostics_t *diag = diag_new();
    spec_report_t report;
    spec_t *spec;
    draws_t draws;

    CHECK_OK(spec_open_text("m.yaml", TEXT, strlen(TEXT), NULL, 0, diag, &spec, base, &report));
    CHECK_OK(draws_init(&draws, 3, DRAWS, DESIGN_RANDOM, NULL, 0));
    *models = (models_t){0};
    if (cluster_rank() == 0) CHECK_OK(models_compile(models, base, spec, &report, &draws, (block_range_t){1, draws.n_draws}, 2, NULL, NULL));
    CHECK_OK(models_share(models, base));
    draws_release(&draws);
    spec_report_release(&report);
    spec_close(spec);
    diag_free(diag);
}

static exact_sum_t *rows_of(const models_t *models, const psa_layout_t *layout, int threads, uint64_t block_people)
{
    exact_sum_t *rows = calloc(DRAWS, (size_t)layout->n_sums * sizeof *rows);
    psa_settings_t settings = {.first_draw = 1, .n_draws = DRAWS, .patients = PEOPLE, .seed = 3, .threads = threads, .block_people = block_people};
    uint64_t n_fired = 0;

    CHECK_OK(psa_simulate(models, &settings, layout, rows, &n_fired));
    CHECK(n_fired > 0);
    return rows;
}

static bool is_stop_wanted(void *context)
{
    (void)context;
    return true;
}

static void stopping_is_told(const models_t *models, const psa_layout_t *layout)
{
    exact_sum_t *rows = calloc(DRAWS, (size_t)layout->n_sums * sizeof *rows);
    psa_settings_t settings = {.first_draw = 1, .n_draws = DRAWS, .patients = PEOPLE, .seed = 3, .threads = 1, .is_stop_wanted = is_stop_wanted};
    uint64_t n_fired = 0;

    CHECK(psa_simulate(models, &settings, layout, rows, &n_fired) == POPGX_E_STOPPED);
    free(rows);
}

int main(int argc, char **argv)
{
    model_t base;
    models_t models;

    CHECK_OK(cluster_open(&argc, &argv));
    compile_draws(&base, &models);
    const psa_layout_t layout = psa_layout(&base);
    const size_t bytes = DRAWS * (size_t)layout.n_sums * sizeof(exact_sum_t);
    exact_sum_t *expected = rows_of(&models, &layout, 1, 0);
    for (int threads = 1; threads <= 3; threads++) {
        exact_sum_t *rows = rows_of(&models, &layout, threads, 50);
        CHECK(memcmp(rows, expected, bytes) == 0);
        free(rows);
    }
    for (int d = 0; d < DRAWS; d++) CHECK(expected[d * layout.n_sums + layout.people] == PEOPLE);
    CHECK(memcmp(expected, expected + layout.n_sums, (size_t)layout.n_sums * sizeof *expected) != 0);
    stopping_is_told(&models, &layout);
    free(expected);
    models_release(&models);
    model_release(&base);
    cluster_close();
    return 0;
}
