/*
 * Ranks over MPI. Owns a duplicate of MPI_COMM_WORLD with errors returned, the type and the operation that add 128-bit
 * integers. Assumes MPI_THREAD_MULTIPLE, since the threads of a rank fetch blocks. Never prints.
 */
#ifdef POPGX_WITH_MPI
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cluster/mpi_common.h"

enum {
    DETAIL_BYTES = 1024,
    CHUNK_BYTES = 1 << 28,  /* MPI counts are ints */
    CHUNK_ITEMS = 1 << 16,  /* reductions hold copies of what they add */
};

static struct {
    MPI_Comm world;
    MPI_Datatype exact_type;
    MPI_Op exact_add;
    int rank, ranks, local_ranks;
} mpi = {.world = MPI_COMM_NULL, .exact_type = MPI_DATATYPE_NULL, .exact_add = MPI_OP_NULL, .ranks = 1, .local_ranks = 1};

MPI_Comm mpi_world(void) { return mpi.world; }

popgx_err_t mpi_check(int code, const char *doing)
{
    char text[MPI_MAX_ERROR_STRING] = "unknown error";
    int length;

    if (code == MPI_SUCCESS) return POPGX_OK;
    MPI_Error_string(code, text, &length);
    return FAIL(CLUSTER, "%s: %s", doing, text);
}

void mpi_nap(void)
{
    const struct timespec pause = {.tv_nsec = 200000};
    nanosleep(&pause, NULL);
}

popgx_err_t mpi_wait(MPI_Request *request, const char *doing)
{
    enum { LOOKS_BEFORE_NAPPING = 1000 };

    for (int looks = 0;; looks++) {
        int is_done;
        int code = MPI_Test(request, &is_done, MPI_STATUS_IGNORE);
        if (code != MPI_SUCCESS || is_done) return mpi_check(code, doing);
        if (looks >= LOOKS_BEFORE_NAPPING) mpi_nap();
    }
}

/* MPI may place the numbers at any byte. */
static void add_exact(void *in, void *in_out, int *n, MPI_Datatype *type)
{
    unsigned char *from = in, *into = in_out;

    (void)type;
    for (int i = 0; i < *n; i++) {
        exact_sum_t a, b;
        memcpy(&a, from + sizeof a * (size_t)i, sizeof a);
        memcpy(&b, into + sizeof b * (size_t)i, sizeof b);
        b += a;
        memcpy(into + sizeof b * (size_t)i, &b, sizeof b);
    }
}

static popgx_err_t count_local_ranks(void)
{
    MPI_Comm host;
    popgx_err_t err = mpi_check(MPI_Comm_split_type(mpi.world, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host),
                                "finding the ranks of this host");

    if (err) return err;
    err = mpi_check(MPI_Comm_size(host, &mpi.local_ranks), "counting the ranks of this host");
    MPI_Comm_free(&host);
    return err;
}

static popgx_err_t backend_open(int *argc, char ***argv)
{
    popgx_err_t err = POPGX_OK;
    int granted;

    TRY(mpi_check(MPI_Init_thread(argc, argv, MPI_THREAD_MULTIPLE, &granted), "starting MPI"));
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    if (granted < MPI_THREAD_MULTIPLE) {
        err = FAIL(CLUSTER, "this MPI library does not grant MPI_THREAD_MULTIPLE, which popgx needs");
        MPI_Finalize();
        goto out;
    }
    TRY(mpi_check(MPI_Comm_dup(MPI_COMM_WORLD, &mpi.world), "making a communicator"));
    MPI_Comm_set_errhandler(mpi.world, MPI_ERRORS_RETURN);
    TRY(mpi_check(MPI_Comm_rank(mpi.world, &mpi.rank), "finding this rank"));
    TRY(mpi_check(MPI_Comm_size(mpi.world, &mpi.ranks), "counting ranks"));
    TRY(mpi_check(MPI_Type_contiguous((int)sizeof(exact_sum_t), MPI_BYTE, &mpi.exact_type), "making the type of exact sums"));
    TRY(mpi_check(MPI_Type_commit(&mpi.exact_type), "making the type of exact sums"));
    TRY(mpi_check(MPI_Op_create(add_exact, 1, &mpi.exact_add), "making the operation for exact sums"));
    TRY(count_local_ranks());
out:
    return err;
}

static void backend_close(void)
{
    MPI_Op_free(&mpi.exact_add);
    MPI_Type_free(&mpi.exact_type);
    MPI_Comm_free(&mpi.world);
    MPI_Finalize();
}

static void backend_abort(int status) { MPI_Abort(MPI_COMM_WORLD, status); }
static int backend_rank(void) { return mpi.rank; }
static int backend_ranks(void) { return mpi.ranks; }
static int backend_local_ranks(void) { return mpi.local_ranks; }

/* The largest of (code, ranks - rank) is the worst code and, among those who have it, the lowest rank. */
static popgx_err_t backend_agree(popgx_err_t mine)
{
    int64_t vote = ((int64_t)mine << 32) + (mpi.ranks - mpi.rank), worst = 0;
    char detail[DETAIL_BYTES];
    MPI_Request request;
    popgx_err_t err;

    TRY(mpi_check(MPI_Iallreduce(&vote, &worst, 1, MPI_INT64_T, MPI_MAX, mpi.world, &request), "agreeing on an error"));
    TRY(mpi_wait(&request, "agreeing on an error")); /* ranks may arrive minutes apart */
    err = (popgx_err_t)(worst >> 32);
    if (!err) return POPGX_OK;

    int teller = mpi.ranks - (int)(worst & 0xffffffff);
    snprintf(detail, sizeof detail, "%s", popgx_err_detail());
    if (MPI_Bcast(detail, sizeof detail, MPI_CHAR, teller, mpi.world) != MPI_SUCCESS) return err;
    if (teller != mpi.rank) err_set(err, "%s", detail);
out:
    return err;
}

static popgx_err_t backend_broadcast(unsigned char **bytes, size_t *n_bytes)
{
    uint64_t size = *n_bytes;
    popgx_err_t err;

    TRY(mpi_check(MPI_Bcast(&size, 1, MPI_UINT64_T, 0, mpi.world), "sending a size"));
    if (mpi.rank != 0) {
        *n_bytes = size;
        *bytes = malloc(size ? size : 1);
    }
    TRY(backend_agree(*bytes || !size ? POPGX_OK : FAIL(NOMEM, "out of memory for %llu bytes from rank 0",
                                                        (unsigned long long)size)));
    for (uint64_t at = 0; at < size; at += CHUNK_BYTES) {
        int count = size - at < CHUNK_BYTES ? (int)(size - at) : CHUNK_BYTES;
        TRY(mpi_check(MPI_Bcast(*bytes + at, count, MPI_BYTE, 0, mpi.world), "sending from rank 0"));
    }
out:
    return err;
}

static popgx_err_t add_items(void *items, size_t n, size_t item_bytes, MPI_Datatype type, MPI_Op op)
{
    popgx_err_t err = POPGX_OK;

    for (size_t at = 0; !err && at < n; at += CHUNK_ITEMS) {
        int count = n - at < CHUNK_ITEMS ? (int)(n - at) : CHUNK_ITEMS;
        void *chunk = (unsigned char *)items + at * item_bytes;
        err = mpi_check(MPI_Allreduce(MPI_IN_PLACE, chunk, count, type, op, mpi.world), "adding over ranks");
    }
    return err;
}

static popgx_err_t backend_add(exact_sum_t *sums, size_t n)
{
    return add_items(sums, n, sizeof *sums, mpi.exact_type, mpi.exact_add);
}

static popgx_err_t backend_add_counts(uint64_t *counts, size_t n)
{
    return add_items(counts, n, sizeof *counts, MPI_UINT64_T, MPI_SUM);
}

static popgx_err_t backend_most(uint64_t *value) { return add_items(value, 1, sizeof *value, MPI_UINT64_T, MPI_MAX); }

const backend_t backend_mpi = {
    .open = backend_open, .close = backend_close, .abort = backend_abort,
    .rank = backend_rank, .ranks = backend_ranks, .local_ranks = backend_local_ranks,
    .agree = backend_agree, .broadcast = backend_broadcast, .add = backend_add, .add_counts = backend_add_counts,
    .most = backend_most, .blocks_open = mpi_blocks_open,
};
#else
typedef int popgx_was_built_without_mpi; /* ISO C forbids an empty file */
#endif
