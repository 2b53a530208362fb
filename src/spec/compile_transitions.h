/* Shared by compile_transitions.c, whose rows are tables, and compile_transition_formulas.c, whose cells are expressions over people. Nobody else includes it. */
#ifndef POPGX_SPEC_COMPILE_TRANSITIONS_H
#define POPGX_SPEC_COMPILE_TRANSITIONS_H

#include "spec/compile_grids.h"

#define REST (-1.0)             /* in place of a probability: what the others leave */

enum { TO_DEAD = 1000 };        /* a target that is no state of the process: death */

/** From one state to another, or to itself. */
typedef struct {
    int32_t from, to;
    int32_t moment;             /* MODEL_NONE: staying */
    place_t place;
    const yaml_node_t *node;    /* its cell, or NULL if a table gives it */
    grid_values_t p;
    const expression_t *code;   /* instead of p: an expression over people, as it stands when the cycle begins */
} pair_t;

typedef enum { RATIO_RISK, RATIO_ODDS, RATIO_HAZARD, N_RATIOS } ratio_kind_t;

typedef struct {
    ratio_kind_t kind;
    uint64_t from;              /* states */
    bool is_leaving;            /* all ways out; else those to `targets` or to death */
    uint64_t targets;
    bool is_dead;
    model_span_t during;        /* terms */
    grid_values_t value;
} ratio_t;

struct transitions {
    const process_t *process;
    pair_t *pairs;
    size_t n_pairs;
    ratio_t *ratios;
    size_t n_ratios;
    bool is_wrong;
};

/** Whether the ratio acts on this way. */
bool transition_is_meant(const ratio_t *ratio, const pair_t *pair);
/** "dead", or the state. */
const char *transition_target(const compiler_t *c, const process_t *process, int32_t to);

/**
 * What a scalar cell says if that depends on people: *code is set; else *value. `time`, `age now` and times since events are as
 * they were when the cycle began. @return false after reporting
 */
bool transition_expression(compiler_t *c, const yaml_node_t *node, value_kind_t kind, double *value, const expression_t **code);

bool transitions_have_formulas(const struct transitions *t);
/** The probabilities of all pairs that leave, as programs of the branch; false after reporting. */
bool transitions_emit_formulas(compiler_t *c, const struct transitions *t, model_branch_t *branch);
#endif
