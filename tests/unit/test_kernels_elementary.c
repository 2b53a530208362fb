/*
 * The elementary functions against libm in long double, and the hazards: H and its inverse undo each other.
 * The limits are those that elementary.h promises, or measured here and stated.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "kernels/keyed.h"
#include "model/hazard.h"
#include "support/handmade.h"

static double random_in(uint64_t *state, double low, double high)
{
    return low + (high - low) * uniform_of(rng_mix((*state)++));
}

/* ---- log ---- */

static double log_error(double x) /* relative to the true value */
{
    long double exact = logl((long double)x);
    long double error = (long double)log_portable(x) - exact;
    return exact == 0 ? (double)fabsl(error) : (double)fabsl(error / exact);
}

#define CHECK_LOG(x, limit) cr_assert_lt(log_error(x), limit, "log of %a is off by %g of its value", (x), log_error(x))

Test(elementary, log_is_accurate_over_all_normal_numbers)
{
    uint64_t state = 1;
    for (int i = 0; i < 400000; i++) {
        double x = ldexp(random_in(&state, 1, 2), (int)random_in(&state, -1022, 1023));
        CHECK_LOG(x, 4e-14);
    }
}

Test(elementary, log_keeps_its_relative_accuracy_next_to_1)
{
    uint64_t state = 2;
    for (int i = 1; i < 2000; i++) { /* neighbours of 1, double by double */
        CHECK_LOG(1 + i * 0x1p-52, 4e-14);
        CHECK_LOG(1 - i * 0x1p-53, 4e-14);
    }
    for (int k = 1; k <= 53; k++)
        for (int i = 0; i < 500; i++) {
            double d = ldexp(random_in(&state, 0.5, 1), -k);
            CHECK_LOG(1 + d, 4e-14);
            CHECK_LOG(1 - d, 4e-14);
        }
    cr_assert_eq(log_portable(1.0), 0.0);
}

Test(elementary, log_has_no_seam_where_the_exponent_changes)
{
    for (int e = -60; e <= 60; e++) {
        double seam = ldexp(sqrt(0.5), e), power = ldexp(1, e);
        for (int i = -200; i <= 200; i++) {
            CHECK_LOG(seam * (1 + i * 0x1p-52), 4e-14);
            if (power * (1 + i * 0x1p-52) != 1) CHECK_LOG(power * (1 + i * 0x1p-52), 4e-14);
        }
    }
}

Test(elementary, thresholds_are_accurate_at_both_ends_of_the_uniform)
{
    double least_u = uniform_of(0), greatest_u = uniform_of(UINT64_MAX);
    cr_assert_eq(least_u, 0x1p-53);
    cr_assert_eq(greatest_u, 1 - 0x1p-53);
    /* -log(1 - 2^-53) = 2^-53 + 2^-107...: the rarest early events have thresholds this small, and not 0 */
    cr_assert_float_eq(-log_portable(greatest_u) / 0x1p-53, 1, 1e-14);
    cr_assert_float_eq(-log_portable(least_u), 53 * 0.69314718055994530942, 1e-13);
}

Test(elementary, log_never_falls)
{
    uint64_t state = 3;
    for (int i = 0; i < 200000; i++) { /* where the steps of log are larger than its error, order must hold */
        double x = ldexp(random_in(&state, 1, 2), (int)random_in(&state, -50, 50)), y = x * (1 + 1e-11);
        cr_assert_leq(log_portable(x), log_portable(y), "at %a", x);
    }
}

/* ---- near 0 ---- */

Test(elementary, log1p_and_expm1_keep_their_relative_accuracy_next_to_0)
{
    uint64_t state = 5;
    for (int k = -9; k <= 60; k++)
        for (int i = 0; i < 300; i++) {
            double x = ldexp(random_in(&state, 0.5, 1), -k), near = log1p_portable(x), far = expm1_portable(x);
            cr_assert_float_eq(near, log1p(x), 1e-13 * log1p(x), "log1p(%a)", x);
            cr_assert_float_eq(far, expm1(x), 1e-13 * expm1(x), "expm1(%a)", x);
        }
    cr_assert(log1p_portable(0) == 0 && expm1_portable(0) == 0);
}

/* ---- exp ---- */

static double exp_error(double x)
{
    long double exact = expl((long double)x);
    return (double)fabsl(((long double)exp_portable(x) - exact) / exact);
}

/* Half an ulp of the result is 1.1e-16; the reduction of a large argument adds its own rounding. */
#define CHECK_EXP(x, limit) cr_assert_lt(exp_error(x), limit, "exp of %a is off by %g of its value", (x), exp_error(x))

Test(elementary, exp_is_accurate_over_its_whole_range)
{
    uint64_t state = 4;
    for (int i = 0; i < 400000; i++) {
        CHECK_EXP(random_in(&state, -700, 700), 4e-16);
        CHECK_EXP(random_in(&state, -1, 1), 4e-16);
    }
}

Test(elementary, exp_is_accurate_next_to_0)
{
    uint64_t state = 5;
    for (int k = 1; k <= 1000; k += k < 60 ? 1 : 47)
        for (int i = 0; i < 200; i++) {
            double d = ldexp(random_in(&state, 0.5, 1), -k);
            CHECK_EXP(d, 4e-16);
            CHECK_EXP(-d, 4e-16);
        }
    cr_assert_eq(exp_portable(0.0), 1.0);
    cr_assert_eq(exp_portable(-0.0), 1.0);
}

Test(elementary, exp_has_no_seam_where_the_exponent_changes)
{
    for (int n = -1000; n <= 1000; n++) { /* odd multiples of ln(2) / 2 */
        double seam = (n + 0.5) * 0.69314718055994530942;
        for (int i = -20; i <= 20; i++) CHECK_EXP(seam * (1 + i * 0x1p-52), 4e-16);
    }
}

Test(elementary, exp_is_finite_and_positive_for_anything)
{
    const double greatest = exp_portable(700), smallest = exp_portable(-700);
    cr_assert(isfinite(greatest) && greatest > 1e304);
    cr_assert(smallest > 0 && smallest < 1e-303);
    cr_assert_eq(exp_portable(1e300), greatest);
    cr_assert_eq(exp_portable(INFINITY), greatest);
    cr_assert_eq(exp_portable(-1e300), smallest);
    cr_assert_eq(exp_portable(-INFINITY), smallest);
}

Test(elementary, exp_undoes_log)
{
    uint64_t state = 6;
    for (int i = 0; i < 200000; i++) { /* an error of log(x) becomes a relative one of x: 700 * 4e-16 at the worst */
        double x = exp2(random_in(&state, -1000, 1000));
        cr_assert_float_eq(exp_portable(log_portable(x)) / x, 1, 3e-13, "at %a", x);
    }
}

/* ---- hazards: minutes ---- */

static model_t m;

/* H(solve(h)) = h for targets over many magnitudes, and solve(H(u)) = u. */
static void undo_each_other(model_curve_t curve, double longest, double limit)
{
    uint64_t state = 7;
    double all = hazard_integral(&m, &curve, longest);

    for (int i = 0; i < 20000; i++) {
        double h = all * exp2(random_in(&state, -30, 0)), u = hazard_solve(&m, &curve, h);
        cr_assert_float_eq(hazard_integral(&m, &curve, u) / h, 1, limit, "H(%g) is not %g", u, h);
        double v = longest * random_in(&state, 0.001, 1);
        cr_assert_float_eq(hazard_solve(&m, &curve, hazard_integral(&m, &curve, v)) / v, 1, limit, "at %g minutes", v);
    }
}

Test(hazard, the_exponential_and_its_inverse_undo_each_other)
{
    for (int k = -14; k <= 0; k++) undo_each_other(hand_exponential(pow(10, k)), 5e7, 1e-15);
}

Test(hazard, the_weibull_and_its_inverse_undo_each_other)
{
    const double shapes[] = {0.2, 0.5, 0.999, 1, 1.5, 3, 10};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (double scale = 10; scale < 1e9; scale *= 100) undo_each_other(hand_weibull(shapes[i], scale), 5e7, 1e-12);
}

Test(hazard, the_gompertz_and_its_inverse_undo_each_other)
{
    const double per_year = 1.0 / 525960;
    /* e^x - 1 loses what x has beyond 1e-16: with h and shape small, the times agree to about 1e-16 / (shape * u) */
    undo_each_other(hand_gompertz(0.1 * per_year, 1e-5 * per_year), 100 / per_year, 1e-6);
    undo_each_other(hand_gompertz(0.05 * per_year, 1e-3 * per_year), 120 / per_year, 1e-6);
    undo_each_other(hand_gompertz(-0.02 * per_year, 0.01 * per_year), 100 / per_year, 1e-6);
}

Test(hazard, a_falling_gompertz_that_never_reaches_its_target_never_fires)
{
    model_curve_t curve = hand_gompertz(-1e-3, 1e-3); /* H is bounded by 1 */
    cr_assert_lt(hazard_solve(&m, &curve, 0.999), 1e4);
    cr_assert_eq(hazard_minute(hazard_solve(&m, &curve, 1.001)), MODEL_NEVER);
    cr_assert_eq(hazard_minute(hazard_solve(&m, &curve, 1e6)), MODEL_NEVER);
}

Test(hazard, the_piecewise_and_its_inverse_undo_each_other)
{
    model_curve_t curve = hand_piecewise(&m, 5, (double[]){0, 10, 1000, 1e5, 1e6}, (double[]){1e-3, 1e-6, 5e-5, 1e-9, 2e-6});
    undo_each_other(curve, 5e7, 1e-9);
    model_release(&m);
}

Test(hazard, a_piecewise_without_hazard_is_jumped_over)
{
    model_curve_t curve = hand_piecewise(&m, 4, (double[]){0, 100, 200, 300}, (double[]){0, 0.01, 0, 0.01});
    cr_assert_float_eq(hazard_solve(&m, &curve, 0.5), 150, 1e-9);
    cr_assert_float_eq(hazard_solve(&m, &curve, 1.5), 350, 1e-9);
    cr_assert_geq(hazard_solve(&m, &curve, 1), 200); /* somewhere in the gap or right behind it */
    cr_assert_leq(hazard_solve(&m, &curve, 1), 300);
    cr_assert_eq(hazard_integral(&m, &curve, 50), 0);
    cr_assert_float_eq(hazard_integral(&m, &curve, 250), 1, 1e-12);
    cr_assert_float_eq(hazard_integral(&m, &curve, 1e6), 1 + 9997, 1e-6);
    model_release(&m);
}

Test(hazard, closed_forms_are_those_of_the_textbook)
{
    model_curve_t weibull = hand_weibull(1.7, 4000), gompertz = hand_gompertz(2e-4, 1e-5);
    for (double u = 1; u < 1e5; u *= 1.7) {
        cr_assert_float_eq(hazard_integral(&m, &weibull, u) / pow(u / 4000, 1.7), 1, 1e-13);
        cr_assert_float_eq(hazard_integral(&m, &gompertz, u) / (1e-5 / 2e-4 * expm1(2e-4 * u)), 1, 1e-11);
    }
    cr_assert_eq(hazard_integral(&m, &weibull, 0), 0);
    cr_assert_eq(hazard_integral(&m, &gompertz, 0), 0);
}

Test(hazard, minutes_are_rounded_to_the_nearest_and_end_with_never)
{
    cr_assert_eq(hazard_minute(0), 0);
    cr_assert_eq(hazard_minute(0.4999), 0);
    cr_assert_eq(hazard_minute(0.5), 1);
    cr_assert_eq(hazard_minute(1e9 + 0.49), 1000000000);
    cr_assert_eq(hazard_minute(4e9), MODEL_NEVER);
    cr_assert_eq(hazard_minute(INFINITY), MODEL_NEVER);
}

Test(hazard, a_burn_never_exhausts_a_threshold)
{
    int32_t first = hand_curve(&m, hand_exponential(1e-3));
    hazard_clock_t clock = {.threshold = 0.01, .ratio = 1, .curve = first};
    hazard_aim(&m, &clock, 0);
    cr_assert_eq(clock.due, 10);
    hazard_burn(&m, &clock, 4);
    cr_assert_float_eq(clock.threshold, 0.006, 1e-15);
    hazard_aim(&m, &clock, 4);
    cr_assert_eq(clock.due, 10);
    hazard_burn(&m, &clock, 11); /* rounding to minutes can go beyond */
    cr_assert_eq(clock.threshold, HAZARD_LEAST_THRESHOLD);
    model_release(&m);
}
