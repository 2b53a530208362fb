/*
 * How chunks of columns are compressed: with gzip (deflate.h), which every HDF5 library reads and which is the default; with zstd, for which
 * other readers need a plugin; or not. Bytes are shuffled first, whichever it is, by HDF5's own shuffle filter's rule.
 */
#ifndef POPGX_STORE_CODEC_H
#define POPGX_STORE_CODEC_H

#include <hdf5.h>
#include <stdbool.h>

#include "store/inflate.h"

typedef enum { CODEC_GZIP, CODEC_ZSTD, CODEC_NONE, N_CODECS } codec_t;

const char *codec_name(codec_t codec); /* "gzip", "zstd", "none" */

/** @retval POPGX_E_INPUT  there is no such codec */
MUST_USE popgx_err_t codec_parse(const char *text, codec_t *out);

/** Sets the filters of a dataset to be created; `properties` is its creation property list. */
herr_t codec_set_filters(hid_t properties, codec_t codec);

/* ---- writing ---- */

typedef struct encoder encoder_t; /* owner; one per thread */

/** @param most_bytes  of a chunk */
MUST_USE popgx_err_t encoder_new(codec_t codec, size_t most_bytes, encoder_t **out);
void encoder_free(encoder_t *encoder); /* NULL is allowed */

/** Room that a chunk of `n_bytes` may need while it is written, by any codec. */
size_t encoder_bound(size_t n_bytes);

/** As deflate_chunk. @param[out] to  [encoder_bound(n * width)] @returns  bytes of the stream */
size_t encode_chunk(encoder_t *encoder, const void *numbers, size_t n_filled, size_t n, size_t width, uint8_t *to);

/* ---- reading ---- */

typedef struct decoder decoder_t; /* owner; one per thread */

MUST_USE popgx_err_t decoder_new(codec_t codec, decoder_t **out);
void decoder_free(decoder_t *decoder); /* NULL is allowed */

/** As inflate_chunks. */
MUST_USE bool decode_chunks(decoder_t *decoder, const inflate_chunk_t *chunks, size_t n_chunks);
#endif
