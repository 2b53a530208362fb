/*
 * Where amounts go: cells of outcomes, and the outcomes of payers.
 */
#ifndef POPGX_SPEC_COMPILE_BILLS_H
#define POPGX_SPEC_COMPILE_BILLS_H

#include "spec/compile.h"

/** Lumps, flows and spells that one item of the costs has become. */
typedef struct {
    model_span_t lumps, flows, spells, variations;
    int32_t part;               /* outcome: what a payer pays, a resource costs, or a perspective counts */
} bill_t;

/** All items of which a part is an outcome, until their outcomes are filled. */
typedef struct {
    bill_t *list;
    size_t n;
} bills_t;

/** The cell of this name in the outcome that is being filled; made if it is new. */
int32_t payoff_cell(compiler_t *c, int32_t outcome, const char *name);

bill_t bill_open(const model_t *m);

/** What was added since bill_open is part of this outcome, too. */
void bill_add(compiler_t *c, bills_t *bills, bill_t bill, int32_t part);

/** The outcome of this name that holds a part of the costs, or MODEL_NONE. */
int32_t bill_outcome(const compiler_t *c, const char *name);

/** Adds an outcome of this name to hold a part of the costs, unless there is one: it is compared and drawn like any other. */
void bill_add_outcome(compiler_t *c, const char *name);

/** What was added since bill_open is paid by the payer of `node`, if it names one, and counted by the perspectives that name it or its category. */
void bill_close(compiler_t *c, bills_t *bills, bill_t bill, const yaml_node_t *node);

/** All bills once more, in the outcomes of which they are part. */
void bills_copy(compiler_t *c, const bills_t *bills);
#endif
