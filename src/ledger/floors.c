/*
 * Floors, caps and combinations: what lifts or lowers the sum of an outcome's rates while the person is alive, to its floor or
 * cap, or to the product or the least of the rates that are on.
 *
 * A person's sums are exact integers, so they do not depend on the order of what happens in a minute, and they are looked at only
 * when time moves on: changes within one minute that cancel out do not cut an interval in two. The common case, a sum that never
 * falls below the floor and nothing that expires, costs an addition and two comparisons a change.
 */
#include "kernels/elementary.h"
#include "ledger/ledger_state.h"

enum { COUNT_BITS = 5 };        /* of each value that may be the least: up to 31 rates at a time have it */

/* ---- codes ---- */

static int32_t place_of(const ledger_floor_t *f, double rate)
{
    int32_t k = 0;
    while (k < f->n_values && f->value[k] != rate) k++;
    return k;
}

bool ledger_floor_holds(const ledger_floor_t *floor, double rate)
{
    if (!exact_fits(rate, LEDGER_FLOOR_BITS)) return false;
    if (floor->combine == COMBINE_MULTIPLY) return rate >= 0;
    return floor->combine != COMBINE_MINIMUM || rate == 0 || place_of(floor, rate) < floor->n_values;
}

static int64_t code_of(const ledger_floor_t *f, double rate)
{
    if (rate == 0) return 0;
    if (f->combine == COMBINE_MULTIPLY) return exact_round(log_portable(rate), LEDGER_FLOOR_BITS);
    return (int64_t)1 << COUNT_BITS * place_of(f, rate);
}

/* What the rates make together, on the grid. */
static int64_t combined(const ledger_floor_t *f, int64_t sum, int64_t code)
{
    int64_t made = sum;

    if (f->combine == COMBINE_MULTIPLY) made = sum == 0 ? 0 : exact_round(exp_portable(exact_value(code, LEDGER_FLOOR_BITS)), LEDGER_FLOOR_BITS);
    if (f->combine == COMBINE_MINIMUM) made = code == 0 ? 0 : exact_round(f->value[__builtin_ctzll((uint64_t)code) / COUNT_BITS], LEDGER_FLOOR_BITS);
    return made < f->level ? f->level : made > f->cap ? f->cap : made;
}

/* ---- a person's rates over time ---- */

void ledger_floors_begin(ledger_t *l)
{
    for (int32_t f = 0; f < l->plan.n_floors; f++) {
        ledger_watch_t *w = &l->watches[f];
        for (size_t i = 0; i < l->people->n; i++) {
            w->sum[i] = w->held[i] = 0;
            w->code[i] = w->held_code[i] = 0;
            w->since[i] = w->changed[i] = 0;
            w->next[i] = MODEL_NEVER;
        }
    }
}

/* Posts what is added to the sum from `since` to minute t, during which the sums were `held`. */
static popgx_err_t lift(ledger_t *l, int32_t floor, size_t person, int32_t t)
{
    const ledger_floor_t *f = &l->plan.floors[floor];
    const ledger_watch_t *w = &l->watches[floor];
    const int64_t missing = combined(f, w->held[person], w->held_code[person]) - w->held[person];

    if (missing == 0 || t <= w->since[person]) return POPGX_OK;
    return ledger_post_rate(l, &f->how, person, exact_value(missing, LEDGER_FLOOR_BITS),
                            ledger_discount_at(l, f->how.discount, w->since[person]), w->since[person], t);
}

popgx_err_t ledger_floor_move(ledger_t *l, int32_t floor, size_t person, int32_t minute, double from_rate, double to_rate)
{
    popgx_err_t err = POPGX_OK;
    const ledger_floor_t *f = &l->plan.floors[floor];
    ledger_watch_t *w = &l->watches[floor];

    if (minute > w->changed[person] && (w->sum[person] != w->held[person] || w->code[person] != w->held_code[person])) {
        TRY(lift(l, floor, person, w->changed[person]));
        w->held[person] = w->sum[person];
        w->held_code[person] = w->code[person];
        w->since[person] = w->changed[person];
    }
    w->changed[person] = minute;
    w->sum[person] += exact_round(to_rate, LEDGER_FLOOR_BITS) - exact_round(from_rate, LEDGER_FLOOR_BITS);
    if (f->combine != COMBINE_ADD) w->code[person] += code_of(f, to_rate) - code_of(f, from_rate);
out:
    return err;
}

popgx_err_t ledger_floor_change(ledger_t *l, int32_t floor, size_t person, int32_t minute, double from_rate, double to_rate)
{
    popgx_err_t err = POPGX_OK;
    if (l->watches[floor].next[person] <= minute) TRY(ledger_expire(l, floor, person, minute));
    TRY(ledger_floor_move(l, floor, person, minute, from_rate, to_rate));
out:
    return err;
}

popgx_err_t ledger_floors_end(ledger_t *l)
{
    popgx_err_t err = POPGX_OK;

    for (int32_t f = 0; f < l->plan.n_floors; f++) {
        const ledger_watch_t *w = &l->watches[f];
        const ledger_floor_t *floor = &l->plan.floors[f];
        const bool is_sum = floor->combine == COMBINE_ADD;
        for (size_t i = 0; i < l->people->n; i++) {
            bool is_within = is_sum && w->sum[i] >= floor->level && w->held[i] >= floor->level && w->sum[i] <= floor->cap && w->held[i] <= floor->cap;
            if (w->next[i] >= l->end[i] && is_within) continue;
            TRY(ledger_expire(l, f, i, l->end[i]));
            TRY(ledger_floor_move(l, f, i, l->end[i], 0, 0));
            TRY(lift(l, f, i, l->end[i]));
        }
    }
out:
    return err;
}
