/* Mappings under construction, in the compiler's arena: texts are copied, since what made them may be gone before the tree is. Owns nothing. */
#include "spec/draft.h"

#include <string.h>

#include "spec/compose.h"

draft_t draft_begin(compiler_t *c, place_t place) { return (draft_t){.c = c, .place = place}; }

void draft_put_pair(draft_t *draft, yaml_pair_t pair)
{
    draft->pairs = compile_grow(draft->c, draft->pairs, draft->n, sizeof *draft->pairs);
    draft->pairs[draft->n++] = pair;
}

static const char *copy(const draft_t *draft, const char *text) { return arena_text(draft->c->arena, text, strlen(text)); }

void draft_put(draft_t *draft, const char *key, const yaml_node_t *value)
{
    draft_put_pair(draft, (yaml_pair_t){.key = copy(draft, key), .place = draft->place, .value = value});
}

void draft_put_text(draft_t *draft, const char *key, const char *text)
{
    draft_put(draft, key, compose_scalar(draft->c->arena, draft->place, copy(draft, text)));
}

const yaml_node_t *draft_mapping(const draft_t *draft) { return compose_mapping(draft->c->arena, draft->place, draft->pairs, draft->n); }
