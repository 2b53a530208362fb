/*
 * Any bytes as the files of a run: they are refused with a message or read, and never believed where a hash says no. The first byte
 * says what the others are. Of a complete run they are edits of one that lies in the working folder (tests/fuzz/run makes it):
 * of any bytes, which the seal must catch before HDF5 sees them; or behind a new seal and new hashes, so that they get as far as the reader's own
 * checks: of values, of a block's columns, which are replayed and billed if they pass for lives, or of the packed model. Journals are tried as they
 * come, and with their hashes set right, so that what is behind the hashes is reached. HDF5 itself is not fuzzed: that is what the seal is for.
 */
#include <fcntl.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cohort/cohort.h"
#include "core/err.h"
#include "kernels/keyed.h"
#include "ledger/ledger.h"
#include "runs_base.h"
#include "store/answer.h"
#include "store/draws_journal.h"
#include "store/journal_format.h"
#include "store/replay.h"
#include "store/store.h"

int LLVMFuzzerInitialize(int *n_arguments, char ***arguments);
int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n_bytes);

typedef enum {
    KIND_SEALED, KIND_VALUES, KIND_JOURNAL, KIND_JOURNAL_HASHED, KIND_MANIFEST, KIND_DRAWS, KIND_BLOCK, KIND_MODEL, KIND_STREAMS, N_KINDS
} kind_t;

static void must_say_why(popgx_err_t err) { DEMAND(!err || *popgx_err_detail() != '\0'); }

static const char *const runs[] = {"lives.h5", "all.h5", "shards.h5", "none.h5", "draws.h5"};
enum { N_BASES = sizeof runs / sizeof *runs };
static base_t bases[N_BASES];
static base_block_t block;      /* of the first base, whose people are billed by this ledger */
static stored_t *lives;
static cohort_t *cohort;
static cohort_view_t people;
static ledger_t *ledger;

int LLVMFuzzerInitialize(int *n_arguments, char ***arguments)
{
    (void)n_arguments, (void)arguments;
    DEMAND(H5set_free_list_limits(-1, -1, -1, -1, -1, -1) >= 0); /* HDF5 keeps the half megabyte that it takes for every open file */
    for (size_t b = 0; b < N_BASES; b++) base_open(&bases[b], runs[b]);
    base_find_block(&bases[0], &block);
    DEMAND(stored_open(runs[0], &lives) == POPGX_OK);
    const manifest_t *manifest = stored_manifest(lives);
    const size_t n = (size_t)manifest->plan.patients;
    DEMAND(cohort_new(stored_model(lives), n, &cohort) == POPGX_OK && ledger_new(stored_model(lives), n, &ledger) == POPGX_OK);
    people = cohort_fill(cohort, rng_run_key(manifest->seed, 0), 0, n);
    return 0;
}

/* ---- complete runs ---- */

/* Everything that is stored. */
static popgx_err_t read_columns(const stored_t *stored)
{
    popgx_err_t err;
    stored_reader_t *reader = NULL;
    stored_block_t columns;

    TRY(stored_reader_new(stored, &reader));
    const block_range_t range = columns_range(&stored_manifest(stored)->plan);
    for (uint64_t b = range.first; b < range.first + range.count; b++) TRY(stored_read(reader, b, NULL, &columns));
out:
    stored_reader_free(reader);
    return err;
}

/* Opens the run and reads all of it. */
static popgx_err_t read_run(const char *path)
{
    popgx_err_t err;
    stored_t *stored = NULL;
    answer_t answer = {0};

    TRY(stored_open(path, &stored));
    if (stored_columns(stored)->n > 0) TRY(read_columns(stored));
    TRY(answer_read(path, &answer));
out:
    must_say_why(err);
    answer_release(&answer);
    stored_close(stored);
    return err;
}

static void describe(const char *path)
{
    char *json = NULL;
    const popgx_err_t err = store_describe(path, &json);

    must_say_why(err);
    DEMAND(!err == (json != NULL));
    free(json);
}

/* Edits of 4 bytes: where (3), and what is there instead. What is left over cuts the bytes. */
static void edit(unsigned char *to, size_t *n, const unsigned char *edits, size_t n_edits)
{
    if (*n == 0) return;
    for (; n_edits >= 4; edits += 4, n_edits -= 4) to[(edits[0] | (size_t)edits[1] << 8 | (size_t)edits[2] << 16) % *n] = edits[3];
    if (n_edits > 0) *n -= *n * edits[0] / 256;
}

static void edit_whole(unsigned char *to, size_t n, const unsigned char *edits, size_t n_edits) { edit(to, &n, edits, n_edits / 4 * 4); }

static unsigned char *copy_of(const unsigned char *bytes, size_t n)
{
    unsigned char *copy = malloc(n + 1);

    DEMAND(copy);
    memcpy(copy, bytes, n);
    return copy;
}

static void try_sealed(const unsigned char *bytes, size_t n_bytes)
{
    if (n_bytes < 2) return;
    const base_t *base = &bases[bytes[0] % N_BASES];
    const base_file_t *file = &base->file[bytes[1] % base->n_files];
    size_t n = file->n_bytes;
    unsigned char *edited = copy_of(file->bytes, n);
    char *json = NULL;

    edit(edited, &n, bytes + 2, n_bytes - 2);
    const bool is_changed = n != file->n_bytes || memcmp(edited, file->bytes, n) != 0; /* an edit can be undone by a later one */
    write_file(file->path, edited, n);
    DEMAND((read_run(base->run) != POPGX_OK) == is_changed);
    const popgx_err_t err = store_describe(base->run, &json);
    must_say_why(err);
    DEMAND(!err == (json != NULL));
    DEMAND(file != base->file || !err == !is_changed); /* it looks at the master alone */
    free(json);
    free(edited);
    restore(file);
}

static void try_values(const unsigned char *bytes, size_t n_bytes)
{
    if (n_bytes < 4) return;
    const base_t *base = &bases[bytes[0] % N_BASES];
    const base_file_t *file = &base->file[(bytes[1] & 127) % base->n_files];
    const place_t place = file->places[(bytes[2] | (size_t)bytes[3] << 8) % file->n_places];
    unsigned char *edited = copy_of(file->bytes, file->n_hdf5);

    edit_whole(edited + place.at, place.n, bytes + 4, n_bytes - 4);
    write_sealed(file, edited);
    if (bytes[1] & 128) describe(base->run);
    else (void)!read_run(base->run);
    free(edited);
    restore(file);
}

/* ---- what is behind the hashes ---- */

/* The lives of a block as `popgx aggregate` reads them, billed. */
static popgx_err_t replay(const stored_t *stored)
{
    popgx_err_t err;
    replay_t replayed;
    run_settings_t settings = {0};
    trajectory_t trajectory;
    ledger_bill_t bill;
    uint64_t n_fired = 0;
    void *reader = NULL;

    trajectory_init(&trajectory);
    TRY(replay_init(&replayed, stored, runs[0]));
    replay_prepare(&replayed, &settings);
    TRY(settings.source.open(settings.source.context, &reader));
    for (int32_t s = 0; s < stored_model(stored)->n_strategies; s++) {
        TRY(settings.source.trajectory(reader, &people, s, &trajectory, &n_fired));
        TRY(ledger_post(ledger, &people, &trajectory, &bill));
    }
out:
    must_say_why(err);
    if (reader) settings.source.close(reader);
    replay_release(&replayed);
    trajectory_release(&trajectory);
    return err;
}

static void set_hash(unsigned char *text, XXH128_hash_t hash)
{
    char digits[33];

    manifest_hash_text(hash, digits);
    memcpy(text, digits, 32);
}

/* The streams of the block, and with the first byte's edits before them the numbers of rows. */
static void try_block(const unsigned char *bytes, size_t n_bytes)
{
    if (n_bytes < 1) return;
    const base_file_t *file = bases[0].file;
    const size_t n_rows = block.n_row_sets * sizeof *block.rows, row_edits = bytes[0] % 4 * 4u;
    unsigned char *edited = copy_of(file->bytes, file->n_hdf5), *streams = malloc(block.n_bytes);
    uint64_t *rows = malloc(n_rows);
    size_t at = 0;

    DEMAND(streams && rows);
    bytes++, n_bytes--;
    memcpy(rows, block.rows, n_rows);
    for (uint32_t i = 0; i < block.n_streams; at += block.stream_bytes[i++]) memcpy(streams + at, edited + block.stream_at[i], block.stream_bytes[i]);
    if (n_bytes >= row_edits) edit_whole((unsigned char *)rows, n_rows, bytes, row_edits);
    if (n_bytes >= row_edits) edit_whole(streams, block.n_bytes, bytes + row_edits, n_bytes - row_edits);
    at = 0;
    for (uint32_t i = 0; i < block.n_streams; at += block.stream_bytes[i++]) memcpy(edited + block.stream_at[i], streams + at, block.stream_bytes[i]);
    for (uint32_t set = 0; set < block.n_row_sets; set++) memcpy(edited + block.rows_at[set], &rows[set], sizeof *rows);
    set_hash(edited + block.block_hash_at, journal_block_hash(rows, block.n_row_sets, block.stream_bytes, block.n_streams, streams));
    write_sealed(file, edited);
    stored_t *stored = NULL;
    const popgx_err_t err = stored_open(runs[0], &stored);
    must_say_why(err);
    if (!err) (void)!replay(stored);
    if (!err) must_say_why(read_columns(stored));
    stored_close(stored);
    free(streams);
    free(rows);
    free(edited);
    restore(file);
}

static void try_model(const unsigned char *bytes, size_t n_bytes)
{
    const base_file_t *file = bases[0].file;
    unsigned char *edited = copy_of(file->bytes, file->n_hdf5);
    const unsigned char *packed = edited + block.model.at;
    model_t model = {0};

    edit_whole(edited + block.model.at, block.model.n, bytes, n_bytes);
    const popgx_err_t err = model_unpack(packed, block.model.n, &model);
    must_say_why(err);
    model_release(&model);
    set_hash(edited + block.model_hash_at, XXH3_128bits(packed, block.model.n));
    write_sealed(file, edited);
    DEMAND(!err || read_run(runs[0]) != POPGX_OK);
    if (!err) (void)!read_run(runs[0]);
    free(edited);
    restore(file);
}

/* Compressed chunks as they come: how, the width of a number, and of each chunk the numbers it has and those that are wanted. */
static void try_streams(const unsigned char *bytes, size_t n_bytes)
{
    enum { MOST_CHUNKS = 12 };
    inflate_chunk_t chunks[MOST_CHUNKS];
    decoder_t *decoder;

    if (n_bytes < 2) return;
    const codec_t codec = bytes[0] % N_CODECS;
    const size_t width = (size_t)1 << bytes[1] / 16 % 4, n_chunks = bytes[1] % 16 % MOST_CHUNKS + 1, head = 2 + 4 * n_chunks;
    if (n_bytes < head) return;
    const size_t n_each = (n_bytes - head) / n_chunks;
    for (size_t k = 0; k < n_chunks; k++) {
        const unsigned char *sizes = bytes + 2 + 4 * k;
        const size_t n = 1 + (sizes[0] | (size_t)sizes[1] << 8) % 16384, filled = (sizes[2] | (size_t)sizes[3] << 8) % (n + 1);
        /* Each in memory of its own: no more is read or written than there is. */
        chunks[k] = (inflate_chunk_t){.stream = copy_of(bytes + head + k * n_each, n_each), .n_stream = n_each, .n = n, .n_filled = filled, .width = width, .planes = malloc(n * width)};
        DEMAND(chunks[k].planes);
    }
    DEMAND(decoder_new(codec, &decoder) == POPGX_OK);
    (void)!decode_chunks(decoder, chunks, n_chunks);
    decoder_free(decoder);
    for (size_t k = 0; k < n_chunks; k++) {
        free((void *)(uintptr_t)chunks[k].stream);
        free(chunks[k].planes);
    }
}

/* ---- journals ---- */

typedef struct {
    const unsigned char *bytes;
    uint64_t n_records, folded;
    int fd;
} journal_trial_t;

static popgx_err_t look(void *context, const journal_entry_t *entry, const journal_record_t *record)
{
    journal_trial_t *trial = context;
    record_header_t header;
    journal_record_t again;
    journal_buffer_t buffer = {0};

    memcpy(&header, trial->bytes + entry->offset, sizeof header);
    const XXH128_hash_t hash = journal_record_hash(&header, trial->bytes + entry->offset + sizeof header);
    DEMAND(hash.low64 == header.hash[0] && hash.high64 == header.hash[1]);
    for (uint32_t i = 0; i < record->n_ranges; i++) trial->folded ^= record->ranges[i].first + record->ranges[i].count;
    for (uint32_t i = 0; i < record->n_sums; i++) trial->folded ^= (uint64_t)record->sums[i];
    trial->folded ^= journal_block_hash(record->rows, record->n_row_sets, record->stream_bytes, record->n_streams, record->streams).low64;
    DEMAND(journal_read("journal", trial->fd, entry, &buffer, &again) == POPGX_OK);
    DEMAND(again.n_ranges == record->n_ranges && memcmp(again.ranges, record->ranges, again.n_ranges * sizeof *again.ranges) == 0);
    journal_buffer_release(&buffer);
    trial->n_records++;
    return POPGX_OK;
}

static popgx_err_t count(void *context, const journal_entry_t *entry, const journal_record_t *record)
{
    journal_trial_t *trial = context;
    for (uint32_t i = 0; i < record->n_row_sets; i++) trial->folded ^= record->rows[i] ^ entry->first_block;
    trial->n_records++;
    return POPGX_OK;
}

/* Gives header and records the hashes of what is in them, as far as records can be followed. */
static void set_hashes(unsigned char *bytes, size_t n_bytes)
{
    journal_header_t header;
    record_header_t record;

    if (n_bytes < sizeof header) return;
    memcpy(&header, bytes, sizeof header);
    header.magic = JOURNAL_MAGIC;
    header.hash = journal_header_hash(&header);
    memcpy(bytes, &header, sizeof header);
    for (size_t at = sizeof header; n_bytes - at >= sizeof record; at += sizeof record + record.body_bytes) {
        memcpy(&record, bytes + at, sizeof record);
        if (record.body_bytes > n_bytes - at - sizeof record) return;
        record.magic = RECORD_MAGIC;
        const XXH128_hash_t hash = journal_record_hash(&record, bytes + at + sizeof record);
        record.hash[0] = hash.low64;
        record.hash[1] = hash.high64;
        memcpy(bytes + at, &record, sizeof record);
    }
}

static void try_journal(const unsigned char *bytes, size_t n_bytes, bool is_hashed)
{
    unsigned char *copy = malloc(n_bytes + sizeof(record_header_t));
    journal_header_t header = {0};
    uint64_t valid_bytes = 0, quick_bytes = 0;
    bool is_foreign = false;

    DEMAND(copy);
    memcpy(copy, bytes, n_bytes);
    if (is_hashed) set_hashes(copy, n_bytes);
    write_file("journal", copy, n_bytes);
    if (n_bytes >= sizeof header) memcpy(&header, copy, sizeof header);
    journal_trial_t trial = {.bytes = copy, .fd = open("journal", O_RDONLY)}, quick = {0};
    popgx_err_t err = journal_scan("journal", header.run_id, 0, true, look, &trial, &valid_bytes, &is_foreign);
    must_say_why(err);
    DEMAND(valid_bytes <= n_bytes && !is_foreign && (trial.n_records == 0 || valid_bytes > sizeof header));
    DEMAND(valid_bytes == 0 || header.hash == journal_header_hash(&header));
    /* Recovery cuts a journal there; the quick look at what is left finds the same records. */
    DEMAND(truncate("journal", (off_t)valid_bytes) == 0);
    DEMAND(journal_scan("journal", header.run_id, 0, false, count, &quick, &quick_bytes, &is_foreign) == POPGX_OK || err);
    DEMAND(err || (quick_bytes == valid_bytes && quick.n_records == trial.n_records));
    close(trial.fd);
    unlink("journal");
    free(copy);
}

/* ---- what else an unfinished run has ---- */

static void try_manifest(const unsigned char *bytes, size_t n_bytes)
{
    manifest_t manifest, again = {0};
    char *json = NULL;

    write_file("unfinished.h5.d/manifest.json", bytes, n_bytes);
    const popgx_err_t err = manifest_read(&manifest, "unfinished.h5.d/manifest.json");
    must_say_why(err);
    if (!err) {
        DEMAND(manifest_write(&manifest, "manifest.json") == POPGX_OK && manifest_read(&again, "manifest.json") == POPGX_OK);
        DEMAND(manifest_compare(&manifest, &again, "manifest.json") == POPGX_OK);
        manifest_release(&again);
    }
    manifest_release(&manifest);
    const popgx_err_t described = store_describe("unfinished.h5", &json);
    must_say_why(described);
    DEMAND(!described == (json != NULL) && (!err || described));
    free(json);
}

static void try_draws(const unsigned char *bytes, size_t n_bytes)
{
    enum { DRAWS = 8, SUMS = 2 };
    const uint64_t fingerprint[2] = {1, 2};
    exact_sum_t rows[DRAWS * SUMS] = {0};
    uint64_t n_done = 0, n_again = 0;
    draws_journal_t *journal = NULL;

    write_file("draws", bytes, n_bytes);
    const popgx_err_t err = draws_journal_open("draws", fingerprint, true, DRAWS, SUMS, rows, &n_done, &journal);
    must_say_why(err);
    DEMAND(n_done <= DRAWS && (!err || err == POPGX_E_INPUT) && !err == (journal != NULL));
    draws_journal_close(journal);
    journal = NULL;
    /* What was found is what is there now; what was refused, as draws of another run are, is still what it was. */
    DEMAND(draws_journal_open("draws", fingerprint, true, DRAWS, SUMS, rows, &n_again, &journal) == err && n_again == n_done);
    draws_journal_close(journal);
    unlink("draws");
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n_bytes)
{
    if (n_bytes == 0) return 0;
    const kind_t kind = bytes[0] % N_KINDS;
    bytes++, n_bytes--;
    switch (kind) {
    case KIND_SEALED: try_sealed(bytes, n_bytes); break;
    case KIND_VALUES: try_values(bytes, n_bytes); break;
    case KIND_JOURNAL: try_journal(bytes, n_bytes, false); break;
    case KIND_JOURNAL_HASHED: try_journal(bytes, n_bytes, true); break;
    case KIND_MANIFEST: try_manifest(bytes, n_bytes); break;
    case KIND_DRAWS: try_draws(bytes, n_bytes); break;
    case KIND_BLOCK: try_block(bytes, n_bytes); break;
    case KIND_MODEL: try_model(bytes, n_bytes); break;
    case KIND_STREAMS: try_streams(bytes, n_bytes); break;
    default: break;
    }
    return 0;
}
