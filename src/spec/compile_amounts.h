/*
 * What an amount, a rate or a utility is: a number by levels, an expression over people, or drawn anew at each occurrence.
 */
#ifndef POPGX_SPEC_COMPILE_AMOUNTS_H
#define POPGX_SPEC_COMPILE_AMOUNTS_H

#include "spec/compile.h"

/** Attributes, and the states of processes: what payoffs may depend on. */
#define AMOUNT_BY (CONDITION_ATTRIBUTES | CONDITION_PROCESSES)

typedef struct {
    model_table_t table;        /* reals, width 1; one row of 1 if it varies and nothing else is said */
    model_formula_t formula;    /* instead of the table, once it is closed; 0: none */
    int32_t variation;          /* 1 + index; 0: none */
    const expression_t *code;   /* of the formula */
    const char *words;          /* of it, as the model file writes it */
    place_t place;
} amount_t;

/** A value of this kind; `may` is what expressions may read. Open: it may still be changed. */
bool amount_read(compiler_t *c, const yaml_node_t *node, value_kind_t kind, unsigned may, amount_t *out);

/** The same where a distribution may stand, {gamma: {mean: 5000 USD, sd: 2000 USD}}, alone or at levels. */
bool amount_read_drawn(compiler_t *c, const yaml_node_t *node, value_kind_t kind, unsigned may, amount_t *out);

/** Multiplies (ARITHMETIC_MULTIPLY) or divides (ARITHMETIC_DIVIDE) an open amount. */
void amount_change(compiler_t *c, amount_t *amount, int32_t operation, double by);

/** Makes the formula of its code, if it has any; `name` is that of its luck, unlike that of every other amount. */
bool amount_close(compiler_t *c, amount_t *amount, const char *name);

/** What is the furthest from 0 that the table says; of what varies, the mean. An expression is not known: 0. */
double amount_largest(const model_t *m, const amount_t *amount);

/** To the summary, times `factor`, followed by `unit`. */
void amount_describe(compiler_t *c, const amount_t *amount, double factor, const char *unit);
#endif
