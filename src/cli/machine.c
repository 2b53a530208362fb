/* Asks the operating system. Owns nothing. */
#include "cli/machine.h"

#include <sys/resource.h>
#include <unistd.h>

#include "cluster/cluster.h"

popgx_err_t machine_peak_memory(uint64_t *bytes)
{
    struct rusage usage = {0};

    getrusage(RUSAGE_SELF, &usage);
    *bytes = (uint64_t)usage.ru_maxrss * 1024; /* Linux counts in KiB */
    return cluster_most(bytes);
}

uint64_t machine_half_of_memory(void)
{
    uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);

    return bytes / 2 / (uint64_t)cluster_local_ranks();
}
