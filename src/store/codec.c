/*
 * The three ways, and HDF5's filter for zstd (number 32015 of the registry of The HDF Group), which is registered with the library so that
 * it agrees to make such datasets; chunks are written and read past it.
 */
#include "store/codec.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "store/deflate.h"

enum { ZSTD_FILTER = 32015, ZSTD_LEVEL = 1 };

static const char *const NAMES[N_CODECS] = {[CODEC_GZIP] = "gzip", [CODEC_ZSTD] = "zstd", [CODEC_NONE] = "none"};

const char *codec_name(codec_t codec) { return NAMES[codec]; }

popgx_err_t codec_parse(const char *text, codec_t *out)
{
    for (int i = 0; i < N_CODECS; i++) {
        if (strcmp(text, NAMES[i]) != 0) continue;
        *out = (codec_t)i;
        return POPGX_OK;
    }
    return FAIL(INPUT, "'%s': there are gzip, zstd and none", text);
}

/* ---- HDF5 ---- */

/* Either way, as HDF5 calls filters: `*buffer` is replaced; 0 is failure. */
static size_t filter(unsigned flags, size_t n_parameters, const unsigned *parameters, size_t n_bytes, size_t *size, void **buffer)
{
    const bool is_reading = flags & H5Z_FLAG_REVERSE;
    const unsigned long long content = is_reading ? ZSTD_getFrameContentSize(*buffer, n_bytes) : 0;
    const size_t room = is_reading ? (size_t)content : ZSTD_compressBound(n_bytes);

    (void)n_parameters;
    (void)parameters;
    if (is_reading && (content == ZSTD_CONTENTSIZE_ERROR || content == ZSTD_CONTENTSIZE_UNKNOWN || content == 0)) return 0;
    void *out = H5allocate_memory(room, false);
    if (!out) return 0;
    const size_t n = is_reading ? ZSTD_decompress(out, room, *buffer, n_bytes) : ZSTD_compress(out, room, *buffer, n_bytes, ZSTD_LEVEL);
    if (ZSTD_isError(n)) {
        H5free_memory(out);
        return 0;
    }
    H5free_memory(*buffer);
    *buffer = out;
    *size = room;
    return n;
}

static herr_t register_zstd(void)
{
    static const H5Z_class2_t class = {.version = H5Z_CLASS_T_VERS, .id = ZSTD_FILTER, .encoder_present = 1, .decoder_present = 1,
                                       .name = "zstd", .filter = filter};

    return H5Zfilter_avail(ZSTD_FILTER) > 0 ? 0 : H5Zregister(&class);
}

herr_t codec_set_filters(hid_t properties, codec_t codec)
{
    const unsigned level = ZSTD_LEVEL;

    if (H5Pset_shuffle(properties) < 0) return -1;
    switch (codec) {
    case CODEC_GZIP: return H5Pset_deflate(properties, 1);
    case CODEC_ZSTD: return register_zstd() < 0 ? -1 : H5Pset_filter(properties, ZSTD_FILTER, H5Z_FLAG_MANDATORY, 1, &level);
    case CODEC_NONE:
    case N_CODECS: break;
    }
    return 0;
}

/* ---- writing ---- */

struct encoder {
    codec_t codec;
    deflater_t *deflater;       /* GZIP */
    ZSTD_CCtx *zstd;            /* ZSTD */
    uint8_t *planes;            /* ZSTD: [most_bytes] */
};

popgx_err_t encoder_new(codec_t codec, size_t most_bytes, encoder_t **out)
{
    popgx_err_t err = POPGX_OK;
    encoder_t *encoder = calloc(1, sizeof *encoder);

    if (!encoder) return FAIL(NOMEM, "out of memory for compression");
    encoder->codec = codec;
    if (codec == CODEC_GZIP) TRY(deflater_new(most_bytes, &encoder->deflater));
    if (codec == CODEC_ZSTD) {
        encoder->zstd = ZSTD_createCCtx();
        encoder->planes = malloc(most_bytes);
        if (!encoder->zstd || !encoder->planes) TRY(FAIL(NOMEM, "out of memory for compression"));
    }
    *out = encoder;
    return POPGX_OK;
out:
    encoder_free(encoder);
    return err;
}

void encoder_free(encoder_t *encoder)
{
    if (!encoder) return;
    deflater_free(encoder->deflater);
    ZSTD_freeCCtx(encoder->zstd);
    free(encoder->planes);
    free(encoder);
}

size_t encoder_bound(size_t n_bytes)
{
    const size_t gzip = deflate_bound(n_bytes), zstd = ZSTD_compressBound(n_bytes);
    return gzip > zstd ? gzip : zstd;
}

size_t encode_chunk(encoder_t *encoder, const void *numbers, size_t n_filled, size_t n, size_t width, uint8_t *to)
{
    const size_t n_bytes = n * width;
    size_t written;

    switch (encoder->codec) {
    case CODEC_GZIP: return deflate_chunk(encoder->deflater, numbers, n_filled, n, width, to);
    case CODEC_ZSTD:
        deflate_shuffle(numbers, n_filled, n, width, encoder->planes);
        written = ZSTD_compressCCtx(encoder->zstd, to, encoder_bound(n_bytes), encoder->planes, n_bytes, ZSTD_LEVEL);
        INVARIANT(!ZSTD_isError(written), "a chunk of %zu bytes: %s", n_bytes, ZSTD_getErrorName(written));
        return written;
    case CODEC_NONE:
    case N_CODECS: break;
    }
    deflate_shuffle(numbers, n_filled, n, width, to);
    return n_bytes;
}

/* ---- reading ---- */

struct decoder {
    codec_t codec;
    inflater_t *inflater;       /* GZIP */
    ZSTD_DCtx *zstd;            /* ZSTD */
};

popgx_err_t decoder_new(codec_t codec, decoder_t **out)
{
    popgx_err_t err = POPGX_OK;
    decoder_t *decoder = calloc(1, sizeof *decoder);

    if (!decoder) return FAIL(NOMEM, "out of memory for decompression");
    decoder->codec = codec;
    if (codec == CODEC_GZIP) TRY(inflater_new(&decoder->inflater));
    if (codec == CODEC_ZSTD && !(decoder->zstd = ZSTD_createDCtx())) TRY(FAIL(NOMEM, "out of memory for decompression"));
    *out = decoder;
    return POPGX_OK;
out:
    decoder_free(decoder);
    return err;
}

void decoder_free(decoder_t *decoder)
{
    if (!decoder) return;
    inflater_free(decoder->inflater);
    ZSTD_freeDCtx(decoder->zstd);
    free(decoder);
}

static bool decode_chunk(decoder_t *decoder, const inflate_chunk_t *chunk)
{
    const size_t n_bytes = chunk->n * chunk->width;

    if (decoder->codec == CODEC_ZSTD)
        return ZSTD_decompressDCtx(decoder->zstd, chunk->planes, n_bytes, chunk->stream, chunk->n_stream) == n_bytes;
    if (chunk->n_stream != n_bytes) return false;
    memcpy(chunk->planes, chunk->stream, n_bytes);
    return true;
}

bool decode_chunks(decoder_t *decoder, const inflate_chunk_t *chunks, size_t n_chunks)
{
    if (decoder->codec == CODEC_GZIP) return inflate_chunks(decoder->inflater, chunks, n_chunks);
    for (size_t k = 0; k < n_chunks; k++)
        if (!decode_chunk(decoder, &chunks[k])) return false;
    return true;
}
