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

enum { TASKS = 26 }; /* of 2 blocks of 100 of 5,003 people */

/* What a sink keeps of a run that is interrupted: which tasks are done and what they add up to. */
typedef struct {
    tally_t tally;
    bool is_done[TASKS];
    int asked, stop_at;
    uint64_t n_fired;
} kept_t;

static popgx_err_t keep(void *context, uint64_t task, const tally_t *of_task, uint64_t n_fired)
{
    kept_t *kept = context;

    cr_assert_not(kept->is_done[task], "task %d twice", (int)task);
    kept->is_done[task] = true;
    kept->n_fired += n_fired;
    tally_merge(&kept->tally, of_task);
    return POPGX_OK;
}

static bool wants_stop(void *context)
{
    kept_t *kept = context;
    return kept->asked++ == kept->stop_at;
}

/* As a store would: stop, then go on from what was kept with the tasks that are left. */
Test(run, a_stopped_run_goes_on_to_the_same_checksum)
{
    run_settings_t plain = settings(1, 0), with = settings(1, 100);
    char expected[33], text[33];
    uint64_t fired_expected;
    run_report_t report;
    kept_t kept = {.stop_at = 7};
    block_range_t todo[TASKS];

    checksum_of(&plain, expected, &fired_expected);
    cr_assert_eq(tally_init(&kept.tally, &model, PEOPLE), POPGX_OK);
    with.task_blocks = 2;
    cr_assert_eq(run_tasks(PEOPLE, 100, 2), TASKS);
    with.sink = (run_sink_t){.context = &kept, .commit = keep};
    with.is_stop_wanted = wants_stop;
    with.stop_context = &kept;
    cr_assert_eq(run_simulate(&model, &with, &tally, &report), POPGX_E_STOPPED);
    for (uint64_t task = 0; task < TASKS; task++)
        if (!kept.is_done[task]) todo[with.n_todo++] = (block_range_t){task, 1};
    cr_assert_eq(with.n_todo, TASKS - 7);
    with.todo = todo;
    memcpy(tally.sums, kept.tally.sums, (size_t)tally.layout.n_sums * sizeof *tally.sums);
    cr_assert_eq(run_simulate(&model, &with, &tally, &report), POPGX_OK);
    tally_checksum(&tally, text);
    cr_assert_str_eq(text, expected);
    tally_checksum(&kept.tally, text);
    cr_assert_str_eq(text, expected, "the tasks add up to the run");
    cr_assert_eq(kept.n_fired, fired_expected);
    tally_release(&kept.tally);
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
