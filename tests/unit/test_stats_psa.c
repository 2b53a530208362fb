/* What lies between draws, with Monte Carlo noise taken out; how many people a draw should have. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "rng/keyed.h"
#include "spec/distribution.h"
#include "stats/psa.h"

enum { DRAWS = 4000 };

static double normal(uint64_t i, uint64_t purpose) { return normal_quantile(rng_uniform(rng_person_key(1, i), purpose, 0)); }

/* Draws of a normal(10, 3), each seen with noise of variance 16. */
static psa_figure_t noisy(double noise)
{
    psa_figure_t figure = {.n = DRAWS, .value = malloc(DRAWS * sizeof(double)), .noise = malloc(DRAWS * sizeof(double))};

    for (uint64_t d = 0; d < DRAWS; d++) {
        figure.value[d] = 10 + 3 * normal(d, 1) + sqrt(noise) * normal(d, 2);
        figure.noise[d] = noise;
    }
    return figure;
}

Test(psa, noise_is_taken_out_of_what_draws_show)
{
    psa_figure_t figure = noisy(16);
    psa_summary_t summary = psa_summary(&figure);

    cr_expect_float_eq(summary.mean, 10, 4 * 5 / sqrt(DRAWS));
    cr_expect_float_eq(summary.se, 5 / sqrt(DRAWS), 0.01);      /* 5 = sqrt(9 + 16) */
    cr_expect_float_eq(summary.sd, 3, 0.3);
    cr_expect_float_eq(summary.noise, 16.0 / 25, 0.03);
    cr_expect_float_eq(summary.low, 10 - 1.96 * 3, 0.6);
    cr_expect_float_eq(summary.high, 10 + 1.96 * 3, 0.6);
    psa_figure_release(&figure);
}

Test(psa, nothing_but_noise_is_no_uncertainty)
{
    psa_figure_t figure = {.n = 3, .value = (double[]){1, 2, 3}, .noise = (double[]){1, 1, 1}};
    psa_summary_t summary = psa_summary(&figure);

    cr_expect_eq(summary.sd, 0);
    cr_expect_eq(summary.low, 2);
    cr_expect_eq(summary.high, 2);
    cr_expect_float_eq(summary.se, 1 / sqrt(3), 1e-15);
}

/* Two strategies, one outcome each of cost and QALYs; differences between strategies of sd `between`, noise of sd `within` a person. */
static uint64_t best(double between, double within)
{
    enum { N = 1000, PEOPLE = 100 };
    model_t model = {.n_strategies = 2, .n_outcomes = 2, .settings = {.cost = 0, .qaly = 1}};
    psa_t psa;

    cr_assert_eq(psa_init(&psa, &model, N, PEOPLE, 0), POPGX_OK);
    for (uint64_t d = 0; d < N; d++) {
        psa.mean[d * 4 + 2] = between * normal(d, 3) + within / sqrt(PEOPLE) * normal(d, 4);    /* cost under strategy 1 */
        psa.noise[(d * 4 + 3) * 2] = within * within / PEOPLE;                                  /* its variance */
    }
    uint64_t n = psa_best_patients(&psa, 50000);
    psa_release(&psa);
    return n;
}

Test(psa, people_of_a_draw_are_as_many_as_the_variances_ask_for)
{
    cr_expect_float_eq((double)best(10, 100), 400, 60);         /* ratio 100: noise a fifth needs 4 x 100, above sqrt(1000 x 100) = 316 */
    cr_expect_float_eq((double)best(100, 300), 100, 15);        /* ratio 9: sqrt(1000 x 9) = 95, at least 100 */
    cr_expect_eq(best(10, 0), 100);
    cr_expect_eq(best(0, 0), 100);
}
