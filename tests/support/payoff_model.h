/*
 * Small models of payoffs built by hand, for the tests of the ledger and of what is added up from it. Everybody has the attribute
 * `carrier` and the processes `life` and `drug`; a test adds outcomes, moments and payoffs.
 */
#ifndef POPGX_TESTS_PAYOFF_MODEL_H
#define POPGX_TESTS_PAYOFF_MODEL_H

#include <math.h>

#include "model/model.h"
#include "spec/compile.h"

enum { CARRIER, LIFE, DRUG, N_SLOTS };
enum { NONE, STANDARD, ALTERNATE };
enum { DAY = 1440 };
#define YEAR 525960.0 /* minutes of 365.25 days */

static inline int32_t add_names(model_t *m, const char *const *names, int32_t n)
{
    int32_t first = builder_add_name_list(m, n);
    for (int32_t i = 0; i < n; i++) m->name_list[first + i] = builder_text(m, names[i]);
    return first;
}

static inline void add_slot(model_t *m, const char *name, model_slot_kind_t kind, const char *const *levels, int32_t n)
{
    int32_t slot = builder_add_slots(m, 1);
    model_span_t names = {add_names(m, levels, n), n};
    m->slots[slot] = (model_slot_t){.name = builder_text(m, name), .kind = kind, .level_names = names, .is_reported = 1};
}

static inline model_t payoff_model(int32_t horizon)
{
    model_t m = {.settings = {.horizon = horizon, .life = LIFE, .n_attributes = 1, .n_processes = 2, .minutes_per_year = YEAR}};
    add_slot(&m, "carrier", SLOT_ATTRIBUTE, (const char *const[]){"no", "yes"}, 2);
    add_slot(&m, "life", SLOT_PROCESS, (const char *const[]){"alive", "dead"}, 2);
    add_slot(&m, "drug", SLOT_PROCESS, (const char *const[]){"none", "standard", "alternate"}, 3);
    return m;
}

static inline int32_t add_strategy(model_t *m, const char *name)
{
    int32_t s = builder_add_strategies(m, 1);
    m->strategies[s].name = builder_text(m, name);
    return s;
}

/* Discounts per minute. */
static inline int32_t add_outcome(model_t *m, const char *name, double flow_discount, double lump_discount, double per_unit, int32_t grid_bits)
{
    int32_t o = builder_add_outcomes(m, 1);
    m->outcomes[o] = (model_outcome_t){.name = builder_text(m, name), .unit = builder_text(m, "units"), .flow_discount = flow_discount,
                                       .lump_discount = lump_discount, .per_unit = per_unit, .grid_bits = grid_bits,
                                       .coarse_bits = grid_bits - 10, .floor = -INFINITY, .cap = INFINITY, .floor_cell = MODEL_NONE};
    return o;
}

/* Two rates, both above 0, the second from minute `change` on: of what flows (their integral) or of what falls due at once. */
static inline model_span_t add_course(model_t *m, bool is_integral, double first, int32_t change, double second)
{
    const int32_t d = builder_add_discounts(m, 2);
    const double left = exp(-first * change);

    m->discounts[d] = is_integral ? (model_discount_t){.base = 1 / first, .factor = -1 / first, .per_minute = first}
                                  : (model_discount_t){.factor = 1, .per_minute = first};
    m->discounts[d + 1] = is_integral ? (model_discount_t){.base = (1 - left) / first + left / second, .factor = -left / second, .per_minute = second, .from = change}
                                      : (model_discount_t){.factor = left, .per_minute = second, .from = change};
    return (model_span_t){d, 2};
}

/* Cells of one outcome are added one after the other. */
static inline int32_t add_cell(model_t *m, int32_t outcome, const char *name)
{
    int32_t c = builder_add_cells(m, 1);
    m->cells[c] = (model_cell_t){.name = builder_text(m, name), .outcome = outcome};
    if (!m->outcomes[outcome].cells.count++) m->outcomes[outcome].cells.first = c;
    return c;
}

static inline void add_floor(model_t *m, int32_t outcome, double floor)
{
    m->outcomes[outcome].floor = floor;
    m->outcomes[outcome].floor_cell = add_cell(m, outcome, "floor");
}

/* A moment that sets a process to a level; MODEL_NONE: it sets nothing. */
static inline int32_t add_moment(model_t *m, const char *name, int32_t slot, int32_t level)
{
    int32_t i = builder_add_moments(m, 1);
    m->moments[i] = (model_moment_t){.name = builder_text(m, name), .kind = MOMENT_TIMED, .test = MODEL_NONE, .strategy = MODEL_NONE};
    if (slot == MODEL_NONE) return i;
    m->moments[i].effects = (model_span_t){builder_add_effects(m, 1), 1};
    m->effects[m->moments[i].effects.first] = (model_effect_t){slot, level};
    return i;
}

static inline model_table_t constant(model_t *m, double value)
{
    model_table_t table = {.first = builder_add_reals(m, 1), .width = 1};
    m->reals[table.first] = value;
    return table;
}

/* One value for each level of a slot. */
static inline model_table_t by_slot(model_t *m, int32_t slot, const double *values)
{
    int32_t n = m->slots[slot].level_names.count;
    model_table_t table = {.axes = {builder_add_axes(m, 1), 1}, .first = builder_add_reals(m, n), .width = 1};
    m->axes[table.axes.first] = (model_axis_t){slot, 1};
    for (int32_t i = 0; i < n; i++) m->reals[table.first + i] = values[i];
    return table;
}

static inline model_span_t where(model_t *m, int32_t slot, uint64_t levels)
{
    model_span_t condition = {builder_add_terms(m, 1), 1};
    m->terms[condition.first] = (model_term_t){.slot = slot, .levels = levels};
    return condition;
}

static inline void add_flow(model_t *m, int32_t cell, model_span_t condition, model_table_t rate)
{
    int32_t f = builder_add_flows(m, 1);
    m->flows[f] = (model_flow_t){.cell = cell, .condition = condition, .rate = rate};
}

static inline void add_lump(model_t *m, int32_t cell, int32_t moment, model_table_t amount)
{
    int32_t l = builder_add_lumps(m, 1);
    m->lumps[l] = (model_lump_t){.moment = moment, .cell = cell, .amount = amount};
}

static inline int32_t add_spell(model_t *m, int32_t cell, int32_t moment, int32_t minutes, model_table_t rate)
{
    int32_t s = builder_add_spells(m, 1);
    m->spells[s] = (model_spell_t){.moment = moment, .cell = cell, .minutes = minutes, .repeats = REPEAT_STACK, .rate = rate};
    return s;
}

static inline void set_until(model_t *m, int32_t spell, int32_t moment)
{
    m->spells[spell].until = (model_span_t){builder_add_indices(m, 1), 1};
    m->indices[m->spells[spell].until.first] = moment;
}

static inline void set_repeats(model_t *m, int32_t spell, model_repeat_t repeats) { m->spells[spell].repeats = repeats; }
static inline void set_paid_on(model_t *m, int32_t spell) { m->spells[spell].is_paid_on = 1; }

#endif
