/*
 * Flows that are switches: one constant rate, on or off. They need no rate by person and no look-up: `from` says since when
 * (as its discount's function, which is never negative) the rate is on, and is negative while it is off. What is
 * posted is what the general way would post, bit by bit; while someone watches, the general way is taken.
 */
#include "ledger/ledger_state.h"

static double *from_of(const ledger_t *l, int32_t flow) { return l->from + (size_t)flow * l->capacity; }
static int64_t *cell_of(const ledger_t *l, const ledger_rate_t *how) { return l->cell + (size_t)how->account.cell * l->capacity; }

bool ledger_is_switch(const ledger_t *l, int32_t flow) { return l->plan.flows[flow].is_switch && !ledger_is_watched(l); }

void ledger_switch_open(ledger_t *l, int32_t flow, const double *rate, double start)
{
    double *from = from_of(l, flow);
    for (size_t p = 0; p < l->people->n; p++) from[p] = rate[p] != 0 ? start : -1;
}

void ledger_switch_begin(ledger_t *l, int32_t flow, bool is_on, size_t n, const int32_t *person)
{
    const double since = is_on ? ledger_discount_at(l, l->plan.flows[flow].discount, 0) : -1;
    double *from = from_of(l, flow);

    for (size_t k = 0; k < n; k++) from[person[k]] = since;
}

popgx_err_t ledger_switch_turn(ledger_t *l, int32_t flow, bool is_on, size_t n, const int32_t *person, const int32_t *minute,
                               const double *now)
{
    const ledger_rate_t *how = &l->plan.flows[flow];
    kernel_fit_t fit;

    if (is_on) {
        l->kernels->switch_on((int32_t)n, person, now, from_of(l, flow));
        return POPGX_OK;
    }
    l->kernels->switch_off((int32_t)n, person, now, how->rate, how->scale, how->account.bits, from_of(l, flow), l->amount,
                           cell_of(l, how), &fit);
    return ledger_check_fit(l, &how->account, &fit, n, person, l->amount, minute);
}

popgx_err_t ledger_switch_close(ledger_t *l, int32_t flow, const double *at_end)
{
    const ledger_rate_t *how = &l->plan.flows[flow];
    kernel_fit_t fit;

    l->kernels->switch_post((int32_t)l->people->n, from_of(l, flow), at_end, how->rate, how->scale, how->account.bits, l->amount,
                            cell_of(l, how), &fit);
    return ledger_check_fit(l, &how->account, &fit, l->people->n, NULL, l->amount, l->end);
}
