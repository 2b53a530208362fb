/* Everything that a run answers as rows of one long table: what CSV, JSON and HDF5 hold alike. */
#ifndef POPGX_STATS_TIDY_H
#define POPGX_STATS_TIDY_H

#include "stats/tally.h"

/** Texts are borrowed and "" where they say nothing; numbers are NaN where there is none. */
typedef struct {
    const char *part;           /* outcome, category, event, state, survival, year, distribution... */
    const char *strategy, *comparator; /* comparator "": of the strategy alone; else of the difference between the two */
    const char *outcome;        /* outcome or process */
    const char *item;           /* category, item, event or state */
    const char *group;          /* of people: "all" */
    double time;                /* years since entry; of a year its number from 1, or that of the calendar */
    const char *statistic;      /* mean, difference, share, quantile... */
    double level;               /* of a quantile; threshold of a net benefit */
    const char *unit;
    double value, se;
    double low, high;           /* 95 % limits of ratios and medians */
    const char *interval;       /* between (low and high), outside (below low or above high), any, none */
} tidy_row_t;

typedef void (*tidy_taker_t)(void *context, const tidy_row_t *row);

enum { TIDY_COLUMNS = 15 };

/** What the columns are called, and what they say; the same order everywhere. */
typedef struct {
    const char *name, *about;
} tidy_column_t;
extern const tidy_column_t tidy_columns[TIDY_COLUMNS];

/**
 * Hands every row to `take`: what every run keeps, and what this one was asked to keep besides. Figures that are 0 under every strategy are left out.
 *
 * @param reference  whom figures of the report are compared with; outcomes and net benefits are compared pair by pair
 */
void tidy_rows(const tally_t *tally, int32_t reference, tidy_taker_t take, void *context);

/** Of these only what was kept because it was asked for. */
void tidy_report_rows(const tally_t *tally, int32_t reference, tidy_taker_t take, void *context);
#endif
