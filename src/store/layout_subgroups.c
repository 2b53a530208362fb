/* /results/subgroups: the results of every group that the model asks for. Not there if it asks for none. */
#include <stdlib.h>

#include "stats/subgroups.h"
#include "store/layout.h"
#include "store/layout_rows.h"

#define FIELDS_GROUP {"grouping", FIELD_TEXT, "as it was asked for"}, {"group", FIELD_TEXT, "levels of what the grouping names, in its order"}
#define FIELDS_ESTIMATE {"mean", FIELD_REAL, "per patient of the group"}, {"se", FIELD_REAL, "Monte Carlo standard error of the mean"}

/* One group after the other; names are kept until the tables are written. */
typedef struct {
    const tally_t *tally;
    const model_t *m;
    char **names;               /* [n_groups] */
    int32_t grouping, group, index;
    tally_t view;
} walk_t;

static bool next_group(walk_t *walk)
{
    if (walk->index >= 0) walk->group++;
    walk->index++;
    if (walk->index == walk->tally->layout.n_groups) return false;
    if (walk->group == walk->m->groupings[walk->grouping].n_groups) {
        walk->grouping++;
        walk->group = 0;
    }
    walk->view = subgroups_view(walk->tally, walk->grouping, walk->group);
    return true;
}

static void rewind_groups(walk_t *walk)
{
    walk->grouping = walk->group = 0;
    walk->index = -1;
}

static void put_group(table_t *table, const walk_t *walk)
{
    table_text(table, model_text(walk->m, walk->m->groupings[walk->grouping].name));
    table_text(table, walk->names[walk->index]);
}

static popgx_err_t write_people(h5_file_t *file, walk_t *walk)
{
    static const table_field_t fields[] = {FIELDS_GROUP, {"patients", FIELD_COUNT, "how many are in the group"}, {0}};
    table_t *table = table_new(fields);

    for (rewind_groups(walk); next_group(walk);) {
        put_group(table, walk);
        table_count(table, (uint64_t)walk->view.sums[walk->view.layout.people]);
    }
    return table_finish(table, file, "/results/subgroups/people", "", "the groups; those of a grouping add up to everybody");
}

static popgx_err_t write_outcomes(h5_file_t *file, walk_t *walk)
{
    static const table_field_t fields[] = {FIELDS_GROUP, FIELD_STRATEGY, FIELD_OUTCOME, FIELD_UNIT, FIELDS_ESTIMATE, {0}};
    const model_t *m = walk->m;
    table_t *table = table_new(fields);

    for (rewind_groups(walk); next_group(walk);)
        for (int32_t s = 0; s < m->n_strategies; s++)
            for (int32_t o = 0; o < m->n_outcomes; o++) {
                put_group(table, walk);
                put_outcome(table, &walk->view, s, o);
            }
    return table_finish(table, file, "/results/subgroups/outcomes", "column unit", "as /results/outcomes, by group");
}

static popgx_err_t write_cells(h5_file_t *file, walk_t *walk)
{
    static const table_field_t fields[] = {FIELDS_GROUP, FIELD_STRATEGY, FIELD_OUTCOME, FIELD_CELL, FIELD_UNIT, FIELDS_ESTIMATE, {0}};
    const model_t *m = walk->m;
    table_t *table = table_new(fields);

    for (rewind_groups(walk); next_group(walk);)
        for (int32_t s = 0; s < m->n_strategies; s++)
            for (int32_t c = 0; c < m->n_cells; c++) {
                put_group(table, walk);
                put_cell(table, &walk->view, s, c);
            }
    return table_finish(table, file, "/results/subgroups/cells", "column unit", "as /results/cells, by group");
}

static popgx_err_t write_events(h5_file_t *file, walk_t *walk)
{
    static const table_field_t fields[] = {FIELDS_GROUP, FIELD_STRATEGY, FIELD_EVENT, FIELDS_ESTIMATE, {0}};
    const model_t *m = walk->m;
    table_t *table = table_new(fields);

    for (rewind_groups(walk); next_group(walk);)
        for (int32_t s = 0; s < m->n_strategies; s++)
            for (int32_t e = 0; e < m->n_moments; e++) {
                if (!model_is_recorded(m->moments[e].kind)) continue;
                put_group(table, walk);
                put_event(table, &walk->view, s, e);
            }
    return table_finish(table, file, "/results/subgroups/events", "occurrences per patient", "as /results/events, by group");
}

static popgx_err_t write_differences(h5_file_t *file, walk_t *walk)
{
    static const table_field_t fields[] = {FIELDS_GROUP, FIELD_STRATEGY, FIELD_COMPARATOR, FIELD_OUTCOME, FIELD_UNIT, FIELDS_ESTIMATE, {0}};
    const model_t *m = walk->m;
    table_t *table = table_new(fields);

    for (rewind_groups(walk); next_group(walk);)
        for (int32_t s = 0; s < m->n_strategies; s++)
            for (int32_t t = 0; t < m->n_strategies; t++)
                for (int32_t o = 0; s != t && o < m->n_outcomes; o++) {
                    put_group(table, walk);
                    put_difference(table, &walk->view, s, t, o);
                }
    return table_finish(table, file, "/results/subgroups/differences", "column unit", "as /results/differences, by group");
}

popgx_err_t layout_subgroups(h5_file_t *file, const tally_t *tally)
{
    popgx_err_t err;
    walk_t walk = {.tally = tally, .m = tally->model};

    if (tally->layout.n_groups == 0) return POPGX_OK;
    walk.names = calloc((size_t)tally->layout.n_groups, sizeof *walk.names);
    if (!walk.names) return FAIL(NOMEM, "out of memory for the names of subgroups");
    for (int32_t g = 0, at = 0; g < walk.m->n_groupings; g++)
        for (int32_t k = 0; k < walk.m->groupings[g].n_groups; k++) walk.names[at++] = subgroups_name(walk.m, &walk.m->groupings[g], k);
    TRY(h5_group(file, "/results/subgroups"));
    TRY(write_people(file, &walk));
    TRY(write_outcomes(file, &walk));
    TRY(write_cells(file, &walk));
    TRY(write_events(file, &walk));
    TRY(write_differences(file, &walk));
out:
    for (int32_t i = 0; i < tally->layout.n_groups; i++) free(walk.names[i]);
    free(walk.names);
    return err;
}
