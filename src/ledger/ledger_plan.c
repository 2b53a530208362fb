/*
 * Builds the plan of a model's payoffs. Owns everything but the model. Runs once per thread, so clarity comes first here.
 *
 * A moment that sets processes makes some terms and axes constants for everybody in its run: what remains to be
 * looked up per person is often nothing. Being alive is implied for flows, so `life` never appears in their lookups
 * and a death touches no flow: what a person still had is closed with everybody else's at the end of the block.
 */
#include "ledger/ledger_plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/exact.h"
#include "kernels/kernels.h"
#include "model/entry.h"
#include "model/profile.h"
#include "model/registers.h"

enum { UNKNOWN = -1 };

/* A plan in the making. */
typedef struct {
    ledger_plan_t *plan;
    int32_t *known;     /* [n_slots]: the level that everybody has, or UNKNOWN */
    int32_t *flow_of;   /* [model->n_flows]: index in the plan, or MODEL_NONE */
    bool *slots;        /* [n_slots]: what a moment changes */
    bool *registers;    /* [n_registers] */
} builder_t;

/* Makes room for one more element behind `count`; arrays double, so powers of two are when they are full. */
static popgx_err_t grow(void **array, int32_t count, size_t size)
{
    if (count & (count - 1)) return POPGX_OK;
    void *larger = realloc(*array, (count ? 2 * (size_t)count : 1) * size);
    if (!larger) return FAIL(NOMEM, "no memory for the payoffs of the model");
    *array = larger;
    return POPGX_OK;
}

#define APPEND(plan, name, ...)                                                                     \
    do {                                                                                            \
        TRY(grow((void **)&(plan)->name, (plan)->n_##name, sizeof *(plan)->name));                  \
        (plan)->name[(plan)->n_##name++] = __VA_ARGS__;                                             \
    } while (0)

/* ---- parts ---- */

/* The sums of the weights of the points of time of a model in cycles, the owner's to free; NULL if there is no memory. */
static double *sum_points(const model_t *m, const ledger_discount_t *discount)
{
    const model_cycle_t *cycle = &m->settings.cycle;
    double *before = calloc((size_t)cycle->count + 2, sizeof *before);

    for (int32_t t = 0; before && t <= cycle->count; t++) {
        int32_t minute = t * cycle->minutes;
        double factor;
        ledger_discount_minutes(m, discount, 1, &minute, &factor);
        before[t + 1] = before[t] + m->reals[cycle->weights + t] * factor;
    }
    return before;
}

/* Whether two courses are alike; none and none are. */
static bool is_same_course(const model_t *m, model_span_t a, model_span_t b)
{
    return a.count == b.count && (a.count == 0 || !memcmp(m->discounts + a.first, m->discounts + b.first, (size_t)a.count * sizeof *m->discounts));
}

static popgx_err_t find_discount(ledger_plan_t *plan, double per_minute, model_span_t course, int32_t profile, bool is_flow, int32_t *index)
{
    popgx_err_t err = POPGX_OK;
    const bool is_counted = is_flow && plan->model->settings.cycle.minutes > 0;
    ledger_discount_t wanted = {.per_minute = per_minute, .course = course, .profile = profile, .clock = MODEL_NONE, .is_time = is_flow && !is_counted && per_minute == 0 && course.count == 0};

    for (*index = 0; *index < plan->n_discounts; ++*index) {
        const ledger_discount_t *d = &plan->discounts[*index];
        if (d->per_minute == wanted.per_minute && d->profile == profile && d->is_time == wanted.is_time && !d->before == !is_counted && is_same_course(plan->model, d->course, course))
            return POPGX_OK;
    }
    if (plan->n_discounts == LEDGER_DISCOUNTS)
        return FAIL(INPUT, "more than %d ways to discount (rates of flows and lumps, and payoffs that follow age, each counted once): let outcomes share them",
                    LEDGER_DISCOUNTS);
    if (is_counted && !(wanted.before = sum_points(plan->model, &wanted))) return FAIL(NOMEM, "no memory for the payoffs of the model");
    if (profile && plan->model->profiles[profile - 1].kind != PROFILE_AGE) wanted.clock = plan->n_clocks++;
    APPEND(plan, discounts, wanted);
    wanted.before = NULL;
out:
    free(wanted.before);
    return err;
}

static ledger_account_t account(const model_t *m, int32_t cell, const char *why)
{
    return (ledger_account_t){.cell = cell, .bits = m->outcomes[m->cells[cell].outcome].grid_bits, .discount = MODEL_NONE, .why = why};
}

static int32_t find_floor(const ledger_plan_t *plan, int32_t outcome)
{
    for (int32_t f = 0; f < plan->n_floors; f++)
        if (plan->model->cells[plan->floors[f].how.account.cell].outcome == outcome) return f;
    return MODEL_NONE;
}

/* The flows of a profile are a part of the floor. */
static popgx_err_t add_part(ledger_floor_t *floor, int32_t discount)
{
    for (int32_t p = 0; p < floor->n_parts; p++)
        if (floor->part[p] == discount) return POPGX_OK;
    int32_t *part = realloc(floor->part, (size_t)(floor->n_parts + 1) * sizeof *part);
    if (!part) return FAIL(NOMEM, "no memory for the payoffs of the model");
    floor->part = part;
    floor->part[floor->n_parts++] = discount;
    return POPGX_OK;
}

static popgx_err_t make_rate(ledger_plan_t *plan, int32_t cell, int32_t profile, const char *why, ledger_rate_t *rate)
{
    popgx_err_t err = POPGX_OK;
    const model_t *m = plan->model;
    const model_outcome_t *outcome = &m->outcomes[m->cells[cell].outcome];

    *rate = (ledger_rate_t){.account = account(m, cell, why), .floor = find_floor(plan, m->cells[cell].outcome)};
    rate->scale = m->settings.cycle.minutes > 0     ? -outcome->per_unit * m->settings.cycle.minutes
                  : outcome->flow_discount == 0 || outcome->flow_course.count ? -outcome->per_unit
                                                                              : outcome->per_unit / outcome->flow_discount;
    if (profile) rate->scale = -fabs(rate->scale);
    TRY(find_discount(plan, outcome->flow_discount, outcome->flow_course, profile, true, &rate->discount));
    rate->account.discount = rate->discount;
    if (profile && rate->floor != MODEL_NONE) TRY(add_part(&plan->floors[rate->floor], rate->discount));
out:
    return err;
}

/* A lookup of `table` under `condition` that makes use of what is known of everybody. */
static popgx_err_t make_lookup(builder_t *b, model_span_t condition, const model_table_t *table, model_formula_t formula,
                               ledger_lookup_t *lookup)
{
    popgx_err_t err = POPGX_OK;
    ledger_plan_t *plan = b->plan;
    const model_t *m = plan->model;

    *lookup = (ledger_lookup_t){.terms.first = plan->n_terms, .axes.first = plan->n_axes, .first = table->first, .formula = formula};
    for (int32_t i = 0; i < condition.count && !lookup->is_zero; i++) {
        const model_term_t *term = &m->terms[condition.first + i];
        INVARIANT(m->slots[term->slot].kind != SLOT_OBSERVATION, "a payoff depends on slot %d, which is an observation", term->slot);
        if (b->known[term->slot] == UNKNOWN) APPEND(plan, terms, *term);
        else lookup->is_zero = !(term->levels >> b->known[term->slot] & 1);
    }
    if (lookup->is_zero) plan->n_terms = lookup->terms.first;
    for (int32_t i = 0; i < table->axes.count && !lookup->is_zero; i++) {
        const model_axis_t *axis = &m->axes[table->axes.first + i];
        INVARIANT(m->slots[axis->slot].kind != SLOT_OBSERVATION, "a payoff depends on slot %d, which is an observation", axis->slot);
        if (b->known[axis->slot] == UNKNOWN) APPEND(plan, axes, *axis);
        else lookup->first += b->known[axis->slot] * axis->stride;
    }
    lookup->terms.count = plan->n_terms - lookup->terms.first;
    lookup->axes.count = plan->n_axes - lookup->axes.first;
out:
    return err;
}

/* The rate has its place among those of which the least counts. */
static void add_value(ledger_floor_t *floor, double rate)
{
    int32_t k = 0, n = floor->n_values;

    while (k < n && floor->value[k] < rate) k++;
    if (rate == 0 || (k < n && floor->value[k] == rate) || n == MODEL_MOST_MINIMA) return;
    for (int32_t i = n; i > k; i--) floor->value[i] = floor->value[i - 1];
    floor->value[k] = rate;
    floor->n_values++;
}

/* A floor sums rates on a grid: finds those that do not fit before anything is simulated. */
static popgx_err_t check_floored(ledger_plan_t *plan, const model_table_t *table, const ledger_rate_t *how)
{
    const model_t *m = plan->model;
    ledger_floor_t *floor = &plan->floors[how->floor];
    int32_t rows = 1;
    for (int32_t i = 0; i < table->axes.count; i++) {
        const model_axis_t *axis = &m->axes[table->axes.first + i];
        rows += (m->slots[axis->slot].level_names.count - 1) * axis->stride;
    }
    for (int32_t r = 0; r < rows; r++) {
        double rate = m->reals[table->first + r];
        if (floor->combine == COMBINE_MINIMUM) add_value(floor, rate);
        if (!ledger_floor_holds(floor, rate))
            return FAIL(RANGE, "%s (%s): a rate of %g does not fit an outcome with a floor or a combination: it must be below %g%s",
                        model_text(m, m->cells[how->account.cell].name), how->account.why, rate,
                        EXACT_LIMIT / (double)(1ll << LEDGER_FLOOR_BITS), floor->combine == COMBINE_MULTIPLY ? " and not below 0"
                        : floor->combine == COMBINE_MINIMUM ? ", and of at most 12 different ones can the least count" : "");
    }
    return POPGX_OK;
}

/* ---- what is known ---- */

static void know_nothing(builder_t *b)
{
    for (int32_t s = 0; s < b->plan->model->n_slots; s++) b->known[s] = UNKNOWN;
}

static void know_effects(builder_t *b, model_span_t effects)
{
    know_nothing(b);
    for (int32_t i = 0; i < effects.count; i++) {
        const model_effect_t *effect = &b->plan->model->effects[effects.first + i];
        b->known[effect->slot] = effect->level;
    }
}

/* ---- floors and flows ---- */

static popgx_err_t make_floors(ledger_plan_t *plan)
{
    popgx_err_t err = POPGX_OK;
    const model_t *m = plan->model;

    for (int32_t o = 0; o < m->n_outcomes; o++) {
        const model_outcome_t *outcome = &m->outcomes[o];
        ledger_floor_t floor;
        if (outcome->floor_cell == MODEL_NONE) continue;
        floor = (ledger_floor_t){.level = INT64_MIN, .cap = INT64_MAX, .combine = outcome->combine};
        if ((isfinite(outcome->floor) && !exact_fits(outcome->floor, LEDGER_FLOOR_BITS)) || (isfinite(outcome->cap) && !exact_fits(outcome->cap, LEDGER_FLOOR_BITS)))
            return FAIL(RANGE, "the floor of %s is %g and its cap %g, which is too large", model_text(m, outcome->name), outcome->floor, outcome->cap);
        TRY(make_rate(plan, outcome->floor_cell, 0, model_text(m, m->cells[outcome->floor_cell].name), &floor.how));
        floor.how.floor = plan->n_floors;
        if (isfinite(outcome->floor)) floor.level = exact_round(outcome->floor, LEDGER_FLOOR_BITS);
        if (isfinite(outcome->cap)) floor.cap = exact_round(outcome->cap, LEDGER_FLOOR_BITS);
        APPEND(plan, floors, floor);
    }
out:
    return err;
}

/* "while drug: standard or alternate, harm: none" */
static char *describe(const model_t *m, model_span_t condition)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out) return NULL;
    fputs(condition.count ? "while " : "while alive", out);
    for (int32_t i = 0; i < condition.count; i++) {
        const model_term_t *term = &m->terms[condition.first + i];
        const char *before = ": ";
        fprintf(out, "%s%s", i ? ", " : "", model_text(m, m->slots[term->slot].name));
        for (int32_t l = 0; l < m->slots[term->slot].level_names.count; l++) {
            if (!(term->levels >> l & 1)) continue;
            fprintf(out, "%s%s", before, model_level_name(m, term->slot, l));
            before = " or ";
        }
    }
    if (fclose(out) == 0) return text;
    free(text);
    return NULL;
}

static bool needs_death(const model_t *m, const model_flow_t *flow)
{
    for (int32_t i = 0; i < flow->condition.count; i++) {
        const model_term_t *term = &m->terms[flow->condition.first + i];
        if (term->slot == m->settings.life && !(term->levels >> LIFE_ALIVE & 1)) return true;
    }
    return false;
}

static popgx_err_t make_flows(builder_t *b)
{
    popgx_err_t err = POPGX_OK;
    ledger_plan_t *plan = b->plan;
    const model_t *m = plan->model;

    plan->texts = calloc((size_t)m->n_flows + 1, sizeof *plan->texts);
    if (!plan->texts) return FAIL(NOMEM, "no memory for the payoffs of the model");
    for (int32_t f = 0; f < m->n_flows; f++) {
        ledger_rate_t rate;
        b->flow_of[f] = MODEL_NONE;
        if (needs_death(m, &m->flows[f])) continue;
        char *text = plan->texts[plan->n_flows] = describe(m, m->flows[f].condition);
        if (!text) return FAIL(NOMEM, "no memory for the payoffs of the model");
        TRY(make_rate(plan, m->flows[f].cell, m->flows[f].profile, text, &rate));
        if (rate.floor != MODEL_NONE) TRY(check_floored(plan, &m->flows[f].rate, &rate));
        b->flow_of[f] = plan->n_flows;
        APPEND(plan, flows, rate);
    }
out:
    return err;
}

static popgx_err_t touch(builder_t *b, int32_t f)
{
    popgx_err_t err = POPGX_OK;
    const model_flow_t *flow = &b->plan->model->flows[f];
    ledger_touch_t t = {.flow = b->flow_of[f]};

    TRY(make_lookup(b, flow->condition, &flow->rate, flow->formula, &t.rate));
    APPEND(b->plan, touches, t);
out:
    return err;
}

/* Whether what the moment changes (b->slots other than `life`, b->registers) is looked at by the flow. */
static bool is_touched(const builder_t *b, const model_flow_t *flow)
{
    const model_t *m = b->plan->model;

    for (int32_t t = 0; t < flow->condition.count; t++)
        if (b->slots[m->terms[flow->condition.first + t].slot]) return true;
    for (int32_t a = 0; a < flow->rate.axes.count; a++)
        if (b->slots[m->axes[flow->rate.axes.first + a].slot]) return true;
    return registers_is_read(m, flow->formula, b->slots, b->registers);
}

static popgx_err_t make_entry(builder_t *b)
{
    popgx_err_t err = POPGX_OK;
    const model_t *m = b->plan->model;

    b->plan->entry.first = b->plan->n_touches;
    know_nothing(b);
    for (int32_t s = 0; s < m->settings.n_processes; s++)
        b->known[m->settings.n_attributes + s] = m->slots[m->settings.n_attributes + s].initial;
    b->known[m->settings.life] = LIFE_ALIVE;
    for (int32_t f = 0; f < m->n_flows; f++)
        if (b->flow_of[f] != MODEL_NONE) TRY(touch(b, f));
    b->plan->entry.count = b->plan->n_touches - b->plan->entry.first;
out:
    return err;
}

/* ---- moments ---- */

static popgx_err_t make_touches(builder_t *b, int32_t index, ledger_moment_t *moment)
{
    popgx_err_t err = POPGX_OK;
    const model_t *m = b->plan->model;

    moment->touches.first = b->plan->n_touches;
    know_effects(b, moment->effects);
    b->known[m->settings.life] = LIFE_ALIVE;
    memset(b->slots, 0, (size_t)m->n_slots * sizeof *b->slots);
    memset(b->registers, 0, (size_t)m->n_registers * sizeof *b->registers);
    registers_mark_changes(m, index, b->slots, b->registers);
    b->slots[m->settings.life] = false;
    for (int32_t f = 0; f < m->n_flows; f++) {
        if (b->flow_of[f] == MODEL_NONE || !is_touched(b, &m->flows[f])) continue;
        TRY(touch(b, f));
        moment->discounts |= 1ull << b->plan->flows[b->flow_of[f]].discount;
    }
    moment->touches.count = b->plan->n_touches - moment->touches.first;
out:
    return err;
}

static popgx_err_t make_lumps(builder_t *b, int32_t index, ledger_moment_t *moment)
{
    popgx_err_t err = POPGX_OK;
    const model_t *m = b->plan->model;

    moment->lumps.first = b->plan->n_lumps;
    for (int32_t i = 0; i < m->n_lumps; i++) {
        const model_lump_t *from = &m->lumps[i];
        if (from->moment != index) continue;
        ledger_lump_t lump = {.variation = from->variation, .account = account(m, from->cell, model_text(m, m->moments[index].name))};
        const model_outcome_t *outcome = &m->outcomes[m->cells[from->cell].outcome];
        TRY(find_discount(b->plan, outcome->lump_discount, outcome->lump_course, 0, false, &lump.discount));
        TRY(make_lookup(b, (model_span_t){0}, &from->amount, from->formula, &lump.amount));
        moment->discounts |= 1ull << lump.discount;
        APPEND(b->plan, lumps, lump);
    }
    moment->lumps.count = b->plan->n_lumps - moment->lumps.first;
out:
    return err;
}

static popgx_err_t make_spells(builder_t *b, int32_t index, ledger_moment_t *moment, int32_t *spell_of)
{
    popgx_err_t err = POPGX_OK;
    const model_t *m = b->plan->model;

    moment->spells.first = b->plan->n_spells;
    for (int32_t i = 0; i < m->n_spells; i++) {
        const model_spell_t *from = &m->spells[i];
        if (from->moment != index) continue;
        ledger_spell_t spell = {.minutes = from->minutes, .variation = from->variation, .repeats = from->repeats, .is_paid_on = from->is_paid_on,
                                .is_tracked = from->until.count > 0 || from->repeats != REPEAT_STACK};
        TRY(make_rate(b->plan, from->cell, 0, model_text(m, m->moments[index].name), &spell.how));
        if (spell.how.floor != MODEL_NONE) TRY(check_floored(b->plan, &from->rate, &spell.how));
        TRY(make_lookup(b, (model_span_t){0}, &from->rate, from->formula, &spell.rate));
        moment->discounts |= 1ull << spell.how.discount;
        spell_of[i] = b->plan->n_spells;
        APPEND(b->plan, spells, spell);
    }
    moment->spells.count = b->plan->n_spells - moment->spells.first;
out:
    return err;
}

static popgx_err_t make_renewals(builder_t *b, int32_t index, ledger_moment_t *moment)
{
    popgx_err_t err = POPGX_OK;
    ledger_plan_t *plan = b->plan;

    moment->renewals.first = plan->n_renewals;
    for (int32_t d = 0; d < plan->n_discounts; d++) {
        if (plan->discounts[d].profile && profile_starts(plan->model, &plan->model->profiles[plan->discounts[d].profile - 1], index)) APPEND(plan, renewals, d);
    }
    moment->renewals.count = plan->n_renewals - moment->renewals.first;
out:
    return err;
}

static popgx_err_t make_ends(ledger_plan_t *plan, const int32_t *spell_of)
{
    const model_t *m = plan->model;

    plan->ends = calloc((size_t)m->n_moments * (size_t)plan->n_spells + 1, sizeof *plan->ends);
    if (!plan->ends) return FAIL(NOMEM, "no memory for the payoffs of the model");
    for (int32_t i = 0; i < m->n_spells; i++)
        for (int32_t u = 0; u < m->spells[i].until.count; u++) {
            int32_t moment = m->indices[m->spells[i].until.first + u];
            plan->moments[moment].ends_spells = true;
            plan->ends[(size_t)moment * (size_t)plan->n_spells + (size_t)spell_of[i]] = true;
        }
    return POPGX_OK;
}

/* Death ends everything, and what a strategy does to everybody at entry it does not do again. */
static void find_single(ledger_plan_t *plan)
{
    const model_t *m = plan->model;

    for (int32_t i = 0; i < m->n_moments; i++) {
        const model_span_t effects = m->moments[i].effects;
        for (int32_t e = effects.first; e < effects.first + effects.count; e++)
            plan->moments[i].happens_once |= m->effects[e].slot == m->settings.life && m->effects[e].level == LIFE_DEAD;
    }
    for (int32_t s = 0; s < m->n_strategies; s++)
        for (int32_t k = 0; k < model_count_at_entry(m, s); k++) plan->moments[model_at_entry(m, s, k)].happens_once = true;
}

static popgx_err_t make_moments(builder_t *b)
{
    popgx_err_t err = POPGX_OK;
    const model_t *m = b->plan->model;
    int32_t *spell_of = calloc((size_t)m->n_spells + 1, sizeof *spell_of);

    b->plan->moments = calloc((size_t)m->n_moments + 1, sizeof *b->plan->moments);
    if (!spell_of || !b->plan->moments) {
        err = FAIL(NOMEM, "no memory for the payoffs of the model");
        goto out;
    }
    for (int32_t i = 0; i < m->n_moments; i++) {
        ledger_moment_t *moment = &b->plan->moments[i];
        moment->effects = m->moments[i].effects;
        TRY(make_renewals(b, i, moment));
        TRY(make_touches(b, i, moment));
        know_effects(b, moment->effects);
        TRY(make_lumps(b, i, moment));
        TRY(make_spells(b, i, moment, spell_of));
    }
    TRY(make_ends(b->plan, spell_of));
    find_single(b->plan);
out:
    free(spell_of);
    return err;
}

/* Finds the flows that are switches: see ledger_rate_t. A rate of 0 is like being off. */
static void find_switches(ledger_plan_t *plan)
{
    for (int32_t f = 0; f < plan->n_flows; f++)
        plan->flows[f].is_switch = plan->flows[f].floor == MODEL_NONE && plan->discounts[plan->flows[f].discount].clock == MODEL_NONE;
    for (int32_t i = 0; i < plan->n_touches; i++) {
        const ledger_lookup_t *lookup = &plan->touches[i].rate;
        const bool is_at_entry = i >= plan->entry.first && i < plan->entry.first + plan->entry.count;
        const bool is_constant = lookup->is_zero || (!lookup->formula && lookup->axes.count == 0 && (is_at_entry || lookup->terms.count == 0));
        const double rate = lookup->is_zero ? 0 : plan->model->reals[lookup->first];
        ledger_rate_t *flow = &plan->flows[plan->touches[i].flow];
        flow->is_switch &= is_constant && (rate == 0 || flow->rate == 0 || rate == flow->rate);
        if (rate != 0) flow->rate = rate;
    }
}

popgx_err_t ledger_plan_init(ledger_plan_t *plan, const model_t *model)
{
    popgx_err_t err = POPGX_OK;
    builder_t b = {.plan = plan};

    *plan = (ledger_plan_t){.model = model};
    b.known = calloc((size_t)model->n_slots + 1, sizeof *b.known);
    b.flow_of = calloc((size_t)model->n_flows + 1, sizeof *b.flow_of);
    b.slots = calloc((size_t)model->n_slots + 1, sizeof *b.slots);
    b.registers = calloc((size_t)model->n_registers + 1, sizeof *b.registers);
    if (!b.known || !b.flow_of || !b.slots || !b.registers) {
        err = FAIL(NOMEM, "no memory for the payoffs of the model");
        goto out;
    }
    TRY(make_floors(plan));
    TRY(make_flows(&b));
    TRY(make_entry(&b));
    TRY(make_moments(&b));
    find_switches(plan);
    TRY(ledger_plan_stays(plan, b.flow_of));
out:
    free(b.known);
    free(b.flow_of);
    free(b.slots);
    free(b.registers);
    return err;
}

void ledger_plan_release(ledger_plan_t *plan)
{
    if (plan->texts)
        for (int32_t f = 0; plan->texts[f]; f++) free(plan->texts[f]);
    free(plan->texts);
    free(plan->flows);
    for (int32_t d = 0; d < plan->n_discounts; d++) free(plan->discounts[d].before);
    free(plan->discounts);
    for (int32_t f = 0; f < plan->n_floors; f++) free(plan->floors[f].part);
    free(plan->floors);
    free(plan->touches);
    free(plan->lumps);
    free(plan->spells);
    free(plan->renewals);
    free(plan->terms);
    free(plan->axes);
    free(plan->stays);
    free(plan->stay_rates);
    free(plan->moments);
    free(plan->ends);
    *plan = (ledger_plan_t){0};
}
