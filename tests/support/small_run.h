/*
 * A small complete model and its run, for tests of what moves runs about: two strategies, a gene, an illness, a death.
 * The name of the second strategy has a slash, a per cent sign and a diaeresis, since names go into paths.
 */
#ifndef POPGX_TESTS_SMALL_RUN_H
#define POPGX_TESTS_SMALL_RUN_H

#include "cluster/run.h"
#include "engine/engine.h"
#include "ledger/ledger.h"
#include "rng/keyed.h"
#include "spec/compile.h"

#define HELPER static inline __attribute__((unused))

enum { YEAR = 525960, SMALL_HORIZON = 10 * YEAR };
enum { SEX, CARRIER, CALLED, LIFE, HEALTH, DRUG, SMALL_SLOTS };
enum { DEATH, ILLNESS, TREATMENT, SMALL_MOMENTS };
enum { COST, QALY, LIFE_YEARS, LIFE_YEARS_UNDISCOUNTED, SMALL_OUTCOMES };
enum { COST_ILLNESS, COST_DRUG, QALY_LIFE, QALY_ILLNESS, YEARS_ALIVE, YEARS_ALIVE_UNDISCOUNTED, SMALL_CELLS };

HELPER model_span_t small_names(model_t *m, int32_t n, const char *const *names)
{
    model_span_t span = {builder_add_name_list(m, n), n};

    for (int32_t i = 0; i < n; i++) {
        model_name_t name = builder_text(m, names[i]);
        m->name_list[span.first + i] = name;
    }
    return span;
}

HELPER int32_t small_reals(model_t *m, int32_t n, const double *values)
{
    int32_t first = builder_add_reals(m, n);

    for (int32_t i = 0; i < n; i++) m->reals[first + i] = values[i];
    return first;
}
#define SMALL_REALS(m, n, ...) small_reals(m, n, (const double[]){__VA_ARGS__})

HELPER model_table_t small_constant(model_t *m, double value) { return (model_table_t){{0, 0}, SMALL_REALS(m, 1, value), 1}; }

/* One number for each of the two levels of `slot`. */
HELPER model_table_t small_by(model_t *m, int32_t slot, double a, double b)
{
    int32_t axis = builder_add_axes(m, 1), first = SMALL_REALS(m, 2, a, b);

    m->axes[axis] = (model_axis_t){.slot = slot, .stride = 1};
    return (model_table_t){{axis, 1}, first, 1};
}

HELPER model_span_t small_where(model_t *m, int32_t slot, int32_t level)
{
    int32_t term = builder_add_terms(m, 1);

    m->terms[term].slot = slot;
    m->terms[term].levels = 1ull << level;
    return (model_span_t){term, 1};
}

HELPER void small_slots(model_t *m)
{
    static const struct { const char *name; model_slot_kind_t kind; const char *levels[2]; int32_t is_reported; } slots[SMALL_SLOTS] = {
        {"sex", SLOT_ATTRIBUTE, {"female", "male"}, 1}, {"carrier", SLOT_ATTRIBUTE, {"non-carrier", "carrier"}, 1},
        {"called", SLOT_ATTRIBUTE, {"no", "yes"}, 0}, {"life", SLOT_PROCESS, {"alive", "dead"}, 1},
        {"health", SLOT_PROCESS, {"well", "ill"}, 1}, {"drug", SLOT_PROCESS, {"none", "taken"}, 1}};

    builder_add_slots(m, SMALL_SLOTS);
    for (int32_t s = 0; s < SMALL_SLOTS; s++) {
        m->slots[s].name = builder_text(m, slots[s].name);
        m->slots[s].kind = (int32_t)slots[s].kind;
        m->slots[s].level_names = small_names(m, 2, slots[s].levels);
        m->slots[s].is_reported = slots[s].is_reported;
    }
}

/* Half are women; ages are even between 40 and 80; allele frequencies 0.7, 0.2, 0.1; one variant allele makes a carrier. */
HELPER void small_people(model_t *m)
{
    static const char *const alleles[] = {"*1", "*2", "*3"};
    int32_t number = builder_add_numbers(m, 1), gene = builder_add_genes(m, 1), steps = builder_add_steps(m, 5);
    int32_t phenotype = builder_add_indices(m, 9), same = builder_add_indices(m, 2);
    int32_t sexes = SMALL_REALS(m, 2, 0.5, 1), ages = SMALL_REALS(m, 4, 40.0 * YEAR, 80.0 * YEAR, 40.0 * YEAR, 80.0 * YEAR);
    int32_t frequencies = SMALL_REALS(m, 3, 0.7, 0.9, 1);

    m->numbers[number].name = builder_text(m, "age");
    m->numbers[number].unit = builder_text(m, "years");
    m->numbers[number].per_unit = YEAR;
    m->genes[gene].name = builder_text(m, "CYP2C19");
    m->genes[gene].allele_names = small_names(m, 3, alleles);
    for (int32_t d = 0; d < 9; d++) m->indices[phenotype + d] = d != 0;
    for (int32_t l = 0; l < 2; l++) m->indices[same + l] = l;
    m->steps[steps] = (model_step_t){.purpose = rng_purpose("sex"), .kind = STEP_CATEGORY, .to = SEX, .table = {{0, 0}, sexes, 2}};
    m->steps[steps + 1] = (model_step_t){.purpose = rng_purpose("age"), .kind = STEP_NUMBER, .to = number,
                                         .distribution = DISTRIBUTION_UNIFORM, .table = {{0, 0}, ages, 4}};
    m->steps[steps + 2] = (model_step_t){.purpose = rng_purpose("allele 1"), .purpose2 = rng_purpose("allele 2"), .kind = STEP_GENE,
                                         .to = gene, .table = {{0, 0}, frequencies, 3}};
    m->steps[steps + 3] = (model_step_t){.kind = STEP_DIPLOTYPE, .to = CARRIER, .from = gene, .first = phenotype};
    m->steps[steps + 4] = (model_step_t){.kind = STEP_MAP, .to = CALLED, .from = CARRIER, .first = same};
}

HELPER void small_moments(model_t *m)
{
    static const struct { const char *name; model_moment_kind_t kind; int32_t slot; } moments[SMALL_MOMENTS] = {
        {"death", MOMENT_TIMED, LIFE}, {"illness", MOMENT_TIMED, HEALTH}, {"treatment", MOMENT_ACTION, DRUG}};

    builder_add_moments(m, SMALL_MOMENTS);
    for (int32_t k = 0; k < SMALL_MOMENTS; k++) {
        int32_t effect = builder_add_effects(m, 1);
        m->effects[effect] = (model_effect_t){.slot = moments[k].slot, .level = 1};
        m->moments[k].name = builder_text(m, moments[k].name);
        m->moments[k].kind = (int32_t)moments[k].kind;
        m->moments[k].effects = (model_span_t){effect, 1};
        m->moments[k].test = MODEL_NONE;
        m->moments[k].strategy = k == TREATMENT ? 1 : MODEL_NONE;
    }
}

/* A Gompertz death by age; an illness of 5 % a year, three times as often in carriers, a third with the drug. */
HELPER void small_clocks(model_t *m)
{
    int32_t curves = builder_add_curves(m, 2), clocks = builder_add_clocks(m, 2), ratios = builder_add_ratios(m, 2);
    double shape = 0.09 / YEAR, rate = 3e-5 / YEAR;

    m->curves[curves] = (model_curve_t){.kind = CURVE_GOMPERTZ, .a = shape, .b = rate / shape, .c = shape / rate};
    m->curves[curves + 1] = (model_curve_t){.kind = CURVE_EXPONENTIAL, .a = 0.05 / YEAR};
    m->ratios[ratios] = small_by(m, CARRIER, 1, 3);
    m->ratios[ratios + 1] = small_by(m, DRUG, 1, 1.0 / 3);
    m->clocks[clocks] = (model_clock_t){.purpose = rng_purpose("death"), .kind = CLOCK_HAZARD, .moment = DEATH, .scale = SCALE_AGE,
        .process = LIFE, .curve = {{0, 0}, curves, 1}, .most = MODEL_NEVER, .test = MODEL_NONE, .strategy = MODEL_NONE};
    m->clocks[clocks + 1] = (model_clock_t){.purpose = rng_purpose("illness"), .kind = CLOCK_HAZARD, .moment = ILLNESS,
        .enabled = small_where(m, HEALTH, 0), .scale = SCALE_SINCE_START, .process = HEALTH, .curve = {{0, 0}, curves + 1, 1},
        .ratios = {ratios, 2}, .most = MODEL_NEVER, .test = MODEL_NONE, .strategy = MODEL_NONE};
}

HELPER void small_strategies(model_t *m)
{
    static const char *const names[] = {"watchful waiting", "treat at once / naïve, 1 %"};
    int32_t rule = builder_add_rules(m, 1);

    m->rules[rule] = (model_rule_t){.kind = RULE_ALWAYS, .moment = TREATMENT};
    builder_add_strategies(m, 2);
    for (int32_t s = 0; s < 2; s++) {
        int32_t lists = builder_add_rule_lists(m, SMALL_MOMENTS), clocks = builder_add_indices(m, 2);
        m->strategies[s].name = builder_text(m, names[s]);
        m->strategies[s].entry = (model_span_t){rule, s};
        m->strategies[s].rules_of = lists;
        m->strategies[s].clocks = (model_span_t){clocks, 2};
        for (int32_t k = 0; k < 2; k++) m->indices[clocks + k] = k;
    }
}

HELPER void small_outcome(model_t *m, int32_t o, const char *name, const char *unit, double discount, model_span_t cells)
{
    bool is_money = o == COST;

    m->outcomes[o] = (model_outcome_t){.flow_discount = discount / YEAR, .lump_discount = discount / YEAR,
        .per_unit = is_money ? 1 : 1.0 / YEAR, .grid_bits = is_money ? 20 : 30, .coarse_bits = is_money ? 8 : 24,
        .floor = -__builtin_inf(), .cap = __builtin_inf(), .floor_cell = MODEL_NONE, .cells = cells};
    m->outcomes[o].name = builder_text(m, name);
    m->outcomes[o].unit = builder_text(m, unit);
    for (int32_t c = cells.first; c < cells.first + cells.count; c++) m->cells[c].outcome = o;
}

HELPER void small_flow(model_t *m, int32_t cell, model_span_t condition, double rate)
{
    int32_t flow = builder_add_flows(m, 1);
    model_table_t table = small_constant(m, rate);

    m->flows[flow] = (model_flow_t){.cell = cell, .condition = condition, .rate = table};
}

HELPER void small_payoffs(model_t *m)
{
    static const char *const cells[SMALL_CELLS] = {"illness", "drug", "life", "illness", "alive", "alive"};
    int32_t lump = builder_add_lumps(m, 1);
    model_table_t amount = small_constant(m, 5000);

    builder_add_outcomes(m, SMALL_OUTCOMES);
    builder_add_cells(m, SMALL_CELLS);
    for (int32_t c = 0; c < SMALL_CELLS; c++) m->cells[c].name = builder_text(m, cells[c]);
    small_outcome(m, COST, "cost", "EUR", 0.03, (model_span_t){COST_ILLNESS, 2});
    small_outcome(m, QALY, "qaly", "years", 0.03, (model_span_t){QALY_LIFE, 2});
    small_outcome(m, LIFE_YEARS, "life_years", "years", 0.03, (model_span_t){YEARS_ALIVE, 1});
    small_outcome(m, LIFE_YEARS_UNDISCOUNTED, "life_years_undiscounted", "years", 0, (model_span_t){YEARS_ALIVE_UNDISCOUNTED, 1});
    m->lumps[lump] = (model_lump_t){.moment = ILLNESS, .cell = COST_ILLNESS, .amount = amount};
    small_flow(m, COST_DRUG, small_where(m, DRUG, 1), 300.0 / YEAR);
    small_flow(m, QALY_LIFE, (model_span_t){0, 0}, 0.9);
    small_flow(m, QALY_ILLNESS, small_where(m, HEALTH, 1), -0.2);
    small_flow(m, YEARS_ALIVE, (model_span_t){0, 0}, 1);
    small_flow(m, YEARS_ALIVE_UNDISCOUNTED, (model_span_t){0, 0}, 1);
}

/** model_release frees it. */
HELPER model_t small_model(void)
{
    model_t m = {0};

    m.settings = (model_settings_t){.horizon = SMALL_HORIZON, .life = LIFE, .n_attributes = 3, .n_processes = 3,
        .minutes_per_year = YEAR, .cost = COST, .qaly = QALY, .life_years = LIFE_YEARS, .life_years_undiscounted = LIFE_YEARS_UNDISCOUNTED};
    m.settings.title = builder_text(&m, "A small run");
    m.settings.source = builder_text(&m, "made up");
    m.settings.currency = builder_text(&m, "EUR");
    small_slots(&m);
    small_people(&m);
    small_moments(&m);
    small_clocks(&m);
    small_strategies(&m);
    small_payoffs(&m);
    m.settings.thresholds = (model_span_t){SMALL_REALS(&m, 2, 20000, 50000), 2};
    return m;
}
#endif
