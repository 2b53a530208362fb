/*
 * A chunk of a column as HDF5's filters shuffle and deflate would leave it: bytes of equal significance together, in a zlib
 * stream. Any inflate reads it. Each byte plane is coded in the way that suits it, chosen from its content alone, so
 * the same numbers always give the same bytes.
 *
 * Behind the stream, where an inflate does not look, stands where each plane begins, so that inflate.c can read several planes at a
 * time: the first bit of each of the n planes that are coded one by one (uint32); if there are others, the first bit of the deflate
 * stream that holds all of them; "pgx"; n in a byte. Numbers have their least significant byte first.
 */
#ifndef POPGX_STORE_DEFLATE_H
#define POPGX_STORE_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define DEFLATE_INDEX_MAGIC "pgx"
enum { DEFLATE_INDEX_MAGIC_BYTES = 3, DEFLATE_MOST_PLANES = 8 };

typedef struct deflater deflater_t; /* owner; one per thread */

/** @param most_bytes  of a chunk */
MUST_USE popgx_err_t deflater_new(size_t most_bytes, deflater_t **out);
void deflater_free(deflater_t *deflater); /* NULL is allowed */

/** Room that the stream of a chunk of `n_bytes` may need while it is written. */
size_t deflate_bound(size_t n_bytes);

/** Bytes of `n` numbers by significance, in planes of n, as HDF5's shuffle filter does; those behind the first n_filled are padding. @param[out] to  [width][n] */
void deflate_shuffle(const void *numbers, size_t n_filled, size_t n, size_t width, uint8_t *restrict to);

/**
 * Shuffles and deflates a chunk of `n` numbers, of which the first `n_filled` are given and the others are padding: bytes of
 * 255, which take next to no room.
 *
 * @param numbers  [n_filled], each of `width` bytes; 1 <= n_filled <= n
 * @param[out] to  [deflate_bound(n * width)]
 * @returns        bytes of the stream and its index
 */
size_t deflate_chunk(deflater_t *deflater, const void *numbers, size_t n_filled, size_t n, size_t width, uint8_t *to);
#endif
