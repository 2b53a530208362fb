/* Draws of parameters: reproducible, independent of each other, spread as the design promises, correlated as asked. */
#include <math.h>

#include "unit/compiler_fixture.h"
#include "unit/spec_fixture.h"

enum { DRAWS = 400 };

#define HEAD "popgx: 1\nhorizon: 1 year\ncurrency: USD\nstrategies: {usual: {}}\n"

typedef struct {
    diagnostics_t *diag;
    spec_t *spec;
    model_t base;
    spec_report_t report;
    draws_t draws;
} drawn_t;

static drawn_t open_model(const char *parameters, draw_design_t design)
{
    static const char *names[16];
    drawn_t d = {.diag = diag_new()};
    char text[4096];
    int n = snprintf(text, sizeof text, HEAD "%s", parameters);

    popgx_err_t err = spec_open_text("m.yaml", text, (size_t)n, NULL, 0, d.diag, &d.spec, &d.base, &d.report);
    cr_assert_eq(err, POPGX_OK, "%s", diag_text(d.diag, 0));
    for (size_t i = 0; i < d.report.n_uncertain; i++) names[i] = d.report.uncertain[i].name;
    cr_assert_eq(draws_init(&d.draws, 1, DRAWS, design, names, d.report.n_uncertain), POPGX_OK);
    return d;
}

static void close_model(drawn_t *d)
{
    draws_release(&d->draws);
    model_release(&d->base);
    spec_report_release(&d->report);
    spec_close(d->spec);
    diag_free(d->diag);
}

/* numbers [DRAWS][n_uncertain] */
static double *draw_all(drawn_t *d)
{
    double *numbers = calloc(DRAWS * d->report.n_uncertain, sizeof *numbers);

    for (uint64_t k = 1; k <= DRAWS; k++) {
        model_t model;
        popgx_err_t err = spec_compile_draw(d->spec, &d->draws, k, d->diag, &model, numbers + (k - 1) * d->report.n_uncertain);
        cr_assert_eq(err, POPGX_OK, "%s", diag_text(d->diag, 0));
        model_release(&model);
    }
    return numbers;
}

/* Mean of column i, or of the product of columns i and j. */
static double mean_of(const double *numbers, size_t n, int i, int j)
{
    double sum = 0;
    for (size_t d = 0; d < DRAWS; d++) sum += numbers[d * n + (size_t)i] * (j < 0 ? 1 : numbers[d * n + (size_t)j]);
    return sum / DRAWS;
}

static double correlation(const double *x, size_t n, int i, int j)
{
    double mi = mean_of(x, n, i, -1), mj = mean_of(x, n, j, -1);
    return (mean_of(x, n, i, j) - mi * mj) / sqrt((mean_of(x, n, i, i) - mi * mi) * (mean_of(x, n, j, j) - mj * mj));
}

#define AB "parameters:\n  a: {value: 0.2, distribution: {beta: [20, 80]}}\n  b: {value: 10 USD, distribution: {gamma: {mean: 10, sd: 2}}}\n"

Test(draws, a_draw_depends_on_seed_draw_and_name_alone)
{
    drawn_t alone = open_model("parameters: {b: {value: 10 USD, distribution: {gamma: {mean: 10, sd: 2}}}}\n", DESIGN_RANDOM), both = open_model(AB, DESIGN_RANDOM);
    double *x = draw_all(&alone), *y = draw_all(&both);

    for (int d = 0; d < DRAWS; d++) cr_assert_eq(x[d], y[2 * d + 1]);
    cr_expect_neq(x[0], x[1]);
    free(x);
    free(y);
    close_model(&alone);
    close_model(&both);
}

Test(draws, stratified_designs_fill_every_stratum_once)
{
    for (draw_design_t design = DESIGN_LATIN; design <= DESIGN_SOBOL; design++) {
        drawn_t d = open_model("parameters:\n  a: {value: 0.5, distribution: {uniform: [0, 1]}}\n  b: {value: 0.5, distribution: {uniform: [0, 1]}}\n", design);
        double *x = draw_all(&d);
        for (int p = 0; p < 2; p++) {
            int count[16] = {0};
            for (int k = 0; k < DRAWS; k++) count[(int)(x[2 * k + p] * 16)]++;
            for (int s = 0; s < 16; s++) cr_expect(abs(count[s] - DRAWS / 16) <= 2, "design %d: %d draws in stratum %d", (int)design, count[s], s);
        }
        cr_expect(fabs(correlation(x, 2, 0, 1)) < 0.15);
        free(x);
        close_model(&d);
    }
}

Test(draws, a_draw_changes_what_is_reckoned_from_it)
{
    drawn_t d = open_model("thresholds: [2 * k]\ndiscount: {annual: r}\nparameters:\n  k: {value: 100, distribution: {uniform: [100, 200]}}\n  r: {value: 3 %, distribution: {uniform: [0.01, 0.05]}}\n",
                           DESIGN_RANDOM);
    double numbers[2];
    model_t model;

    cr_assert_eq(d.base.reals[d.base.settings.thresholds.first], 200);
    cr_assert_eq(spec_compile_draw(d.spec, &d.draws, 7, d.diag, &model, numbers), POPGX_OK);
    cr_expect_eq(model.reals[model.settings.thresholds.first], 2 * numbers[0]);
    cr_expect(numbers[0] > 100 && numbers[0] < 200 && numbers[0] != 100);
    cr_expect_float_eq(model.outcomes[model.settings.cost].flow_discount * 525960, log1p(numbers[1]), 1e-12);
    model_release(&model);
    close_model(&d);
}

Test(draws, numbers_are_in_the_unit_of_the_value)
{
    drawn_t d = open_model("parameters:\n  a: {value: 0.25 USD per day, distribution: {gamma: {mean: 0.25, sd: 0.05}}}\n"
                           "  b: {value: 40 years, distribution: {normal: [40 years, 104 weeks]}}\n"
                           "  p: {probability: 0.25, over: 1 year, distribution: {beta: [25, 75]}}\n"
                           "  c: {value: 100, unit: USD, range: [80, 120], distribution: normal}\n", DESIGN_LATIN);
    double *x = draw_all(&d);

    cr_expect_float_eq(mean_of(x, 4, 0, -1), 0.25, 0.001);
    cr_expect_float_eq(mean_of(x, 4, 1, -1), 40, 0.01);
    cr_expect_float_eq(mean_of(x, 4, 2, -1), 0.25, 0.001);
    cr_expect_float_eq(mean_of(x, 4, 3, -1), 100, 0.05);
    cr_expect_str_eq(d.report.uncertain[0].unit, "USD per day");
    free(x);
    close_model(&d);
}

Test(draws, shares_of_a_dirichlet_sum_to_1)
{
    drawn_t d = open_model("parameters:\n  joint: [{of: [a, b, c], dirichlet: [20, 30, 50]}]\n  a: 0.2\n  b: 0.3\n  c: 0.5\n", DESIGN_LATIN);
    double *x = draw_all(&d);

    for (int k = 0; k < DRAWS; k++) cr_assert_float_eq(x[3 * k] + x[3 * k + 1] + x[3 * k + 2], 1, 1e-12);
    cr_expect_float_eq(mean_of(x, 3, 0, -1), 0.2, 0.005);
    cr_expect_float_eq(correlation(x, 3, 0, 1), -sqrt(0.2 * 0.3 / (0.8 * 0.7)), 0.12);
    free(x);
    close_model(&d);
}

Test(draws, covariances_and_correlations_are_kept)
{
    drawn_t d = open_model("parameters:\n  joint:\n    - {of: [a, b], normal: {covariance: [[4, 3], [3, 9]]}}\n    - {of: [c, e], correlations: -0.8}\n"
                           "  a: 10\n  b: 20\n  c: {value: 0.5, distribution: {uniform: [0, 1]}}\n  e: {value: 2, distribution: {gamma: [4, 0.5]}}\n", DESIGN_LATIN);
    double *x = draw_all(&d);

    cr_expect_float_eq(mean_of(x, 4, 0, -1), 10, 0.05);
    cr_expect_float_eq(mean_of(x, 4, 1, -1), 20, 0.3);
    cr_expect_float_eq(correlation(x, 4, 0, 1), 0.5, 0.15);         /* 3 / (2 x 3); 0.15 is 4 standard errors of 400 draws */
    cr_expect_float_eq(correlation(x, 4, 2, 3), -0.78, 0.1);
    cr_expect(fabs(correlation(x, 4, 0, 2)) < 0.2);
    free(x);
    close_model(&d);
}

Test(draws, a_value_that_cannot_be_is_told_with_its_parameter)
{
    drawn_t d = open_model("parameters:\n  p: {probability: 0.5, over: 1 year, distribution: {uniform: [0.4, 1.9]}}\n", DESIGN_RANDOM);
    bool is_refused = false;

    for (uint64_t k = 1; k <= 20; k++) {
        model_t model;
        double number;
        if (spec_compile_draw(d.spec, &d.draws, k, d.diag, &model, &number) == POPGX_OK) {
            model_release(&model);
            continue;
        }
        is_refused = true;
    }
    cr_assert(is_refused);
    bool is_said = false;
    for (size_t i = 0; diag_text(d.diag, i); i++) is_said = is_said || strstr(diag_text(d.diag, i), "`p` would be a probability of 1.");
    cr_expect(is_said);
    close_model(&d);
}

Test(draws, mistakes_in_joint_distributions_are_told)
{
    expect_mistake("parameters: {joint: [{of: [a, b], dirichlet: [1, 2, 3]}], a: 1, b: 2}", "needs 2 numbers");
    expect_mistake("parameters: {joint: [{of: [a, bb], dirichlet: [1, 2]}], a: 1, b: 2}", "there is no parameter `bb`");
    expect_mistake("parameters: {joint: [{of: [a, b], correlations: 0.5}], a: 1, b: 2}", "no distribution to correlate");
    expect_mistake("parameters: {joint: [{of: [a, b], normal: {covariance: [[1, 2], [2, 1]]}}], a: 1, b: 2}", "positive semi-definite");
    expect_mistake("parameters: {joint: [{of: [a, b], normal: {covariance: [[1, 0.2], [0.3, 1]]}}], a: 1, b: 2}", "not symmetric");
    expect_mistake("parameters: {joint: [{of: [a, b]}], a: 1, b: 2}", "has no kind");
    expect_mistake("parameters: {a: {value: 1, distribution: {dirichlet: [1, 2]}}}", "of several parameters together");
    expect_mistake("parameters: {a: {value: 0.2 per year * 2, distribution: {lognormal: [1, 2]}}}", "nobody can tell the unit");
    expect_mistake("parameters: {a: {value: 1, distribution: {beta: [20, -1]}}}", "both numbers are above 0");
    expect_mistake("parameters: {a: {value: 1 USD, distribution: {normal: [1 year, 2]}}}", "`1 year` is a time");
}
