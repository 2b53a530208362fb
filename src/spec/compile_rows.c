/*
 * Rows of quantiles that have been worked out: a list, newest first, whose tail may be another compiler's and is only read.
 */
#include <string.h>

#include "rng/keyed.h"
#include "spec/compile_distributions.h"

struct quantile_rows {
    uncertain_t law;
    const double *row;
    const struct quantile_rows *older;
};

static bool is_same(const uncertain_t *a, const uncertain_t *b)
{
    return a->kind == b->kind && a->a == b->a && a->b == b->b && a->c == b->c && a->scale == b->scale && a->low == b->low && a->high == b->high;
}

static void work_out(const uncertain_t *law, double *row)
{
    for (int32_t k = 0; k < DISTRIBUTION_NODES; k++)
        row[k] = uncertain_quantile(law, normal_cdf(DISTRIBUTION_FARTHEST * (2.0 * k / (DISTRIBUTION_NODES - 1) - 1)));
}

void compile_quantile_row(compiler_t *c, const uncertain_t *law, double *row)
{
    const struct quantile_rows *known = c->quantile_rows;

    while (known && !is_same(&known->law, law)) known = known->older;
    if (!known) {
        struct quantile_rows *new = arena_take(c->arena, 1, sizeof *new);
        double *kept = arena_take(c->arena, DISTRIBUTION_NODES, sizeof *kept);
        work_out(law, kept);
        *new = (struct quantile_rows){*law, kept, c->quantile_rows};
        known = c->quantile_rows = new;
    }
    memcpy(row, known->row, DISTRIBUTION_NODES * sizeof *row);
}
