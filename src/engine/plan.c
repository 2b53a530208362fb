/*
 * Follows every cascade once: from a moment to its effects, its branches, the rules it triggers and the
 * tests these order. What a cascade can change decides which clocks must be looked at afterwards.
 */
#include "engine/plan.h"

#include <stdlib.h>
#include <string.h>

/* The slots that a cascade under one strategy can change. */
typedef struct {
    const model_t *model;
    const model_strategy_t *strategy;
    bool *changes;              /* [n_slots] */
    int32_t depth, deepest;
} walk_t;

static void walk_moment(walk_t *walk, int32_t moment);

static void walk_rules(walk_t *walk, model_span_t rules)
{
    const model_t *m = walk->model;

    for (int32_t r = 0; r < rules.count; r++) {
        const model_rule_t *rule = &m->rules[rules.first + r];
        if (rule->moment != MODEL_NONE) walk_moment(walk, rule->moment);
        for (int32_t o = 0; o < rule->orders.count; o++) {
            const model_test_t *test = &m->tests[m->indices[rule->orders.first + o]];
            walk_moment(walk, test->order);
            if (test->turnaround == 0) walk_moment(walk, test->result);
        }
    }
}

static void walk_moment(walk_t *walk, int32_t index)
{
    const model_t *m = walk->model;
    const model_moment_t *moment = &m->moments[index];

    walk->depth++;
    if (walk->depth > walk->deepest) walk->deepest = walk->depth;
    INVARIANT(walk->depth <= m->n_moments + 1, "the cascade of moment `%s` has no end", model_text(m, moment->name));
    for (int32_t e = 0; e < moment->effects.count; e++) walk->changes[m->effects[moment->effects.first + e].slot] = true;
    if (moment->kind == MOMENT_RESULT) {
        const model_test_t *test = &m->tests[moment->test];
        for (int32_t r = 0; r < test->readings.count; r++)
            walk->changes[m->readings[test->readings.first + r].observation] = true;
    }
    for (int32_t b = 0; b < moment->branches.count; b++) {
        const model_branch_t *branch = &m->branches[moment->branches.first + b];
        for (int32_t k = 0; k < branch->table.width; k++) {
            int32_t outcome = m->indices[branch->outcomes + k];
            if (outcome != MODEL_NONE) walk_moment(walk, outcome);
        }
    }
    walk_rules(walk, m->rule_lists[walk->strategy->rules_of + index]);
    walk->depth--;
}

static bool table_reads(const model_t *m, const model_table_t *table, const bool *slots)
{
    for (int32_t a = 0; a < table->axes.count; a++)
        if (slots[m->axes[table->axes.first + a].slot]) return true;
    return false;
}

static bool clock_reads(const model_t *m, const model_clock_t *clock, const bool *slots)
{
    if (clock->kind != CLOCK_HAZARD && clock->kind != CLOCK_DELAY) return false;
    if (clock->scale == SCALE_IN_STATE && slots[clock->process]) return true;
    for (int32_t i = 0; i < clock->enabled.count; i++)
        if (slots[m->terms[clock->enabled.first + i].slot]) return true;
    for (int32_t i = 0; i < clock->ratios.count; i++)
        if (table_reads(m, &m->ratios[clock->ratios.first + i], slots)) return true;
    return clock->kind == CLOCK_HAZARD && table_reads(m, &clock->curve, slots);
}

static void plan_after(const model_t *m, walk_t *walk, int32_t fired, plan_after_t *after)
{
    memset(walk->changes, 0, (size_t)m->n_slots * sizeof *walk->changes);
    walk_moment(walk, m->clocks[fired].moment);
    for (int32_t i = 0; i < walk->strategy->clocks.count; i++) {
        int32_t k = m->indices[walk->strategy->clocks.first + i];
        if (k != fired && clock_reads(m, &m->clocks[k], walk->changes)) after->looks[after->n_looks++] = k;
    }
}

popgx_err_t plan_init(engine_plan_t *plan, const model_t *m)
{
    size_t clocks = (size_t)m->n_clocks, afters = (size_t)m->n_strategies * clocks;
    size_t processes = (size_t)m->settings.n_processes, moments = (size_t)m->n_moments;
    size_t bytes = afters * sizeof *plan->after + afters * clocks * sizeof(int32_t) + processes + moments + (size_t)m->n_slots;
    char *memory = calloc(1, bytes);

    memset(plan, 0, sizeof *plan);
    if (!memory) return FAIL(NOMEM, "no memory for the plan of %zu clocks under %d strategies", clocks, m->n_strategies);
    plan->memory = memory;
    plan->after = (plan_after_t *)(void *)memory;
    int32_t *looks = (int32_t *)(void *)(plan->after + afters);
    plan->is_entry_timed = (bool *)(looks + afters * clocks);
    plan->is_counted = plan->is_entry_timed + processes;
    walk_t walk = {.model = m, .changes = plan->is_counted + moments};

    for (int32_t k = 0; k < m->n_clocks; k++)
        if (m->clocks[k].scale == SCALE_IN_STATE) plan->is_entry_timed[m->clocks[k].process - m->settings.n_attributes] = true;
    for (int32_t i = 0; i < m->n_moments; i++)
        plan->is_counted[i] = m->moments[i].branches.count > 0 || m->moments[i].kind == MOMENT_RESULT;
    for (int32_t s = 0; s < m->n_strategies; s++) {
        walk.strategy = &m->strategies[s];
        walk_rules(&walk, walk.strategy->entry);
        for (int32_t i = 0; i < walk.strategy->clocks.count; i++) {
            int32_t k = m->indices[walk.strategy->clocks.first + i];
            plan_after_t *after = &plan->after[(size_t)s * clocks + (size_t)k];
            after->looks = looks + ((size_t)s * clocks + (size_t)k) * clocks;
            plan_after(m, &walk, k, after);
        }
    }
    plan->depth = walk.deepest;
    return POPGX_OK;
}

void plan_release(engine_plan_t *plan)
{
    free(plan->memory);
    memset(plan, 0, sizeof *plan);
}
