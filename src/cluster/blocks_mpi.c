/*
 * Blocks over MPI. A helper thread on rank 0 answers requests on a communicator of its own; every rank, rank 0 included,
 * asks for its next share as soon as it has taken the last one, so that the answer is there when it is needed.
 *
 * Messages to the helper: {what, least}. REQUEST: the next share, of at least `least` blocks; STOP: hand out no more;
 * CLOSE: this rank asks no more. Messages from it: RANGE, and to every rank exactly one HALT, when somebody asked to stop
 * or else after the last CLOSE, so that each rank can keep one receive posted for it. The helper looks for messages and
 * sleeps in between: a blocking receive would burn a core.
 *
 * A helper that can no longer communicate cannot tell the others either; it ends the job with a message.
 */
#ifdef POPGX_WITH_MPI
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/guided.h"
#include "cluster/mpi_common.h"

enum { TAG_TO_HELPER, TAG_RANGE, TAG_HALT };
enum { REQUEST, STOP, CLOSE };

typedef struct {
    block_source_t base;
    MPI_Comm comm;
    uint64_t least;
    uint64_t answer[2];                 /* first and count of the share asked for, once `pending` completes */
    MPI_Request pending, halt;
    bool is_asking;                     /* `pending` is under way */
    atomic_bool is_stopped;

    /* Rank 0 only: the helper's. */
    pthread_t helper;
    guided_t guided;
    uint64_t *ahead;                    /* [ranks]: blocks each rank was sent last: it takes them when it asks again */
    atomic_uint_least64_t taken;
} mpi_source_t;

/* ---- the helper of rank 0 ---- */

static void must(int code, const char *doing)
{
    if (mpi_check(code, doing) == POPGX_OK) return;
    fprintf(stderr, "popgx: handing out blocks failed: %s\n", popgx_err_detail());
    cluster_abort(1);
}

static void send_halt(const mpi_source_t *self)
{
    for (int rank = 0; rank < cluster_ranks(); rank++)
        must(MPI_Send(NULL, 0, MPI_BYTE, rank, TAG_HALT, self->comm), "telling a rank to stop");
}

static void answer_request(mpi_source_t *self, int rank, uint64_t least)
{
    block_range_t range = guided_take(&self->guided, least);
    uint64_t message[2] = {range.first, range.count};

    atomic_fetch_add(&self->taken, self->ahead[rank]);
    self->ahead[rank] = range.count;
    must(MPI_Send(message, 2, MPI_UINT64_T, rank, TAG_RANGE, self->comm), "handing out blocks");
}

static void *helper_main(void *context)
{
    mpi_source_t *self = context;
    bool has_halted = false;

    for (int open_ranks = cluster_ranks(); open_ranks > 0;) {
        int is_there;
        uint64_t message[2]; /* what, least */
        MPI_Status status;

        must(MPI_Iprobe(MPI_ANY_SOURCE, TAG_TO_HELPER, self->comm, &is_there, &status), "looking for requests");
        if (!is_there) {
            mpi_nap();
            continue;
        }
        must(MPI_Recv(message, 2, MPI_UINT64_T, status.MPI_SOURCE, TAG_TO_HELPER, self->comm, MPI_STATUS_IGNORE),
             "receiving a request");
        if (message[0] == REQUEST) {
            answer_request(self, status.MPI_SOURCE, message[1]);
        } else if (message[0] == CLOSE) {
            open_ranks--;
        } else if (!has_halted) {
            self->guided.next = self->guided.n_blocks;
            send_halt(self);
            has_halted = true;
        }
    }
    if (!has_halted) send_halt(self);
    return NULL;
}

/* Signals are for the threads that work. */
static popgx_err_t start_helper(mpi_source_t *self)
{
    sigset_t all, before;

    self->ahead = calloc((size_t)cluster_ranks(), sizeof *self->ahead);
    if (!self->ahead) return FAIL(NOMEM, "out of memory for the distribution of blocks");
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&self->helper, NULL, helper_main, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code == 0 ? POPGX_OK : FAIL(CLUSTER, "cannot start the thread that hands out blocks: %s", strerror(code));
}

/* ---- the side that asks ---- */

static popgx_err_t tell_helper(mpi_source_t *self, uint64_t what)
{
    uint64_t message[2] = {what, self->least};
    return mpi_check(MPI_Send(message, 2, MPI_UINT64_T, 0, TAG_TO_HELPER, self->comm), "asking for blocks");
}

static popgx_err_t ask(mpi_source_t *self)
{
    popgx_err_t err;

    TRY(mpi_check(MPI_Irecv(self->answer, 2, MPI_UINT64_T, 0, TAG_RANGE, self->comm, &self->pending), "asking for blocks"));
    self->is_asking = true;
    TRY(tell_helper(self, REQUEST));
out:
    return err;
}

static popgx_err_t source_next(block_source_t *source, block_range_t *range)
{
    mpi_source_t *self = (mpi_source_t *)source;
    popgx_err_t err = POPGX_OK;

    *range = (block_range_t){0};
    if (!self->is_asking) return POPGX_OK; /* the last answer was that there are no more */
    TRY(mpi_wait(&self->pending, "waiting for blocks"));
    self->is_asking = false;
    *range = (block_range_t){.first = self->answer[0], .count = self->answer[1]};
    if (range->count > 0) TRY(ask(self));
out:
    return err;
}

/* A failure to send it has no remedy here: whoever asks to stop has an error of its own to report. */
static void source_stop(block_source_t *source)
{
    mpi_source_t *self = (mpi_source_t *)source;

    if (atomic_exchange(&self->is_stopped, true)) return;
    popgx_err_t err = tell_helper(self, STOP);
    (void)err;
}

static bool source_is_stopped(block_source_t *source)
{
    mpi_source_t *self = (mpi_source_t *)source;
    int has_come = 0;

    if (atomic_load(&self->is_stopped)) return true;
    if (MPI_Test(&self->halt, &has_come, MPI_STATUS_IGNORE) != MPI_SUCCESS || has_come) atomic_store(&self->is_stopped, true);
    return atomic_load(&self->is_stopped);
}

static uint64_t source_taken(const block_source_t *source)
{
    return atomic_load(&((const mpi_source_t *)source)->taken);
}

static void source_close(block_source_t *source)
{
    mpi_source_t *self = (mpi_source_t *)source;

    /* Each step is needed even if one before it failed: the helper counts every rank's CLOSE. */
    popgx_err_t err = self->is_asking ? mpi_wait(&self->pending, "waiting for blocks") : POPGX_OK;
    err = tell_helper(self, CLOSE);
    err = mpi_wait(&self->halt, "waiting for the end of blocks");
    (void)err;
    if (cluster_rank() == 0) pthread_join(self->helper, NULL);
    MPI_Comm_free(&self->comm);
    free(self->ahead);
    free(self);
}

popgx_err_t mpi_blocks_open(uint64_t n_blocks, uint64_t least, block_source_t **out)
{
    static const block_source_kind_t kind = {source_next, source_stop, source_is_stopped, source_taken, source_close};
    mpi_source_t *self = calloc(1, sizeof *self);
    popgx_err_t err;

    TRY(cluster_agree(self ? POPGX_OK : FAIL(NOMEM, "out of memory for the distribution of blocks")));
    self->base.kind = &kind;
    self->guided = (guided_t){.n_blocks = n_blocks, .ranks = (uint64_t)cluster_ranks()};
    self->least = least;
    self->comm = MPI_COMM_NULL;
    TRY(mpi_check(MPI_Comm_dup(mpi_world(), &self->comm), "making a communicator for blocks"));
    MPI_Comm_set_errhandler(self->comm, MPI_ERRORS_RETURN);
    TRY(cluster_agree(cluster_rank() == 0 ? start_helper(self) : POPGX_OK));
    TRY(mpi_check(MPI_Irecv(NULL, 0, MPI_BYTE, 0, TAG_HALT, self->comm, &self->halt), "waiting for the end of blocks"));
    TRY(ask(self));
    *out = &self->base;
    return POPGX_OK;
out:
    if (self) {
        if (self->comm != MPI_COMM_NULL) MPI_Comm_free(&self->comm);
        free(self->ahead);
    }
    free(self);
    return err;
}
#else
typedef int popgx_was_built_without_mpi; /* ISO C forbids an empty file */
#endif
