/*
 * The truth about a run: what it simulates and how it is cut into blocks (RUN.h5.d/manifest.json while it goes on), and, once it
 * is complete, which files hold which blocks (/manifest in RUN.h5, if there are several).
 *
 * Runs are the same if their fingerprints are: the packed model, the seed, the patients, the sample, popgx's version and the
 * cutting into blocks. The files the model was read from are in it one by one, so that a difference can be told by name.
 */
#ifndef POPGX_STORE_MANIFEST_H
#define POPGX_STORE_MANIFEST_H

#include "store/columns.h"
#include "store/journal.h"
#include "store/store.h"

typedef struct {
    char *path;
    char hash[33];              /* XXH3-128 of its bytes */
} manifest_source_t;

/** XXH3-128 as 32 hexadecimal digits. */
void manifest_hash_text(XXH128_hash_t hash, char text[33]);

typedef struct {
    unsigned char run_id[JOURNAL_RUN_ID_BYTES]; /* random: no two runs share it, whatever their fingerprints */
    char *version;              /* of popgx */
    char model_hash[33];        /* XXH3-128 of the packed model */
    manifest_source_t *sources; /* [n_sources] */
    size_t n_sources;
    char *strategies;           /* their names, one a line */
    uint64_t seed;
    uint64_t draws, draw_patients; /* of a probabilistic analysis, as asked for; draws 0: none */
    char *design;               /* "" if there are no draws; NULL: of a complete run, whose draws are looked at elsewhere */
    char *until;                /* what decides on the number of patients; "": it was asked for */
    columns_plan_t plan;        /* owned arrays */
    uint64_t sessions;          /* how often it was begun or resumed */
    char *created, *command;    /* of the last session */
} manifest_t;

/** The manifest of a new run. manifest_release frees it, also after a failure. */
MUST_USE popgx_err_t manifest_init(manifest_t *manifest, const model_t *model, const store_run_t *run, const columns_plan_t *plan);
void manifest_release(manifest_t *manifest);

/* A run's id as hexadecimal digits, and back. */
void manifest_run_id_text(const unsigned char id[JOURNAL_RUN_ID_BYTES], char text[2 * JOURNAL_RUN_ID_BYTES + 1]);
bool manifest_parse_run_id(const char *text, unsigned char id[JOURNAL_RUN_ID_BYTES]);

/** Fills `strategies`. */
MUST_USE popgx_err_t manifest_list_strategies(manifest_t *manifest, const model_t *model);

MUST_USE popgx_err_t manifest_write(const manifest_t *manifest, const char *path);

/** @retval POPGX_E_INPUT  it is damaged or of another format  @retval POPGX_E_IO  it cannot be read */
MUST_USE popgx_err_t manifest_read(manifest_t *manifest, const char *path);

/** Whether a run described by `wanted` may go on with what `found` left. @retval POPGX_E_INPUT  no: the message names the first thing that differs */
MUST_USE popgx_err_t manifest_compare(const manifest_t *found, const manifest_t *wanted, const char *path);

/** Whether two runs are parts of one and the same; which parts they are does not matter. @retval POPGX_E_INPUT  no: as manifest_compare */
MUST_USE popgx_err_t manifest_compare_parts(const manifest_t *one, const manifest_t *other, const char *path, const char *other_path);

/** One file of trajectories of a complete run. */
typedef struct {
    char name[96];              /* relative to the folder of RUN.h5 */
    uint64_t first_block, n_blocks;
    uint64_t n_bytes;           /* of the whole file */
    XXH128_hash_t hash;         /* of its bytes, its seal aside */
} manifest_shard_t;
#endif
