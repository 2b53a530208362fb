/* Finds values by asking HDF5 where they are, or by writing other ones into a copy and looking what has changed. */
#include "runs_base.h"

#include <fcntl.h>
#include <hdf5.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/pages.h"
#include "store/seal.h"

#define PROBE "probe.h5" /* a copy of a file without its seal */
enum { SUPERBLOCK_BYTES = 96 }; /* says that the probe is open for writing */

/* ---- files ---- */

unsigned char *read_whole(const char *path, size_t *n)
{
    struct stat status;
    const int fd = open(path, O_RDONLY);

    DEMAND(fd >= 0 && fstat(fd, &status) == 0);
    *n = (size_t)status.st_size;
    unsigned char *bytes = malloc(*n + 1);
    DEMAND(bytes && read(fd, bytes, *n) == (ssize_t)*n && close(fd) == 0);
    return bytes;
}

void write_file(const char *path, const unsigned char *bytes, size_t n)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    DEMAND(fd >= 0 && write(fd, bytes, n) == (ssize_t)n && close(fd) == 0);
}

void write_sealed(const base_file_t *file, const unsigned char *bytes)
{
    seal_t seal;

    write_file(file->path, bytes, file->n_hdf5);
    DEMAND(seal_append(file->path, &seal) == POPGX_OK);
}

void restore(const base_file_t *file) { write_file(file->path, file->bytes, file->n_bytes); }

static size_t count_hdf5_bytes(const base_file_t *file)
{
    pages_t pages;
    const int fd = open(file->path, O_RDONLY);

    DEMAND(fd >= 0 && pages_read(file->path, fd, file->n_bytes, &pages) == POPGX_OK && pages.n > 0);
    const size_t n = (size_t)pages.n_bytes;
    pages_release(&pages);
    close(fd);
    return n;
}

/* ---- places ---- */

static void add_place(base_file_t *file, size_t at, size_t n)
{
    file->places = realloc(file->places, (file->n_places + 1) * sizeof *file->places);
    DEMAND(file->places && at <= file->n_hdf5 && n <= file->n_hdf5 - at);
    file->places[file->n_places++] = (place_t){at, n};
}

/* The only place where `bytes` are; false: there are several. */
static bool find_bytes(const base_file_t *file, const void *bytes, size_t n, size_t *at)
{
    const unsigned char *end = file->bytes + file->n_hdf5, *found = memmem(file->bytes, file->n_hdf5, bytes, n);

    DEMAND(found);
    *at = (size_t)(found - file->bytes);
    return !memmem(found + 1, (size_t)(end - found) - 1, bytes, n);
}

static void add_text(base_file_t *file, hid_t attribute, hid_t type)
{
    char *text = NULL;
    size_t at;

    DEMAND(H5Aread(attribute, type, &text) >= 0);
    if (text && strlen(text) > 3 && find_bytes(file, text, strlen(text), &at)) add_place(file, at, strlen(text));
    H5free_memory(text);
}

/* Writes other values into the probe: the first byte that differs is the first of them. */
static void add_number(base_file_t *file, hid_t attribute, hid_t type, size_t n)
{
    unsigned char *values = malloc(n);
    size_t at = SUPERBLOCK_BYTES, n_probe;

    DEMAND(values && H5Aread(attribute, type, values) >= 0);
    for (size_t i = 0; i < n; i++) values[i] ^= 255;
    DEMAND(H5Awrite(attribute, type, values) >= 0 && H5Fflush(attribute, H5F_SCOPE_GLOBAL) >= 0);
    unsigned char *probe = read_whole(PROBE, &n_probe);
    while (at < n_probe && at < file->n_hdf5 && probe[at] == file->bytes[at]) at++;
    DEMAND(n_probe - at >= n && memcmp(probe + at, values, n) == 0);
    add_place(file, at, n);
    for (size_t i = 0; i < n; i++) values[i] ^= 255;
    DEMAND(H5Awrite(attribute, type, values) >= 0);
    free(values);
    free(probe);
}

static herr_t add_attribute(hid_t object, const char *name, const H5A_info_t *info, void *context)
{
    const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT), type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    const size_t n = (size_t)H5Sget_simple_extent_npoints(space);

    (void)info;
    if (H5Tis_variable_str(type) <= 0) add_number(context, attribute, type, n * H5Tget_size(type));
    else if (n == 1) add_text(context, attribute, type);
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
    return 0;
}

static herr_t add_object(hid_t root, const char *name, const H5O_info_t *info, void *context)
{
    const hid_t object = H5Oopen(root, name, H5P_DEFAULT);
    hsize_t first = 0;

    DEMAND(object >= 0 && H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &first, add_attribute, context) >= 0);
    if (info->type == H5O_TYPE_DATASET && H5Dget_offset(object) != HADDR_UNDEF)
        add_place(context, (size_t)H5Dget_offset(object), (size_t)H5Dget_storage_size(object));
    H5Oclose(object);
    return 0;
}

static void find_places(base_file_t *file)
{
    write_file(PROBE, file->bytes, file->n_hdf5);
    const hid_t id = H5Fopen(PROBE, H5F_ACC_RDWR, H5P_DEFAULT);
    DEMAND(id >= 0 && H5Ovisit2(id, H5_INDEX_NAME, H5_ITER_INC, add_object, file, H5O_INFO_BASIC) >= 0);
    DEMAND(H5Fclose(id) >= 0 && unlink(PROBE) == 0);
}

/* ---- bases ---- */

static void add_file(base_t *base, const char *path)
{
    DEMAND(base->n_files < MOST_FILES);
    base_file_t *file = &base->file[base->n_files++];
    snprintf(file->path, sizeof file->path, "%s", path);
    file->bytes = read_whole(path, &file->n_bytes);
    file->n_hdf5 = count_hdf5_bytes(file);
    find_places(file);
}

void base_open(base_t *base, const char *run)
{
    stored_t *stored;

    *base = (base_t){.run = run};
    DEMAND(stored_open(run, &stored) == POPGX_OK);
    add_file(base, run);
    for (size_t i = 0; i < stored_shards(stored); i++)
        if (strcmp(stored_shard_path(stored, i), run) != 0) add_file(base, stored_shard_path(stored, i));
    stored_close(stored);
}

/* ---- a block ---- */

/* Where a member of the only row of a table is. */
static size_t find_member(hid_t file, const char *table, const char *member)
{
    const hid_t dataset = H5Dopen2(file, table, H5P_DEFAULT), type = H5Dget_type(dataset);
    const size_t at = (size_t)H5Dget_offset(dataset) + H5Tget_member_offset(type, (unsigned)H5Tget_member_index(type, member));

    H5Tclose(type);
    H5Dclose(dataset);
    return at;
}

static void find_rows(hid_t file, const stored_t *stored, base_block_t *out)
{
    char group[256], table[512] = "/blocks";

    out->block_hash_at = find_member(file, table, "hash");
    for (uint32_t set = 0; set < out->n_row_sets; set++) {
        if (set > 0) {
            DEMAND(columns_strategy_path(group, sizeof group, stored_model(stored), (int32_t)set - 1) == POPGX_OK);
            snprintf(table, sizeof table, "%s/blocks", group);
        }
        out->rows_at[set] = find_member(file, table, "rows");
    }
}

static void find_streams(hid_t file, const columns_t *columns, base_block_t *out)
{
    uint32_t n = 0;

    for (size_t c = 0; c < columns->n; c++) {
        const hid_t dataset = H5Dopen2(file, columns->columns[c].path, H5P_DEFAULT), space = H5Dget_space(dataset);
        hsize_t n_chunks, place[2], size;
        haddr_t at;
        unsigned skipped;
        DEMAND(H5Dget_num_chunks(dataset, space, &n_chunks) >= 0);
        for (hsize_t k = 0; k < n_chunks; k++, n++) {
            DEMAND(n < out->n_streams && H5Dget_chunk_info(dataset, space, k, place, &skipped, &at, &size) >= 0 && size == out->stream_bytes[n]);
            out->stream_at[n] = (size_t)at;
            out->n_bytes += (size_t)size;
        }
        H5Sclose(space);
        H5Dclose(dataset);
    }
    DEMAND(n == out->n_streams);
}

void base_find_block(const base_t *base, base_block_t *out)
{
    stored_t *stored;
    stored_reader_t *reader;
    journal_record_t record;
    char hash[33];

    DEMAND(stored_open(base->run, &stored) == POPGX_OK && stored_facts(stored)->n_blocks == 1 && stored_reader_new(stored, &reader) == POPGX_OK);
    DEMAND(stored_read_streams(reader, 0, &record) == POPGX_OK);
    *out = (base_block_t){.n_row_sets = record.n_row_sets, .n_streams = record.n_streams, .rows = calloc(record.n_row_sets, sizeof *out->rows),
                          .rows_at = calloc(record.n_row_sets, sizeof *out->rows_at), .stream_bytes = calloc(record.n_streams, sizeof *out->stream_bytes),
                          .stream_at = calloc(record.n_streams, sizeof *out->stream_at)};
    DEMAND(out->rows && out->rows_at && out->stream_bytes && out->stream_at);
    memcpy(out->rows, record.rows, record.n_row_sets * sizeof *out->rows);
    memcpy(out->stream_bytes, record.stream_bytes, record.n_streams * sizeof *out->stream_bytes);
    write_file(PROBE, base->file[0].bytes, base->file[0].n_hdf5);
    const hid_t file = H5Fopen(PROBE, H5F_ACC_RDONLY, H5P_DEFAULT), packed = H5Dopen2(file, "/model/packed", H5P_DEFAULT);
    find_rows(file, stored, out);
    find_streams(file, stored_columns(stored), out);
    out->model = (place_t){(size_t)H5Dget_offset(packed), (size_t)H5Dget_storage_size(packed)};
    manifest_hash_text(XXH3_128bits(base->file[0].bytes + out->model.at, out->model.n), hash);
    DEMAND(find_bytes(&base->file[0], hash, 32, &out->model_hash_at));
    H5Dclose(packed);
    DEMAND(H5Fclose(file) >= 0 && unlink(PROBE) == 0);
    stored_reader_free(reader);
    stored_close(stored);
}
