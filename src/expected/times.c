/* When the times of profiles began for a kind of people, and by what flows are multiplied. Owns nothing. */
#include "expected/kinds.h"
#include "model/profile.h"

void kind_enter_times(const kind_layout_t *l, unsigned char *kind)
{
    const model_t *m = l->model;

    for (int32_t p = 0; p < m->n_profiles; p++) {
        const model_profile_t *profile = &m->profiles[p];
        const bool goes_on = profile->kind == PROFILE_AGE || profile_is_inside(profile, m->slots[profile->slot].initial);
        kind_origins(l, kind)[p] = goes_on ? 0 : MODEL_NEVER;
    }
}

void kind_begin_times(const kind_layout_t *l, unsigned char *kind, int32_t index, int32_t now)
{
    const model_t *m = l->model;

    for (int32_t p = 0; p < m->n_profiles; p++) {
        const model_profile_t *profile = &m->profiles[p];
        if (!profile_starts(m, profile, index) || profile_is_inside(profile, kind_levels(l, kind)[profile->slot])) continue;
        kind_origins(l, kind)[p] = now;
    }
}

void kind_forget_times(const kind_layout_t *l, unsigned char *kind, int32_t now)
{
    const model_t *m = l->model;

    for (int32_t p = 0; p < m->n_profiles; p++) {
        const model_span_t cuts = m->profiles[p].cuts;
        const double earliest = now - m->reals[cuts.first + cuts.count - 1];
        int32_t *origin = &kind_origins(l, kind)[p];
        if (m->profiles[p].kind != PROFILE_AGE && *origin < earliest) *origin = (int32_t)earliest;
    }
}

bool kind_factor(const kind_layout_t *l, unsigned char *kind, const model_flow_t *flow, int32_t now, double *factor)
{
    const model_t *m = l->model;

    *factor = 1;
    if (!flow->profile) return true;
    const model_profile_t *profile = &m->profiles[flow->profile - 1];
    const int32_t began = kind_origins(l, kind)[flow->profile - 1];
    const double origin = profile->kind == PROFILE_AGE ? -kind_numbers(l, kind)[m->settings.age] : began;
    *factor = began == MODEL_NEVER ? 0 : m->reals[model_row_first(m, &profile->table, kind_levels(l, kind)) + profile_step(m, profile, origin, now)];
    return began != MODEL_NEVER;
}
