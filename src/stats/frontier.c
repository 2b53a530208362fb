/* A sort by cost and one pass per question; the number of strategies is small. */
#include "stats/frontier.h"

#include <math.h>
#include <stdbool.h>

static bool comes_first(const double *cost, const double *effect, int32_t a, int32_t b)
{
    if (cost[a] != cost[b]) return cost[a] < cost[b];
    if (effect[a] != effect[b]) return effect[a] > effect[b];
    return a < b;
}

static void sort_by_cost(const double *cost, const double *effect, int32_t n, frontier_entry_t *entries)
{
    for (int32_t i = 0; i < n; i++) {
        int32_t to = i;
        for (; to > 0 && comes_first(cost, effect, i, entries[to - 1].strategy); to--) entries[to] = entries[to - 1];
        entries[to] = (frontier_entry_t){.strategy = i, .status = FRONTIER_ON, .previous = -1, .icer = NAN};
    }
}

/* In the order of cost, whoever is no better than the best so far is dominated. */
static void mark_dominated(const double *effect, int32_t n, frontier_entry_t *entries)
{
    double best = n > 0 ? effect[entries[0].strategy] : 0;

    for (int32_t i = 1; i < n; i++) {
        double e = effect[entries[i].strategy];
        if (e > best) best = e;
        else entries[i].status = FRONTIER_DOMINATED;
    }
}

/* Whether t costs less than the line from s with this ratio, by more than the rounding of what the two cost. */
static bool is_below(const double *cost, const double *effect, int32_t s, int32_t t, double ratio)
{
    const double rise = ratio * (effect[t] - effect[s]), rounding = 1e-13 * (fabs(cost[s]) + fabs(cost[t]) + fabs(rise));
    return cost[t] - cost[s] < rise - rounding;
}

/* From each strategy on the frontier the next one is that with the smallest ratio, the nearest if several share it. */
static void mark_extended(const double *cost, const double *effect, int32_t n, frontier_entry_t *entries)
{
    int32_t from = 0;

    while (from < n) {
        int32_t next = n, s = entries[from].strategy;
        double smallest = INFINITY;
        for (int32_t i = from + 1; i < n; i++) {
            if (entries[i].status != FRONTIER_ON) continue;
            int32_t t = entries[i].strategy;
            double icer = (cost[t] - cost[s]) / (effect[t] - effect[s]);
            if (next < n && !is_below(cost, effect, s, t, smallest)) continue;
            smallest = icer;
            next = i;
        }
        for (int32_t i = from + 1; i < next; i++)
            if (entries[i].status == FRONTIER_ON) entries[i].status = FRONTIER_EXTENDEDLY_DOMINATED;
        if (next < n) {
            entries[next].previous = s;
            entries[next].icer = smallest;
        }
        from = next;
    }
}

void frontier_find(const double *cost, const double *effect, int32_t n, frontier_entry_t *entries)
{
    sort_by_cost(cost, effect, n, entries);
    mark_dominated(effect, n, entries);
    mark_extended(cost, effect, n, entries);
}
