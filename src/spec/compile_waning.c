/*
 * Ratios that wane on a time of their own: since an event, or since somebody came into some states of a process, whatever clock the hazard runs on.
 * Such a ratio is no part of a curve, since the two clocks lie differently for each person. So the event is written out as two, as a tree that a
 * modeller could have written, before anything is compiled: a `chance of EVENT` comes with the hazard times the greatest ratio, and turns into
 * the event with the probability by which the ratio is less just then. That is exact (thinning; Lewis and Shedler 1979, Nav Res Logist Q 26:403).
 */
#include <math.h>
#include <string.h>

#include "spec/compile_hazards.h"
#include "spec/compose.h"
#include "spec/draft.h"

static const char right[] = "write waning: {since: EVENT, from: 2 years, to: 5 years}, or since: {PROCESS: STATE}";

/* What becomes of the ratios of one event. */
typedef struct {
    compiler_t *c;
    draft_t *definitions;
    const yaml_node_t **kept;   /* ratios that stay with the hazard */
    size_t n_kept;
    const char *now;            /* the product of those that wane on their own time */
    double most;                /* the greatest that it can be */
    place_t place;              /* of what they are since, where mistakes in the expressions stand */
    bool is_right;
} parts_t;

static bool wanes_apart(const yaml_pair_t *pair) { return yaml_get(yaml_get(pair->value, "waning"), "since") != NULL; }

static bool any_wanes_apart(const yaml_node_t *ratios)
{
    bool found = false;
    for (size_t i = 0; ratios && ratios->kind == YAML_SEQUENCE && i < ratios->count; i++) found |= any_wanes_apart(ratios->items[i]);
    for (size_t i = 0; ratios && ratios->kind == YAML_MAPPING && i < ratios->count; i++) found |= wanes_apart(&ratios->pairs[i]);
    return found;
}

/* "since start", "since drug is new or stopped"; NULL after reporting. */
static const char *name_of(parts_t *p, const yaml_node_t *since)
{
    diagnostics_t *diag = p->c->diag;
    if (since->kind == YAML_SCALAR) return diag_format(diag, "since %s", since->text);
    const yaml_node_t *states = since->kind == YAML_MAPPING && since->count == 1 ? since->pairs[0].value : NULL;
    const char *name = states ? diag_format(diag, "since %s", since->pairs[0].key) : NULL;
    for (size_t i = 0; name && i < compile_count(states); i++) {
        const yaml_node_t *state = compile_item(states, i);
        name = state->kind == YAML_SCALAR ? diag_format(diag, "%s %s %s", name, i ? "or" : "is", state->text) : NULL;
    }
    if (!name) diag_error(diag, since->place, right, "`since` names neither an event nor states of one process");
    return name;
}

/* The time that the ratio wanes on: the name of a definition, which is made if there is none yet. */
static const char *time_of(parts_t *p, const yaml_node_t *since)
{
    compiler_t *c = p->c;
    const char *name = name_of(p, since);
    for (size_t i = 0; name && i < p->definitions->n; i++)
        if (!strcmp(p->definitions->pairs[i].key, name)) return name;
    draft_t definition = draft_begin(c, since->place);
    if (since->kind == YAML_SCALAR) draft_put_text(&definition, name, diag_format(c->diag, "time since %s", since->text));
    else draft_put(&definition, "time in", since);
    if (name) draft_put(p->definitions, name, since->kind == YAML_SCALAR ? definition.pairs[0].value : draft_mapping(&definition));
    return name;
}

/* `from` or `to`. */
static double time_value(parts_t *p, const yaml_node_t *waning, const char *key)
{
    hazard_t h = {.c = p->c};
    const yaml_node_t *node = hazard_need(&h, waning, key, right);
    double value = 0;
    p->is_right &= node && hazard_time_value(&h, node, key, 1, p->c->units.minutes_per_year, &value);
    return value;
}

/* {LEVEL: RATIO, ..., waning: {since: ..., from: TIME, to: TIME, toward: RATIO}} -> an expression of the ratio now, and the greatest that it can be. */
static void split_pair(parts_t *p, const yaml_pair_t *pair)
{
    static const char *const keys[] = {"since", "from", "to", "toward", NULL};
    diagnostics_t *diag = p->c->diag;
    const yaml_node_t *waning = yaml_get(pair->value, "waning"), *since = yaml_get(waning, "since");
    const yaml_node_t *toward_node = yaml_get(waning, "toward");
    const double from = time_value(p, waning, "from"), to = time_value(p, waning, "to");
    const char *time = time_of(p, since), *now = "1";
    double toward = 1;
    p->place = since->place;
    p->is_right &= compile_keys(p->c, waning, "`waning`", keys) && time && (!toward_node || compile_value(p->c, toward_node, VALUE_RATIO, &toward));
    double most = fmax(1, toward);
    if (p->is_right && !(from >= 0 && to > from)) {
        diag_error(diag, waning->place, right, "a ratio that wanes before it begins to");
        p->is_right = false;
    }
    for (size_t i = 0; i < pair->value->count; i++) {
        const yaml_pair_t *of = &pair->value->pairs[i];
        double ratio = 1;
        if (compile_is_remark(of->key) || of->value == waning) continue;
        p->is_right &= compile_value(p->c, of->value, VALUE_RATIO, &ratio);
        most = fmax(most, ratio);
        now = diag_format(diag, "if(%s = %s, %.17g + (%.17g) * min(max((%s - %.17g minutes) / (%.17g minutes), 0), 1), %s)", pair->key, of->key, ratio, toward - ratio,
                          time ? time : "time", from, to - from, now);
    }
    p->now = p->now ? diag_format(diag, "%s * %s", p->now, now) : now;
    p->most *= most;
}

static void keep(parts_t *p, const yaml_node_t *ratios)
{
    p->kept = compile_grow(p->c, p->kept, p->n_kept, sizeof(const yaml_node_t *));
    p->kept[p->n_kept++] = ratios;
}

/* Any form of ratios: what wanes on its own time goes into the expressions, the rest is kept. */
static void split(parts_t *p, const yaml_node_t *ratios)
{
    for (size_t i = 0; ratios->kind == YAML_SEQUENCE && i < ratios->count; i++) split(p, ratios->items[i]);
    if (ratios->kind == YAML_SEQUENCE) return;
    draft_t rest = draft_begin(p->c, ratios->place);
    for (size_t i = 0; ratios->kind == YAML_MAPPING && i < ratios->count; i++) {
        if (wanes_apart(&ratios->pairs[i])) split_pair(p, &ratios->pairs[i]);
        else draft_put_pair(&rest, ratios->pairs[i]);
    }
    if (ratios->kind == YAML_SCALAR) keep(p, ratios);
    else if (rest.n) keep(p, draft_mapping(&rest));
}

/* `while`, and that the event has happened less often than it may. */
static const yaml_node_t *condition_of(compiler_t *c, const yaml_node_t *during, const yaml_node_t *repeats, const char *event)
{
    if (!repeats || repeats->kind != YAML_SCALAR || !strcmp(repeats->text, "unlimited")) return during;
    const yaml_node_t *truth = yaml_get(during, "if");
    draft_t d = draft_begin(c, repeats->place);
    for (size_t i = 0; during && during->kind == YAML_MAPPING && i < during->count; i++)
        if (during->pairs[i].value != truth) draft_put_pair(&d, during->pairs[i]);
    const char *often = diag_format(c->diag, "count of %s < %s", event, strcmp(repeats->text, "once") ? repeats->text : "1");
    draft_put_text(&d, "if", truth && truth->kind == YAML_SCALAR ? diag_format(c->diag, "(%s) and %s", truth->text, often) : often);
    return draft_mapping(&d);
}

/* Whether a hazard has moments at which much of it comes at once, of which a ratio is no share. */
static const yaml_node_t *find_jump(const yaml_node_t *hazard)
{
    const yaml_node_t *latest = yaml_get(hazard, "at the latest"), *between = yaml_get(hazard, "between"), *found = NULL;
    if (latest) return latest;
    if (between && between->kind == YAML_SCALAR && !strcmp(between->text, "steps")) return between;
    for (size_t i = 0; hazard->kind == YAML_SEQUENCE && !found && i < hazard->count; i++) found = find_jump(hazard->items[i]);
    for (size_t i = 0; hazard->kind == YAML_MAPPING && !found && i < hazard->count; i++) found = find_jump(hazard->pairs[i].value);
    return found;
}

static void check_split(compiler_t *c, const yaml_pair_t *event)
{
    const yaml_node_t *hazard = yaml_get(event->value, "hazard"), *jump = hazard ? find_jump(hazard) : NULL, *least = yaml_get(event->value, "at least");
    if (jump)
        diag_error(c->diag, jump->place, "leave `since` out, so that the ratio wanes on the event's own clock", "where a hazard jumps, a ratio cannot wane on another time");
    if (least)
        diag_error(c->diag, least->place, "leave `since` out, so that the ratio wanes on the event's own clock",
                   "a hazard whose ratio wanes on another time cannot be held above another one");
}

static bool is_one_of(const char *key, const char *const *keys)
{
    while (*keys && strcmp(*keys, key)) keys++;
    return *keys != NULL;
}

/* The event, and the chance of it that has the hazard. */
static void write_out(compiler_t *c, const yaml_pair_t *event, draft_t *events, draft_t *definitions)
{
    static const char *const follows[] = {"to", "set", "branches", "source", "note", NULL}, *const changed[] = {"hazard ratio", "while", "repeats", NULL};
    const yaml_node_t *node = event->value, *during = condition_of(c, yaml_get(node, "while"), yaml_get(node, "repeats"), event->key);
    parts_t p = {.c = c, .definitions = definitions, .most = 1, .is_right = true};
    split(&p, yaml_get(node, "hazard ratio"));
    draft_t chance = draft_begin(c, event->place), own = draft_begin(c, event->place), branches = draft_begin(c, p.place);
    for (size_t i = 0; i < node->count; i++)
        if (!is_one_of(node->pairs[i].key, changed)) draft_put_pair(is_one_of(node->pairs[i].key, follows) ? &own : &chance, node->pairs[i]);
    const char *most = diag_format(c->diag, "%.17g", p.most);
    keep(&p, compose_scalar(c->arena, p.place, arena_text(c->arena, most, strlen(most))));
    /* what is wrong has been said, and nothing else shall seem so */
    draft_put_text(&branches, event->key, p.is_right ? diag_format(c->diag, "%s / %s", p.now, most) : "1");
    draft_put_text(&branches, "nothing", "rest");
    yaml_node_t *ratios = arena_take(c->arena, 1, sizeof *ratios);
    *ratios = (yaml_node_t){.kind = YAML_SEQUENCE, .place = event->place, .text = "", .count = p.n_kept, .items = p.kept};
    draft_put(&chance, "hazard ratio", ratios);
    if (during) draft_put(&chance, "while", during);
    draft_put(&chance, "branches", draft_mapping(&branches));
    draft_put_text(&own, "immediate", "always");
    draft_put(events, diag_format(c->diag, "chance of %s", event->key), draft_mapping(&chance));
    draft_put(events, event->key, draft_mapping(&own));
}

static bool is_split(const yaml_pair_t *event) { return any_wanes_apart(yaml_get(event->value, "hazard ratio")); }

/* `node` with another value of one key. */
static const yaml_node_t *with(compiler_t *c, const yaml_node_t *node, const yaml_node_t *old, const yaml_node_t *new)
{
    draft_t d = draft_begin(c, node->place);
    for (size_t i = 0; i < node->count; i++) {
        yaml_pair_t pair = node->pairs[i];
        if (pair.value == old) pair.value = new;
        draft_put_pair(&d, pair);
    }
    return draft_mapping(&d);
}

/* The process with its events written out, or the node itself if there is nothing to write out. */
static const yaml_node_t *process_of(compiler_t *c, const yaml_node_t *process, draft_t *definitions)
{
    const yaml_node_t *list = yaml_get(process, "events");
    bool is_changed = false;
    if (!list || list->kind != YAML_MAPPING) return process;
    draft_t events = draft_begin(c, list->place);
    for (size_t i = 0; i < list->count; i++) {
        is_changed |= is_split(&list->pairs[i]);
        if (!is_split(&list->pairs[i])) {
            draft_put_pair(&events, list->pairs[i]);
            continue;
        }
        check_split(c, &list->pairs[i]);
        write_out(c, &list->pairs[i], &events, definitions);
    }
    return is_changed ? with(c, process, list, draft_mapping(&events)) : process;
}

void compile_waning(compiler_t *c)
{
    const yaml_node_t *list = yaml_get(c->root, "processes");
    bool is_changed = false;
    if (!list || list->kind != YAML_MAPPING) return;
    draft_t processes = draft_begin(c, list->place), definitions = draft_begin(c, list->place), root = draft_begin(c, c->root->place);
    for (size_t i = 0; i < list->count; i++) {
        yaml_pair_t pair = list->pairs[i];
        pair.value = process_of(c, pair.value, &definitions);
        is_changed |= pair.value != list->pairs[i].value;
        draft_put_pair(&processes, pair);
    }
    if (!is_changed) return;
    if (definitions.n) draft_put(&root, "definitions", draft_mapping(&definitions));
    const yaml_node_t *whole = with(c, c->root, list, draft_mapping(&processes));
    c->root = definitions.n ? compose_join(c->arena, whole, draft_mapping(&root), false) : whole;
}
