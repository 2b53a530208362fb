/* Distributions of parameters: quantiles, moments and intervals, against values worked out otherwise. */
#include <criterion/criterion.h>
#include <math.h>

#include "spec/distribution.h"

static uncertain_t plain(uncertain_kind_t kind, double a, double b, double c)
{
    return (uncertain_t){.kind = kind, .a = a, .b = b, .c = c, .scale = 1, .low = -INFINITY, .high = INFINITY};
}

static void expect_quantile(uncertain_t d, double u, double expected)
{
    double x = uncertain_quantile(&d, u);

    cr_expect_float_eq(x, expected, 1e-9 * (1 + fabs(expected)), "kind %d at %g: %.12g, not %.12g", (int)d.kind, u, x, expected);
    cr_expect_float_eq(uncertain_cdf(&d, x), u, 1e-9);
}

Test(distribution, quantiles_are_those_of_the_closed_forms)
{
    expect_quantile(plain(UNCERTAIN_NORMAL, 10, 2, 0), 0.975, 10 + 2 * 1.9599639845400545);
    expect_quantile(plain(UNCERTAIN_LOGNORMAL, 0.5, 0.2, 0), 0.5, exp(0.5));
    expect_quantile(plain(UNCERTAIN_GAMMA, 1, 3, 0), 0.5, 3 * log(2));          /* shape 1 is exponential */
    expect_quantile(plain(UNCERTAIN_BETA, 1, 3, 0), 0.3, 1 - cbrt(0.7));        /* F = 1 - (1 - x)^3 */
    expect_quantile(plain(UNCERTAIN_UNIFORM, 2, 6, 0), 0.25, 3);
    expect_quantile(plain(UNCERTAIN_TRIANGULAR, 0, 1, 4), 0.25, 1);             /* a quarter lies below the mode */
    expect_quantile(plain(UNCERTAIN_TRIANGULAR, 0, 1, 4), 0.75, 4 - sqrt(3));   /* 1 - F = (4 - x)^2 / 12 */
    expect_quantile(plain(UNCERTAIN_PERT, 0, 2, 4), 0.5, 2);                    /* symmetric: beta(3, 3) */
}

/* The mean over the middles of many equal strata of u is the distribution's. */
static double mean_of(uncertain_t d, double *sd)
{
    enum { N = 20000 };
    double sum = 0, squares = 0;

    for (int i = 0; i < N; i++) {
        double x = uncertain_quantile(&d, (i + 0.5) / N);
        sum += x;
        squares += x * x;
    }
    *sd = sqrt(squares / N - sum / N * (sum / N));
    return sum / N;
}

Test(distribution, a_mean_and_an_sd_are_kept)
{
    const uncertain_kind_t kinds[] = {UNCERTAIN_NORMAL, UNCERTAIN_LOGNORMAL, UNCERTAIN_GAMMA, UNCERTAIN_BETA, UNCERTAIN_UNIFORM};
    uncertain_t d;
    double sd;

    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        cr_assert(uncertain_of_moments(kinds[k], 0.3, 0.1, &d));
        cr_expect_float_eq(mean_of(d, &sd), 0.3, 2e-5, "kind %d", (int)kinds[k]);
        cr_expect_float_eq(sd, 0.1, 2e-4, "kind %d: %g", (int)kinds[k], sd);
    }
    double mean = mean_of(plain(UNCERTAIN_PERT, 1, 2, 9), &sd);
    cr_expect_float_eq(mean, 3, 1e-4);                                          /* (1 + 4 x 2 + 9) / 6 */
    cr_expect_not(uncertain_of_moments(UNCERTAIN_BETA, 0.3, 0.6, &d), "no beta has a variance above m (1 - m)");
    cr_expect_not(uncertain_of_moments(UNCERTAIN_GAMMA, -1, 0.6, &d));
}

Test(distribution, an_interval_of_95_percent_is_one)
{
    uncertain_t d;

    cr_assert(uncertain_of_interval(UNCERTAIN_LOGNORMAL, 0.8, 0.64, 1, &d));    /* 0.8 is the geometric middle */
    expect_quantile(d, 0.025, 0.64);
    expect_quantile(d, 0.5, 0.8);
    expect_quantile(d, 0.975, 1);
    cr_assert(uncertain_of_interval(UNCERTAIN_NORMAL, 5, 3, 7, &d));
    expect_quantile(d, 0.975, 7);
    cr_expect_not(uncertain_of_interval(UNCERTAIN_NORMAL, 8, 3, 7, &d));
}

Test(distribution, what_is_cut_off_is_never_drawn)
{
    uncertain_t d = plain(UNCERTAIN_NORMAL, 0, 1, 0);

    d.low = 0;
    expect_quantile(d, 0.5, 0.6744897501960817);                                /* the third quartile of the whole */
    d.scale = 10;
    d.low = 0;
    expect_quantile(d, 0.5, 6.744897501960817);
}

Test(distribution, extreme_shapes_have_quantiles)
{
    const double shapes[][2] = {{0.01, 0.01}, {1e-3, 5}, {1e5, 2e5}, {0.5, 1e4}};

    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (double u = 0.001; u < 1; u += 0.0499) {
            uncertain_t beta = plain(UNCERTAIN_BETA, shapes[i][0], shapes[i][1], 0), gamma = plain(UNCERTAIN_GAMMA, shapes[i][0], 2, 0);
            double x = uncertain_quantile(&beta, u), y = uncertain_quantile(&gamma, u);
            cr_expect(x >= 0 && x <= 1, "beta(%g, %g) at %g: %g", shapes[i][0], shapes[i][1], u, x);
            cr_expect(y >= 0 && isfinite(y), "gamma(%g) at %g: %g", shapes[i][0], u, y);
        }
}

Test(distribution, a_root_times_its_transpose_is_the_matrix)
{
    double s[] = {4, 2, 0, 2, 5, 1, 0, 1, 0.3}, root[9];

    for (int i = 0; i < 9; i++) root[i] = s[i];
    cr_assert(matrix_root(root, 3));
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            double sum = 0;
            for (int k = 0; k < 3; k++) sum += root[3 * i + k] * root[3 * j + k];
            cr_expect_float_eq(sum, s[3 * i + j], 1e-12);
        }
    cr_expect(matrix_root((double[]){1, 1, 1, 1}, 2), "perfect correlation is no mistake");
    cr_expect(matrix_root((double[]){0, 0, 0, 1}, 2), "neither is a variance of 0");
    cr_expect_not(matrix_root((double[]){1, 2, 2, 1}, 2));
}
