/* The policy by which blocks are shared out, under simulated ranks of unequal speed, and the source of a single rank. */
#include <criterion/criterion.h>

#include "cluster/guided.h"

Test(guided, a_share_is_a_quarter_of_an_even_split_of_what_remains)
{
    guided_t guided = {.n_blocks = 800, .ranks = 2};

    block_range_t first = guided_take(&guided, 1);
    cr_assert_eq(first.first, 0);
    cr_assert_eq(first.count, 100);     /* 800 / 8 */
    block_range_t second = guided_take(&guided, 1);
    cr_assert_eq(second.first, 100);
    cr_assert_eq(second.count, 87);     /* 700 / 8 = 87.5 */
}

Test(guided, a_share_is_at_least_what_is_asked_for_and_at_most_what_remains)
{
    guided_t guided = {.n_blocks = 10, .ranks = 2};

    cr_assert_eq(guided_take(&guided, 8).count, 8);
    cr_assert_eq(guided_take(&guided, 8).count, 2);
    cr_assert_eq(guided_take(&guided, 8).count, 0);
    cr_assert_eq(guided_take(&guided, 8).count, 0);
}

/* Eight ranks, the last one at half speed; whoever is free earliest asks next. The even end is at 100000 / 7.5 = 13333
 * time units. Nobody may end later than the slow rank's last share of 2 blocks (4 units) after that, give or take a share. */
Test(guided, ranks_of_unequal_speed_finish_together)
{
    enum { RANKS = 8, SLOW = 2 };
    guided_t guided = {.n_blocks = 100000, .ranks = RANKS};
    uint64_t free_at[RANKS] = {0}, requests = 0, done = 0;

    for (;;) {
        int rank = 0;
        for (int r = 1; r < RANKS; r++)
            if (free_at[r] < free_at[rank]) rank = r;
        block_range_t range = guided_take(&guided, 2);
        if (range.count == 0) break;
        cr_assert_eq(range.first, done);
        done += range.count;
        free_at[rank] += range.count * (rank == RANKS - 1 ? SLOW : 1);
        requests++;
    }
    cr_assert_eq(done, 100000);
    cr_assert_lt(requests, 500, "%llu requests for 100000 blocks", (unsigned long long)requests);
    for (int r = 0; r < RANKS; r++) {
        cr_assert_geq(free_at[r], 13333 - 8, "rank %d ends at %llu", r, (unsigned long long)free_at[r]);
        cr_assert_leq(free_at[r], 13333 + 8, "rank %d ends at %llu", r, (unsigned long long)free_at[r]);
    }
}

Test(blocks, one_rank_gets_every_block_once_and_in_order)
{
    block_source_t *source = NULL;
    block_range_t range;
    uint64_t next = 0;

    cr_assert_eq(blocks_open(1003, 4, &source), POPGX_OK);
    for (;;) {
        cr_assert_eq(blocks_next(source, &range), POPGX_OK);
        if (range.count == 0) break;
        cr_assert_eq(range.first, next);
        next += range.count;
        cr_assert_eq(blocks_taken(source), next);
    }
    cr_assert_eq(next, 1003);
    blocks_close(source);
}

Test(blocks, after_a_stop_there_are_no_more)
{
    block_source_t *source = NULL;
    block_range_t range;

    cr_assert_eq(blocks_open(1003, 4, &source), POPGX_OK);
    cr_assert(!blocks_is_stopped(source));
    blocks_stop(source);
    cr_assert(blocks_is_stopped(source));
    cr_assert_eq(blocks_next(source, &range), POPGX_OK);
    cr_assert_eq(range.count, 0);
    blocks_close(source);
}

Test(cluster, without_a_launcher_there_is_one_rank)
{
    int argc = 1;
    char name[] = "popgx", *arguments[] = {name, NULL}, **argv = arguments;

    cr_assert_eq(cluster_open(&argc, &argv), POPGX_OK);
    cr_assert_eq(cluster_rank(), 0);
    cr_assert_eq(cluster_ranks(), 1);
    cr_assert_eq(cluster_local_ranks(), 1);
    cr_assert_eq(cluster_agree(FAIL(IO, "no disk")), POPGX_E_IO);
    cr_assert_str_eq(popgx_err_detail(), "no disk");
    cluster_close();
}
