/*
 * `survival model:` is short for a process and its two events. It is written out as the tree that a modeller could have written, before
 * anything is compiled; nothing else knows of it. Partitioned: the times to progression (or death) and to death are comonotone, which
 * is one threshold for both, so the shares in each state are the areas between the curves and progression never follows death.
 */
#include <string.h>

#include "spec/compile_events.h"
#include "spec/compose.h"

enum { MOST_KEYS = 16 };

/* A mapping under construction. */
typedef struct {
    yaml_pair_t *pairs;
    size_t n;
    place_t place;
} draft_t;

static draft_t draft(compiler_t *c, place_t place) { return (draft_t){.pairs = arena_take(c->arena, MOST_KEYS, sizeof(yaml_pair_t)), .place = place}; }

static void put(draft_t *d, const char *key, place_t place, const yaml_node_t *value) { d->pairs[d->n++] = (yaml_pair_t){.key = key, .place = place, .value = value}; }

static const yaml_node_t *mapping_of(compiler_t *c, const draft_t *d) { return compose_mapping(c->arena, d->place, d->pairs, d->n); }

static const yaml_node_t *list_of(compiler_t *c, place_t place, const char *first, const char *second)
{
    const yaml_node_t **items = arena_take(c->arena, 2, sizeof *items);
    yaml_node_t *node = arena_take(c->arena, 1, sizeof *node);
    items[0] = compose_scalar(c->arena, place, first);
    items[1] = compose_scalar(c->arena, place, second);
    *node = (yaml_node_t){.kind = YAML_SEQUENCE, .place = place, .text = "", .count = 2, .items = items};
    return node;
}

/* What acts on the times: `effect: {hazard ratio: ...}` on both, or {progression-free: {...}, overall: {...}}. */
static void put_effects(compiler_t *c, draft_t *d, const yaml_node_t *effect, const char *curve)
{
    static const char *const keys[] = {"hazard ratio", "time ratio", "acceleration factor", NULL}, *const curves[] = {"progression-free", "overall", NULL};
    bool is_apart = yaml_get(effect, curves[0]) || yaml_get(effect, curves[1]);
    const yaml_node_t *own = is_apart ? yaml_get(effect, curve) : effect;
    if (!effect || !compile_keys(c, effect, "`effect`", is_apart ? curves : keys) || !own || !compile_keys(c, own, "`effect`", keys)) return;
    for (size_t i = 0; keys[i]; i++)
        if (yaml_get(own, keys[i])) put(d, keys[i], own->place, yaml_get(own, keys[i]));
}

static const yaml_node_t *event_of(compiler_t *c, const yaml_node_t *model, const char *curve, bool is_death)
{
    const yaml_node_t *hazard = yaml_get(model, curve);
    draft_t d = draft(c, hazard->place);
    if (!is_death) put(&d, "from", d.place, compose_scalar(c->arena, d.place, "progression-free"));
    put(&d, "to", d.place, compose_scalar(c->arena, d.place, is_death ? "life.dead" : "progressed"));
    put(&d, "clock", d.place, compose_scalar(c->arena, d.place, "time"));
    put(&d, "hazard", d.place, hazard);
    if (is_death) put(&d, "same luck as", d.place, compose_scalar(c->arena, d.place, "survival.progression"));
    put_effects(c, &d, yaml_get(model, "effect"), curve);
    return mapping_of(c, &d);
}

static bool check_model(compiler_t *c, const yaml_node_t *model)
{
    static const char *const keys[] = {"kind", "progression-free", "overall", "effect", NULL};
    if (!compile_keys(c, model, "`survival model`", keys)) return false;
    const yaml_node_t *kind = yaml_get(model, "kind");
    if (!kind || kind->kind != YAML_SCALAR || strcmp(kind->text, "partitioned")) {
        diag_error(c->diag, kind ? kind->place : model->place, "write kind: partitioned; other models are written as processes",
                   "the kind of the survival model is %s", kind ? "not known" : "missing");
        return false;
    }
    for (size_t i = 1; i <= 2; i++)
        if (!yaml_get(model, keys[i])) {
            diag_error(c->diag, model->place, "give the hazards of both curves: progression-free and overall", "`%s` is missing", keys[i]);
            return false;
        }
    if (!yaml_get(yaml_get(c->root, "processes"), "survival")) return true;
    diag_error(c->diag, model->place, "give the process another name", "the survival model makes a process `survival`, but there is one already");
    return false;
}

/* The root without `survival model`. */
static const yaml_node_t *rest_of(compiler_t *c)
{
    yaml_node_t *node = arena_take(c->arena, 1, sizeof *node);
    yaml_pair_t *pairs = arena_take(c->arena, c->root->count, sizeof *pairs);
    *node = *c->root;
    node->pairs = pairs;
    node->count = 0;
    for (size_t i = 0; i < c->root->count; i++)
        if (strcmp(c->root->pairs[i].key, "survival model")) pairs[node->count++] = c->root->pairs[i];
    return node;
}

void compile_survival_model(compiler_t *c)
{
    const yaml_node_t *model = yaml_get(c->root, "survival model");
    if (!model) return;
    bool is_right = check_model(c, model);
    const yaml_node_t *rest = rest_of(c);
    if (is_right) {
        const place_t place = model->place;
        draft_t events = draft(c, place), process = draft(c, place), processes = draft(c, place), root = draft(c, place);
        put(&events, "progression", place, event_of(c, model, "progression-free", false));
        put(&events, "death", place, event_of(c, model, "overall", true));
        put(&process, "states", place, list_of(c, place, "progression-free", "progressed"));
        put(&process, "events", place, mapping_of(c, &events));
        put(&processes, "survival", place, mapping_of(c, &process));
        put(&root, "processes", place, mapping_of(c, &processes));
        rest = compose_join(c->arena, rest, mapping_of(c, &root), false);
    }
    c->root = rest;
}
