/*
 * Opening complete runs. The master is read into memory (it is small: settings, model, sums, the table of blocks) and closed;
 * then every shard is looked at.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stats/subgroups.h"
#include "store/layout.h"
#include "store/seal.h"
#include "store/stored_state.h"

enum { PATH_BYTES = 512, HASH_BYTES = 33 };

static pthread_mutex_t hdf5_lock = PTHREAD_MUTEX_INITIALIZER;

void stored_lock(void) { pthread_mutex_lock(&hdf5_lock); }
void stored_unlock(void) { pthread_mutex_unlock(&hdf5_lock); }

void stored_close(stored_t *stored)
{
    if (!stored) return;
    columns_release(&stored->columns);
    manifest_release(&stored->manifest);
    model_release(&stored->model);
    blocks_release(&stored->blocks);
    free(stored->sums);
    for (size_t i = 0; stored->shard_paths && i < stored->n_shards; i++) free(stored->shard_paths[i]);
    free(stored->shard_paths);
    free(stored->shards);
    free(stored->path);
    free(stored);
}

const stored_facts_t *stored_facts(const stored_t *stored) { return &stored->facts; }
const manifest_t *stored_manifest(const stored_t *stored) { return &stored->manifest; }
const model_t *stored_model(const stored_t *stored) { return &stored->model; }
const columns_t *stored_columns(const stored_t *stored) { return &stored->columns; }
size_t stored_shards(const stored_t *stored) { return stored->n_shards; }
const manifest_shard_t *stored_shard(const stored_t *stored, size_t i) { return &stored->shards[i]; }
const char *stored_shard_path(const stored_t *stored, size_t i) { return stored->shard_paths[i]; }

uint64_t stored_bytes(const stored_t *stored)
{
    uint64_t n = stored->n_bytes;

    for (size_t i = 0; stored->is_spread && i < stored->n_shards; i++) n += stored->shards[i].n_bytes;
    return n;
}

int stored_find_column(const stored_t *stored, column_kind_t kind, int32_t of)
{
    for (size_t c = 0; c < stored->columns.n; c++)
        if (stored->columns.columns[c].kind == kind && stored->columns.columns[c].of == of) return (int)c;
    return -1;
}

popgx_err_t stored_sums(const stored_t *stored, tally_t *tally)
{
    if ((size_t)tally->layout.n_sums != stored->n_sums)
        return FAIL(INPUT, "%s: has %zu sums, and the model calls for %d", stored->path, stored->n_sums, tally->layout.n_sums);
    memcpy(tally->sums, stored->sums, stored->n_sums * sizeof *stored->sums);
    return POPGX_OK;
}

/* ---- the parts of the master ---- */

static bool parse_hash(const char *text, XXH128_hash_t *hash)
{
    unsigned long long high, low;

    if (strlen(text) != 32 || sscanf(text, "%16llx%16llx", &high, &low) != 2) return false;
    *hash = (XXH128_hash_t){.low64 = low, .high64 = high};
    return true;
}

/* @param or  another format that is as good, or NULL */
static popgx_err_t check_format(const h5_reader_t *file, const char *wanted, const char *or)
{
    popgx_err_t err;
    char *format = NULL;
    uint64_t version;

    if (H5Aexists(file->id, "format") <= 0) {
        TRY(h5_intact(file));
        TRY(FAIL(INPUT, "%s: is an HDF5 file, but not a run of popgx", file->path));
    }
    TRY(h5_read_text(file, "/", "format", &format));
    if (strcmp(format, wanted) != 0 && (!or || strcmp(format, or) != 0)) TRY(FAIL(INPUT, "%s: is an HDF5 file, but not a %s", file->path, wanted));
    TRY(h5_read_count(file, "/", "format_version", &version));
    if (version != LAYOUT_VERSION)
        TRY(FAIL(INPUT, "%s: has version %llu of the format; this popgx reads version %d", file->path, (unsigned long long)version, LAYOUT_VERSION));
out:
    free(format);
    return err;
}

static popgx_err_t read_run_id(const h5_reader_t *file, unsigned char *id)
{
    char *text = NULL;
    popgx_err_t err;

    TRY(h5_read_text(file, "/", "run_id", &text));
    if (!manifest_parse_run_id(text, id)) TRY(FAIL(INPUT, "%s: the run_id is damaged", file->path));
out:
    free(text);
    return err;
}

static popgx_err_t read_model(const h5_reader_t *file, stored_t *stored)
{
    popgx_err_t err;
    char *hash = NULL;
    unsigned char *bytes = NULL;
    size_t n;

    TRY(h5_read_bytes(file, "/model/packed", &bytes, &n));
    manifest_hash_text(XXH3_128bits(bytes, n), stored->manifest.model_hash);
    TRY(h5_read_text(file, "/model/packed", "hash", &hash));
    if (strcmp(hash, stored->manifest.model_hash) != 0) TRY(FAIL(IO, "%s: /model/packed is damaged", file->path));
    TRY(model_unpack(bytes, n, &stored->model));
out:
    free(hash);
    free(bytes);
    return err;
}

static popgx_err_t read_sources(const h5_reader_t *file, manifest_t *manifest)
{
    popgx_err_t err = POPGX_OK;
    unsigned char *bytes = NULL;
    size_t n;
    char path[64];

    for (;; manifest->n_sources++) {
        snprintf(path, sizeof path, "/model/sources/%zu", manifest->n_sources);
        if (!h5_has(file, path)) break;
        manifest_source_t *grown = realloc(manifest->sources, (manifest->n_sources + 1) * sizeof *grown);
        if (!grown) TRY(FAIL(NOMEM, "%s: out of memory", file->path));
        manifest->sources = grown;
        manifest_source_t *source = &grown[manifest->n_sources];
        TRY(h5_read_bytes(file, path, &bytes, &n));
        manifest_hash_text(XXH3_128bits(bytes, n), source->hash);
        free(bytes);
        bytes = NULL;
        TRY(h5_read_text(file, path, "path", &source->path));
    }
out:
    free(bytes);
    return err;
}

static popgx_err_t read_codec(const h5_reader_t *file, codec_t *codec)
{
    char *text = NULL;
    popgx_err_t err = h5_read_text(file, "/", "compression", &text);

    if (!err && codec_parse(text, codec) != POPGX_OK) err = FAIL(INPUT, "%s: is compressed by '%s', which this popgx does not know", file->path, text);
    free(text);
    return err;
}

static popgx_err_t read_plan(const h5_reader_t *file, const model_t *model, columns_plan_t *plan)
{
    popgx_err_t err;
    char path[PATH_BYTES];

    TRY(h5_read_count(file, "/", "patients", &plan->patients));
    TRY(h5_read_real(file, "/", "sample", &plan->sample));
    TRY(h5_read_count(file, "/", "block_patients", &plan->block_people));
    if (H5Aexists(file->id, "parts") > 0) {
        TRY(h5_read_count(file, "/", "part", &plan->part));
        TRY(h5_read_count(file, "/", "parts", &plan->parts));
    }
    if (H5Aexists(file->id, "compression") > 0) TRY(read_codec(file, &plan->codec));
    plan->run_block_people = RUN_BLOCK_PEOPLE < plan->patients ? RUN_BLOCK_PEOPLE : plan->patients;
    plan->n_row_sets = 1 + model->n_strategies;
    plan->chunk_rows = calloc((size_t)plan->n_row_sets + 1, sizeof *plan->chunk_rows);
    if (!plan->chunk_rows) TRY(FAIL(NOMEM, "%s: out of memory", file->path));
    if (!columns_is_sound(plan)) TRY(FAIL(INPUT, "%s: its blocks are damaged", file->path));
    for (int32_t i = 0; plan->sample > 0 && i < plan->n_row_sets; i++) {
        if (i > 0) TRY(columns_strategy_path(path, sizeof path, model, i - 1));
        TRY(h5_read_count(file, i > 0 ? path : "/people", "chunk_rows", &plan->chunk_rows[i]));
        if (plan->chunk_rows[i] < 1 || plan->chunk_rows[i] > COLUMNS_MOST_CHUNK_ROWS) TRY(FAIL(INPUT, "%s: its blocks are damaged", file->path));
    }
out:
    return err;
}

static popgx_err_t read_facts(const h5_reader_t *file, stored_t *stored)
{
    popgx_err_t err;
    char *checksum = NULL, *isa = NULL;
    manifest_t *manifest = &stored->manifest;

    TRY(read_run_id(file, manifest->run_id));
    TRY(h5_read_text(file, "/", "popgx_version", &manifest->version));
    TRY(h5_read_text(file, "/", "created", &manifest->created));
    TRY(h5_read_text(file, "/", "command", &manifest->command));
    if (H5Aexists(file->id, "until") > 0) TRY(h5_read_text(file, "/", "until", &manifest->until));
    else if (!(manifest->until = strdup(""))) TRY(FAIL(NOMEM, "%s: out of memory", file->path));
    TRY(h5_read_count(file, "/", "seed", &manifest->seed));
    TRY(h5_read_count(file, "/", "sessions", &manifest->sessions));
    TRY(h5_read_count(file, "/", "events", &stored->facts.n_fired));
    TRY(h5_read_real(file, "/", "seconds", &stored->facts.seconds));
    TRY(h5_read_count(file, "/", "ranks", &stored->facts.ranks));
    TRY(h5_read_count(file, "/", "threads", &stored->facts.threads));
    TRY(h5_read_text(file, "/", "isa", &isa));
    snprintf(stored->facts.isa, sizeof stored->facts.isa, "%s", isa);
    TRY(h5_read_text(file, "/", "checksum", &checksum));
    snprintf(stored->facts.checksum, sizeof stored->facts.checksum, "%s", checksum);
out:
    free(checksum);
    free(isa);
    return err;
}

static popgx_err_t read_sums(const h5_reader_t *file, stored_t *stored)
{
    popgx_err_t err;
    size_t n = 0;
    uint64_t *high = NULL, *low = NULL;

    TRY(subgroups_check_size(&stored->model));
    n = (size_t)tally_layout(&stored->model).n_sums;
    high = calloc(n, sizeof *high);
    low = calloc(n, sizeof *low);
    stored->sums = calloc(n, sizeof *stored->sums);
    if (!high || !low || !stored->sums) TRY(FAIL(NOMEM, "%s: out of memory", file->path));
    TRY(h5_read_column(file, "/results/sums", "sum_high", n, 0, high));
    TRY(h5_read_column(file, "/results/sums", "sum_low", n, 0, low));
    __extension__ typedef unsigned __int128 wide_t;
    for (size_t i = 0; i < n; i++) stored->sums[i] = (exact_sum_t)((wide_t)high[i] << 64 | low[i]);
    stored->n_sums = n;
    const tally_t tally = {.model = &stored->model, .layout = tally_layout(&stored->model), .sums = stored->sums};
    char checksum[33];
    tally_checksum(&tally, checksum);
    if (strcmp(checksum, stored->facts.checksum) != 0) TRY(FAIL(IO, "%s: /results/sums are damaged: they are not those of the checksum", file->path));
    if (!subgroups_add_up(&tally)) TRY(FAIL(IO, "%s: /results/sums are damaged: the subgroups do not add up to everybody", file->path));
out:
    free(high);
    free(low);
    return err;
}

/* ---- blocks and shards ---- */

static popgx_err_t read_hashes(const h5_reader_t *file, const char *table, uint64_t n, XXH128_hash_t *out, size_t stride)
{
    popgx_err_t err;
    char (*texts)[HASH_BYTES] = calloc(n + 1, sizeof *texts);

    if (!texts) return FAIL(NOMEM, "%s: out of memory", file->path);
    TRY(h5_read_column(file, table, "hash", n, HASH_BYTES, texts));
    for (uint64_t i = 0; i < n; i++)
        if (!parse_hash(texts[i], (XXH128_hash_t *)(void *)((char *)out + i * stride))) TRY(FAIL(INPUT, "%s: a hash of %s is damaged", file->path, table));
out:
    free(texts);
    return err;
}

static popgx_err_t read_blocks(const h5_reader_t *file, stored_t *stored)
{
    popgx_err_t err;
    blocks_t *blocks = &stored->blocks;
    const columns_plan_t *plan = &stored->manifest.plan;
    const block_range_t range = columns_range(plan);
    const uint64_t n = range.count;
    uint64_t *column = NULL, found;
    char group[PATH_BYTES], path[PATH_BYTES + 8];

    TRY(h5_read_rows(file, "/blocks", &found));         /* no number of patients is believed that the blocks do not bear out */
    if (found != n) TRY(FAIL(INPUT, "%s: /blocks has %llu rows, not %llu", file->path, (unsigned long long)found, (unsigned long long)n));
    column = calloc(n + 1, sizeof *column);
    if (!column) TRY(FAIL(NOMEM, "%s: out of memory", file->path));
    TRY(blocks_init(blocks, stored->facts.n_blocks, plan->n_row_sets));
    TRY(read_hashes(file, "/blocks", n, blocks->hash + range.first, sizeof *blocks->hash));
    for (int32_t set = 0; set < plan->n_row_sets; set++) {
        snprintf(path, sizeof path, "/blocks");
        if (set > 0) {
            TRY(columns_strategy_path(group, sizeof group, &stored->model, set - 1));
            snprintf(path, sizeof path, "%s/blocks", group);
        }
        TRY(h5_read_column(file, path, "rows", n, 0, column));
        for (uint64_t b = 0; b < n; b++) {
            if (column[b] > UINT32_MAX || (set == 0 && column[b] > plan->block_people)) TRY(FAIL(INPUT, "%s: %s is damaged", file->path, path));
            blocks->rows[(range.first + b) * (uint64_t)plan->n_row_sets + (uint64_t)set] = column[b];
        }
    }
out:
    free(column);
    return err;
}

/* Names in a manifest are beside the master, and stay there: no path that leads elsewhere. */
static popgx_err_t place_shard(stored_t *stored, size_t i)
{
    const char *slash = strrchr(stored->path, '/'), *name = stored->shards[i].name;
    const int folder = slash ? (int)(slash - stored->path) + 1 : 0;

    if (name[0] == '/' || strstr(name, "..")) return FAIL(INPUT, "%s: its manifest names %s, which is not beside it", stored->path, name);
    if (asprintf(&stored->shard_paths[i], "%.*s%s", folder, stored->path, name) >= 0) return POPGX_OK;
    stored->shard_paths[i] = NULL;
    return FAIL(NOMEM, "%s: out of memory", stored->path);
}

static popgx_err_t read_manifest(const h5_reader_t *file, stored_t *stored)
{
    popgx_err_t err;
    const block_range_t range = columns_range(&stored->manifest.plan);
    uint64_t n, next = range.first, *first = NULL, *count = NULL, *bytes = NULL;
    const size_t name_bytes = sizeof stored->shards->name;
    char *names = NULL;

    TRY(h5_read_rows(file, "/manifest", &n));
    if (n < 1 || n > STORE_MOST_SHARDS) TRY(FAIL(INPUT, "%s: its manifest names %llu files", file->path, (unsigned long long)n));
    stored->shards = calloc(n, sizeof *stored->shards);
    stored->shard_paths = calloc(n, sizeof *stored->shard_paths);
    stored->n_shards = n;
    first = calloc(3 * n, sizeof *first);
    names = calloc(n, name_bytes);
    if (!stored->shards || !stored->shard_paths || !first || !names) TRY(FAIL(NOMEM, "%s: out of memory", file->path));
    count = first + n;
    bytes = count + n;
    TRY(h5_read_column(file, "/manifest", "file", n, name_bytes, names));
    TRY(h5_read_column(file, "/manifest", "first_block", n, 0, first));
    TRY(h5_read_column(file, "/manifest", "blocks", n, 0, count));
    TRY(h5_read_column(file, "/manifest", "bytes", n, 0, bytes));
    TRY(read_hashes(file, "/manifest", n, &stored->shards[0].hash, sizeof *stored->shards));
    for (uint64_t i = 0; i < n; i++) {
        manifest_shard_t *shard = &stored->shards[i];
        memcpy(shard->name, names + i * name_bytes, name_bytes);
        shard->first_block = first[i];
        shard->n_blocks = count[i];
        shard->n_bytes = bytes[i];
        if (first[i] != next || count[i] > range.first + range.count - next) TRY(FAIL(INPUT, "%s: its manifest does not cover all blocks once", file->path));
        next += count[i];
        TRY(place_shard(stored, i));
    }
    if (next != range.first + range.count) TRY(FAIL(INPUT, "%s: its manifest does not cover all blocks once", file->path));
out:
    free(first);
    free(names);
    return err;
}

/* The run's own file as its only shard. */
static popgx_err_t be_shard(stored_t *stored)
{
    stored->shards = calloc(1, sizeof *stored->shards);
    stored->shard_paths = calloc(1, sizeof *stored->shard_paths);
    if (stored->shard_paths) stored->shard_paths[0] = strdup(stored->path);
    if (!stored->shards || !stored->shard_paths || !stored->shard_paths[0]) return FAIL(NOMEM, "%s: out of memory", stored->path);
    stored->n_shards = 1;
    const block_range_t range = columns_range(&stored->manifest.plan);
    stored->shards[0].first_block = range.first;
    stored->shards[0].n_blocks = range.count;
    return POPGX_OK;
}

static popgx_err_t read_master(const h5_reader_t *file, stored_t *stored)
{
    popgx_err_t err;

    TRY(check_format(file, LAYOUT_FORMAT, LAYOUT_PART_FORMAT));
    TRY(read_facts(file, stored));
    TRY(read_model(file, stored));
    TRY(read_sources(file, &stored->manifest));
    TRY(manifest_list_strategies(&stored->manifest, &stored->model));
    TRY(read_plan(file, &stored->model, &stored->manifest.plan));
    TRY(read_sums(file, stored));
    TRY(columns_init(&stored->columns, &stored->model, &stored->manifest.plan));
    stored->facts.n_blocks = columns_blocks(&stored->manifest.plan);
    if (stored->columns.n == 0) goto out;
    TRY(read_blocks(file, stored));
    stored->is_spread = h5_has(file, "/manifest");
    TRY(stored->is_spread ? read_manifest(file, stored) : be_shard(stored));
out:
    return err;
}

static popgx_err_t open_master(const char *path, bool is_checked, stored_t **out)
{
    popgx_err_t err;
    h5_reader_t file = {.id = H5I_INVALID_HID};
    stored_t *stored = calloc(1, sizeof *stored);
    seal_t seal;

    if (!stored) return FAIL(NOMEM, "%s: out of memory", path);
    stored_lock();
    stored->path = strdup(path);
    if (!stored->path) TRY(FAIL(NOMEM, "%s: out of memory", path));
    TRY(h5_check(path));
    if (is_checked) TRY(seal_check(path, SEAL_SMALL_BYTES, &seal));
    if (is_checked) stored->n_bytes = seal.n_bytes;
    stored->is_damaged = !is_checked;
    TRY(is_checked ? h5_open(path, &file) : h5_open_damaged(path, &file));
    TRY(read_master(&file, stored));
    TRY(h5_intact(&file));
    *out = stored;
    stored = NULL;
out:
    h5_close(&file);
    stored_unlock();
    stored_close(stored);
    return err;
}

popgx_err_t stored_open_alone(const char *path, stored_t **out) { return open_master(path, true, out); }
popgx_err_t stored_open_damaged(const char *path, stored_t **out) { return open_master(path, false, out); }

static popgx_err_t check_identity(const stored_t *stored, size_t i)
{
    popgx_err_t err;
    h5_reader_t file = {.id = H5I_INVALID_HID};
    const manifest_shard_t *shard = &stored->shards[i];
    unsigned char id[JOURNAL_RUN_ID_BYTES];
    uint64_t first, count;

    stored_lock();
    TRY(h5_open(stored->shard_paths[i], &file));
    TRY(check_format(&file, LAYOUT_SHARD_FORMAT, NULL));
    TRY(read_run_id(&file, id));
    TRY(h5_read_count(&file, "/", "first_block", &first));
    TRY(h5_read_count(&file, "/", "blocks", &count));
    if (memcmp(id, stored->manifest.run_id, sizeof id) != 0) TRY(FAIL(IO, "%s: belongs to another run", stored->shard_paths[i]));
    if (first != shard->first_block || count != shard->n_blocks) TRY(FAIL(IO, "%s: holds other blocks than the manifest says", stored->shard_paths[i]));
out:
    h5_close(&file);
    stored_unlock();
    return err;
}

popgx_err_t stored_check_shard(const stored_t *stored, size_t i)
{
    popgx_err_t err = POPGX_OK;
    const manifest_shard_t *shard = &stored->shards[i];
    seal_t seal;

    if (!stored->is_spread) return POPGX_OK;
    TRY(seal_check(stored->shard_paths[i], SEAL_SMALL_BYTES / stored->n_shards, &seal));
    TRY(check_identity(stored, i));
    if (seal.n_bytes != shard->n_bytes || !XXH128_isEqual(seal.hash, shard->hash))
        TRY(FAIL(IO, "%s: is not the file that the manifest of %s means", stored->shard_paths[i], stored->path));
out:
    return err;
}

popgx_err_t stored_open(const char *path, stored_t **out)
{
    popgx_err_t err;
    stored_t *stored = NULL;

    TRY(stored_open_alone(path, &stored));
    for (size_t i = 0; i < stored->n_shards; i++) TRY(stored_check_shard(stored, i));
    *out = stored;
    stored = NULL;
out:
    stored_close(stored);
    return err;
}
