/* Draws are resumed from the last wave that is whole, and only if they are the same draws. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/draws_journal.h"

enum { DRAWS = 6, SUMS = 3 };

static char path[64];
static const uint64_t fingerprint[2] = {7, 8};

static void fill(exact_sum_t *rows)
{
    for (int i = 0; i < DRAWS * SUMS; i++) rows[i] = 1000 + i - ((exact_sum_t)1 << 90) * (i % 2);
}

/* Two draws, then three. */
static void write_two_waves(void)
{
    draws_journal_t *journal;
    exact_sum_t rows[DRAWS * SUMS];
    uint64_t n_done;

    snprintf(path, sizeof path, "/tmp/popgx_draws_%d", (int)getpid());
    fill(rows);
    cr_assert_eq(draws_journal_open(path, fingerprint, false, DRAWS, SUMS, rows, &n_done, &journal), POPGX_OK);
    cr_assert_eq(n_done, 0);
    cr_assert_eq(draws_journal_append(journal, rows, 2), POPGX_OK);
    cr_assert_eq(draws_journal_append(journal, rows + 2 * SUMS, 3), POPGX_OK);
    draws_journal_close(journal);
}

/* How many draws there are now; they are right. */
static uint64_t resume(const uint64_t *of, uint64_t n_draws)
{
    draws_journal_t *journal;
    exact_sum_t rows[DRAWS * SUMS] = {0}, expected[DRAWS * SUMS];
    uint64_t n_done;

    fill(expected);
    cr_assert_eq(draws_journal_open(path, of, true, n_draws, SUMS, rows, &n_done, &journal), POPGX_OK);
    cr_expect_eq(memcmp(rows, expected, n_done * SUMS * sizeof *rows), 0);
    draws_journal_close(journal);
    return n_done;
}

static void clean(void) { unlink(path); }

Test(draws_journal, what_was_appended_is_there, .init = write_two_waves, .fini = clean)
{
    cr_expect_eq(resume(fingerprint, DRAWS), 5);
    cr_expect_eq(resume(fingerprint, DRAWS), 5, "resuming changes nothing");
}

Test(draws_journal, a_wave_that_is_cut_or_damaged_is_none, .init = write_two_waves, .fini = clean)
{
    FILE *file = fopen(path, "r+b");

    fseek(file, -5, SEEK_END);
    fputc(99, file);
    fclose(file);
    cr_expect_eq(resume(fingerprint, DRAWS), 2);
    write_two_waves();
    cr_assert_eq(truncate(path, 32 + 24 + 2 * SUMS * 16 + 24 + 7), 0);
    cr_expect_eq(resume(fingerprint, DRAWS), 2);
    cr_assert_eq(truncate(path, 10), 0);
    cr_expect_eq(resume(fingerprint, DRAWS), 0);
}

Test(draws_journal, draws_of_another_model_are_refused_and_stay, .init = write_two_waves, .fini = clean)
{
    draws_journal_t *journal;
    exact_sum_t rows[DRAWS * SUMS];
    uint64_t n_done;

    cr_expect_eq(draws_journal_open(path, (const uint64_t[]){7, 9}, true, DRAWS, SUMS, rows, &n_done, &journal), POPGX_E_INPUT);
    cr_expect_eq(resume(fingerprint, DRAWS), 5);
}

Test(draws_journal, draws_are_given_up_if_nobody_resumes, .init = write_two_waves, .fini = clean)
{
    draws_journal_t *journal;
    exact_sum_t rows[DRAWS * SUMS];
    uint64_t n_done;

    cr_assert_eq(draws_journal_open(path, fingerprint, false, DRAWS, SUMS, rows, &n_done, &journal), POPGX_OK);
    draws_journal_close(journal);
    cr_expect_eq(resume(fingerprint, DRAWS), 0);
}
