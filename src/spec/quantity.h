/*
 * Values with dimensions, and the expressions that make them: `40 years`, `0.25 USD per day`, `3 %`,
 * `-ln(1 - p) / 365`, `50560 USD * deflator 2011`, `1.03^(1/365) - 1`.
 *
 * Grammar: numbers; names of parameters (they may contain blanks: the longest known name wins);
 * units after a value (`40 years`, `5 USD per day`, `0.1 per year`, `3 %`); + - * / ^ with the usual
 * precedence (^ binds to the right), parentheses; functions ln, exp, sqrt, min, max.
 * A sum of unlike dimensions is an error. Runs only while a model is compiled.
 */
#ifndef POPGX_SPEC_QUANTITY_H
#define POPGX_SPEC_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "spec/diag.h"

/** A value in minutes^time * currency^money. */
typedef struct {
    double value;
    int time, money;
} quantity_t;

/** The units that a model knows. */
typedef struct {
    double minutes_per_year;        /* minute(s), hour(s), day(s), week(s), month(s) (year / 12), year(s) */
    const char *currency;           /* the only unit of money, e.g. "USD"; NULL: none */
} units_t;

/** Finds the longest name known to the model that `text` starts with; returns its length and value, or 0. Reports its own errors and then sets *is_wrong. */
typedef size_t (*quantity_lookup_t)(void *context, const char *text, quantity_t *value, bool *is_wrong);

/**
 * Evaluates `text`. Mistakes go to `diag` at `place` (the column moves to the offending character).
 *
 * @param lookup  may be NULL: no names
 * @return false if there was a mistake
 */
bool quantity_parse(const char *text, place_t place, const units_t *units, quantity_lookup_t lookup, void *context,
                    diagnostics_t *diag, quantity_t *out);

/** Writes the dimension in words: "a time", "a rate", "money", "money per time", "a plain number". */
const char *quantity_dimension(int time, int money);
#endif
