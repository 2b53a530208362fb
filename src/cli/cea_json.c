/* `popgx cea --json`. */
#include <math.h>

#include "cli/cea_report.h"
#include "cli/cea_value.h"
#include "cli/cea_studies.h"
#include "cli/estimates.h"
#include "cli/json.h"
#include "cli/report_print.h"
#include "cli/run_part.h"
#include "cli/privacy.h"

static json_t *icer_json(const cea_t *cea, int32_t s, int32_t t)
{
    static const char *const verdicts[] = {"same", "dominant", "dominated", "costs more", "saves"};
    static const char *const kinds[] = {"none", "between", "outside", "any"};
    icer_t icer = cea_icer(cea, s, t);
    verdict_t verdict = cea_verdict(cea, s, t);
    bool is_said = verdict == VERDICT_COSTS_MORE || verdict == VERDICT_SAVES;

    return json_pack("{s:s, s:o, s:o, s:s, s:o, s:o}", "verdict", verdicts[verdict], "icer", json_number(is_said ? icer.icer : NAN), "se",
                     json_number(is_said ? icer.se : NAN), "interval", kinds[icer.kind], "low", json_number(icer.low), "high", json_number(icer.high));
}

static json_t *frontier_json(const cea_report_t *r)
{
    static const char *const statuses[] = {[FRONTIER_ON] = "on the frontier", [FRONTIER_DOMINATED] = "dominated",
                                           [FRONTIER_EXTENDEDLY_DOMINATED] = "extendedly dominated"};
    json_t *out = json_array();

    for (int32_t i = 0; i < r->cea.n; i++) {
        const frontier_entry_t *entry = &r->frontier[i];
        const int32_t s = entry->strategy, own = s * (r->cea.n + 1);
        json_t *row = json_pack("{s:s, s:o, s:o, s:s}", "strategy", model_strategy_name(r->answer->model, s), "cost",
                                estimate_json((estimate_t){r->cea.cost[s], sqrt(r->cea.cost_error[own])}), "qaly",
                                estimate_json((estimate_t){r->cea.qaly[s], sqrt(r->cea.qaly_error[own])}), "status", statuses[entry->status]);
        if (entry->status == FRONTIER_ON && entry->previous >= 0) {
            json_object_set_new(row, "against", json_string(model_strategy_name(r->answer->model, entry->previous)));
            json_object_set_new(row, "incremental", icer_json(&r->cea, s, entry->previous));
        }
        json_array_append_new(out, row);
    }
    return out;
}

static json_t *benefits_json(const cea_report_t *r, int32_t s, int32_t t)
{
    json_t *out = json_array();

    for (size_t i = 0; i < r->n_thresholds; i++) {
        double k = r->thresholds[i];
        json_array_append_new(out, json_pack("{s:o, s:o, s:o}", "threshold", json_number(k), "nmb", estimate_json(cea_nmb(&r->cea, s, t, k)), "nhb",
                                             k > 0 ? estimate_json(cea_nhb(&r->cea, s, t, k)) : json_null()));
    }
    return out;
}

static json_t *comparisons_json(const cea_report_t *r)
{
    json_t *out = json_array();

    for (int32_t s = 0; s < r->cea.n; s++)
        for (int32_t t = 0; t < r->cea.n; t++)
            if (s != t)
                json_array_append_new(out, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "strategy", model_strategy_name(r->answer->model, s), "comparator", model_strategy_name(r->answer->model, t),
                                                     "cost", estimate_json(cea_cost_difference(&r->cea, s, t)), "qaly",
                                                     estimate_json(cea_qaly_difference(&r->cea, s, t)), "icer", icer_json(&r->cea, s, t), "net_benefit",
                                                     benefits_json(r, s, t)));
    return out;
}

static json_t *best_json(const cea_report_t *r)
{
    json_t *out = json_array();

    for (size_t i = 0; i < r->n_thresholds; i++)
        json_array_append_new(out, json_pack("{s:o, s:s}", "threshold", json_number(r->thresholds[i]), "strategy",
                                             model_strategy_name(r->answer->model, cea_best(&r->cea, r->thresholds[i]))));
    return out;
}

static json_t *summary_json(const cea_report_t *r, const voi_summary_t *x)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "best", model_strategy_name(r->answer->model, x->best), "probability", json_number(x->probability), "evpi",
                     json_number(x->evpi), "evpi_se", json_number(x->se), "evpi_with_noise", json_number(x->raw));
}

static json_t *acceptability_json(const cea_report_t *r)
{
    json_t *out = json_array();

    for (size_t i = 0; i < r->n_curve; i++) {
        json_t *row = summary_json(r, &r->at_curve[i]), *shares = json_object();
        for (int32_t s = 0; s < r->cea.n; s++) json_object_set_new(shares, model_strategy_name(r->answer->model, s), json_number(r->share[i * (size_t)r->cea.n + (size_t)s]));
        json_object_set_new(row, "threshold", json_number(r->curve[i]));
        json_object_set_new(row, "probability_best", shares);
        json_array_append_new(out, row);
    }
    return out;
}

static json_t *uncertainty_json(const cea_report_t *r)
{
    json_t *out = json_array();
    psa_figure_t figure;

    if (psa_figure_init(&figure, &r->answer->psa)) return out;
    for (int32_t s = 0; s < r->cea.n; s++) {
        if (s == r->reference) continue;
        psa_summary_t x = cea_benefit_over_draws(r, s, &figure);
        json_array_append_new(out, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "strategy", model_strategy_name(r->answer->model, s), "comparator",
                                             model_strategy_name(r->answer->model, r->reference), "mean", json_number(x.mean), "se", json_number(x.se), "sd", json_number(x.sd),
                                             "low", json_number(x.low), "high", json_number(x.high), "noise_share", json_number(x.noise)));
    }
    psa_figure_release(&figure);
    return out;
}

static json_t *information_json(const cea_report_t *r)
{
    const size_t n = sizeof r->settling / sizeof *r->settling;
    json_t *groups = json_array(), *settling = json_array(), *out = summary_json(r, &r->voi);

    for (size_t i = 0; i < r->n_groups; i++) {
        const cea_group_t *group = &r->groups[i];
        json_t *row = group->failure ? json_pack("{s:s, s:n, s:n, s:s}", "parameters", group->name, "evppi", "se", "why", group->failure)
                                     : json_pack("{s:s, s:o, s:o, s:o, s:i}", "parameters", group->name, "evppi", json_number(group->evppi.value), "se",
                                                 json_number(group->evppi.se), "bias_removed", json_number(group->evppi.bias), "terms", group->evppi.terms);
        json_array_append_new(groups, row);
    }
    for (size_t i = 0; i < n; i++) {
        json_t *row = summary_json(r, &r->settling[i]);
        json_object_set_new(row, "draws", json_integer((json_int_t)(r->answer->psa.n_draws * (i + 1) / n)));
        json_array_append_new(settling, row);
    }
    json_object_set_new(out, "threshold", json_number(r->thresholds[0]));
    json_object_set_new(out, "evppi", groups);
    json_object_set_new(out, "convergence", settling);
    if (r->n_studies > 0) json_object_set_new(out, "studies", cea_studies_json(r));
    if (r->request->population > 0) {
        json_object_set_new(out, "population", json_integer((json_int_t)r->request->population));
        json_object_set_new(out, "evpi_population", json_number(r->voi.evpi * (double)r->request->population));
    }
    return out;
}

json_t *cea_report_json(const cea_report_t *r)
{
    const psa_t *psa = &r->answer->psa;
    json_t *out = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "run", r->request->path, "base_case", r->request->is_probabilistic ? "mean over draws" : "point values",
                            "reference", model_strategy_name(r->answer->model, r->reference), "frontier", frontier_json(r), "comparisons", comparisons_json(r), "best", best_json(r));

    const run_part_t part = run_part_of(r->answer->stored);
    if (out && part.of > 0) json_object_update_new(out, run_part_json(&part, run_part_people(r->answer->stored).first));
    if (out) cea_value_json(r, out);
    if (out && tally_report_kinds(&r->answer->tally)) json_object_set_new(out, "report", report_json(&r->answer->tally, r->reference));
    if (out) privacy_json(&r->answer->tally.disclosure, out);
    if (!out || r->n_curve == 0) return out;
    json_object_set_new(out, "draws", json_integer((json_int_t)psa->n_draws));
    json_object_set_new(out, "patients_per_draw", json_integer((json_int_t)psa->patients));
    json_object_set_new(out, "control_terms", json_integer((json_int_t)r->controls.basis.terms));
    json_object_set_new(out, "net_benefit_uncertainty", uncertainty_json(r));
    json_object_set_new(out, "acceptability", acceptability_json(r));
    json_object_set_new(out, "information", information_json(r));
    return out;
}
