/* A run on several ranks gives the bits of a run on one, whatever the threads and the order; an error on one rank ends all. */
#include <string.h>

#include "parallel/check.h"
#include "support/small_run.h"

enum { PEOPLE = 5003 };

/* What a run must give: everybody lives in one block, on this rank alone. */
static void checksum_alone(const model_t *model, char text[33])
{
    tally_t tally;
    cohort_t *cohort;
    engine_t *engine;
    ledger_t *ledger;
    trajectory_t trajectory;
    uint64_t n_fired = 0;

    CHECK_OK(tally_init(&tally, model, PEOPLE));
    CHECK_OK(cohort_new(model, PEOPLE, &cohort));
    CHECK_OK(engine_new(model, PEOPLE, &engine));
    CHECK_OK(ledger_new(model, PEOPLE, &ledger));
    trajectory_init(&trajectory);
    cohort_view_t people = cohort_fill(cohort, rng_run_key(7, 0), 0, PEOPLE);
    engine_start(engine, &people);
    for (int32_t s = 0; s < model->n_strategies; s++) {
        ledger_bill_t bill;
        CHECK_OK(engine_run(engine, s, &trajectory, &n_fired));
        CHECK_OK(ledger_post(ledger, &people, &trajectory, &bill));
        CHECK_OK(tally_add(&tally, s, &people, &bill));
    }
    tally_close(&tally, &people);
    tally_checksum(&tally, text);
    trajectory_release(&trajectory);
    ledger_free(ledger);
    engine_free(engine);
    cohort_free(cohort);
    tally_release(&tally);
}

static void ranks_threads_and_order_leave_the_checksum(const model_t *model, const char *expected)
{
    for (int threads = 1; threads <= 2; threads++) {
        for (int reverse = 0; reverse < 2; reverse++) {
            run_settings_t settings = {.patients = PEOPLE, .seed = 7, .threads = threads, .block_people = 61,
                                       .reverse_blocks = reverse};
            tally_t tally;
            run_report_t report;
            char text[33];

            CHECK_OK(tally_init(&tally, model, PEOPLE));
            CHECK_OK(run_simulate(model, &settings, &tally, &report));
            tally_checksum(&tally, text);
            CHECK(strcmp(text, expected) == 0);
            tally_release(&tally);
        }
    }
}

static popgx_err_t fail_on_the_last_rank(void *context, uint64_t block, int32_t strategy, const cohort_view_t *people,
                                         const trajectory_t *trajectory)
{
    (void)context, (void)block, (void)strategy, (void)people, (void)trajectory;
    return cluster_rank() == cluster_ranks() - 1 ? FAIL(IO, "rank %d has no disk", cluster_rank()) : POPGX_OK;
}

static void an_error_on_one_rank_is_everybodys(const model_t *model)
{
    run_settings_t settings = {.patients = 200000, .seed = 7, .threads = 2, .block_people = 100,
                               .sink = {.block = fail_on_the_last_rank}};
    tally_t tally;
    run_report_t report;
    char expected[64];

    CHECK_OK(tally_init(&tally, model, 100));
    CHECK(run_simulate(model, &settings, &tally, &report) == POPGX_E_IO);
    snprintf(expected, sizeof expected, "rank %d has no disk", cluster_ranks() - 1);
    CHECK(strcmp(popgx_err_detail(), expected) == 0);
    tally_release(&tally);
}

int main(int argc, char **argv)
{
    CHECK_OK(cluster_open(&argc, &argv));
    model_t model = small_model();
    char expected[33];

    checksum_alone(&model, expected);
    ranks_threads_and_order_leave_the_checksum(&model, expected);
    an_error_on_one_rank_is_everybodys(&model);
    model_release(&model);
    cluster_close();
    return 0;
}
