/* Laws of times: what they are, and that the curves made of them are as good as the formulas. */
#include <criterion/criterion.h>
#include <math.h>

#include "model/hazard.h"
#include "spec/law.h"

#define YEAR 525960.0

static arena_t *arena;
static model_t model;

static void open_arena(void) { arena = arena_new(); }
static void close_arena(void)
{
    arena_free(arena);
    model_release(&model);
}
TestSuite(laws, .init = open_arena, .fini = close_arena);

/* H of the curve is that of the law to 1e-9, and its inverse leads back to the minute, or to the same H where next to nothing happens. */
static void expect_good_curve(const law_t *law, const char *what)
{
    model_curve_t curve;
    double falls_at;

    cr_assert(law_curve(arena, law, &model, &curve, &falls_at), "%s falls at %g", what, falls_at);
    cr_assert_lt(curve.pieces, 600, "%s takes %d pieces", what, curve.pieces);
    for (double u = 1; u < 200 * YEAR; u = floor(u * 1.0137) + 1) {
        double h = law_cumulative(law, u), got = hazard_integral(&model, &curve, u);
        if (h > 9e4) break;
        cr_assert_float_eq(got, h, 1e-9 * h + 1e-14, "%s: H(%g) is %.15g, not %.15g", what, u, got, h);
        double back = hazard_solve(&model, &curve, got);
        bool is_same = fabs(back - u) < 0.02 + 1e-8 * u, is_as_likely = fabs(law_cumulative(law, back) - h) < 1e-9 * h + 1e-14;
        cr_assert(is_same || is_as_likely, "%s: H(%g) is reached at %.12g", what, u, back);
    }
}

static const law_t *law(law_kind_t kind, double a, double b, double c) { return law_new(arena, kind, a, b, c); }

static void expect_same_law(const law_t *a, const law_t *b, const char *what)
{
    for (double u = 10; u < 300 * YEAR; u *= 1.7) {
        double h = law_cumulative(a, u), other = law_cumulative(b, u);
        if (h < 600) cr_assert_float_eq(h, other, 1e-11 * h + 1e-16, "%s: %.15g and %.15g at %g", what, h, other, u);
        double density = law_hazard(a, u), other_density = law_hazard(b, u);
        if (h < 600) cr_assert_float_eq(density, other_density, 1e-10 * density + 1e-20, "hazards of %s: %.15g and %.15g at %g", what, density, other_density, u);
    }
}

Test(laws, a_gamma_of_whole_shape_is_a_sum_of_exponentials)
{
    const law_t *gamma = law(LAW_GAMMA, 2, 1 / YEAR, 0);
    for (double x = 0.001; x < 600; x *= 3) /* S = e^-x (1 + x) */
        cr_assert_float_eq(law_cumulative(gamma, x * YEAR), x < 1e-3 ? x * x / 2 : x - log1p(x), 2e-12 * x);
}

Test(laws, the_generalised_gamma_has_the_families_as_special_cases)
{
    double mu = log(10 * YEAR), sigma = 0.7;
    expect_same_law(law(LAW_GENGAMMA, mu, sigma, 1), law(LAW_WEIBULL, 1 / sigma, exp(mu), 0), "Q 1 and Weibull");
    expect_same_law(law(LAW_GENGAMMA, mu, sigma, sigma), law(LAW_GAMMA, 1 / (sigma * sigma), exp(-mu) / (sigma * sigma), 0), "Q sigma and gamma");
    expect_same_law(law(LAW_GENGAMMA, mu, sigma, 0), law(LAW_LOGNORMAL, mu, sigma, 0), "Q 0 and log-normal");
    expect_same_law(law(LAW_GENGAMMA_ORIGINAL, 1.3, 9 * YEAR, 1), law(LAW_WEIBULL, 1.3, 9 * YEAR, 0), "k 1 and Weibull");
    double b = 1.3, a = 9 * YEAR, k = 2.2; /* flexsurv: mu = ln a + ln(k) / b, sigma = 1 / (b sqrt k), Q = 1 / sqrt k */
    expect_same_law(law(LAW_GENGAMMA_ORIGINAL, b, a, k), law(LAW_GENGAMMA, log(a) + log(k) / b, 1 / (b * sqrt(k)), 1 / sqrt(k)), "both forms");
}

/* Q = -1: the reciprocal of a Weibull time, S = 1 - exp(-e^(-w)). */
Test(laws, a_negative_q_has_a_heavy_tail)
{
    const law_t *frechet = law(LAW_GENGAMMA, log(5 * YEAR), 0.8, -1);
    for (double u = 0.3 * YEAR; u < 1e6 * YEAR; u *= 2) {
        double w = (log(u) - log(5 * YEAR)) / 0.8, x = exp(-w), expected = x > 1 ? -log1p(-exp(-x)) : -log(-expm1(-x));
        cr_assert_float_eq(law_cumulative(frechet, u), expected, 1e-11 * expected);
    }
}

Test(laws, a_spline_without_inner_knots_is_a_family)
{
    static const double gamma[] = {-2.1, 1.4}, knots[] = {-1, 3};
    double scale = exp(2.1 / 1.4) * YEAR;
    expect_same_law(law_spline(arena, SPLINE_HAZARD, 2, gamma, knots, YEAR), law(LAW_WEIBULL, 1.4, scale, 0), "hazard spline");
    expect_same_law(law_spline(arena, SPLINE_ODDS, 2, gamma, knots, YEAR), law(LAW_LOGLOGISTIC, 1.4, scale, 0), "odds spline");
    expect_same_law(law_spline(arena, SPLINE_NORMAL, 2, gamma, knots, YEAR), law(LAW_LOGNORMAL, log(scale), 1 / 1.4, 0), "normal spline");
}

Test(laws, curves_are_as_good_as_formulas)
{
    static const double gamma[] = {-3, 1.2, 0.05, -0.03}, knots[] = {-2, 0.5, 1.5, 3.5};
    expect_good_curve(law(LAW_WEIBULL, 0.7, 8 * YEAR, 0), "Weibull");
    expect_good_curve(law(LAW_LOGLOGISTIC, 1.7, 8 * YEAR, 0), "log-logistic");
    expect_good_curve(law(LAW_LOGLOGISTIC, 6, YEAR, 0), "steep log-logistic");
    for (double sd = 0.1; sd < 4; sd *= 1.9) expect_good_curve(law(LAW_LOGNORMAL, log(3 * YEAR), sd, 0), "log-normal");
    for (double shape = 0.1; shape < 60; shape *= 2.3) expect_good_curve(law(LAW_GAMMA, shape, shape / (4 * YEAR), 0), "gamma");
    for (double q = -2; q < 2.5; q += 0.37) expect_good_curve(law(LAW_GENGAMMA, log(6 * YEAR), 0.9, q), "generalised gamma");
    expect_good_curve(law(LAW_GENGAMMA, log(6 * YEAR), 0.9, 0.05), "generalised gamma near the log-normal");
    expect_good_curve(law(LAW_GENGAMMA_ORIGINAL, 1.5, 6 * YEAR, 0.6), "original generalised gamma");
    for (int on = SPLINE_HAZARD; on <= SPLINE_NORMAL; on++)
        expect_good_curve(law_spline(arena, on, 4, gamma, knots, YEAR), "spline");
}

static const law_t *life(double at_birth)
{
    double starts[110], rates[110];
    for (int age = 0; age < 110; age++) {
        starts[age] = age * YEAR;
        rates[age] = (age ? 2e-4 : at_birth) * exp(0.085 * age) / YEAR;
    }
    return law_piecewise(arena, 110, starts, rates);
}

Test(laws, curves_of_made_up_laws_are_as_good)
{
    const law_t *weibull = law(LAW_WEIBULL, 1.4, 40 * YEAR, 0), *table = life(6e-3);
    expect_good_curve(law_cured(arena, weibull, 0.3), "cure");
    expect_good_curve(law_cured(arena, law(LAW_LOGNORMAL, log(YEAR), 1, 0), 0.2), "log-normal cure");
    expect_good_curve(law_of_two(arena, LAW_SUM, weibull, table), "sum");
    expect_good_curve(law_of_two(arena, LAW_GREATER, weibull, table), "the greater");
    expect_good_curve(law_of_two(arena, LAW_GREATER, law(LAW_LOGNORMAL, log(3 * YEAR), 1, 0), table), "the greater of a log-normal");
    expect_good_curve(law_of_two(arena, LAW_DIFFERENCE, table, weibull), "difference");
    expect_good_curve(law_waning(arena, weibull, 0.6, 2 * YEAR, 5 * YEAR), "waning");
    expect_good_curve(law_scaled(arena, law(LAW_GAMMA, 2, 1 / YEAR, 0), 1.7), "scaled");
    expect_good_curve(law_accelerated(arena, law_cured(arena, weibull, 0.3), 1.7), "accelerated");
}

Test(laws, what_is_constant_in_periods_stays_so)
{
    const law_t *a = law_piecewise(arena, 2, (double[]){0, 10}, (double[]){3, 1}), *b = law(LAW_EXPONENTIAL, 2, 0, 0);
    const law_t *sum = law_of_two(arena, LAW_SUM, a, b), *greater = law_of_two(arena, LAW_GREATER, a, b), *rest = law_of_two(arena, LAW_DIFFERENCE, a, b);
    cr_assert_eq(sum->kind, LAW_PIECEWISE);
    cr_assert_eq(law_cumulative(sum, 20), 50 + 30);
    cr_assert_eq(law_cumulative(greater, 20), 30 + 20);
    cr_assert_eq(law_cumulative(rest, 20), 10);
}

Test(laws, the_greater_of_two_hazards_is_followed_exactly)
{
    /* h = max(1, 2 (u / 100)) per 100 minutes: crosses at 50, H(100) = 0.5 + (1 - 0.25) */
    const law_t *greater = law_of_two(arena, LAW_GREATER, law(LAW_EXPONENTIAL, 0.01, 0, 0), law(LAW_WEIBULL, 2, 100, 0));
    cr_assert_float_eq(law_cumulative(greater, 100), 1.25, 1e-12);
    const law_t *less = law_of_two(arena, LAW_DIFFERENCE, law(LAW_EXPONENTIAL, 0.01, 0, 0), law(LAW_WEIBULL, 2, 100, 0));
    cr_assert_float_eq(law_cumulative(less, 1000), 0.25, 1e-12);
}

Test(laws, a_ratio_wanes_in_a_straight_line)
{
    /* rate 1, ratio 0.5 until 2, 1 from 4 on: 2 x 0.5 + 2 x 0.75 + 1 */
    const law_t *waning = law_waning(arena, law(LAW_EXPONENTIAL, 1, 0, 0), 0.5, 2, 4);
    cr_assert_float_eq(law_cumulative(waning, 5), 3.5, 1e-12);
}

Test(laws, medians_and_means_are_those_of_books)
{
    cr_assert_float_eq(law_median(law(LAW_EXPONENTIAL, 0.1, 0, 0)), 10 * M_LN2, 1e-10);
    cr_assert_float_eq(law_mean(law(LAW_EXPONENTIAL, 0.1, 0, 0)), 10, 1e-8);
    cr_assert_float_eq(law_mean(law(LAW_WEIBULL, 2, 100, 0)), 100 * tgamma(1.5), 1e-7);
    cr_assert_float_eq(law_mean(law(LAW_LOGNORMAL, 3, 1, 0)), exp(3.5), 1e-6);
    cr_assert_float_eq(law_mean(law(LAW_GAMMA, 2.5, 0.1, 0)), 25, 1e-7);
    cr_assert_float_eq(law_mean(law(LAW_LOGLOGISTIC, 3, 10, 0)), 10 * (M_PI / 3) / sin(M_PI / 3), 1e-5);
    cr_assert(isinf(law_mean(law(LAW_LOGLOGISTIC, 0.9, 10, 0))));
    cr_assert(isinf(law_median(law_cured(arena, law(LAW_EXPONENTIAL, 1, 0, 0), 0.6))));
}

Test(laws, a_spline_that_falls_is_no_law)
{
    static const double gamma[] = {-1, 0.5, 0.9}, knots[] = {-1, 1, 2};
    static const double wrong[] = {-1, -0.5};
    model_curve_t curve;
    double falls_at = 0;
    cr_assert_not(law_curve(arena, law_spline(arena, SPLINE_HAZARD, 2, wrong, knots, YEAR), &model, &curve, &falls_at));
    cr_assert_not(law_curve(arena, law_spline(arena, SPLINE_HAZARD, 3, gamma, knots, YEAR), &model, &curve, &falls_at));
    cr_assert_gt(falls_at, 0);
}

Test(laws, what_has_not_happened_at_the_latest_time_happens_then)
{
    model_curve_t curve;
    double falls_at;
    cr_assert(law_curve(arena, law_latest(arena, law(LAW_EXPONENTIAL, 1 / YEAR, 0, 0), 10 * YEAR), &model, &curve, &falls_at));
    cr_assert_float_eq(hazard_solve(&model, &curve, 9.9999), 9.9999 * YEAR, 1);
    cr_assert_float_eq(hazard_solve(&model, &curve, 10.5), 10 * YEAR, 0.51);
    cr_assert_float_eq(hazard_solve(&model, &curve, 9000), 10 * YEAR, 0.51);
}
