/*
 * Clocks that begin with what has happened: the time since an event, the time in a group of states. Each becomes a hidden process
 * that moments enter, so that the engine knows nothing of it: it is the time in a state of that process. The slots are made
 * with the processes, and the moments are told when all of them are there.
 */
#include <string.h>

#include "spec/compile_events.h"

struct history {
    int32_t slot;               /* hidden; level 1: it has happened, or the person is in the group */
    const yaml_node_t *event;   /* since: the name */
    int32_t process;            /* group: the slot that the states are of */
    uint64_t states;
};

/* ---- names ---- */

/* "time since infarction", "time in sick or sicker of health"; NULL if the node says neither. */
static const char *name_of(compiler_t *c, const process_t *process, const yaml_node_t *node)
{
    const yaml_node_t *since = yaml_get(node, "since"), *in = yaml_get(node, "in");
    if (since && since->kind == YAML_SCALAR) return diag_format(c->diag, "time since %s", since->text);
    const char *name = NULL;
    for (size_t i = 0; in && i < compile_count(in); i++) {
        const yaml_node_t *item = compile_item(in, i);
        if (item->kind != YAML_SCALAR) return NULL;
        name = name ? diag_format(c->diag, "%s or %s", name, item->text) : diag_format(c->diag, "time in %s", item->text);
    }
    return name ? diag_format(c->diag, "%s of %s", name, process->name) : NULL;
}

int32_t compile_history_slot(compiler_t *c, const process_t *process, const yaml_node_t *node)
{
    const char *name = name_of(c, process, node);
    return name ? model_find_slot(c->model, name) : MODEL_NONE;
}

/* ---- slots ---- */

static bool take_states(compiler_t *c, const process_t *process, const yaml_node_t *in, struct history *history)
{
    if (!process->has_states) {
        diag_error(c->diag, in->place, "give the process `states`", "process `%s` has no states that a clock could count", process->name);
        return false;
    }
    for (size_t i = 0; i < compile_count(in); i++) {
        const yaml_node_t *item = compile_item(in, i);
        int32_t level = compile_level(c, process->slot, item->text, item->place);
        if (level == MODEL_NONE) return false;
        history->states |= 1ull << level;
    }
    history->process = process->slot;
    return true;
}

static void add_history(compiler_t *c, const process_t *process, const yaml_node_t *node)
{
    static const char *const happened[] = {"not yet", "happened"}, *const inside[] = {"outside", "inside"}, *const keys[] = {"since", "in", NULL};
    const yaml_node_t *since = yaml_get(node, "since"), *in = yaml_get(node, "in");
    struct history history = {.event = since, .process = MODEL_NONE};
    const char *name = name_of(c, process, node);
    if (!compile_keys(c, node, "`clock`", keys)) return;
    if (!name || (since && in)) {
        diag_error(c->diag, node->place, "write clock: {since: EVENT} or clock: {in: [STATE, STATE]}", "`clock` is wrong");
        return;
    }
    if (model_find_slot(c->model, name) != MODEL_NONE || (in && !take_states(c, process, in, &history))) return;
    history.slot = compile_add_slot(c, name, SLOT_PROCESS, since ? happened : inside, 2, node->place);
    if (history.slot == MODEL_NONE) return;
    c->model->slots[history.slot].is_reported = 0;
    if (in) c->model->slots[history.slot].initial = history.states >> c->model->slots[process->slot].initial & 1;
    struct processes *p = c->processes;
    p->histories = compile_grow(c, p->histories, p->n_histories, sizeof history);
    p->histories[p->n_histories++] = history;
}

static void find_clocks(compiler_t *c, const process_t *process, const yaml_node_t *node)
{
    if (node->kind == YAML_SEQUENCE)
        for (size_t i = 0; i < node->count; i++) find_clocks(c, process, node->items[i]);
    if (node->kind != YAML_MAPPING) return;
    for (size_t i = 0; i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        if (!strcmp(pair->key, "clock") && pair->value->kind == YAML_MAPPING) add_history(c, process, pair->value);
        else find_clocks(c, process, pair->value);
    }
}

void compile_histories(compiler_t *c)
{
    for (size_t i = 0, n = c->processes->n; i < n; i++) {
        const process_t *process = &c->processes->list[i];
        const yaml_node_t *events = process->slot == MODEL_NONE ? NULL : yaml_get(process->node, "events");
        if (events) find_clocks(c, process, events);
    }
}

/* ---- moments ---- */

/* Effects that follow the moment's own. */
static void append_effects(model_t *m, int32_t moment, const model_effect_t *more, size_t n)
{
    const model_span_t own = m->moments[moment].effects;
    model_effect_t all[64];
    size_t n_own = (size_t)own.count;
    INVARIANT(n_own + n <= sizeof all / sizeof *all, "%zu effects of a moment", n_own + n);
    if (n_own) memcpy(all, m->effects + own.first, n_own * sizeof *all);
    memcpy(all + n_own, more, n * sizeof *all);
    m->moments[moment].effects = compile_emit_effects(m, all, n_own + n);
}

/* Left and entered again in the same moment: so the time begins anew. */
static void tell_event(compiler_t *c, const struct history *history)
{
    int32_t moment = compile_moment(c, history->event->text, history->event->place);
    const model_effect_t effects[] = {{history->slot, 0}, {history->slot, 1}};
    if (moment != MODEL_NONE) append_effects(c->model, moment, effects, 2);
}

static void tell_states(model_t *m, const struct history *history)
{
    for (int32_t i = 0; i < m->n_moments; i++)
        for (int32_t e = 0; e < m->moments[i].effects.count; e++) {
            model_effect_t effect = m->effects[m->moments[i].effects.first + e];
            if (effect.slot != history->process) continue;
            effect = (model_effect_t){history->slot, history->states >> effect.level & 1};
            append_effects(m, i, &effect, 1);
            break;
        }
}

void compile_history_effects(compiler_t *c)
{
    for (size_t i = 0; i < c->processes->n_histories; i++) {
        const struct history *history = &c->processes->histories[i];
        if (history->event) tell_event(c, history);
        else tell_states(c->model, history);
    }
}
