/* Ranks agree, add exactly and share out the blocks. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "parallel/check.h"

static void the_launcher_is_recognised(void)
{
    const char *told = getenv("OMPI_COMM_WORLD_SIZE"); /* other launchers do not say; then only the rest is checked */
    int ranks_expected = told ? atoi(told) : cluster_ranks();

    CHECK(cluster_ranks() == ranks_expected);
    CHECK(cluster_rank() >= 0 && cluster_rank() < ranks_expected);
    CHECK(cluster_local_ranks() == ranks_expected); /* the tests run on one host */
}

static void all_ranks_agree_that_all_is_well(void) { CHECK(cluster_agree(POPGX_OK) == POPGX_OK); }

static void the_last_ranks_error_reaches_all_with_its_message(void)
{
    popgx_err_t mine = POPGX_OK;

    if (cluster_rank() == cluster_ranks() - 1) mine = FAIL(RANGE, "person 17 costs too much");
    CHECK(cluster_agree(mine) == POPGX_E_RANGE);
    CHECK(strcmp(popgx_err_detail(), "person 17 costs too much") == 0);
}

/* Every rank fails with RANGE, those from 1 on with the worse STOPPED: rank 1 is the lowest that has the worst. */
static void the_worst_error_wins_and_the_lowest_rank_tells_it(void)
{
    popgx_err_t mine = cluster_rank() == 0 ? FAIL(RANGE, "rank 0") : FAIL(STOPPED, "rank %d", cluster_rank());
    bool alone = cluster_ranks() == 1;

    CHECK(cluster_agree(mine) == (alone ? POPGX_E_RANGE : POPGX_E_STOPPED));
    CHECK(strcmp(popgx_err_detail(), alone ? "rank 0" : "rank 1") == 0);
}

static void bytes_of_rank_0_reach_all(size_t n)
{
    unsigned char *bytes = NULL;
    size_t n_bytes = 0;

    if (cluster_rank() == 0) {
        bytes = malloc(n ? n : 1);
        CHECK(bytes);
        for (size_t i = 0; i < n; i++) bytes[i] = (unsigned char)(i * 7);
        n_bytes = n;
    }
    CHECK_OK(cluster_broadcast(&bytes, &n_bytes));
    CHECK(n_bytes == n);
    for (size_t i = 0; i < n; i++) CHECK(bytes[i] == (unsigned char)(i * 7));
    free(bytes);
}

/* Rank r contributes (r + 1) * (2^70 * i - 3); more items than one message holds. */
static void sums_of_128_bits_are_exact(void)
{
    enum { N = 70000 };
    exact_sum_t *sums = malloc(N * sizeof *sums), weight = 0;

    CHECK(sums);
    for (int i = 0; i < N; i++) sums[i] = (cluster_rank() + 1) * (((exact_sum_t)i << 70) - 3);
    CHECK_OK(cluster_add(sums, N));
    for (int r = 0; r < cluster_ranks(); r++) weight += r + 1;
    for (int i = 0; i < N; i++) CHECK(sums[i] == weight * (((exact_sum_t)i << 70) - 3));
    free(sums);
}

static void counts_add_and_the_largest_is_found(void)
{
    uint64_t counts[2] = {1, (uint64_t)cluster_rank()}, ranks = (uint64_t)cluster_ranks(), most = (uint64_t)(10 - cluster_rank());

    CHECK_OK(cluster_add_counts(counts, 2));
    CHECK(counts[0] == ranks);
    CHECK(counts[1] == ranks * (ranks - 1) / 2);
    CHECK_OK(cluster_most(&most));
    CHECK(most == 10); /* rank 0's */
}

static void work(int milliseconds)
{
    const struct timespec pause = {.tv_nsec = milliseconds * 1000000L};
    nanosleep(&pause, NULL);
}

/* The last rank is slow, so the shares differ from run to run; what was handed out must not. */
static void every_block_is_handed_out_once(uint64_t n_blocks, uint64_t least)
{
    uint64_t *times = calloc(n_blocks, sizeof *times);
    block_source_t *source = NULL;
    block_range_t range;

    CHECK(times);
    CHECK_OK(blocks_open(n_blocks, least, &source));
    for (;;) {
        CHECK_OK(blocks_next(source, &range));
        if (range.count == 0) break;
        CHECK(range.count >= least || range.first + range.count == n_blocks);
        CHECK(range.first + range.count <= n_blocks);
        for (uint64_t b = 0; b < range.count; b++) times[range.first + b]++;
        if (cluster_rank() == cluster_ranks() - 1) work(2);
    }
    CHECK_OK(blocks_next(source, &range)); /* asking again is allowed */
    CHECK(range.count == 0);
    CHECK(!blocks_is_stopped(source));
    CHECK(blocks_taken(source) <= n_blocks);
    CHECK(cluster_rank() == 0 ? n_blocks == 1 || blocks_taken(source) > 0 : blocks_taken(source) == 0);
    CHECK(cluster_ranks() > 1 || blocks_taken(source) == n_blocks);
    blocks_close(source);
    CHECK_OK(cluster_add_counts(times, n_blocks));
    for (uint64_t b = 0; b < n_blocks; b++) CHECK(times[b] == 1);
    free(times);
}

/* The last rank asks to stop at once; all see it, and most of the blocks are never handed out. */
static void a_stop_reaches_every_rank(void)
{
    const uint64_t n_blocks = 1000000;
    uint64_t taken[1] = {0};
    block_source_t *source = NULL;
    block_range_t range;

    CHECK_OK(blocks_open(n_blocks, 1, &source));
    if (cluster_rank() == cluster_ranks() - 1) blocks_stop(source);
    while (!blocks_is_stopped(source)) work(1);
    do {
        CHECK_OK(blocks_next(source, &range));
        taken[0] += range.count;
    } while (range.count > 0);
    blocks_close(source);
    CHECK_OK(cluster_add_counts(taken, 1));
    CHECK(taken[0] < n_blocks); /* at most two shares a rank, each at most 1 / (4 ranks) of all */
}

/* A rank that fails closes without having used what it asked for; nobody may hang. */
static void a_rank_may_close_early(void)
{
    block_source_t *source = NULL;
    block_range_t range = {.count = 1};

    CHECK_OK(blocks_open(1000, 1, &source));
    while (cluster_rank() != 0 && range.count > 0) CHECK_OK(blocks_next(source, &range));
    blocks_close(source);
}

int main(int argc, char **argv)
{
    if (cluster_open(&argc, &argv)) {
        fprintf(stderr, "%s\n", popgx_err_detail());
        return 1;
    }
    the_launcher_is_recognised();
    all_ranks_agree_that_all_is_well();
    the_last_ranks_error_reaches_all_with_its_message();
    the_worst_error_wins_and_the_lowest_rank_tells_it();
    bytes_of_rank_0_reach_all(0);
    bytes_of_rank_0_reach_all(1000003);
    sums_of_128_bits_are_exact();
    counts_add_and_the_largest_is_found();
    every_block_is_handed_out_once(1, 1);
    every_block_is_handed_out_once(5000, 3);
    a_stop_reaches_every_rank();
    a_rank_may_close_early();
    cluster_close();
    return 0;
}
