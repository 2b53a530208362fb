/* Group by group, each as a tally of its own (subgroups_view). */
#include "stats/adjusted.h"

#include <math.h>
#include <stdlib.h>

#include "expected/shares.h"
#include "stats/conceal.h"
#include "stats/subgroups.h"

bool adjusted_init(adjusted_t *a, const tally_t *tally, int32_t grouping)
{
    const model_grouping_t *g = &tally->model->groupings[grouping];

    *a = (adjusted_t){.tally = tally, .grouping = grouping, .share = calloc((size_t)g->n_groups + 1, sizeof *a->share)};
    if (!a->share || shares_of_groups(tally->model, g, a->share) != POPGX_OK) return false;
    for (int32_t k = 0; k < g->n_groups; k++) {
        const tally_t view = subgroups_view(tally, grouping, k);
        if (tally_is_concealed(&view) || (a->share[k] > 0 && view.sums[view.layout.people] < ADJUSTED_FEWEST)) return false;
    }
    return true;
}

void adjusted_release(adjusted_t *a)
{
    free(a->share);
    *a = (adjusted_t){0};
}

static void add(estimate_t *sum, double share, estimate_t x)
{
    sum->mean += share * x.mean;
    sum->se = hypot(sum->se, share * x.se);
}

/* ESTIMATE is of `view`. */
#define ADD_GROUPS(sum, a, ESTIMATE)                                                            \
    for (int32_t k_ = 0; k_ < (a)->tally->model->groupings[(a)->grouping].n_groups; k_++) {     \
        const tally_t view = subgroups_view((a)->tally, (a)->grouping, k_);                     \
        if ((a)->share[k_] > 0) add(&(sum), (a)->share[k_], ESTIMATE);                          \
    }

estimate_t adjusted_outcome(const adjusted_t *a, int32_t strategy, int32_t outcome)
{
    estimate_t sum = {0};
    ADD_GROUPS(sum, a, results_outcome(&view, strategy, outcome))
    return sum;
}

estimate_t adjusted_difference(const adjusted_t *a, int32_t strategy, int32_t comparator, int32_t outcome)
{
    estimate_t sum = {0};
    ADD_GROUPS(sum, a, results_difference(&view, strategy, comparator, outcome))
    return sum;
}

estimate_t adjusted_nmb_difference(const adjusted_t *a, int32_t strategy, int32_t comparator, double threshold)
{
    estimate_t sum = {0};
    ADD_GROUPS(sum, a, results_nmb_difference(&view, strategy, comparator, threshold))
    return sum;
}
