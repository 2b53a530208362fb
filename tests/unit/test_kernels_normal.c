/* The normal distribution against GSL 2.7 (gsl_cdf_ugaussian_Pinv and _P, printed with %.17g). */
#include <criterion/criterion.h>
#include <math.h>

#include "kernels/normal.h"

Test(kernels_normal, quantiles_agree_with_gsl_in_the_centre_and_both_tails)
{
    static const double known[][2] = {
        {1e-15, -7.9413453261709952}, {1e-7, -5.1993375821928174}, {0.001, -3.0902323061678132},
        {0.025, -1.9599639845400538}, {0.0749, -1.4402382675279632}, {0.0751, -1.4388253927525398}, /* both sides of the seam */
        {0.3, -0.52440051270804067}, {0.9, 1.2815515655446006}, {0.99999, 4.2648907939238399}};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        cr_expect_float_eq(normal_quantile(known[k][0]), known[k][1], 4e-15 * fabs(known[k][1]), "p = %g", known[k][0]);
    cr_expect_eq(normal_quantile(0.5), 0);
}

Test(kernels_normal, probabilities_agree_with_gsl)
{
    static const double known[][2] = {
        {-37, 5.7255712225245771e-300}, {-10, 7.6198530241605269e-24}, {-5, 2.8665157187919391e-07},
        {-3, 0.0013498980316300946}, {-2.999, 0.0013543365337271064}, {-1, 0.15865525393145705}, {0, 0.5},
        {0.5, 0.69146246127401301}, {2.9, 0.99813418669961596}, {3.1, 0.99903239678678168}, {6, 0.9999999990134123}};
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        cr_expect_float_eq(normal_cdf(known[k][0]), known[k][1], 2e-13 * known[k][1], "z = %g", known[k][0]);
    cr_expect_eq(normal_cdf(-INFINITY), 0);
    cr_expect_eq(normal_cdf(INFINITY), 1);
}
