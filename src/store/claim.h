/*
 * The place of an output while it is made: the folder PATH.d beside it, locked, in which everything unfinished lives.
 */
#ifndef POPGX_STORE_CLAIM_H
#define POPGX_STORE_CLAIM_H

#include <stdbool.h>

#include "core/err.h"

typedef struct {
    char *path;         /* of the output */
    char *folder;       /* PATH.d */
    char *partial;      /* PATH.d/partial.h5: the output until it is complete */
    int lock;           /* descriptor, or -1: not the rank that claimed */
} claim_t;

/** Fills the names; nothing is touched. claim_release frees them, also after a failure. */
MUST_USE popgx_err_t claim_init(claim_t *claim, const char *path);

/** Name of the spool of `rank`; the caller frees it. NULL: out of memory. */
char *claim_spool(const claim_t *claim, int rank);

/**
 * One rank: makes and locks the folder, and removes what a run that was killed left in it.
 *
 * @retval POPGX_E_INPUT   the path cannot be that of an output: no name, in no folder, a folder, a device
 * @retval POPGX_E_EXISTS  the output exists and `force` is false, or another run is making it
 * @retval POPGX_E_IO      the folder cannot be made or written
 */
MUST_USE popgx_err_t claim_take(claim_t *claim, bool force);

/** Gives partial.h5 the name of the output, replacing what is there, and syncs the folders. */
MUST_USE popgx_err_t claim_fulfil(const claim_t *claim);

/** Frees the names; the rank that claimed also removes what is left in the folder, the folder, and the lock. */
void claim_release(claim_t *claim);
#endif
