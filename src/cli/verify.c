/*
 * Each check makes a changed copy of the compiled model, simulates the same people with it and compares exact sums. Nothing
 * here depends on what a model is about. Works on copies only; runs on the calling thread.
 */
#include "cli/verify.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/workspace.h"
#include "core/memory.h"
#include "rng/keyed.h"
#include "stats/results.h"

enum { BLOCK = 1024 };

/* Standard errors that two estimates of one mean may lie apart: a false alarm in 10^6 figures. */
static const double MOST_ERRORS = 5.0;

typedef struct {
    const model_t *model;       /* as it is */
    uint64_t people, seed;
    workspace_t base;           /* simulated with the model as it is */
    verify_report_t *report;
} verify_t;

/* ---- copies ---- */

static popgx_err_t copy_model(const model_t *model, model_t *copy)
{
    unsigned char *bytes = NULL;
    size_t n_bytes = 0;

    *copy = (model_t){0};
    popgx_err_t err = model_pack(model, &bytes, &n_bytes);
    if (!err) err = model_unpack(bytes, n_bytes, copy);
    free(bytes);
    return err;
}

/* A table that gives everybody `value`. */
static model_table_t constant_table(model_t *m, double value)
{
    m->reals = memory_resize(m->reals, (size_t)m->n_reals + 1, sizeof *m->reals);
    m->reals[m->n_reals] = value;
    return (model_table_t){.first = m->n_reals++, .width = 1};
}

/* Every payoff of the outcome becomes 0. */
static void silence(model_t *m, int32_t outcome)
{
    const model_table_t zero = constant_table(m, 0.0);

    for (int32_t i = 0; i < m->n_lumps; i++)
        if (m->cells[m->lumps[i].cell].outcome == outcome) m->lumps[i].amount = zero, m->lumps[i].formula = 0;
    for (int32_t i = 0; i < m->n_flows; i++)
        if (m->cells[m->flows[i].cell].outcome == outcome) m->flows[i].rate = zero, m->flows[i].formula = 0;
    for (int32_t i = 0; i < m->n_spells; i++)
        if (m->cells[m->spells[i].cell].outcome == outcome) m->spells[i].rate = zero, m->spells[i].formula = 0;
    m->outcomes[outcome].floor = -INFINITY;
    m->outcomes[outcome].cap = INFINITY;
    m->outcomes[outcome].combine = COMBINE_ADD;
}

/* ---- simulating ---- */

static popgx_err_t simulate(const model_t *model, uint64_t people, uint64_t seed, workspace_t *w)
{
    const uint64_t key = rng_run_key(seed, 0);
    popgx_err_t err = workspace_init(w, model, BLOCK);

    for (uint64_t first = 0; !err && first < people; first += BLOCK)
        err = workspace_simulate(w, key, first, (size_t)(people - first < BLOCK ? people - first : BLOCK), NULL, NULL, 0);
    return err;
}

/* A changed copy of the model, and what was simulated with it. */
typedef struct {
    model_t model;
    workspace_t work;
} changed_t;

/** `how` says how much, for the changes that ask. changed_close frees it, also after a failure. */
static popgx_err_t changed_open(const verify_t *v, void (*change)(model_t *copy, double how), double how, changed_t *out)
{
    *out = (changed_t){0};
    popgx_err_t err = copy_model(v->model, &out->model);
    if (err) return err;
    change(&out->model, how);
    return simulate(&out->model, v->people, v->seed, &out->work);
}

static void changed_close(changed_t *changed)
{
    workspace_release(&changed->work);
    model_release(&changed->model);
}

static exact_sum_t outcome_sum(const workspace_t *w, int32_t strategy, int32_t outcome)
{
    return w->tally.sums[w->tally.layout.outcome + strategy * w->model->n_outcomes + outcome];
}

static void tell(verify_t *v, const char *name, const char *demand, verdict_t verdict, const char *found, ...)
    __attribute__((format(printf, 5, 6)));
static void tell(verify_t *v, const char *name, const char *demand, verdict_t verdict, const char *found, ...)
{
    INVARIANT(v->report->n < VERIFY_MOST_CHECKS, "more than %d checks", VERIFY_MOST_CHECKS);
    verify_check_t *check = &v->report->checks[v->report->n++];
    va_list values;

    *check = (verify_check_t){.name = name, .demand = demand, .verdict = verdict};
    va_start(values, found);
    vsnprintf(check->found, sizeof check->found, found, values);
    va_end(values);
    v->report->n_failed += verdict == VERDICT_FAILED;
}

static verdict_t verdict_of(bool is_right) { return is_right ? VERDICT_PASSED : VERDICT_FAILED; }

/* ---- what must hold of the model as it is ---- */

static void check_parts_and_totals(verify_t *v)
{
    const model_t *m = v->model;
    int32_t wrong = 0, looked_at = 0;

    for (int32_t s = 0; s < m->n_strategies; s++) {
        for (int32_t o = 0; o < m->n_outcomes; o++, looked_at++) {
            exact_sum_t parts = 0;
            for (int32_t c = 0; c < m->n_cells; c++)
                if (m->cells[c].outcome == o) parts += v->base.tally.sums[v->base.tally.layout.cell + s * m->n_cells + c];
            wrong += parts != outcome_sum(&v->base, s, o);
        }
    }
    tell(v, "parts and totals", "the categories of each outcome add up to it, to the last bit", verdict_of(!wrong), "%d of %d totals differ", wrong,
         looked_at);
}

static void check_everybody_somewhere(verify_t *v)
{
    const model_t *m = v->model;
    const tally_layout_t *at = &v->base.tally.layout;
    const int32_t levels = tally_level_offset(m, m->n_slots), life = tally_level_offset(m, m->settings.life);
    int32_t wrong = 0;

    for (int32_t s = 0; s < m->n_strategies; s++) {
        const exact_sum_t *occupied = &v->base.tally.sums[at->occupancy + s * levels];
        for (int32_t slot = 0; slot < m->n_slots; slot++) {
            if (m->slots[slot].kind != SLOT_PROCESS) continue;
            exact_sum_t sum = 0, expected = occupied[life + LIFE_ALIVE] + (slot == m->settings.life ? occupied[life + LIFE_DEAD] : 0);
            for (int32_t l = 0; l < m->slots[slot].level_names.count; l++) sum += occupied[tally_level_offset(m, slot) + l];
            wrong += sum != expected || (slot == m->settings.life && sum != (exact_sum_t)v->people);
        }
    }
    tell(v, "everybody is somewhere", "at the horizon each living person is in one state of every process", verdict_of(!wrong),
         "%d process%s with people missing or counted twice", wrong, wrong == 1 ? "" : "es");
}

/* ---- changes with a known effect ---- */

static void let_all_do_the_same(model_t *m, double how)
{
    (void)how;
    for (int32_t s = 1; s < m->n_strategies; s++) {
        model_name_t name = m->strategies[s].name;
        m->strategies[s] = m->strategies[0];
        m->strategies[s].name = name;
    }
}

static popgx_err_t check_equal_strategies(verify_t *v)
{
    static const char name[] = "equal strategies";
    const model_t *m = v->model;
    changed_t equal;
    int32_t wrong = 0;

    if (m->n_strategies < 2) {
        tell(v, name, "two strategies that do the same have no difference", VERDICT_NOT_APPLICABLE, "there is one strategy");
        return POPGX_OK;
    }
    popgx_err_t err = changed_open(v, let_all_do_the_same, 0, &equal);
    for (int32_t s = 0; !err && s < m->n_strategies; s++)
        for (int32_t o = 0; o < m->n_outcomes; o++) wrong += outcome_sum(&equal.work, s, o) != outcome_sum(&v->base, 0, o);
    if (!err) tell(v, name, "strategies that do the same have differences of exactly 0", verdict_of(!wrong), "%d outcomes differ", wrong);
    changed_close(&equal);
    return err;
}

/* A flow of utilities, or MODEL_NONE. */
static int32_t utility_flow(const model_t *m)
{
    for (int32_t f = m->n_flows - 1; f >= 0; f--)
        if (m->cells[m->flows[f].cell].outcome == m->settings.qaly) return f;
    return MODEL_NONE;
}

static void set_utilities_to_one(model_t *m, double how)
{
    const int32_t flow = utility_flow(m), qaly = m->settings.qaly;

    (void)how;
    silence(m, qaly);
    m->flows[flow].rate = constant_table(m, 1.0);
    m->flows[flow].formula = m->flows[flow].profile = 0;
    m->flows[flow].condition.count = 0;
    m->outcomes[qaly].flow_discount = m->outcomes[m->settings.life_years].flow_discount;
    m->outcomes[qaly].flow_course = m->outcomes[m->settings.life_years].flow_course;
}

static popgx_err_t check_unit_utilities(verify_t *v)
{
    static const char name[] = "unit utilities", demand[] = "with a utility of 1 for all, QALYs are life years";
    const model_settings_t *settings = &v->model->settings;
    changed_t unit;
    int32_t wrong = 0;

    if (utility_flow(v->model) == MODEL_NONE) {
        tell(v, name, demand, VERDICT_NOT_APPLICABLE, "no utility applies while something holds");
        return POPGX_OK;
    }
    popgx_err_t err = changed_open(v, set_utilities_to_one, 0, &unit);
    for (int32_t s = 0; !err && s < v->model->n_strategies; s++) {
        const tally_t *tally = &unit.work.tally;
        wrong += fabs(results_outcome(tally, s, settings->qaly).mean - results_outcome(tally, s, settings->life_years).mean) > 1e-9;
    }
    if (!err) tell(v, name, demand, verdict_of(!wrong), "%d strategies differ", wrong);
    changed_close(&unit);
    return err;
}

static void take_prices_away(model_t *m, double how)
{
    (void)how;
    silence(m, m->settings.cost);
    silence(m, m->settings.qaly);
}

static popgx_err_t check_zero_prices(verify_t *v)
{
    const model_settings_t *settings = &v->model->settings;
    changed_t free_of_charge;
    int32_t wrong = 0;

    popgx_err_t err = changed_open(v, take_prices_away, 0, &free_of_charge);
    for (int32_t s = 0; !err && s < v->model->n_strategies; s++) {
        const workspace_t *w = &free_of_charge.work;
        wrong += outcome_sum(w, s, settings->cost) != 0 || outcome_sum(w, s, settings->qaly) != 0;
        wrong += outcome_sum(w, s, settings->life_years) != outcome_sum(&v->base, s, settings->life_years);
    }
    if (!err)
        tell(v, "no prices, no utilities", "costs and QALYs are exactly 0, and nobody lives a minute longer or shorter", verdict_of(!wrong),
             "%d strategies with something left or lives changed", wrong);
    changed_close(&free_of_charge);
    return err;
}

/* Everything at one rate a year. */
static void discount_at(model_t *m, double rate)
{
    for (int32_t o = 0; o < m->n_outcomes; o++) {
        if (o == m->settings.life_years_undiscounted) continue;
        m->outcomes[o].flow_discount = m->outcomes[o].lump_discount = log1p(rate) / m->settings.minutes_per_year;
        m->outcomes[o].flow_course = m->outcomes[o].lump_course = (model_span_t){0};
    }
}

static popgx_err_t check_discounting(verify_t *v)
{
    static const double rates[3] = {0.0, 0.05, 0.5};
    const int32_t years = v->model->settings.life_years;
    changed_t at[3] = {0};
    int32_t unequal = 0, growing = 0;
    popgx_err_t err;

    for (int i = 0; i < 3; i++) TRY(changed_open(v, discount_at, rates[i], &at[i]));
    for (int32_t s = 0; s < v->model->n_strategies; s++) {
        unequal += outcome_sum(&at[0].work, s, years) != outcome_sum(&at[0].work, s, v->model->settings.life_years_undiscounted);
        for (int i = 1; i < 3; i++) growing += outcome_sum(&at[i].work, s, years) > outcome_sum(&at[i - 1].work, s, years);
    }
    tell(v, "no discounting", "at a rate of 0, discounted and undiscounted life years are the same", verdict_of(!unequal), "%d strategies differ", unequal);
    tell(v, "more discounting", "life years fall as the rate rises (0, 5, 50 %)", verdict_of(!growing), "they rise %d times", growing);
out:
    for (int i = 0; i < 3; i++) changed_close(&at[i]);
    return err;
}

static void take_hazards_away(model_t *m, double how)
{
    (void)how;
    for (int32_t c = 0; c < m->n_curves; c++) m->curves[c] = (model_curve_t){.kind = CURVE_NEVER};
}

/* No clock but hazards can bring it about. */
static bool needs_hazard(const model_t *m, int32_t moment)
{
    for (int32_t k = 0; k < m->n_clocks; k++)
        if (m->clocks[k].kind != CLOCK_HAZARD && m->clocks[k].moment == moment) return false;
    return true;
}

static popgx_err_t check_no_hazards(verify_t *v)
{
    const model_t *m = v->model;
    changed_t safe;
    int32_t happened = 0;

    popgx_err_t err = changed_open(v, take_hazards_away, 0, &safe);
    for (int32_t c = 0; !err && c < m->n_clocks; c++) {
        if (m->clocks[c].kind != CLOCK_HAZARD || !needs_hazard(m, m->clocks[c].moment)) continue;
        for (int32_t s = 0; s < m->n_strategies; s++)
            happened += safe.work.tally.sums[safe.work.tally.layout.events + s * m->n_moments + m->clocks[c].moment] != 0;
    }
    if (!err) tell(v, "no hazards", "with every hazard 0, no event that has a hazard happens", verdict_of(!happened), "%d events happened", happened);
    changed_close(&safe);
    return err;
}

static void shorten_horizon(model_t *m, double how) { m->settings.horizon = (int32_t)(m->settings.horizon * how) > 1 ? (int32_t)(m->settings.horizon * how) : 1; }

static popgx_err_t check_short_horizon(verify_t *v)
{
    static const char name[] = "a short horizon";
    const model_settings_t *settings = &v->model->settings;
    const int32_t years = settings->life_years_undiscounted;
    changed_t half;
    int32_t wrong = 0;

    if (settings->cycle.minutes) {
        tell(v, name, "nobody lives longer than the horizon", VERDICT_NOT_APPLICABLE, "time is in cycles");
        return POPGX_OK;
    }
    popgx_err_t err = changed_open(v, shorten_horizon, 0.5, &half);
    for (int32_t s = 0; !err && s < v->model->n_strategies; s++) {
        const double most = half.model.settings.horizon / settings->minutes_per_year;
        wrong += results_outcome(&half.work.tally, s, years).mean > most * (1 + 1e-6) || outcome_sum(&half.work, s, years) > outcome_sum(&v->base, s, years);
    }
    if (!err)
        tell(v, name, "with half the horizon nobody lives longer than it, or longer than before", verdict_of(!wrong), "%d strategies in which they do", wrong);
    changed_close(&half);
    return err;
}

/* Figures of two simulations of the model that lie further apart than chance explains. */
static int32_t count_apart(const workspace_t *a, const workspace_t *b, int32_t *looked_at)
{
    const model_t *m = a->model;
    int32_t apart = 0;

    for (int32_t s = 0; s < m->n_strategies; s++) {
        for (int32_t o = 0; o < m->n_outcomes; o++, ++*looked_at) {
            estimate_t x = results_outcome(&a->tally, s, o), y = results_outcome(&b->tally, s, o);
            apart += fabs(x.mean - y.mean) > MOST_ERRORS * hypot(x.se, y.se) + 1e-9 * fabs(x.mean);
        }
    }
    return apart;
}

static popgx_err_t check_size_and_seed(verify_t *v)
{
    workspace_t half = {0}, twice = {0}, other = {0};
    int32_t apart = 0, looked_at = 0;
    popgx_err_t err;

    TRY(simulate(v->model, v->people / 2, v->seed, &half));
    TRY(simulate(v->model, 2 * v->people, v->seed, &twice));
    TRY(simulate(v->model, v->people, v->seed + 1, &other));
    apart = count_apart(&v->base, &half, &looked_at) + count_apart(&v->base, &twice, &looked_at);
    tell(v, "half and twice as many people", "means agree within 5 standard errors", verdict_of(!apart), "%d of %d do not", apart, looked_at);
    looked_at = 0;
    apart = count_apart(&v->base, &other, &looked_at);
    tell(v, "another seed", "means agree within 5 standard errors", verdict_of(!apart), "%d of %d do not", apart, looked_at);
out:
    workspace_release(&half);
    workspace_release(&twice);
    workspace_release(&other);
    return err;
}

static popgx_err_t check_repetition(verify_t *v)
{
    workspace_t again = {0};
    char first[33], second[33];
    popgx_err_t err;

    TRY(simulate(v->model, v->people, v->seed, &again));
    tally_checksum(&v->base.tally, first);
    tally_checksum(&again.tally, second);
    tell(v, "repetition", "the same seed gives the same results to the last bit", verdict_of(strcmp(first, second) == 0), "checksums %s and %s", first, second);
out:
    workspace_release(&again);
    return err;
}

popgx_err_t verify_model(const model_t *model, uint64_t people, verify_report_t *report)
{
    verify_t v = {.model = model, .people = people, .seed = 1, .report = report};
    popgx_err_t err;

    *report = (verify_report_t){0};
    TRY(simulate(model, people, v.seed, &v.base));
    check_parts_and_totals(&v);
    check_everybody_somewhere(&v);
    TRY(check_equal_strategies(&v));
    TRY(check_unit_utilities(&v));
    TRY(check_zero_prices(&v));
    TRY(check_discounting(&v));
    TRY(check_no_hazards(&v));
    TRY(check_short_horizon(&v));
    TRY(check_size_and_seed(&v));
    TRY(check_repetition(&v));
out:
    workspace_release(&v.base);
    return err;
}
