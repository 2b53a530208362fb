/*
 * Puts the figures of a run together by what they add up to; disclosure.c decides about each set. Subgroups are tallies of their own, whose
 * figures add up to everybody's too. Reads results.h before anything is hidden there.
 */
#include "stats/conceal.h"

#include <math.h>
#include <stdlib.h>

#include "stats/results.h"
#include "stats/subgroups.h"

/* Figures that add up to one that is shown, and of whom. */
typedef struct {
    const tally_t *tally;
    bool *marks;                /* [layout.n_own]: what is found; the tally learns of it at the end, so that figures can be read until then */
    disclosure_t rule;
    double *people;             /* [n] */
    bool *hidden;               /* [n] */
    bool **mark;                /* [n]: where it is told; NULL: nowhere */
    size_t n;
    bool is_changed;            /* something was hidden that had not been before */
} set_t;

disclosure_t disclosure_of(const tally_t *tally, double minimum)
{
    return (disclosure_t){.minimum = minimum, .people = exact_value(tally->sums[tally->layout.people], 0), .imported = tally->model->settings.imported};
}

/* As many as the largest set has. */
static popgx_err_t set_init(set_t *set, const model_t *m)
{
    size_t most = (size_t)m->n_cells + (size_t)m->n_moments + MODEL_MAX_LEVELS + 1;

    for (int32_t b = 0; b < m->n_branches; b++)
        if (most < (size_t)m->branches[b].table.width) most = (size_t)m->branches[b].table.width;
    for (int32_t g = 0; g < m->n_groupings; g++)
        if (most < (size_t)m->groupings[g].n_groups) most = (size_t)m->groupings[g].n_groups;
    *set = (set_t){.people = calloc(most, sizeof *set->people), .hidden = calloc(most, sizeof *set->hidden), .mark = calloc(most, sizeof *set->mark)};
    return set->people && set->hidden && set->mark ? POPGX_OK : FAIL(NOMEM, "no memory to look for figures about few people");
}

static void set_release(set_t *set)
{
    free(set->people);
    free(set->hidden);
    free(set->mark);
}

static void put(set_t *set, double people, bool *mark)
{
    set->people[set->n] = people;
    set->hidden[set->n] = !mark || *mark;
    set->mark[set->n++] = mark;
}

/* Ends the set. */
static void decide(set_t *set)
{
    disclosure_partition(&set->rule, set->n, set->people, set->hidden);
    for (size_t i = 0; i < set->n; i++) {
        if (!set->hidden[i] || !set->mark[i]) continue;
        set->is_changed = set->is_changed || !*set->mark[i];
        *set->mark[i] = true;
    }
    set->n = 0;
}

/* ---- how many people a sum is about ---- */

static double people_of(const disclosure_t *rule, estimate_t x) { return disclosure_people(rule, x.mean, x.se); }

/* `place` is that of a cell, an event, a state or an attribute. */
static double people_at(const tally_t *tally, const disclosure_t *rule, int32_t place)
{
    const tally_layout_t *at = &tally->layout;
    const model_t *m = tally->model;

    if (place < at->cell_coarse) return people_of(rule, results_cell(tally, (place - at->cell) / m->n_cells, (place - at->cell) % m->n_cells));
    if (place < at->occupancy) return people_of(rule, results_events(tally, (place - at->events) / m->n_moments, (place - at->events) % m->n_moments));
    const double count = exact_value(tally->sums[place], 0);
    return place < at->share ? count : disclosure_imported(rule, count);
}

static void put_place(set_t *set, int32_t place) { put(set, people_at(set->tally, &set->rule, place), &set->marks[place]); }

/* ---- one tally: everybody's, or a group's ---- */

static void conceal_cells(set_t *set, int32_t s)
{
    const model_t *m = set->tally->model;

    for (int32_t o = 0; o < m->n_outcomes; o++) {
        const model_span_t cells = m->outcomes[o].cells;
        for (int32_t c = cells.first; cells.count > 1 && c < cells.first + cells.count; c++) put_place(set, set->tally->layout.cell + s * m->n_cells + c);
        decide(set);
    }
}

/* Where one of its outcomes is that nothing happens, what the others add up to is shown nowhere. */
static void conceal_branch(set_t *set, int32_t s, const model_branch_t *branch)
{
    const model_t *m = set->tally->model;
    const int32_t first = set->tally->layout.events + s * m->n_moments, *outcomes = m->indices + branch->outcomes;

    for (int32_t i = 0; i < branch->table.width; i++)
        if (outcomes[i] == MODEL_NONE) return;
    for (int32_t i = 0; i < branch->table.width; i++) put_place(set, first + outcomes[i]);
    decide(set);
}

static void conceal_events(set_t *set, int32_t s)
{
    const model_t *m = set->tally->model;
    const int32_t first = set->tally->layout.events + s * m->n_moments;

    for (int32_t i = 0; i < m->n_moments; i++)
        if (disclosure_is_small(&set->rule, people_at(set->tally, &set->rule, first + i))) set->marks[first + i] = true;
    for (int32_t i = 0; i < m->n_moments; i++) {
        const model_moment_t *moment = &m->moments[i];
        if (moment->kind == MOMENT_CYCLE) continue; /* how many cycles there were is not shown */
        for (int32_t b = moment->branches.first; b < moment->branches.first + moment->branches.count; b++) conceal_branch(set, s, &m->branches[b]);
    }
}

static void put_levels(set_t *set, int32_t first, int32_t slot)
{
    const model_t *m = set->tally->model;
    for (int32_t l = 0; l < m->slots[slot].level_names.count; l++) put_place(set, first + tally_level_offset(m, slot) + l);
}

/* The dead are in no state of other processes: these add up to the living, and if those are not shown, to everybody but the dead. */
static void conceal_states(set_t *set, int32_t s)
{
    const model_t *m = set->tally->model;
    const int32_t life = m->settings.life, first = set->tally->layout.occupancy + s * tally_level_offset(m, m->n_slots);
    const int32_t dead = first + tally_level_offset(m, life) + 1;

    put_levels(set, first, life);
    decide(set);
    for (int32_t k = m->settings.n_attributes; k < m->settings.n_attributes + m->settings.n_processes; k++) {
        if (k == life || !m->slots[k].is_reported) continue;
        put_levels(set, first, k);
        if (set->marks[dead]) put(set, people_at(set->tally, &set->rule, dead), NULL);
        decide(set);
    }
}

static void conceal_shares(set_t *set)
{
    for (int32_t k = 0; k < set->tally->model->settings.n_attributes; k++) {
        put_levels(set, set->tally->layout.share, k);
        decide(set);
    }
}

static void conceal_one(set_t *set, const tally_t *tally, bool *marks, disclosure_t rule)
{
    set->tally = tally;
    set->marks = marks;
    set->rule = rule;
    for (int32_t s = 0; s < tally->model->n_strategies; s++) {
        conceal_cells(set, s);
        conceal_events(set, s);
        conceal_states(set, s);
    }
    conceal_shares(set);
    for (int32_t i = 0; disclosure_is_small(&rule, disclosure_imported(&rule, rule.people)) && i < tally->layout.n_own; i++) marks[i] = true;
}

/* ---- subgroups ---- */

/* A grouping: its groups as tallies, and as many people of the file as a group has of those simulated. */
typedef struct {
    const tally_t *tally;
    int32_t grouping, n;
    bool *marks;                /* [n][layout.n_own] */
    disclosure_t rule;          /* of everybody */
} grouping_t;

static disclosure_t rule_of_group(const grouping_t *g, const tally_t *view)
{
    disclosure_t rule = disclosure_of(view, g->rule.minimum);

    rule.imported = fmax(disclosure_imported(&g->rule, rule.people), g->rule.minimum * 1e-9); /* 0 would be a group that nobody was imported into */
    return rule;
}

/* The groups themselves, and each of their figures: they add up to everybody's. */
static void conceal_across(set_t *set, const grouping_t *g, int32_t place)
{
    for (int32_t k = 0; k < g->n; k++) {
        const tally_t view = subgroups_view(g->tally, g->grouping, k);
        const disclosure_t rule = rule_of_group(g, &view);
        const double people = place == view.layout.people ? disclosure_imported(&g->rule, rule.people) : people_at(&view, &rule, place);
        put(set, people, &g->marks[k * g->tally->layout.n_own + place]);
    }
    set->rule = g->rule;
    decide(set);
}

static bool is_figure(const tally_layout_t *at, int32_t place)
{
    return place == at->people || (place >= at->cell && place < at->cell_coarse) || (place >= at->events && place < at->events_squared)
           || (place >= at->occupancy && place < at->perspective);
}

static bool is_any_hidden(const grouping_t *g, int32_t place)
{
    for (int32_t k = 0; k < g->n; k++)
        if (g->marks[k * g->tally->layout.n_own + place]) return true;
    return false;
}

/* What is hidden in one group for its own sake may have to be in another, and the other way round: until nothing more is. */
static void conceal_grouping(set_t *set, const grouping_t *g)
{
    const tally_layout_t *at = &g->tally->layout;

    conceal_across(set, g, at->people);
    do {
        set->is_changed = false;
        for (int32_t k = 0; k < g->n; k++) {
            const tally_t view = subgroups_view(g->tally, g->grouping, k);
            bool *marks = g->marks + k * at->n_own;
            for (int32_t i = 0; marks[at->people] && i < at->n_own; i++) marks[i] = true;
            if (!marks[at->people]) conceal_one(set, &view, marks, rule_of_group(g, &view));
        }
        for (int32_t i = 0; i < at->n_own; i++)
            if (is_figure(at, i) && is_any_hidden(g, i)) conceal_across(set, g, i);
    } while (set->is_changed);
}

popgx_err_t tally_conceal(tally_t *tally, double minimum)
{
    const tally_layout_t *at = &tally->layout;
    set_t set = {0};
    bool *marks = NULL;
    popgx_err_t err;

    free(tally->hidden);
    tally->hidden = NULL;
    tally->disclosure = disclosure_of(tally, minimum);
    if (disclosure_is_off(&tally->disclosure)) return POPGX_OK;
    TRY(set_init(&set, tally->model));
    marks = calloc((size_t)at->n_sums, sizeof *marks);
    if (!marks) TRY(FAIL(NOMEM, "no memory to look for figures about few people"));
    conceal_one(&set, tally, marks, tally->disclosure);
    for (int32_t g = 0; g < tally->model->n_groupings; g++)
        conceal_grouping(&set, &(grouping_t){.tally = tally, .grouping = g, .n = tally->model->groupings[g].n_groups, .rule = tally->disclosure,
                                             .marks = marks + at->groups + subgroups_first(tally->model, g) * at->n_own});
    tally->hidden = marks;
    marks = NULL;
out:
    set_release(&set);
    free(marks);
    return err;
}
