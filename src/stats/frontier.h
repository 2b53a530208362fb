/*
 * The efficiency frontier: which strategies are worth considering, at which incremental cost-effectiveness ratio.
 *
 * A strategy is dominated if another costs no more and is at least as good (of two that are equal, the later one).
 * It is extendedly dominated if a mixture of two others costs less for the same health: if it lies above the lower
 * convex hull of the remaining ones (Johannesson and Weinstein, J Health Econ 1993; 12: 459-467).
 */
#ifndef POPGX_STATS_FRONTIER_H
#define POPGX_STATS_FRONTIER_H

#include <stdint.h>

typedef enum { FRONTIER_ON, FRONTIER_DOMINATED, FRONTIER_EXTENDEDLY_DOMINATED } frontier_status_t;

typedef struct {
    int32_t strategy;
    frontier_status_t status;
    int32_t previous;   /* ON: the strategy before it on the frontier, or -1 for the first; else -1 */
    double icer;        /* ON and not the first: against `previous`; else NaN */
} frontier_entry_t;

/**
 * @param cost, effect  [n]: means of each strategy
 * @param[out] entries  [n]: in the order of cost, the better first if costs are equal
 */
void frontier_find(const double *cost, const double *effect, int32_t n, frontier_entry_t *entries);
#endif
