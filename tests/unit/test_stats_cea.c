/* Decision problems worked out by hand: who is dominated, ratios and their intervals, net benefits. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "stats/cea.h"

enum { MOST = 6 };

/* cost, QALYs; statuses and ratios are in the order of cost: `O` on the frontier, `d` dominated, `e` extendedly dominated. */
typedef struct {
    const char *what;
    int32_t n;
    double cost[MOST], qaly[MOST];
    int32_t order[MOST];
    const char *status;
    double icer[MOST];          /* of those on the frontier but the first */
} problem_t;

static const problem_t problems[] = {
    {"one strategy", 1, {5}, {1}, {0}, "O", {0}},
    {"better and dearer", 2, {100, 300}, {1, 1.5}, {0, 1}, "OO", {0, 400}},
    {"better and cheaper is dominant", 2, {300, 100}, {1, 1.5}, {1, 0}, "Od", {0}},
    {"worse and dearer is dominated", 2, {100, 300}, {1.5, 1}, {0, 1}, "Od", {0}},
    {"as good and dearer is dominated", 2, {100, 300}, {1, 1}, {0, 1}, "Od", {0}},
    {"better at the same cost", 2, {100, 100}, {1, 2}, {1, 0}, "Od", {0}},
    {"the same twice: the first stays", 2, {100, 100}, {1, 1}, {0, 1}, "Od", {0}},
    {"a mixture of A and C is cheaper than B", 3, {0, 600, 800}, {0, 1, 2}, {0, 1, 2}, "OeO", {0, 0, 400}},
    {"on the line between two is not dominated", 3, {0, 400, 800}, {0, 1, 2}, {0, 1, 2}, "OOO", {0, 400, 400}},
    {"rising ratios", 4, {0, 100, 300, 700}, {0, 1, 2, 3}, {0, 1, 2, 3}, "OOOO", {0, 100, 200, 400}},
    {"dominance before extended dominance", 4, {0, 500, 550, 600}, {0, 1, 0.9, 1.5}, {0, 1, 2, 3}, "OedO", {0, 0, 0, 400}},
    {"two in a row are extendedly dominated", 4, {0, 500, 900, 1000}, {0, 1, 1.5, 4}, {0, 1, 2, 3}, "OeeO", {0, 0, 0, 250}},
    {"negative costs and QALYs", 3, {-500, -100, 100}, {-2, -1, -0.5}, {0, 1, 2}, "OOO", {0, 400, 400}},
    {"cheaper and worse is on the frontier", 2, {500, 100}, {2, 1}, {1, 0}, "OO", {0, 400}},
    {"saving at a ratio below 0 is dominance, never a ratio", 2, {0, -700}, {1, 3}, {1, 0}, "Od", {0}},
    /* From A: 500, 300, 500, 400 per QALY; from C: 900, 500. */
    {"leaving one out leaves out the next: a chain", 5, {0, 500, 600, 1500, 1600}, {0, 1, 2, 3, 4}, {0, 1, 2, 3, 4}, "OeOeO", {0, 0, 300, 0, 500}},
    /* From A: 190, 185, 153.3, 124.75, 100: each falls to the next, until one is left. */
    {"a long chain ends at the last one alone", 6, {0, 190, 370, 460, 499, 500}, {0, 1, 2, 3, 4, 5}, {0, 1, 2, 3, 4, 5}, "OeeeeO", {0, 0, 0, 0, 0, 100}},
    /* D dominates B and C; from A: 90 to D, 75 to E. */
    {"the dominated bend no line", 5, {0, 100, 200, 90, 150}, {0, 0.5, 1, 1, 2}, {0, 3, 1, 4, 2}, "OedOd", {0, 0, 0, 75, 0}},
    {"four quadrants around the first", 5, {0, 10, 10, -10, -10}, {0, 1, -1, 1, -1}, {3, 4, 0, 1, 2}, "Odddd", {0}},
    {"three quadrants: what costs less for less stays", 4, {0, 10, 10, -10}, {0, 1, -1, -2}, {3, 0, 1, 2}, "OOOd", {0, 5, 10, 0}},
    {"as cheap: the best of three", 3, {7, 7, 7}, {1, 3, 2}, {1, 2, 0}, "Odd", {0}},
    {"as good: the cheapest of three", 3, {9, 7, 8}, {2, 2, 2}, {1, 2, 0}, "Odd", {0}},
    {"all the same: the first", 3, {7, 7, 7}, {2, 2, 2}, {0, 1, 2}, "Odd", {0}},
    {"twins on the frontier: the first of them", 4, {0, 100, 100, 300}, {0, 1, 1, 2}, {0, 1, 2, 3}, "OOdO", {0, 100, 0, 200}},
    {"twins above the line", 4, {0, 100, 100, 120}, {0, 1, 1, 2}, {0, 1, 2, 3}, "OedO", {0, 0, 0, 60}},
    {"the same ratio in tenths, which no double holds", 4, {0, 0.1, 0.2, 0.3}, {0, 1, 2, 3}, {0, 1, 2, 3}, "OOOO", {0, 0.1, 0.1, 0.1}},
    {"more health for nothing", 3, {100, 100, 300}, {0, 1, 2}, {1, 0, 2}, "OdO", {0, 0, 200}},
};

static cea_t exact(const problem_t *p)
{
    cea_t cea;

    cr_assert_eq(cea_init(&cea, p->n), POPGX_OK);
    memcpy(cea.cost, p->cost, (size_t)p->n * sizeof(double));
    memcpy(cea.qaly, p->qaly, (size_t)p->n * sizeof(double));
    return cea;
}

Test(cea, frontiers_are_those_worked_out_by_hand)
{
    static const char letters[] = {[FRONTIER_ON] = 'O', [FRONTIER_DOMINATED] = 'd', [FRONTIER_EXTENDEDLY_DOMINATED] = 'e'};

    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++) {
        const problem_t *p = &problems[i];
        cea_t cea = exact(p);
        frontier_entry_t entries[MOST];
        bool is_first = true;
        cea_frontier(&cea, entries);
        for (int32_t k = 0; k < p->n; k++) {
            cr_expect_eq(entries[k].strategy, p->order[k], "%s: %d comes at place %d", p->what, entries[k].strategy, k);
            cr_expect_eq(letters[entries[k].status], p->status[k], "%s: place %d is %c", p->what, k, letters[entries[k].status]);
            if (p->status[k] == 'O' && !is_first) cr_expect_float_eq(entries[k].icer, p->icer[k], 1e-9, "%s: %g", p->what, entries[k].icer);
            if (p->status[k] == 'O') is_first = false;
        }
        cea_release(&cea);
    }
}

Test(cea, a_comparison_says_a_ratio_only_where_it_means_something)
{
    const struct { double dcost, dqaly; verdict_t verdict; double icer; } cases[] = {
        {0, 0, VERDICT_SAME, NAN},        {-1, 0, VERDICT_DOMINANT, NAN}, {0, 1, VERDICT_DOMINANT, 0},  {-5, 1, VERDICT_DOMINANT, -5},
        {1, 0, VERDICT_DOMINATED, NAN},   {0, -1, VERDICT_DOMINATED, 0},  {4, -2, VERDICT_DOMINATED, -2},
        {6, 2, VERDICT_COSTS_MORE, 3},    {-6, -2, VERDICT_SAVES, 3},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cea_t cea = exact(&(problem_t){.n = 2, .cost = {10, 10 + cases[i].dcost}, .qaly = {20, 20 + cases[i].dqaly}});
        icer_t icer = cea_icer(&cea, 1, 0);
        cr_expect_eq(cea_verdict(&cea, 1, 0), cases[i].verdict, "case %zu", i);
        cr_expect(isnan(cases[i].icer) ? isnan(icer.icer) : fabs(icer.icer - cases[i].icer) < 1e-12, "case %zu: %g", i, icer.icer);
        cr_expect_eq(icer.kind, INTERVAL_NONE, "no error, no interval");
        cea_release(&cea);
    }
}

/* Strategy 0 is known exactly. */
static cea_t uncertain(double cost, double qaly, double cost_se, double qaly_se, double correlation)
{
    cea_t cea = exact(&(problem_t){.n = 2, .cost = {0, cost}, .qaly = {0, qaly}});

    cea.cost_error[3] = cost_se * cost_se;
    cea.qaly_error[3] = qaly_se * qaly_se;
    cea.cross_error[3] = correlation * cost_se * qaly_se;
    return cea;
}

Test(cea, ratios_in_fiellers_interval_are_those_that_are_not_refuted)
{
    const struct { double cost, qaly, cost_se, qaly_se, correlation; interval_kind_t kind; } cases[] = {
        {1000, 1, 100, 0.1, 0, INTERVAL_BOUNDED},  {1000, 1, 100, 0.1, 0.7, INTERVAL_BOUNDED}, {-1000, -1, 100, 0.1, 0.3, INTERVAL_BOUNDED},
        {1000, 0.1, 100, 0.1, 0, INTERVAL_OUTSIDE}, {10, 0.1, 100, 0.1, 0, INTERVAL_ALL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cea_t cea = uncertain(cases[i].cost, cases[i].qaly, cases[i].cost_se, cases[i].qaly_se, cases[i].correlation);
        icer_t icer = cea_icer(&cea, 1, 0);
        cr_expect_eq(icer.kind, cases[i].kind, "case %zu: %d", i, (int)icer.kind);
        for (int end = 0; end < 2 && icer.kind != INTERVAL_ALL; end++) {    /* at the ends the net benefit is 1.96 errors from 0 */
            estimate_t nmb = cea_nmb(&cea, 1, 0, end ? icer.high : icer.low);
            cr_expect_float_eq(fabs(nmb.mean) / nmb.se, 1.959964, 1e-5, "case %zu", i);
        }
        cea_release(&cea);
    }
}

Test(cea, net_benefits_and_their_errors)
{
    cea_t cea = uncertain(300, 0.5, 30, 0.05, 0.4);
    estimate_t nmb = cea_nmb(&cea, 1, 0, 1000), nhb = cea_nhb(&cea, 1, 0, 1000);

    cr_expect_float_eq(nmb.mean, 200, 1e-9);
    cr_expect_float_eq(nmb.se, sqrt(50 * 50 + 30 * 30 - 2 * 0.4 * 50 * 30), 1e-9);
    cr_expect_float_eq(nhb.mean, 0.2, 1e-12);
    cr_expect_float_eq(nhb.se, nmb.se / 1000, 1e-12);
    cr_expect_eq(cea_best(&cea, 1000), 1);
    cr_expect_eq(cea_best(&cea, 500), 0);
    cr_expect_eq(cea_best(&cea, 600), 0, "of equal ones the first");
    cea_release(&cea);
}
