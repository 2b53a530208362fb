/* A run of several files becomes one of a single file. */
#ifndef POPGX_STORE_PACK_H
#define POPGX_STORE_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

typedef struct {
    bool is_one_already;        /* in place, and there was nothing to do */
    uint64_t n_files, n_bytes;  /* that it was made of; of the packed file */
} pack_report_t;

/**
 * One process. Writes the run at `path` as one file that needs no others: its master's contents with the rows of its shards in the place of
 * virtual columns, chunk by chunk as they are. Every block is compared with its hash on the way, and the new file with what was written;
 * only then it gets its name, and only then the shards of a run that is packed in place are removed.
 *
 * @param output     where to; NULL, or the run itself: in place
 * @param is_forced  replace the output; begin also if the disk seems too small
 * @retval POPGX_E_INPUT   there is no run @retval POPGX_E_EXISTS  the output is there already, or an unfinished run is in its place
 * @retval POPGX_E_IO      the run is damaged, or the output cannot be written: nothing has changed
 */
MUST_USE popgx_err_t store_pack(const char *path, const char *output, bool is_forced, pack_report_t *report);
#endif
