/*
 * Finds the edges: for a moment that sets a process, the states in which the moment can find that process. A timed event finds
 * it where its clock runs; one that follows another, where the other leaves it and the branch has a chance; a strategy's action,
 * where its rule holds. Says too much rather than too little: what several conditions exclude together is not worked out.
 */
#include "cli/statechart.h"

#include <stdlib.h>

#include "core/memory.h"

enum { DEEPEST = 64 }; /* moments that follow each other: a model has no circles, and few are deep */

static uint64_t all_states(const model_t *m, int32_t slot)
{
    int32_t n = m->slots[slot].level_names.count;
    return n == 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
}

/* The states of the process in which the terms can hold. */
static uint64_t states_allowed(const model_t *m, model_span_t terms, int32_t slot)
{
    uint64_t states = all_states(m, slot);

    for (int32_t i = 0; i < terms.count; i++)
        if (m->terms[terms.first + i].slot == slot) states &= m->terms[terms.first + i].levels;
    return states;
}

/* The states in which some row of the branch gives `outcome` a chance. */
static uint64_t states_with_chance(const model_t *m, const model_branch_t *branch, int32_t outcome, int32_t slot)
{
    const model_table_t *table = &branch->table;
    int32_t rows = 1, stride = 0, levels = m->slots[slot].level_names.count;
    uint64_t states = 0;

    if (branch->formulas) return all_states(m, slot);
    for (int32_t t = 0; t < branch->times.count; t++) {
        const model_time_axis_t *axis = &m->time_axes[branch->times.first + t];
        rows += (axis->count - 1) * axis->stride;
    }
    for (int32_t a = 0; a < table->axes.count; a++) {
        const model_axis_t *axis = &m->axes[table->axes.first + a];
        rows += (m->slots[axis->slot].level_names.count - 1) * axis->stride;
        if (axis->slot == slot) stride = axis->stride;
    }
    for (int32_t row = 0; row < rows; row++) {
        const double *cumulative = &m->reals[table->first + table->width * row];
        if (cumulative[outcome] <= (outcome ? cumulative[outcome - 1] : 0.0)) continue;
        if (!stride) return all_states(m, slot);
        states |= UINT64_C(1) << (row / stride % levels);
    }
    return states;
}

static uint64_t states_before(const model_t *m, int32_t moment, int32_t slot, int depth);

/* Where the process can be when the moment has set what it sets. */
static uint64_t states_after(const model_t *m, int32_t moment, int32_t slot, int depth)
{
    const model_moment_t *leader = &m->moments[moment];

    for (int32_t e = 0; e < leader->effects.count; e++) {
        const model_effect_t *effect = &m->effects[leader->effects.first + e];
        if (effect->slot == slot) return UINT64_C(1) << effect->level;
    }
    return states_before(m, moment, slot, depth);
}

/* Where it can be when something that this moment follows has happened. */
static uint64_t states_by_leaders(const model_t *m, int32_t moment, int32_t slot, int depth)
{
    uint64_t states = 0;

    for (int32_t q = 0; q < m->n_moments && depth < DEEPEST; q++) {
        for (int32_t b = 0; b < m->moments[q].branches.count; b++) {
            const model_branch_t *branch = &m->branches[m->moments[q].branches.first + b];
            for (int32_t k = 0; k < branch->table.width; k++)
                if (m->indices[branch->outcomes + k] == moment)
                    states |= states_after(m, q, slot, depth + 1) & states_with_chance(m, branch, k, slot);
        }
    }
    return states;
}

static uint64_t states_before(const model_t *m, int32_t moment, int32_t slot, int depth)
{
    bool is_fired = false;
    uint64_t states = 0;

    for (int32_t c = 0; c < m->n_clocks; c++) {
        if (m->clocks[c].moment != moment) continue;
        is_fired = true;
        states |= m->clocks[c].kind == CLOCK_TICK ? all_states(m, slot) : states_allowed(m, m->clocks[c].enabled, slot);
    }
    uint64_t led = states_by_leaders(m, moment, slot, depth);
    return is_fired || led ? states | led : all_states(m, slot);
}

/* The rule whose action this is. */
static const model_rule_t *rule_of(const model_t *m, int32_t moment)
{
    for (int32_t r = 0; r < m->n_rules; r++)
        if (m->rules[r].moment == moment) return &m->rules[r];
    return NULL;
}

static void add_edges(statechart_t *chart, const model_t *m, int32_t moment, const model_effect_t *effect)
{
    bool is_action = m->moments[moment].kind == MOMENT_ACTION;
    const model_rule_t *rule = is_action ? rule_of(m, moment) : NULL;
    uint64_t states = is_action ? rule ? states_allowed(m, rule->condition, effect->slot) : 0 : states_before(m, moment, effect->slot, 0);

    for (int32_t from = 0; from < m->slots[effect->slot].level_names.count; from++) {
        if (from == effect->level || !(states >> from & 1)) continue;
        if (effect->slot == m->settings.life && from == LIFE_DEAD) continue; /* nothing happens to the dead */
        chart->edges = memory_resize(chart->edges, chart->n + 1, sizeof *chart->edges);
        chart->edges[chart->n++] = (statechart_edge_t){effect->slot, from, effect->level, moment, is_action ? m->moments[moment].strategy : MODEL_NONE};
    }
}

void statechart_init(statechart_t *chart, const model_t *model)
{
    *chart = (statechart_t){0};
    for (int32_t slot = 0; slot < model->n_slots; slot++) {
        if (model->slots[slot].kind != SLOT_PROCESS || !model->slots[slot].is_reported) continue;
        for (int32_t moment = 0; moment < model->n_moments; moment++) {
            model_span_t effects = model->moments[moment].effects;
            for (int32_t e = 0; e < effects.count; e++)
                if (model->effects[effects.first + e].slot == slot) add_edges(chart, model, moment, &model->effects[effects.first + e]);
        }
    }
}

void statechart_release(statechart_t *chart)
{
    free(chart->edges);
    *chart = (statechart_t){0};
}
