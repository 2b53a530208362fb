/* What a strategy does to everybody as they enter: it is known from the model, so nobody needs to note it of each person. */
#ifndef POPGX_MODEL_ENTRY_H
#define POPGX_MODEL_ENTRY_H

#include "model/model.h"

/**
 * How many moments are the first ones of everybody under the strategy, in minute 0: those of its first rules at entry, as long as they ask
 * for nothing, cannot kill, and nothing that depends on the person comes between them. They happen at no other time.
 */
int32_t model_count_at_entry(const model_t *model, int32_t strategy);

/** The k-th of them. */
static inline int32_t model_at_entry(const model_t *model, int32_t strategy, int32_t k)
{
    return model->rules[model->strategies[strategy].entry.first + k].moment;
}
#endif
