/* Memory of the machine: what a command took of it, and what it may take. */
#ifndef POPGX_CLI_MACHINE_H
#define POPGX_CLI_MACHINE_H

#include <stdint.h>

#include "core/err.h"

/** Collective: the most that any rank has had at once so far. */
MUST_USE popgx_err_t machine_peak_memory(uint64_t *bytes);

/** Half of the machine's memory, shared by its ranks. */
uint64_t machine_half_of_memory(void);
#endif
