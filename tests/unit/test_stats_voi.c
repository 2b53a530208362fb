/* Values of information against closed forms, and against nested simulation. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "rng/keyed.h"
#include "spec/distribution.h"
#include "stats/voi.h"

enum { DRAWS = 4000 };

static double normal(uint64_t i, uint64_t purpose) { return normal_quantile(rng_uniform(rng_person_key(5, i), rng_mix(purpose), 0)); }

/* The same noise in every draw. */
static popgx_err_t init_voi(voi_t *voi, const double *seen, size_t n, const double *noise)
{
    double *all = malloc(DRAWS * (n - 1) * (n - 1) * sizeof *all);

    for (size_t d = 0; d < DRAWS; d++)
        for (size_t i = 0; i < (n - 1) * (n - 1); i++) all[d * (n - 1) * (n - 1) + i] = noise[i];
    popgx_err_t err = voi_init_from(voi, seen, all, DRAWS, (int32_t)n);
    free(all);
    return err;
}

/* E max(0, N(m, s)): unit normal loss integral. */
static double gain(double m, double s) { return m * normal_cdf(m / s) + s * exp(-m * m / s / s / 2) / sqrt(2 * M_PI); }

Test(voi, evpi_of_a_normal_net_benefit_is_the_loss_integral_whatever_the_noise)
{
    const double noises[] = {0, 50, 100};

    for (size_t k = 0; k < 3; k++) {
        double *seen = calloc(DRAWS * 2, sizeof *seen), share[2];
        voi_t voi;
        for (uint64_t d = 0; d < DRAWS; d++) seen[2 * d + 1] = 20 + 100 * normal(d, 1) + noises[k] * normal(d, 2);
        cr_assert_eq(init_voi(&voi, seen, 2, &(double){noises[k] * noises[k]}), POPGX_OK);
        voi_summary_t s = voi_summary(&voi, share);
        const double expected = gain(20, 100) - 20;
        cr_expect_eq(s.best, 1);
        cr_expect(fabs(s.evpi - expected) < 4 * s.se, "%g (%g), not %g", s.evpi, s.se, expected);
        cr_expect(s.se < 0.03 * 100 && s.se > 0.5);
        cr_expect_float_eq(share[1], normal_cdf(0.2), 0.03);
        cr_expect_float_eq(share[0] + share[1], 1, 1e-9);
        if (noises[k] == 100) cr_expect(s.raw > expected + 10, "noise raises it: %g", s.raw);
        voi_release(&voi);
        free(seen);
    }
}

/* Where strategies are all but equal, people's luck may be, too: noise that is the same everywhere would be too much to take off. */
Test(voi, noise_that_differs_between_draws_is_taken_out_where_it_is)
{
    double *seen = calloc(DRAWS * 2, sizeof *seen), *noise = calloc(DRAWS, sizeof *noise);
    voi_t clean, noisy;

    for (uint64_t d = 0; d < DRAWS; d++) seen[2 * d + 1] = 20 + 100 * normal(d, 1);
    cr_assert_eq(voi_init_from(&clean, seen, noise, DRAWS, 2), POPGX_OK);
    for (uint64_t d = 0; d < DRAWS; d++) {
        double sd = 0.6 * fabs(seen[2 * d + 1]);
        noise[d] = sd * sd;
        seen[2 * d + 1] += sd * normal(d, 2);
    }
    cr_assert_eq(voi_init_from(&noisy, seen, noise, DRAWS, 2), POPGX_OK);
    voi_summary_t a = voi_summary(&clean, NULL), b = voi_summary(&noisy, NULL);
    cr_expect(fabs(a.evpi - b.evpi) < 2 * b.se, "%g and %g (%g)", a.evpi, b.evpi, b.se);
    voi_release(&clean);
    voi_release(&noisy);
    free(seen);
    free(noise);
}

Test(voi, three_strategies_keep_their_covariance)
{
    double *seen = calloc(DRAWS * 3, sizeof *seen);
    voi_t noisy, clean;

    for (uint64_t d = 0; d < DRAWS; d++) {
        double common = 80 * normal(d, 1);
        seen[3 * d + 1] = 10 + common + 40 * normal(d, 2);
        seen[3 * d + 2] = 5 + common + 60 * normal(d, 3);
    }
    cr_assert_eq(init_voi(&clean, seen, 3, (double[4]){0}), POPGX_OK);
    for (uint64_t d = 0; d < DRAWS; d++) {
        double shared = 50 * normal(d, 4);
        seen[3 * d + 1] += shared + 30 * normal(d, 5);
        seen[3 * d + 2] += shared + 30 * normal(d, 6);
    }
    cr_assert_eq(init_voi(&noisy, seen, 3, (double[]){3400, 2500, 2500, 3400}), POPGX_OK);
    voi_summary_t a = voi_summary(&clean, NULL), b = voi_summary(&noisy, NULL);
    cr_expect(fabs(a.evpi - b.evpi) < 3 * hypot(a.se, b.se), "%g and %g", a.evpi, b.evpi);
    cr_expect_float_eq(a.evpi, a.raw, 1e-9, "without noise nothing changes: %g, %g", a.evpi, a.raw);
    voi_release(&clean);
    voi_release(&noisy);
    free(seen);
}

/* Net benefit of three strategies that depends on two parameters, not linearly. Strategy 0 has 0. */
static void net_benefit(double u, double v, double *nb)
{
    nb[0] = 0;
    nb[1] = 60 * (exp(0.5 * u) - 1.1) + 40 * v;
    nb[2] = 50 * u * v + 30 * u - 10;
}

/* Mean over u of the best strategy given u, its net benefits averaged over many v; less the best overall. */
static double nested(int which)
{
    enum { OUTER = 1500, INNER = 600 };
    double mean[3] = {0}, sum = 0;

    for (uint64_t i = 0; i < OUTER; i++) {
        double given[3] = {0}, nb[3], known = normal_quantile(((double)i + 0.5) / OUTER);
        for (uint64_t j = 0; j < INNER; j++) {
            double other = normal_quantile(((double)j + 0.5) / INNER);
            net_benefit(which == 0 ? known : other, which == 0 ? other : known, nb);
            for (int s = 0; s < 3; s++) given[s] += nb[s] / INNER;
        }
        for (int s = 0; s < 3; s++) mean[s] += given[s] / OUTER;
        sum += fmax(fmax(given[0], given[1]), given[2]) / OUTER;
    }
    return sum - fmax(fmax(mean[0], mean[1]), mean[2]);
}

Test(voi, evppi_by_regression_agrees_with_nested_simulation)
{
    double *seen = calloc(DRAWS * 3, sizeof *seen), *parameters = calloc(DRAWS * 3, sizeof *parameters);
    const size_t groups[][3] = {{0}, {1}, {2}, {0, 1}};
    voi_t voi;
    evppi_t evppi[4];

    for (uint64_t d = 0; d < DRAWS; d++) {
        for (uint64_t k = 0; k < 3; k++) parameters[3 * d + k] = normal(d, 10 + k);
        net_benefit(parameters[3 * d], parameters[3 * d + 1], seen + 3 * d);
        for (int s = 1; s < 3; s++) seen[3 * d + (uint64_t)s] += 30 * normal(d, 20 + (uint64_t)s);     /* of the people within a draw */
    }
    cr_assert_eq(init_voi(&voi, seen, 3, (double[]){900, 0, 0, 900}), POPGX_OK);
    for (int g = 0; g < 4; g++) cr_assert_eq(voi_evppi(&voi, NULL, parameters, 3, groups[g], g == 3 ? 2 : 1, &evppi[g]), POPGX_OK);
    for (int g = 0; g < 2; g++)
        cr_expect(fabs(evppi[g].value - nested(g)) < 4 * evppi[g].se, "parameter %d: %g (%g), nested %g", g, evppi[g].value, evppi[g].se, nested(g));
    cr_expect(evppi[2].value < 2, "a parameter that does not matter is worth nothing: %g (%g)", evppi[2].value, evppi[2].se);
    voi_summary_t all = voi_summary(&voi, NULL);
    cr_expect(fabs(evppi[3].value - all.evpi) < 4 * hypot(all.se, evppi[3].se), "all that matters: %g, %g", evppi[3].value, all.evpi);
    voi_release(&voi);
    free(seen);
    free(parameters);
}

Test(voi, too_few_draws_are_refused)
{
    double seen[20] = {0}, parameters[20] = {0};
    const size_t which[] = {0, 1};
    voi_t voi;
    evppi_t evppi;

    cr_assert_eq(voi_init_from(&voi, seen, (double[10]){0}, 10, 2), POPGX_OK);
    cr_expect_eq(voi_evppi(&voi, NULL, parameters, 2, which, 2, &evppi), POPGX_E_INPUT);
    voi_release(&voi);
}
