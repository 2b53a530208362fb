/*
 * Parameters inside the spec: what is written for each (compile_parameters_read.c), and what it comes to (compile_parameters.c).
 * Everybody else asks by name, see compile.h.
 */
#ifndef POPGX_SPEC_COMPILE_PARAMETERS_H
#define POPGX_SPEC_COMPILE_PARAMETERS_H

#include "spec/compile.h"
#include "spec/compile_joint.h"

enum { PARAMETERS_DEEPEST = 64 };   /* parameters that refer to parameters: each level needs stack */

/* What is written for one parameter, wherever: a text of NULL is absent. */
typedef struct {
    csv_cell_t value, unit, low, high, probability, over;
    csv_cell_t distribution_text;           /* from a sheet */
    const yaml_node_t *distribution;        /* from the model */
    bool is_rate;                           /* the value must be a rate */
} written_t;

typedef struct {
    const char *name;
    place_t place;
    written_t written;
    enum { UNKNOWN, OPEN, KNOWN, WRONG } state;
    bool is_used;
    quantity_t value;
    const joint_t *joint;       /* it varies together with others, as member `place_in_joint`; or NULL */
    size_t place_in_joint;
    double number;              /* the value as it is written: in its unit, a probability if it is one; of this draw */
} parameter_t;

struct parameters {
    parameter_t *all;           /* [n] */
    size_t n;
    parameter_t *open[PARAMETERS_DEEPEST]; /* [n_open]: being evaluated, each for the one before */
    size_t n_open;
};

/** The model's parameters, collected at the first question. Never NULL. */
struct parameters *parameters_of(compiler_t *c);

/** NULL if there is none. */
parameter_t *parameter_find(const struct parameters *parameters, const char *name);

/** The name nearest to `name`, or NULL. `context` is the compiler: this is what quantity_names_t.nearest wants. */
const char *parameter_nearest(void *context, const char *name);

static inline bool parameter_has_distribution(const parameter_t *parameter)
{
    return parameter->written.distribution || parameter->written.distribution_text.text;
}

static inline bool parameter_is_uncertain(const parameter_t *parameter) { return parameter_has_distribution(parameter) || parameter->joint; }
#endif
