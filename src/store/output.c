/*
 * Writes the files of a complete run. A file of trajectories is written by one process and gets its name when it is sealed; the
 * output itself is named last, so a file under that name is whole. Shards of outputs that were there before go afterwards.
 */
#include "store/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/disk.h"
#include "store/layout.h"

#define SHARD_BYTES ((uint64_t)4 << 30)

static block_range_t all_blocks(const output_t *output) { return columns_range(&output->columns->plan); }

/* ---- rows ---- */

/* The chunks of all blocks of a range into a file's columns. */
static popgx_err_t copy_blocks(const output_t *output, block_range_t range, h5_file_t *file, const h5_column_t *handles)
{
    popgx_err_t err = POPGX_OK;
    const columns_t *columns = output->columns;
    const store_run_t *run = output->run;

    for (uint64_t block = range.first; block < range.first + range.count; block++) {
        journal_record_t record;
        if (run->is_stop_wanted && run->is_stop_wanted(run->stop_context)) TRY(FAIL(STOPPED, "stopped while the output was put together"));
        TRY(output->read(output->context, block, &record));
        if (record.n_streams != columns_streams(columns, record.rows))
            TRY(FAIL(IO, "%s: block %llu does not have the chunks it should have", output->claim->path, (unsigned long long)block));
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

popgx_err_t output_rows(const output_t *output, block_range_t range, h5_file_t *file)
{
    popgx_err_t err;
    h5_column_t *handles = malloc((output->columns->n + 1) * sizeof *handles);

    if (!handles) return FAIL(NOMEM, "out of memory for the columns of the output");
    TRY(layout_columns(file, output->model, output->columns, output->blocks, range, NULL, 0, handles));
    TRY(copy_blocks(output, range, file, handles));
out:
    free(handles);
    return err;
}

/* ---- files ---- */

static popgx_err_t shard_path(const output_t *output, const manifest_shard_t *shard, const char *extension, char **out)
{
    const char *base = strrchr(shard->name, '/');
    return asprintf(out, "%s/%s%s", output->claim->folder, base ? base + 1 : shard->name, extension) < 0
               ? FAIL(NOMEM, "%s: out of memory", output->claim->path) : POPGX_OK;
}

static popgx_err_t write_shard(const output_t *output, manifest_shard_t *shard)
{
    popgx_err_t err;
    const block_range_t range = {shard->first_block, shard->n_blocks};
    char *partial = NULL, *path = NULL;
    h5_file_t *file = NULL;
    seal_t seal;

    TRY(shard_path(output, shard, ".partial", &partial));
    TRY(shard_path(output, shard, "", &path));
    TRY(h5_create(partial, &file));
    TRY(layout_shard(file, output->manifest, range));
    TRY(output_rows(output, range, file));
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
static popgx_err_t write_master(output_t *output, const manifest_shard_t *shards)
{
    popgx_err_t err;
    h5_file_t *file = NULL;
    seal_t seal;

    TRY(h5_create(output->claim->partial, &file));
    TRY(layout_provenance(file, output->model, output->run, output->manifest, output->tally, output->report));
    TRY(layout_model(file, output->model, output->run));
    TRY(layout_results(file, output->tally));
    if (output->n_pieces > 0) TRY(layout_parts(file, &output->columns->plan, output->pieces, output->n_pieces));
    if (output->columns->n > 0 && output->n_shards == 0) TRY(output_rows(output, all_blocks(output), file));
    if (output->n_shards > 0) {
        TRY(layout_columns(file, output->model, output->columns, output->blocks, all_blocks(output), shards, output->n_shards, NULL));
        TRY(layout_manifest(file, shards, output->n_shards));
    }
    err = h5_seal(file, &seal);
    file = NULL;
    if (!err) output->n_bytes += seal.n_bytes;
out:
    h5_discard(file);
    return err;
}

/* ---- all ranks ---- */

void output_plan(output_t *output, uint64_t bytes)
{
    uint64_t n = output->run->shards, ranks = (uint64_t)cluster_ranks(), usual = bytes / SHARD_BYTES + 1;

    if (n == 0) n = usual < ranks ? usual : ranks;
    if (n > STORE_MOST_SHARDS) n = STORE_MOST_SHARDS;
    if (n > all_blocks(output).count) n = all_blocks(output).count;
    output->n_shards = output->columns->n > 0 && n > 1 ? (size_t)n : 0;
}

bool output_is_writer(const output_t *output) { return cluster_rank() == 0 || (size_t)cluster_rank() < output->n_shards; }

static popgx_err_t name_shards(const output_t *output, manifest_shard_t *shards)
{
    const char *folder = strrchr(output->claim->folder, '/');
    char id[2 * JOURNAL_RUN_ID_BYTES + 1];

    folder = folder ? folder + 1 : output->claim->folder;
    manifest_run_id_text(output->manifest->run_id, id);
    for (size_t i = 0; i < output->n_shards; i++) {
        const block_range_t range = block_range_piece(all_blocks(output).count, output->n_shards, i);
        shards[i] = (manifest_shard_t){.first_block = all_blocks(output).first + range.first, .n_blocks = range.count};
        if (snprintf(shards[i].name, sizeof shards[i].name, "%s/shard-%.8s-%04zu.h5", folder, id, i) >= (int)sizeof shards[i].name)
            return FAIL(INPUT, "%s: its name is too long for an output of several files", output->claim->path);
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

static popgx_err_t write_shards(const output_t *output, manifest_shard_t *shards)
{
    popgx_err_t err = POPGX_OK;

    for (size_t i = (size_t)cluster_rank(); i < output->n_shards; i += (size_t)cluster_ranks()) TRY(write_shard(output, &shards[i]));
out:
    return err;
}

/* Once the output has its name shards of others are no longer needed; what cannot be removed does no harm. */
static void remove_old_shards(const output_t *output)
{
    char prefix[32], id[2 * JOURNAL_RUN_ID_BYTES + 1];

    manifest_run_id_text(output->manifest->run_id, id);
    snprintf(prefix, sizeof prefix, "shard-%.8s-", id);
    claim_remove_shards(output->claim, output->n_shards > 0 ? prefix : NULL);
}

popgx_err_t output_write(output_t *output)
{
    popgx_err_t err;
    manifest_shard_t *shards = calloc(output->n_shards + 1, sizeof *shards);

    err = shards ? name_shards(output, shards) : FAIL(NOMEM, "out of memory for the manifest");
    TRY(cluster_agree(err));
    TRY(cluster_agree(write_shards(output, shards)));
    if (output->n_shards > 0) TRY(share_shards(shards, output->n_shards));
    output->n_bytes = 0;
    for (size_t i = 0; i < output->n_shards; i++) output->n_bytes += shards[i].n_bytes;
    if (cluster_rank() == 0) {
        err = write_master(output, shards);
        if (!err) err = claim_fulfil(output->claim);
        if (!err) remove_old_shards(output);
    }
    TRY(cluster_agree(err));
out:
    free(shards);
    return err;
}
