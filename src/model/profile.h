/*
 * What a profile (model_profile_t) means: when its time begins, and which of its steps holds. Shared by the ledger and by expected values.
 */
#ifndef POPGX_MODEL_PROFILE_H
#define POPGX_MODEL_PROFILE_H

#include <math.h>

#include "model/model.h"

/** Whether moment `index` leads to where the time of the profile begins; of STATES, for those who come from elsewhere. */
static inline bool profile_starts(const model_t *m, const model_profile_t *profile, int32_t index)
{
    const model_span_t effects = m->moments[index].effects;
    bool starts = false;

    for (int32_t i = 0; profile->kind == PROFILE_EVENT && i < profile->starts.count; i++) starts |= m->indices[profile->starts.first + i] == index;
    for (int32_t e = 0; profile->kind == PROFILE_STATES && e < effects.count; e++) {
        const model_effect_t *effect = &m->effects[effects.first + e];
        if (effect->slot == profile->slot) starts = profile->levels >> effect->level & 1;
    }
    return starts;
}

/** Whether the time goes on already, for a person whose process is in this state. */
static inline bool profile_is_inside(const model_profile_t *profile, int32_t level)
{
    return profile->kind == PROFILE_STATES && profile->levels >> level & 1;
}

/** The step that holds at `minute`, for a time that began at minute `origin`. */
static inline int32_t profile_step(const model_t *m, const model_profile_t *profile, double origin, int32_t minute)
{
    const double *cut = m->reals + profile->cuts.first;
    int32_t low = 0, n = profile->cuts.count;

    while (n > 1) {
        const int32_t half = n / 2;
        const bool is_over = ceil(origin + cut[low + half]) <= minute;
        low += is_over ? half : 0;
        n = is_over ? n - half : half;
    }
    return low;
}
#endif
