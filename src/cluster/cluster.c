/*
 * Chooses the back-end when the program starts and passes every call on to it. Owns the one thing that is global by
 * nature: which rank of the job this process is. Never communicates itself.
 */
#include "cluster/cluster.h"

#include <stdlib.h>

#include "cluster/backend.h"

static const backend_t *backend = &backend_serial;

/* Launchers tell a process its place through the environment. SLURM_PROCID is not among the names: a batch script has it too. */
static bool is_launched(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE", "PALS_RANKID"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i])) return true;
    return false;
}

popgx_err_t cluster_open(int *argc, char ***argv)
{
    if (!is_launched()) return POPGX_OK;
#ifdef POPGX_WITH_MPI
    popgx_err_t err = backend_mpi.open(argc, argv);
    if (!err) backend = &backend_mpi;
    return err;
#else
    return backend_serial.open(argc, argv);
#endif
}

void cluster_close(void)
{
    backend->close();
    backend = &backend_serial;
}

void cluster_abort(int status)
{
    backend->abort(status);
    _Exit(status);
}

int cluster_rank(void) { return backend->rank(); }
int cluster_ranks(void) { return backend->ranks(); }
int cluster_local_ranks(void) { return backend->local_ranks(); }
popgx_err_t cluster_agree(popgx_err_t mine) { return backend->agree(mine); }
popgx_err_t cluster_broadcast(unsigned char **bytes, size_t *n_bytes) { return backend->broadcast(bytes, n_bytes); }
popgx_err_t cluster_add(exact_sum_t *sums, size_t n) { return backend->add(sums, n); }
popgx_err_t cluster_add_counts(uint64_t *counts, size_t n) { return backend->add_counts(counts, n); }
popgx_err_t cluster_most(uint64_t *value) { return backend->most(value); }

popgx_err_t blocks_open(uint64_t n_blocks, uint64_t least, block_source_t **out)
{
    return backend->blocks_open(n_blocks, least, out);
}

popgx_err_t blocks_next(block_source_t *source, block_range_t *range) { return source->kind->next(source, range); }
void blocks_stop(block_source_t *source) { source->kind->stop(source); }
bool blocks_is_stopped(block_source_t *source) { return source->kind->is_stopped(source); }
uint64_t blocks_taken(const block_source_t *source) { return source->kind->taken(source); }

void blocks_close(block_source_t *source)
{
    if (source) source->kind->close(source);
}
