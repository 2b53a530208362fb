/*
 * From journals to the complete run. Blocks are copied record by record in the order of patients, each checked on the way; a
 * file of trajectories is written by one process and gets its name when it is sealed. The output is named last: that is
 * the moment when the run is complete. Until then the journals stay, so whatever fails here can be done again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/disk.h"
#include "store/layout.h"
#include "store/store_state.h"

#define SHARD_BYTES ((uint64_t)4 << 30)

/* Where every block is. */
typedef struct {
    const store_t *store;
    char **paths;           /* [n_paths]: of the journals */
    size_t n_paths;
    journal_entry_t *entries; /* [blocks.n]; n_bytes 0: not found */
    blocks_t blocks;
    int fd;                 /* of the journal read last, or -1 */
    uint32_t file;
    journal_buffer_t buffer;
} index_t;

static void index_release(index_t *index)
{
    for (size_t i = 0; i < index->n_paths; i++) free(index->paths[i]);
    free(index->paths);
    free(index->entries);
    blocks_release(&index->blocks);
    if (index->fd >= 0) close(index->fd);
    journal_buffer_release(&index->buffer);
}

static popgx_err_t note(void *context, const journal_entry_t *entry, const journal_record_t *record)
{
    index_t *index = context;
    const uint64_t block = entry->first_block;

    if (record->n_row_sets != (uint32_t)index->blocks.n_row_sets || block >= index->blocks.n)
        return FAIL(IO, "%s: the record at byte %llu is not of this run", index->paths[entry->file], (unsigned long long)entry->offset);
    if (index->entries[block].n_bytes > 0 && !XXH128_isEqual(index->blocks.hash[block], record->block_hash))
        return FAIL(IO, "%s: block %llu is there twice, and differs", index->store->claim.folder, (unsigned long long)block);
    index->entries[block] = *entry;
    index->blocks.hash[block] = record->block_hash;
    memcpy(index->blocks.rows + block * (uint64_t)index->blocks.n_row_sets, record->rows, record->n_row_sets * sizeof *record->rows);
    return POPGX_OK;
}

static popgx_err_t index_make(const store_t *store, index_t *index)
{
    popgx_err_t err;

    *index = (index_t){.store = store, .fd = -1};
    if (store->columns.n == 0) return POPGX_OK;
    TRY(blocks_init(&index->blocks, store->state.n_blocks, store->columns.plan.n_row_sets));
    index->entries = calloc(store->state.n_blocks, sizeof *index->entries);
    if (!index->entries) TRY(FAIL(NOMEM, "out of memory for an index of %llu blocks", (unsigned long long)store->state.n_blocks));
    TRY(claim_list_journals(&store->claim, &index->paths, &index->n_paths));
    TRY(recover_scan(store, index->paths, index->n_paths, 0, 1, false, note, index));
    for (uint64_t b = 0; b < store->state.n_blocks; b++)
        if (index->entries[b].n_bytes == 0)
            TRY(FAIL(IO, "%s: block %llu is in no journal: all ranks must share the file system of the output", store->claim.folder,
                     (unsigned long long)b));
out:
    return err;
}

/* The file that holds the block is opened unless it is open already: neighbours are mostly in one file. */
static popgx_err_t index_read(index_t *index, uint64_t block, journal_record_t *record)
{
    popgx_err_t err = POPGX_OK;
    const journal_entry_t *entry = &index->entries[block];
    uint64_t size;

    if (index->fd < 0 || index->file != entry->file) {
        if (index->fd >= 0) close(index->fd);
        TRY(disk_open(index->paths[entry->file], &index->fd, &size));
        index->file = entry->file;
    }
    TRY(journal_read(index->paths[entry->file], index->fd, entry, &index->buffer, record));
    if (!XXH128_isEqual(record->block_hash, index->blocks.hash[block]))
        TRY(FAIL(IO, "%s: the record of block %llu changed while it was read", index->paths[entry->file], (unsigned long long)block));
out:
    return err;
}

/* ---- files ---- */

/* The chunks of all blocks of a range into a file's columns. */
static popgx_err_t copy_blocks(index_t *index, block_range_t range, h5_file_t *file, const h5_column_t *handles)
{
    popgx_err_t err = POPGX_OK;
    const columns_t *columns = &index->store->columns;

    for (uint64_t block = range.first; block < range.first + range.count; block++) {
        journal_record_t record;
        const store_run_t *run = &index->store->run;
        if (run->is_stop_wanted && run->is_stop_wanted(run->stop_context)) TRY(FAIL(STOPPED, "stopped while the output was put together"));
        TRY(index_read(index, block, &record));
        if (record.n_streams != columns_streams(columns, record.rows))
            TRY(FAIL(IO, "%s: block %llu does not have the chunks it should have", index->store->claim.folder, (unsigned long long)block));
        const uint32_t *n_bytes = record.stream_bytes;
        const unsigned char *stream = record.streams;
        for (size_t c = 0; c < columns->n; c++) {
            const uint64_t n = columns_chunks(columns, &columns->columns[c], record.rows[columns->columns[c].rows]);
            for (uint64_t k = 0; k < n; k++) {
                TRY(h5_chunk(file, handles[c], stream, *n_bytes));
                stream += *n_bytes++;
            }
        }
    }
out:
    return err;
}

/* /people and /trajectories with their rows. */
static popgx_err_t write_rows(index_t *index, block_range_t range, h5_file_t *file)
{
    popgx_err_t err;
    const store_t *store = index->store;
    h5_column_t *handles = malloc((store->columns.n + 1) * sizeof *handles);

    if (!handles) return FAIL(NOMEM, "out of memory for the columns of the output");
    TRY(layout_columns(file, store->model, &store->columns, &index->blocks, range, NULL, 0, handles));
    TRY(copy_blocks(index, range, file, handles));
out:
    free(handles);
    return err;
}

static popgx_err_t shard_path(const store_t *store, const manifest_shard_t *shard, const char *extension, char **out)
{
    const char *base = strrchr(shard->name, '/');
    return asprintf(out, "%s/%s%s", store->claim.folder, base ? base + 1 : shard->name, extension) < 0
               ? FAIL(NOMEM, "%s: out of memory", store->claim.path) : POPGX_OK;
}

static popgx_err_t write_shard(index_t *index, manifest_shard_t *shard)
{
    popgx_err_t err;
    const store_t *store = index->store;
    const block_range_t range = {shard->first_block, shard->n_blocks};
    char *partial = NULL, *path = NULL;
    h5_file_t *file = NULL;
    seal_t seal;

    TRY(shard_path(store, shard, ".partial", &partial));
    TRY(shard_path(store, shard, "", &path));
    TRY(h5_create(partial, &file));
    TRY(layout_shard(file, &store->manifest, range));
    TRY(write_rows(index, range, file));
    err = h5_seal(file, &seal);
    file = NULL;
    TRY(err);
    TRY(disk_rename(partial, path));
    shard->n_bytes = seal.n_bytes;
    shard->hash = seal.hash;
out:
    h5_discard(file);
    free(partial);
    free(path);
    return err;
}

/* Rank 0: the output itself, under its temporary name. */
static popgx_err_t write_output(store_t *store, index_t *index, const tally_t *tally, const run_report_t *report,
                                const manifest_shard_t *shards, size_t n_shards)
{
    popgx_err_t err;
    h5_file_t *file = NULL;
    const block_range_t all = {0, store->state.n_blocks};
    seal_t seal;

    TRY(h5_create(store->claim.partial, &file));
    TRY(layout_provenance(file, store->model, &store->run, &store->manifest, tally, report));
    TRY(layout_model(file, store->model, &store->run));
    TRY(layout_results(file, tally));
    if (store->columns.n > 0 && n_shards == 0) TRY(write_rows(index, all, file));
    if (n_shards > 0) {
        TRY(layout_columns(file, store->model, &store->columns, &index->blocks, all, shards, n_shards, NULL));
        TRY(layout_manifest(file, shards, n_shards));
    }
    err = h5_seal(file, &seal);
    file = NULL;
    if (!err) store->written_bytes += seal.n_bytes;
out:
    h5_discard(file);
    return err;
}

/* ---- all ranks ---- */

/* 0: in the output itself. */
static size_t count_shards(const store_t *store)
{
    uint64_t n = store->run.shards, ranks = (uint64_t)cluster_ranks();

    if (store->columns.n == 0) return 0;
    if (n == 0) n = store->state.predicted_bytes / SHARD_BYTES + 1 < ranks ? store->state.predicted_bytes / SHARD_BYTES + 1 : ranks;
    if (n > STORE_MOST_SHARDS) n = STORE_MOST_SHARDS;
    if (n > store->state.n_blocks) n = store->state.n_blocks;
    return n > 1 ? (size_t)n : 0;
}

static popgx_err_t name_shards(const store_t *store, manifest_shard_t *shards, size_t n)
{
    const char *folder = strrchr(store->claim.folder, '/');
    char id[2 * JOURNAL_RUN_ID_BYTES + 1];

    folder = folder ? folder + 1 : store->claim.folder;
    manifest_run_id_text(&store->manifest, id);
    for (size_t i = 0; i < n; i++) {
        const block_range_t range = blocks_of_file(store->state.n_blocks, n, i);
        shards[i] = (manifest_shard_t){.first_block = range.first, .n_blocks = range.count};
        if (snprintf(shards[i].name, sizeof shards[i].name, "%s/shard-%.8s-%04zu.h5", folder, id, i) >= (int)sizeof shards[i].name)
            return FAIL(INPUT, "%s: its name is too long for an output of several files", store->claim.path);
    }
    return POPGX_OK;
}

/* What every rank knows of the shards it wrote becomes known to all. */
static popgx_err_t share_shards(manifest_shard_t *shards, size_t n)
{
    popgx_err_t err;
    uint64_t *facts = malloc(3 * n * sizeof *facts);

    TRY(cluster_agree(facts ? POPGX_OK : FAIL(NOMEM, "out of memory for the manifest")));
    for (size_t i = 0; i < n; i++) {
        facts[3 * i] = shards[i].n_bytes;
        facts[3 * i + 1] = shards[i].hash.low64;
        facts[3 * i + 2] = shards[i].hash.high64;
    }
    TRY(cluster_add_counts(facts, 3 * n));
    for (size_t i = 0; i < n; i++) {
        shards[i].n_bytes = facts[3 * i];
        shards[i].hash = (XXH128_hash_t){facts[3 * i + 1], facts[3 * i + 2]};
    }
out:
    free(facts);
    return err;
}

static popgx_err_t write_shards(index_t *index, manifest_shard_t *shards, size_t n)
{
    popgx_err_t err = POPGX_OK;

    for (size_t i = (size_t)cluster_rank(); i < n; i += (size_t)cluster_ranks()) TRY(write_shard(index, &shards[i]));
out:
    return err;
}

/* Once the output has its name the rest is no longer needed; what cannot be removed does no harm. */
static void clean_up(const store_t *store, size_t n_shards)
{
    char prefix[32], id[2 * JOURNAL_RUN_ID_BYTES + 1];

    manifest_run_id_text(&store->manifest, id);
    snprintf(prefix, sizeof prefix, "shard-%.8s-", id);
    claim_empty(&store->claim);
    claim_remove_shards(&store->claim, n_shards > 0 ? prefix : NULL);
}

popgx_err_t assemble(store_t *store, const tally_t *tally, const run_report_t *report)
{
    popgx_err_t err = POPGX_OK;
    index_t index = {.fd = -1};
    const size_t n = count_shards(store);
    manifest_shard_t *shards = calloc(n + 1, sizeof *shards);
    const bool is_writer = cluster_rank() == 0 || (size_t)cluster_rank() < n;

    if (!shards) err = FAIL(NOMEM, "out of memory for the manifest");
    if (!err && is_writer) err = index_make(store, &index);
    if (!err) err = name_shards(store, shards, n);
    TRY(cluster_agree(err));
    TRY(cluster_agree(write_shards(&index, shards, n)));
    if (n > 0) TRY(share_shards(shards, n));
    for (size_t i = 0; i < n; i++) store->written_bytes += shards[i].n_bytes;
    if (cluster_rank() == 0) {
        err = write_output(store, &index, tally, report, shards, n);
        if (!err) err = claim_fulfil(&store->claim);
        if (!err) clean_up(store, n);
    }
    TRY(cluster_agree(err));
out:
    index_release(&index);
    free(shards);
    return err;
}
