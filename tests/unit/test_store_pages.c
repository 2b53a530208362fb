/* Sealed files, a page at a time: HDF5 gets nothing of a page that was damaged, and everything of the others. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/h5.h"
#include "store/h5_read.h"
#include "store/pages.h"

enum { ROWS = 60000 };

static char path[64];

typedef struct {
    uint64_t number;
} row_t;

/* A table of seven pages and a text, sealed. */
static void set_up(void)
{
    h5_file_t *file;
    seal_t seal;
    row_t *rows = malloc(ROWS * sizeof *rows);
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof *rows);

    h5_start();
    strcpy(path, "/tmp/popgx-test-XXXXXX");
    const int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
    for (uint64_t i = 0; i < ROWS; i++) rows[i].number = i * i;
    cr_assert_geq(H5Tinsert(type, "number", 0, H5T_NATIVE_UINT64), 0);
    cr_assert_eq(h5_create(path, &file), POPGX_OK);
    cr_assert_eq(h5_text(file, "/", "word", "sealed"), POPGX_OK);
    cr_assert_eq(h5_table(file, "/table", type, rows, ROWS, "", "squares"), POPGX_OK);
    cr_assert_eq(h5_seal(file, &seal), POPGX_OK);
    H5Tclose(type);
    free(rows);
}

static void tear_down(void) { unlink(path); }

TestSuite(store_pages, .init = set_up, .fini = tear_down);

static popgx_err_t read_all(void)
{
    popgx_err_t err;
    h5_reader_t file = {.id = H5I_INVALID_HID};
    char *word = NULL;
    uint64_t *numbers = calloc(ROWS, sizeof *numbers);

    TRY(h5_open(path, &file));
    TRY(h5_read_text(&file, "/", "word", &word));
    TRY(h5_read_column(&file, "/table", "number", ROWS, 0, numbers));
    cr_assert_str_eq(word, "sealed");
    for (uint64_t i = 0; i < ROWS; i++) cr_assert_eq(numbers[i], i * i, "row %llu", (unsigned long long)i);
out:
    h5_close(&file);
    free(word);
    free(numbers);
    return err;
}

static void flip(off_t at, uint8_t bits)
{
    uint8_t byte;
    const int fd = open(path, O_RDWR);

    cr_assert(pread(fd, &byte, 1, at) == 1);
    byte ^= bits;
    cr_assert(pwrite(fd, &byte, 1, at) == 1);
    close(fd);
}

Test(store_pages, a_sound_file_is_read_as_it_was_written)
{
    bool has_pages;

    cr_assert_eq(pages_find(path, &has_pages), POPGX_OK);
    cr_assert(has_pages);
    cr_assert_eq(read_all(), POPGX_OK, "%s", popgx_err_detail());
}

Test(store_pages, no_flipped_bit_of_what_is_read_goes_unnoticed)
{
    uint64_t state = 5;
    const off_t end = ROWS * (off_t)sizeof(row_t);

    for (int times = 0; times < 150; times++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        const off_t at = (off_t)((state >> 33) % (times % 3 ? 4096 : (uint64_t)end));
        flip(at, (uint8_t)(1u << times % 8));
        const popgx_err_t err = read_all();
        cr_assert(err == POPGX_E_IO || (err == POPGX_E_INPUT && at < 8), "byte %lld: %d, %s", (long long)at, (int)err, popgx_err_detail());
        flip(at, (uint8_t)(1u << times % 8));
    }
    cr_assert_eq(read_all(), POPGX_OK, "%s", popgx_err_detail());
}

Test(store_pages, what_is_not_read_need_not_be_sound)
{
    h5_reader_t file = {.id = H5I_INVALID_HID};
    char *word = NULL;

    flip(5 * PAGES_BYTES, 1); /* in the table */
    cr_assert_eq(read_all(), POPGX_E_IO);
    cr_assert(strstr(popgx_err_detail(), "is damaged"), "%s", popgx_err_detail());
    cr_assert_eq(h5_open(path, &file), POPGX_OK, "%s", popgx_err_detail());
    cr_assert_eq(h5_read_text(&file, "/", "word", &word), POPGX_OK, "%s", popgx_err_detail());
    cr_assert_str_eq(word, "sealed");
    h5_close(&file);
    free(word);
}

Test(store_pages, a_table_that_is_damaged_is_none)
{
    seal_t seal;
    bool has_pages;

    cr_assert_eq(seal_read(path, &seal), POPGX_OK);
    flip((off_t)seal.n_bytes - SEAL_BYTES - 40, 4);
    cr_assert_eq(pages_find(path, &has_pages), POPGX_OK);
    cr_assert_not(has_pages);
    cr_assert_eq(seal_check(path, 0, &seal), POPGX_E_IO, "then the whole file is looked at");
}
