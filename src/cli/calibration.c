/*
 * What happened is in the sums of the groups; what the score said is not, so the people of the run are drawn once more. Given the people, the score is known,
 * and the error is that of what happened.
 */
#include "cli/calibration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cea_subgroups.h"
#include "cli/estimates.h"
#include "cli/json.h"
#include "cli/numbers.h"
#include "cli/redraw.h"
#include "core/memory.h"
#include "stats/subgroups.h"
#include "store/stored.h"

enum { SCORE_DECIMALS = 4 };

typedef struct {
    const answer_t *answer;
    const model_t *m;
    const model_grouping_t *g;
    int32_t grouping, strategy, moment;
    int32_t n_bands;            /* of the last axis, the score */
    double *score;              /* [n_groups]: sum over its people */
    uint64_t *people;           /* [n_groups] */
} page_t;

typedef struct {
    uint64_t people;
    double expected;            /* mean score */
    estimate_t observed;        /* occurrences per person */
} line_t;

/* ---- which ---- */

static const model_group_axis_t *axis_of(const page_t *page, int32_t a) { return &page->m->group_axes[page->g->axes.first + a]; }

static popgx_err_t check_axes(const page_t *page, const char *by)
{
    bool is_good = axis_of(page, page->g->axes.count - 1)->kind == GROUP_BAND;

    for (int32_t a = 0; a < page->g->axes.count; a++) is_good = is_good && (axis_of(page, a)->kind == GROUP_BAND || axis_of(page, a)->kind == GROUP_ATTRIBUTE);
    if (is_good) return POPGX_OK;
    return FAIL(INPUT, "--calibration '%s': name subgroups of attributes that end with bands of the score, such as 'ancestry x score at 0.1 0.2 0.3'", by);
}

static popgx_err_t find_moment(page_t *page, const char *event)
{
    page->moment = 0;
    while (event && page->moment < page->m->n_moments
           && (!model_is_recorded(page->m->moments[page->moment].kind) || strcmp(model_text(page->m, page->m->moments[page->moment].name), event) != 0)) page->moment++;
    if (!event) return FAIL(INPUT, "--calibration: --event says what the score foretells");
    return page->moment < page->m->n_moments ? POPGX_OK : FAIL(INPUT, "--event '%s': the model has no such event", event);
}

/* ---- people ---- */

static int32_t group_of(const page_t *page, const cohort_view_t *people, size_t i)
{
    int32_t group = 0;

    for (int32_t a = 0; a < page->g->axes.count; a++) {
        const model_group_axis_t *axis = axis_of(page, a);
        int32_t level = 0;
        if (axis->kind == GROUP_ATTRIBUTE) level = people->level[axis->index][i];
        for (int32_t k = 0; axis->kind == GROUP_BAND && k < axis->cuts.count; k++) level += page->m->reals[axis->cuts.first + k] <= people->number[axis->index][i];
        group += level * axis->stride;
    }
    return group;
}

static popgx_err_t add_people(void *context, const cohort_view_t *people)
{
    page_t *page = context;
    const int32_t score = axis_of(page, page->g->axes.count - 1)->index;

    for (size_t i = 0; i < people->n; i++) {
        const int32_t group = group_of(page, people, i);
        page->score[group] += people->number[score][i];
        page->people[group]++;
    }
    return POPGX_OK;
}

/* ---- lines ---- */

static line_t line_of(const page_t *page, int32_t group)
{
    const tally_t view = subgroups_view(&page->answer->tally, page->grouping, group);
    return (line_t){page->people[group], page->score[group] / (double)page->people[group], results_events(&view, page->strategy, page->moment)};
}

/* All bands of a group of people together: given who is in which. */
static line_t sum_of(const page_t *page, int32_t outer)
{
    line_t sum = {0};

    for (int32_t k = 0; k < page->n_bands; k++) sum.people += page->people[outer * page->n_bands + k];
    for (int32_t k = 0; k < page->n_bands; k++) {
        const int32_t group = outer * page->n_bands + k;
        if (page->people[group] == 0) continue;
        const line_t line = line_of(page, group);
        const double share = (double)line.people / (double)sum.people;
        sum.expected += share * line.expected;
        sum.observed.mean += share * line.observed.mean;
        sum.observed.se = hypot(sum.observed.se, share * line.observed.se);
    }
    return sum;
}

static estimate_t ratio_of(line_t line) { return (estimate_t){line.observed.mean / line.expected, line.observed.se / line.expected}; }

static void put_line(text_table_t *table, const char *name, line_t line)
{
    text_table_cell(table, "%s", name);
    text_table_cell(table, "%s", number_count(line.people).text);
    text_table_cell(table, "%s", number_grouped(line.expected, SCORE_DECIMALS).text);
    estimate_put(table, line.observed, SCORE_DECIMALS);
    estimate_put(table, ratio_of(line), SCORE_DECIMALS);
}

static void print_text(const page_t *page)
{
    text_table_t *table = text_table_new();

    printf("Calibration by %s: mean score, and how often `%s` happens per person under '%s'\n", model_text(page->m, page->g->name),
           model_text(page->m, page->m->moments[page->moment].name), model_strategy_name(page->m, page->strategy));
    text_table_column(table, ALIGN_LEFT, "group");
    text_table_column(table, ALIGN_RIGHT, "people");
    text_table_column(table, ALIGN_RIGHT, "expected");
    estimate_columns(table, "observed");
    estimate_columns(table, "observed / expected");
    for (int32_t group = 0; group < page->g->n_groups; group++) {
        char *name = subgroups_name(page->m, page->g, group);
        if (page->people[group] > 0) put_line(table, name, line_of(page, group));
        free(name);
        if (group % page->n_bands == page->n_bands - 1) {
            const line_t sum = sum_of(page, group / page->n_bands);
            if (sum.people > 0) put_line(table, "  all of these", sum);
        }
    }
    table_end(table, stdout);
}

static json_t *line_json(line_t line)
{
    return json_pack("{s:I, s:o, s:o, s:o}", "patients", (json_int_t)line.people, "expected", json_number(line.expected), "observed", estimate_json(line.observed),
                     "ratio", estimate_json(ratio_of(line)));
}

static popgx_err_t print_json(const page_t *page, const char *path)
{
    json_t *groups = json_array();

    for (int32_t group = 0; group < page->g->n_groups; group++) {
        char *name = subgroups_name(page->m, page->g, group);
        json_t *row = page->people[group] > 0 ? line_json(line_of(page, group)) : NULL;
        if (row) json_object_set_new(row, "group", json_string(name));
        if (row && group % page->n_bands == page->n_bands - 1) json_object_set_new(row, "all_bands", line_json(sum_of(page, group / page->n_bands)));
        if (row) json_array_append_new(groups, row);
        free(name);
    }
    return json_print(json_pack("{s:s, s:s, s:s, s:s, s:o}", "run", path, "by", model_text(page->m, page->g->name), "event",
                                model_text(page->m, page->m->moments[page->moment].name), "strategy", model_strategy_name(page->m, page->strategy), "groups", groups));
}

popgx_err_t calibration_print(const answer_t *answer, const char *path, const char *by, const char *event, const char *strategy, bool is_json)
{
    page_t page = {.answer = answer, .m = answer->model};
    popgx_err_t err;

    if (stored_manifest(answer->stored)->plan.parts > 0) TRY(FAIL(INPUT, "%s: is a part of a run: popgx merge joins the parts", path));
    TRY(subgroup_find(answer, path, by, &page.grouping));
    page.g = &page.m->groupings[page.grouping];
    TRY(check_axes(&page, by));
    TRY(find_moment(&page, event));
    page.strategy = strategy ? model_find_strategy(page.m, strategy) : 0;
    if (page.strategy == MODEL_NONE) TRY(FAIL(INPUT, "--reference '%s': the run has no such strategy", strategy));
    if (subgroup_is_any_hidden(answer, page.grouping)) TRY(FAIL(INPUT, "a group has too few people from a file: nothing is shown"));
    page.n_bands = axis_of(&page, page.g->axes.count - 1)->level_names.count;
    page.score = memory_resize(NULL, (size_t)page.g->n_groups, sizeof *page.score);
    page.people = memory_resize(NULL, (size_t)page.g->n_groups, sizeof *page.people);
    for (int32_t k = 0; k < page.g->n_groups; k++) page.score[k] = 0, page.people[k] = 0;
    TRY(redraw_people(answer, redraw_most(answer), add_people, &page));
    if (is_json) TRY(print_json(&page, path));
    else print_text(&page);
out:
    free(page.score);
    free(page.people);
    return err;
}
