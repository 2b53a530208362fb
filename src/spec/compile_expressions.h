/*
 * Shared by the files that compile expressions over people and their history: names, programs, quantities, counts, and the slots that
 * follow from them.
 */
#ifndef POPGX_SPEC_COMPILE_EXPRESSIONS_H
#define POPGX_SPEC_COMPILE_EXPRESSIONS_H

#include "spec/compile.h"

/** A named quantity that changes, while the model is compiled. */
typedef struct {
    const char *name;
    place_t place;
    const yaml_node_t *node;
    quantity_t start;           /* its dimension is that of the quantity */
    int32_t of;                 /* register */
    int32_t slot;               /* with `levels`: the derived slot of the same name; else MODEL_NONE */
    bool is_right;
} changing_t;

/** A definition: an expression with a name. */
typedef struct {
    const char *name;
    place_t place;
    const yaml_node_t *node;
    quantity_t value;
    enum { DEFINITION_UNSEEN, DEFINITION_STARTED, DEFINITION_DONE, DEFINITION_WRONG } state;
} definition_t;

/** How often something happened, or when it last did. */
typedef struct {
    int32_t moment, of;         /* register */
    bool is_time;
} count_t;

/** How many cycles somebody has been in a group of states, or since when. (compile_durations.c) */
typedef struct {
    const char *name;
    int32_t slot, of;           /* process, register: cycles; or 1 for those inside */
    int32_t since;              /* register: the minute of entry into the group; MODEL_NONE: cycles are counted */
    uint64_t levels;
} duration_t;

/** An update that waits until all updates of its moment are known. */
typedef struct {
    int32_t moment;
    int32_t order;              /* counts and times first, then quantities in the order of the file, then what is set */
    model_update_t update;
} pending_update_t;

struct expressions {
    changing_t *quantities;
    size_t n_quantities;
    definition_t *definitions;
    size_t n_definitions;
    count_t *counts;
    size_t n_counts;
    duration_t *durations;
    size_t n_durations;
    pending_update_t *updates;
    size_t n_updates;
    place_t place;              /* of the expression that is being read */
};

/** c->expressions, with the names of all quantities and definitions, made when first asked for. */
struct expressions *expressions_of(compiler_t *c);

/** An expression from the arena. */
const expression_t *expression_make(compiler_t *c, int32_t kind, int32_t index, double constant, const expression_t *a, const expression_t *b,
                                    const expression_t *z);

/** What a table of reals of width 1 holds for somebody's levels. */
const expression_t *expression_table(compiler_t *c, model_table_t table);
/** The same of one number for each level of a slot, or of one for all (MODEL_NONE); NULL after reporting. */
const expression_t *expression_by_level(compiler_t *c, int32_t slot, const double *of_level);

/** The register that counts a moment, or holds the minute of its last occurrence; made when first asked for. (compile_quantities.c) */
int32_t expression_count(compiler_t *c, int32_t moment, bool is_time);

/** Parses the definition unless that has been done. @return false if it is wrong, which has been reported */
bool expression_define(compiler_t *c, definition_t *definition);

/** The quantity or NULL. */
changing_t *expression_quantity(compiler_t *c, const char *name);

/**
 * {bands of: age now | time since EVENT, from: [...], names: [...]}: a slot whose level people pass on their own. First its register and slot, then, once
 * the events are known, the moments at which they pass. (compile_passages.c)
 */
void passages_begin(compiler_t *c, changing_t *quantity);
void passages_end(compiler_t *c, const changing_t *quantity);

/** An update that comes in the order of the file. */
void expression_change(compiler_t *c, int32_t moment, model_update_t update);
int32_t expression_register(compiler_t *c, const char *name, model_formula_t start);

/** `add` and `set` of quantities, once the events are known. */
void compile_quantity_changes(compiler_t *c);

/** `set: {QUANTITY: VALUE}`: the update, to be attached to a moment. @return false after reporting */
bool expression_set(compiler_t *c, const changing_t *quantity, const yaml_node_t *value, model_update_t *out);
/** Lets an update happen with a moment before all others: what counts. */
void expression_counting(compiler_t *c, int32_t moment, model_update_t update);

/** Definitions that count cycles, or take the time, in states: their registers, once the states are known; what counts, with the events; what ends them, with all moments. */
void compile_durations(compiler_t *c);
void compile_duration_ticks(compiler_t *c);
void compile_duration_ends(compiler_t *c);

/** Lets it happen with a moment, after the updates that come from `quantities`. */
void expression_update(compiler_t *c, int32_t moment, model_update_t update);

/**
 * `NUMBER: at least 2` and the like in a condition, for a number that `key` names in an expression: a truth. @return NULL after reporting
 */
const expression_t *expression_truth(compiler_t *c, const yaml_pair_t *pair);
/** Whether a key of a condition is a number: `if`, a quantity, a definition, a count, a time. */
bool expression_is_number(compiler_t *c, const char *key);
/** A slot of two levels that is 1 while `code` is true; made if there is none like it. */
int32_t expression_slot(compiler_t *c, const expression_t *code, const char *text, place_t place);
/** Whether a program depends on what nobody sees. */
bool expression_is_hidden(const compiler_t *c, model_formula_t formula);
bool expression_is_number_hidden(const compiler_t *c, int32_t number);
#endif
