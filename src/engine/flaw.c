/* What is said of a value that a life cannot go on with. */
#include "engine/engine.h"

popgx_err_t engine_flaw_check(const engine_flaw_t *flaw, const model_t *m, const cohort_view_t *people)
{
    if (!flaw->what) return POPGX_OK;
    return FAIL(RANGE, "person %llu, minute %d: `%s` is %g, which is no %s", (unsigned long long)(people->first_id + flaw->person), flaw->minute,
                model_text(m, m->programs[flaw->formula - 1].text), flaw->value, flaw->what);
}
