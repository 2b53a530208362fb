/*
 * Sees from a model's structure whether a strategy's clocks are those of one process and start anew with its states, and puts
 * down for every kind of people and every state which clocks run, on which curve and at which ratio.
 */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "engine/fused.h"
#include "model/hazard.h"

/* What firing a clock leads to; false if it does anything but to set the process, to end the life or to be on record. */
static bool find_next_state(const model_t *m, const model_strategy_t *strategy, int32_t process, int32_t moment_index, int32_t *next)
{
    const model_moment_t *moment = &m->moments[moment_index];
    const model_effect_t *effect = &m->effects[moment->effects.first];

    if (moment->kind != MOMENT_TIMED || moment->branches.count > 0 || moment->updates.count > 0 || moment->effects.count > 1) return false;
    if (m->rule_lists[strategy->rules_of + moment_index].count > 0) return false;
    if (moment->effects.count == 0) *next = FUSED_STAYS;
    else if (effect->slot == m->settings.life && effect->level == LIFE_DEAD) *next = MODEL_NONE;
    else if (effect->slot == process) *next = effect->level;
    else return false;
    return true;
}

/* Whether a stay may begin with an integral of 0 on every curve that the clock can follow. */
static bool begins_at_zero(const model_t *m, const situation_table_t *table)
{
    for (int32_t i = 1; i < table->n_situations; i++)
        if (hazard_integral(m, &m->curves[table->situations[i].curve], 0) != 0) return false;
    return true;
}

static bool add_clock(const model_t *m, const model_strategy_t *strategy, int32_t k, const situation_table_t *table, fused_plan_t *plan)
{
    const model_clock_t *clock = &m->clocks[k];

    if (plan->n_clocks == FUSED_MOST_CLOCKS || clock->kind != CLOCK_HAZARD || clock->scale != SCALE_IN_STATE) return false;
    if (clock->formula || clock->counts_exposure) return false;
    if (clock->process != plan->process || !begins_at_zero(m, table)) return false;
    if (!find_next_state(m, strategy, plan->process, clock->moment, &plan->next[plan->n_clocks])) return false;
    for (int32_t c = 0; c < plan->n_clocks; c++)
        if (m->clocks[plan->clock[c]].moment == clock->moment) return false;
    plan->clock[plan->n_clocks++] = k;
    return true;
}

/* The slots that tell people apart, each once; false if one of them may change after entry. */
static bool add_axes(const model_t *m, const situation_table_t *table, fused_plan_t *plan)
{
    for (int32_t a = 0; a < table->n_axes; a++) {
        const int32_t slot = table->axes[a].slot;
        bool is_known = slot == plan->process;
        for (int32_t b = 0; b < plan->n_axes; b++) is_known |= plan->axes[b].slot == slot;
        if (m->slots[slot].kind == SLOT_DERIVED) return false;
        if (!is_known) plan->axes[plan->n_axes++].slot = slot;
    }
    return true;
}

/* False if there are too many kinds. */
static bool lay_rows(const model_t *m, fused_plan_t *plan)
{
    plan->n_rows = 1;
    for (int32_t a = 0; a < plan->n_axes; a++) {
        plan->axes[a].stride = plan->n_rows;
        plan->n_rows *= m->slots[plan->axes[a].slot].level_names.count;
        if (plan->n_rows > FUSED_MOST_ROWS) return false;
    }
    return true;
}

/* What clock c says of people of this kind in state q. */
static const situation_t *situation_of(const model_t *m, const situation_table_t *table, const fused_plan_t *plan, int32_t row, int32_t q)
{
    int32_t at = 0;

    for (int32_t a = 0; a < table->n_axes; a++) {
        int32_t level = q;
        for (int32_t b = 0; b < plan->n_axes; b++)
            if (plan->axes[b].slot == table->axes[a].slot)
                level = row / plan->axes[b].stride % m->slots[plan->axes[b].slot].level_names.count;
        at += level * table->axes[a].stride;
    }
    return &table->situations[table->of_row[at]];
}

/* Fills in the class of this kind, as if it were a new one. */
static void describe(const model_t *m, const situation_table_t *situations, fused_plan_t *plan, int32_t row, fused_class_t *class)
{
    memset(class, 0, sizeof *class);
    class->row = row;
    for (int32_t q = 0; q < plan->n_states; q++)
        for (int32_t c = 0; c < plan->n_clocks; c++) {
            const situation_t *situation = situation_of(m, &situations[plan->clock[c]], plan, row, q);
            const size_t at = (size_t)(q * plan->n_clocks + c) * (size_t)plan->n_rows + (size_t)row;
            const bool is_running = situation->ratio > 0;
            class->is_uniform[q][c] = true;
            class->curve[q][c] = is_running ? situation->curve : MODEL_NONE;
            plan->ratio[at] = is_running ? situation->ratio : 0;
            plan->inverse[at] = is_running ? 1 / situation->ratio : 0;
            if (is_running) class->runs[q] |= 1u << c;
        }
}

static void classify(const model_t *m, const situation_table_t *situations, fused_plan_t *plan)
{
    for (int32_t row = 0; row < plan->n_rows; row++) {
        int32_t k = 0;
        plan->classes = memory_resize(plan->classes, (size_t)plan->n_classes + 1, sizeof *plan->classes);
        fused_class_t *new = &plan->classes[plan->n_classes];
        describe(m, situations, plan, row, new);
        while (memcmp(plan->classes[k].curve, new->curve, sizeof new->curve) != 0) k++;
        plan->n_classes += k == plan->n_classes;
        plan->class_of_row[row] = k;
        for (int32_t q = 0; q < plan->n_states; q++)
            for (int32_t c = 0; c < plan->n_clocks; c++) {
                const double *ratio = fused_by_row(plan, plan->ratio, q, c);
                if (ratio[row] == ratio[plan->classes[k].row]) continue;
                plan->classes[k].is_uniform[q][c] = false;
                plan->has_kinds = true;
            }
    }
}

static void see_structure(fused_plan_t *plan)
{
    plan->is_simple = true;
    for (int32_t k = 0; k < plan->n_classes; k++)
        for (int32_t c = 0; c < plan->n_clocks; c++) {
            int32_t n_states = 0;
            for (int32_t q = 0; q < plan->n_states; q++) {
                if (!(plan->classes[k].runs[q] >> c & 1)) continue;
                n_states++;
                if (plan->next[c] == q || plan->next[c] == FUSED_STAYS) plan->may_repeat[c] = true;
            }
            if (n_states > 1 || plan->may_repeat[c]) plan->is_simple = false;
        }
}

void fused_plan_init(const model_t *m, int32_t strategy_index, const situation_table_t *situations, fused_plan_t *plan)
{
    const model_strategy_t *strategy = &m->strategies[strategy_index];
    bool fits = strategy->clocks.count > 0;

    memset(plan, 0, sizeof *plan);
    plan->axes = memory_resize(NULL, (size_t)m->n_slots + 1, sizeof *plan->axes);
    for (int32_t c = 0; fits && c < strategy->clocks.count; c++) {
        int32_t k = m->indices[strategy->clocks.first + c];
        if (c == 0) plan->process = m->clocks[k].process;
        fits = add_clock(m, strategy, k, &situations[k], plan) && add_axes(m, &situations[k], plan);
    }
    if (!fits || plan->process == m->settings.life || !lay_rows(m, plan)) return;
    plan->n_states = m->slots[plan->process].level_names.count;
    if (plan->n_states > FUSED_MOST_STATES) return;
    const size_t cells = (size_t)(plan->n_states * plan->n_clocks) * (size_t)plan->n_rows;
    plan->ratio = memory_resize(NULL, cells, sizeof *plan->ratio);
    plan->inverse = memory_resize(NULL, cells, sizeof *plan->inverse);
    plan->class_of_row = memory_resize(NULL, (size_t)plan->n_rows, sizeof *plan->class_of_row);
    classify(m, situations, plan);
    see_structure(plan);
    plan->is_fusable = true;
}

void fused_plan_release(fused_plan_t *plan)
{
    free(plan->axes);
    free(plan->ratio);
    free(plan->inverse);
    free(plan->class_of_row);
    free(plan->classes);
    *plan = (fused_plan_t){0};
}
