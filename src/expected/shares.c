/* Everybody at entry (people.c), by no more than the attributes that sort them. */
#include "expected/shares.h"

#include <stdlib.h>

#include "expected/kinds.h"

static popgx_err_t mark_attributes(const model_t *m, const model_grouping_t *g, bool *slots)
{
    for (int32_t a = 0; a < g->axes.count; a++) {
        const model_group_axis_t *axis = &m->group_axes[g->axes.first + a];
        if (axis->kind != GROUP_ATTRIBUTE) return FAIL(INPUT, "the shares of `%s` are known of attributes only", model_text(m, g->name));
        slots[axis->index] = true;
    }
    return POPGX_OK;
}

static int32_t group_of(const model_t *m, const model_grouping_t *g, const uint8_t *level)
{
    int32_t group = 0;

    for (int32_t a = 0; a < g->axes.count; a++) {
        const model_group_axis_t *axis = &m->group_axes[g->axes.first + a];
        group += level[axis->index] * axis->stride;
    }
    return group;
}

popgx_err_t shares_of_groups(const model_t *model, const model_grouping_t *grouping, double *share)
{
    popgx_err_t err = POPGX_OK;
    const kind_layout_t layout = kind_layout(model);
    bool *slots = calloc((size_t)model->n_slots + 1, sizeof *slots), *numbers = calloc((size_t)model->n_numbers + 1, sizeof *numbers);
    kinds_t people = kinds_new(&layout);
    one_person_t one = {0};

    if (!slots || !numbers) TRY(FAIL(NOMEM, "no memory for the shares of groups"));
    TRY(mark_attributes(model, grouping, slots));
    TRY(one_person_init(&one, &layout));
    TRY(people_make(model, slots, numbers, &one, &people));
    for (int32_t g = 0; g < grouping->n_groups; g++) share[g] = 0;
    for (size_t i = 0; i < people.n; i++) {
        unsigned char *kind = kind_at(&people, i);
        share[group_of(model, grouping, kind_levels(&layout, kind))] += *kind_probability(kind);
    }
out:
    kinds_release(&people);
    one_person_release(&one);
    free(slots);
    free(numbers);
    return err;
}
