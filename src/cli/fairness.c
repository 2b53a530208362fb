/*
 * Reads a grouping whose last two axes are what a test showed and what is true as a table of calls for every combination of the axes before them.
 * Who has no result (died before it came, or it failed) counts for neither. Health and money that misclassification loses are the paired
 * differences to a perfect test, of all people of the group.
 */
#include "cli/fairness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cea_subgroups.h"
#include "cli/estimates.h"
#include "cli/json.h"
#include "cli/numbers.h"
#include "core/memory.h"
#include "stats/subgroups.h"

typedef struct {
    const answer_t *answer;
    const model_t *m;
    int32_t grouping, n_shown, n_true, n_outer; /* n_shown: `unknown` included */
    const model_grouping_t *g;
    int32_t perfect;            /* MODEL_NONE: no comparison */
} page_t;

static const model_group_axis_t *axis_of(const page_t *page, int32_t from_end) { return &page->m->group_axes[page->g->axes.first + page->g->axes.count - from_end]; }
static const char *true_level(const page_t *page, int32_t l) { return model_text(page->m, page->m->name_list[axis_of(page, 1)->level_names.first + l]); }

static double people_of(const page_t *page, int32_t outer, int32_t shown, int32_t truth)
{
    const tally_t view = subgroups_view(&page->answer->tally, page->grouping, (outer * page->n_shown + shown) * page->n_true + truth);
    return exact_value(view.sums[view.layout.people], 0);
}

/* "East Asian": the group without what was shown and what is true; the caller frees it. */
static char *outer_name(const page_t *page, int32_t outer)
{
    model_grouping_t shorter = *page->g;

    shorter.axes.count -= 2;
    if (shorter.axes.count == 0) return strcpy(memory_resize(NULL, sizeof "everybody", 1), "everybody");
    return subgroups_name(page->m, &shorter, outer * page->n_shown * page->n_true);
}

/* Share k of n with its binomial error. */
static estimate_t share(double k, double n)
{
    const double p = n > 0 ? k / n : NAN;
    return (estimate_t){p, n > 0 ? sqrt(p * (1 - p) / n) : 0};
}

/* Of those with this true level and a result: how many are shown it. */
static estimate_t right_of(const page_t *page, int32_t outer, int32_t truth)
{
    double n = 0;
    for (int32_t s = 1; s < page->n_shown; s++) n += people_of(page, outer, s, truth);
    return share(people_of(page, outer, 1 + truth, truth), n);
}

/* Of those who are shown this level: how many have it. */
static estimate_t predictive_of(const page_t *page, int32_t outer, int32_t level)
{
    double n = 0;
    for (int32_t t = 0; t < page->n_true; t++) n += people_of(page, outer, 1 + level, t);
    return share(people_of(page, outer, 1 + level, level), n);
}

/* All people of the group, added up from its pairs. The caller frees .sums. */
static tally_t sum_of(const page_t *page, int32_t outer)
{
    const int32_t each = page->n_shown * page->n_true;
    tally_t out = subgroups_view(&page->answer->tally, page->grouping, outer * each);
    exact_sum_t *sums = memory_resize(NULL, (size_t)out.layout.n_own, sizeof *sums);

    memset(sums, 0, (size_t)out.layout.n_own * sizeof *sums);
    for (int32_t k = 0; k < each; k++) {
        const tally_t view = subgroups_view(&page->answer->tally, page->grouping, outer * each + k);
        for (int32_t i = 0; i < out.layout.n_own; i++) sums[i] += view.sums[i];
    }
    out.sums = sums;
    out.hidden = NULL;
    return out;
}

/* ---- what is printed ---- */

static void put(text_table_t *table, estimate_t x, int most)
{
    if (isnan(x.mean)) {
        text_table_cell(table, "nobody");
        text_table_cell(table, "%s", "");
    } else estimate_put(table, x, x.se > 0 ? number_decimals(x.se, most) : 4);
}

static void print_text(const page_t *page)
{
    text_table_t *table = text_table_new();

    printf("Calls by %s; of those with a result, how many of each true level are shown it, and how many who are shown it have it\n",
           model_text(page->m, page->g->name));
    text_table_column(table, ALIGN_LEFT, "group");
    text_table_column(table, ALIGN_LEFT, "level");
    estimate_columns(table, "shown right");
    estimate_columns(table, "predictive value");
    if (page->perfect != MODEL_NONE) {
        estimate_columns(table, "QALYs against perfect");
        estimate_columns(table, "cost against perfect");
    }
    for (int32_t o = 0; o < page->n_outer; o++) {
        char *name = outer_name(page, o);
        tally_t all = sum_of(page, o);
        const bool is_empty = all.sums[all.layout.people] == 0;
        for (int32_t t = 0; !is_empty && t < page->n_true; t++) {
            text_table_cell(table, "%s", t == 0 ? name : "");
            text_table_cell(table, "%s", true_level(page, t));
            put(table, right_of(page, o, t), HEALTH_DECIMALS);
            put(table, predictive_of(page, o, t), HEALTH_DECIMALS);
            for (int i = 0; page->perfect != MODEL_NONE && i < 2; i++) {
                const int32_t outcome = i == 0 ? page->m->settings.qaly : page->m->settings.cost;
                if (t == 0) put(table, results_difference(&all, page->g->strategy, page->perfect, outcome), i == 0 ? HEALTH_DECIMALS : MONEY_DECIMALS);
                else for (int k = 0; k < 2; k++) text_table_cell(table, "%s", "");
            }
        }
        free(all.sums);
        free(name);
    }
    table_end(table, stdout);
}

static json_t *group_json(const page_t *page, int32_t outer)
{
    char *name = outer_name(page, outer);
    tally_t all = sum_of(page, outer);
    json_t *levels = json_array();

    for (int32_t t = 0; t < page->n_true; t++) {
        json_t *shown = json_object();
        for (int32_t s = 0; s < page->n_shown; s++)
            json_object_set_new(shown, model_text(page->m, page->m->name_list[axis_of(page, 2)->level_names.first + s]), json_real(people_of(page, outer, s, t)));
        json_array_append_new(levels, json_pack("{s:s, s:o, s:o, s:o}", "level", true_level(page, t), "shown", shown, "right", estimate_json(right_of(page, outer, t)),
                                                "predictive_value", estimate_json(predictive_of(page, outer, t))));
    }
    json_t *out = json_pack("{s:s, s:I, s:o}", "group", name, "patients", (json_int_t)all.sums[all.layout.people], "levels", levels);
    if (page->perfect != MODEL_NONE && all.sums[all.layout.people] > 0) {
        json_object_set_new(out, "qaly_against_perfect", estimate_json(results_difference(&all, page->g->strategy, page->perfect, page->m->settings.qaly)));
        json_object_set_new(out, "cost_against_perfect", estimate_json(results_difference(&all, page->g->strategy, page->perfect, page->m->settings.cost)));
    }
    free(all.sums);
    free(name);
    return out;
}

static popgx_err_t print_json(const page_t *page, const char *path)
{
    json_t *groups = json_array();

    for (int32_t o = 0; o < page->n_outer; o++) json_array_append_new(groups, group_json(page, o));
    return json_print(json_pack("{s:s, s:s, s:s, s:o}", "run", path, "by", model_text(page->m, page->g->name), "strategy",
                                model_strategy_name(page->m, page->g->strategy), "groups", groups));
}

/* ---- which ---- */

/* Whether the last two axes are what a test showed of a thing, and the thing. */
static bool is_table_of_calls(const page_t *page)
{
    if (page->g->axes.count < 2 || axis_of(page, 2)->kind < GROUP_FIRST_SHOWN || axis_of(page, 1)->kind != GROUP_ATTRIBUTE) return false;
    const model_slot_t *shown = &page->m->slots[axis_of(page, 2)->index], *truth = &page->m->slots[axis_of(page, 1)->index];
    return shown->level_names.count == truth->level_names.count + 1 && strcmp(model_text(page->m, shown->name) + strlen("observed "), model_text(page->m, truth->name)) == 0;
}

popgx_err_t fairness_print(const answer_t *answer, const char *path, const char *by, const char *perfect, bool is_json)
{
    page_t page = {.answer = answer, .m = answer->model, .perfect = MODEL_NONE};
    popgx_err_t err;

    TRY(subgroup_find(answer, path, by, &page.grouping));
    page.g = &page.m->groupings[page.grouping];
    if (!is_table_of_calls(&page))
        TRY(FAIL(INPUT, "--calls '%s': name subgroups that end with what a test showed and what is true, such as 'ancestry x first observed carrier x carrier'", by));
    if (perfect) page.perfect = model_find_strategy(page.m, perfect);
    if (perfect && page.perfect == MODEL_NONE) TRY(FAIL(INPUT, "--perfect '%s': the run has no such strategy", perfect));
    page.n_shown = axis_of(&page, 2)->level_names.count;
    page.n_true = axis_of(&page, 1)->level_names.count;
    page.n_outer = page.g->n_groups / page.n_shown / page.n_true;
    if (subgroup_is_any_hidden(answer, page.grouping)) TRY(FAIL(INPUT, "a group has too few people from a file: nothing is shown"));
    if (is_json) return print_json(&page, path);
    print_text(&page);
out:
    return err;
}
