/*
 * The other way from deflate.c: the byte planes of chunks, several of them at a time. A Huffman code is read symbol after symbol, each
 * when the one before is known; so what a processor can do at once is symbols of different planes. That is several times as fast as one plane
 * after the other. Streams without an index, or coded in another way than ours, are left to libdeflate.
 *
 * Whatever the bytes are, nothing is read or written where it should not be; but that they are right is what the caller has seen to, by
 * their hash: a stream's own checksum is not looked at.
 */
#ifndef POPGX_STORE_INFLATE_H
#define POPGX_STORE_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

typedef struct inflater inflater_t; /* owner; one per thread */

MUST_USE popgx_err_t inflater_new(inflater_t **out);
void inflater_free(inflater_t *inflater); /* NULL is allowed */

/** What deflate_chunk wrote, and where it goes. */
typedef struct {
    const uint8_t *stream;
    size_t n_stream;            /* bytes */
    size_t n, n_filled, width;  /* numbers, those that are wanted, bytes of a number (1 to DEFLATE_MOST_PLANES) */
    uint8_t *planes;            /* [width][n]: the first n_filled bytes of each plane are filled, the others are not defined */
} inflate_chunk_t;

/** Inflates some chunks. False: a stream is not what a chunk of this size can be. */
MUST_USE bool inflate_chunks(inflater_t *inflater, const inflate_chunk_t *chunks, size_t n_chunks);
#endif
