/*
 * Owns the chunks' memory: they are made when there is no idle one and reused ever after. H5Dwrite_chunk takes a chunk as
 * it shall be in the file, so HDF5's filters, which run on one thread and slowly, have nothing to do.
 */
#include "store/chunks.h"

#include <omp.h>
#include <stdlib.h>

#include "store/deflate.h"
#include "store/h5.h"

enum { WAITING_PER_THREAD = 4 };

/* A place in the queue. */
typedef struct {
    chunk_t *chunk;
    uint8_t *stream;        /* [deflate_bound(CHUNK_MOST_BYTES)] */
    size_t stream_bytes;
} waiting_t;

struct chunks {
    const char *path;
    int threads;
    deflater_t **deflaters; /* [threads] */
    waiting_t *waiting;     /* [capacity], in the order of writing */
    size_t n_waiting, capacity;
    chunk_t *idle;
    chunk_t **all;          /* [n_all] */
    size_t n_all;
};

popgx_err_t chunks_new(const char *path, int threads, chunks_t **out)
{
    popgx_err_t err = POPGX_OK;
    chunks_t *chunks = calloc(1, sizeof *chunks);

    if (!chunks) return FAIL(NOMEM, "%s: out of memory", path);
    chunks->path = path;
    chunks->threads = threads;
    chunks->capacity = (size_t)threads * WAITING_PER_THREAD;
    chunks->deflaters = calloc((size_t)threads, sizeof(deflater_t *));
    chunks->waiting = calloc(chunks->capacity, sizeof(waiting_t));
    if (!chunks->deflaters || !chunks->waiting) TRY(FAIL(NOMEM, "%s: out of memory", path));
    for (int t = 0; t < threads; t++) TRY(deflater_new(CHUNK_MOST_BYTES, &chunks->deflaters[t]));
    for (size_t i = 0; i < chunks->capacity; i++) {
        chunks->waiting[i].stream = malloc(deflate_bound(CHUNK_MOST_BYTES));
        if (!chunks->waiting[i].stream) TRY(FAIL(NOMEM, "%s: out of memory", path));
    }
    *out = chunks;
    return POPGX_OK;
out:
    chunks_free(chunks);
    return err;
}

void chunks_free(chunks_t *chunks)
{
    if (!chunks) return;
    for (size_t i = 0; i < chunks->n_all; i++) {
        free(chunks->all[i]->numbers);
        free(chunks->all[i]);
    }
    free(chunks->all);
    for (int t = 0; chunks->deflaters && t < chunks->threads; t++) deflater_free(chunks->deflaters[t]);
    free(chunks->deflaters);
    for (size_t i = 0; chunks->waiting && i < chunks->capacity; i++) free(chunks->waiting[i].stream);
    free(chunks->waiting);
    free(chunks);
}

static popgx_err_t make_chunk(chunks_t *chunks)
{
    chunk_t **grown = realloc(chunks->all, (chunks->n_all + 1) * sizeof *grown), *chunk = grown ? calloc(1, sizeof *chunk) : NULL;

    if (grown) chunks->all = grown;
    if (!chunk) return FAIL(NOMEM, "%s: out of memory for a chunk", chunks->path);
    chunks->all[chunks->n_all++] = chunk;
    chunk->numbers = malloc(CHUNK_MOST_BYTES);
    if (!chunk->numbers) return FAIL(NOMEM, "%s: out of memory for a chunk", chunks->path);
    chunk->next = chunks->idle;
    chunks->idle = chunk;
    return POPGX_OK;
}

popgx_err_t chunks_borrow(chunks_t *chunks, chunk_t **out)
{
    popgx_err_t err = POPGX_OK;

    if (!chunks->idle) TRY(make_chunk(chunks));
    *out = chunks->idle;
    chunks->idle = (*out)->next;
out:
    return err;
}

static popgx_err_t write_chunk(const char *path, const waiting_t *waiting)
{
    popgx_err_t err = POPGX_OK;
    const chunk_t *chunk = waiting->chunk;
    hsize_t size[2] = {chunk->n_rows, chunk->width}, at[2] = {chunk->first_row, 0};

    TRY_H5(H5Dset_extent(chunk->dataset, size), path, "writing");
    TRY_H5(H5Dwrite_chunk(chunk->dataset, H5P_DEFAULT, 0, at, waiting->stream_bytes, waiting->stream), path, "writing");
    XXH3_128bits_update(chunk->hash, waiting->stream, waiting->stream_bytes);
out:
    return err;
}

popgx_err_t chunks_flush(chunks_t *chunks)
{
    popgx_err_t err = POPGX_OK;

#pragma omp parallel for schedule(dynamic) num_threads(chunks->threads)
    for (size_t i = 0; i < chunks->n_waiting; i++) {
        waiting_t *waiting = &chunks->waiting[i];
        const chunk_t *chunk = waiting->chunk;
        waiting->stream_bytes = deflate_chunk(chunks->deflaters[omp_get_thread_num()], chunk->numbers, CHUNK_ROWS * chunk->width,
                                              chunk->number_bytes, waiting->stream);
    }
    for (size_t i = 0; i < chunks->n_waiting; i++) {
        TRY(write_chunk(chunks->path, &chunks->waiting[i]));
        chunks->waiting[i].chunk->next = chunks->idle;
        chunks->idle = chunks->waiting[i].chunk;
    }
    chunks->n_waiting = 0;
out:
    return err;
}

popgx_err_t chunks_hand_over(chunks_t *chunks, chunk_t *chunk)
{
    chunks->waiting[chunks->n_waiting++].chunk = chunk;
    return chunks->n_waiting == chunks->capacity ? chunks_flush(chunks) : POPGX_OK;
}

popgx_err_t chunks_hash(const char *path, hid_t dataset, hsize_t n_rows, void *buffer, XXH3_state_t *hash)
{
    popgx_err_t err = POPGX_OK;
    hsize_t at[2] = {0, 0}, n_bytes;
    uint32_t skipped_filters;

    for (; at[0] < n_rows; at[0] += CHUNK_ROWS) {
        TRY_H5(H5Dget_chunk_storage_size(dataset, at, &n_bytes), path, "reading back");
        if (n_bytes > CHUNKS_BUFFER_BYTES) TRY(FAIL(IO, "%s: a chunk has %llu bytes", path, (unsigned long long)n_bytes));
        TRY_H5(H5Dread_chunk(dataset, H5P_DEFAULT, at, &skipped_filters, buffer), path, "reading back");
        if (skipped_filters != 0) TRY(FAIL(IO, "%s: a chunk lost its filters", path));
        XXH3_128bits_update(hash, buffer, (size_t)n_bytes);
    }
out:
    return err;
}
