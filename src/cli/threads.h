/* How many threads a rank gets. */
#ifndef POPGX_CLI_THREADS_H
#define POPGX_CLI_THREADS_H

#include <stdint.h>

/** What was asked for; for 0 OMP_NUM_THREADS, else the cores that the ranks of this machine leave each other. */
int threads_choose(uint64_t asked);
#endif
