/*
 * From journals to the complete run: where in them every block is, for whoever writes the output. Until that has its name the
 * journals stay, so whatever fails here can be done again.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/disk.h"
#include "store/output.h"
#include "store/store_state.h"

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
    const uint64_t n_blocks = columns_blocks(&store->columns.plan);
    const block_range_t range = columns_range(&store->columns.plan);
    popgx_err_t err;

    *index = (index_t){.store = store, .fd = -1};
    if (store->columns.n == 0) return POPGX_OK;
    TRY(blocks_init(&index->blocks, n_blocks, store->columns.plan.n_row_sets));
    index->entries = calloc(n_blocks, sizeof *index->entries);
    if (!index->entries) TRY(FAIL(NOMEM, "out of memory for an index of %llu blocks", (unsigned long long)n_blocks));
    TRY(claim_list_journals(&store->claim, &index->paths, &index->n_paths));
    TRY(recover_scan(store, index->paths, index->n_paths, 0, 1, false, note, index));
    for (uint64_t b = range.first; b < range.first + range.count; b++)
        if (index->entries[b].n_bytes == 0)
            TRY(FAIL(IO, "%s: block %llu is in no journal: all ranks must share the file system of the output", store->claim.folder,
                     (unsigned long long)b));
out:
    return err;
}

/* The file that holds the block is opened unless it is open already: neighbours are mostly in one file. */
static popgx_err_t index_read(void *context, uint64_t block, journal_record_t *record)
{
    popgx_err_t err = POPGX_OK;
    index_t *index = context;
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

popgx_err_t assemble(store_t *store, const tally_t *tally, const run_report_t *report)
{
    popgx_err_t err;
    index_t index = {.fd = -1};
    output_t output = {.claim = &store->claim, .model = store->model, .run = &store->run, .manifest = &store->manifest, .columns = &store->columns,
                       .blocks = &index.blocks, .read = index_read, .context = &index, .tally = tally, .report = report};

    output_plan(&output, store->state.predicted_bytes);
    TRY(cluster_agree(output_is_writer(&output) ? index_make(store, &index) : POPGX_OK));
    TRY(output_write(&output));
    if (cluster_rank() == 0) claim_empty(&store->claim); /* it is complete: the journals are no longer needed */
    store->written_bytes = output.n_bytes;
out:
    index_release(&index);
    return err;
}
