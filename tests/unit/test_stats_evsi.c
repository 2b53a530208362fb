/* Expected values of sample information against closed forms. */
#include <criterion/criterion.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdlib.h>

#include "rng/keyed.h"
#include "spec/distribution.h"
#include "stats/evsi.h"

enum { DRAWS = 2000, PARAMETERS = 3 };

static double u[DRAWS * PARAMETERS], x[DRAWS * PARAMETERS], seen[DRAWS * 2], none[DRAWS];

/* x0 normal (mean 0.5, SD 1), x1 beta(4, 16), x2 gamma with shape 9 and mean 3; net benefit a + b0 x0 + b1 x1 + b2 x2, and people's noise. */
static void draw(double a, const double b[PARAMETERS], double noise)
{
    for (uint64_t d = 0; d < DRAWS; d++) {
        double *of = x + d * PARAMETERS, *number = u + d * PARAMETERS;
        for (uint64_t k = 0; k < PARAMETERS; k++) number[k] = rng_uniform(rng_person_key(rng_run_key(3, 1), d), rng_mix(k), 0);
        of[0] = 0.5 + normal_quantile(number[0]);
        of[1] = gsl_cdf_beta_Pinv(number[1], 4, 16);
        of[2] = gsl_cdf_gamma_Pinv(number[2], 9, 1.0 / 3);
        seen[2 * d + 1] = a + noise * normal_quantile(rng_uniform(rng_person_key(rng_run_key(3, 2), d), 1, 0));
        for (int k = 0; k < PARAMETERS; k++) seen[2 * d + 1] += b[k] * of[k];
    }
}

static evsi_t find(const study_measure_t *measures, size_t n_measures, const size_t *which, size_t n_which, double n_persons)
{
    controls_t controls;
    conditional_t given;
    evsi_t evsi;
    voi_t voi;
    double y[DRAWS];

    for (int d = 0; d < DRAWS; d++) y[d] = seen[2 * d + 1];
    cr_assert_eq(controls_make(x, u, DRAWS, PARAMETERS, y, 1, &controls), POPGX_OK);
    cr_assert_eq(voi_init_from(&voi, seen, none, DRAWS, 2), POPGX_OK);
    cr_assert_eq(conditional_fit(&voi, &controls, x, PARAMETERS, which, n_which, &given), POPGX_OK);
    cr_assert_eq(evsi_find(&given, x, PARAMETERS, measures, n_measures, n_persons, &evsi), POPGX_OK);
    conditional_release(&given);
    voi_release(&voi);
    controls_release(&controls);
    return evsi;
}

static void expect_near(evsi_t evsi, double truth, const char *what, double n)
{
    cr_expect(fabs(evsi.value - truth) < 4 * evsi.se && evsi.se < 0.06 * truth + 0.3, "%s, %g persons: %g (%g), not %g", what, n, evsi.value, evsi.se, truth);
}

/* The mean after n values with SD 4 is normal about the mean before, with variance 1 n / (n + 16). */
Test(evsi, normal_data_on_a_normal_mean)
{
    const study_measure_t measure = {.kind = STUDY_NORMAL, .factors = {0}, .n_factors = 1, .sd = 4};

    draw(-20, (double[]){100, 0, 0}, 50);
    for (double n = 4; n <= 4096; n *= 32) {
        const double m = 30, s = 100 * sqrt(n / (n + 16));
        expect_near(find(&measure, 1, (size_t[]){0}, 1, n), m * normal_cdf(m / s) + s * exp(-m * m / s / s / 2) / sqrt(2 * M_PI) - m, "normal", n);
    }
}

/* After k events of n the mean is (4 + k) / (20 + n); k is beta-binomial. */
Test(evsi, counts_on_a_beta_probability)
{
    const study_measure_t measure = {.kind = STUDY_BINOMIAL, .factors = {1}, .n_factors = 1};

    draw(-125, (double[]){40, 400, 10}, 50);        /* 5 + 400 (p - 0.2) given p */
    for (int n = 10; n <= 1000; n *= 10) {
        double truth = 0;
        for (int k = 0; k <= n; k++) {
            double weight = exp(gsl_sf_lnchoose((unsigned)n, (unsigned)k) + gsl_sf_lnbeta(4 + k, 16 + n - k) - gsl_sf_lnbeta(4, 16));
            truth += weight * fmax(5 + 400 * ((4.0 + k) / (20 + n) - 0.2), 0);
        }
        expect_near(find(&measure, 1, (size_t[]){1}, 1, n), truth - 5, "binomial", n);
    }
}

/* After k events in time n the mean is (9 + k) / (3 + n); k is negative binomial. */
Test(evsi, counts_on_a_gamma_rate)
{
    const study_measure_t measure = {.kind = STUDY_POISSON, .factors = {2}, .n_factors = 1};
    const double n = 6;
    double truth = 0;

    draw(90, (double[]){0, 0, -32}, 30);             /* -6 - 32 (rate - 3) */
    for (unsigned k = 0; k < 200; k++) truth += gsl_ran_negative_binomial_pdf(k, 3 / (3 + n), 9) * fmax(90 - 32 * (9.0 + k) / (3 + n), 0);
    expect_near(find(&measure, 1, (size_t[]){2}, 1, n), truth, "Poisson", n);
}

/* Both at once: the sum of independent preposterior means. Normal, and beta-binomial weights. */
Test(evsi, a_study_may_measure_several_things)
{
    const study_measure_t measures[] = {{.kind = STUDY_NORMAL, .factors = {0}, .n_factors = 1, .sd = 4}, {.kind = STUDY_BINOMIAL, .factors = {1}, .n_factors = 1}};
    const int n = 40;
    double truth = 0;

    draw(-100, (double[]){40, 400, 0}, 40);         /* given both: 40 (x0 - 0.5) + 400 (p - 0.2) */
    for (int k = 0; k <= n; k++) {
        double weight = exp(gsl_sf_lnchoose((unsigned)n, (unsigned)k) + gsl_sf_lnbeta(4 + k, 16 + n - k) - gsl_sf_lnbeta(4, 16));
        double m = 400 * ((4.0 + k) / (20 + n) - 0.2), s = 40 * sqrt(n / (n + 16.0));
        truth += weight * (m * normal_cdf(m / s) + s * exp(-m * m / s / s / 2) / sqrt(2 * M_PI));
    }
    expect_near(find(measures, 2, (size_t[]){0, 1}, 2, n), truth, "both", n);
}

/* So many persons that all is known: the expected value of perfect information, also where no law is known and draws count as they are. */
Test(evsi, a_very_large_study_tells_all)
{
    const study_measure_t measure = {.kind = STUDY_NORMAL, .factors = {0}, .n_factors = 1, .sd = 4};
    const size_t which = 0;
    voi_t voi;
    conditional_t given;
    evsi_t evsi;
    evppi_t evppi;

    draw(-20, (double[]){100, 0, 0}, 50);
    cr_assert_eq(voi_init_from(&voi, seen, none, DRAWS, 2), POPGX_OK);
    cr_assert_eq(conditional_fit(&voi, NULL, x, PARAMETERS, &which, 1, &given), POPGX_OK);
    cr_assert_eq(evsi_find(&given, x, PARAMETERS, &measure, 1, 1e9, &evsi), POPGX_OK);
    cr_assert_eq(voi_evppi(&voi, NULL, x, PARAMETERS, &which, 1, &evppi), POPGX_OK);
    cr_expect_float_eq(evsi.value, evppi.value, 0.05, "%g, known %g", evsi.value, evppi.value);
    conditional_release(&given);
    voi_release(&voi);
}

Test(evsi, what_cannot_be_a_probability_is_refused)
{
    const study_measure_t measure = {.kind = STUDY_BINOMIAL, .factors = {2}, .n_factors = 1};
    voi_t voi;
    conditional_t given;
    evsi_t evsi;
    const size_t which = 2;

    draw(0, (double[]){0, 0, 1}, 0);
    cr_assert_eq(voi_init_from(&voi, seen, none, DRAWS, 2), POPGX_OK);
    cr_assert_eq(conditional_fit(&voi, NULL, x, PARAMETERS, &which, 1, &given), POPGX_OK);
    cr_expect_eq(evsi_find(&given, x, PARAMETERS, &measure, 1, 10, &evsi), POPGX_E_INPUT);
    conditional_release(&given);
    voi_release(&voi);
}
