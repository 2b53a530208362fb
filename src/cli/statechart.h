/* The statecharts of a model as a list of edges: which moment takes which process from which state to which. */
#ifndef POPGX_CLI_STATECHART_H
#define POPGX_CLI_STATECHART_H

#include "model/model.h"

typedef struct {
    int32_t slot, from, to;     /* a process and two of its states; never the same one twice */
    int32_t moment;
    int32_t strategy;           /* of a strategy's action; else MODEL_NONE */
} statechart_edge_t;

typedef struct {
    statechart_edge_t *edges;   /* [n], by process, then in the order of the moments */
    size_t n;
} statechart_t;

/** Everything that can lead from a state to another; what a branch cannot choose in a state does not lead out of it. */
void statechart_init(statechart_t *chart, const model_t *model);
void statechart_release(statechart_t *chart);
#endif
