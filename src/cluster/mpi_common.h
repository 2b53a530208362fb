/* Shared by the files that include mpi.h. */
#ifndef POPGX_CLUSTER_MPI_COMMON_H
#define POPGX_CLUSTER_MPI_COMMON_H

#include <mpi.h>

#include "cluster/backend.h"

/** Turns an MPI return code into an error that says what was being done. */
MUST_USE popgx_err_t mpi_check(int code, const char *doing);

/** Completes `request` while sleeping between looks: MPI's own waits burn a core that another rank or thread could use. */
MUST_USE popgx_err_t mpi_wait(MPI_Request *request, const char *doing);

/** Sleeps for the time between two looks at MPI. */
void mpi_nap(void);

/** The ranks of the run. */
MPI_Comm mpi_world(void);

/** The block source of this back-end: blocks_mpi.c. */
MUST_USE popgx_err_t mpi_blocks_open(uint64_t n_blocks, uint64_t least, block_source_t **out);
#endif
