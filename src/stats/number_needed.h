/*
 * How many must be treated, or tested, so that one event is prevented or one QALY gained: 1 / difference, with its 95 % set.
 *
 * If the difference may be 0, so may its reciprocal be anything large, in either direction: the set is then what lies outside an interval
 * (Altman, BMJ 1998; 317: 1309-1312). A number below 0 counts those of whom one has an event more, or a QALY less.
 */
#ifndef POPGX_STATS_NUMBER_NEEDED_H
#define POPGX_STATS_NUMBER_NEEDED_H

#include "stats/cea.h"
#include "stats/figures.h"

typedef struct {
    double value;               /* NaN: there is no difference */
    interval_kind_t kind;
    double low, high;           /* OUTSIDE: below low or above high */
} number_needed_t;

/** 1 / x. */
number_needed_t number_needed_for_one(estimate_t x);

/**
 * Tests ordered, or money spent, under s more than under t for each event prevented; `moment` n_moments: for each QALY gained. Fieller's
 * set. The model must keep events.
 */
number_needed_t number_needed_against(const tally_t *tally, figure_against_t what, int32_t s, int32_t t, int32_t moment);
#endif
