/* Groups the figures of a run by what they add up to; disclosure.c decides about each group. Reads results.h before anything is hidden there. */
#include "stats/conceal.h"

#include <stdlib.h>

#include "stats/results.h"

/* The figures of one group. */
typedef struct {
    const tally_t *tally;
    bool *marks;                /* [layout.n_sums]: what is found; the tally learns of it at the end, so that figures can be read until then */
    disclosure_t rule;
    double *people;             /* [n] */
    bool *hidden;               /* [n] */
    int32_t *place;             /* [n]: in the sums; MODEL_NONE: a figure that is shown by others */
    size_t n;
} group_t;

disclosure_t disclosure_of(const tally_t *tally, double minimum)
{
    return (disclosure_t){.minimum = minimum, .people = exact_value(tally->sums[tally->layout.people], 0), .imported = tally->model->settings.imported};
}

static popgx_err_t group_init(group_t *group, const tally_t *tally, double minimum)
{
    size_t most = 2;
    const model_t *m = tally->model;

    if (most < (size_t)m->n_cells) most = (size_t)m->n_cells;
    if (most < (size_t)m->n_moments) most = (size_t)m->n_moments;
    most += MODEL_MAX_LEVELS + 1;
    for (int32_t b = 0; b < m->n_branches; b++)
        if (most < (size_t)m->branches[b].table.width) most = (size_t)m->branches[b].table.width;
    *group = (group_t){.tally = tally, .rule = disclosure_of(tally, minimum)};
    group->marks = calloc((size_t)tally->layout.n_sums, sizeof *group->marks);
    group->people = calloc(most, sizeof *group->people);
    group->hidden = calloc(most, sizeof *group->hidden);
    group->place = calloc(most, sizeof *group->place);
    return group->marks && group->people && group->hidden && group->place ? POPGX_OK : FAIL(NOMEM, "no memory to look for figures about few people");
}

static void group_release(group_t *group)
{
    free(group->marks);
    free(group->people);
    free(group->hidden);
    free(group->place);
}

static void put(group_t *group, int32_t place, double people, bool is_hidden)
{
    group->people[group->n] = people;
    group->hidden[group->n] = is_hidden;
    group->place[group->n++] = place;
}

/* Ends the group. */
static void decide(group_t *group)
{
    disclosure_partition(&group->rule, group->n, group->people, group->hidden);
    for (size_t i = 0; i < group->n; i++)
        if (group->hidden[i] && group->place[i] != MODEL_NONE) group->marks[group->place[i]] = true;
    group->n = 0;
}

static double people_of(const group_t *group, estimate_t x) { return disclosure_people(&group->rule, x.mean, x.se); }

static void conceal_cells(group_t *group, int32_t s)
{
    const model_t *m = group->tally->model;

    for (int32_t o = 0; o < m->n_outcomes; o++) {
        const model_span_t cells = m->outcomes[o].cells;
        for (int32_t c = cells.first; cells.count > 1 && c < cells.first + cells.count; c++)
            put(group, group->tally->layout.cell + s * m->n_cells + c, people_of(group, results_cell(group->tally, s, c)), false);
        decide(group);
    }
}

/* Where one of its outcomes is that nothing happens, what the others add up to is shown nowhere. */
static void conceal_branch(group_t *group, int32_t s, const model_branch_t *branch)
{
    const model_t *m = group->tally->model;
    const int32_t first = group->tally->layout.events + s * m->n_moments, *outcomes = m->indices + branch->outcomes;

    for (int32_t i = 0; i < branch->table.width; i++)
        if (outcomes[i] == MODEL_NONE) return;
    for (int32_t i = 0; i < branch->table.width; i++)
        put(group, first + outcomes[i], people_of(group, results_events(group->tally, s, outcomes[i])), group->marks[first + outcomes[i]]);
    decide(group);
}

static void conceal_events(group_t *group, int32_t s)
{
    const model_t *m = group->tally->model;
    const int32_t first = group->tally->layout.events + s * m->n_moments;

    for (int32_t i = 0; i < m->n_moments; i++)
        group->marks[first + i] = disclosure_is_small(&group->rule, people_of(group, results_events(group->tally, s, i)));
    for (int32_t i = 0; i < m->n_moments; i++) {
        const model_moment_t *moment = &m->moments[i];
        if (moment->kind == MOMENT_CYCLE) continue; /* how many cycles there were is not shown */
        for (int32_t b = moment->branches.first; b < moment->branches.first + moment->branches.count; b++) conceal_branch(group, s, &m->branches[b]);
    }
}

static void put_levels(group_t *group, int32_t s, int32_t slot)
{
    const tally_t *tally = group->tally;
    const model_t *m = tally->model;
    const int32_t first = tally->layout.occupancy + s * tally_level_offset(m, m->n_slots) + tally_level_offset(m, slot);

    for (int32_t l = 0; l < m->slots[slot].level_names.count; l++) put(group, first + l, people_of(group, results_occupancy(tally, s, slot, l)), false);
}

/* The dead are in no state of other processes: these add up to the living, and if those are not shown, to everybody but the dead. */
static void conceal_states(group_t *group, int32_t s)
{
    const tally_t *tally = group->tally;
    const model_t *m = tally->model;
    const int32_t life = m->settings.life, dead = tally->layout.occupancy + s * tally_level_offset(m, m->n_slots) + tally_level_offset(m, life) + 1;
    const double n_dead = people_of(group, results_occupancy(tally, s, life, 1));

    put_levels(group, s, life);
    decide(group);
    for (int32_t k = m->settings.n_attributes; k < m->settings.n_attributes + m->settings.n_processes; k++) {
        if (k == life || !m->slots[k].is_reported) continue;
        put_levels(group, s, k);
        if (group->marks[dead]) put(group, MODEL_NONE, n_dead, true);
        decide(group);
    }
}

static void conceal_shares(group_t *group)
{
    const tally_t *tally = group->tally;
    const model_t *m = tally->model;

    for (int32_t k = 0; k < m->settings.n_attributes; k++) {
        for (int32_t l = 0; l < m->slots[k].level_names.count; l++)
            put(group, tally->layout.share + tally_level_offset(m, k) + l,
                disclosure_imported(&group->rule, people_of(group, results_share(tally, k, l))), false);
        decide(group);
    }
}

popgx_err_t tally_conceal(tally_t *tally, double minimum)
{
    group_t group = {0};
    popgx_err_t err;

    free(tally->hidden);
    tally->hidden = NULL;
    tally->disclosure = disclosure_of(tally, minimum);
    if (disclosure_is_off(&tally->disclosure)) return POPGX_OK;
    TRY(group_init(&group, tally, minimum));
    for (int32_t s = 0; s < tally->model->n_strategies; s++) {
        conceal_cells(&group, s);
        conceal_events(&group, s);
        conceal_states(&group, s);
    }
    conceal_shares(&group);
    for (int32_t i = 0; disclosure_is_small(&group.rule, group.rule.people) && i < tally->layout.n_sums; i++) group.marks[i] = true;
    tally->hidden = group.marks;
    group.marks = NULL;
out:
    group_release(&group);
    return err;
}
