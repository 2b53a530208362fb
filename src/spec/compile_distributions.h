/* The distribution of a parameter: checked when the model is read, drawn from only by a probabilistic analysis. */
#ifndef POPGX_SPEC_COMPILE_DISTRIBUTIONS_H
#define POPGX_SPEC_COMPILE_DISTRIBUTIONS_H

#include "spec/compile.h"

/** Reports what is wrong with {beta: [20, 80]}, {gamma: {mean: 5, sd: 1}}, ... */
void compile_distribution(compiler_t *c, const yaml_node_t *node);

/** The same as the text of a cell: `beta(20, 80)`. */
void compile_distribution_text(compiler_t *c, const char *text, place_t place);
#endif
