/*
 * The threads of a rank that share what the rank is handed: a range under a lock, which whoever finds it empty fills again. The first
 * error of the rank, or the wish to stop, ends the handing out to everybody. Knows nothing of what is done with a piece.
 */
#ifndef POPGX_CLUSTER_CREW_H
#define POPGX_CLUSTER_CREW_H

#include <pthread.h>

#include "cluster/cluster.h"

/** Everything but the source is under the lock. */
typedef struct {
    block_source_t *source;
    bool (*is_stop_wanted)(void *context); /* may be NULL */
    void *stop_context;
    pthread_mutex_t lock;
    block_range_t range;        /* handed to this rank, not begun */
    bool is_stopped;            /* somebody on this rank wanted it */
    uint64_t n_done;            /* of what the source hands out; the users count */
    popgx_err_t err;            /* the first one */
    char detail[1024];
} crew_t;

/** Collective. blocks_open; is_stop_wanted and its context are set by the caller. */
MUST_USE popgx_err_t crew_open(crew_t *crew, uint64_t n, uint64_t least);

/**
 * The next piece of this rank: at most `most`, across no multiple of `boundary`. False: there is none, or everybody stops.
 * Asks is_stop_wanted, one thread at a time.
 */
bool crew_take(crew_t *crew, uint64_t boundary, uint64_t most, block_range_t *piece);

/** Whether everybody stops. Asks is_stop_wanted, as crew_take does: for those whose piece takes long. */
bool crew_is_stopping(crew_t *crew);

/** Keeps the calling thread's error, since messages live per thread, and asks everybody to stop. Under the lock. */
void crew_fail(crew_t *crew, popgx_err_t err);

/** Collective. blocks_close. */
void crew_close(crew_t *crew);

/**
 * Collective, after crew_close. Stopping is no error until everybody is known to have none, and none at all if nothing was left to do.
 *
 * @param what  how the `n` things are called
 */
MUST_USE popgx_err_t crew_agree(const crew_t *crew, uint64_t n, const char *what);
#endif
