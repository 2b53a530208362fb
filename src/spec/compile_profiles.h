/*
 * Factors of rates and utilities that change in steps as time goes on: with age, or with the time since something.
 */
#ifndef POPGX_SPEC_COMPILE_PROFILES_H
#define POPGX_SPEC_COMPILE_PROFILES_H

#include "spec/compile.h"

enum { PROFILE_AGES = 121 };    /* whole years that `by age` tells apart; the last one is also that of all who are older */

/** The rows of a profile, one for each combination of some attributes. */
typedef struct {
    int32_t slots[4];
    size_t n_slots, n_rows;
    model_table_t table;        /* in reals, still empty: profile_add fills it */
    double *rows;               /* [n_rows][table.width]; the arena's */
} profile_by_t;

/** Room for rows of `width` numbers by the attributes that `by` names (NULL: none); false after reporting. */
bool profile_table(compiler_t *c, const yaml_node_t *by, int32_t width, profile_by_t *out);

/** 1 + index of the profile with these rows; `minutes` are when its steps begin, NULL: each year. */
int32_t profile_add(compiler_t *c, const profile_by_t *by, const int32_t *minutes, model_profile_t profile);

/** `by age`, {table: norms.csv, by: sex} or {polynomial: [0.95, -0.0003], by: sex}: 1 + index of the profile; 0 after reporting. */
int32_t profile_by_age(compiler_t *c, const yaml_node_t *node);

/** `by time`, {since: EVENT, steps: {0 days: 1, 1 month: 0.5}} or {since: {PROCESS: STATE}, table: costs.csv, by: sex}: likewise. */
int32_t profile_by_time(compiler_t *c, const yaml_node_t *node);
#endif
