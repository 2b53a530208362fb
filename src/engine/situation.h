/*
 * Situations of a clock: the different things its inputs can say.
 *
 * A clock's ratio and curve depend on the levels of a few slots. Every combination of those levels is worked out once, and
 * combinations that say the same share one situation, so that looking at a clock is a walk through one small table
 * and comparing two integers. Situation 0 is always `does not run`.
 */
#ifndef POPGX_ENGINE_SITUATION_H
#define POPGX_ENGINE_SITUATION_H

#include "core/err.h"
#include "kernels/kernels.h"
#include "model/model.h"

enum { SITUATION_STOPPED = 0 };

typedef struct {
    double ratio;               /* product of the hazard ratios; 0: does not run */
    double reach;               /* a threshold beyond it does not fire before the horizon, aimed at entry; INFINITY if age decides */
    int32_t curve;              /* into the model's curves */
} situation_t;

typedef struct {
    int32_t n_axes;
    model_axis_t *axes;         /* slots that matter, and their strides in `of_row` */
    int32_t n_rows;
    int32_t *of_row;            /* [n_rows]: situation of each combination of levels */
    int32_t n_situations;
    int32_t only_curve;         /* the curve of all situations that run, or MODEL_NONE if there are several */
    int32_t n_curves;           /* from the first to the last of them */
    situation_t *situations;
    double *ratios;             /* of the situations, for looking them up in columns */
    int32_t n_fixed_axes;       /* the first axes, which are attributes: what a person is does not change */
    int32_t n_fixed_rows;       /* combinations of their levels; the row of all axes modulo this */
    double *bound;              /* [n_fixed_rows]: a threshold beyond it can never fire, whatever happens to such a person */
} situation_table_t;

/**
 * Works out the situations of a hazard or delay clock. @retval POPGX_E_RANGE they are more than MODEL_MAX_COMBINATIONS.
 * situation_table_release frees the table, also after a failure.
 */
MUST_USE popgx_err_t situation_table_init(situation_table_t *table, const model_t *model, const model_clock_t *clock);
void situation_table_release(situation_table_t *table);

/** A model's curve as the kernels want it. */
kernel_curve_t situation_curve(const model_t *model, int32_t curve);
/* With more curves and people than this, sorting people by their curves is quicker than picking each curve's out of all of them. */
enum { MANY_CURVES = 16 };

/** Sorts the list by the curve of what each was or is, people of one curve in the order that they had. `scratch` has room for as many. */
void sort_by_curve(const situation_t *situations, bool by_was, kernel_changes_t *changes, kernel_changes_t *scratch);
#endif
