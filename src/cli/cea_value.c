/* Reads --severity and --weights, and prints what stats/value.h makes of them; and the perspectives of the model with their impact inventory. */
#include "cli/cea_value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/estimates.h"
#include "cli/json.h"
#include "cli/norms.h"
#include "cli/numbers.h"
#include "cli/text_table.h"
#include "core/memory.h"

static const char *perspective_name(const model_t *m, int32_t p) { return model_text(m, m->outcomes[m->settings.perspectives.first + p].name); }

/* ---- what was asked for ---- */

/* Norms are looked up for everybody of the run: of a group they would be wrong. */
static popgx_err_t read_norms(cea_report_t *r, const char *path)
{
    if (r->answer->tally.layout.figure == MODEL_NONE)
        return FAIL(INPUT, "--severity %s: norms from a table are those of all people: leave --subgroup out, or give a number or a strategy", path);
    return norms_mean(r->answer, path, &r->population);
}

/* The QALYs of the general population: a number, a table of norms, or a strategy under which the same people have no disease. */
static popgx_err_t read_severity(cea_report_t *r)
{
    const char *text = r->request->severity;

    if (!text) return POPGX_OK;
    r->population = (estimate_t){0};
    if (!number_parse_real(text, &r->population.mean)) {
        const int32_t s = model_find_strategy(r->answer->model, text);
        const size_t n = strlen(text);
        if (s != MODEL_NONE) {
            r->population = results_outcome(&r->answer->tally, s, r->answer->model->settings.qaly);
        } else if (n > 4 && strcmp(text + n - 4, ".csv") == 0) {
            popgx_err_t err = read_norms(r, text);
            if (err) return err;
        } else {
            return FAIL(INPUT, "--severity '%s': give the QALYs that people of the same age and sex have without the disease, a strategy that shows them, "
                        "or a table NORMS.csv of them", text);
        }
    }
    return r->population.mean > 0 ? POPGX_OK : FAIL(INPUT, "--severity '%s': QALYs of the general population are above 0", text);
}

/* "qaly:0.6:0:10,cost:0.4:50000:0": outcome, weight, worst, best. */
static popgx_err_t read_weights(cea_report_t *r)
{
    const model_t *m = r->answer->model;

    for (const char *at = r->request->weights; at; at = at[strcspn(at, ",")] ? at + strcspn(at, ",") + 1 : NULL) {
        const size_t n = strcspn(at, ":,");
        criterion_t c = {.outcome = 0};
        int used = 0;
        while (c.outcome < m->n_outcomes && (strlen(model_text(m, m->outcomes[c.outcome].name)) != n || strncmp(model_text(m, m->outcomes[c.outcome].name), at, n))) c.outcome++;
        if (c.outcome == m->n_outcomes) return FAIL(INPUT, "--weights '%.*s': no outcome is called so", (int)n, at);
        if (sscanf(at + n, ":%lf:%lf:%lf%n", &c.weight, &c.worst, &c.best, &used) != 3 || (at[n + (size_t)used] && at[n + (size_t)used] != ',') || c.best == c.worst || !(c.weight >= 0))
            return FAIL(INPUT, "--weights '%s': write outcome:weight:worst:best, such as qaly:0.6:0:10,cost:0.4:50000:0", r->request->weights);
        r->criteria = memory_resize(r->criteria, r->n_criteria + 1, sizeof *r->criteria);
        r->criteria[r->n_criteria++] = c;
    }
    return POPGX_OK;
}

popgx_err_t cea_value_make(cea_report_t *report)
{
    popgx_err_t err = read_severity(report);
    return err ? err : read_weights(report);
}

/* ---- perspectives ---- */

static void print_perspectives(const cea_report_t *r, FILE *out)
{
    const model_t *m = r->answer->model;
    text_table_t *table = text_table_new();

    fprintf(out, "\nPerspectives: costs, and what the others differ by from '%s' (paired)\n", model_strategy_name(m, r->reference));
    text_table_column(table, ALIGN_LEFT, "perspective");
    text_table_column(table, ALIGN_LEFT, "strategy");
    estimate_columns(table, "cost");
    estimate_columns(table, "difference");
    text_table_column(table, ALIGN_RIGHT, "ICER");
    if (r->n_thresholds > 0) estimate_columns(table, "net benefit");
    for (int32_t p = 0; p < m->settings.perspectives.count; p++) {
        cea_t cea;
        if (cea_of_perspective(&r->answer->tally, p, &cea) != POPGX_OK) break;
        for (int32_t s = 0; s < cea.n; s++) {
            text_table_cell(table, "%s", perspective_name(m, p));
            text_table_cell(table, "%s", model_strategy_name(m, s));
            estimate_put_own(table, (estimate_t){cea.cost[s], sqrt(cea.cost_error[s * (cea.n + 1)])}, MONEY_DECIMALS);
            estimate_put_own(table, s == r->reference ? (estimate_t){0} : cea_cost_difference(&cea, s, r->reference), MONEY_DECIMALS);
            const bool is_said = s != r->reference && cea_verdict(&cea, s, r->reference) >= VERDICT_COSTS_MORE;
            text_table_cell(table, "%s", is_said ? number_grouped(cea_icer(&cea, s, r->reference).icer, 0).text : "");
            if (r->n_thresholds > 0) estimate_put_own(table, s == r->reference ? (estimate_t){0} : cea_nmb(&cea, s, r->reference, r->thresholds[0]), MONEY_DECIMALS);
        }
        cea_release(&cea);
    }
    table_end(table, out);
}

/* The cell of an outcome with this name, or MODEL_NONE. */
static int32_t cell_of(const model_t *m, int32_t outcome, const char *name)
{
    const model_span_t cells = m->outcomes[outcome].cells;

    for (int32_t c = cells.first; c < cells.first + cells.count; c++)
        if (strcmp(model_text(m, m->cells[c].name), name) == 0) return c;
    return MODEL_NONE;
}

/* Every component, what it comes to, and how much of it each perspective counts; nothing: it does not. */
static void print_inventory(const cea_report_t *r, FILE *out)
{
    const model_t *m = r->answer->model;
    const model_span_t cells = m->outcomes[m->settings.cost].cells;
    text_table_t *table = text_table_new();

    fprintf(out, "\nImpact inventory under '%s' (after Sanders et al., JAMA 2016; 316: 1093-1103): what each perspective counts\n", model_strategy_name(m, r->reference));
    text_table_column(table, ALIGN_LEFT, "component");
    estimate_columns(table, "all");
    for (int32_t p = 0; p < m->settings.perspectives.count; p++) text_table_column(table, ALIGN_RIGHT, "%s", perspective_name(m, p));
    for (int32_t c = cells.first; c < cells.first + cells.count; c++) {
        text_table_cell(table, "%s", model_text(m, m->cells[c].name));
        estimate_put_own(table, results_cell(&r->answer->tally, r->reference, c), MONEY_DECIMALS);
        for (int32_t p = 0; p < m->settings.perspectives.count; p++) {
            const int32_t own = cell_of(m, m->settings.perspectives.first + p, model_text(m, m->cells[c].name));
            if (own == MODEL_NONE) text_table_cell(table, "not counted");
            else text_table_cell(table, "%s", number_grouped(results_cell(&r->answer->tally, r->reference, own).mean, MONEY_DECIMALS).text);
        }
    }
    table_end(table, out);
}

/* ---- rules and weights ---- */

static void print_severity(const cea_report_t *r, FILE *out)
{
    const model_t *m = r->answer->model;
    const severity_t x = value_severity(r->population, results_outcome(&r->answer->tally, r->reference, m->settings.qaly));

    fprintf(out, "\nSeverity modifier (NICE PMG36, 2022): general population %s QALYs, '%s' %s\n", number_grouped(r->population.mean, 2).text,
            model_strategy_name(m, r->reference), number_grouped(r->population.mean - x.absolute.mean, 2).text);
    fprintf(out, "  absolute shortfall %s (SE %s), proportional %s: a QALY gained weighs %.1f%s\n", number_grouped(x.absolute.mean, 2).text,
            number_grouped(x.absolute.se, 3).text, number_grouped(x.proportional.mean, 3).text, x.weight, x.is_sure ? "" : " (the error leaves another weight possible)");
    for (int32_t s = 0; r->n_thresholds > 0 && s < r->cea.n; s++) {
        if (s == r->reference) continue;
        const estimate_t nmb = cea_nmb(&r->cea, s, r->reference, x.weight * r->thresholds[0]);
        fprintf(out, "  %s: net benefit at %s with it: %s (SE %s)\n", model_strategy_name(m, s), number_grouped(r->thresholds[0], 0).text, number_grouped(nmb.mean, 0).text,
                number_grouped(nmb.se, 0).text);
    }
}

static void print_table(const cea_report_t *r, FILE *out)
{
    const model_t *m = r->answer->model;
    text_table_t *table = text_table_new();

    fprintf(out, "\nBeyond the QALY, against '%s'%s%s\n", model_strategy_name(m, r->reference),
            r->request->is_evlyg ? "; evLYG: added life years at 0.851 (ICER, Value Assessment Framework 2023; errors: at most)" : "", r->n_criteria ? "; weighted sum of criteria" : "");
    text_table_column(table, ALIGN_LEFT, "strategy");
    if (r->request->is_evlyg) estimate_columns(table, "evLYG");
    if (r->n_criteria) {
        estimate_columns(table, "weighted sum");
        estimate_columns(table, "difference");
    }
    for (int32_t s = 0; s < r->cea.n; s++) {
        text_table_cell(table, "%s", model_strategy_name(m, s));
        if (r->request->is_evlyg) estimate_put_own(table, s == r->reference ? (estimate_t){0} : value_evlyg(&r->answer->tally, s, r->reference), HEALTH_DECIMALS);
        if (!r->n_criteria) continue;
        estimate_put_own(table, value_of_criteria(&r->answer->tally, r->criteria, r->n_criteria, s, MODEL_NONE), HEALTH_DECIMALS);
        estimate_put_own(table, s == r->reference ? (estimate_t){0} : value_of_criteria(&r->answer->tally, r->criteria, r->n_criteria, s, r->reference), HEALTH_DECIMALS);
    }
    table_end(table, out);
}

void cea_value_text(const cea_report_t *report, FILE *out)
{
    const bool has_perspectives = report->answer->model->settings.perspectives.count > 0;

    if (has_perspectives) print_perspectives(report, out);
    if (has_perspectives) print_inventory(report, out);
    if (report->request->severity) print_severity(report, out);
    if (report->request->is_evlyg || report->n_criteria) print_table(report, out);
}

static json_t *perspectives_json(const cea_report_t *r)
{
    const model_t *m = r->answer->model;
    json_t *out = json_array();

    for (int32_t p = 0; p < m->settings.perspectives.count; p++) {
        cea_t cea;
        if (cea_of_perspective(&r->answer->tally, p, &cea) != POPGX_OK) break;
        for (int32_t s = 0; s < cea.n; s++) {
            if (s == r->reference) continue;
            const bool is_said = cea_verdict(&cea, s, r->reference) >= VERDICT_COSTS_MORE;
            json_t *row = json_pack("{s:s, s:s, s:s, s:o, s:o}", "perspective", perspective_name(m, p), "strategy", model_strategy_name(m, s), "comparator",
                                    model_strategy_name(m, r->reference), "cost", estimate_json(cea_cost_difference(&cea, s, r->reference)), "icer",
                                    json_number(is_said ? cea_icer(&cea, s, r->reference).icer : NAN));
            if (row && r->n_thresholds > 0) json_object_set_new(row, "nmb", estimate_json(cea_nmb(&cea, s, r->reference, r->thresholds[0])));
            json_array_append_new(out, row);
        }
        cea_release(&cea);
    }
    return out;
}

void cea_value_json(const cea_report_t *r, json_t *out)
{
    const model_t *m = r->answer->model;
    json_t *more = json_array();

    if (m->settings.perspectives.count > 0) json_object_set_new(out, "perspectives", perspectives_json(r));
    if (r->request->severity) {
        const severity_t x = value_severity(r->population, results_outcome(&r->answer->tally, r->reference, m->settings.qaly));
        json_object_set_new(out, "severity", json_pack("{s:o, s:o, s:f, s:b}", "absolute_shortfall", estimate_json(x.absolute), "proportional_shortfall",
                                                       estimate_json(x.proportional), "weight", x.weight, "sure", x.is_sure));
    }
    for (int32_t s = 0; s < r->cea.n; s++) {
        json_t *row = json_pack("{s:s, s:s}", "strategy", model_strategy_name(m, s), "comparator", model_strategy_name(m, r->reference));
        if (s != r->reference && r->request->is_evlyg) json_object_set_new(row, "evlyg", estimate_json(value_evlyg(&r->answer->tally, s, r->reference)));
        if (r->n_criteria) json_object_set_new(row, "weighted_sum", estimate_json(value_of_criteria(&r->answer->tally, r->criteria, r->n_criteria, s, MODEL_NONE)));
        if (r->n_criteria && s != r->reference)
            json_object_set_new(row, "weighted_difference", estimate_json(value_of_criteria(&r->answer->tally, r->criteria, r->n_criteria, s, r->reference)));
        json_array_append_new(more, row);
    }
    if (r->request->is_evlyg || r->n_criteria) json_object_set_new(out, "beyond_the_qaly", more);
    else json_decref(more);
}
