/*
 * Chunks of columns on their way into an HDF5 file: filled by one thread, shuffled and deflated by several, written by one in
 * the order in which they were handed over, past HDF5's own filters. What is in the file depends on that order alone,
 * not on the number of threads. Memory: a few chunks for each thread, and those that are being filled.
 */
#ifndef POPGX_STORE_CHUNKS_H
#define POPGX_STORE_CHUNKS_H

#include <hdf5.h>
#include <stddef.h>
#include <stdint.h>
#include <xxhash.h>

#include "core/err.h"

enum { CHUNK_ROWS = 65536, CHUNK_MOST_BYTES = 8 * CHUNK_ROWS, CHUNKS_BUFFER_BYTES = 2 * CHUNK_MOST_BYTES };

typedef struct chunks chunks_t; /* owner */

typedef struct chunk {
    hid_t dataset;          /* whose chunks are CHUNK_ROWS x width numbers; filters: shuffle, then deflate */
    hsize_t first_row;      /* a multiple of CHUNK_ROWS */
    hsize_t n_rows;         /* of the dataset once this chunk is in it */
    size_t width, number_bytes;
    XXH3_state_t *hash;     /* of the streams of the dataset; borrowed, updated when the chunk is written */
    unsigned char *numbers; /* [CHUNK_ROWS][width], to be filled: rows behind the end of the dataset with zeros */
    struct chunk *next;     /* for chunks.c */
} chunk_t;

/** @param path  of the file, for messages; borrowed */
MUST_USE popgx_err_t chunks_new(const char *path, int threads, chunks_t **out);

/** Frees all memory, also that of chunks which were borrowed. NULL is allowed. */
void chunks_free(chunks_t *chunks);

/** Borrows an empty chunk; its `numbers` may hold anything. */
MUST_USE popgx_err_t chunks_borrow(chunks_t *chunks, chunk_t **out);

/** Takes a borrowed chunk whose fields are filled; it is written by now or later. */
MUST_USE popgx_err_t chunks_hand_over(chunks_t *chunks, chunk_t *chunk);

/** Writes everything that was handed over. */
MUST_USE popgx_err_t chunks_flush(chunks_t *chunks);

/**
 * Hashes the streams of a dataset in a file that was closed and opened again, in the order of rows.
 *
 * @param buffer  [CHUNKS_BUFFER_BYTES]
 */
MUST_USE popgx_err_t chunks_hash(const char *path, hid_t dataset, hsize_t n_rows, void *buffer, XXH3_state_t *hash);
#endif
