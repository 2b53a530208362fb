/* A run on one rank: nothing depends on threads, blocks or their order, and an error of any thread ends it. */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <string.h>

#include "support/small_run.h"

enum { PEOPLE = 5003 };

static model_t model;
static tally_t tally;

static void set_up(void)
{
    model = small_model();
    cr_assert_eq(tally_init(&tally, &model, PEOPLE), POPGX_OK);
}

static void tear_down(void)
{
    tally_release(&tally);
    model_release(&model);
}

TestSuite(run, .init = set_up, .fini = tear_down);

static run_settings_t settings(int threads, uint64_t block_people)
{
    return (run_settings_t){.patients = PEOPLE, .seed = 7, .threads = threads, .block_people = block_people};
}

static void checksum_of(const run_settings_t *with, char text[33], uint64_t *n_fired)
{
    tally_t own;
    run_report_t report;

    cr_assert_eq(tally_init(&own, &model, PEOPLE), POPGX_OK);
    cr_assert_eq(run_simulate(&model, with, &own, &report), POPGX_OK, "%s", popgx_err_detail());
    tally_checksum(&own, text);
    *n_fired = report.n_fired;
    tally_release(&own);
}

Test(run, the_checksum_depends_on_neither_threads_nor_blocks_nor_their_order)
{
    run_settings_t plain = settings(1, 0);
    char expected[33], text[33];
    uint64_t fired_expected, fired;

    checksum_of(&plain, expected, &fired_expected);
    cr_assert_gt(fired_expected, 1000);
    for (int threads = 1; threads <= 3; threads++) {
        for (int reverse = 0; reverse < 2; reverse++) {
            run_settings_t other = settings(threads, reverse ? 97 : 512);
            other.reverse_blocks = reverse;
            checksum_of(&other, text, &fired);
            cr_assert_str_eq(text, expected, "%d threads, reverse %d", threads, reverse);
            cr_assert_eq(fired, fired_expected);
        }
    }
}

Test(run, another_seed_gives_other_people)
{
    run_settings_t one = settings(1, 0), other = one;
    char first[33], second[33];
    uint64_t fired;

    other.seed = 8;
    checksum_of(&one, first, &fired);
    checksum_of(&other, second, &fired);
    cr_assert_str_neq(first, second);
}

typedef struct {
    atomic_int people[2], calls;
    atomic_uint_least64_t ids[2];
    int fail_at;
} seen_t;

static popgx_err_t see(void *context, uint64_t block, int32_t strategy, const cohort_view_t *people, const trajectory_t *trajectory)
{
    seen_t *seen = context;

    if (atomic_fetch_add(&seen->calls, 1) == seen->fail_at) return FAIL(IO, "the disk is full at block %d", (int)block);
    cr_assert_eq(trajectory->n_people, people->n);
    atomic_fetch_add(&seen->people[strategy], (int)people->n);
    for (size_t i = 0; i < people->n; i++) atomic_fetch_add(&seen->ids[strategy], people->first_id + i);
    return POPGX_OK;
}

Test(run, the_sink_sees_every_person_once_under_every_strategy)
{
    seen_t seen = {.fail_at = -1};
    run_settings_t with = settings(2, 100);
    run_report_t report;

    with.sink = (run_sink_t){.context = &seen, .block = see};
    cr_assert_eq(run_simulate(&model, &with, &tally, &report), POPGX_OK);
    for (int s = 0; s < 2; s++) {
        cr_assert_eq(seen.people[s], PEOPLE);
        cr_assert_eq(seen.ids[s], (uint64_t)PEOPLE * (PEOPLE - 1) / 2);
    }
}

Test(run, an_error_of_one_thread_ends_the_run_with_its_message)
{
    seen_t seen = {.fail_at = 5};
    run_settings_t with = settings(2, 10);
    run_report_t report;

    with.sink = (run_sink_t){.context = &seen, .block = see};
    cr_assert_eq(run_simulate(&model, &with, &tally, &report), POPGX_E_IO);
    cr_assert_eq(strncmp(popgx_err_detail(), "the disk is full at block ", 26), 0, "%s", popgx_err_detail());
    cr_assert_lt(seen.calls, 2 * PEOPLE / 10 / 2, "most blocks are not begun after it");
}

typedef struct {
    int calls;
    double last;
} progress_t;

static void watch(void *context, double share)
{
    progress_t *progress = context;

    cr_assert_geq(share, progress->last);
    progress->last = share;
    progress->calls++;
}

Test(run, progress_ends_at_one)
{
    progress_t progress = {0};
    run_settings_t with = settings(2, 64);
    run_report_t report;

    with.progress = watch;
    with.progress_context = &progress;
    cr_assert_eq(run_simulate(&model, &with, &tally, &report), POPGX_OK);
    cr_assert_geq(progress.calls, 1);
    cr_assert_eq(progress.last, 1.0);
    cr_assert_geq(report.seconds, 0);
}
