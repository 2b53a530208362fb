/*
 * Any integrated hazard as a table that kernels evaluate: CURVE_TABULATED, rows as in kernels/survival.h.
 *
 * Pieces are halved until a polynomial of degree 5 through six points of each keeps H to 2e-10 of itself (or 1e-15, where a
 * probability of that size is at stake), and another keeps the inverse to a hundredth of a minute and 1e-9 of the time, or to the
 * same error in H. Beyond the last piece H goes on in a straight line.
 */
#ifndef POPGX_SPEC_TABULATE_H
#define POPGX_SPEC_TABULATE_H

#include <stdbool.h>

#include "model/model.h"

/** H(u) of `law`, u >= 0. */
typedef double (*tabulate_integral_t)(const void *law, double u);

/**
 * Adds the table to the model's reals.
 *
 * @param breaks        [n_breaks], ascending: where the hazard may jump or bend; the table has knots there
 * @param end           the table ends here, or where H exceeds 1e5
 * @param[out] falls_at set when false is returned: H falls there, or is no number
 */
bool tabulate(tabulate_integral_t integral, const void *law, const double *breaks, int n_breaks, double end, model_t *model,
              model_curve_t *curve, double *falls_at);
#endif
