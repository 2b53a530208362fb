/*
 * Which sums of a run must not be shown, by the rule of disclosure.h. Afterwards results.h answers NaN for them, so whoever prints or exports
 * figures from there conceals them without knowing; files of runs are written before, and hold everything.
 */
#ifndef POPGX_STATS_CONCEAL_H
#define POPGX_STATS_CONCEAL_H

#include "stats/disclosure.h"
#include "stats/tally.h"

/** The rule for the people of a tally. @param minimum  0: everything may be shown */
disclosure_t disclosure_of(const tally_t *tally, double minimum);

/**
 * Marks the sums in tally->hidden: of cells and events by strategy, of states at the horizon, of attributes. Categories of an outcome, states
 * of a process, levels of an attribute, and the branches of a moment add up to something that is shown, so each hides enough of its
 * neighbours. If fewer people were simulated than the minimum, or the file has fewer, nothing at all may be shown. Does nothing if the people are not
 * from a file.
 */
MUST_USE popgx_err_t tally_conceal(tally_t *tally, double minimum);

/** Whether nothing about these people may be shown. */
static inline bool tally_is_concealed(const tally_t *tally) { return tally->hidden && tally->hidden[tally->layout.people]; }
#endif
