/*
 * Blocks of a complete run. A reader has the shard of the block it read last open, and reads chunks as they are; only that part
 * is under HDF5's lock. Hashing, inflating and putting bytes back together is each thread's own.
 */
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"
#include "store/codec.h"
#include "store/stored_state.h"

struct stored_reader {
    const stored_t *stored;
    h5_reader_t file;
    hid_t *datasets;            /* [columns.n]: of the open shard */
    size_t shard;               /* the open one */
    bool is_open;
    uint64_t *first_row;        /* [n_row_sets]: of the next block in sequence, in the open shard */
    uint64_t next_block;
    unsigned char *streams;
    size_t streams_capacity;
    uint32_t *stream_bytes;
    size_t stream_capacity;
    decoder_t *decoder;
    inflate_chunk_t *chunks;    /* [stream_capacity] */
    unsigned char *planes;      /* of all chunks */
    size_t planes_capacity;
    unsigned char **data;       /* [columns.n] */
    const void **out;           /* [columns.n] */
    size_t *capacity;           /* [columns.n]: bytes */
};

popgx_err_t stored_reader_new(const stored_t *stored, stored_reader_t **out)
{
    const size_t n = stored->columns.n;
    stored_reader_t *reader = calloc(1, sizeof *reader);

    if (!reader) return FAIL(NOMEM, "%s: out of memory", stored->path);
    reader->stored = stored;
    reader->file.id = H5I_INVALID_HID;
    reader->datasets = malloc((n + 1) * sizeof *reader->datasets);
    reader->first_row = calloc((size_t)stored->manifest.plan.n_row_sets + 1, sizeof *reader->first_row);
    reader->data = calloc(n + 1, sizeof *reader->data);
    reader->out = calloc(n + 1, sizeof *reader->out);
    reader->capacity = calloc(n + 1, sizeof *reader->capacity);
    for (size_t c = 0; reader->datasets && c < n; c++) reader->datasets[c] = H5I_INVALID_HID;
    if (!reader->datasets || !reader->first_row || !reader->data || !reader->out || !reader->capacity || decoder_new(stored->manifest.plan.codec, &reader->decoder) != POPGX_OK) {
        stored_reader_free(reader);
        return FAIL(NOMEM, "%s: out of memory", stored->path);
    }
    *out = reader;
    return POPGX_OK;
}

/* Under HDF5's lock. */
static void close_shard(stored_reader_t *reader)
{
    for (size_t c = 0; reader->datasets && c < reader->stored->columns.n; c++) {
        if (reader->datasets[c] >= 0) H5Dclose(reader->datasets[c]);
        reader->datasets[c] = H5I_INVALID_HID;
    }
    h5_close(&reader->file);
    reader->is_open = false;
}

void stored_reader_free(stored_reader_t *reader)
{
    if (!reader) return;
    stored_lock();
    close_shard(reader);
    stored_unlock();
    for (size_t c = 0; reader->data && c < reader->stored->columns.n; c++) free(reader->data[c]);
    free(reader->data);
    free(reader->out);
    free(reader->capacity);
    free(reader->datasets);
    free(reader->first_row);
    free(reader->streams);
    free(reader->stream_bytes);
    free(reader->chunks);
    free(reader->planes);
    decoder_free(reader->decoder);
    free(reader);
}

/* ---- finding ---- */

static popgx_err_t open_shard(stored_reader_t *reader, size_t shard)
{
    popgx_err_t err;
    const stored_t *stored = reader->stored;
    const columns_plan_t *plan = &stored->manifest.plan;
    const manifest_shard_t *holds = &stored->shards[shard];

    close_shard(reader);
    TRY(stored->is_damaged ? h5_open_damaged(stored->shard_paths[shard], &reader->file) : h5_open(stored->shard_paths[shard], &reader->file));
    for (size_t c = 0; c < stored->columns.n; c++) {
        const column_t *column = &stored->columns.columns[c];
        const h5_shape_t shape = {
            .number_bytes = column->number_bytes, .width = column->width, .chunk_rows = plan->chunk_rows[column->rows],
            .rows = blocks_file_rows(&stored->blocks, plan, holds->first_block, holds->n_blocks, column->rows),
        };
        TRY(h5_open_column(&reader->file, column->path, &shape, &reader->datasets[c]));
    }
    reader->shard = shard;
    reader->is_open = true;
    reader->next_block = holds->first_block;
    memset(reader->first_row, 0, (size_t)plan->n_row_sets * sizeof *reader->first_row);
out:
    return err;
}

/* Opens the shard and finds where the block begins in it. Blocks are mostly read in order: then it is where the last one ended. */
static popgx_err_t seek(stored_reader_t *reader, uint64_t block)
{
    popgx_err_t err = POPGX_OK;
    const stored_t *stored = reader->stored;
    const columns_plan_t *plan = &stored->manifest.plan;
    size_t shard = 0;

    INVARIANT(block - columns_range(plan).first < columns_range(plan).count && stored->columns.n > 0, "block %llu of a run that has %llu", (unsigned long long)block,
              (unsigned long long)stored->facts.n_blocks);
    while (block >= stored->shards[shard].first_block + stored->shards[shard].n_blocks) shard++;
    if (!reader->is_open || reader->shard != shard || block < reader->next_block) TRY(open_shard(reader, shard));
    for (; reader->next_block < block; reader->next_block++)
        for (int32_t set = 0; set < plan->n_row_sets; set++)
            reader->first_row[set] += blocks_padded_rows(&stored->blocks, plan, reader->next_block, set);
out:
    return err;
}

/* ---- streams ---- */

static popgx_err_t damaged(const stored_reader_t *reader, uint64_t block)
{
    const columns_plan_t *plan = &reader->stored->manifest.plan;
    const uint64_t first = block * plan->block_people;

    return FAIL(IO, "%s: block %llu (patients %llu to %llu) is damaged", reader->stored->shard_paths[reader->shard], (unsigned long long)block,
                (unsigned long long)first, (unsigned long long)(first + columns_block_patients(plan, block) - 1));
}

static popgx_err_t reserve_bytes(unsigned char **bytes, size_t *capacity, size_t n)
{
    if (n <= *capacity) return POPGX_OK;
    unsigned char *grown = realloc(*bytes, n + n / 4);
    if (!grown) return FAIL(NOMEM, "out of memory for %zu bytes of a block", n);
    *bytes = grown;
    *capacity = n + n / 4;
    return POPGX_OK;
}

static popgx_err_t reserve_streams(stored_reader_t *reader, size_t most)
{
    if (most <= reader->stream_capacity) return POPGX_OK;
    free(reader->stream_bytes);
    free(reader->chunks);
    reader->stream_bytes = malloc(most * sizeof *reader->stream_bytes);
    reader->chunks = malloc(most * sizeof *reader->chunks);
    reader->stream_capacity = reader->stream_bytes && reader->chunks ? most : 0;
    return reader->stream_capacity > 0 ? POPGX_OK : FAIL(NOMEM, "%s: out of memory", reader->stored->path);
}

/* All chunks of all columns. Under HDF5's lock. */
static popgx_err_t read_chunks(stored_reader_t *reader, const uint64_t *rows, size_t *n_streams)
{
    popgx_err_t err = POPGX_OK;
    const columns_t *columns = &reader->stored->columns;
    size_t used = 0;

    *n_streams = 0;
    for (size_t c = 0; c < columns->n; c++) {
        const int32_t set = columns->columns[c].rows;
        const uint64_t n = columns_chunks(columns, &columns->columns[c], rows[set]);
        for (uint64_t k = 0; k < n; k++) {
            const uint64_t row = reader->first_row[set] + k * columns->plan.chunk_rows[set];
            uint32_t *n_bytes = &reader->stream_bytes[(*n_streams)++];
            TRY(h5_chunk_bytes(&reader->file, reader->datasets[c], row, n_bytes));
            if (*n_bytes > encoder_bound(COLUMNS_MOST_CHUNK_BYTES)) TRY(FAIL(IO, "%s: a chunk is too long", reader->file.path));
            TRY(reserve_bytes(&reader->streams, &reader->streams_capacity, used + *n_bytes));
            TRY(h5_read_chunk(&reader->file, reader->datasets[c], row, reader->streams + used));
            used += *n_bytes;
        }
    }
out:
    return err;
}

popgx_err_t stored_read_streams(stored_reader_t *reader, uint64_t block, journal_record_t *out)
{
    popgx_err_t err;
    const stored_t *stored = reader->stored;
    const uint64_t *rows = blocks_rows(&stored->blocks, block);
    size_t n_streams;

    stored_lock();
    err = seek(reader, block);                          /* compares the rows with those of the file: before, no number of them is believed */
    if (!err) err = reserve_streams(reader, (size_t)columns_streams(&stored->columns, rows));
    if (!err) err = read_chunks(reader, rows, &n_streams);
    stored_unlock();
    TRY(err);
    *out = (journal_record_t){.rows = rows, .n_row_sets = (uint32_t)stored->manifest.plan.n_row_sets, .stream_bytes = reader->stream_bytes,
                              .n_streams = (uint32_t)n_streams, .streams = reader->streams, .block_hash = stored->blocks.hash[block]};
    const XXH128_hash_t hash = journal_block_hash(out->rows, out->n_row_sets, out->stream_bytes, out->n_streams, out->streams);
    if (!XXH128_isEqual(hash, out->block_hash)) TRY(damaged(reader, block));
out:
    return err;
}

/* ---- columns ---- */

#define IS_LITTLE_ENDIAN (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

#define UNSHUFFLE(type)                                                                         \
    do {                                                                                        \
        type *to = out;                                                                         \
        memset(to, 0, n_filled * sizeof(type));                                                 \
        for (size_t b = 0; b < sizeof(type); b++) {                                             \
            const size_t shift = 8 * (IS_LITTLE_ENDIAN ? b : sizeof(type) - 1 - b);             \
            for (size_t i = 0; i < n_filled; i++) to[i] = (type)(to[i] | (type)((type)planes[b * n + i] << shift)); \
        }                                                                                       \
    } while (0)

/* Planes of `n` numbers in the order of the bytes in memory; the first `n_filled` numbers are wanted. */
static void unshuffle(const unsigned char *planes, size_t n, size_t n_filled, size_t width, void *out)
{
    switch (width) {
    case 1: memcpy(out, planes, n_filled); break;
    case 2: UNSHUFFLE(uint16_t); break;
    case 4:
        if (IS_LITTLE_ENDIAN) kernels()->join_planes((int32_t)n_filled, planes, planes + n, planes + 2 * n, planes + 3 * n, out);
        else UNSHUFFLE(uint32_t);
        break;
    case 8: UNSHUFFLE(uint64_t); break;
    default: BUG("a column of numbers of %zu bytes", width);
    }
}

/* The chunks of the wanted columns: their streams, and where their planes go. */
static popgx_err_t list_chunks(stored_reader_t *reader, const journal_record_t *record, const bool *is_wanted, size_t *n_chunks)
{
    popgx_err_t err;
    const columns_t *columns = &reader->stored->columns;
    const uint8_t *stream = record->streams;
    const uint32_t *n_bytes = record->stream_bytes;
    size_t n_planes = 0;

    *n_chunks = 0;
    for (size_t c = 0; c < columns->n; c++) {
        const column_t *column = &columns->columns[c];
        const uint64_t rows = record->rows[column->rows], chunk = columns->plan.chunk_rows[column->rows];
        for (uint64_t first = 0; first < rows; first += chunk, stream += *n_bytes++) {
            if (is_wanted && !is_wanted[c]) continue;
            const uint64_t filled = rows - first < chunk ? rows - first : chunk;
            reader->chunks[(*n_chunks)++] = (inflate_chunk_t){.stream = stream, .n_stream = *n_bytes, .n = (size_t)chunk * column->width,
                                                              .n_filled = (size_t)filled * column->width, .width = column->number_bytes};
            n_planes += (size_t)chunk * column_row_bytes(column);
        }
    }
    TRY(reserve_bytes(&reader->planes, &reader->planes_capacity, n_planes));
    n_planes = 0;
    for (size_t k = 0; k < *n_chunks; k++) {
        reader->chunks[k].planes = reader->planes + n_planes;
        n_planes += reader->chunks[k].n * reader->chunks[k].width;
    }
out:
    return err;
}

/* A column of `rows` rows from the planes of its chunks. */
static popgx_err_t join(stored_reader_t *reader, size_t c, uint64_t rows, const inflate_chunk_t *chunk)
{
    popgx_err_t err;
    const columns_t *columns = &reader->stored->columns;
    const column_t *column = &columns->columns[c];
    const size_t n = (size_t)columns_chunks(columns, column, rows), row_bytes = column_row_bytes(column);

    TRY(reserve_bytes(&reader->data[c], &reader->capacity[c], (size_t)rows * row_bytes + 1));
    unsigned char *to = reader->data[c];
    for (size_t k = 0; k < n; k++, chunk++) {
        unshuffle(chunk->planes, chunk->n, chunk->n_filled, chunk->width, to);
        to += chunk->n_filled * chunk->width;
    }
    reader->out[c] = reader->data[c];
out:
    return err;
}

popgx_err_t stored_read(stored_reader_t *reader, uint64_t block, const bool *is_wanted, stored_block_t *out)
{
    popgx_err_t err;
    const columns_t *columns = &reader->stored->columns;
    const columns_plan_t *plan = &reader->stored->manifest.plan;
    journal_record_t record;
    size_t n_chunks;

    TRY(stored_read_streams(reader, block, &record));
    TRY(list_chunks(reader, &record, is_wanted, &n_chunks));
    if (!decode_chunks(reader->decoder, reader->chunks, n_chunks)) TRY(damaged(reader, block));
    const inflate_chunk_t *chunk = reader->chunks;
    for (size_t c = 0; c < columns->n; c++) {
        const uint64_t rows = record.rows[columns->columns[c].rows];
        reader->out[c] = NULL;
        if (is_wanted && !is_wanted[c]) continue;
        TRY(join(reader, c, rows, chunk));
        chunk += columns_chunks(columns, &columns->columns[c], rows);
    }
    *out = (stored_block_t){.first_patient = block * plan->block_people, .n_patients = columns_block_patients(plan, block),
                            .n = (size_t)record.rows[0], .column = reader->out, .rows = record.rows};
out:
    return err;
}
