/* What the tables of /results and those of its subgroups have in common: their fields, and what they say of a strategy. */
#ifndef POPGX_STORE_LAYOUT_ROWS_H
#define POPGX_STORE_LAYOUT_ROWS_H

#include "stats/results.h"
#include "store/table.h"

#define FIELD_STRATEGY {"strategy", FIELD_TEXT, "name of the strategy"}
#define FIELD_COMPARATOR {"comparator", FIELD_TEXT, "name of the strategy it is compared with"}
#define FIELD_OUTCOME {"outcome", FIELD_TEXT, "name of the outcome"}
#define FIELD_CELL {"cell", FIELD_TEXT, "category of costs, item of QALYs"}
#define FIELD_EVENT {"event", FIELD_TEXT, "as in /model/moments"}
#define FIELD_UNIT {"unit", FIELD_TEXT, "of mean and se"}

static inline void put_estimate(table_t *table, estimate_t estimate)
{
    table_real(table, estimate.mean);
    table_real(table, estimate.se);
}

static inline void put_pair(table_t *table, const model_t *m, int32_t s, int32_t t)
{
    table_text(table, model_strategy_name(m, s));
    table_text(table, model_strategy_name(m, t));
}

/* Strategy, outcome, unit, estimate. */
static inline void put_outcome(table_t *table, const tally_t *tally, int32_t s, int32_t o)
{
    const model_t *m = tally->model;

    table_text(table, model_strategy_name(m, s));
    table_text(table, model_text(m, m->outcomes[o].name));
    table_text(table, model_text(m, m->outcomes[o].unit));
    put_estimate(table, results_outcome(tally, s, o));
}

/* Strategy, outcome, cell, unit, estimate. */
static inline void put_cell(table_t *table, const tally_t *tally, int32_t s, int32_t c)
{
    const model_t *m = tally->model;
    const model_outcome_t *outcome = &m->outcomes[m->cells[c].outcome];

    table_text(table, model_strategy_name(m, s));
    table_text(table, model_text(m, outcome->name));
    table_text(table, model_text(m, m->cells[c].name));
    table_text(table, model_text(m, outcome->unit));
    put_estimate(table, results_cell(tally, s, c));
}

/* Strategy, event, estimate. */
static inline void put_event(table_t *table, const tally_t *tally, int32_t s, int32_t e)
{
    table_text(table, model_strategy_name(tally->model, s));
    table_text(table, model_text(tally->model, tally->model->moments[e].name));
    put_estimate(table, results_events(tally, s, e));
}

/* Strategy, comparator, outcome, unit, estimate. */
static inline void put_difference(table_t *table, const tally_t *tally, int32_t s, int32_t t, int32_t o)
{
    const model_t *m = tally->model;

    put_pair(table, m, s, t);
    table_text(table, model_text(m, m->outcomes[o].name));
    table_text(table, model_text(m, m->outcomes[o].unit));
    put_estimate(table, results_difference(tally, s, t, o));
}
#endif
