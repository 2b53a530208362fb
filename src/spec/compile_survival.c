/*
 * `survival model:` is short for a process and its two events. It is written out as the tree that a modeller could have written, before
 * anything is compiled; nothing else knows of it. Partitioned: the times to progression (or death) and to death are comonotone, which
 * is one threshold for both, so the shares in each state are the areas between the curves and progression never follows death.
 */
#include <string.h>

#include "spec/compile_events.h"
#include "spec/compose.h"
#include "spec/draft.h"

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
        if (yaml_get(own, keys[i])) draft_put_pair(d, (yaml_pair_t){.key = keys[i], .place = own->place, .value = yaml_get(own, keys[i])});
}

static const yaml_node_t *event_of(compiler_t *c, const yaml_node_t *model, const char *curve, bool is_death)
{
    const yaml_node_t *hazard = yaml_get(model, curve);
    draft_t d = draft_begin(c, hazard->place);
    if (!is_death) draft_put_text(&d, "from", "progression-free");
    draft_put_text(&d, "to", is_death ? "life.dead" : "progressed");
    draft_put_text(&d, "clock", "time");
    draft_put(&d, "hazard", hazard);
    if (is_death) draft_put_text(&d, "same luck as", "survival.progression");
    put_effects(c, &d, yaml_get(model, "effect"), curve);
    if (is_death && yaml_get(model, "at least")) draft_put(&d, "at least", yaml_get(model, "at least"));
    return draft_mapping(&d);
}

static bool check_model(compiler_t *c, const yaml_node_t *model)
{
    static const char *const keys[] = {"kind", "progression-free", "overall", "effect", "at least", NULL};
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
        draft_t events = draft_begin(c, place), process = draft_begin(c, place), processes = draft_begin(c, place), root = draft_begin(c, place);
        draft_put(&events, "progression", event_of(c, model, "progression-free", false));
        draft_put(&events, "death", event_of(c, model, "overall", true));
        draft_put(&process, "states", list_of(c, place, "progression-free", "progressed"));
        draft_put(&process, "events", draft_mapping(&events));
        draft_put(&processes, "survival", draft_mapping(&process));
        draft_put(&root, "processes", draft_mapping(&processes));
        rest = compose_join(c->arena, rest, draft_mapping(&root), false);
    }
    c->root = rest;
}
