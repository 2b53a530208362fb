/*
 * Any bytes as the files of a run: they are refused with a message or read, and never believed where a hash says no. The first byte
 * says what the others are. Of a complete run they are edits of one that lies in the working folder (tests/fuzz/run makes it):
 * of any bytes, which the seal must catch before HDF5 sees them; or of values behind a new seal, which get as far as
 * the reader's own checks. Journals are tried as they come, and with their hashes set right, so that what is behind the hashes
 * is reached. HDF5 itself is not fuzzed: that is what the seal is for.
 */
#include <fcntl.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/err.h"
#include "store/draws_journal.h"
#include "store/journal_format.h"
#include "store/seal.h"
#include "store/store.h"
#include "store/stored.h"

int LLVMFuzzerInitialize(int *n_arguments, char ***arguments);
int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n_bytes);

typedef enum { KIND_SEALED, KIND_VALUES, KIND_JOURNAL, KIND_JOURNAL_HASHED, KIND_MANIFEST, KIND_DRAWS, N_KINDS } kind_t;

/* A promise that was broken. */
#define DEMAND(promise)                                                                \
    do {                                                                               \
        if (!(promise)) {                                                              \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #promise);      \
            abort();                                                                   \
        }                                                                              \
    } while (0)

static void must_say_why(popgx_err_t err) { DEMAND(!err || *popgx_err_detail() != '\0'); }

/* ---- files ---- */

static void write_file(const char *path, const unsigned char *bytes, size_t n)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    DEMAND(fd >= 0 && write(fd, bytes, n) == (ssize_t)n && close(fd) == 0);
}

static unsigned char *read_whole(const char *path, size_t *n)
{
    struct stat status;
    const int fd = open(path, O_RDONLY);

    DEMAND(fd >= 0 && fstat(fd, &status) == 0);
    *n = (size_t)status.st_size;
    unsigned char *bytes = malloc(*n + 1);
    DEMAND(bytes && read(fd, bytes, *n) == (ssize_t)*n && close(fd) == 0);
    return bytes;
}

/* The runs that are edited: RUN.h5 in the working folder, with its shards. `files` are what edits can fall on. */
enum { MOST_FILES = 3 };

typedef struct {
    const char *run;
    size_t n_files;
    char path[MOST_FILES][256];
    unsigned char *bytes[MOST_FILES];
    size_t n_bytes[MOST_FILES];
} base_t;

static base_t bases[] = {{.run = "all.h5"}, {.run = "shards.h5"}, {.run = "none.h5"}};
enum { N_BASES = sizeof bases / sizeof *bases };

static void add_file(base_t *base, const char *path)
{
    DEMAND(base->n_files < MOST_FILES);
    snprintf(base->path[base->n_files], sizeof base->path[0], "%s", path);
    base->bytes[base->n_files] = read_whole(path, &base->n_bytes[base->n_files]);
    base->n_files++;
}

int LLVMFuzzerInitialize(int *n_arguments, char ***arguments)
{
    (void)n_arguments, (void)arguments;
    for (size_t b = 0; b < N_BASES; b++) {
        stored_t *stored;
        add_file(&bases[b], bases[b].run);
        DEMAND(stored_open(bases[b].run, &stored) == POPGX_OK);
        for (size_t i = 0; i < stored_shards(stored); i++)
            if (strcmp(stored_shard_path(stored, i), bases[b].run) != 0) add_file(&bases[b], stored_shard_path(stored, i));
        stored_close(stored);
    }
    return 0;
}

/* ---- complete runs ---- */

/* Opens the run and reads all of it. */
static popgx_err_t read_run(const char *path)
{
    popgx_err_t err;
    stored_t *stored = NULL;
    stored_reader_t *reader = NULL;

    TRY(stored_open(path, &stored));
    if (stored_columns(stored)->n == 0) goto out;
    TRY(stored_reader_new(stored, &reader));
    for (uint64_t b = 0; b < stored_facts(stored)->n_blocks; b++) {
        stored_block_t block;
        TRY(stored_read(reader, b, NULL, &block));
    }
out:
    must_say_why(err);
    stored_reader_free(reader);
    stored_close(stored);
    return err;
}

/* Edits of 4 bytes: where (3), and what is there instead. What is left over cuts the file. False: nothing changed. */
static bool edit(unsigned char *to, size_t *n, const unsigned char *edits, size_t n_edits)
{
    bool is_changed = false;

    if (*n == 0) return false;
    for (; n_edits >= 4; edits += 4, n_edits -= 4) {
        const size_t at = (edits[0] | (size_t)edits[1] << 8 | (size_t)edits[2] << 16) % *n;
        is_changed |= to[at] != edits[3];
        to[at] = edits[3];
    }
    if (n_edits == 0) return is_changed;
    *n -= *n * edits[0] / 256;
    return is_changed || edits[0] > 0;
}

static void restore(const base_t *base, size_t file) { write_file(base->path[file], base->bytes[file], base->n_bytes[file]); }

static void try_sealed(const unsigned char *bytes, size_t n_bytes)
{
    if (n_bytes < 2) return;
    const base_t *base = &bases[bytes[0] % N_BASES];
    const size_t file = bytes[1] % base->n_files;
    size_t n = base->n_bytes[file];
    unsigned char *edited = malloc(n);
    char *json = NULL;

    DEMAND(edited);
    memcpy(edited, base->bytes[file], n);
    /* An edit can be undone by a later one. */
    edit(edited, &n, bytes + 2, n_bytes - 2);
    const bool is_changed = n != base->n_bytes[file] || memcmp(edited, base->bytes[file], n) != 0;
    write_file(base->path[file], edited, n);
    DEMAND((read_run(base->run) != POPGX_OK) == is_changed);
    const popgx_err_t err = store_describe(base->run, &json);
    must_say_why(err);
    DEMAND(!err == (json != NULL));
    DEMAND(file > 0 || !err == !is_changed); /* it looks at the master alone */
    free(json);
    free(edited);
    restore(base, file);
}

/* Values of a dataset, or of an attribute of the root, become others. */
static void edit_values(hid_t object, bool is_attribute, const unsigned char *edits, size_t n_edits)
{
    const hid_t type = is_attribute ? H5Aget_type(object) : H5Dget_type(object), space = is_attribute ? H5Aget_space(object) : H5Dget_space(object);
    size_t n = (size_t)H5Sget_simple_extent_npoints(space) * H5Tget_size(type);

    if (H5Tis_variable_str(type) <= 0 && n > 0) {
        unsigned char *values = calloc(n, 1);
        DEMAND(values && (is_attribute ? H5Aread(object, type, values) : H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values)) >= 0);
        edit(values, &n, edits, n_edits / 4 * 4);
        /* What cannot be written stays as it was. */
        (void)(is_attribute ? H5Awrite(object, type, values) : H5Dwrite(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values));
        free(values);
    }
    H5Sclose(space);
    H5Tclose(type);
}

static const struct {
    const char *object, *attribute;     /* attribute NULL: a dataset */
} targets[] = {
    {"/", "patients"}, {"/", "block_patients"}, {"/", "sample"}, {"/", "format_version"}, {"/", "first_block"}, {"/", "blocks"},
    {"/people", "chunk_rows"}, {"/trajectories/usual", "chunk_rows"}, {"/blocks", NULL}, {"/trajectories/usual/blocks", NULL},
    {"/manifest", NULL}, {"/results/sums", NULL}, {"/model/sources/0", NULL}, {"/model/moments", NULL}, {"/results/outcomes", NULL},
};

static void edit_target(hid_t file, size_t target, const unsigned char *edits, size_t n_edits)
{
    const char *object = targets[target].object, *attribute = targets[target].attribute;

    if (strcmp(object, "/") != 0 && (H5Oexists_by_name(file, object, H5P_DEFAULT) <= 0)) return;
    if (attribute) {
        if (H5Aexists_by_name(file, object, attribute, H5P_DEFAULT) <= 0) return;
        const hid_t id = H5Aopen_by_name(file, object, attribute, H5P_DEFAULT, H5P_DEFAULT);
        edit_values(id, true, edits, n_edits);
        H5Aclose(id);
    } else {
        const hid_t id = H5Dopen2(file, object, H5P_DEFAULT);
        edit_values(id, false, edits, n_edits);
        H5Dclose(id);
    }
}

static void try_values(const unsigned char *bytes, size_t n_bytes)
{
    if (n_bytes < 3) return;
    const base_t *base = &bases[bytes[0] % N_BASES];
    const size_t file = bytes[1] % base->n_files;
    char *json = NULL;
    seal_t seal;

    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    write_file(base->path[file], base->bytes[file], base->n_bytes[file] - SEAL_BYTES);
    const hid_t id = H5Fopen(base->path[file], H5F_ACC_RDWR, H5P_DEFAULT);
    DEMAND(id >= 0);
    edit_target(id, bytes[2] % (sizeof targets / sizeof *targets), bytes + 3, n_bytes - 3);
    DEMAND(H5Fclose(id) >= 0 && seal_append(base->path[file], &seal) == POPGX_OK);
    (void)!read_run(base->run);
    must_say_why(store_describe(base->run, &json));
    free(json);
    restore(base, file);
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
    default: break;
    }
    return 0;
}
