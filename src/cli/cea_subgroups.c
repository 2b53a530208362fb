/* Hands group after group to the report of everybody (cea_report.c), as an answer of its own. Owns the layout of what stands above. */
#include "cli/cea_subgroups.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/estimates.h"
#include "cli/json.h"
#include "cli/numbers.h"
#include "stats/conceal.h"
#include "stats/individual.h"
#include "stats/subgroups.h"

typedef struct {
    const cea_request_t *request;
    const answer_t *answer;
    const model_t *m;
    int32_t grouping;
    const model_grouping_t *g;
    individual_t *individual;   /* [n_individual]: one for each threshold */
    size_t n_individual;
    bool is_json;
    FILE *out;
} page_t;

/* ---- which ---- */

static bool is_meant(const model_t *m, int32_t grouping, const char *name)
{
    const char *own = model_text(m, m->groupings[grouping].name);
    const size_t n = strlen(name);

    return strncmp(own, name, n) == 0 && strncmp(own + n, " under ", 7) == 0;
}

popgx_err_t subgroup_find(const answer_t *answer, const char *path, const char *name, int32_t *out)
{
    const model_t *m = answer->model;
    char kept[512] = "";
    int32_t n_meant = 0;

    *out = subgroups_find(m, name);
    for (int32_t g = 0; *out == MODEL_NONE && g < m->n_groupings; g++)
        if (is_meant(m, g, name)) n_meant++;
    for (int32_t g = 0; *out == MODEL_NONE && n_meant == 1 && g < m->n_groupings; g++)
        if (is_meant(m, g, name)) *out = g;
    if (*out != MODEL_NONE) return POPGX_OK;
    for (int32_t g = 0; g < m->n_groupings; g++) {
        const size_t length = strlen(kept);
        snprintf(kept + length, sizeof kept - length, "%s`%s`", g > 0 ? ", " : "", model_text(m, m->groupings[g].name));
    }
    if (n_meant > 1) return FAIL(INPUT, "%s: `%s` were kept under several strategies: say which of %s", path, name, kept);
    return FAIL(INPUT, "%s: the run did not keep subgroups by `%s`%s%s: popgx run --by '%s' keeps them, and popgx aggregate --by '%s' shows them for stored trajectories",
                path, name, *kept ? ", only " : "", kept, name, name);
}

bool subgroup_is_any_hidden(const answer_t *answer, int32_t grouping)
{
    for (int32_t g = 0; g < answer->model->groupings[grouping].n_groups; g++) {
        const tally_t view = subgroups_view(&answer->tally, grouping, g);
        if (tally_is_concealed(&view)) return true;
    }
    return false;
}

/* ---- one group ---- */

/* Everybody's answer with the sums and draws of a group in their place; borrows. */
static answer_t answer_of(const page_t *page, int32_t group)
{
    answer_t answer = *page->answer;

    answer.tally = subgroups_view(&page->answer->tally, page->grouping, group);
    if (page->answer->psa.n_draws > 0) answer.psa = psa_group(&page->answer->psa, subgroups_first(page->m, page->grouping) + group);
    return answer;
}

static popgx_err_t report_group(const page_t *page, int32_t group, json_t *groups)
{
    cea_request_t request = *page->request;
    const answer_t answer = answer_of(page, group);
    char *name = subgroups_name(page->m, page->g, group);
    cea_report_t report = {0};
    popgx_err_t err;

    if (answer.psa.n_draws == 0) { /* nothing that takes draws is asked of it */
        request.is_probabilistic = false;
        request.groups = request.studies = request.sizes = request.study_cost = NULL;
    } else if (!request.groups) request.groups = "none"; /* of every parameter for every group would take long, and nobody asked */
    TRY(cea_report_make(&request, &answer, &report));
    if (groups) {
        json_t *row = cea_report_json(&report);
        json_object_set_new(row, "group", json_string(name));
        json_object_set_new(row, "patients", json_integer((json_int_t)answer.tally.sums[answer.tally.layout.people]));
        json_array_append_new(groups, row);
    } else {
        fprintf(page->out, "\n======== %s: %s ========\n", model_text(page->m, page->g->name), name);
        if (page->answer->psa.n_draws > 0 && answer.psa.n_draws == 0)
            fputs("no draws: in some of them nobody is in this group; simulate more people a draw\n", page->out);
        cea_report_text(&report, page->out);
    }
out:
    cea_report_release(&report);
    free(name);
    return err;
}

/* ---- individualised care ---- */

static void print_individual(const page_t *page, const individual_t *x)
{
    text_table_t *table = text_table_new();
    const char *currency = model_text(page->m, page->m->settings.currency);

    fprintf(page->out, "\nThe best strategy by %s, at %s %s per QALY; for all it is '%s'\n", model_text(page->m, page->g->name),
            number_grouped(x->threshold, 0).text, currency, model_strategy_name(page->m, x->best));
    text_table_column(table, ALIGN_LEFT, "group");
    text_table_column(table, ALIGN_RIGHT, "people");
    text_table_column(table, ALIGN_LEFT, "best");
    estimate_columns(table, "gain per person");
    if (x->has_draws) {
        text_table_column(table, ALIGN_LEFT, "best over draws");
        text_table_column(table, ALIGN_RIGHT, "probability");
        text_table_column(table, ALIGN_RIGHT, "EVPI");
    }
    for (int32_t i = 0; i < x->n_groups; i++) {
        const individual_group_t *group = &x->groups[i];
        char *name = subgroups_name(page->m, page->g, group->group);
        text_table_cell(table, "%s", name);
        text_table_cell(table, "%s", number_count(group->patients).text);
        text_table_cell(table, "%s", model_strategy_name(page->m, group->best));
        estimate_put_own(table, group->gain, MONEY_DECIMALS);
        if (x->has_draws) {
            text_table_cell(table, "%s", model_strategy_name(page->m, group->best_over_draws));
            text_table_cell(table, "%.3f", group->probability);
            text_table_cell(table, "%s", number_grouped(group->evpi, MONEY_DECIMALS).text);
        }
        free(name);
    }
    table_end(table, page->out);
    fprintf(page->out, "choosing for each group is worth %s (SE %s) %s per person; %s with Monte Carlo noise\n",
            number_grouped(x->value.mean, MONEY_DECIMALS).text, number_grouped(x->value.se, MONEY_DECIMALS).text, currency,
            number_grouped(x->raw, MONEY_DECIMALS).text);
    if (!x->has_draws) return;
    fprintf(page->out, "over draws, where '%s' is the best for all: static value of heterogeneity %s (SE %s), dynamic value %s (SE %s), EVPI of one choice for all %s\n",
            model_strategy_name(page->m, x->best_over_draws), number_grouped(x->static_value.mean, MONEY_DECIMALS).text,
            number_grouped(x->static_value.se, MONEY_DECIMALS).text, number_grouped(x->dynamic_value.mean, MONEY_DECIMALS).text,
            number_grouped(x->dynamic_value.se, MONEY_DECIMALS).text, number_grouped(x->evpi, MONEY_DECIMALS).text);
}

static json_t *individual_json(const page_t *page, const individual_t *x)
{
    json_t *groups = json_array();
    json_t *out = json_pack("{s:o, s:s, s:o, s:o, s:o}", "threshold", json_number(x->threshold), "best_for_all", model_strategy_name(page->m, x->best), "value",
                            estimate_json(x->value), "value_with_noise", json_number(x->raw), "groups", groups);

    for (int32_t i = 0; i < x->n_groups; i++) {
        const individual_group_t *group = &x->groups[i];
        char *name = subgroups_name(page->m, page->g, group->group);
        json_t *row = json_pack("{s:s, s:I, s:s, s:o}", "group", name, "patients", (json_int_t)group->patients, "best", model_strategy_name(page->m, group->best),
                                "gain", estimate_json(group->gain));
        if (group->best_over_draws != MODEL_NONE) {
            json_object_set_new(row, "best_over_draws", json_string(model_strategy_name(page->m, group->best_over_draws)));
            json_object_set_new(row, "probability", json_number(group->probability));
            json_object_set_new(row, "evpi", json_number(group->evpi));
        }
        json_array_append_new(groups, row);
        free(name);
    }
    if (!x->has_draws) return out;
    json_object_set_new(out, "best_for_all_over_draws", json_string(model_strategy_name(page->m, x->best_over_draws)));
    json_object_set_new(out, "static_value", estimate_json(x->static_value));
    json_object_set_new(out, "dynamic_value", estimate_json(x->dynamic_value));
    json_object_set_new(out, "evpi_for_all", json_number(x->evpi));
    return out;
}

/* At the thresholds that the report of everybody has. */
static popgx_err_t reckon_individual(page_t *page, const cea_report_t *all)
{
    popgx_err_t err = POPGX_OK;
    const size_t n = all->n_thresholds;

    page->individual = calloc(n + 1, sizeof *page->individual);
    if (!page->individual) return FAIL(NOMEM, "no memory for subgroups");
    for (; page->n_individual < n; page->n_individual++)
        TRY(individual_make(&page->answer->tally, &page->answer->psa, page->grouping, all->thresholds[page->n_individual], &page->individual[page->n_individual]));
out:
    return err;
}

/* ---- all of it ---- */

/* Of the groups that have people: at no threshold there is nothing to choose by, but the groups are reported. */
static popgx_err_t report_groups(const page_t *page, json_t *groups)
{
    popgx_err_t err = POPGX_OK;

    for (int32_t g = 0; g < page->g->n_groups; g++) {
        const tally_t view = subgroups_view(&page->answer->tally, page->grouping, g);
        if (view.sums[view.layout.people] > 0) TRY(report_group(page, g, groups));
    }
out:
    return err;
}

static popgx_err_t print_all(page_t *page)
{
    popgx_err_t err = POPGX_OK;
    json_t *groups = page->is_json ? json_array() : NULL, *individual = page->is_json ? json_array() : NULL;

    for (size_t i = 0; i < page->n_individual; i++) {
        if (individual) json_array_append_new(individual, individual_json(page, &page->individual[i]));
        else print_individual(page, &page->individual[i]);
    }
    TRY(report_groups(page, groups));
    if (page->is_json)
        return json_print(json_pack("{s:s, s:s, s:o, s:o}", "run", page->request->path, "by", model_text(page->m, page->g->name), "individualised", individual,
                                    "groups", groups));
out:
    json_decref(groups);
    json_decref(individual);
    return err;
}

popgx_err_t cea_subgroups(const cea_request_t *request, const answer_t *answer, const char *name, bool is_json, FILE *out)
{
    page_t page = {.request = request, .answer = answer, .m = answer->model, .is_json = is_json, .out = out};
    cea_request_t quick = *request;
    cea_report_t all = {0};
    popgx_err_t err;

    TRY(subgroup_find(answer, request->path, name, &page.grouping));
    page.g = &page.m->groupings[page.grouping];
    if (subgroup_is_any_hidden(answer, page.grouping))
        TRY(FAIL(INPUT, "%s: a group by %s has too few people from a file: nothing of it is shown (--min-cell)", request->path, name));
    if (answer->psa.n_draws > 0) quick.groups = "none";
    TRY(cea_report_make(&quick, answer, &all)); /* checks what is asked for */
    if (page.m->n_strategies > 1) TRY(reckon_individual(&page, &all));
    TRY(print_all(&page));
out:
    for (size_t i = 0; i < page.n_individual; i++) individual_release(&page.individual[i]);
    free(page.individual);
    cea_report_release(&all);
    return err;
}
