/*
 * Guided self-scheduling (Polychronopoulos and Kuck, IEEE Trans. Comput. 36, 1425, 1987): large shares first, small ones
 * at the end, so that ranks of unequal speed finish together after few requests. Pure arithmetic, without communication.
 */
#ifndef POPGX_CLUSTER_GUIDED_H
#define POPGX_CLUSTER_GUIDED_H

#include "cluster/cluster.h"

typedef struct {
    uint64_t n_blocks;
    uint64_t next;          /* the first block not handed out */
    uint64_t ranks;
} guided_t;

/** The next share: remaining / (4 ranks) blocks, at least `least`, at most what remains. */
static inline block_range_t guided_take(guided_t *guided, uint64_t least)
{
    uint64_t remaining = guided->n_blocks - guided->next, count = remaining / (4 * guided->ranks);

    if (count < least) count = least;
    if (count > remaining) count = remaining;
    block_range_t range = {.first = guided->next, .count = count};
    guided->next += count;
    return range;
}
#endif
