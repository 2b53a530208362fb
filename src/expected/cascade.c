/*
 * What happens within a minute, to all kinds of people at once: each moment happens to those to whom it can happen, whatever chance decides splits
 * them, and rules take their part. Amounts at moments are added here. Owns nothing.
 */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "expected/lives.h"
#include "model/hazard.h"

/* ---- amounts ---- */

/* What is drawn anew each time is its mean. */
static double mean_factor(const lives_t *r, unsigned char *kind, int32_t variation)
{
    return variation ? r->m->reals[model_row_first(r->m, &r->m->variations[variation - 1].table, kind_levels(&r->layout, kind))] : 1;
}

/* The point of time at which the bills of this minute are shown: this one, or the next. */
static int32_t point_of(const lives_t *r)
{
    const int32_t minutes = r->m->settings.cycle.minutes;
    return (r->now + minutes - 1) / minutes;
}

static popgx_err_t post_lumps(lives_t *r, kinds_t *kinds, int32_t index)
{
    popgx_err_t err = POPGX_OK;
    double value;

    for (int32_t i = 0; i < r->m->n_lumps; i++) {
        const model_lump_t *lump = &r->m->lumps[i];
        if (lump->moment != index) continue;
        const model_outcome_t *outcome = &r->m->outcomes[r->m->cells[lump->cell].outcome];
        for (size_t k = 0; k < kinds->n; k++) {
            TRY(lives_amount(r, kind_at(kinds, k), &lump->amount, lump->formula, &value));
            value *= mean_factor(r, kind_at(kinds, k), lump->variation);
            lives_cells(r, point_of(r))[lump->cell] += *kind_probability(kind_at(kinds, k)) * value * model_discount_factor(r->m, outcome->lump_discount, outcome->lump_course, r->now);
        }
    }
out:
    return err;
}

/* ---- what a moment changes ---- */

static void take_effects(lives_t *r, unsigned char *kind, const model_moment_t *moment)
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

static void update(lives_t *r, unsigned char *kind, int32_t index)
{
    const int32_t first = 0;

    if (!registers_are_touched(&r->one.registers, index)) return;
    one_person_load(&r->one, kind);
    registers_update(&r->one.registers, index, 1, &first, &r->now);
    one_person_store(&r->one, kind);
}

/* One reading of those who are told: its level is known, or drawn. */
static void read_one(lives_t *r, kinds_t *told, const model_reading_t *reading)
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
static void read_result(lives_t *r, kinds_t *kinds, const model_test_t *test)
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
static popgx_err_t chance_of(lives_t *r, unsigned char *kind, const model_branch_t *branch, int32_t k, double *p)
{
    popgx_err_t err = POPGX_OK;
    const model_t *m = r->m;
    const kind_layout_t *l = &r->layout;
    int32_t row = model_row(m, &branch->table, kind_levels(l, kind));

    if (branch->formulas) {
        double sum = 0;
        for (int32_t i = 0; i <= k && i < branch->table.width - 1; i++) {
            TRY(lives_formula(r, kind, branch->formulas + i, p));
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

static popgx_err_t take_branch(lives_t *r, kinds_t *kinds, const model_branch_t *branch)
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
        if (!err && group.n > 0 && outcome != MODEL_NONE) err = lives_happen(r, &group, outcome);
        kinds_join(&out, &group);
    }
    kinds_release(kinds);
    *kinds = out;
    return err;
}

/* ---- tests and rules ---- */

/* Those of whom no result is pending. */
static popgx_err_t order_test(lives_t *r, kinds_t *kinds, int32_t index)
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
    kinds_choose(kinds, is_meant, &group);
    free(is_meant);
    TRY(lives_happen(r, &group, test->order));
    for (size_t i = 0; i < group.n && test->turnaround > 0; i++)
        if (kind_is_alive(l, kind_at(&group, i))) kind_due(l, kind_at(&group, i))[test->clock] = r->now + test->turnaround;
    if (test->turnaround == 0) TRY(lives_happen(r, &group, test->result));
out:
    kinds_join(kinds, &group);
    return err;
}

static popgx_err_t carry_out(lives_t *r, kinds_t *kinds, const model_rule_t *rule)
{
    popgx_err_t err = POPGX_OK;

    if (rule->moment != MODEL_NONE) TRY(lives_happen(r, kinds, rule->moment));
    for (int32_t i = 0; i < rule->orders.count; i++) TRY(order_test(r, kinds, r->m->indices[rule->orders.first + i]));
out:
    return err;
}

/* Those whose chance it is not are as if the condition did not hold. */
static void split_by_chance(lives_t *r, const model_rule_t *rule, kinds_t *chosen, kinds_t *others)
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
static popgx_err_t find_whom(lives_t *r, kinds_t *kinds, const model_rule_t *rule, kinds_t *chosen)
{
    popgx_err_t err = POPGX_OK;
    const kind_layout_t *l = &r->layout;
    bool *is_meant = memory_resize(NULL, kinds->n + 1, sizeof *is_meant);

    for (size_t i = 0; i < kinds->n; i++) {
        unsigned char *kind = kind_at(kinds, i);
        double value = 1;
        is_meant[i] = kind_is_alive(l, kind) && model_holds(r->m, rule->condition, kind_levels(l, kind));
        if (is_meant[i] && rule->formula) TRY(lives_formula(r, kind, rule->formula, &value));
        is_meant[i] = is_meant[i] && value != 0;
    }
    kinds_choose(kinds, is_meant, chosen);
    if (rule->chance.width) split_by_chance(r, rule, chosen, kinds);
out:
    free(is_meant);
    return err;
}

/* `open`: whose chain of rules with `when` is not decided; `decided`: whose is. */
popgx_err_t lives_follow_rules(lives_t *r, kinds_t *open, model_span_t rules)
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

/* ---- a moment ---- */

/* To everybody in the list, all of whom are alive or have nothing happen to them. */
popgx_err_t lives_happen(lives_t *r, kinds_t *kinds, int32_t index)
{
    popgx_err_t err = POPGX_OK;
    const model_moment_t *moment = &r->m->moments[index];
    const model_span_t rules = r->m->rule_lists[r->strategy->rules_of + index];
    kinds_t alive = kinds_new(&r->layout);
    bool *is_alive = memory_resize(NULL, kinds->n + 1, sizeof *is_alive);

    for (size_t i = 0; i < kinds->n; i++) is_alive[i] = kind_is_alive(&r->layout, kind_at(kinds, i));
    kinds_choose(kinds, is_alive, &alive);
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
    if (rules.count > 0) TRY(lives_follow_rules(r, &alive, rules));
out:
    kinds_join(kinds, &alive);
    return err;
}
