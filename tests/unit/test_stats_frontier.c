/* The efficiency frontier on examples worked out by hand. */
#include <criterion/criterion.h>
#include <math.h>

#include "stats/frontier.h"

Test(frontier, one_strategy_is_its_own_frontier)
{
    frontier_entry_t e[1];
    frontier_find((double[]){5}, (double[]){1}, 1, e);
    cr_expect_eq(e[0].status, FRONTIER_ON);
    cr_expect_eq(e[0].previous, -1);
    cr_expect(isnan(e[0].icer));
}

/*
 *   effect   0    1    2    3    2.5
 *   cost     0   100  120  300   400       strategies 0..4
 * 4 costs more than 3 and is worse: dominated. 1 lies above the line from 0 to 2 (ratio 100 against 60): extendedly
 * dominated. Ratios along the frontier: (120 - 0) / 2 = 60, (300 - 120) / 1 = 180.
 */
Test(frontier, dominated_and_extendedly_dominated_strategies_are_left_out_of_the_ratios)
{
    const double cost[] = {0, 100, 120, 300, 400}, effect[] = {0, 1, 2, 3, 2.5};
    frontier_entry_t e[5];
    frontier_find(cost, effect, 5, e);
    for (int i = 0; i < 5; i++) cr_expect_eq(e[i].strategy, i);
    cr_expect_eq(e[1].status, FRONTIER_EXTENDEDLY_DOMINATED);
    cr_expect_eq(e[1].previous, -1);
    cr_expect(isnan(e[1].icer));
    cr_expect_eq(e[2].status, FRONTIER_ON);
    cr_expect_eq(e[2].previous, 0);
    cr_expect_eq(e[2].icer, 60);
    cr_expect_eq(e[3].previous, 2);
    cr_expect_eq(e[3].icer, 180);
    cr_expect_eq(e[4].status, FRONTIER_DOMINATED);
}

Test(frontier, entries_come_in_the_order_of_cost)
{
    const double cost[] = {30, 10, 20}, effect[] = {3, 1, 2.5};
    frontier_entry_t e[3];
    frontier_find(cost, effect, 3, e);
    cr_expect_eq(e[0].strategy, 1);
    cr_expect_eq(e[1].strategy, 2);
    cr_expect_eq(e[2].strategy, 0);
    cr_expect_eq(e[2].icer, 20); /* (30 - 20) / (3 - 2.5) */
}

Test(frontier, of_equals_the_first_stays_and_at_equal_cost_the_better_one)
{
    const double cost[] = {10, 10, 10, 20}, effect[] = {1, 2, 2, 3};
    frontier_entry_t e[4];
    frontier_find(cost, effect, 4, e);
    cr_expect_eq(e[0].strategy, 1);
    cr_expect_eq(e[0].status, FRONTIER_ON);
    cr_expect_eq(e[1].strategy, 2);
    cr_expect_eq(e[1].status, FRONTIER_DOMINATED);
    cr_expect_eq(e[2].strategy, 0);
    cr_expect_eq(e[2].status, FRONTIER_DOMINATED);
    cr_expect_eq(e[3].previous, 1);
}

/* On one line no mixture of the outer two costs less than the middle one. */
Test(frontier, a_strategy_on_the_line_between_two_others_is_on_the_frontier)
{
    frontier_entry_t e[3];
    frontier_find((double[]){0, 10, 20}, (double[]){0, 1, 2}, 3, e);
    cr_expect_eq(e[1].status, FRONTIER_ON);
    cr_expect_eq(e[2].previous, 1);
    cr_expect_eq(e[2].icer, 10);
}
