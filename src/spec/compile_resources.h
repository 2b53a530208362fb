/*
 * Resources and what a unit of them costs, and prices of other years.
 */
#ifndef POPGX_SPEC_COMPILE_RESOURCES_H
#define POPGX_SPEC_COMPILE_RESOURCES_H

#include "spec/compile.h"

typedef struct {
    const char *name;
    double price;               /* of a unit, at prices of the model's year */
} resource_t;

/** All resources of the model, read when first asked for. */
const resource_t *resources_of(compiler_t *c, size_t *n);

/** The resource of this name, or NULL after reporting it with the nearest one. */
const resource_t *resource_find(compiler_t *c, const char *name, place_t place);

/** Name of the outcome that holds what a resource costs. */
const char *resource_outcome(compiler_t *c, const char *name);

/** What prices of year `node` (NULL: that of the model) are multiplied by to be those of the model's `price year`. */
bool price_factor(compiler_t *c, const yaml_node_t *node, double *factor);
#endif
