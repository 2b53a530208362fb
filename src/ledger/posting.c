/*
 * The one place where amounts are rounded and reach a person's account, and where it is seen whether they fit.
 *
 * The loops only collect evidence that something does not fit; who and what it was is found out after the loop, from
 * the same numbers, by a slow search that nearly never runs.
 */
#include "ledger/ledger_state.h"

void ledger_discount(const ledger_t *l, int32_t discount, size_t n, const int32_t *minute, double *factor)
{
    const ledger_discount_t *d = &l->plan.discounts[discount];

    if (!d->is_time) l->kernels->discounts((int32_t)n, d->per_minute, minute, factor);
    else for (size_t k = 0; k < n; k++) factor[k] = (double)minute[k];
}

double ledger_discount_at(const ledger_t *l, int32_t discount, int32_t minute)
{
    double factor;
    ledger_discount(l, discount, 1, &minute, &factor);
    return factor;
}

/* Sums that cannot trap: what has become too wide is refused right after. */
static inline int64_t add_wrapping(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }

static inline int64_t width(int64_t x) { return x ^ (x >> 63); }

static popgx_err_t refuse(const ledger_t *l, const ledger_account_t *account, size_t person, double amount, int32_t minute)
{
    const model_t *m = l->model;
    const model_outcome_t *outcome = &m->outcomes[m->cells[account->cell].outcome];
    const char *name = model_text(m, m->cells[account->cell].name);
    unsigned long long id = l->people->first_id + person;

    if (!exact_fits(amount, account->bits))
        return FAIL(RANGE, "person %llu, minute %d: %s %s (%s) of %g is not finite or too large: it must be below %g", id,
                    minute, model_text(m, outcome->name), name, account->why, amount, exact_value((exact_sum_t)EXACT_LIMIT, account->bits));
    return FAIL(RANGE, "person %llu, minute %d: the total of %s %s is too large after %s: it must stay below %g", id, minute,
                model_text(m, outcome->name), name, account->why, exact_value((exact_sum_t)1 << LEDGER_TOTAL_BITS, account->bits));
}

static void tell(const ledger_t *l, const ledger_account_t *account, size_t person, double amount, int32_t from, int32_t to)
{
    int64_t rounded = exact_round(amount, account->bits);
    if (rounded) l->observer(l->context, person, account->cell, account->why, from, to, rounded);
}

popgx_err_t ledger_post_run(ledger_t *l, const ledger_account_t *account, size_t n, const int32_t *restrict person,
                            const double *restrict amount, const int32_t *from, const int32_t *to)
{
    int64_t *restrict cell = l->cell + (size_t)account->cell * l->capacity;
    const int32_t bits = account->bits;
    bool is_outside = false;
    int64_t wide = 0;

    for (size_t k = 0; k < n; k++) {
        is_outside |= !exact_fits(amount[k], bits);
        int64_t total = add_wrapping(cell[person[k]], exact_round(amount[k], bits));
        cell[person[k]] = total;
        wide |= width(total);
    }
    if (l->observer)
        for (size_t k = 0; k < n; k++) tell(l, account, (size_t)person[k], amount[k], from ? from[k] : to[k], to[k]);
    if (!is_outside && !(wide >> LEDGER_TOTAL_BITS)) return POPGX_OK;
    for (size_t k = 0; k < n; k++)
        if (!exact_fits(amount[k], bits) || width(cell[person[k]]) >> LEDGER_TOTAL_BITS)
            return refuse(l, account, (size_t)person[k], amount[k], to[k]);
    return POPGX_OK;
}

popgx_err_t ledger_post_all(ledger_t *l, const ledger_account_t *account, const double *restrict amount, const int32_t *from)
{
    int64_t *restrict cell = l->cell + (size_t)account->cell * l->capacity;
    const int32_t bits = account->bits;
    const size_t n = l->people->n;
    uint64_t outside = 0;
    int64_t wide = 0;

    for (size_t i = 0; i < n; i++) {
        outside |= (uint64_t)!exact_fits(amount[i], bits);
        cell[i] = add_wrapping(cell[i], exact_round(amount[i], bits));
        wide |= width(cell[i]);
    }
    if (l->observer)
        for (size_t i = 0; i < n; i++) tell(l, account, i, amount[i], from ? from[i] : l->end[i], l->end[i]);
    if (!outside && !(wide >> LEDGER_TOTAL_BITS)) return POPGX_OK;
    for (size_t i = 0; i < n; i++)
        if (!exact_fits(amount[i], bits) || width(cell[i]) >> LEDGER_TOTAL_BITS)
            return refuse(l, account, i, amount[i], l->end[i]);
    return POPGX_OK;
}

popgx_err_t ledger_post_rate(ledger_t *l, const ledger_rate_t *how, size_t person, double rate, double from, int32_t t0,
                             int32_t t1)
{
    const int32_t p = (int32_t)person;
    double amount = rate * (how->scale * (from - ledger_discount_at(l, how->discount, t1)));
    return ledger_post_run(l, &how->account, 1, &p, &amount, &t0, &t1);
}
