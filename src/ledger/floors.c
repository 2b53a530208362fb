/*
 * Floors: what lifts the sum of an outcome's rates to its floor while the person is alive.
 *
 * A person's sum is exact, so it does not depend on the order of what happens in a minute, and it is looked at only
 * when time moves on: changes within one minute that cancel out do not cut an interval in two. The common case, a sum
 * that never falls below the floor and nothing that expires, costs an addition and two comparisons a change.
 */
#include "ledger/ledger_state.h"

void ledger_floors_begin(ledger_t *l)
{
    for (int32_t f = 0; f < l->plan.n_floors; f++) {
        ledger_watch_t *w = &l->watches[f];
        for (size_t i = 0; i < l->people->n; i++) {
            w->sum[i] = w->held[i] = 0;
            w->since[i] = w->changed[i] = 0;
            w->next[i] = MODEL_NEVER;
        }
    }
}

/* Posts what the floor adds from `since` to minute t, during which the sum was `held`. */
static popgx_err_t lift(ledger_t *l, int32_t floor, size_t person, int32_t t)
{
    const ledger_floor_t *f = &l->plan.floors[floor];
    const ledger_watch_t *w = &l->watches[floor];
    const int64_t missing = f->level - w->held[person];

    if (missing <= 0 || t <= w->since[person]) return POPGX_OK;
    return ledger_post_rate(l, &f->how, person, exact_value(missing, LEDGER_FLOOR_BITS),
                            ledger_discount_at(l, f->how.discount, w->since[person]), w->since[person], t);
}

popgx_err_t ledger_floor_move(ledger_t *l, int32_t floor, size_t person, int32_t minute, int64_t change)
{
    popgx_err_t err = POPGX_OK;
    ledger_watch_t *w = &l->watches[floor];

    if (minute > w->changed[person] && w->sum[person] != w->held[person]) {
        TRY(lift(l, floor, person, w->changed[person]));
        w->held[person] = w->sum[person];
        w->since[person] = w->changed[person];
    }
    w->changed[person] = minute;
    w->sum[person] += change;
out:
    return err;
}

popgx_err_t ledger_floor_change(ledger_t *l, int32_t floor, size_t person, int32_t minute, double from_rate, double to_rate)
{
    popgx_err_t err = POPGX_OK;
    if (l->watches[floor].next[person] <= minute) TRY(ledger_expire(l, floor, person, minute));
    TRY(ledger_floor_move(l, floor, person, minute,
                          exact_round(to_rate, LEDGER_FLOOR_BITS) - exact_round(from_rate, LEDGER_FLOOR_BITS)));
out:
    return err;
}

popgx_err_t ledger_floors_end(ledger_t *l)
{
    popgx_err_t err = POPGX_OK;

    for (int32_t f = 0; f < l->plan.n_floors; f++) {
        const ledger_watch_t *w = &l->watches[f];
        const int64_t level = l->plan.floors[f].level;
        for (size_t i = 0; i < l->people->n; i++) {
            if (w->next[i] >= l->end[i] && w->sum[i] >= level && w->held[i] >= level) continue;
            TRY(ledger_expire(l, f, i, l->end[i]));
            TRY(ledger_floor_move(l, f, i, l->end[i], 0));
            TRY(lift(l, f, i, l->end[i]));
        }
    }
out:
    return err;
}
