/*
 * Replays a block's records on the processes and bills them. Owns the columns of a block; the plan says what a moment
 * touches, posting.c rounds and books, temporary.c and floors.c keep what cannot be booked at once.
 *
 * Everything is done a run at a time: a run's numbers are looked up, discounted and posted in short loops over its
 * people, without a decision per record about what kind of payoff it is. The largest loop is the last one: what is
 * still flowing is closed for everybody at the end of their time.
 */
#include "ledger/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/ledger_state.h"

/* One run of the trajectory. */
typedef struct {
    int32_t moment;
    size_t n;
    const int32_t *person, *minute;
    const trajectory_run_t *move; /* what is told of it, or NULL */
} run_t;

/* ---- memory ---- */

static popgx_err_t allocate(ledger_t *l)
{
    const model_t *m = l->model;
    const ledger_plan_t *plan = &l->plan;
    bool is_short = false;

#define COLUMNS(field, how_many, length)                                                                       \
    (is_short |= !(l->field = calloc((size_t)(how_many) * (length) + 1, sizeof *l->field)))
    COLUMNS(level, m->n_slots, 1);
    COLUMNS(state, m->settings.n_processes, l->capacity);
    COLUMNS(cell, m->n_cells, l->capacity);
    COLUMNS(rate, plan->n_flows, l->capacity);
    COLUMNS(from, plan->n_flows, l->capacity);
    COLUMNS(events, m->n_moments, 1);
    COLUMNS(events_squared, m->n_moments, 1);
    COLUMNS(count, m->n_moments, l->capacity);
    COLUMNS(is_counted, m->n_moments, 1);
    COLUMNS(open, plan->n_spells ? LEDGER_MAX_OPEN : 0, l->capacity);
    COLUMNS(n_open, 1, l->capacity);
    COLUMNS(watches, plan->n_floors, 1);
    COLUMNS(factor, plan->n_discounts, l->capacity);
    COLUMNS(number, 1, l->capacity);
    COLUMNS(amount, 1, l->capacity);
    COLUMNS(factor_at_stop, 1, l->capacity);
    COLUMNS(luck, 1, m->n_variations ? l->capacity : 0);
    COLUMNS(origin, plan->n_clocks, l->capacity);
    COLUMNS(gathered, plan->n_clocks, l->capacity);
    COLUMNS(drawn, m->n_variations, l->capacity);
    COLUMNS(row, 1, l->capacity);
    COLUMNS(start, 1, l->capacity + COMPACTION_ROOM);
    COLUMNS(stop, 1, l->capacity + COMPACTION_ROOM);
    COLUMNS(everybody, 1, l->capacity);
    COLUMNS(left, 1, l->capacity);
    COLUMNS(cell_columns, m->n_cells, 1);
    COLUMNS(state_columns, m->settings.n_processes, 1);
    for (int32_t f = 0; l->watches && f < plan->n_floors; f++) {
        COLUMNS(watches[f].sum, 1, l->capacity);
        COLUMNS(watches[f].held, 1, l->capacity);
        COLUMNS(watches[f].code, 1, l->capacity);
        COLUMNS(watches[f].held_code, 1, l->capacity);
        COLUMNS(watches[f].part, plan->floors[f].n_parts, l->capacity);
        COLUMNS(watches[f].held_part, plan->floors[f].n_parts, l->capacity);
        COLUMNS(watches[f].since, 1, l->capacity);
        COLUMNS(watches[f].changed, 1, l->capacity);
        COLUMNS(watches[f].next, 1, l->capacity);
    }
#undef COLUMNS
    return is_short ? FAIL(NOMEM, "no memory for the bills of %zu people", l->capacity) : POPGX_OK;
}

popgx_err_t ledger_new(const model_t *model, size_t capacity, ledger_t **out)
{
    popgx_err_t err = POPGX_OK;
    ledger_t *l = *out = calloc(1, sizeof *l);

    if (!l) return FAIL(NOMEM, "no memory for a ledger");
    l->model = model;
    l->capacity = capacity;
    l->kernels = kernels();
    TRY(ledger_plan_init(&l->plan, model));
    TRY(allocate(l));
    TRY(registers_init(&l->registers, model, capacity));
    for (size_t i = 0; i < capacity; i++) l->everybody[i] = (int32_t)i;
    for (int32_t c = 0; c < model->n_cells; c++) l->cell_columns[c] = l->cell + (size_t)c * capacity;
    for (int32_t s = 0; s < model->settings.n_processes; s++) {
        l->state_columns[s] = l->state + (size_t)s * capacity;
        l->level[model->settings.n_attributes + s] = l->state_columns[s];
    }
    if (model->settings.report.kinds & REPORT_YEARS) TRY(ledger_years_new(l, &l->years));
    for (int32_t d = 0; d < model->n_derived; d++) l->level[model->n_slots - model->n_derived + d] = l->registers.derived[d];
out:
    if (err) {
        ledger_free(l);
        *out = NULL;
    }
    return err;
}

void ledger_free(ledger_t *l)
{
    if (!l) return;
    for (int32_t f = 0; l->watches && f < l->plan.n_floors; f++) {
        free(l->watches[f].sum);
        free(l->watches[f].held);
        free(l->watches[f].code);
        free(l->watches[f].held_code);
        free(l->watches[f].part);
        free(l->watches[f].held_part);
        free(l->watches[f].since);
        free(l->watches[f].changed);
        free(l->watches[f].next);
    }
    ledger_years_free(l->years);
    ledger_plan_release(&l->plan);
    registers_release(&l->registers);
    free(l->level);
    free(l->state);
    free(l->cell);
    free(l->rate);
    free(l->from);
    free(l->since);
    free(l->events);
    free(l->events_squared);
    free(l->count);
    free(l->is_counted);
    free(l->open);
    free(l->n_open);
    free(l->watches);
    free(l->factor);
    free(l->number);
    free(l->amount);
    free(l->factor_at_stop);
    free(l->luck);
    free(l->drawn);
    free(l->origin);
    free(l->gathered);
    free(l->row);
    free(l->start);
    free(l->stop);
    free(l->everybody);
    free(l->left);
    free(l->cell_columns);
    free(l->state_columns);
    free(l);
}

void ledger_observe(ledger_t *l, ledger_observer_t observer, void *context)
{
    l->observer = observer;
    l->context = context;
}

/* ---- what a run finds ---- */

static double *factor_column(const ledger_t *l, int32_t discount) { return l->factor + (size_t)discount * l->capacity; }

static void discount_run(ledger_t *l, uint64_t discounts, size_t n, const int32_t *person, const int32_t *minute)
{
    for (int32_t d = 0; d < l->plan.n_discounts; d++)
        if (discounts >> d & 1) ledger_discount(l, d, n, person, minute, factor_column(l, d));
}

/* Whether the number is the same for everybody, now and later. */
static bool is_constant(const ledger_lookup_t *lookup)
{
    return lookup->is_zero || (!lookup->formula && lookup->axes.count == 0 && lookup->terms.count == 0);
}

static double constant_of(const ledger_t *l, const ledger_lookup_t *lookup) { return lookup->is_zero ? 0 : l->model->reals[lookup->first]; }

/* number[k] of person[k], as their levels are now, at minute[k] (NULL where nothing depends on it). */
static void look_up(ledger_t *l, const ledger_lookup_t *lookup, size_t n, const int32_t *restrict person, const int32_t *minute,
                    double *restrict number)
{
    const double *reals = l->model->reals + lookup->first;
    int32_t *restrict row = l->row;

    if (lookup->formula && !lookup->is_zero) {
        program_run(l->kernels, l->model, lookup->formula, &l->registers.inputs, (int32_t)n, person, minute, number);
    } else if (lookup->is_zero || lookup->axes.count == 0) {
        const double constant = lookup->is_zero ? 0 : reals[0];
        for (size_t k = 0; k < n; k++) number[k] = constant;
    } else {
        memset(row, 0, n * sizeof *row);
        for (int32_t a = 0; a < lookup->axes.count; a++) {
            const model_axis_t *axis = &l->plan.axes[lookup->axes.first + a];
            const uint8_t *restrict level = l->level[axis->slot];
            for (size_t k = 0; k < n; k++) row[k] += level[person[k]] * axis->stride;
        }
        for (size_t k = 0; k < n; k++) number[k] = reals[row[k]];
    }
    for (int32_t t = 0; t < lookup->terms.count; t++) {
        const model_term_t *term = &l->plan.terms[lookup->terms.first + t];
        const uint8_t *restrict level = l->level[term->slot];
        const uint64_t levels = term->levels;
        for (size_t k = 0; k < n; k++) number[k] = levels >> level[person[k]] & 1 ? number[k] : 0;
    }
}

/* A floor sums rates on a grid; those of tables were checked when the plan was made, unless they vary. */
static popgx_err_t check_floored(const ledger_t *l, const ledger_rate_t *how, bool is_open, size_t n, const int32_t *person,
                                 const double *rate)
{
    for (size_t k = 0; is_open && k < n; k++)
        if (!ledger_floor_holds(&l->plan.floors[how->floor], rate[k]))
            return FAIL(RANGE, "person %llu: %s (%s): a rate of %g is not finite, too large, or cannot be combined, for an outcome with a floor or a combination",
                        (unsigned long long)(l->people->first_id + (size_t)person[k]), model_text(l->model, l->model->cells[how->account.cell].name),
                        how->account.why, rate[k]);
    return POPGX_OK;
}

/* Returns the state of the told process into which people come, and notes those in which they were; or MODEL_NONE, if they stay or are not to be found. */
static int32_t take_effects(ledger_t *l, const run_t *run)
{
    const model_span_t effects = l->plan.moments[run->moment].effects;
    int32_t entered = MODEL_NONE;

    for (int32_t e = 0; e < effects.count; e++) {
        const model_effect_t *effect = &l->model->effects[effects.first + e];
        uint8_t *restrict state = l->state + (size_t)(effect->slot - l->model->settings.n_attributes) * l->capacity;
        const int32_t *restrict person = run->person;
        int32_t *restrict left = l->left;
        const uint8_t level = (uint8_t)effect->level;
        const bool is_noted = l->is_found && effect->slot == l->told && entered == MODEL_NONE;
        for (size_t k = 0; k < run->n; k++) {
            if (is_noted) left[k] = state[person[k]];
            state[person[k]] = level;
        }
        if (l->is_found && effect->slot == l->told) entered = level;
    }
    return entered;
}

static void count_run(ledger_t *l, const run_t *run)
{
    l->events[run->moment] += (int64_t)run->n;
    if (l->plan.moments[run->moment].happens_once) {
        l->events_squared[run->moment] += (int64_t)run->n;
        return;
    }
    if (run->move) { /* (c + 1)^2 - c^2 = 2 c + 1 */
        l->events_squared[run->moment] += 2 * run->move->earlier + (int64_t)run->n;
        return;
    }
    l->is_counted[run->moment] = true;
    l->events_squared[run->moment] += l->kernels->count_up((int32_t)run->n, run->person, l->count + (size_t)run->moment * l->capacity);
}

/* ---- flows ---- */

/* For whoever observes: since when the rates flowed that are about to change. */
static void mark_starts(ledger_t *l, const run_t *run, int32_t flow, const double *next)
{
    const double *rate = l->rate + (size_t)flow * l->capacity;
    int32_t *since = l->since + (size_t)flow * l->capacity;

    for (size_t k = 0; k < run->n; k++) {
        l->start[k] = since[run->person[k]];
        if (next[k] != rate[run->person[k]]) since[run->person[k]] = run->minute[k];
    }
}

static popgx_err_t move_floor(ledger_t *l, const run_t *run, int32_t flow, const double *next)
{
    popgx_err_t err = POPGX_OK;
    const double *rate = l->rate + (size_t)flow * l->capacity;

    for (size_t k = 0; k < run->n; k++) {
        size_t p = (size_t)run->person[k];
        if (next[k] != rate[p]) TRY(ledger_floor_change(l, &l->plan.flows[flow], p, run->minute[k], rate[p], next[k]));
    }
out:
    return err;
}

/* Where a flow's rate changes, posts what flowed so far. */
static popgx_err_t touch_flow(ledger_t *l, const run_t *run, const ledger_touch_t *touch)
{
    popgx_err_t err = POPGX_OK;
    const ledger_rate_t *how = &l->plan.flows[touch->flow];
    const size_t column = (size_t)touch->flow * l->capacity;

    if (ledger_is_stay(l, touch->flow)) return POPGX_OK;
    if (ledger_is_switch(l, touch->flow)) {
        const bool is_on = !touch->rate.is_zero && l->model->reals[touch->rate.first] != 0;
        const bool is_entry = l->told != MODEL_NONE && !l->is_found && !run->move; /* whatever comes later is told */
        if (!is_entry) return ledger_switch_turn(l, touch->flow, is_on, run->n, run->person, run->minute, factor_column(l, how->discount));
        ledger_switch_begin(l, touch->flow, is_on, run->n, run->person);
        return POPGX_OK;
    }
    look_up(l, &touch->rate, run->n, run->person, run->minute, l->number);
    if (how->floor != MODEL_NONE) TRY(check_floored(l, how, touch->rate.formula, run->n, run->person, l->number));
    if (how->floor != MODEL_NONE) TRY(move_floor(l, run, touch->flow, l->number));
    if (ledger_is_watched(l)) mark_starts(l, run, touch->flow, l->number);
    if (l->kernels->change_rates((int32_t)run->n, run->person, l->number, factor_column(l, how->discount), how->scale, l->rate + column,
                                 l->from + column, l->amount))
        TRY(ledger_post_run(l, &how->account, run->n, run->person, l->amount, l->start, run->minute));
out:
    return err;
}

static popgx_err_t open_flows(ledger_t *l)
{
    popgx_err_t err = POPGX_OK;
    const size_t n = l->people->n;

    for (int32_t i = 0; i < l->plan.entry.count; i++) {
        const ledger_touch_t *touch = &l->plan.touches[l->plan.entry.first + i];
        const ledger_rate_t *how = &l->plan.flows[touch->flow];
        double *rate = l->rate + (size_t)touch->flow * l->capacity, *from = l->from + (size_t)touch->flow * l->capacity;
        const double start = ledger_discount_at(l, how->discount, 0);

        if (ledger_is_stay(l, touch->flow)) continue;
        if (ledger_is_switch(l, touch->flow) && is_constant(&touch->rate)) {
            const double since = constant_of(l, &touch->rate) != 0 ? start : -1;
            for (size_t p = 0; p < n; p++) from[p] = since;
            continue;
        }
        look_up(l, &touch->rate, n, l->everybody, NULL, rate);
        if (ledger_is_switch(l, touch->flow)) {
            ledger_switch_open(l, touch->flow, rate, start);
            continue;
        }
        for (size_t p = 0; p < n; p++) from[p] = start;
        if (how->floor == MODEL_NONE) continue;
        TRY(check_floored(l, how, touch->rate.formula, n, l->everybody, rate));
        for (size_t p = 0; p < n; p++) TRY(ledger_floor_change(l, how, p, 0, 0, rate[p]));
    }
    if (l->told != MODEL_NONE) ledger_stays_open(l);
out:
    return err;
}

static popgx_err_t close_flows(ledger_t *l)
{
    popgx_err_t err = POPGX_OK;
    const size_t n = l->people->n;
    uint64_t needed = 0;

    for (int32_t f = 0; f < l->plan.n_flows; f++) needed |= 1ull << l->plan.flows[f].discount;
    discount_run(l, needed, n, l->everybody, l->end);
    for (int32_t f = 0; f < l->plan.n_flows; f++) {
        const double *at_end = factor_column(l, l->plan.flows[f].discount);
        if (ledger_is_stay(l, f)) continue;
        TRY(ledger_is_switch(l, f) ? ledger_switch_close(l, f, at_end) : ledger_post_flow(l, f, at_end));
    }
    if (l->told != MODEL_NONE) ledger_stays_close(l);
out:
    return err;
}

/* ---- lumps and spells ---- */

static popgx_err_t post_lump(ledger_t *l, const run_t *run, const ledger_lump_t *lump)
{
    const double *restrict factor = factor_column(l, lump->discount), *restrict number = l->number;
    double *restrict amount = l->amount;
    kernel_fit_t fit;

    if (is_constant(&lump->amount) && !lump->variation && !ledger_is_watched(l)) {
        l->kernels->post_lump((int32_t)run->n, run->person, constant_of(l, &lump->amount), factor, lump->account.bits, amount,
                              l->cell + (size_t)lump->account.cell * l->capacity, &fit);
        return ledger_check_fit(l, &lump->account, &fit, run->n, run->person, amount, run->minute);
    }
    look_up(l, &lump->amount, run->n, run->person, run->minute, l->number);
    ledger_vary(l, lump->variation, run->n, run->person, l->number);
    for (size_t k = 0; k < run->n; k++) amount[k] = number[k] * factor[k];
    return ledger_post_run(l, &lump->account, run->n, run->person, amount, NULL, run->minute);
}

/* A spell of which all is known when it begins. */
static popgx_err_t post_spell(ledger_t *l, const run_t *run, const ledger_spell_t *spell)
{
    const double *restrict now = factor_column(l, spell->how.discount), *restrict then = l->factor_at_stop;
    const double *restrict rate = l->number, scale = spell->how.scale;
    double *restrict amount = l->amount;

    for (size_t k = 0; k < run->n; k++)
        l->stop[k] = ledger_stop(spell, run->minute[k], l->end[run->person[k]], l->model->settings.horizon);
    ledger_discount(l, spell->how.discount, run->n, run->person, l->stop, l->factor_at_stop);
    for (size_t k = 0; k < run->n; k++) amount[k] = rate[k] * (scale * (now[k] - then[k]));
    return ledger_post_run(l, &spell->how.account, run->n, run->person, amount, run->minute, l->stop);
}

static popgx_err_t track_spell(ledger_t *l, const run_t *run, int32_t index)
{
    popgx_err_t err = POPGX_OK;
    const double *now = factor_column(l, l->plan.spells[index].how.discount);

    for (size_t k = 0; k < run->n; k++)
        TRY(ledger_open_spell(l, index, (size_t)run->person[k], run->minute[k], now[k], l->number[k]));
out:
    return err;
}

static popgx_err_t watch_spell(ledger_t *l, const run_t *run, int32_t index)
{
    popgx_err_t err = POPGX_OK;

    for (size_t k = 0; k < run->n; k++)
        TRY(ledger_watch_spell(l, index, (size_t)run->person[k], run->minute[k], l->number[k]));
out:
    return err;
}

static popgx_err_t start_spell(ledger_t *l, const run_t *run, int32_t index)
{
    popgx_err_t err = POPGX_OK;
    const ledger_spell_t *spell = &l->plan.spells[index];

    look_up(l, &spell->rate, run->n, run->person, run->minute, l->number);
    ledger_vary(l, spell->variation, run->n, run->person, l->number);
    if (spell->how.floor != MODEL_NONE) TRY(check_floored(l, &spell->how, spell->rate.formula || spell->variation, run->n, run->person, l->number));
    if (spell->is_tracked) return track_spell(l, run, index);
    TRY(post_spell(l, run, spell));
    if (spell->how.floor != MODEL_NONE) TRY(watch_spell(l, run, index));
out:
    return err;
}

static popgx_err_t end_spells(ledger_t *l, const run_t *run)
{
    popgx_err_t err = POPGX_OK;
    for (size_t k = 0; k < run->n; k++)
        if (l->n_open[run->person[k]]) TRY(ledger_end_spells(l, run->moment, (size_t)run->person[k], run->minute[k]));
out:
    return err;
}

static popgx_err_t close_spells(ledger_t *l)
{
    popgx_err_t err = POPGX_OK;
    for (size_t i = 0; i < l->people->n; i++)
        if (l->n_open[i]) TRY(ledger_close_spells(l, i));
out:
    return err;
}

/* ---- a block ---- */

static popgx_err_t post_run(ledger_t *l, const run_t *run)
{
    popgx_err_t err = POPGX_OK;
    const ledger_moment_t *moment = &l->plan.moments[run->moment];

    count_run(l, run);
    for (int32_t i = 0; i < moment->renewals.count; i++)
        TRY(ledger_profile_renew(l, l->plan.renewals[moment->renewals.first + i], run->n, run->person, run->minute));
    const int32_t entered = take_effects(l, run);
    if (registers_are_touched(&l->registers, run->moment))
        registers_update(&l->registers, run->moment, (int32_t)run->n, run->person, run->minute);
    discount_run(l, moment->discounts, run->n, run->person, run->minute);
    if (run->move && l->told != MODEL_NONE) ledger_stays_move(l, run->move->left, run->move->entered, (int32_t)run->n, run->person);
    if (entered != MODEL_NONE && run->n > 0) ledger_stays_leave(l, l->left, entered, (int32_t)run->n, run->person);
    for (int32_t i = 0; i < moment->touches.count; i++) TRY(touch_flow(l, run, &l->plan.touches[moment->touches.first + i]));
    for (int32_t i = 0; i < moment->lumps.count; i++) TRY(post_lump(l, run, &l->plan.lumps[moment->lumps.first + i]));
    if (moment->ends_spells) TRY(end_spells(l, run));
    for (int32_t i = 0; i < moment->spells.count; i++) TRY(start_spell(l, run, moment->spells.first + i));
out:
    return err;
}

/* Everybody as they enter, with nothing billed. */
static popgx_err_t begin(ledger_t *l, const cohort_view_t *people, const int32_t *end)
{
    const model_t *m = l->model;
    const size_t n = people->n;

    l->people = people;
    l->end = end;
    for (int32_t a = 0; a < m->settings.n_attributes; a++) l->level[a] = people->level[a];
    for (int32_t s = 0; s < m->settings.n_processes; s++)
        memset(l->state + (size_t)s * l->capacity, m->slots[m->settings.n_attributes + s].initial, n);
    for (int32_t c = 0; c < m->n_cells; c++) memset(l->cell + (size_t)c * l->capacity, 0, n * sizeof *l->cell);
    for (int32_t i = 0; i < m->n_moments; i++) {
        if (l->is_counted[i]) memset(l->count + (size_t)i * l->capacity, 0, l->capacity * sizeof *l->count);
        l->is_counted[i] = false;
        l->events[i] = l->events_squared[i] = 0;
    }
    memset(l->n_open, 0, n);
    memset(l->drawn, 0, (size_t)m->n_variations * l->capacity * sizeof *l->drawn);
    if (ledger_is_watched(l) && !l->since && !(l->since = calloc((size_t)l->plan.n_flows * l->capacity + 1, sizeof *l->since)))
        return FAIL(NOMEM, "no memory to observe %zu people", l->capacity);
    if (ledger_is_watched(l)) memset(l->since, 0, (size_t)l->plan.n_flows * l->capacity * sizeof *l->since);
    if (l->years) ledger_years_begin(l);
    ledger_profiles_begin(l);
    ledger_floors_begin(l);
    registers_begin(&l->registers, l->level, people->number, (int32_t)n);
    return open_flows(l);
}

/* The bills of the block; the moves of process `told` are believed, or found. */
static popgx_err_t post_all(ledger_t *l, const cohort_view_t *people, const trajectory_t *trajectory, int32_t told)
{
    popgx_err_t err = POPGX_OK;
    size_t at = 0;

    l->told = told;
    l->is_found = trajectory->process == MODEL_NONE && told != MODEL_NONE;
    l->is_unfit = false;
    TRY(begin(l, people, trajectory->end));
    for (size_t r = 0; r < trajectory->n_runs; r++) {
        const trajectory_run_t *from = &trajectory->runs[r];
        run_t run = {.moment = from->moment, .n = (size_t)from->count, .person = trajectory->person + at,
                     .minute = trajectory->minute + at, .move = from->is_move ? from : NULL};
        at += run.n;
        TRY(post_run(l, &run));
    }
    TRY(ledger_floors_end(l));
    TRY(close_spells(l));
    TRY(close_flows(l));
out:
    return err;
}

popgx_err_t ledger_post(ledger_t *l, const cohort_view_t *people, const trajectory_t *trajectory, ledger_bill_t *bill)
{
    popgx_err_t err = POPGX_OK;

    INVARIANT(people->n <= l->capacity && people->n == trajectory->n_people, "a ledger for %zu people got %zu and trajectories of %zu",
              l->capacity, people->n, trajectory->n_people);
    const int32_t told = trajectory->process != MODEL_NONE ? trajectory->process : l->plan.most_stays;
    TRY(post_all(l, people, trajectory, ledger_is_watched(l) ? MODEL_NONE : told));
    if (l->is_unfit) TRY(post_all(l, people, trajectory, MODEL_NONE));
    *bill = (ledger_bill_t){.n = people->n, .cell = l->cell_columns, .state = l->state_columns, .end = trajectory->end,
                            .events = l->events, .events_squared = l->events_squared, .year = l->years ? ledger_years_columns(l) : NULL};
out:
    return err;
}
