/* What stored.c (opening) and stored_read.c (blocks) share. */
#ifndef POPGX_STORE_STORED_STATE_H
#define POPGX_STORE_STORED_STATE_H

#include "store/blocks.h"
#include "store/h5_read.h"
#include "store/stored.h"

struct stored {
    char *path;
    uint64_t n_bytes;           /* of this file; 0: is_damaged */
    stored_facts_t facts;
    manifest_t manifest;
    model_t model;
    columns_t columns;
    blocks_t blocks;
    exact_sum_t *sums;          /* [n_sums] */
    size_t n_sums;
    manifest_shard_t *shards;   /* [n_shards] */
    char **shard_paths;
    size_t n_shards;
    bool is_spread;             /* the shards are other files */
    bool is_damaged;            /* stored_open_damaged: some file is, and what can be read of it is wanted */
};

/* HDF5 may be used by one thread at a time. */
void stored_lock(void);
void stored_unlock(void);
#endif
