/* People are a function of the run's seed and their ids, so none of them needs to have been stored. Memory is that of the people shown at a time. */
#include "cli/redraw.h"

#include "rng/keyed.h"
#include "store/stored.h"

enum { AT_ONCE = 2000 };

uint64_t redraw_most(const answer_t *answer) { return stored_manifest(answer->stored)->plan.patients; }

popgx_err_t redraw_people(const answer_t *answer, uint64_t n, redraw_visit_t *visit, void *context)
{
    const uint64_t key = rng_run_key(answer->seed, 0);
    cohort_t *cohort = NULL;
    popgx_err_t err;

    TRY(cohort_new(answer->model, AT_ONCE, &cohort));
    for (uint64_t first = 0; first < n; first += AT_ONCE) {
        const uint64_t rest = n - first;
        const cohort_view_t people = cohort_fill(cohort, key, first, rest < AT_ONCE ? (size_t)rest : AT_ONCE);
        TRY(visit(context, &people));
    }
out:
    cohort_free(cohort);
    return err;
}
