/*
 * Parameters that vary together, from `joint` under `parameters`: a Dirichlet distribution of shares, a multivariate normal
 * one, correlations between parameters that have distributions of their own, rows of a bootstrap table.
 */
#ifndef POPGX_SPEC_COMPILE_JOINT_H
#define POPGX_SPEC_COMPILE_JOINT_H

#include "spec/compile.h"
#include "spec/draws.h"

typedef enum { JOINT_DIRICHLET, JOINT_NORMAL, JOINT_CORRELATED, JOINT_BOOTSTRAP } joint_kind_t;

typedef struct {
    joint_kind_t kind;
    place_t place;
    const char **of;            /* [n]: names of the parameters */
    const place_t *places;      /* [n]: where they are named */
    size_t n;
    double *numbers;            /* DIRICHLET: [n]; NORMAL: means [n], NaN: the parameter's own value */
    double *root;               /* NORMAL, CORRELATED: [n][n], lower triangle of the covariance or the correlations */
    const csv_table_t *table;   /* BOOTSTRAP */
} joint_t;

/** Reads one entry of `joint`; NULL after reporting. */
const joint_t *compile_joint(compiler_t *c, const yaml_node_t *node);

/** What member k has in this draw, in the units of its value; `value`: its own value. CORRELATED: see joint_uniform; BOOTSTRAP: see joint_cell. */
double joint_number(const joint_t *joint, size_t k, double value, const draws_t *draws, uint64_t draw);

/** CORRELATED: the uniform number whose quantile member k takes. */
double joint_uniform(const joint_t *joint, size_t k, const draws_t *draws, uint64_t draw);

/** BOOTSTRAP: the cell of member k in this draw's row. */
csv_cell_t joint_cell(const joint_t *joint, size_t k, const draws_t *draws, uint64_t draw);
#endif
