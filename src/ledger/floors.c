/*
 * Floors, caps and combinations: what lifts or lowers the sum of an outcome's rates while the person is alive, to its floor or
 * cap, or to the product or the least of the rates that are on.
 *
 * A person's sums are exact integers, so they do not depend on the order of what happens in a minute, and they are looked at only
 * when time moves on: changes within one minute that cancel out do not cut an interval in two. The common case, a sum that never
 * falls below the floor and nothing that expires, costs an addition and two comparisons a change.
 */
#include <math.h>

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

/* What rates whose sum and codes these are make together, on the grid. `least`: of the rates with factors; 0: one of them is 0. */
static int64_t combined(const ledger_floor_t *f, int64_t sum, int64_t code, double least)
{
    int64_t made = sum;

    if (f->combine == COMBINE_MULTIPLY) made = sum == 0 || least == 0 ? 0 : exact_round(exp_portable(exact_value(code, LEDGER_FLOOR_BITS)), LEDGER_FLOOR_BITS);
    if (f->combine == COMBINE_MINIMUM) {
        if (code != 0) least = fmin(least, f->value[__builtin_ctzll((uint64_t)code) / COUNT_BITS]);
        made = least < INFINITY ? exact_round(least, LEDGER_FLOOR_BITS) : 0;
    }
    return made < f->level ? f->level : made > f->cap ? f->cap : made;
}

/* What is added to the held sums from minute t on, as a rate on the grid, and until when: the factors of the parts change. */
static int64_t missing_at(const ledger_t *l, int32_t floor, size_t person, int32_t t, int32_t *until)
{
    const ledger_floor_t *f = &l->plan.floors[floor];
    const ledger_watch_t *w = &l->watches[floor];
    int64_t sum = w->held[person], code = w->held_code[person];
    double least = INFINITY;

    *until = MODEL_NEVER;
    for (int32_t p = 0; p < f->n_parts; p++) {
        const ledger_part_t *part = &w->held_part[(size_t)p * l->capacity + person];
        double factor;
        int32_t end;
        const bool is_on = ledger_profile_at(l, f->part[p], person, t, &factor, &end);
        if (end < *until) *until = end;
        if (!is_on || part->count == 0) continue;
        sum += exact_round(factor * exact_value(part->sum, LEDGER_FLOOR_BITS), LEDGER_FLOOR_BITS);
        if (factor == 0) least = 0;
        else if (f->combine == COMBINE_MULTIPLY) code += part->code + part->count * exact_round(log_portable(factor), LEDGER_FLOOR_BITS);
        else if (f->combine == COMBINE_MINIMUM) least = fmin(least, factor * f->value[__builtin_ctzll((uint64_t)part->code) / COUNT_BITS]);
    }
    return combined(f, sum, code, least) - sum;
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
        for (int32_t p = 0; p < l->plan.floors[f].n_parts; p++)
            for (size_t i = 0; i < l->people->n; i++) w->part[(size_t)p * l->capacity + i] = w->held_part[(size_t)p * l->capacity + i] = (ledger_part_t){0};
    }
}

/* Posts what is added to the sum from `since` to minute t, during which the sums were `held`. */
static popgx_err_t lift(ledger_t *l, int32_t floor, size_t person, int32_t t)
{
    popgx_err_t err = POPGX_OK;
    const ledger_rate_t *how = &l->plan.floors[floor].how;

    for (int32_t from = l->watches[floor].since[person], until; from < t; from = until) {
        const int64_t missing = missing_at(l, floor, person, from, &until);
        if (until > t) until = t;
        if (missing) TRY(ledger_post_rate(l, how, person, exact_value(missing, LEDGER_FLOOR_BITS), ledger_discount_at(l, how->discount, from), from, until));
    }
out:
    return err;
}

/* Whether something has changed since the sums that are held. */
static bool is_new(const ledger_t *l, int32_t floor, size_t person)
{
    const ledger_watch_t *w = &l->watches[floor];
    bool is_new = w->sum[person] != w->held[person] || w->code[person] != w->held_code[person];

    for (int32_t p = 0; p < l->plan.floors[floor].n_parts; p++) {
        const size_t at = (size_t)p * l->capacity + person;
        is_new |= w->part[at].sum != w->held_part[at].sum || w->part[at].code != w->held_part[at].code || w->part[at].count != w->held_part[at].count;
    }
    return is_new;
}

/* Looks at what was held until the last change, and holds what is since then. */
static popgx_err_t hold(ledger_t *l, int32_t floor, size_t person)
{
    popgx_err_t err = POPGX_OK;
    ledger_watch_t *w = &l->watches[floor];

    TRY(lift(l, floor, person, w->changed[person]));
    w->held[person] = w->sum[person];
    w->held_code[person] = w->code[person];
    for (int32_t p = 0; p < l->plan.floors[floor].n_parts; p++) w->held_part[(size_t)p * l->capacity + person] = w->part[(size_t)p * l->capacity + person];
    w->since[person] = w->changed[person];
out:
    return err;
}

/* The part to which a rate belongs, or NULL: it has no factor. */
static ledger_part_t *part_of(const ledger_t *l, const ledger_rate_t *how, size_t person)
{
    const ledger_floor_t *f = &l->plan.floors[how->floor];

    for (int32_t p = 0; p < f->n_parts; p++)
        if (f->part[p] == how->discount) return &l->watches[how->floor].part[(size_t)p * l->capacity + person];
    return NULL;
}

popgx_err_t ledger_floor_move(ledger_t *l, const ledger_rate_t *how, size_t person, int32_t minute, double from_rate, double to_rate)
{
    popgx_err_t err = POPGX_OK;
    const ledger_floor_t *f = &l->plan.floors[how->floor];
    ledger_watch_t *w = &l->watches[how->floor];
    ledger_part_t *part = f->n_parts ? part_of(l, how, person) : NULL;

    if (minute > w->changed[person] && is_new(l, how->floor, person)) TRY(hold(l, how->floor, person));
    w->changed[person] = minute;
    *(part ? &part->sum : &w->sum[person]) += exact_round(to_rate, LEDGER_FLOOR_BITS) - exact_round(from_rate, LEDGER_FLOOR_BITS);
    if (f->combine != COMBINE_ADD) *(part ? &part->code : &w->code[person]) += code_of(f, to_rate) - code_of(f, from_rate);
    if (part) part->count += (to_rate != 0) - (from_rate != 0);
out:
    return err;
}

popgx_err_t ledger_floor_change(ledger_t *l, const ledger_rate_t *how, size_t person, int32_t minute, double from_rate, double to_rate)
{
    popgx_err_t err = POPGX_OK;
    if (l->watches[how->floor].next[person] <= minute) TRY(ledger_expire(l, how->floor, person, minute));
    TRY(ledger_floor_move(l, how, person, minute, from_rate, to_rate));
out:
    return err;
}

popgx_err_t ledger_floor_cut(ledger_t *l, int32_t floor, size_t person, int32_t minute)
{
    popgx_err_t err = POPGX_OK;
    ledger_watch_t *w = &l->watches[floor];

    TRY(ledger_expire(l, floor, person, minute));
    if (w->changed[person] < minute) TRY(hold(l, floor, person));
    TRY(lift(l, floor, person, minute));
    w->since[person] = w->changed[person] = minute;
out:
    return err;
}

popgx_err_t ledger_floors_end(ledger_t *l)
{
    popgx_err_t err = POPGX_OK;

    for (int32_t f = 0; f < l->plan.n_floors; f++) {
        const ledger_watch_t *w = &l->watches[f];
        const ledger_floor_t *floor = &l->plan.floors[f];
        const bool is_sum = floor->combine == COMBINE_ADD && floor->n_parts == 0;
        for (size_t i = 0; i < l->people->n; i++) {
            bool is_within = is_sum && w->sum[i] >= floor->level && w->held[i] >= floor->level && w->sum[i] <= floor->cap && w->held[i] <= floor->cap;
            if (w->next[i] >= l->end[i] && is_within) continue;
            TRY(ledger_expire(l, f, i, l->end[i]));
            TRY(ledger_floor_move(l, &floor->how, i, l->end[i], 0, 0));
            TRY(lift(l, f, i, l->end[i]));
        }
    }
out:
    return err;
}
