/*
 * Definitions of the form {cycles in: {PROCESS: [STATE, ...]}}: how many cycles a person has been in a group of states, going from one of them to
 * another included. A register counts them: at the end of every cycle, after all transitions, a moment of its own happens to those who
 * are in the group; whatever leads out of the group sets it back to 0.
 *
 * And of the form {time in: {PROCESS: [STATE, ...]}}: for how long. One register says who is inside, another holds the minute of entry; whatever sets
 * the process tells both, so that coming from one of the states to another, or setting the state that is there, begins nothing anew.
 */
#include <string.h>

#include "kernels/arithmetic.h"
#include "spec/compile_events.h"
#include "spec/compile_expressions.h"

/* ---- reading ---- */

/* The only process that has a state of this name, or MODEL_NONE. */
static int32_t process_of_state(const model_t *m, const char *state)
{
    int32_t found = MODEL_NONE;
    for (int32_t s = m->settings.n_attributes; s < m->settings.n_attributes + m->settings.n_processes; s++)
        for (int32_t l = 0; l < compile_levels(m, s); l++) {
            if (strcmp(model_level_name(m, s, l), state) != 0) continue;
            if (found != MODEL_NONE) return MODEL_NONE;
            found = s;
        }
    return found;
}

static bool read_states(compiler_t *c, const yaml_node_t *node, const yaml_node_t *states, duration_t *out)
{
    const yaml_node_t *first = compile_count(states) ? compile_item(states, 0) : NULL;

    if (out->slot == MODEL_NONE && first && first->kind == YAML_SCALAR) out->slot = process_of_state(c->model, first->text);
    if (out->slot == MODEL_NONE || !first) {
        diag_error(c->diag, node->place, "write {PROCESS: [STATE, STATE]}", "the definition `%s` does not say in which states of which process", out->name);
        return false;
    }
    return compile_level_set(c, states, out->slot, "a state", &out->levels);
}

/* {PROCESS: [STATE, ...]}, or the states alone if only one process has them. */
static bool read_group(compiler_t *c, const yaml_node_t *node, duration_t *out)
{
    out->slot = MODEL_NONE;
    if (node->kind != YAML_MAPPING) return read_states(c, node, node, out);
    if (node->count != 1) {
        diag_error(c->diag, node->place, "write {PROCESS: [STATE, STATE]}", "the definition `%s` names %zu processes", out->name, node->count);
        return false;
    }
    out->slot = compile_find_slot(c, node->pairs[0].key, CONDITION_PROCESSES, node->pairs[0].place);
    return out->slot != MODEL_NONE && read_states(c, node, node->pairs[0].value, out);
}

static bool read_current(compiler_t *c, const yaml_node_t *node, bool *is_included)
{
    const bool is_true = node && node->kind == YAML_SCALAR && !strcmp(node->text, "true");
    const bool is_false = node && node->kind == YAML_SCALAR && !strcmp(node->text, "false");

    *is_included = !is_false;
    if (!node || is_true || is_false) return true;
    diag_error(c->diag, node->place, "write true or false", "`including current` is wrong");
    return false;
}

static const expression_t *register_now(compiler_t *c, int32_t of) { return expression_make(c, CODE_REGISTER, of, 0, NULL, NULL, NULL); }
static const expression_t *minute_now(compiler_t *c) { return expression_make(c, CODE_MINUTE, 0, 0, NULL, NULL, NULL); }
static const expression_t *count_now(compiler_t *c, const duration_t *duration) { return register_now(c, duration->of); }

/* A register that begins with 1 for those who enter the model in one of the states. */
static int32_t add_register(compiler_t *c, const duration_t *duration)
{
    model_t *m = c->model;
    const bool begins_inside = duration->levels >> m->slots[duration->slot].initial & 1;
    const model_formula_t start = begins_inside ? compile_formula(c, compile_constant(c, 1), duration->name, (place_t){0}) : 0;

    return expression_register(c, duration->name, start);
}

static void keep(compiler_t *c, const duration_t *duration)
{
    struct expressions *e = c->expressions;
    e->durations = compile_grow(c, e->durations, e->n_durations, sizeof *duration);
    e->durations[e->n_durations++] = *duration;
}

/* {time in: {PROCESS: [STATE, ...]}}: 0 outside. */
static void define_time(compiler_t *c, definition_t *definition)
{
    static const char *const keys[] = {"time in", NULL};
    const yaml_node_t *group = yaml_get(definition->node, "time in");
    duration_t duration = {.name = definition->name, .levels = 0};

    if (!compile_keys(c, definition->node, diag_format(c->diag, "the definition `%s`", definition->name), keys) || !read_group(c, group, &duration)) return;
    duration.of = add_register(c, &duration);
    duration.since = expression_register(c, diag_format(c->diag, "%s: since", definition->name), 0);
    keep(c, &duration);
    const expression_t *passed = compile_combine(c, ARITHMETIC_SUBTRACT, minute_now(c), register_now(c, duration.since));
    definition->value = (quantity_t){.time = 1, .code = compile_combine(c, ARITHMETIC_MULTIPLY, count_now(c, &duration), passed)};
    definition->state = DEFINITION_DONE;
    fprintf(c->summary, "  %s: time in these states of %s, 0 outside\n", definition->name, model_text(c->model, c->model->slots[duration.slot].name));
}

static void define(compiler_t *c, definition_t *definition)
{
    static const char *const keys[] = {"cycles in", "including current", NULL};
    const yaml_node_t *group = yaml_get(definition->node, "cycles in");
    const model_t *m = c->model;
    duration_t duration = {.name = definition->name, .since = MODEL_NONE, .levels = 0};
    bool includes_current;

    definition->state = DEFINITION_WRONG;
    if (yaml_get(definition->node, "time in")) {
        define_time(c, definition);
        return;
    }
    if (!compile_keys(c, definition->node, diag_format(c->diag, "the definition `%s`", definition->name), keys)) return;
    if (!group || m->settings.cycle.minutes == 0) {
        diag_error(c->diag, definition->place, group ? "add `cycle`, or write `time in`"
                   : "write {cycles in: {PROCESS: [STATE, STATE]}, including current: true}, {time in: {PROCESS: [STATE, STATE]}} or an expression",
                   group ? "`%s` counts cycles, but the model has none" : "the definition `%s` does not say what it counts", definition->name);
        return;
    }
    if (!read_group(c, group, &duration) || !read_current(c, yaml_get(definition->node, "including current"), &includes_current)) return;
    duration.of = add_register(c, &duration);
    keep(c, &duration);
    const expression_t *now = count_now(c, &duration);
    if (!includes_current)
        now = compile_combine(c, ARITHMETIC_MAX, compile_combine(c, ARITHMETIC_SUBTRACT, now, compile_constant(c, 1)), compile_constant(c, 0));
    definition->value = (quantity_t){.code = now};
    definition->state = DEFINITION_DONE;
    fprintf(c->summary, "  %s: cycles in these states of %s, the one that has just begun %s\n", definition->name,
            model_text(m, m->slots[duration.slot].name), includes_current ? "included" : "not included");
}

void compile_durations(compiler_t *c)
{
    struct expressions *e = expressions_of(c);

    for (size_t d = 0; d < e->n_definitions; d++)
        if (e->definitions[d].node->kind == YAML_MAPPING && e->definitions[d].state == DEFINITION_UNSEEN) define(c, &e->definitions[d]);
}

/* ---- into the model ---- */

/* What counts: it happens surely to those in the group, and to nobody else. */
static model_branch_t counting_branch(compiler_t *c, const duration_t *duration, int32_t moment)
{
    model_t *m = c->model;
    const int32_t n = compile_levels(m, duration->slot);
    model_branch_t branch = {.table = {.axes = {builder_add_axes(m, 1), 1}, .first = builder_add_reals(m, 2 * n), .width = 2}};

    m->axes[branch.table.axes.first] = (model_axis_t){duration->slot, 1};
    for (int32_t l = 0; l < n; l++) {
        m->reals[branch.table.first + 2 * l] = duration->levels >> l & 1 ? 1 : 0;
        m->reals[branch.table.first + 2 * l + 1] = 1;
    }
    branch.outcomes = builder_add_indices(m, 2);
    m->indices[branch.outcomes] = moment;
    m->indices[branch.outcomes + 1] = MODEL_NONE;
    return branch;
}

void compile_duration_ticks(compiler_t *c)
{
    model_t *m = c->model;
    struct processes *p = c->processes;
    struct expressions *e = expressions_of(c);

    for (size_t d = 0; d < e->n_durations; d++) {
        const duration_t *duration = &e->durations[d];
        if (duration->since != MODEL_NONE) continue;
        const int32_t moment = builder_add_moments(m, 2), clock = builder_add_clocks(m, 1);
        m->moments[moment] = (model_moment_t){.name = builder_text(m, diag_format(c->diag, "%s: one more", duration->name)), .kind = MOMENT_IMMEDIATE,
                                              .test = MODEL_NONE, .strategy = MODEL_NONE};
        m->moments[moment + 1] = (model_moment_t){.name = builder_text(m, diag_format(c->diag, "%s: end of a cycle", duration->name)), .kind = MOMENT_CYCLE,
                                                  .test = MODEL_NONE, .strategy = MODEL_NONE};
        m->clocks[clock] = (model_clock_t){.kind = CLOCK_TICK, .moment = moment + 1, .process = duration->slot, .minutes = m->settings.cycle.minutes,
                                           .most = m->settings.cycle.count, .test = MODEL_NONE, .strategy = MODEL_NONE};
        p->branches = compile_grow(c, p->branches, p->n_branches, sizeof *p->branches);
        p->branches[p->n_branches++] = (pending_branch_t){counting_branch(c, duration, moment), moment + 1, NULL};
        const expression_t *more = compile_combine(c, ARITHMETIC_ADD, count_now(c, duration), compile_constant(c, 1));
        expression_counting(c, moment, (model_update_t){.target = duration->of, .value = compile_formula(c, more, duration->name, (place_t){0})});
        p->late_clocks = compile_grow(c, p->late_clocks, p->n_late, sizeof *p->late_clocks);
        p->late_clocks[p->n_late++] = clock;
    }
}

/* What leads out of the group starts anew; what leads into it at entry, before any cycle has ended, counts as the first. */
static void follow_effect(compiler_t *c, const duration_t *duration, int32_t moment, int32_t level)
{
    const expression_t *value = compile_constant(c, 0);

    if (duration->levels >> level & 1) {
        if (c->model->moments[moment].kind != MOMENT_ACTION) return;
        value = compile_combine(c, ARITHMETIC_MAX, count_now(c, duration), compile_combine(c, ARITHMETIC_LESS, minute_now(c), compile_constant(c, 1)));
    }
    expression_counting(c, moment, (model_update_t){.target = duration->of, .value = compile_formula(c, value, duration->name, (place_t){0})});
}

/* Entering from outside begins the time; the moment may as well have set a state that was there. */
static void follow_entry(compiler_t *c, const duration_t *duration, int32_t moment, int32_t level)
{
    const bool is_inside = duration->levels >> level & 1;
    const expression_t *entered = expression_make(c, CODE_ARITHMETIC + ARITHMETIC_SELECT, 0, 0, count_now(c, duration), register_now(c, duration->since), minute_now(c));

    if (is_inside) expression_counting(c, moment, (model_update_t){.target = duration->since, .value = compile_formula(c, entered, duration->name, (place_t){0})});
    const model_formula_t inside = compile_formula(c, compile_constant(c, is_inside), duration->name, (place_t){0});
    expression_counting(c, moment, (model_update_t){.target = duration->of, .value = inside});
}

void compile_duration_ends(compiler_t *c)
{
    const model_t *m = c->model;
    const struct expressions *e = expressions_of(c);

    for (size_t d = 0; d < e->n_durations; d++)
        for (int32_t i = 0; i < m->n_moments; i++)
            for (int32_t k = 0; k < m->moments[i].effects.count; k++) {
                const model_effect_t *effect = &m->effects[m->moments[i].effects.first + k];
                if (effect->slot != e->durations[d].slot) continue;
                (e->durations[d].since == MODEL_NONE ? follow_effect : follow_entry)(c, &e->durations[d], i, effect->level);
            }
}
