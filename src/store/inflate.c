/* Which planes there are to read, and who reads them. */
#include "store/inflate.h"

#include <endian.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "store/deflate.h"
#include "store/huffman_read.h"

struct inflater {
    struct libdeflate_decompressor *general;
    planes_t planes;
    size_t chunk_of[KERNEL_PLANES]; /* whose plane it is */
};

popgx_err_t inflater_new(inflater_t **out)
{
    inflater_t *inflater = calloc(1, sizeof *inflater);

    if (inflater) inflater->general = libdeflate_alloc_decompressor();
    if (!inflater || !inflater->general) {
        inflater_free(inflater);
        return FAIL(NOMEM, "out of memory for compressed columns");
    }
    *out = inflater;
    return POPGX_OK;
}

void inflater_free(inflater_t *inflater)
{
    if (!inflater) return;
    if (inflater->general) libdeflate_free_decompressor(inflater->general);
    free(inflater);
}

/* ---- the index ---- */

typedef struct {
    size_t n_planes;            /* coded one by one */
    const uint8_t *starts;      /* of each of them, and of the rest if there is one */
    size_t n_stream;            /* without the index */
} index_t;

static bool find_index(const inflate_chunk_t *chunk, index_t *out)
{
    const size_t tail = DEFLATE_INDEX_MAGIC_BYTES + 1;

    if (chunk->n_stream < tail || memcmp(chunk->stream + chunk->n_stream - tail, DEFLATE_INDEX_MAGIC, DEFLATE_INDEX_MAGIC_BYTES) != 0) return false;
    out->n_planes = chunk->stream[chunk->n_stream - 1];
    const size_t n_starts = out->n_planes + (out->n_planes < chunk->width);
    if (out->n_planes > chunk->width || chunk->n_stream < tail + 4 * n_starts) return false;
    out->n_stream = chunk->n_stream - tail - 4 * n_starts;
    out->starts = chunk->stream + out->n_stream;
    return true;
}

static uint32_t start_of(const index_t *index, size_t plane)
{
    uint32_t start;
    memcpy(&start, index->starts + 4 * plane, sizeof start);
    return le32toh(start);
}

/* ---- chunks ---- */

static bool inflate_whole(const inflater_t *inflater, const inflate_chunk_t *chunk)
{
    const size_t n_bytes = chunk->n * chunk->width;
    size_t got;

    return libdeflate_zlib_decompress(inflater->general, chunk->stream, chunk->n_stream, chunk->planes, n_bytes, &got) == LIBDEFLATE_SUCCESS
           && got == n_bytes;
}

/* The planes that libdeflate wrote as one stream. */
static bool inflate_rest(const inflater_t *inflater, const inflate_chunk_t *chunk, const index_t *index)
{
    const size_t first = index->n_planes, n_bytes = (chunk->width - first) * chunk->n;
    size_t got;

    if (first == chunk->width) return true;
    const uint32_t start = start_of(index, first);
    return start % 8 == 0 && start / 8 <= index->n_stream
           && libdeflate_deflate_decompress(inflater->general, chunk->stream + start / 8, index->n_stream - start / 8,
                                            chunk->planes + first * chunk->n, n_bytes, &got) == LIBDEFLATE_SUCCESS
           && got == n_bytes;
}

/* A chunk whose planes cannot be read one by one. */
static bool give_up(inflater_t *inflater, const inflate_chunk_t *chunks, size_t c)
{
    for (int k = 0; k < KERNEL_PLANES; k++)
        if (inflater->chunk_of[k] == c) planes_idle(&inflater->planes, k);
    return inflate_whole(inflater, &chunks[c]);
}

/* Reads on until some plane is finished; if one is damaged, all chunks at hand are left to libdeflate. */
static bool read_on(inflater_t *inflater, const inflate_chunk_t *chunks)
{
    if (planes_read(&inflater->planes)) return true;
    for (int k = 0; k < KERNEL_PLANES; k++)
        if (!planes_is_idle(&inflater->planes, k) && !give_up(inflater, chunks, inflater->chunk_of[k])) return false;
    return true;
}

static bool is_any_busy(const inflater_t *inflater, int *idle)
{
    bool is_busy = false;

    *idle = -1;
    for (int k = 0; k < KERNEL_PLANES; k++) {
        if (planes_is_idle(&inflater->planes, k)) *idle = k;
        else is_busy = true;
    }
    return is_busy;
}

/* Reads one plane at once, or puts it beside those that are being read. */
static bool add_plane(inflater_t *inflater, const inflate_chunk_t *chunks, size_t c, const index_t *index, size_t plane, bool *is_foreign)
{
    const inflate_chunk_t *chunk = &chunks[c];
    int k;

    for (is_any_busy(inflater, &k); k < 0; is_any_busy(inflater, &k))
        if (!read_on(inflater, chunks)) return false;
    inflater->chunk_of[k] = c;
    *is_foreign = planes_begin(&inflater->planes, k, chunk->stream, index->n_stream, start_of(index, plane), chunk->planes + plane * chunk->n,
                               chunk->n_filled) == PLANE_FOREIGN;
    return true;
}

bool inflate_chunks(inflater_t *inflater, const inflate_chunk_t *chunks, size_t n_chunks)
{
    int idle;

    planes_init(&inflater->planes);
    for (size_t c = 0; c < n_chunks; c++) {
        index_t index;
        bool is_foreign = !find_index(&chunks[c], &index) || !inflate_rest(inflater, &chunks[c], &index);
        for (size_t plane = 0; !is_foreign && plane < index.n_planes; plane++)
            if (!add_plane(inflater, chunks, c, &index, plane, &is_foreign)) return false;
        if (is_foreign && !give_up(inflater, chunks, c)) return false;
    }
    while (is_any_busy(inflater, &idle))
        if (!read_on(inflater, chunks)) return false;
    return true;
}
