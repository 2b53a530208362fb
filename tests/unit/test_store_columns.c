/* Columns: what was appended is what HDF5 reads, through filters of its own, whatever the size, the content and the threads. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/chunks.h"
#include "store/h5.h"

enum { MOST_ROWS = 3 * CHUNK_ROWS + 17 };

static char path[64];
static unsigned char *rows, *read_back;

static void set_up(void)
{
    strcpy(path, "/tmp/popgx-test-XXXXXX");
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
    cr_assert_not_null(rows = malloc(8 * MOST_ROWS));
    cr_assert_not_null(read_back = malloc(8 * MOST_ROWS));
    h5_start();
}

static void tear_down(void)
{
    unlink(path);
    free(rows);
    free(read_back);
}

TestSuite(store_columns, .init = set_up, .fini = tear_down);

typedef struct {
    const char *name;
    hid_t type;
    size_t width, row_bytes;
} kind_t;

static size_t list_kinds(kind_t kinds[5])
{
    kinds[0] = (kind_t){"/uint8", H5T_NATIVE_UINT8, 1, 1};
    kinds[1] = (kind_t){"/pairs", H5T_NATIVE_UINT16, 2, 4};
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

/* In portions, as blocks of people come. */
static void append(h5_file_t *file, h5_column_t column, size_t n, size_t row_bytes)
{
    for (size_t at = 0, part = 1; at < n; at += part, part = part * 3 % 70001) {
        if (part > n - at) part = n - at;
        cr_assert_eq(h5_append(file, column, rows + at * row_bytes, part), POPGX_OK, "%s", popgx_err_detail());
    }
}

static void write_file(size_t n, int threads)
{
    kind_t kinds[5];
    size_t n_kinds = list_kinds(kinds);
    h5_column_t columns[5];
    h5_file_t *file;

    cr_assert_eq(h5_create(path, threads, &file), POPGX_OK, "%s", popgx_err_detail());
    for (size_t k = 0; k < n_kinds; k++)
        cr_assert_eq(h5_column(file, kinds[k].name, kinds[k].type, kinds[k].width, "1", "a test", &columns[k]), POPGX_OK);
    for (size_t k = 0; k < n_kinds; k++) append(file, columns[k], n, kinds[k].row_bytes);
    cr_assert_eq(h5_seal(file), POPGX_OK, "%s", popgx_err_detail());
}

static void expect_rows(hid_t file, const kind_t *kind, size_t n)
{
    hsize_t size[2] = {0, 1};
    hid_t dataset = H5Dopen2(file, kind->name, H5P_DEFAULT), space = H5Dget_space(dataset);

    cr_assert_eq(H5Sget_simple_extent_dims(space, size, NULL), kind->width > 1 ? 2 : 1);
    cr_assert_eq(size[0], n, "%s has %zu rows, not %zu", kind->name, (size_t)size[0], n);
    cr_assert_eq(size[1], kind->width);
    memset(read_back, 0xee, 8 * MOST_ROWS);
    cr_assert_geq(H5Dread(dataset, kind->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, read_back), 0);
    cr_assert_eq(memcmp(read_back, rows, n * kind->row_bytes), 0, "%zu rows of %s differ", n, kind->name);
    H5Sclose(space);
    H5Dclose(dataset);
}

Test(store_columns, what_was_appended_is_what_hdf5_reads)
{
    static const size_t sizes[] = {0, 1, 2, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 1, 2 * CHUNK_ROWS, MOST_ROWS};
    kind_t kinds[5];
    size_t n_kinds = list_kinds(kinds);

    for (int content = 0; content < 3; content++) {
        fill(content);
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            write_file(sizes[s], 1 + (int)s % 3);
            hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
            cr_assert_geq(file, 0);
            for (size_t k = 0; k < n_kinds; k++) expect_rows(file, &kinds[k], sizes[s]);
            H5Fclose(file);
        }
    }
}

static unsigned char *read_file(size_t *n)
{
    FILE *file = fopen(path, "rb");
    unsigned char *bytes;

    fseek(file, 0, SEEK_END);
    *n = (size_t)ftell(file);
    rewind(file);
    cr_assert_not_null(bytes = malloc(*n));
    cr_assert_eq(fread(bytes, 1, *n, file), *n);
    fclose(file);
    return bytes;
}

Test(store_columns, the_file_is_the_same_for_any_number_of_threads)
{
    size_t n_one, n_other;

    fill(2);
    write_file(MOST_ROWS, 1);
    unsigned char *one = read_file(&n_one);
    for (int threads = 2; threads <= 5; threads += 3) {
        write_file(MOST_ROWS, threads);
        unsigned char *other = read_file(&n_other);
        cr_assert_eq(n_one, n_other);
        cr_assert_eq(memcmp(one, other, n_one), 0, "with %d threads the file is another one", threads);
        free(other);
    }
    free(one);
}

/* One byte of a chunk is changed between writing and checking: through a second descriptor, as a bad disk would. */
Test(store_columns, a_chunk_that_changed_on_the_disk_is_found)
{
    kind_t kinds[5];
    h5_file_t *file;
    h5_column_t column;

    list_kinds(kinds);
    fill(1);
    cr_assert_eq(h5_create(path, 1, &file), POPGX_OK);
    cr_assert_eq(h5_column(file, kinds[2].name, kinds[2].type, 1, "1", "a test", &column), POPGX_OK);
    append(file, column, MOST_ROWS, kinds[2].row_bytes);
    append(file, column, CHUNK_ROWS, kinds[2].row_bytes); /* 4 chunks are full and written */
    FILE *disk = fopen(path, "r+b");
    cr_assert_eq(fseek(disk, 100000, SEEK_SET), 0);
    int byte = fgetc(disk);
    cr_assert_eq(fseek(disk, 100000, SEEK_SET), 0);
    fputc(byte ^ 1, disk);
    fclose(disk);
    cr_assert_eq(h5_seal(file), POPGX_E_IO);
    cr_assert_not_null(strstr(popgx_err_detail(), "/int32 does not read back as it was written"), "%s", popgx_err_detail());
}
