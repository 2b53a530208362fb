/*
 * What a back-end of cluster.h provides: one rank without MPI (cluster_serial.c), or MPI (cluster_mpi.c, blocks_mpi.c).
 * The functions are those of cluster.h with the same names.
 */
#ifndef POPGX_CLUSTER_BACKEND_H
#define POPGX_CLUSTER_BACKEND_H

#include "cluster/cluster.h"

typedef struct {
    popgx_err_t (*open)(int *argc, char ***argv);
    void (*close)(void);
    void (*abort)(int status);
    int (*rank)(void);
    int (*ranks)(void);
    int (*local_ranks)(void);
    popgx_err_t (*agree)(popgx_err_t mine);
    popgx_err_t (*broadcast)(unsigned char **bytes, size_t *n_bytes);
    popgx_err_t (*add)(exact_sum_t *sums, size_t n);
    popgx_err_t (*add_counts)(uint64_t *counts, size_t n);
    popgx_err_t (*most)(uint64_t *value);
    popgx_err_t (*blocks_open)(uint64_t n_blocks, uint64_t least, block_source_t **out);
} backend_t;

extern const backend_t backend_serial;
#ifdef POPGX_WITH_MPI
extern const backend_t backend_mpi;
#endif

/** A kind of block source; each source begins with a pointer to its kind. */
typedef struct {
    popgx_err_t (*next)(block_source_t *source, block_range_t *range);
    void (*stop)(block_source_t *source);
    bool (*is_stopped)(block_source_t *source);
    uint64_t (*taken)(const block_source_t *source);
    void (*close)(block_source_t *source);
} block_source_kind_t;

struct block_source {
    const block_source_kind_t *kind;
};
#endif
