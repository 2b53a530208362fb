/* Journals: whatever happens to the end of one, what is before is read and what is not whole is not. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/journal.h"

enum { RECORDS = 5, SUMS = 7 };

static char path[64];
static const unsigned char run_id[JOURNAL_RUN_ID_BYTES] = "a run of a test";
static uint64_t ends[RECORDS + 1]; /* of the journal after each record */

static void set_up(void)
{
    strcpy(path, "/tmp/popgx-test-XXXXXX");
    cr_assert_not_null(mkdtemp(path));
    strcat(path, "/j");
}

static void tear_down(void)
{
    unlink(path);
    path[strlen(path) - 2] = '\0';
    cr_assert_eq(rmdir(path), 0);
}

TestSuite(store_journal, .init = set_up, .fini = tear_down);

/* The largest, the smallest and ordinary numbers. */
static exact_sum_t sum_of(uint64_t block, int i)
{
    const exact_sum_t most = (((exact_sum_t)1 << 126) - 1) * 2 + 1;
    const exact_sum_t sums[SUMS] = {0, 1, -1, most, -most - 1, (exact_sum_t)block << 70, -(exact_sum_t)block * 1000003};
    return sums[i];
}

static void append(journal_t *journal, uint64_t block)
{
    const block_range_t range = {block, 1};
    const uint64_t rows[2] = {block + 3, 2 * block};
    unsigned char streams[64];
    const uint32_t stream_bytes[2] = {(uint32_t)block + 1, 30};
    exact_sum_t sums[SUMS];

    for (int i = 0; i < SUMS; i++) sums[i] = sum_of(block, i);
    memset(streams, (int)block, sizeof streams);
    const journal_record_t record = {.n_fired = 10 * block, .ranges = &range, .n_ranges = 1, .sums = sums, .n_sums = SUMS, .rows = rows,
                                     .n_row_sets = 2, .stream_bytes = stream_bytes, .n_streams = 2, .streams = streams};
    void *scratch = malloc(journal_scratch_bytes(&record));
    cr_assert_eq(journal_append(journal, &record, scratch), POPGX_OK, "%s", popgx_err_detail());
    free(scratch);
}

static void write_journal(void)
{
    journal_header_t header = {.session = 1};
    journal_t *journal;

    memcpy(header.run_id, run_id, sizeof run_id);
    cr_assert_eq(journal_create(path, &header, &journal), POPGX_OK, "%s", popgx_err_detail());
    ends[0] = journal_bytes(journal);
    for (uint64_t b = 0; b < RECORDS; b++) {
        append(journal, b);
        ends[b + 1] = journal_bytes(journal);
    }
    journal_free(journal);
}

static popgx_err_t check_record(void *context, const journal_entry_t *entry, const journal_record_t *record)
{
    uint64_t *n = context, block = *n;

    cr_assert_eq(entry->first_block, block);
    cr_assert_eq(entry->offset, ends[block]);
    cr_assert_eq(record->n_fired, 10 * block);
    cr_assert_eq(record->rows[0], block + 3);
    for (int i = 0; record->sums && i < SUMS; i++) cr_assert(record->sums[i] == sum_of(block, i), "sum %d of block %d", i, (int)block);
    ++*n;
    return POPGX_OK;
}

static uint64_t count_records(bool is_whole, uint64_t *valid_bytes)
{
    uint64_t n = 0;
    bool is_foreign;

    cr_assert_eq(journal_scan(path, run_id, 0, is_whole, check_record, &n, valid_bytes, &is_foreign), POPGX_OK, "%s", popgx_err_detail());
    cr_assert_not(is_foreign);
    return n;
}

Test(store_journal, what_was_appended_is_read)
{
    uint64_t valid_bytes;

    write_journal();
    cr_assert_eq(count_records(true, &valid_bytes), RECORDS);
    cr_assert_eq(valid_bytes, ends[RECORDS]);
    cr_assert_eq(count_records(false, &valid_bytes), RECORDS);
}

Test(store_journal, one_that_ends_anywhere_is_read_to_its_last_whole_record)
{
    uint64_t valid_bytes;

    write_journal();
    for (uint64_t size = ends[RECORDS], whole = RECORDS; size-- > 0;) {
        cr_assert_eq(truncate(path, (off_t)size), 0);
        while (whole > 0 && ends[whole] > size) whole--;
        cr_assert_eq(count_records(true, &valid_bytes), size < ends[0] ? 0 : whole, "%d bytes", (int)size);
        cr_assert_eq(valid_bytes, size < ends[0] ? 0 : ends[whole]);
    }
}

static void flip(uint64_t at)
{
    FILE *file = fopen(path, "r+b");

    fseek(file, (long)at, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, (long)at, SEEK_SET);
    fputc(byte ^ 0x10, file);
    fclose(file);
}

Test(store_journal, a_byte_that_changed_ends_it_before_its_record)
{
    uint64_t valid_bytes;

    write_journal();
    for (uint64_t at = ends[0]; at < ends[RECORDS]; at++) {
        uint64_t record = 0;
        while (ends[record + 1] <= at) record++;
        flip(at);
        cr_assert_eq(count_records(true, &valid_bytes), record, "byte %d", (int)at);
        flip(at);
    }
    for (uint64_t at = 0; at < ends[0]; at++) {
        flip(at);
        cr_assert_eq(count_records(true, &valid_bytes), 0, "byte %d of the header", (int)at);
        flip(at);
    }
}

Test(store_journal, one_of_another_run_is_told)
{
    const unsigned char other[JOURNAL_RUN_ID_BYTES] = "another run";
    uint64_t n = 0, valid_bytes;
    bool is_foreign;

    write_journal();
    cr_assert_eq(journal_scan(path, other, 0, true, check_record, &n, &valid_bytes, &is_foreign), POPGX_OK);
    cr_assert(is_foreign);
    cr_assert_eq(n, 0);
}

Test(store_journal, its_writer_is_known_to_live)
{
    journal_header_t header = {0};
    journal_t *journal;

    cr_assert_eq(journal_create(path, &header, &journal), POPGX_OK);
    cr_assert(journal_is_alive(path));
    journal_free(journal);
    cr_assert_not(journal_is_alive(path));
}
