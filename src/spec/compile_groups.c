/* Groups: two levels, non-NAME and NAME, by the levels of an attribute, a phenotype or another group. */
#include <string.h>

#include "spec/compile_people.h"

static bool is_known(compiler_t *c, const char *name)
{
    int32_t slot = model_find_slot(c->model, name);
    return slot != MODEL_NONE;
}

/* {ATTRIBUTE: [LEVEL, ...]}: the only pair that is no remark, or NULL. */
static const yaml_pair_t *only_pair(const yaml_node_t *node)
{
    const yaml_pair_t *only = NULL;

    for (size_t i = 0; node->kind == YAML_MAPPING && i < node->count; i++) {
        if (compile_is_remark(node->pairs[i].key)) continue;
        if (only) return NULL;
        only = &node->pairs[i];
    }
    return only;
}

static void compile_group(compiler_t *c, const yaml_pair_t *pair)
{
    struct people *people = people_of(c);
    const yaml_pair_t *of = only_pair(pair->value);
    uint64_t inside;

    if (!of) {
        diag_error(c->diag, pair->value->place, "for example {CYP2C19: [Intermediate Metabolizer, Poor Metabolizer]}",
                   "a group is made of the levels of one attribute");
        return;
    }
    int32_t from = people_slot(c, of->key, of->place);
    if (from == MODEL_NONE || !people_levels(c, of->value, from, &inside)) return;

    const char *const levels[] = {diag_format(c->diag, "non-%s", pair->key), pair->key};
    int32_t slot = compile_add_slot(c, pair->key, SLOT_ATTRIBUTE, levels, 2, pair->place);
    if (slot == MODEL_NONE) return;
    int32_t n = compile_levels(c->model, from), map = builder_add_indices(c->model, n);
    for (int32_t l = 0; l < n; l++) c->model->indices[map + l] = (int32_t)(inside >> l & 1);
    people_step(c, (model_step_t){.kind = STEP_MAP, .to = slot, .from = from, .first = map});

    people->groups = compile_grow(c, people->groups, people->n_groups, sizeof *people->groups);
    people->groups[people->n_groups++] = (group_t){.name = pair->key, .slot = slot, .from = from, .map = map};
    fprintf(c->summary, "  %s: %s", pair->key, of->key);
    for (int32_t l = 0, k = 0; l < n; l++)
        if (inside >> l & 1) fprintf(c->summary, "%s %s", k++ ? " or" : "", model_level_name(c->model, from, l));
    fputc('\n', c->summary);
}

/* The group that group `g` is made of; `count` of `groups` if it is made of something else. */
static size_t group_below(const yaml_node_t *groups, size_t g)
{
    const yaml_node_t *value = groups->pairs[g].value;
    size_t below = 0;

    if (value->kind != YAML_MAPPING || value->count != 1) return groups->count;
    while (below < groups->count && strcmp(groups->pairs[below].key, value->pairs[0].key) != 0) below++;
    return below;
}

/* A group that waits for another one for ever: reported if it is made of itself, be it by way of others; else the other one is wrong. */
static void give_up(compiler_t *c, const yaml_node_t *groups, size_t g)
{
    size_t below = group_below(groups, g);

    for (size_t steps = 0; steps < groups->count && below < groups->count && below != g; steps++) below = group_below(groups, below);
    if (below == g) diag_error(c->diag, groups->pairs[g].place, "break the circle", "the group `%s` is made of itself", groups->pairs[g].key);
}

/* Groups of groups may stand in any order: each waits until what it is made of is there. */
void compile_groups(compiler_t *c)
{
    const yaml_node_t *node = yaml_get(c->root, "groups");

    if (!node) return;
    if (node->kind != YAML_MAPPING) {
        diag_error(c->diag, node->place, "for example {carrier: {CYP2C19: Poor Metabolizer}}", "`groups` is not a mapping");
        return;
    }
    fputs("groups\n", c->summary);
    bool *is_done = arena_take(c->arena, node->count, sizeof *is_done);
    for (size_t left = node->count, before = left + 1; left > 0;) {
        bool is_stuck = left == before;             /* then nothing more will come: say what is missing */
        before = left;
        for (size_t g = 0; g < node->count; g++) {
            const yaml_pair_t *of = only_pair(node->pairs[g].value);
            bool waits = of && !is_known(c, of->key);
            if (is_done[g] || (waits && !is_stuck)) continue;
            if (waits && group_below(node, g) < node->count) give_up(c, node, g);
            else compile_group(c, &node->pairs[g]);
            is_done[g] = true;
            left--;
        }
    }
}
