/*
 * Factors that change as time goes on (model_profile_t). The function of the minute of a flow that has one rises from 0 by what each piece of time is
 * worth times the factor that the person has then. Where the time is since something, it begins anew whenever that happens: what has gathered
 * until then is kept, so that the function goes on without a jump, and flows are posted, so that no post has two beginnings in it.
 */
#include <math.h>

#include "ledger/ledger_state.h"
#include "model/profile.h"

enum { PIECE = 64 };

/* ---- one person's time ---- */

static int32_t *origin_of(const ledger_t *l, const ledger_discount_t *d, size_t person) { return &l->origin[(size_t)d->clock * l->capacity + person]; }
static double *gathered_of(const ledger_t *l, const ledger_discount_t *d, size_t person) { return &l->gathered[(size_t)d->clock * l->capacity + person]; }

/* The minute (before entry: negative) at which the person's time began; false: it has not. */
static bool find_origin(const ledger_t *l, const ledger_discount_t *d, size_t person, double *origin)
{
    if (d->clock == MODEL_NONE) *origin = -l->people->number[l->model->settings.age][person];
    else *origin = *origin_of(l, d, person);
    return d->clock == MODEL_NONE || *origin_of(l, d, person) != MODEL_NEVER;
}

/* The factors of the person, one for each step. */
static const double *factors_of(const ledger_t *l, const model_profile_t *profile, size_t person)
{
    int32_t row = 0;

    for (int32_t a = 0; a < profile->table.axes.count; a++) {
        const model_axis_t *axis = &l->model->axes[profile->table.axes.first + a];
        row += l->level[axis->slot][person] * axis->stride;
    }
    return l->model->reals + profile->table.first + (ptrdiff_t)row * profile->table.width;
}

/* Until when step k holds. */
static int32_t end_of(const ledger_t *l, const model_profile_t *profile, double origin, int32_t k)
{
    if (k + 1 >= profile->cuts.count) return MODEL_NEVER;
    const double end = ceil(origin + l->model->reals[profile->cuts.first + k + 1]);
    return end < MODEL_NEVER ? (int32_t)end : MODEL_NEVER;
}

bool ledger_profile_at(const ledger_t *l, int32_t discount, size_t person, int32_t minute, double *factor, int32_t *until)
{
    const ledger_discount_t *d = &l->plan.discounts[discount];
    const model_profile_t *profile = &l->model->profiles[d->profile - 1];
    double origin;

    *until = MODEL_NEVER;
    if (!find_origin(l, d, person, &origin)) return false;
    const int32_t k = profile_step(l->model, profile, origin, minute);
    *factor = factors_of(l, profile, person)[k];
    *until = end_of(l, profile, origin, k);
    return true;
}

double ledger_profile_gathered(const ledger_t *l, int32_t discount, size_t person, int32_t minute)
{
    const ledger_discount_t *d = &l->plan.discounts[discount];
    const model_profile_t *profile = &l->model->profiles[d->profile - 1];
    double worth[PIECE], origin, sum = d->clock == MODEL_NONE ? 0 : *gathered_of(l, d, person);
    int32_t until[PIECE];

    if (!find_origin(l, d, person, &origin)) return sum;
    const double *factor = factors_of(l, profile, person);
    until[0] = origin > 0 ? (int32_t)origin : 0;
    for (int32_t k = profile_step(l->model, profile, origin, until[0]); until[0] < minute;) {
        int32_t n = 0;
        while (n + 1 < PIECE && until[n] < minute) {
            const int32_t end = end_of(l, profile, origin, k + n++);
            until[n] = end < minute ? end : minute;
        }
        ledger_discount_plain(l, discount, (size_t)n + 1, until, worth);
        for (int32_t i = 0; i < n; i++) sum += factor[k + i] * fabs(worth[i + 1] - worth[i]);
        k += n;
        until[0] = until[n];
    }
    return sum;
}

/* ---- times that begin anew ---- */

void ledger_profiles_begin(ledger_t *l)
{
    const model_t *m = l->model;

    for (int32_t d = 0; d < l->plan.n_discounts; d++) {
        if (!l->plan.discounts[d].profile || l->plan.discounts[d].clock == MODEL_NONE) continue;
        const model_profile_t *profile = &m->profiles[l->plan.discounts[d].profile - 1];
        const bool is_inside = profile_is_inside(profile, m->slots[profile->slot].initial);
        for (size_t p = 0; p < l->people->n; p++) {
            *origin_of(l, &l->plan.discounts[d], p) = is_inside ? 0 : MODEL_NEVER;
            *gathered_of(l, &l->plan.discounts[d], p) = 0;
        }
    }
}

/* What has flowed so far, of one flow and these people; `now` is its discount's function. */
static popgx_err_t post_so_far(ledger_t *l, int32_t flow, size_t n, const int32_t *person, const int32_t *minute, const double *now)
{
    const ledger_rate_t *how = &l->plan.flows[flow];
    const double *rate = l->rate + (size_t)flow * l->capacity;
    double *from = l->from + (size_t)flow * l->capacity;
    int32_t *since = ledger_is_watched(l) ? l->since + (size_t)flow * l->capacity : NULL;

    for (size_t k = 0; k < n; k++) {
        l->amount[k] = rate[person[k]] * (how->scale * (from[person[k]] - now[k]));
        from[person[k]] = now[k];
        l->start[k] = since ? since[person[k]] : 0;
        if (since) since[person[k]] = minute[k];
    }
    return ledger_post_run(l, &how->account, n, person, l->amount, l->start, minute);
}

popgx_err_t ledger_profile_renew(ledger_t *l, int32_t discount, size_t n, const int32_t *person, const int32_t *minute)
{
    popgx_err_t err = POPGX_OK;
    const ledger_discount_t *d = &l->plan.discounts[discount];
    const model_profile_t *profile = &l->model->profiles[d->profile - 1];
    int32_t *who = l->row, *when = l->stop;
    size_t n_who = 0;

    for (size_t k = 0; k < n; k++) {
        if (profile->kind == PROFILE_STATES && profile_is_inside(profile, l->level[profile->slot][person[k]])) continue;
        who[n_who] = person[k];
        when[n_who++] = minute[k];
    }
    ledger_discount(l, discount, n_who, who, when, l->number);
    for (int32_t f = 0; f < l->plan.n_flows; f++) {
        const ledger_rate_t *how = &l->plan.flows[f];
        if (how->discount != discount) continue;
        for (size_t k = 0; k < n_who && how->floor != MODEL_NONE; k++) TRY(ledger_floor_cut(l, how->floor, (size_t)who[k], when[k]));
        TRY(post_so_far(l, f, n_who, who, when, l->number));
    }
    for (size_t k = 0; k < n_who; k++) {
        *origin_of(l, d, (size_t)who[k]) = when[k];
        *gathered_of(l, d, (size_t)who[k]) = l->number[k];
    }
out:
    return err;
}
