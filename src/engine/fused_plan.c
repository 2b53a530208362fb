/* Sees from a model's structure whether a strategy's clocks are those of one process that starts them anew with each state. */
#include <string.h>

#include "engine/fused.h"

/* The state that a clock's moment leads to; false if it does anything else. */
static bool find_next_state(const model_t *m, const model_strategy_t *strategy, int32_t process, int32_t moment_index, int32_t *next)
{
    const model_moment_t *moment = &m->moments[moment_index];
    const model_effect_t *effect = &m->effects[moment->effects.first];

    if (moment->kind != MOMENT_TIMED || moment->branches.count > 0 || moment->updates.count > 0 || moment->effects.count != 1) return false;
    if (m->rule_lists[strategy->rules_of + moment_index].count > 0) return false;
    if (effect->slot == m->settings.life && effect->level == LIFE_DEAD) *next = MODEL_NONE;
    else if (effect->slot == process) *next = effect->level;
    else return false;
    return true;
}

/* Whether the clock may run while the process is in `state`: what its enabled terms say of it. */
static bool may_run_in(const model_t *m, const model_clock_t *clock, int32_t process, int32_t state)
{
    for (int32_t i = 0; i < clock->enabled.count; i++) {
        const model_term_t *term = &m->terms[clock->enabled.first + i];
        if (term->slot == process && !(term->levels >> state & 1)) return false;
    }
    return true;
}

static int32_t states_of(const model_t *m, const model_clock_t *clock, int32_t process)
{
    int32_t n = 0;
    for (int32_t state = 0; state < m->slots[process].level_names.count; state++) n += may_run_in(m, clock, process, state);
    return n;
}

static bool add_clock(const model_t *m, const model_strategy_t *strategy, int32_t k, fused_plan_t *plan)
{
    const model_clock_t *clock = &m->clocks[k];
    int32_t *next = &plan->next[plan->n_clocks];

    if (plan->n_clocks == FUSED_MOST_CLOCKS || clock->kind != CLOCK_HAZARD || clock->scale != SCALE_IN_STATE || clock->formula) return false;
    if (clock->process != plan->process || clock->most != MODEL_NEVER) return false;
    if (!find_next_state(m, strategy, plan->process, clock->moment, next)) return false;
    if (states_of(m, clock, plan->process) != 1) return false; /* one that runs on in the next state keeps its earliest minute */
    if (*next != MODEL_NONE && may_run_in(m, clock, plan->process, *next)) return false; /* it could fire without leaving */
    plan->clock[plan->n_clocks++] = k;
    return true;
}

/* The slots that tell people apart, each once. */
static void add_axes(const situation_table_t *table, fused_plan_t *plan)
{
    for (int32_t a = 0; a < table->n_axes; a++) {
        bool is_known = table->axes[a].slot == plan->process;
        for (int32_t b = 0; b < plan->n_axes; b++) is_known |= plan->axes[b].slot == table->axes[a].slot;
        if (!is_known) plan->axes[plan->n_axes++].slot = table->axes[a].slot;
    }
}

void fused_plan(const model_t *m, int32_t strategy_index, const situation_table_t *situations, model_axis_t *axes, fused_plan_t *plan)
{
    const model_strategy_t *strategy = &m->strategies[strategy_index];
    bool fits = strategy->clocks.count > 0 && m->n_derived == 0;

    *plan = (fused_plan_t){.axes = axes};
    for (int32_t c = 0; fits && c < strategy->clocks.count; c++) {
        int32_t k = m->indices[strategy->clocks.first + c];
        if (c == 0) plan->process = m->clocks[k].process;
        fits = add_clock(m, strategy, k, plan);
        if (fits) add_axes(&situations[k], plan);
    }
    if (!fits || plan->process == m->settings.life) return;
    plan->n_states = m->slots[plan->process].level_names.count;
    int64_t rows = 1;
    for (int32_t a = 0; a < plan->n_axes && rows <= INT32_MAX; a++) {
        plan->axes[a].stride = (int32_t)rows;
        rows *= m->slots[plan->axes[a].slot].level_names.count;
    }
    plan->is_fusable = plan->n_states <= FUSED_MOST_STATES && rows <= INT32_MAX;
}
