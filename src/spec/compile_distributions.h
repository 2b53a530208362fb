/*
 * The distribution of a parameter: from what is written to an uncertain_t (spec/distribution.h), and several parameters
 * together. Checked whenever a model is read, drawn from by a probabilistic analysis.
 */
#ifndef POPGX_SPEC_COMPILE_DISTRIBUTIONS_H
#define POPGX_SPEC_COMPILE_DISTRIBUTIONS_H

#include "spec/compile.h"
#include "spec/distribution.h"

/** The parameter whose distribution is read. */
typedef struct {
    const char *name;
    double value;               /* in units: what a mean or an estimate is unless given */
    quantity_t unit;            /* 1 of what its plain numbers count */
    bool has_unit;              /* false: nobody can tell, so numbers carry their units */
    csv_cell_t low, high;       /* its range, or absent */
} distribution_of_t;

/** {beta: [20, 80]}, {gamma: {mean: 5, sd: 1}}, {lognormal: {estimate: 0.8, interval: [0.6, 1]}}, or a name alone: the range is its 95 % interval. */
bool compile_distribution(compiler_t *c, const yaml_node_t *node, const distribution_of_t *of, uncertain_t *out);

/** The same as the text of a cell: `beta(20, 80)`, `gamma(mean = 5, sd = 1)`, `lognormal`. */
bool compile_distribution_text(compiler_t *c, csv_cell_t cell, const distribution_of_t *of, uncertain_t *out);

/** A number of parameter `of` in its units; reports a wrong dimension. `is_shape`: a plain number, whatever the unit. */
bool compile_in_units(compiler_t *c, csv_cell_t cell, const distribution_of_t *of, bool is_shape, double *out);
/**
 * The quantiles of a distribution at the nodes of DISTRIBUTION_QUANTILES, DISTRIBUTION_NODES of them. What the first compilation of a model worked out, those
 * for its draws find again: thousands of quantiles take milliseconds. (compile_rows.c)
 */
void compile_quantile_row(compiler_t *c, const uncertain_t *law, double *row);
#endif
