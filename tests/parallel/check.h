/* For the plain programs under mpiexec: a failed check names itself and ends all ranks. */
#ifndef POPGX_TESTS_PARALLEL_CHECK_H
#define POPGX_TESTS_PARALLEL_CHECK_H

#include <stdio.h>

#include "cluster/cluster.h"

#define CHECK(condition)                                                                                         \
    do {                                                                                                         \
        if (!(condition)) {                                                                                      \
            fprintf(stderr, "%s:%d: rank %d: failed: %s\n", __FILE__, __LINE__, cluster_rank(), #condition);     \
            cluster_abort(1);                                                                                    \
        }                                                                                                        \
    } while (0)

/** As CHECK, for a call that may fail: shows its message. */
#define CHECK_OK(call)                                                                                           \
    do {                                                                                                         \
        if ((call) != POPGX_OK) {                                                                                \
            fprintf(stderr, "%s:%d: rank %d: %s: %s\n", __FILE__, __LINE__, cluster_rank(), #call, popgx_err_detail()); \
            cluster_abort(1);                                                                                    \
        }                                                                                                        \
    } while (0)
#endif
