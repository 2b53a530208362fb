/* Numbers of people that are drawn: any distribution, together, from a file, or worked out of others. */
#include <math.h>

#include "cohort/cohort.h"
#include "rng/keyed.h"
#include "spec_fixture.h"

enum { PEOPLE = 40000 };

/* Mean, standard deviation and correlation of the first two shown numbers of many people. */
typedef struct {
    double mean[2], sd[2], correlation;
} summary_t;

static summary_t summary_of(const char *text)
{
    loaded_t loaded = load_good(text);
    const model_t *m = &loaded.model;
    int32_t shown[2] = {-1, -1}, n_shown = 0;
    cohort_t *cohort;
    double sum[2] = {0}, square[2] = {0}, product = 0;
    summary_t s;

    for (int32_t k = 0; k < m->n_numbers && n_shown < 2; k++)
        if (!m->numbers[k].is_hidden) shown[n_shown++] = k;
    if (n_shown == 1) shown[1] = shown[0];
    cr_assert_eq(cohort_new(m, PEOPLE, &cohort), POPGX_OK);
    cohort_view_t people = cohort_fill(cohort, rng_run_key(1, 0), 0, PEOPLE);
    for (size_t i = 0; i < PEOPLE; i++) {
        double x[2] = {people.number[shown[0]][i] / m->numbers[shown[0]].per_unit, people.number[shown[1]][i] / m->numbers[shown[1]].per_unit};
        for (int k = 0; k < 2; k++) sum[k] += x[k], square[k] += x[k] * x[k];
        product += x[0] * x[1];
    }
    for (int k = 0; k < 2; k++) {
        s.mean[k] = sum[k] / PEOPLE;
        s.sd[k] = sqrt(square[k] / PEOPLE - s.mean[k] * s.mean[k]);
    }
    s.correlation = (product / PEOPLE - s.mean[0] * s.mean[1]) / (s.sd[0] * s.sd[1]);
    cohort_free(cohort);
    unload(&loaded);
    return s;
}

/* Five standard errors of a mean of 40,000 are 0.025 standard deviations. */
#define EXPECT_MEAN_SD(text, expected_mean, expected_sd)                                          \
    do {                                                                                          \
        summary_t s = summary_of(text);                                                           \
        cr_expect_float_eq(s.mean[0], expected_mean, 0.025 * (expected_sd), "mean %g", s.mean[0]); \
        cr_expect_float_eq(s.sd[0], expected_sd, 0.05 * (expected_sd), "sd %g", s.sd[0]);          \
    } while (0)

Test(spec_draws, distributions_have_their_mean_and_standard_deviation)
{
    EXPECT_MEAN_SD("people: {x: {distribution: {gamma: {mean: 5, sd: 2}}}}", 5, 2);
    EXPECT_MEAN_SD("people: {x: {distribution: {beta: [2, 3]}}}", 0.4, 0.2);
    EXPECT_MEAN_SD("people: {x: {distribution: {lognormal: {mean: 3, sd: 1}}}}", 3, 1);
    EXPECT_MEAN_SD("people: {x: {distribution: {triangular: [0, 1, 2]}}}", 1, sqrt(1.0 / 6));
    EXPECT_MEAN_SD("people: {x: {distribution: {gamma: {mean: 5 years, sd: 2 years}}}}", 5, 2);
    /* e^-x cut at 1: 1 - 1 / (e - 1) */
    EXPECT_MEAN_SD("people: {x: {distribution: {gamma: [1, 1]}, to: 1}}", 0.418023, 0.282);
}

Test(spec_draws, correlated_normals_have_their_correlation)
{
    summary_t s = summary_of("people: {x: {distribution: {normal: [10, 2]}}, y: {distribution: {normal: [-5, 3]}}, "
                             "correlated: [{of: [x, y], correlations: -0.6}]}");
    cr_expect_float_eq(s.mean[1], -5, 0.075);
    cr_expect_float_eq(s.sd[1], 3, 0.06);
    cr_expect_float_eq(s.correlation, -0.6, 0.016, "%g", s.correlation); /* five times (1 - 0.36) / 200 */
}

Test(spec_draws, the_first_of_correlated_numbers_keeps_its_luck)
{
    summary_t alone = summary_of("people: {x: {distribution: {normal: [10, 2]}}, y: {distribution: {normal: [-5, 3]}}}");
    summary_t together = summary_of("people: {x: {distribution: {normal: [10, 2]}}, y: {distribution: {normal: [-5, 3]}}, "
                                    "correlated: [{of: [x, y], correlations: -0.6}]}");
    cr_expect_float_eq(alone.mean[0], together.mean[0], 1e-6);
}

Test(spec_draws, expressions_are_worked_out_of_other_attributes_in_any_order)
{
    summary_t s = summary_of("people: {x: 2 * y + 1, y: {distribution: {uniform: [0, 1]}}}");
    cr_expect_float_eq(s.mean[0] + s.mean[1], 0.5 * 3 + 1, 0.03);
    cr_expect_float_eq(s.correlation, 1, 1e-9);
}

Test(spec_draws, mistakes_are_told)
{
    expect_mistake("people: {x: {distribution: {gamma: {sd: 2}}}}", "the distribution has no `mean`");
    expect_mistake("people: {x: {distribution: {gama: [1, 2]}}}", "did you mean `gamma`?");
    expect_mistake("people: {x: {distribution: {gamma: [1, 1]}, from: 5, to: 2}}", "nobody is left of `x`");
    expect_mistake("people: {x: 1 + y, y: 2 * x}", "depends on itself");
    expect_mistake("people: {x: 1 + sex, sex: {female: 0.5, male: rest}}", "write for example `sex = female`");
    expect_mistake("people: {x: 5, y: {distribution: {normal: [0, 1]}}, correlated: [{of: [x, y], correlations: 0.5}]}", "constant and correlated");
    expect_mistake("people: {y: {distribution: {normal: [0, 1]}}, correlated: [{of: [x, y], correlations: 0.5}]}", "there is no attribute `x`");
    expect_mistake("people: {x: {distribution: {normal: [0, 1]}}, y: {distribution: {normal: [0, 1]}}, correlated: [{of: [x, y], correlations: 1.5}]}",
                   "is not a correlation");
    expect_mistake("people: {x: {distribution: {normal: [0, 1]}}, y: {distribution: {normal: [0, 1]}}, z: {distribution: {normal: [0, 1]}}, "
                   "correlated: [{of: [x, y, z], correlations: [0.9, [0.9, -0.9]]}]}", "no numbers can be correlated like this");
    expect_mistake("people: {file: {table: nowhere.csv}}", "`file` needs a `table`, and `columns`");
    expect_mistake("people: {file: {table: nowhere.csv, columns: {age: years}}}", "nowhere.csv");
}
