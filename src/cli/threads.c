#include "cli/threads.h"

#include <omp.h>
#include <stdlib.h>

#include "cluster/cluster.h"

enum { MOST = 4096 };

int threads_choose(uint64_t asked)
{
    if (asked > 0) return asked < MOST ? (int)asked : MOST;
    if (getenv("OMP_NUM_THREADS")) return omp_get_max_threads();
    int threads = omp_get_num_procs() / cluster_local_ranks();
    return threads > 0 ? threads : 1;
}
