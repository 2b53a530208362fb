/*
 * One model from several texts: `include`, `blocks` with `for each`, and scenarios, as changes of the tree before any part
 * reads it, so that the parts know nothing of them. Every node keeps the place where it was written.
 *
 * One rule joins two trees, everywhere: mappings are joined key by key; lists of entries (payoffs, rules) are put behind
 * each other; of anything else (a value, a list of plain values, things of different kind) the later one stays.
 *   include    the included files in their order, then the model that includes them
 *   for each   the block, once for each item, with <variable> and <column> replaced in its keys and texts; then the model
 *   scenario   the model, then the scenario, in which lists of entries take the place of the model's
 */
#ifndef POPGX_SPEC_COMPOSE_H
#define POPGX_SPEC_COMPOSE_H

#include "spec/compile.h"

/**
 * The model's tree without `include`, `blocks` and `for each`: what they stand for is in its place. Reads the files they
 * name, which become sources of the report. Mistakes are reported; what is wrong is left out.
 *
 * @return `root` itself if it has none of them; otherwise in the compiler's arena
 */
const yaml_node_t *compose_model(compiler_t *c, const yaml_node_t *root);

/** `below` with `above` laid over it. @param is_scenario  lists of entries in `above` replace those of `below` */
const yaml_node_t *compose_join(arena_t *arena, const yaml_node_t *below, const yaml_node_t *above, bool is_scenario);

/** A mapping of pairs [n], and a scalar, as if they stood at `place`; they keep `pairs` and `text`. */
const yaml_node_t *compose_mapping(arena_t *arena, place_t place, const yaml_pair_t *pairs, size_t n);
const yaml_node_t *compose_scalar(arena_t *arena, place_t place, const char *text);

/** Frees the texts of included files. Called by spec.c when all parts are done. */
void compose_release(compiler_t *c);
#endif
