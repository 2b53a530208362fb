/*
 * Complete runs that lie in the working folder, for fuzz_runs.c to edit: their bytes, and where in them the values are that a reader is shown.
 * Values are edited in memory and sealed anew, so that an input costs HDF5 nothing but the reading.
 */
#ifndef POPGX_FUZZ_RUNS_BASE_H
#define POPGX_FUZZ_RUNS_BASE_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/stored.h"

/* A promise that was broken. */
#define DEMAND(promise)                                                                \
    do {                                                                               \
        if (!(promise)) {                                                              \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #promise);      \
            abort();                                                                   \
        }                                                                              \
    } while (0)

enum { MOST_FILES = 3 };

/** Bytes of a file that are a value. */
typedef struct {
    size_t at, n;
} place_t;

typedef struct {
    char path[256];
    unsigned char *bytes;       /* [n_bytes], as they were sealed */
    size_t n_bytes, n_hdf5;     /* n_hdf5: without the table of pages and the seal */
    place_t *places;            /* [n_places]: values of datasets and attributes, texts among them; chunks of columns are elsewhere */
    size_t n_places;
} base_file_t;

/** A run: RUN.h5 in the working folder, and its shards. */
typedef struct {
    const char *run;
    size_t n_files;
    base_file_t file[MOST_FILES];
} base_t;

void base_open(base_t *base, const char *run);

/** What a run of one block in one file says of its block and of its model; hashes are texts. */
typedef struct {
    uint64_t *rows;             /* [n_row_sets] */
    size_t *rows_at;            /* [n_row_sets] */
    uint32_t n_row_sets, n_streams;
    uint32_t *stream_bytes;     /* [n_streams] */
    size_t *stream_at;          /* [n_streams] */
    size_t n_bytes;             /* of all streams */
    size_t block_hash_at, model_hash_at;
    place_t model;              /* the packed model */
} base_block_t;

void base_find_block(const base_t *base, base_block_t *out);

/** All of a file's bytes; the caller frees them. */
unsigned char *read_whole(const char *path, size_t *n);

/** Replaces the file. */
void write_file(const char *path, const unsigned char *bytes, size_t n);

/** Replaces a file of a base by `bytes` [n_hdf5], sealed. */
void write_sealed(const base_file_t *file, const unsigned char *bytes);

/** A base's file is what it was. */
void restore(const base_file_t *file);
#endif
