/*
 * Time and cascades: from minute to minute at which something is due, each moment happens to all kinds of people to whom it can
 * happen, and whatever chance decides splits them. Payoffs of moments are added here; flows are counted at the points of time.
 */
#include "expected/expected.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "expected/kinds.h"
#include "model/hazard.h"

typedef struct {
    const model_t *m;
    expected_t *out;
    kind_layout_t layout;
    one_person_t one;
    const model_strategy_t *strategy;
    int32_t strategy_index;
    int32_t now;
    int32_t *longest;           /* [n_processes]: beyond how many cycles in a state more of them say nothing new; 0: none is asked */
} run_t;

static popgx_err_t happen(run_t *r, kinds_t *kinds, int32_t index);

/* ---- numbers of a kind ---- */

static popgx_err_t formula(run_t *r, unsigned char *kind, model_formula_t f, double *value)
{
    one_person_load(&r->one, kind);
    *value = one_person_formula(&r->one, f, r->now);
    if (isfinite(*value)) return POPGX_OK;
    return FAIL(RANGE, "%s is no number after %d minutes", model_text(r->m, r->m->programs[f - 1].text), r->now);
}

static popgx_err_t amount_of(run_t *r, unsigned char *kind, const model_table_t *table, model_formula_t f, double *value)
{
    if (f) return formula(r, kind, f, value);
    *value = r->m->reals[model_row_first(r->m, table, kind_levels(&r->layout, kind))];
    return POPGX_OK;
}

/* What is drawn anew each time is its mean. */
static double mean_factor(const run_t *r, unsigned char *kind, int32_t variation)
{
    return variation ? r->m->reals[model_row_first(r->m, &r->m->variations[variation - 1].table, kind_levels(&r->layout, kind))] : 1;
}

static double *cells_of(const expected_t *e, int32_t strategy, int32_t point)
{
    return e->cells + ((size_t)strategy * (size_t)e->n_points + (size_t)point) * (size_t)e->model->n_cells;
}

static double *occupancy_of(const expected_t *e, int32_t strategy, int32_t point)
{
    return e->occupancy + ((size_t)strategy * (size_t)e->n_points + (size_t)point) * (size_t)e->n_levels;
}

static double *cells_at(const run_t *r, int32_t point) { return cells_of(r->out, r->strategy_index, point); }

/* The point of time at which the bills of this minute are shown: this one, or the next. */
static int32_t point_of(const run_t *r)
{
    const int32_t minutes = r->m->settings.cycle.minutes;
    return (r->now + minutes - 1) / minutes;
}

/* ---- moments ---- */

static popgx_err_t post_lumps(run_t *r, kinds_t *kinds, int32_t index)
{
    popgx_err_t err = POPGX_OK;
    double value;

    for (int32_t i = 0; i < r->m->n_lumps; i++) {
        const model_lump_t *lump = &r->m->lumps[i];
        if (lump->moment != index) continue;
        const model_outcome_t *outcome = &r->m->outcomes[r->m->cells[lump->cell].outcome];
        for (size_t k = 0; k < kinds->n; k++) {
            TRY(amount_of(r, kind_at(kinds, k), &lump->amount, lump->formula, &value));
            value *= mean_factor(r, kind_at(kinds, k), lump->variation);
            cells_at(r, point_of(r))[lump->cell] += *kind_probability(kind_at(kinds, k)) * value * model_discount_factor(r->m, outcome->lump_discount, outcome->lump_course, r->now);
        }
    }
out:
    return err;
}

static void take_effects(run_t *r, unsigned char *kind, const model_moment_t *moment)
{
    const kind_layout_t *l = &r->layout;

    for (int32_t e = 0; e < moment->effects.count; e++) {
        const model_effect_t effect = r->m->effects[moment->effects.first + e];
        const int32_t process = effect.slot - r->m->settings.n_attributes;
        uint8_t *level = &kind_levels(l, kind)[effect.slot];
        if (*level != effect.level && r->longest[process]) kind_entered(l, kind)[process] = r->now;
        *level = (uint8_t)effect.level;
    }
}

static void update(run_t *r, unsigned char *kind, int32_t index)
{
    const int32_t first = 0;

    if (!registers_are_touched(&r->one.registers, index)) return;
    one_person_load(&r->one, kind);
    registers_update(&r->one.registers, index, 1, &first, &r->now);
    one_person_store(&r->one, kind);
}

/* One reading of those who are told: its level is known, or drawn. */
static void read_one(run_t *r, kinds_t *told, const model_reading_t *reading)
{
    const model_t *m = r->m;
    const kind_layout_t *l = &r->layout;
    kinds_t out = kinds_new(l);

    for (size_t i = 0; i < told->n; i++) {
        unsigned char *kind = kind_at(told, i);
        const uint8_t *level = kind_levels(l, kind);
        int32_t known = reading->called == MODEL_NONE ? 0 : level[reading->called];
        if (reading->map != MODEL_NONE) known = m->indices[reading->map + known - 1];
        const double *row = reading->drawn.width ? m->reals + model_row_first(m, &reading->drawn, level) : NULL;
        for (int32_t k = row ? 0 : known; k < (row ? reading->drawn.width : known + 1); k++) {
            unsigned char *added = kinds_add(&out, kind, row ? row_part(row, k) : 1);
            if (added) kind_levels(l, added)[reading->observation] = (uint8_t)(1 + k);
        }
    }
    kinds_release(told);
    *told = out;
}

/* Splits by whether the test fails; who is told knows what the test reads. */
static void read_result(run_t *r, kinds_t *kinds, const model_test_t *test)
{
    kinds_t told = kinds_new(&r->layout), rest = kinds_new(&r->layout);

    for (size_t i = 0; i < kinds->n; i++) {
        const uint8_t *level = kind_levels(&r->layout, kind_at(kinds, i));
        const double failure = test->failures.width ? r->m->reals[model_row_first(r->m, &test->failures, level)] : test->failure;
        (void)kinds_add(&rest, kind_at(kinds, i), failure);
        (void)kinds_add(&told, kind_at(kinds, i), 1 - failure);
    }
    for (int32_t k = 0; k < test->readings.count; k++) read_one(r, &told, &r->m->readings[test->readings.first + k]);
    kinds_release(kinds);
    *kinds = rest;
    kinds_join(kinds, &told);
}

/* What the row of a branch gives outcome k, for one kind of people. */
static popgx_err_t chance_of(run_t *r, unsigned char *kind, const model_branch_t *branch, int32_t k, double *p)
{
    popgx_err_t err = POPGX_OK;
    const model_t *m = r->m;
    const kind_layout_t *l = &r->layout;
    int32_t row = model_row(m, &branch->table, kind_levels(l, kind));

    if (branch->formulas) {
        double sum = 0;
        for (int32_t i = 0; i <= k && i < branch->table.width - 1; i++) {
            TRY(formula(r, kind, branch->formulas + i, p));
            sum += *p;
            if (!(*p >= -PROBABILITY_SLACK && sum <= PROBABILITY_MOST))
                return FAIL(RANGE, "%s is no probability beside those before it: %g", model_text(m, m->programs[branch->formulas + i - 1].text), *p);
        }
        if (k == branch->table.width - 1) *p = fmax(1 - sum, 0);
        return POPGX_OK;
    }
    for (int32_t t = 0; t < branch->times.count; t++) {
        const model_time_axis_t *axis = &m->time_axes[branch->times.first + t];
        const double age = axis->kind == TIME_AGE ? kind_numbers(l, kind)[m->settings.age] : 0;
        const int32_t entered = axis->kind == TIME_IN_STATE ? kind_entered(l, kind)[axis->process - m->settings.n_attributes] : 0;
        row += model_time_row(m, axis, r->now, age, entered);
    }
    *p = row_part(m->reals + branch->table.first + (size_t)row * (size_t)branch->table.width, k);
out:
    return err;
}

static popgx_err_t take_branch(run_t *r, kinds_t *kinds, const model_branch_t *branch)
{
    popgx_err_t err = POPGX_OK;
    const kind_layout_t *l = &r->layout;
    kinds_t out = kinds_new(l);
    double p = 0;

    for (size_t i = 0; i < kinds->n; i++)
        if (!kind_is_alive(l, kind_at(kinds, i))) (void)kinds_add(&out, kind_at(kinds, i), 1);
    for (int32_t k = 0; k < branch->table.width && !err; k++) {
        const int32_t outcome = r->m->indices[branch->outcomes + k];
        kinds_t group = kinds_new(l);
        for (size_t i = 0; i < kinds->n && !err; i++) {
            if (!kind_is_alive(l, kind_at(kinds, i))) continue;
            err = chance_of(r, kind_at(kinds, i), branch, k, &p);
            if (!err) (void)kinds_add(&group, kind_at(kinds, i), p);
        }
        if (!err && group.n > 0 && outcome != MODEL_NONE) err = happen(r, &group, outcome);
        kinds_join(&out, &group);
    }
    kinds_release(kinds);
    *kinds = out;
    return err;
}

/* Moves those for whom `is_meant` is true to `chosen`. */
static void choose(kinds_t *kinds, const bool *is_meant, kinds_t *chosen)
{
    size_t n = 0;

    for (size_t i = 0; i < kinds->n; i++) {
        if (is_meant[i]) (void)kinds_add(chosen, kind_at(kinds, i), 1);
        else memmove(kind_at(kinds, n++), kind_at(kinds, i), kinds->layout->size);
    }
    kinds->n = n;
}

/* ---- tests and rules ---- */

/* Those of whom no result is pending. */
static popgx_err_t order_test(run_t *r, kinds_t *kinds, int32_t index)
{
    popgx_err_t err = POPGX_OK;
    const kind_layout_t *l = &r->layout;
    const model_test_t *test = &r->m->tests[index];
    kinds_t group = kinds_new(l);
    bool *is_meant = memory_resize(NULL, kinds->n + 1, sizeof *is_meant);

    for (size_t i = 0; i < kinds->n; i++) {
        unsigned char *kind = kind_at(kinds, i);
        is_meant[i] = kind_is_alive(l, kind) && (test->turnaround == 0 || kind_due(l, kind)[test->clock] == MODEL_NEVER) &&
                      (test->access == MODEL_NONE || kind_levels(l, kind)[test->access] != 0);
    }
    choose(kinds, is_meant, &group);
    free(is_meant);
    TRY(happen(r, &group, test->order));
    for (size_t i = 0; i < group.n && test->turnaround > 0; i++)
        if (kind_is_alive(l, kind_at(&group, i))) kind_due(l, kind_at(&group, i))[test->clock] = r->now + test->turnaround;
    if (test->turnaround == 0) TRY(happen(r, &group, test->result));
out:
    kinds_join(kinds, &group);
    return err;
}

static popgx_err_t carry_out(run_t *r, kinds_t *kinds, const model_rule_t *rule)
{
    popgx_err_t err = POPGX_OK;

    if (rule->moment != MODEL_NONE) TRY(happen(r, kinds, rule->moment));
    for (int32_t i = 0; i < rule->orders.count; i++) TRY(order_test(r, kinds, r->m->indices[rule->orders.first + i]));
out:
    return err;
}

/* Those whose chance it is not are as if the condition did not hold. */
static void split_by_chance(run_t *r, const model_rule_t *rule, kinds_t *chosen, kinds_t *others)
{
    kinds_t out = kinds_new(&r->layout);

    for (size_t i = 0; i < chosen->n; i++) {
        unsigned char *kind = kind_at(chosen, i);
        const double p = r->m->reals[model_row_first(r->m, &rule->chance, kind_levels(&r->layout, kind))];
        (void)kinds_add(&out, kind, p);
        (void)kinds_add(others, kind, 1 - p);
    }
    kinds_release(chosen);
    *chosen = out;
}

/* Moves those of whom the rule's condition holds to `chosen`. */
static popgx_err_t find_whom(run_t *r, kinds_t *kinds, const model_rule_t *rule, kinds_t *chosen)
{
    popgx_err_t err = POPGX_OK;
    const kind_layout_t *l = &r->layout;
    bool *is_meant = memory_resize(NULL, kinds->n + 1, sizeof *is_meant);

    for (size_t i = 0; i < kinds->n; i++) {
        unsigned char *kind = kind_at(kinds, i);
        double value = 1;
        is_meant[i] = kind_is_alive(l, kind) && model_holds(r->m, rule->condition, kind_levels(l, kind));
        if (is_meant[i] && rule->formula) TRY(formula(r, kind, rule->formula, &value));
        is_meant[i] = is_meant[i] && value != 0;
    }
    choose(kinds, is_meant, chosen);
    if (rule->chance.width) split_by_chance(r, rule, chosen, kinds);
out:
    free(is_meant);
    return err;
}

/* `open`: whose chain of rules with `when` is not decided; `decided`: whose is. */
static popgx_err_t follow_rules(run_t *r, kinds_t *open, model_span_t rules)
{
    popgx_err_t err = POPGX_OK;
    kinds_t decided = kinds_new(&r->layout), chosen = kinds_new(&r->layout);

    for (int32_t i = 0; i < rules.count; i++) {
        const model_rule_t *rule = &r->m->rules[rules.first + i];
        if (rule->kind == RULE_ALWAYS) {
            TRY(find_whom(r, &decided, rule, &chosen));
            TRY(carry_out(r, &chosen, rule));
            kinds_join(&decided, &chosen);
        }
        TRY(find_whom(r, open, rule, &chosen));
        TRY(carry_out(r, &chosen, rule));
        kinds_join(rule->kind == RULE_WHEN ? &decided : open, &chosen);
    }
out:
    kinds_join(open, &decided);
    kinds_release(&chosen);
    return err;
}

/* To everybody in the list, all of whom are alive or have nothing happen to them. */
static popgx_err_t happen(run_t *r, kinds_t *kinds, int32_t index)
{
    popgx_err_t err = POPGX_OK;
    const model_moment_t *moment = &r->m->moments[index];
    const model_span_t rules = r->m->rule_lists[r->strategy->rules_of + index];
    kinds_t alive = kinds_new(&r->layout);
    bool *is_alive = memory_resize(NULL, kinds->n + 1, sizeof *is_alive);

    for (size_t i = 0; i < kinds->n; i++) is_alive[i] = kind_is_alive(&r->layout, kind_at(kinds, i));
    choose(kinds, is_alive, &alive);
    free(is_alive);
    if (moment->kind == MOMENT_RESULT) read_result(r, &alive, &r->m->tests[moment->test]);
    for (size_t i = 0; i < alive.n; i++) {
        unsigned char *kind = kind_at(&alive, i);
        r->out->events[(size_t)r->strategy_index * (size_t)r->m->n_moments + (size_t)index] += *kind_probability(kind);
        kind_begin_times(&r->layout, kind, index, r->now);
        take_effects(r, kind, moment);
        update(r, kind, index);
    }
    TRY(post_lumps(r, &alive, index));
    for (int32_t b = 0; b < moment->branches.count; b++) TRY(take_branch(r, &alive, &r->m->branches[moment->branches.first + b]));
    if (rules.count > 0) TRY(follow_rules(r, &alive, rules));
out:
    kinds_join(kinds, &alive);
    return err;
}

/* ---- points of time ---- */

static popgx_err_t rate_of(run_t *r, unsigned char *kind, const model_flow_t *flow, double *rate)
{
    *rate = 0;
    if (!model_holds(r->m, flow->condition, kind_levels(&r->layout, kind))) return POPGX_OK;
    return amount_of(r, kind, &flow->rate, flow->formula, rate);
}

/* What a kind of people is worth at this point of time, floors included. */
static popgx_err_t count_flows(run_t *r, unsigned char *kind, int32_t point, double *rates)
{
    popgx_err_t err = POPGX_OK;
    const model_t *m = r->m;
    const double weight = m->reals[m->settings.cycle.weights + point] * m->settings.cycle.minutes * *kind_probability(kind);

    double *products = rates + m->n_outcomes, *least = products + m->n_outcomes;
    for (int32_t o = 0; o < m->n_outcomes; o++) rates[o] = 0, products[o] = 1, least[o] = INFINITY;
    for (int32_t f = 0; f < m->n_flows; f++) {
        const int32_t o = m->cells[m->flows[f].cell].outcome;
        const model_outcome_t *outcome = &m->outcomes[o];
        double rate;
        TRY(rate_of(r, kind, &m->flows[f], &rate));
        double factor;
        const bool is_on = kind_factor(&r->layout, kind, &m->flows[f], r->now, &factor) && rate != 0;
        rate *= factor;
        rates[o] += rate;
        if (is_on) products[o] *= rate, least[o] = fmin(least[o], rate);
        cells_at(r, point)[m->flows[f].cell] += weight * rate * outcome->per_unit * model_discount_factor(m, outcome->flow_discount, outcome->flow_course, r->now);
    }
    for (int32_t o = 0; o < m->n_outcomes; o++) {
        const model_outcome_t *outcome = &m->outcomes[o];
        if (outcome->floor_cell == MODEL_NONE) continue;
        double made = outcome->combine == COMBINE_ADD || rates[o] == 0 ? rates[o] : outcome->combine == COMBINE_MULTIPLY ? products[o] : least[o];
        made = fmin(fmax(made, outcome->floor), outcome->cap);
        cells_at(r, point)[outcome->floor_cell] += weight * (made - rates[o]) * outcome->per_unit * model_discount_factor(m, outcome->flow_discount, outcome->flow_course, r->now);
    }
out:
    return err;
}

static popgx_err_t count_point(run_t *r, kinds_t *kinds, int32_t point)
{
    popgx_err_t err = POPGX_OK;
    const model_t *m = r->m;
    expected_t *e = r->out;
    double *occupancy = occupancy_of(e, r->strategy_index, point);
    double *rates = memory_resize(NULL, 3 * (size_t)m->n_outcomes + 1, sizeof *rates), alive = 0;

    for (size_t i = 0; i < kinds->n; i++) {
        unsigned char *kind = kind_at(kinds, i);
        TRY(count_flows(r, kind, point, rates));
        for (int32_t s = 0; s < m->n_slots; s++) occupancy[e->first_level[s] + kind_levels(&r->layout, kind)[s]] += *kind_probability(kind);
        alive += *kind_probability(kind);
    }
    occupancy[e->first_level[m->settings.life] + LIFE_DEAD] = fmax(1 - alive, 0);
out:
    free(rates);
    return err;
}

/* ---- time ---- */

/* Forgets the dead and what says nothing new, and makes one of those who are alike. */
static popgx_err_t settle(run_t *r, kinds_t *kinds)
{
    const model_t *m = r->m;
    size_t n = 0;

    for (size_t i = 0; i < kinds->n; i++) {
        unsigned char *kind = kind_at(kinds, i);
        if (!kind_is_alive(&r->layout, kind)) continue;
        for (int32_t p = 0; p < m->settings.n_processes; p++) {
            const int64_t earliest = r->now - (int64_t)r->longest[p] * m->settings.cycle.minutes;
            int32_t *entered = &kind_entered(&r->layout, kind)[p];
            if (r->longest[p] && *entered < earliest) *entered = (int32_t)earliest;
        }
        kind_forget_times(&r->layout, kind, r->now);
        memmove(kind_at(kinds, n++), kind, r->layout.size);
    }
    kinds->n = n;
    kinds_merge(kinds);
    if ((int64_t)kinds->n > r->out->n_kinds) r->out->n_kinds = (int64_t)kinds->n;
    if (kinds->n <= EXPECTED_MOST_KINDS) return POPGX_OK;
    return FAIL(RANGE, "more than %d kinds of people after %d minutes: let less of the past matter, or simulate", EXPECTED_MOST_KINDS, r->now);
}

/* When the clock fires next after `now` for this kind of people. */
static int32_t next_of(const run_t *r, int32_t c, unsigned char *kind)
{
    const model_clock_t *clock = &r->m->clocks[c];

    switch (clock->kind) {
    case CLOCK_TICK: return r->now / clock->minutes < clock->most ? (r->now / clock->minutes + 1) * clock->minutes : MODEL_NEVER;
    case CLOCK_DATE: return clock->minutes > r->now ? clock->minutes : MODEL_NEVER;
    default: return kind_due(&r->layout, kind)[c];
    }
}

static bool find_next(const run_t *r, const kinds_t *kinds, int32_t *next)
{
    const model_span_t clocks = r->strategy->clocks;

    *next = r->m->settings.horizon;
    for (size_t i = 0; i < kinds->n; i++)
        for (int32_t c = 0; c < clocks.count; c++) {
            int32_t due = next_of(r, r->m->indices[clocks.first + c], kind_at(kinds, i));
            if (due < *next) *next = due;
        }
    return *next < r->m->settings.horizon;
}

/* Whether the clock fires in this minute; a result that arrives is no longer pending. */
static bool fires(const run_t *r, int32_t c, unsigned char *kind)
{
    const model_clock_t *clock = &r->m->clocks[c];
    int32_t *due = &kind_due(&r->layout, kind)[c];

    if (!kind_is_alive(&r->layout, kind)) return false;
    if (clock->kind == CLOCK_TICK) return r->now % clock->minutes == 0;
    if (clock->kind == CLOCK_DATE) return clock->minutes == r->now;
    if (*due != r->now) return false;
    *due = MODEL_NEVER;
    return true;
}

static popgx_err_t fire_all(run_t *r, kinds_t *kinds)
{
    popgx_err_t err = POPGX_OK;
    const model_span_t clocks = r->strategy->clocks;

    for (int32_t i = 0; i < clocks.count; i++) { /* in their order: the lowest goes first */
        const int32_t c = r->m->indices[clocks.first + i];
        bool *is_meant = memory_resize(NULL, kinds->n + 1, sizeof *is_meant);
        kinds_t group = kinds_new(&r->layout);
        for (size_t k = 0; k < kinds->n; k++) is_meant[k] = fires(r, c, kind_at(kinds, k));
        choose(kinds, is_meant, &group);
        free(is_meant);
        err = happen(r, &group, r->m->clocks[c].moment);
        kinds_join(kinds, &group);
        if (!err) err = settle(r, kinds);
        if (err) break;
    }
    return err;
}

static popgx_err_t live(run_t *r, kinds_t *kinds)
{
    popgx_err_t err = POPGX_OK;
    const model_cycle_t *cycle = &r->m->settings.cycle;
    int32_t point = 0, next;

    r->now = 0;
    TRY(follow_rules(r, kinds, r->strategy->entry));
    TRY(settle(r, kinds));
    do { /* whatever is due between two points of time comes before the second one */
        bool has_next = find_next(r, kinds, &next);
        while (point <= cycle->count && (!has_next || point * cycle->minutes < next)) {
            r->now = point * cycle->minutes;
            TRY(count_point(r, kinds, point++));
        }
        if (!has_next) break;
        r->now = next;
        TRY(fire_all(r, kinds));
    } while (true);
out:
    return err;
}

/* ---- what is not followed ---- */

static popgx_err_t check_model(const model_t *m)
{
    if (m->settings.cycle.minutes == 0)
        return FAIL(INPUT, "expected values are worked out for models in cycles only: add `cycle` and `transitions`, or simulate");
    for (int32_t c = 0; c < m->n_clocks; c++)
        if (m->clocks[c].kind == CLOCK_HAZARD || m->clocks[c].kind == CLOCK_DELAY)
            return FAIL(INPUT, "expected values are worked out for transitions in cycles, but `%s` has a %s: simulate, or write it as a transition",
                        model_text(m, m->moments[m->clocks[c].moment].name), m->clocks[c].kind == CLOCK_HAZARD ? "hazard" : "delay");
    for (int32_t t = 0; t < m->n_tests; t++) {
        const model_test_t *test = &m->tests[t];
        if (test->repeats > 0 || (test->fails_alike && test->failure > 0) || test->wait.width > 0)
            return FAIL(INPUT, "expected values are not worked out for tests that are repeated when they fail, fail alike, or take a random time, as `%s`: "
                        "simulate", model_text(m, test->name));
    }
    for (int32_t i = 0; i < m->n_rules; i++)
        if (m->rules[i].chance.width > 0 && m->rules[i].is_personal)
            return FAIL(INPUT, "expected values are not worked out where the same people always follow a rule and others never: simulate");
    if (m->n_spells > 0)
        return FAIL(INPUT, "expected values are not worked out for payoffs that last for a time after an event, as after `%s`: simulate, or let a process "
                    "keep the state", model_text(m, m->moments[m->spells[0].moment].name));
    return POPGX_OK;
}

static void find_longest(const model_t *m, int32_t *longest)
{
    for (int32_t i = 0; i < m->n_time_axes; i++) {
        const model_time_axis_t *axis = &m->time_axes[i];
        if (axis->kind != TIME_IN_STATE) continue;
        int32_t *most = &longest[axis->process - m->settings.n_attributes];
        if (axis->first + axis->count > *most) *most = axis->first + axis->count;
    }
}

static popgx_err_t allocate(const model_t *m, expected_t *out)
{
    *out = (expected_t){.model = m, .n_points = m->settings.cycle.count + 1};
    out->first_level = calloc((size_t)m->n_slots + 1, sizeof *out->first_level);
    for (int32_t s = 0; out->first_level && s < m->n_slots; s++) {
        out->first_level[s] = out->n_levels;
        out->n_levels += m->slots[s].level_names.count;
    }
    const size_t points = (size_t)m->n_strategies * (size_t)out->n_points;
    out->cells = calloc(points * (size_t)m->n_cells + 1, sizeof *out->cells);
    out->occupancy = calloc(points * (size_t)out->n_levels + 1, sizeof *out->occupancy);
    out->events = calloc((size_t)m->n_strategies * (size_t)m->n_moments + 1, sizeof *out->events);
    if (out->first_level && out->cells && out->occupancy && out->events) return POPGX_OK;
    return FAIL(NOMEM, "no memory for the expected values of %d points of time", out->n_points);
}

popgx_err_t expected_run(const model_t *model, expected_t *out)
{
    popgx_err_t err = POPGX_OK;
    run_t r = {.m = model, .out = out, .layout = kind_layout(model)};
    bool *slots = calloc((size_t)model->n_slots + 1, sizeof *slots), *numbers = calloc((size_t)model->n_numbers + 1, sizeof *numbers);
    kinds_t people = kinds_new(&r.layout);

    *out = (expected_t){0};
    r.longest = calloc((size_t)model->settings.n_processes + 1, sizeof *r.longest);
    if (!slots || !numbers || !r.longest) TRY(FAIL(NOMEM, "no memory for expected values"));
    TRY(check_model(model));
    TRY(allocate(model, out));
    TRY(one_person_init(&r.one, &r.layout));
    find_longest(model, r.longest);
    people_mark_needed(model, slots, numbers);
    TRY(people_make(model, slots, numbers, &r.one, &people));
    for (int32_t s = 0; s < model->n_strategies && !err; s++) {
        kinds_t kinds = kinds_new(&r.layout);
        for (size_t i = 0; i < people.n; i++) (void)kinds_add(&kinds, kind_at(&people, i), 1);
        r.strategy_index = s;
        r.strategy = &model->strategies[s];
        err = live(&r, &kinds);
        kinds_release(&kinds);
    }
out:
    kinds_release(&people);
    one_person_release(&r.one);
    free(slots);
    free(numbers);
    free(r.longest);
    if (err) expected_release(out);
    return err;
}

void expected_release(expected_t *e)
{
    free(e->first_level);
    free(e->cells);
    free(e->occupancy);
    free(e->events);
    *e = (expected_t){0};
}

/* ---- sums ---- */

double expected_cell(const expected_t *e, int32_t strategy, int32_t cell)
{
    double sum = 0;
    for (int32_t t = 0; t < e->n_points; t++) sum += cells_of(e, strategy, t)[cell];
    return sum;
}

double expected_outcome_at(const expected_t *e, int32_t strategy, int32_t point, int32_t outcome)
{
    const double *cells = cells_of(e, strategy, point);
    double sum = 0;
    for (int32_t c = 0; c < e->model->n_cells; c++)
        if (e->model->cells[c].outcome == outcome) sum += cells[c];
    return sum;
}

double expected_outcome(const expected_t *e, int32_t strategy, int32_t outcome)
{
    double sum = 0;
    for (int32_t t = 0; t < e->n_points; t++) sum += expected_outcome_at(e, strategy, t, outcome);
    return sum;
}

double expected_occupancy(const expected_t *e, int32_t strategy, int32_t point, int32_t slot, int32_t level)
{
    return occupancy_of(e, strategy, point)[e->first_level[slot] + level];
}
