/*
 * Checks of the whole model: what no part alone can see. Errors look at the structure only, never at the size of a number, so
 * that a sensitivity analysis may set any rate or probability to 0. Runs after all parts, and only if they found no errors.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/hazard.h"
#include "spec/compile_events.h"

/* ---- what can be reached ---- */

typedef struct {
    compiler_t *c;
    uint64_t *levels;   /* [n_slots]: levels that somebody may have at some time */
    bool *happens;      /* [n_moments] */
    bool has_changed;
} reach_t;

static void reach_effects(reach_t *reach, const model_effect_t *effects, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t now = reach->levels[effects[i].slot] | 1ull << effects[i].level;
        reach->has_changed |= now != reach->levels[effects[i].slot];
        reach->levels[effects[i].slot] = now;
    }
}

static void reach_moment(reach_t *reach, int32_t moment)
{
    if (moment == MODEL_NONE || reach->happens[moment]) return;
    reach->happens[moment] = reach->has_changed = true;
}

/* The first term of the clock's condition that never holds, or NULL. */
static const model_term_t *never_holds(const reach_t *reach, const model_clock_t *clock)
{
    const model_t *m = reach->c->model;
    for (int32_t i = 0; i < clock->enabled.count; i++) {
        const model_term_t *term = &m->terms[clock->enabled.first + i];
        if (!(term->levels & reach->levels[term->slot])) return term;
    }
    return NULL;
}

static void reach_further(reach_t *reach)
{
    const model_t *m = reach->c->model;
    for (int32_t i = 0; i < m->n_clocks; i++)
        if (m->clocks[i].kind <= CLOCK_DELAY && !never_holds(reach, &m->clocks[i])) reach_moment(reach, m->clocks[i].moment);
    for (int32_t i = 0; i < m->n_moments; i++) {
        const model_moment_t *moment = &m->moments[i];
        if (!reach->happens[i]) continue;
        reach_effects(reach, m->effects + moment->effects.first, (size_t)moment->effects.count);
        for (int32_t b = 0; b < moment->branches.count; b++) {
            const model_branch_t *branch = &m->branches[moment->branches.first + b];
            for (int32_t k = 0; k < branch->table.width; k++) reach_moment(reach, m->indices[branch->outcomes + k]);
        }
    }
}

static void reach_rule(void *context, const rule_plan_t *rule) { reach_effects(context, rule->set.effects, rule->set.n_effects); }

/* At the start, and by what strategies do: also by those that are not kept, since they are part of the model. */
static void reach_first(reach_t *reach)
{
    const model_t *m = reach->c->model;
    const struct processes *p = reach->c->processes;
    for (int32_t s = 0; s < m->n_slots; s++)
        reach->levels[s] = m->slots[s].kind == SLOT_PROCESS ? 1ull << m->slots[s].initial : ~0ull;
    for (int32_t i = 0; i < m->n_moments; i++)
        reach->happens[i] = m->moments[i].kind == MOMENT_ORDER || m->moments[i].kind == MOMENT_RESULT;
    for (size_t s = 0; s < p->n_strategies; s++)
        for (size_t t = 0; t < p->strategies[s].n_triggers; t++) rules_each(&p->strategies[s].triggers[t].list, reach_rule, reach);
}

static void report_unreached(const reach_t *reach)
{
    compiler_t *c = reach->c;
    const model_t *m = c->model;
    const struct processes *p = c->processes;
    if (!(reach->levels[m->settings.life] >> LIFE_DEAD & 1)) fputs("nobody dies: no event sets `life` to dead\n", c->summary);
    for (size_t i = 0; i < p->n; i++) {
        const process_t *process = &p->list[i];
        for (int32_t l = 0; process->slot != m->settings.life && l < compile_levels(m, process->slot); l++)
            if (!(reach->levels[process->slot] >> l & 1))
                diag_error(c->diag, process->state_places[l], "let an event or a strategy lead to it, or take it out",
                           "the state `%s` of `%s` is never reached", model_level_name(m, process->slot, l), process->name);
    }
    for (size_t i = 0; i < p->n_events; i++) {
        const event_t *event = &p->events[i];
        if (event->clock == MODEL_NONE || reach->happens[event->moment]) continue;
        const model_term_t *term = never_holds(reach, &m->clocks[event->clock]);
        diag_error(c->diag, event->place, "see its `from` and `while`", "the event `%s` can never happen: `%s` never gets there",
                   event->name, model_text(m, m->slots[term->slot].name));
    }
}

static void check_reach(compiler_t *c)
{
    reach_t reach = {.c = c, .levels = arena_take(c->arena, (size_t)c->model->n_slots, sizeof(uint64_t)),
                     .happens = arena_take(c->arena, (size_t)c->model->n_moments, sizeof(bool))};
    reach_first(&reach);
    do {
        reach.has_changed = false;
        reach_further(&reach);
    } while (reach.has_changed);
    report_unreached(&reach);
}

/* ---- clocks that depend on too much ---- */

/* The engine has a row for every combination of what a clock reads. */
static void check_combinations(compiler_t *c)
{
    const model_t *m = c->model;
    const struct processes *p = c->processes;
    bool *is_read = arena_take(c->arena, (size_t)m->n_slots, sizeof *is_read);
    for (size_t i = 0; i < p->n_events; i++) {
        int64_t rows = 1;
        if (p->events[i].clock == MODEL_NONE) continue;
        memset(is_read, 0, (size_t)m->n_slots * sizeof *is_read);
        model_mark_inputs(m, &m->clocks[p->events[i].clock], is_read);
        for (int32_t s = 0; s < m->n_slots && rows <= MODEL_MAX_COMBINATIONS; s++)
            if (is_read[s]) rows *= compile_levels(m, s);
        if (rows > MODEL_MAX_COMBINATIONS)
            diag_error(c->diag, p->events[i].place, "let fewer attributes and processes act on it, or group their levels",
                       "event `%s` depends on more than %d combinations of levels", p->events[i].name, MODEL_MAX_COMBINATIONS);
    }
}

/* ---- what happens again at once ---- */

/* The chance of an event in its first minute above which the minute is too coarse for it, or the event a mistake. */
#define SOON 0.01

/* Marks the moments that can follow in the same minute by branches, itself included. */
static void mark_following(const model_t *m, int32_t moment, bool *follows)
{
    if (moment == MODEL_NONE || follows[moment]) return;
    follows[moment] = true;
    for (int32_t b = 0; b < m->moments[moment].branches.count; b++) {
        const model_branch_t *branch = &m->branches[m->moments[moment].branches.first + b];
        for (int32_t k = 0; k < branch->table.width; k++) mark_following(m, m->indices[branch->outcomes + k], follows);
    }
}

/* Whether some effect, of the moments that are marked or of all, sets `slot` to one of the levels. */
static bool is_set_to(const model_t *m, int32_t slot, uint64_t levels, const bool *marked)
{
    for (int32_t i = 0; i < m->n_moments; i++) {
        const model_span_t effects = m->moments[i].effects;
        if (marked && !marked[i]) continue;
        for (int32_t e = effects.first; e < effects.first + effects.count; e++)
            if (m->effects[e].slot == slot && levels >> m->effects[e].level & 1) return true;
    }
    return false;
}

/* Whether the clock can run again after it has fired: what the event takes away, if anything, is given back by another. */
static bool can_run_again(compiler_t *c, const model_clock_t *clock)
{
    const model_t *m = c->model;
    bool *follows = arena_take(c->arena, (size_t)m->n_moments, sizeof *follows);
    if (clock->most <= 1) return false;
    mark_following(m, clock->moment, follows);
    if (is_set_to(m, m->settings.life, 1ull << LIFE_DEAD, follows)) return false;
    for (int32_t i = clock->enabled.first; i < clock->enabled.first + clock->enabled.count; i++) {
        const model_term_t *term = &m->terms[i];
        if (is_set_to(m, term->slot, ~term->levels, follows) && !is_set_to(m, term->slot, term->levels, NULL)) return false;
    }
    return true;
}

/* NULL: the event has no clock of its own. */
static const model_clock_t *clock_of(const model_t *m, const event_t *event) { return event->clock == MODEL_NONE ? NULL : &m->clocks[event->clock]; }

/* The largest integrated hazard of the first minute after the clock has started anew. */
static double first_minute(const model_t *m, const model_clock_t *clock)
{
    double most = 0;
    for (int32_t r = 0; r < compile_table_rows(m, &clock->curve); r++) {
        const model_curve_t *curve = &m->curves[clock->curve.first + r];
        bool starts_anew = clock->scale == SCALE_IN_STATE || curve->kind == CURVE_EXPONENTIAL;
        if (starts_anew) most = fmax(most, hazard_integral(m, curve, 1));
    }
    return most;
}

/* A hazard of many an hour, or one that is infinite when a state is entered. */
static void check_haste(compiler_t *c)
{
    const model_t *m = c->model;
    const struct processes *p = c->processes;
    for (size_t i = 0; i < p->n_events; i++) {
        const model_clock_t *clock = clock_of(m, &p->events[i]);
        if (!clock || clock->kind != CLOCK_HAZARD || first_minute(m, clock) < SOON || !can_run_again(c, clock)) continue;
        diag_warn(c->diag, p->events[i].place, "times are whole minutes: see whether that is meant, or limit it with `repeats`",
                  "`%s` can happen again at once: within a minute with probability %.2g", p->events[i].name,
                  -expm1(-first_minute(m, clock)));
    }
}

/* ---- clocks that never fire ---- */

static bool is_idle_hazard(const model_t *m, const model_clock_t *clock)
{
    for (int32_t r = 0; r < compile_table_rows(m, &clock->curve); r++) {
        const model_curve_t *curve = &m->curves[clock->curve.first + r];
        if (curve->kind != CURVE_NEVER && !(curve->kind == CURVE_EXPONENTIAL && curve->a == 0)) return false;
    }
    return true;
}

static void check_idle(compiler_t *c)
{
    const model_t *m = c->model;
    const struct processes *p = c->processes;
    for (size_t i = 0; i < p->n_events; i++) {
        const model_clock_t *clock = clock_of(m, &p->events[i]);
        if (clock && clock->kind == CLOCK_HAZARD && is_idle_hazard(m, clock))
            diag_warn(c->diag, p->events[i].place, "if that is meant, nothing needs to change", "`%s` never happens: its hazard is 0", p->events[i].name);
        if (clock && clock->kind == CLOCK_DELAY && !clock->formula && (clock->first ? clock->first : clock->minutes) >= m->settings.horizon)
            diag_warn(c->diag, p->events[i].place, "compare its time, and the unit, with the horizon", "`%s` never happens: it comes after the horizon", p->events[i].name);
    }
}

/* ---- strategies that are the same ---- */

static bool same_node(const yaml_node_t *a, const yaml_node_t *b)
{
    if (a->kind != b->kind) return false;
    if (a->kind == YAML_SCALAR) return !strcmp(a->text, b->text);
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++) {
        if (a->kind == YAML_SEQUENCE && !same_node(a->items[i], b->items[i])) return false;
        if (a->kind == YAML_MAPPING && (strcmp(a->pairs[i].key, b->pairs[i].key) || !same_node(a->pairs[i].value, b->pairs[i].value)))
            return false;
    }
    return true;
}

static void check_same_strategies(compiler_t *c)
{
    const struct processes *p = c->processes;
    for (size_t i = 0; i < p->n_strategies; i++)
        for (size_t k = 0; k < i; k++)
            if (same_node(p->strategies[i].node, p->strategies[k].node))
                diag_warn(c->diag, p->strategies[i].place, "if that is meant, nothing needs to change", "strategy `%s` does the same as `%s`",
                          p->strategies[i].name, p->strategies[k].name);
}

/* ---- luck ---- */

typedef struct {
    uint64_t purpose;
    const char *what, *name;
} luck_t;

static int by_purpose(const void *a, const void *b)
{
    const luck_t *x = a, *y = b;
    return (x->purpose > y->purpose) - (x->purpose < y->purpose);
}

static const char *step_name(const model_t *m, const model_step_t *step)
{
    if (step->kind == STEP_GENE || step->kind == STEP_SECOND) return model_text(m, m->genes[step->to].name);
    bool is_number = step->kind == STEP_NUMBER || step->kind == STEP_FORMULA || step->kind == STEP_ROW || step->kind == STEP_CELL;
    return model_text(m, is_number ? m->numbers[step->to].name : m->slots[step->to].name);
}

/* Clocks that are meant to share another's luck. */
static bool has_own_luck(const struct processes *p, int32_t clock)
{
    for (size_t i = 0; i < p->n_events; i++)
        if (p->events[i].clock == clock) return !yaml_get(p->events[i].node, "same luck as");
    return true;
}

/* Two purposes with the same 64-bit hash would share their random numbers. */
static void check_purposes(compiler_t *c)
{
    const model_t *m = c->model;
    size_t n = 0;
    static const char amount[] = "an amount of"; /* several payoffs may share one, as what a payer pays */
    luck_t *all = arena_take(c->arena, (size_t)(2 * m->n_steps + m->n_clocks + m->n_branches + 2 * m->n_tests + m->n_readings + m->n_lumps + m->n_spells), sizeof *all);
    for (int32_t i = 0; i < m->n_steps; i++) {
        all[n++] = (luck_t){m->steps[i].purpose, "attribute", step_name(m, &m->steps[i])};
        all[n++] = (luck_t){m->steps[i].purpose2, "second allele of", step_name(m, &m->steps[i])};
    }
    for (int32_t i = 0; i < m->n_clocks; i++)
        if (has_own_luck(c->processes, i)) all[n++] = (luck_t){m->clocks[i].purpose, "event", model_text(m, m->moments[m->clocks[i].moment].name)};
    for (int32_t i = 0; i < m->n_moments; i++)
        for (int32_t b = 0; b < m->moments[i].branches.count; b++)
            all[n++] = (luck_t){m->branches[m->moments[i].branches.first + b].purpose, "branch of", model_text(m, m->moments[i].name)};
    for (int32_t i = 0; i < m->n_tests; i++) {
        const model_test_t *test = &m->tests[i];
        all[n++] = (luck_t){test->failure_purpose, "test", model_text(m, test->name)};
        all[n++] = (luck_t){test->wait_purpose, "time taken by", model_text(m, test->name)};
        for (int32_t r = test->readings.first; r < test->readings.first + test->readings.count; r++)
            if (m->readings[r].drawn.width) all[n++] = (luck_t){m->readings[r].purpose, "error of", model_text(m, test->name)};
    }
    for (int32_t i = 0; i < m->n_lumps; i++)
        if (m->lumps[i].variation) all[n++] = (luck_t){m->variations[m->lumps[i].variation - 1].purpose, amount, model_text(m, m->cells[m->lumps[i].cell].name)};
    for (int32_t i = 0; i < m->n_spells; i++)
        if (m->spells[i].variation) all[n++] = (luck_t){m->variations[m->spells[i].variation - 1].purpose, amount, model_text(m, m->cells[m->spells[i].cell].name)};
    qsort(all, n, sizeof *all, by_purpose);
    for (size_t i = 1; i < n; i++)
        if (all[i].purpose && all[i].purpose == all[i - 1].purpose && !(all[i].what == amount && all[i - 1].what == amount))
            diag_error(c->diag, (place_t){c->path, 0, 0}, "give one of them another name", "%s `%s` and %s `%s` would share their luck",
                       all[i - 1].what, all[i - 1].name, all[i].what, all[i].name);
}

/* ---- deaths counted twice ---- */

static bool kills(const model_t *m, const event_t *event)
{
    const model_span_t effects = m->moments[event->moment].effects;
    for (int32_t e = 0; e < effects.count; e++)
        if (m->effects[effects.first + e].slot == m->settings.life) return true;
    return false;
}

/* A life table holds all causes: what kills beside it is in it already, unless something is taken away. */
static void check_causes(compiler_t *c)
{
    const struct processes *p = c->processes;
    for (size_t i = 0; i < p->n_events; i++) {
        const event_t *event = &p->events[i], *other = NULL;
        const yaml_node_t *hazard = yaml_get(event->node, "hazard");
        if (!yaml_get(hazard, "life table") || yaml_get(hazard, "minus") || !kills(c->model, event)) continue;
        for (size_t k = 0; k < p->n_events && !other; k++)
            if (k != i && kills(c->model, &p->events[k])) other = &p->events[k];
        if (other)
            diag_warn(c->diag, hazard->place, diag_format(c->diag, "add minus: [%s], or the hazard of these deaths in the general population", other->name),
                      "the life table of `%s` is of all causes, but `%s` is fatal too, so such deaths count twice", event->name, other->name);
    }
}

void compile_checks(compiler_t *c)
{
    compile_unused_parameters(c);
    if (diag_errors(c->diag)) return;
    check_reach(c);
    compile_cascades(c);
    check_combinations(c);
    check_idle(c);
    check_same_strategies(c);
    check_causes(c);
    check_purposes(c);
    if (diag_errors(c->diag) == 0) check_haste(c); /* what goes round for ever cannot be followed */
}
