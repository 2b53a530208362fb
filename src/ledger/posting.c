/*
 * The one place where amounts are rounded and reach a person's account, and where it is seen whether they fit.
 *
 * The loops only collect evidence that something does not fit; who and what it was is found out after the loop, from
 * the same numbers, by a slow search that nearly never runs.
 */
#include "ledger/ledger_state.h"

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
    if (rounded && l->observer) l->observer(l->context, person, account->cell, account->why, from, to, rounded);
    if (rounded && l->years) ledger_years_post(l, account, person, from, to, rounded);
}

popgx_err_t ledger_check_fit(const ledger_t *l, const ledger_account_t *account, const kernel_fit_t *fit, size_t n,
                             const int32_t *person, const double *amount, const int32_t *minute)
{
    const int64_t *cell = l->cell + (size_t)account->cell * l->capacity;

    if (!fit->outside && !(fit->wide >> LEDGER_TOTAL_BITS)) return POPGX_OK;
    for (size_t k = 0; k < n; k++) {
        size_t p = person ? (size_t)person[k] : k;
        if (!exact_fits(amount[k], account->bits) || width(cell[p]) >> LEDGER_TOTAL_BITS)
            return refuse(l, account, p, amount[k], minute[k]);
    }
    return POPGX_OK;
}

popgx_err_t ledger_post_run(ledger_t *l, const ledger_account_t *account, size_t n, const int32_t *person, const double *amount,
                            const int32_t *from, const int32_t *to)
{
    kernel_fit_t fit;

    l->kernels->post((int32_t)n, person, amount, account->bits, l->cell + (size_t)account->cell * l->capacity, &fit);
    if (ledger_is_watched(l))
        for (size_t k = 0; k < n; k++) tell(l, account, (size_t)person[k], amount[k], from ? from[k] : to[k], to[k]);
    return ledger_check_fit(l, account, &fit, n, person, amount, to);
}

popgx_err_t ledger_post_flow(ledger_t *l, int32_t flow, const double *at_end)
{
    const ledger_rate_t *how = &l->plan.flows[flow];
    const ledger_account_t *account = &how->account;
    const size_t n = l->people->n, column = (size_t)flow * l->capacity;
    kernel_fit_t fit;

    l->kernels->post_flow((int32_t)n, l->rate + column, l->from + column, at_end, how->scale, account->bits, l->amount,
                          l->cell + (size_t)account->cell * l->capacity, &fit);
    if (ledger_is_watched(l))
        for (size_t i = 0; i < n; i++) tell(l, account, i, l->amount[i], l->since[column + i], l->end[i]);
    return ledger_check_fit(l, account, &fit, n, NULL, l->amount, l->end);
}

popgx_err_t ledger_post_rate(ledger_t *l, const ledger_rate_t *how, size_t person, double rate, double from, int32_t t0,
                             int32_t t1)
{
    const int32_t p = (int32_t)person;
    double amount = rate * (how->scale * (from - ledger_discount_at(l, how->discount, t1)));
    return ledger_post_run(l, &how->account, 1, &p, &amount, &t0, &t1);
}
