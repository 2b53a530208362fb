/* The buffer of what happened: it keeps runs in order, grows, and says when something was lost. */
#include <criterion/criterion.h>
#include <string.h>

#include "ledger/trajectory.h"
#include "spec/compile.h"

Test(trajectory, a_reset_sets_every_end_to_the_horizon)
{
    trajectory_t t;
    trajectory_init(&t);
    cr_assert_eq(trajectory_reset(&t, 3, 100), POPGX_OK);
    for (int i = 0; i < 3; i++) cr_assert_eq(t.end[i], 100);
    t.end[1] = 7;
    cr_assert_eq(trajectory_reset(&t, 2, 50), POPGX_OK);
    cr_assert_eq(t.end[1], 50);
    cr_assert_eq(t.n_people, 2);
    trajectory_release(&t);
}

Test(trajectory, runs_and_records_stay_in_order_while_it_grows)
{
    enum { RUNS = 10000 };
    trajectory_t t;
    trajectory_init(&t);
    for (int round = 0; round < 2; round++) { /* the second time without growing */
        cr_assert_eq(trajectory_reset(&t, 3, 100), POPGX_OK);
        for (int32_t run = 0; run < RUNS; run++) {
            int32_t *person, *minute, count = run % 4;
            trajectory_append(&t, run, count, &person, &minute);
            for (int32_t j = 0; j < count; j++) {
                person[j] = j;
                minute[j] = run;
            }
        }
        cr_assert_eq(trajectory_check(&t, NULL, 0), POPGX_OK);
        cr_assert_eq(t.n_runs, RUNS);
        cr_assert_eq(t.n_records, RUNS / 4 * 6); /* 0 + 1 + 2 + 3 */
        size_t k = 0;
        for (int32_t run = 0; run < RUNS; run++) {
            cr_assert_eq(t.runs[run].moment, run);
            for (int32_t j = 0; j < t.runs[run].count; j++, k++) cr_assert(t.person[k] == j && t.minute[k] == run);
        }
    }
    trajectory_release(&t);
}

Test(trajectory, a_run_that_cannot_be_kept_can_be_written_and_is_reported)
{
    trajectory_t t;
    int32_t *person, *minute;

    trajectory_init(&t);
    cr_assert_eq(trajectory_reset(&t, 1000, 100), POPGX_OK);
    trajectory_append(&t, 1, 1000, &person, &minute);
    t.is_full = true; /* as after a failed growth */
    for (int round = 0; round < 3; round++) {
        trajectory_append(&t, 2, 1000, &person, &minute);
        for (int j = 0; j < 1000; j++) person[j] = minute[j] = j; /* in bounds: the sanitizers watch */
    }
    cr_assert_eq(t.n_runs, 1);
    cr_assert_eq(t.n_records, 1000);
    cr_assert_eq(trajectory_check(&t, NULL, 0), POPGX_E_NOMEM);
    cr_assert_eq(trajectory_reset(&t, 5, 100), POPGX_OK);
    cr_assert_eq(trajectory_check(&t, NULL, 0), POPGX_OK, "the next block is a new start");
    trajectory_release(&t);
}

/* Twice `rest`, then `relapse` for ever: the message must name what goes on for ever, and where. */
Test(trajectory, what_goes_on_for_ever_is_named)
{
    trajectory_t t;
    int32_t *person, *minute, n = 0;
    model_t m = {0};

    builder_add_moments(&m, 2);
    m.moments[0].name = builder_text(&m, "rest");
    m.moments[1].name = builder_text(&m, "relapse");
    builder_add_strategies(&m, 1);
    m.strategies[0].name = builder_text(&m, "usual care");
    trajectory_init(&t);
    t.most_records = 10;
    cr_assert_eq(trajectory_reset(&t, 1, 100), POPGX_OK);
    while (!t.is_full) {
        cr_assert_lt(n, 11, "the limit is passed");
        trajectory_append(&t, n > 1, 1, &person, &minute);
        *person = *minute = n++;
    }
    cr_assert_eq(t.n_records, 10);
    cr_assert_eq(trajectory_check(&t, &m, 0), POPGX_E_RANGE);
    cr_assert_not_null(strstr(popgx_err_detail(), "under usual care, `relapse` happened 8 times to 1 people"), "%s", popgx_err_detail());
    trajectory_release(&t);
    model_release(&m);
}

Test(trajectory, nobody_is_a_block_too)
{
    trajectory_t t;
    trajectory_init(&t);
    cr_assert_eq(trajectory_reset(&t, 0, 100), POPGX_OK);
    cr_assert_eq(t.n_records, 0);
    trajectory_release(&t);
    trajectory_release(&t); /* released twice: harmless */
}
