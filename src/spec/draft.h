/*
 * Mappings that a part of the compiler writes, as a modeller could have written them: what is short for something longer is written out so.
 */
#ifndef POPGX_SPEC_DRAFT_H
#define POPGX_SPEC_DRAFT_H

#include "spec/compile.h"

/** A mapping under construction; everything lives in the compiler's arena. */
typedef struct {
    compiler_t *c;
    place_t place;              /* where the mapping, and what is put into it, is said to stand */
    yaml_pair_t *pairs;
    size_t n;
} draft_t;

draft_t draft_begin(compiler_t *c, place_t place);
/** Puts a pair behind the others, as it stands. */
void draft_put_pair(draft_t *draft, yaml_pair_t pair);
void draft_put(draft_t *draft, const char *key, const yaml_node_t *value);
void draft_put_text(draft_t *draft, const char *key, const char *text);
const yaml_node_t *draft_mapping(const draft_t *draft);
#endif
