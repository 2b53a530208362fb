/* One rank: nothing to send, nobody to agree with. Blocks are handed out of a counter. Never touches MPI. */
#include <stdatomic.h>
#include <stdlib.h>

#include "cluster/backend.h"
#include "cluster/guided.h"

typedef struct {
    block_source_t base;
    guided_t guided;
    uint64_t least;
    atomic_uint_least64_t taken;    /* = guided.next, for other threads to read */
    atomic_bool is_stopped;
} serial_source_t;

static popgx_err_t source_next(block_source_t *source, block_range_t *range)
{
    serial_source_t *self = (serial_source_t *)source;

    *range = atomic_load(&self->is_stopped) ? (block_range_t){0} : guided_take(&self->guided, self->least);
    atomic_store(&self->taken, self->guided.next);
    return POPGX_OK;
}

static void source_stop(block_source_t *source) { atomic_store(&((serial_source_t *)source)->is_stopped, true); }
static bool source_is_stopped(block_source_t *source) { return atomic_load(&((serial_source_t *)source)->is_stopped); }
static void source_close(block_source_t *source) { free(source); }

static uint64_t source_taken(const block_source_t *source)
{
    return atomic_load(&((const serial_source_t *)source)->taken);
}

static popgx_err_t source_open(uint64_t n_blocks, uint64_t least, block_source_t **out)
{
    static const block_source_kind_t kind = {source_next, source_stop, source_is_stopped, source_taken, source_close};
    serial_source_t *self = calloc(1, sizeof *self);

    if (!self) return FAIL(NOMEM, "out of memory for the distribution of blocks");
    self->base.kind = &kind;
    self->guided = (guided_t){.n_blocks = n_blocks, .ranks = 1};
    self->least = least;
    *out = &self->base;
    return POPGX_OK;
}

/* Called only when a launcher started a build without MPI: several ranks would each do the whole run over the same output. */
static popgx_err_t serial_open(int *argc, char ***argv)
{
    const char *size = getenv("OMPI_COMM_WORLD_SIZE");

    (void)argc, (void)argv;
    if (!size) size = getenv("PMI_SIZE");
    if (!size) size = getenv("SLURM_STEP_NUM_TASKS");
    if (size && atoi(size) > 1)
        return FAIL(CLUSTER, "started as %s ranks, but this popgx was built without MPI: build it with -DPOPGX_MPI=ON", size);
    return POPGX_OK;
}

static void serial_close(void) { }
static void serial_abort(int status) { (void)status; }
static int serial_rank(void) { return 0; }
static int serial_ranks(void) { return 1; }
static popgx_err_t serial_agree(popgx_err_t mine) { return mine; }

static popgx_err_t serial_broadcast(unsigned char **bytes, size_t *n_bytes)
{
    (void)bytes, (void)n_bytes;
    return POPGX_OK;
}

static popgx_err_t serial_add(exact_sum_t *sums, size_t n)
{
    (void)sums, (void)n;
    return POPGX_OK;
}

static popgx_err_t serial_add_counts(uint64_t *counts, size_t n)
{
    (void)counts, (void)n;
    return POPGX_OK;
}

static popgx_err_t serial_most(uint64_t *value)
{
    (void)value;
    return POPGX_OK;
}

const backend_t backend_serial = {
    .open = serial_open, .close = serial_close, .abort = serial_abort,
    .rank = serial_rank, .ranks = serial_ranks, .local_ranks = serial_ranks,
    .agree = serial_agree, .broadcast = serial_broadcast, .add = serial_add, .add_counts = serial_add_counts,
    .most = serial_most, .blocks_open = source_open,
};
