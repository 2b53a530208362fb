/*
 * The place of an output while it is made: the folder PATH.d beside it, locked, in which everything unfinished lives: the
 * manifest, journals, partial.h5; and, if a run is spread over several files, its shards.
 */
#ifndef POPGX_STORE_CLAIM_H
#define POPGX_STORE_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

typedef struct {
    char *path;         /* of the output */
    char *folder;       /* PATH.d */
    char *partial;      /* PATH.d/partial.h5: the output until it is complete */
    char *manifest;     /* PATH.d/manifest.json: there while the run is unfinished */
    char *draws;        /* PATH.d/draws: draws that are done, see draws_journal.h */
    char *stop;         /* PATH.d/stop: whoever makes this file stops the run */
    int lock;           /* descriptor, or -1: not the rank that claimed */
} claim_t;

/** Fills the names; nothing is touched. claim_release frees them, also after a failure. */
MUST_USE popgx_err_t claim_init(claim_t *claim, const char *path);

/** Name of the journal of `rank` in a session. The caller frees it. NULL: out of memory. */
char *claim_journal(const claim_t *claim, uint64_t session, int rank);

/** Paths of all journals, sorted; the caller frees each and the list. */
MUST_USE popgx_err_t claim_list_journals(const claim_t *claim, char ***paths, size_t *n);

/** What is at a place. */
typedef enum { CLAIM_EMPTY, CLAIM_UNFINISHED, CLAIM_COMPLETE } claim_found_t;

/**
 * One rank: makes and locks the folder, and says what is there; an unfinished run is not more than one with a manifest.
 *
 * @retval POPGX_E_INPUT   the path cannot be that of an output: no name, in no folder, a folder, a device
 * @retval POPGX_E_EXISTS  another process is writing it
 * @retval POPGX_E_IO      the folder cannot be made or written
 */
MUST_USE popgx_err_t claim_take(claim_t *claim, claim_found_t *found);

/** Removes the manifest first, so that nobody takes what is left for an unfinished run, then journals and whatever is half written. */
void claim_empty(const claim_t *claim);

/** Removes all shards but those whose name begins with `prefix`; NULL: all. */
void claim_remove_shards(const claim_t *claim, const char *prefix);

/** Gives partial.h5 the name of the output, replacing what is there, and makes that last. */
MUST_USE popgx_err_t claim_fulfil(const claim_t *claim);

/** Frees the names; the rank that claimed gives up the lock, and removes the folder if nothing is in it. */
void claim_release(claim_t *claim);
#endif
