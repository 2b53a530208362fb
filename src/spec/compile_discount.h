/*
 * Discounting, as `discount` writes it: for each outcome, of what flows and of what falls due at once.
 */
#ifndef POPGX_SPEC_COMPILE_DISCOUNT_H
#define POPGX_SPEC_COMPILE_DISCOUNT_H

#include "spec/compile.h"

/** How the value of something falls with time. */
typedef struct {
    double per_minute;          /* continuous; 0 where there is a course */
    model_span_t course;        /* discounts: of a rate that changes, or that falls in steps */
    const char *words;          /* "3 % a year" */
} discount_rate_t;

/** Of one outcome. */
typedef struct {
    discount_rate_t flows, lumps;
    bool is_given;
} discount_t;

enum { DISCOUNT_COST, DISCOUNT_QALY, DISCOUNT_LIFE_YEARS, DISCOUNT_KINDS };

/** `discount` of the model -> those of the outcomes that every model has; none if it says nothing. Needs the cycle, if there is one. */
void compile_discounts(compiler_t *c, discount_t out[DISCOUNT_KINDS]);

/** That of one outcome. */
void compile_discount(compiler_t *c, const yaml_node_t *node, discount_t *out);

void compile_describe_discount(compiler_t *c, const char *outcome, const discount_t *discount);
#endif
