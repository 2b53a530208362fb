/*
 * Follows every cascade once: from a moment to its effects, its branches, the rules it triggers and the
 * tests these order. What a cascade can change decides which clocks must be looked at afterwards.
 */
#include "engine/plan.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "model/registers.h"

/* The slots and registers that one cascade can change. Many ways may lead to the same moment, but it is walked once: they double with every branch. */
typedef struct {
    const model_t *model;
    const model_strategy_t *strategy;
    bool *changes;              /* [n_slots] */
    bool *registers;            /* [n_registers]: that it changes */
    bool *is_walked;            /* [n_moments]: in this cascade */
    int32_t *depth;             /* [n_moments]: levels of the cascade that a walked moment begins; 0: it is being walked */
} walk_t;

static int32_t walk_moment(walk_t *walk, int32_t moment);

static int32_t deeper(int32_t a, int32_t b) { return a > b ? a : b; }

/* An analysis is done: its result comes, or it has failed and is made again. All of these return the depth of what they begin. */
static int32_t walk_result(walk_t *walk, const model_test_t *test)
{
    int32_t depth = walk_moment(walk, test->result);
    return test->repeats > 0 ? deeper(depth, walk_moment(walk, test->repeat)) : depth;
}

static int32_t walk_rules(walk_t *walk, model_span_t rules)
{
    const model_t *m = walk->model;
    int32_t depth = 0;

    for (int32_t r = 0; r < rules.count; r++) {
        const model_rule_t *rule = &m->rules[rules.first + r];
        if (rule->moment != MODEL_NONE) depth = deeper(depth, walk_moment(walk, rule->moment));
        for (int32_t o = 0; o < rule->orders.count; o++) {
            const model_test_t *test = &m->tests[m->indices[rule->orders.first + o]];
            depth = deeper(depth, walk_moment(walk, test->order));
            if (test->turnaround == 0) depth = deeper(depth, walk_result(walk, test));
        }
    }
    return depth;
}

static int32_t walk_moment(walk_t *walk, int32_t index)
{
    const model_t *m = walk->model;
    const model_moment_t *moment = &m->moments[index];
    int32_t depth = 0;

    if (walk->is_walked[index]) {
        INVARIANT(walk->depth[index] > 0, "the cascade of moment `%s` has no end", model_text(m, moment->name));
        return walk->depth[index];
    }
    walk->is_walked[index] = true;
    walk->depth[index] = 0;
    registers_mark_changes(m, index, walk->changes, walk->registers);
    if (moment->kind == MOMENT_RESULT) {
        const model_test_t *test = &m->tests[moment->test];
        for (int32_t r = 0; r < test->readings.count; r++)
            walk->changes[m->readings[test->readings.first + r].observation] = true;
    }
    for (int32_t b = 0; b < moment->branches.count; b++) {
        const model_branch_t *branch = &m->branches[moment->branches.first + b];
        for (int32_t k = 0; k < branch->table.width; k++) {
            int32_t outcome = m->indices[branch->outcomes + k];
            if (outcome != MODEL_NONE) depth = deeper(depth, walk_moment(walk, outcome));
        }
    }
    depth = deeper(depth, walk_rules(walk, m->rule_lists[walk->strategy->rules_of + index]));
    return walk->depth[index] = depth + 1;
}

static bool clock_reads(const engine_plan_t *plan, const model_t *m, int32_t k, const bool *slots, const bool *registers)
{
    const model_clock_t *clock = &m->clocks[k];
    const situation_table_t *table = &plan->situations[k];

    if (clock->kind != CLOCK_HAZARD && clock->kind != CLOCK_DELAY) return false;
    if (clock->scale == SCALE_IN_STATE && slots[clock->process]) return true;
    if (registers_is_read(m, clock->formula, slots, registers)) return true;
    for (int32_t a = 0; a < table->n_axes; a++)
        if (slots[table->axes[a].slot]) return true;
    return false;
}

static void begin_walk(walk_t *walk)
{
    memset(walk->changes, 0, (size_t)walk->model->n_slots * sizeof *walk->changes);
    memset(walk->registers, 0, (size_t)walk->model->n_registers * sizeof *walk->registers);
    memset(walk->is_walked, 0, (size_t)walk->model->n_moments * sizeof *walk->is_walked);
}

/* What follows from the firing of one clock of the strategy. Returns the depth of the cascade. */
static int32_t plan_firing(const engine_plan_t *plan, const model_t *m, walk_t *walk, int32_t fired, plan_clock_t *clocks)
{
    begin_walk(walk);
    const model_clock_t *clock = &m->clocks[fired];
    int32_t depth = clock->kind == CLOCK_RESULT ? walk_result(walk, &m->tests[clock->test]) : walk_moment(walk, clock->moment);
    clocks[fired].kills = walk->changes[m->settings.life];
    for (int32_t i = 0; i < walk->strategy->clocks.count; i++) {
        int32_t k = m->indices[walk->strategy->clocks.first + i];
        if (k != fired && clock_reads(plan, m, k, walk->changes, walk->registers)) clocks[k].causes[clocks[k].n_causes++] = fired;
    }
    return depth;
}

/* Gives every slot that some clock reads a place in the packed levels. */
static void place_levels(engine_plan_t *plan, const model_t *m)
{
    int32_t shift = PLAN_WORD_BITS;

    for (int32_t s = 0; s < m->n_slots; s++) plan->places[s].word = MODEL_NONE;
    for (int32_t k = 0; k < m->n_clocks; k++)
        for (int32_t a = 0; a < plan->situations[k].n_axes; a++) {
            int32_t slot = plan->situations[k].axes[a].slot, bits = 1;
            plan_place_t *place = &plan->places[slot];
            if (place->word != MODEL_NONE) continue;
            while (1 << bits < m->slots[slot].level_names.count) bits++;
            if (shift + bits > PLAN_WORD_BITS) plan->n_words++, shift = 0;
            *place = (plan_place_t){.word = plan->n_words - 1, .shift = shift, .mask = (1u << bits) - 1};
            shift += bits;
        }
}

static popgx_err_t plan_situations(engine_plan_t *plan, const model_t *m)
{
    popgx_err_t err = POPGX_OK;

    for (int32_t k = 0; k < m->n_clocks; k++) {
        const model_clock_t *clock = &m->clocks[k];
        if (clock->kind == CLOCK_HAZARD || clock->kind == CLOCK_DELAY) TRY(situation_table_init(&plan->situations[k], m, clock));
        if (clock->scale == SCALE_IN_STATE) plan->is_entry_timed[clock->process - m->settings.n_attributes] = true;
    }
    for (int32_t i = 0; i < m->n_time_axes; i++)
        if (m->time_axes[i].kind == TIME_IN_STATE) plan->is_entry_timed[m->time_axes[i].process - m->settings.n_attributes] = true;
out:
    return err;
}

static void plan_strategies(engine_plan_t *plan, const model_t *m, int32_t *causes)
{
    walk_t walk = {.model = m, .changes = memory_resize(NULL, (size_t)m->n_slots, sizeof *walk.changes),
                   .registers = memory_resize(NULL, (size_t)m->n_registers + 1, sizeof *walk.registers),
                   .is_walked = memory_resize(NULL, (size_t)m->n_moments, sizeof *walk.is_walked),
                   .depth = memory_resize(NULL, (size_t)m->n_moments, sizeof *walk.depth)};

    for (int32_t s = 0; s < m->n_strategies; s++) {
        walk.strategy = &m->strategies[s];
        begin_walk(&walk);
        plan->depth = deeper(plan->depth, walk_rules(&walk, walk.strategy->entry));
        plan_clock_t *clocks = plan->clocks + (ptrdiff_t)s * m->n_clocks;
        for (int32_t k = 0; k < m->n_clocks; k++) clocks[k].causes = causes + ((ptrdiff_t)s * m->n_clocks + k) * m->n_clocks;
        for (int32_t i = 0; i < walk.strategy->clocks.count; i++)
            plan->depth = deeper(plan->depth, plan_firing(plan, m, &walk, m->indices[walk.strategy->clocks.first + i], clocks));
    }
    free(walk.changes);
    free(walk.registers);
    free(walk.is_walked);
    free(walk.depth);
}

/* Whether some rule that the moment triggers is carried out by a chance that is drawn anew each time. */
static bool triggers_chance(const model_t *m, int32_t moment)
{
    for (int32_t s = 0; s < m->n_strategies; s++) {
        model_span_t rules = m->rule_lists[m->strategies[s].rules_of + moment];
        for (int32_t r = 0; r < rules.count; r++)
            if (m->rules[rules.first + r].chance.width && !m->rules[rules.first + r].is_personal) return true;
    }
    return false;
}

static void plan_repeats(engine_plan_t *plan, const model_t *m)
{
    for (int32_t t = 0; t < m->n_tests; t++) plan->repeating[t] = m->tests[t].repeats > 0 ? plan->n_repeating++ : MODEL_NONE;
}

popgx_err_t plan_init(engine_plan_t *plan, const model_t *m)
{
    size_t clocks = (size_t)m->n_clocks, all_clocks = (size_t)m->n_strategies * clocks;
    size_t processes = (size_t)m->settings.n_processes, moments = (size_t)m->n_moments, slots = (size_t)m->n_slots;
    size_t strategies = (size_t)m->n_strategies;
    size_t bytes = all_clocks * sizeof *plan->clocks + clocks * sizeof *plan->situations + strategies * sizeof *plan->fused
                   + slots * sizeof *plan->places + (all_clocks * clocks + (size_t)m->n_tests) * sizeof(int32_t)
                   + processes + moments;
    char *memory = calloc(1, bytes);

    memset(plan, 0, sizeof *plan);
    if (!memory) return FAIL(NOMEM, "no memory for the plan of %zu clocks under %d strategies", clocks, m->n_strategies);
    plan->memory = memory;
    plan->n_clocks = m->n_clocks;
    plan->n_strategies = m->n_strategies;
    plan->clocks = (plan_clock_t *)(void *)memory;
    plan->situations = (situation_table_t *)(void *)(plan->clocks + all_clocks);
    plan->fused = (fused_plan_t *)(void *)(plan->situations + clocks);
    plan->places = (plan_place_t *)(void *)(plan->fused + strategies);
    int32_t *causes = (int32_t *)(void *)(plan->places + slots);
    plan->repeating = causes + all_clocks * clocks;
    plan->is_entry_timed = (bool *)(plan->repeating + m->n_tests);
    plan->is_counted = plan->is_entry_timed + processes;
    for (int32_t i = 0; i < m->n_moments; i++)
        plan->is_counted[i] = m->moments[i].branches.count > 0 || m->moments[i].kind == MOMENT_RESULT || triggers_chance(m, i);
    plan_repeats(plan, m);
    popgx_err_t err = plan_situations(plan, m);
    if (err != POPGX_OK) return err;
    place_levels(plan, m);
    plan_strategies(plan, m, causes);
    for (int32_t s = 0; s < m->n_strategies; s++) fused_plan_init(m, s, plan->situations, &plan->fused[s]);
    return POPGX_OK;
}

void plan_release(engine_plan_t *plan)
{
    for (int32_t k = 0; k < plan->n_clocks; k++) situation_table_release(&plan->situations[k]);
    for (int32_t s = 0; s < plan->n_strategies; s++) fused_plan_release(&plan->fused[s]);
    free(plan->memory);
    memset(plan, 0, sizeof *plan);
}
