/* Control variates: what is taken off changes no expectation, and the errors that are left are honest. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "rng/keyed.h"
#include "spec/distribution.h"
#include "stats/voi.h"

enum { DRAWS = 500, PARAMETERS = 3, REPLICATIONS = 80 };

typedef struct {
    double u[DRAWS * PARAMETERS], x[DRAWS * PARAMETERS], y[DRAWS * 2];
} sample_t;

static double uniform(uint64_t replication, uint64_t draw, uint64_t k) { return rng_uniform(rng_person_key(rng_run_key(11, replication), draw), rng_mix(k), 0); }

/* x0 standard normal, x1 uniform on (0, 2), x2 lognormal with mean 1; `noise` is the SD of what people add. */
static void draw(uint64_t replication, double noise, sample_t *s)
{
    for (uint64_t d = 0; d < DRAWS; d++) {
        double *u = s->u + d * PARAMETERS, *x = s->x + d * PARAMETERS;
        for (uint64_t k = 0; k < PARAMETERS; k++) u[k] = uniform(replication, d, k);
        x[0] = normal_quantile(u[0]);
        x[1] = 2 * u[1];
        x[2] = exp(0.4 * normal_quantile(u[2]) - 0.08);
        s->y[2 * d] = 0;
        s->y[2 * d + 1] = 15 + 60 * x[0] + 80 * (x[1] * x[2] - 1) + 20 * x[0] * x[2] + noise * normal_quantile(uniform(replication, d, 9));
    }
}

static void make(const sample_t *s, controls_t *controls)
{
    double y[DRAWS];

    for (int d = 0; d < DRAWS; d++) y[d] = s->y[2 * d + 1];
    cr_assert_eq(controls_make(s->x, s->u, DRAWS, PARAMETERS, y, 1, controls), POPGX_OK);
}

/* The mean is 15 since x1 and x2 are independent with mean 1, and x0 has mean 0. */
Test(controls, means_are_right_to_within_two_standard_errors_19_times_of_20_and_three_times_as_exact)
{
    static sample_t s;
    int n_within = 0;
    double plain = 0, even = 0;

    for (uint64_t r = 0; r < REPLICATIONS; r++) {
        controls_t controls;
        double out[DRAWS], y[DRAWS], mean = 0, square = 0, before = 0, before_square = 0;
        draw(r, 25, &s);
        make(&s, &controls);
        for (int d = 0; d < DRAWS; d++) y[d] = s.y[2 * d + 1];
        cr_assert_eq(controls_take_off(&controls, y, 1, NULL, 0, out), POPGX_OK);
        for (int d = 0; d < DRAWS; d++) {
            mean += out[d] / DRAWS;
            before += y[d] / DRAWS;
        }
        for (int d = 0; d < DRAWS; d++) {
            square += (out[d] - mean) * (out[d] - mean) / (DRAWS - 1) / DRAWS;
            before_square += (y[d] - before) * (y[d] - before) / (DRAWS - 1) / DRAWS;
        }
        n_within += fabs(mean - 15) < 2 * sqrt(square);
        plain += before_square / REPLICATIONS;
        even += square / REPLICATIONS;
        controls_release(&controls);
    }
    cr_expect(n_within >= 70, "%d of %d", n_within, REPLICATIONS);       /* binomial with 95.4 %: fewer 3 times in 1000 */
    cr_expect(even < plain / 9, "variance %g, without controls %g", even, plain);
}

/* E max(0, N(m, s)) - max(0, m) */
static double value(double m, double s) { return m * normal_cdf(m / s) + s * exp(-m * m / s / s / 2) / sqrt(2 * M_PI) - fmax(m, 0); }

/* Given x0 the benefit is 15 + 80 x0; given x1 it is 15 + 80 (x1 - 1), uniform from -65 to 95. */
Test(controls, values_of_information_are_within_two_standard_errors_19_times_of_20)
{
    static sample_t s;
    const double truth[] = {value(15, 80), 65.0 * 65 / 2 / 160};
    int n_within[2] = {0};

    for (uint64_t r = 0; r < REPLICATIONS; r++) {
        static double none[DRAWS];
        controls_t controls;
        voi_t voi;
        draw(r, 25, &s);
        make(&s, &controls);
        cr_assert_eq(voi_init_from(&voi, s.y, none, DRAWS, 2), POPGX_OK);
        for (size_t k = 0; k < 2; k++) {
            evppi_t evppi;
            cr_assert_eq(voi_evppi(&voi, &controls, s.x, PARAMETERS, &k, 1, &evppi), POPGX_OK);
            n_within[k] += fabs(evppi.value - truth[k]) < 2 * evppi.se;
        }
        voi_release(&voi);
        controls_release(&controls);
    }
    for (int k = 0; k < 2; k++) cr_expect(n_within[k] >= 70, "parameter %d: %d of %d", k, n_within[k], REPLICATIONS);
}

/* Noise of people is 0, so the only error is of the function that is taken off, and of the draws beyond it. */
Test(controls, evpi_is_within_four_standard_errors_and_twice_as_exact)
{
    static sample_t s;
    static double none[DRAWS];
    controls_t controls;
    voi_t voi;
    double truth = 0, mean = 0;

    for (uint64_t d = 0; d < 400; d++) {
        draw(1000 + d, 0, &s);
        for (int i = 0; i < DRAWS; i++) {
            truth += fmax(s.y[2 * i + 1], 0) / DRAWS / 400;
            mean += s.y[2 * i + 1] / DRAWS / 400;
        }
    }
    draw(1, 0, &s);
    make(&s, &controls);
    cr_assert_eq(voi_init_from(&voi, s.y, none, DRAWS, 2), POPGX_OK);
    voi_summary_t plain = voi_summary(&voi, NULL);
    cr_assert_eq(voi_control(&voi, &controls), POPGX_OK);
    voi_summary_t even = voi_summary(&voi, NULL);
    cr_expect(fabs(even.evpi - (truth - mean)) < 4 * even.se, "%g (%g), by enumeration %g", even.evpi, even.se, truth - mean);
    cr_expect(even.se < plain.se / 2, "%g, without controls %g", even.se, plain.se);
    voi_release(&voi);
    controls_release(&controls);
}

/* What x0 explains must stay if x0 is what somebody learns; what is left given x0 has the mean it had. */
Test(controls, what_the_parameters_of_interest_explain_is_not_taken_off)
{
    static sample_t s;
    controls_t controls;
    double y[DRAWS], out[DRAWS], slope = 0;
    const size_t which = 0;

    draw(3, 0, &s);
    make(&s, &controls);
    for (int d = 0; d < DRAWS; d++) y[d] = s.y[2 * d + 1];
    cr_assert_eq(controls_take_off(&controls, y, 1, &which, 1, out), POPGX_OK);
    for (int d = 0; d < DRAWS; d++) slope += (out[d] - 15) * s.x[d * PARAMETERS] / DRAWS;
    cr_expect_float_eq(slope, 80, 8, "%g", slope);              /* E (15 + 80 x0 - 15) x0 = 80, x0 from a sample */
    controls_release(&controls);
}

Test(controls, a_parameter_that_is_made_of_several_numbers_has_no_law_of_its_own)
{
    static sample_t s;
    controls_t controls;
    double y[DRAWS], out[DRAWS];
    const size_t second = 1;

    draw(4, 0, &s);
    for (int d = 0; d < DRAWS; d++) s.x[d * PARAMETERS + 1] += s.x[d * PARAMETERS];
    make(&s, &controls);
    cr_expect(controls.is_own[0] && !controls.is_own[1] && controls.is_own[2]);
    for (int d = 0; d < DRAWS; d++) y[d] = s.y[2 * d + 1];
    cr_assert_eq(controls_take_off(&controls, y, 1, &second, 1, out), POPGX_OK);
    for (int d = 0; d < DRAWS; d++) cr_assert_eq(out[d], y[d], "nothing is taken off");
    controls_release(&controls);
}

Test(controls, few_draws_have_none)
{
    static sample_t s;
    controls_t controls;
    double y[20], out[20];

    draw(5, 0, &s);
    for (int d = 0; d < 20; d++) y[d] = s.y[2 * d + 1];
    cr_assert_eq(controls_make(s.x, s.u, 20, PARAMETERS, y, 1, &controls), POPGX_OK);
    cr_assert_eq(controls_take_off(&controls, y, 1, NULL, 0, out), POPGX_OK);
    for (int d = 0; d < 20; d++) cr_expect_eq(out[d], y[d]);
    controls_release(&controls);
}
