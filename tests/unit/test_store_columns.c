/* Columns: what was deflated is what HDF5 reads, through filters of its own, whatever the size, the content and the padding. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/deflate.h"
#include "store/h5.h"

enum { CHUNK_ROWS = 4096, MOST_ROWS = 3 * CHUNK_ROWS };

static char path[64];
static unsigned char *rows, *read_back;
static deflater_t *deflater;

static void set_up(void)
{
    strcpy(path, "/tmp/popgx-test-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
    cr_assert_not_null(rows = malloc(8 * MOST_ROWS));
    cr_assert_not_null(read_back = malloc(8 * MOST_ROWS));
    cr_assert_eq(deflater_new(8 * CHUNK_ROWS, &deflater), POPGX_OK);
    h5_start();
}

static void tear_down(void)
{
    unlink(path);
    free(rows);
    free(read_back);
    deflater_free(deflater);
}

TestSuite(store_columns, .init = set_up, .fini = tear_down);

typedef struct {
    const char *name;
    hid_t type;
    size_t width, number_bytes;
} kind_t;

static size_t list_kinds(kind_t kinds[5])
{
    kinds[0] = (kind_t){"/uint8", H5T_NATIVE_UINT8, 1, 1};
    kinds[1] = (kind_t){"/pairs", H5T_NATIVE_UINT16, 2, 2};
    kinds[2] = (kind_t){"/int32", H5T_NATIVE_INT32, 1, 4};
    kinds[3] = (kind_t){"/uint64", H5T_NATIVE_UINT64, 1, 8};
    kinds[4] = (kind_t){"/double", H5T_NATIVE_DOUBLE, 1, 8};
    return 5;
}

/* content 0: zeros; 1: noise; 2: noise in every other byte */
static void fill(int content)
{
    uint64_t state = 7;

    for (size_t i = 0; i < 8 * MOST_ROWS; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        rows[i] = content == 0 || (content == 2 && i % 2 == 1) ? 0 : (unsigned char)(state >> 56);
    }
}

/* Chunks of which `n_filled` rows are data; the column ends behind the data of the last one. */
static void write_column(h5_file_t *file, const kind_t *kind, size_t n_chunks, size_t n_filled)
{
    const size_t row_bytes = kind->width * kind->number_bytes;
    const h5_column_spec_t spec = {.type = kind->type, .width = kind->width, .unit = "1", .description = "a test",
                                   .rows = n_chunks > 0 ? (n_chunks - 1) * CHUNK_ROWS + n_filled : 0};
    uint8_t *stream = malloc(deflate_bound(CHUNK_ROWS * row_bytes));
    h5_column_t column;

    cr_assert_eq(h5_column(file, kind->name, &spec, CHUNK_ROWS, &column), POPGX_OK, "%s", popgx_err_detail());
    for (size_t k = 0; k < n_chunks; k++) {
        size_t n = deflate_chunk(deflater, rows + k * CHUNK_ROWS * row_bytes, n_filled * kind->width, CHUNK_ROWS * kind->width,
                                 kind->number_bytes, stream);
        cr_assert_eq(h5_chunk(file, column, stream, n), POPGX_OK, "%s", popgx_err_detail());
    }
    free(stream);
}

static void expect_column(hid_t file, const kind_t *kind, size_t n_chunks, size_t n_filled)
{
    const size_t row_bytes = kind->width * kind->number_bytes, n = n_chunks > 0 ? (n_chunks - 1) * CHUNK_ROWS + n_filled : 0;
    hsize_t size[2] = {0, 1};
    hid_t dataset = H5Dopen2(file, kind->name, H5P_DEFAULT), space = H5Dget_space(dataset);

    cr_assert_eq(H5Sget_simple_extent_dims(space, size, NULL), kind->width > 1 ? 2 : 1);
    cr_assert_eq(size[0], n, "%s has %zu rows, not %zu", kind->name, (size_t)size[0], n);
    cr_assert_eq(size[1], kind->width);
    memset(read_back, 0xee, 8 * MOST_ROWS);
    cr_assert_geq(H5Dread(dataset, kind->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, read_back), 0);
    for (size_t k = 0; k < n_chunks; k++) {
        const size_t at = k * CHUNK_ROWS * row_bytes, filled = n_filled * row_bytes;
        cr_assert_eq(memcmp(read_back + at, rows + at, filled), 0, "chunk %zu of %s differs", k, kind->name);
        for (size_t i = at + filled; k + 1 < n_chunks && i < at + CHUNK_ROWS * row_bytes; i++)
            cr_assert_eq(read_back[i], 255, "%s: padding is %d", kind->name, read_back[i]);
    }
    H5Sclose(space);
    H5Dclose(dataset);
}

static void check(size_t n_chunks, size_t n_filled)
{
    kind_t kinds[5];
    size_t n_kinds = list_kinds(kinds);
    h5_file_t *file;
    seal_t seal;

    cr_assert_eq(h5_create(path, &file), POPGX_OK, "%s", popgx_err_detail());
    for (size_t k = 0; k < n_kinds; k++) write_column(file, &kinds[k], n_chunks, n_filled);
    cr_assert_eq(h5_seal(file, &seal), POPGX_OK, "%s", popgx_err_detail());
    hid_t id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    cr_assert_geq(id, 0, "a sealed file is an HDF5 file");
    for (size_t k = 0; k < n_kinds; k++) expect_column(id, &kinds[k], n_chunks, n_filled);
    H5Fclose(id);
    cr_assert_eq(seal_verify(path, &seal), POPGX_OK, "%s", popgx_err_detail());
}

Test(store_columns, chunks_are_what_hdf5_reads_and_their_rest_is_padding)
{
    static const size_t filled[] = {1, 2, 300, CHUNK_ROWS - 267, CHUNK_ROWS - 259, CHUNK_ROWS - 11, CHUNK_ROWS - 1, CHUNK_ROWS};

    for (int content = 0; content < 3; content++) {
        fill(content);
        for (size_t s = 0; s < sizeof filled / sizeof *filled; s++) check(3, filled[s]);
        check(1, 77);
        check(0, 0);
    }
}

Test(store_columns, padding_takes_next_to_no_room)
{
    static uint8_t stream[16 * CHUNK_ROWS];

    fill(1);
    size_t full = deflate_chunk(deflater, rows, 2000, 2000, 4, stream);
    size_t padded = deflate_chunk(deflater, rows, 2000, CHUNK_ROWS, 4, stream);
    cr_assert_lt(padded, full + 400, "%zu bytes for 2,096 rows of padding", padded - full);
}

static void flip(long at)
{
    FILE *disk = fopen(path, "r+b");

    cr_assert_eq(fseek(disk, at, SEEK_SET), 0);
    int byte = fgetc(disk);
    cr_assert_eq(fseek(disk, at, SEEK_SET), 0);
    fputc(byte ^ 1, disk);
    fclose(disk);
}

/* One byte of a chunk is changed between writing and checking: through a second descriptor, as a bad disk would. */
Test(store_columns, a_chunk_that_changed_on_the_disk_is_found)
{
    kind_t kinds[5];
    h5_file_t *file;
    seal_t seal;

    list_kinds(kinds);
    fill(1);
    cr_assert_eq(h5_create(path, &file), POPGX_OK);
    write_column(file, &kinds[2], 3, CHUNK_ROWS);
    flip(10000);
    cr_assert_eq(h5_seal(file, &seal), POPGX_E_IO);
    cr_assert_not_null(strstr(popgx_err_detail(), "/int32 does not read back as it was written"), "%s", popgx_err_detail());
}

Test(store_columns, a_seal_is_broken_by_any_byte)
{
    seal_t seal;

    fill(2);
    check(2, 100);
    FILE *file = fopen(path, "rb");
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    fclose(file);
    for (long at = 0; at < size; at += size - at > 60 ? 1013 : 1) {
        flip(at);
        cr_assert_eq(seal_verify(path, &seal), POPGX_E_IO, "byte %ld of %ld", at, size);
        cr_assert_not_null(strstr(popgx_err_detail(), path));
        flip(at);
    }
    cr_assert_eq(seal_verify(path, &seal), POPGX_OK);
    cr_assert_eq(truncate(path, size - 1), 0);
    cr_assert_eq(seal_read(path, &seal), POPGX_E_IO);
    cr_assert_not_null(strstr(popgx_err_detail(), "is truncated"), "%s", popgx_err_detail());
}
