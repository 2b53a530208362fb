/*
 * Values with dimensions, and the expressions that make them: `40 years`, `0.25 USD per day`, `3 %`,
 * `-ln(1 - p) / 365`, `50560 USD * deflator 2011`, `1.03^(1/365) - 1`.
 *
 * Grammar: numbers; names of parameters (they may contain blanks: the longest known name wins);
 * units after a value (`40 years`, `5 USD per day`, `0.1 per year`, `2 per 10 days`, `3 %`), which bind tightest; + - * / ^ with the usual
 * precedence (^ binds to the right), parentheses; functions ln, exp, sqrt, min, max, if(TRUTH, A, B); truths: = != < <= > >=,
 * `not`, `and`, `or`, which give 1 or 0.
 * A hyphen is a minus unless it is inside a known name. A sum of unlike dimensions is an error. Runs only while a model is compiled: what is known
 * then is worked out (with libm), and what names make depend on people becomes an expression, to be compiled to a program.
 */
#ifndef POPGX_SPEC_QUANTITY_H
#define POPGX_SPEC_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"
#include "spec/diag.h"

/** A value that is not known before there are people: a step of a program (model_code_t) with what it takes. Owned by an arena. */
typedef struct expression {
    int32_t kind, index;        /* as in model_code_t */
    double constant;
    const struct expression *operand[3];
} expression_t;

/** A value in minutes^time * currency^money. */
typedef struct {
    double value;               /* if `code` is NULL */
    int time, money;
    const expression_t *code;   /* where names gave one: the value depends on people */
} quantity_t;

/** The units that a model knows. */
typedef struct {
    double minutes_per_year;        /* minute(s), hour(s), day(s), week(s), month(s) (year / 12), year(s) */
    const char *currency;           /* the only unit of money, e.g. "USD"; NULL: none */
} units_t;

/** The names that an expression may use. */
typedef struct {
    /** Finds the longest name that `text` starts with; returns its length and value, or 0. Reports its own errors and then sets *is_wrong. */
    size_t (*find)(void *context, const char *text, quantity_t *value, bool *is_wrong);
    /** The known name nearest to an unknown one, or NULL. */
    const char *(*nearest)(void *context, const char *name);
    void *context;
    arena_t *arena;             /* of expressions; NULL if no name gives one */
} quantity_names_t;

/**
 * Evaluates `text`. Mistakes go to `diag` at `place` (the column moves to the offending character).
 *
 * @param names  may be NULL: none
 * @return false if there was a mistake
 */
bool quantity_parse(const char *text, place_t place, const units_t *units, const quantity_names_t *names,
                    diagnostics_t *diag, quantity_t *out);

/** One of a unit: `years`, `per year`, `USD per day`, `%`; an empty text is the plain number 1. */
bool quantity_parse_unit(const char *text, place_t place, const units_t *units, diagnostics_t *diag, quantity_t *out);

/** True of what a name may consist of beside blanks and hyphens; a name ends where such a character cannot follow. */
bool quantity_is_word(char c);

/** True of a word that means something in every expression (units, `per`, functions), so that nothing else can have this name. */
bool quantity_is_reserved(const char *word, const units_t *units);

/** Writes the dimension in words: "a time", "a rate", "money", "money per time", "a plain number". */
const char *quantity_dimension(int time, int money);

/** A value in the units that a reader thinks in: "0.2", "40 years", "0.105361 per year", "12 USD". Owned by `diag`. */
const char *quantity_words(const quantity_t *value, const units_t *units, diagnostics_t *diag);
#endif
