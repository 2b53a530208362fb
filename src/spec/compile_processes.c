/*
 * Processes and their events: slots and states first, then moments, clocks and effects. Owns c->processes, which knows
 * the events by name until the model is complete. Hazards and branches have files of their own.
 */
#include <stdlib.h>
#include <string.h>

#include "rng/keyed.h"
#include "spec/compile_events.h"
#include "spec/compile_expressions.h"

/* ---- states ---- */

static const char *const life_states[] = {"alive", "dead"};

static void add_life(compiler_t *c, process_t *process)
{
    const yaml_node_t *states = yaml_get(process->node, "states");
    bool is_right = !states || (states->kind == YAML_SEQUENCE && states->count == 2);
    for (size_t i = 0; states && is_right && i < 2; i++)
        is_right = states->items[i]->kind == YAML_SCALAR && !strcmp(states->items[i]->text, life_states[i]);
    if (!is_right)
        diag_error(c->diag, states->place, "leave `states` out, or write [alive, dead]", "the process `life` has states of its own");
    const yaml_node_t *start = yaml_get(process->node, "start");
    if (start) diag_error(c->diag, start->place, "leave `start` out", "everybody starts alive");
    process->slot = compile_add_slot(c, process->name, SLOT_PROCESS, life_states, 2, process->place);
    process->state_places = arena_take(c->arena, 2, sizeof *process->state_places);
    process->state_places[0] = process->state_places[1] = process->place;
    process->has_states = true;
    c->model->settings.life = process->slot;
}

/* The names of the states, owned by the caller; NULL after a mistake. */
static const char **state_names(compiler_t *c, process_t *process, const yaml_node_t *states)
{
    if (states->kind != YAML_SEQUENCE || !states->count) {
        diag_error(c->diag, states->place, "list them: states: [first, second]; people start in the first",
                   "the states of `%s` are not a list", process->name);
        return NULL;
    }
    const char **names = arena_take(c->arena, states->count, sizeof *names);
    process->state_places = arena_take(c->arena, states->count, sizeof *process->state_places);
    for (size_t i = 0; i < states->count; i++) {
        names[i] = compile_name(c, states->items[i], "a state");
        process->state_places[i] = states->items[i]->place;
        if (!names[i]) return NULL;
    }
    return names;
}

static int32_t initial_state(compiler_t *c, const process_t *process)
{
    const yaml_node_t *start = yaml_get(process->node, "start");
    if (!start) return 0;
    if (start->kind != YAML_SCALAR) {
        diag_error(c->diag, start->place, "name one state; a strategy that begins differently sets it in its `entry` rules",
                   "`start` of `%s` is not one state", process->name);
        return 0;
    }
    int32_t level = compile_level(c, process->slot, start->text, start->place);
    return level == MODEL_NONE ? 0 : level;
}

static void add_process(compiler_t *c, process_t *process)
{
    static const char *const keys[] = {"states", "start", "events", "transitions", "risk ratio", "odds ratio", "hazard ratio", "priority", NULL};
    static const char *const nameless[] = {"(no states)"};
    process->slot = process->tick = MODEL_NONE;
    if (process->node && !compile_keys(c, process->node, diag_format(c->diag, "process `%s`", process->name), keys)) return;
    if (strchr(process->name, '.'))
        diag_error(c->diag, process->place, "choose a name without one", "the name of process `%s` contains a full stop", process->name);
    if (!strcmp(process->name, "life")) {
        add_life(c, process);
        return;
    }
    const yaml_node_t *states = yaml_get(process->node, "states");
    const char **names = states ? state_names(c, process, states) : NULL;
    if (states && !names) return;
    process->has_states = states != NULL;
    if (!states) {
        process->state_places = arena_take(c->arena, 1, sizeof *process->state_places);
        process->state_places[0] = process->place;
    }
    process->slot = compile_add_slot(c, process->name, SLOT_PROCESS, names ? names : nameless, states ? states->count : 1,
                                     process->place);
    if (process->slot == MODEL_NONE) return;
    c->model->slots[process->slot].initial = initial_state(c, process);
    c->model->slots[process->slot].is_reported = process->has_states;
}

void compile_states(compiler_t *c)
{
    struct processes *p = c->processes = arena_take(c->arena, 1, sizeof *p);
    const yaml_node_t *node = yaml_get(c->root, "processes");
    if (node && node->kind != YAML_MAPPING) {
        diag_error(c->diag, node->place, "write processes: {NAME: {states: [...], events: {...}}}", "`processes` is not a mapping");
        node = NULL;
    }
    size_t n = node ? node->count : 0;
    p->list = arena_take(c->arena, n + 1, sizeof *p->list);
    p->list[p->n++] = (process_t){.name = "life", .place = {c->path, 0, 0}};
    for (size_t i = 0; i < n; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        process_t *process = !strcmp(pair->key, "life") ? &p->list[0] : &p->list[p->n++];
        *process = (process_t){.name = pair->key, .node = pair->value, .place = pair->place};
    }
    for (size_t i = 0; i < p->n; i++) add_process(c, &p->list[i]);
    compile_histories(c);
    compile_waiting(c);
}

/* ---- finding events ---- */

static bool is_called(const compiler_t *c, const event_t *event, const char *name)
{
    return !strcmp(event->name, name) || !strcmp(model_text(c->model, event->qualified), name);
}

/* Events that answer to `name`; *first is one of them. */
static size_t count_events(const compiler_t *c, const char *name, event_t **first)
{
    struct processes *p = c->processes;
    size_t n = 0;
    for (size_t i = 0; i < p->n_events; i++)
        if (is_called(c, &p->events[i], name) && !n++) *first = &p->events[i];
    return n;
}

static const char *suggest_event(compiler_t *c, const char *name)
{
    const struct processes *p = c->processes;
    const char **known = arena_take(c->arena, p->n_events, sizeof *known);
    for (size_t i = 0; i < p->n_events; i++) known[i] = p->events[i].name;
    const char *right = compile_suggest(c, name, known, p->n_events);
    return right;
}

bool compile_is_wrong_event(const compiler_t *c, const char *name)
{
    const yaml_node_t *processes = yaml_get(c->root, "processes");
    for (size_t i = 0; diag_errors(c->diag) && processes && processes->kind == YAML_MAPPING && i < processes->count; i++) {
        const char *process = processes->pairs[i].key;
        const yaml_node_t *events = yaml_get(processes->pairs[i].value, "events");
        size_t n = strlen(process);
        bool is_qualified = !strncmp(name, process, n) && name[n] == '.';
        if (yaml_get(events, name) || (is_qualified && yaml_get(events, name + n + 1))) return true;
    }
    return false;
}

event_t *compile_event_named(compiler_t *c, const char *name, place_t place)
{
    event_t *event = NULL;
    size_t n = count_events(c, name, &event);
    if (n == 1) return event;
    if (n)
        diag_error(c->diag, place, diag_format(c->diag, "say whose: `%s`", model_text(c->model, event->qualified)),
                   "several processes have an event `%s`", name);
    else if (!compile_is_wrong_event(c, name)) diag_error(c->diag, place, suggest_event(c, name), "there is no event `%s`", name);
    return NULL;
}

int32_t compile_moment(compiler_t *c, const char *name, place_t place)
{
    static const char *const beginnings[] = {"order of ", "result of ", "repeat of "};
    for (size_t k = 0; k < 3; k++) {
        if (strncmp(name, beginnings[k], strlen(beginnings[k]))) continue;
        int32_t test = compile_test(c, name + strlen(beginnings[k]), place);
        if (test == MODEL_NONE) return MODEL_NONE;
        const model_test_t *of = &c->model->tests[test];
        if (k == 2 && of->repeat == MODEL_NONE)
            diag_error(c->diag, place, "add `fails: PROBABILITY` and `repeats: NUMBER` to the test", "test `%s` is never repeated", model_text(c->model, of->name));
        return k == 0 ? of->order : k == 1 ? of->result : of->repeat;
    }
    const event_t *event = compile_event_named(c, name, place);
    return event ? event->moment : MODEL_NONE;
}

/* ---- effects ---- */

static void add_effect(compiler_t *c, int32_t slot, int32_t level, place_t place, setting_t *set)
{
    for (size_t i = 0; i < set->n_effects; i++) {
        if (set->effects[i].slot != slot) continue;
        diag_error(c->diag, place, "set it once", "`%s` is set twice at the same moment", model_text(c->model, c->model->slots[slot].name));
        return;
    }
    set->effects = compile_grow(c, set->effects, set->n_effects, sizeof *set->effects);
    set->effects[set->n_effects++] = (model_effect_t){slot, level};
}

/* PROCESS: STATE */
static bool set_state(compiler_t *c, const char *process, place_t process_place, const char *state, place_t state_place,
                      bool by_strategy, setting_t *set)
{
    const model_t *m = c->model;
    int32_t slot = compile_find_slot(c, process, CONDITION_PROCESSES, process_place);
    if (slot == MODEL_NONE) return false;
    int32_t level = compile_level(c, slot, state, state_place);
    if (level == MODEL_NONE) return false;
    if (slot == m->settings.life && (by_strategy || level == LIFE_ALIVE)) {
        diag_error(c->diag, process_place, by_strategy ? "let it start a treatment whose events do" : "events can only set it to dead",
                   by_strategy ? "a strategy may not set `life`" : "nobody comes back to life");
        return false;
    }
    add_effect(c, slot, level, state_place, set);
    return true;
}

/* QUANTITY: VALUE */
static bool set_quantity(compiler_t *c, const changing_t *quantity, const yaml_node_t *value, setting_t *set)
{
    model_update_t update;

    if (!expression_set(c, quantity, value, &update)) return false;
    set->updates = compile_grow(c, set->updates, set->n_updates, sizeof *set->updates);
    set->updates[set->n_updates++] = update;
    return true;
}

bool compile_set(compiler_t *c, const yaml_node_t *node, bool by_strategy, setting_t *set)
{
    if (node->kind != YAML_MAPPING || !node->count) {
        diag_error(c->diag, node->place, "write set: {PROCESS: STATE}", "`set` is not a mapping");
        return false;
    }
    bool is_right = true;
    for (size_t i = 0; i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        const changing_t *quantity = expression_quantity(c, pair->key);
        if (quantity) {
            is_right &= set_quantity(c, quantity, pair->value, set);
            continue;
        }
        const char *state = compile_name(c, pair->value, "the state to set");
        is_right &= state && set_state(c, pair->key, pair->place, state, pair->value->place, by_strategy, set);
    }
    return is_right;
}

/* `to: STATE` of the event's own process, or `to: PROCESS.STATE`. */
static bool compile_to(compiler_t *c, const event_t *event, const yaml_node_t *node, setting_t *set)
{
    const char *to = compile_name(c, node, "`to`");
    if (!to) return false;
    const model_t *m = c->model;
    const char *dot = strchr(to, '.');
    for (int32_t l = 0; dot && l < compile_levels(m, event->process->slot); l++)
        if (!strcmp(model_level_name(m, event->process->slot, l), to)) dot = NULL; /* a state may have a full stop in its name */
    if (!dot && !event->process->has_states) {
        diag_error(c->diag, node->place, "write to: PROCESS.STATE, or give the process `states`", "process `%s` has no states to go to",
                   event->process->name);
        return false;
    }
    if (!dot) return set_state(c, event->process->name, node->place, to, node->place, false, set);
    const char *process = arena_text(c->arena, to, (size_t)(dot - to));
    return set_state(c, process, node->place, dot + 1, node->place, false, set);
}

model_span_t compile_emit_effects(model_t *m, const model_effect_t *effects, size_t n)
{
    model_span_t span = {builder_add_effects(m, (int32_t)n), (int32_t)n};
    if (n) memcpy(m->effects + span.first, effects, n * sizeof *effects);
    return span;
}

void compile_emit_setting(compiler_t *c, int32_t moment, const setting_t *set)
{
    const model_span_t effects = compile_emit_effects(c->model, set->effects, set->n_effects);
    c->model->moments[moment].effects = effects;
    for (size_t i = 0; i < set->n_updates; i++) expression_update(c, moment, set->updates[i]);
}

static void compile_effects(compiler_t *c, const event_t *event)
{
    setting_t setting = {.n_effects = 0};
    const yaml_node_t *to = yaml_get(event->node, "to"), *set = yaml_get(event->node, "set");
    bool is_right = (!to || compile_to(c, event, to, &setting)) && (!set || compile_set(c, set, false, &setting));
    if (is_right) compile_emit_setting(c, event->moment, &setting);
}

/* ---- timed events ---- */

/* A condition's terms stand next to each other. */
model_span_t compile_and(model_t *m, model_span_t condition, model_term_t term)
{
    int32_t first = builder_add_terms(m, condition.count + 1);
    m->terms[first] = term;
    for (int32_t i = 0; i < condition.count; i++) m->terms[first + 1 + i] = m->terms[condition.first + i];
    return (model_span_t){first, condition.count + 1};
}

/* The terms of `from` and `while`. */
static bool compile_enabled(compiler_t *c, const event_t *event, model_span_t *out)
{
    model_t *m = c->model;
    const yaml_node_t *from = yaml_get(event->node, "from"), *during = yaml_get(event->node, "while");
    if (!compile_condition(c, during, CONDITION_ATTRIBUTES | CONDITION_PROCESSES, out)) return false;
    if (!from) return true;
    if (!event->process->has_states) {
        diag_error(c->diag, from->place, "use `while` for the states of other processes", "process `%s` has no states to come from",
                   event->process->name);
        return false;
    }
    model_term_t term = {.slot = event->process->slot};
    if (!compile_level_set(c, from, term.slot, "`from`", &term.levels)) return false;
    for (int32_t i = 0; i < out->count; i++)
        if (m->terms[out->first + i].slot == term.slot) {
            diag_error(c->diag, from->place, "name its states in `from` only", "`from` and `while` both speak of `%s`", event->process->name);
            return false;
        }
    *out = compile_and(m, *out, term);
    return true;
}

static bool compile_repeats(compiler_t *c, const yaml_node_t *node, int32_t *out)
{
    *out = MODEL_NEVER;
    if (!node || (node->kind == YAML_SCALAR && !strcmp(node->text, "unlimited"))) return true;
    *out = 1;
    if (node->kind == YAML_SCALAR && !strcmp(node->text, "once")) return true;
    char *end = NULL;
    long n = node->kind == YAML_SCALAR ? strtol(node->text, &end, 10) : 0;
    if (n >= 1 && n < MODEL_NEVER && !*end) {
        *out = (int32_t)n;
        return true;
    }
    diag_error(c->diag, node->place, "write unlimited, once, or a whole number of times", "`repeats` is wrong");
    return false;
}

bool compile_priority(compiler_t *c, const yaml_node_t *node, int32_t *out)
{
    *out = 0;
    if (!node) return true;
    char *end = NULL;
    long n = node->kind == YAML_SCALAR && node->text[0] ? strtol(node->text, &end, 10) : 0;
    if (end && !*end && n > -1000000 && n < 1000000) {
        *out = (int32_t)n;
        return true;
    }
    diag_error(c->diag, node->place, "write a whole number; of events in the same minute the lowest goes first, 0 if not given",
               "`priority` is wrong");
    return false;
}

/* When a delay starts anew: with each entry into the states of `from`, if there is one. */
static bool compile_delay(compiler_t *c, const event_t *event, model_clock_t *clock)
{
    const yaml_node_t *stated = yaml_get(event->node, "clock");
    if (stated) {
        diag_error(c->diag, stated->place, "leave `clock` out: a delay counts from when the event becomes possible",
                   "event `%s` has a delay and a clock", event->name);
        return false;
    }
    const yaml_node_t *every = yaml_get(event->node, "every");
    clock->kind = CLOCK_DELAY;
    clock->scale = yaml_get(event->node, "from") ? SCALE_IN_STATE : SCALE_SINCE_START;
    const yaml_node_t *first = yaml_get(event->node, "first after");
    clock->first = every != NULL; /* a schedule begins at once: after the least time there is, a minute */
    if (first && !every) {
        diag_error(c->diag, first->place, "only a schedule (`every`) has it", "event `%s` is not a schedule", event->name);
        return false;
    }
    if (first && !compile_minutes(c, first, 1, &clock->first)) return false;
    if (every) return compile_minutes(c, every, 1, &clock->minutes);
    const yaml_node_t *delay = yaml_get(event->node, "delay");
    const expression_t *code;
    if (!compile_minutes_code(c, delay, 1, MAY_READ_HISTORY | MAY_READ_TIME, &clock->minutes, &code)) return false;
    clock->formula = code ? compile_formula(c, code, delay->text, delay->place) : 0;
    return !code || clock->formula;
}

/* The event whose thresholds this one has: its own, or that of `same luck as`. NULL after reporting. */
static const event_t *luck_of(compiler_t *c, const event_t *event)
{
    const yaml_node_t *same = yaml_get(event->node, "same luck as");
    if (!same) return event;
    const char *name = compile_name(c, same, "`same luck as`");
    const event_t *other = name ? compile_event_named(c, name, same->place) : NULL;
    if (!other) return NULL;
    bool is_hazard = other->node && yaml_get(other->node, "hazard") && !yaml_get(other->node, "same luck as");
    if (!is_hazard || other == event) {
        diag_error(c->diag, same->place, "name another event that has a hazard and luck of its own", "`%s` has no such luck", name);
        return NULL;
    }
    return other;
}

static bool compile_hazard_clock(compiler_t *c, const event_t *event, model_clock_t *clock)
{
    const event_t *lucky = luck_of(c, event);
    if (!lucky) return false;
    clock->kind = CLOCK_HAZARD;
    clock->purpose = rng_purpose(diag_format(c->diag, "event %s", model_text(c->model, lucky->qualified)));
    return compile_hazard(c, event, clock);
}

static void refuse_ratios(compiler_t *c, const event_t *event)
{
    static const char *const ratios[] = {"hazard ratio", "time ratio", "acceleration factor", "at least", "same luck as"};
    for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++) {
        const yaml_node_t *ratio = yaml_get(event->node, ratios[i]);
        if (ratio) diag_error(c->diag, ratio->place, "only a hazard has that", "event `%s` has a delay and `%s`", event->name, ratios[i]);
    }
}

static void compile_timed(compiler_t *c, event_t *event)
{
    static const char *const keys[] = {"from", "while", "hazard", "clock", "hazard ratio", "time ratio", "acceleration factor", "at least", "same luck as", "delay", "every",
                                       "times", "first after", "repeats", "to", "set", "priority", "branches", NULL};
    if (!compile_keys(c, event->node, diag_format(c->diag, "event `%s`", event->name), keys)) return;
    const yaml_node_t *hazard = yaml_get(event->node, "hazard"), *every = yaml_get(event->node, "every"), *delay = yaml_get(event->node, "delay");
    int n = (hazard != NULL) + (every != NULL) + (delay != NULL);
    if (n != 1) {
        diag_error(c->diag, event->place, "give it one of `hazard`, `delay`, `every` and `immediate: always`",
                   !n ? "event `%s` does not say when it happens" : hazard ? "event `%s` has a hazard and a delay" : "event `%s` has two delays",
                   event->name);
        return;
    }
    if (!hazard) refuse_ratios(c, event);
    model_clock_t clock = {.moment = event->moment, .process = event->process->slot, .test = MODEL_NONE, .strategy = MODEL_NONE};
    bool is_right = compile_enabled(c, event, &clock.enabled);
    is_right &= hazard ? compile_hazard_clock(c, event, &clock) : compile_delay(c, event, &clock);
    is_right &= compile_repeats(c, yaml_get(event->node, every ? "times" : "repeats"), &clock.most);
    const yaml_node_t *other = yaml_get(event->node, every ? "repeats" : "times");
    if (other) {
        diag_error(c->diag, other->place, every ? "call it `times`" : "call it `repeats`", "event `%s` says wrongly how often it happens", event->name);
        return;
    }
    is_right &= compile_priority(c, yaml_get(event->node, "priority"), &event->priority);
    if (!is_right) return;
    event->clock = builder_add_clocks(c->model, 1);
    c->model->clocks[event->clock] = clock;
}

static void compile_immediate(compiler_t *c, event_t *event)
{
    static const char *const keys[] = {"immediate", "after", "probability", "to", "set", "branches", NULL};
    static const char *const timed[] = {"hazard", "delay", "every", "times", "from", "while", "clock", "hazard ratio", "time ratio",
                                        "acceleration factor", "at least", "same luck as", "repeats", "priority"};
    for (size_t i = 0; i < sizeof timed / sizeof *timed; i++) {
        const yaml_node_t *node = yaml_get(event->node, timed[i]);
        if (!node) continue;
        diag_error(c->diag, node->place, "an immediate event follows another one at once; leave it out, or leave `immediate` and `after` out",
                   "the immediate event `%s` has `%s`", event->name, timed[i]);
        return;
    }
    if (!compile_keys(c, event->node, diag_format(c->diag, "event `%s`", event->name), keys)) return;
    const yaml_node_t *immediate = yaml_get(event->node, "immediate");
    if (immediate && (immediate->kind != YAML_SCALAR || strcmp(immediate->text, "always")))
        diag_error(c->diag, immediate->place, "write immediate: always; a chance is given by `branches` or by `after` with `probability`",
                   "`immediate` is wrong");
    compile_attachment(c, event);
}

/* ---- events ---- */

/* Names that mean something else where events are named. */
static bool is_reserved(const char *name)
{
    static const char *const words[] = {"nothing", "rest", "entry", "by", "otherwise"};
    static const char *const beginnings[] = {"at ", "order of ", "result of ", "repeat of "};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(name, words[i])) return true;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (!strncmp(name, beginnings[i], strlen(beginnings[i]))) return true;
    return false;
}

event_t *compile_add_event(compiler_t *c, const process_t *process, const char *name, const yaml_node_t *node, place_t place)
{
    struct processes *p = c->processes;
    event_t event = {.name = name, .node = node, .place = place, .process = process, .clock = MODEL_NONE};

    event.qualified = builder_text(c->model, diag_format(c->diag, "%s.%s", process->name, name));
    event.is_immediate = yaml_get(node, "immediate") || yaml_get(node, "after");
    event.moment = builder_add_moments(c->model, 1);
    p->events = compile_grow(c, p->events, p->n_events, sizeof event);
    p->events[p->n_events] = event;
    return &p->events[p->n_events++];
}

static void register_event(compiler_t *c, const process_t *process, const yaml_pair_t *pair)
{
    if (is_reserved(pair->key)) {
        diag_error(c->diag, pair->place, "choose another name", "`%s` means something else where events are named", pair->key);
        return;
    }
    if (pair->value->kind != YAML_MAPPING) {
        diag_error(c->diag, pair->place, "write EVENT: {hazard: ..., to: ...}", "event `%s` is not a mapping", pair->key);
        return;
    }
    (void)compile_add_event(c, process, pair->key, pair->value, pair->place);
}

static void register_events(compiler_t *c)
{
    struct processes *p = c->processes;
    for (size_t i = 0; i < p->n; i++) {
        const yaml_node_t *events = p->list[i].slot == MODEL_NONE ? NULL : yaml_get(p->list[i].node, "events");
        if (p->list[i].slot != MODEL_NONE) compile_register_transitions(c, &p->list[i]);
        if (!events || (events->kind == YAML_SCALAR && !events->text[0])) continue;
        if (events->kind != YAML_MAPPING)
            diag_error(c->diag, events->place, "write events: {EVENT: {...}}", "the events of `%s` are not a mapping", p->list[i].name);
        for (size_t k = 0; events->kind == YAML_MAPPING && k < events->count; k++) register_event(c, &p->list[i], &events->pairs[k]);
    }
    for (size_t i = 0; i < p->n_events; i++) {
        event_t *event = &p->events[i], *first;
        bool is_unique = count_events(c, event->name, &first) == 1;
        c->model->moments[event->moment] = (model_moment_t){
            .name = is_unique ? builder_text(c->model, event->name) : event->qualified,
            .kind = event->is_immediate ? MOMENT_IMMEDIATE : MOMENT_TIMED,
            .test = MODEL_NONE, .strategy = MODEL_NONE};
    }
}

void compile_events(compiler_t *c)
{
    struct processes *p = c->processes;
    size_t before = diag_errors(c->diag);
    register_events(c);
    compile_quantity_changes(c);
    for (size_t i = 0; i < p->n_events; i++) {
        event_t *event = &p->events[i];
        if (event->is_transition) continue;
        if (event->is_immediate) compile_immediate(c, event);
        else compile_timed(c, event);
        compile_effects(c, event);
        const yaml_node_t *branches = yaml_get(event->node, "branches");
        if (branches) compile_branches(c, event, branches);
    }
    compile_transitions(c);
    compile_emit_branches(c);
    compile_describe_processes(c);
    bool is_complete = diag_errors(c->diag) == before; /* else a branch that was wrong may have led there */
    for (size_t i = 0; i < p->n_events && is_complete; i++)
        if (p->events[i].is_immediate && !p->events[i].is_followed)
            diag_error(c->diag, p->events[i].place, "name it in the `branches` of an event, or give it `after: EVENT`",
                       "the immediate event `%s` never happens: nothing leads to it", p->events[i].name);
}
