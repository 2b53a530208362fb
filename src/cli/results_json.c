/* The results as the JSON object that docs/results.md describes: exactly its keys. */
#include <math.h>

#include "cli/estimates.h"
#include "cli/json.h"
#include "cli/precision.h"
#include "cli/privacy.h"
#include "cli/report_print.h"
#include "cli/results_print.h"
#include "model/lots.h"
#include "stats/conceal.h"
#include "stats/results.h"

/* What the parameters leave uncertain stands apart from the Monte Carlo error `se`. */
static json_t *uncertain_json(json_t *estimate, const psa_figure_t *figure)
{
    psa_summary_t summary = psa_summary(figure);

    json_object_set_new(estimate, "sd", json_number(summary.sd));
    json_object_set_new(estimate, "low", json_number(summary.low));
    json_object_set_new(estimate, "high", json_number(summary.high));
    json_object_set_new(estimate, "psa_mean", json_number(summary.mean));
    json_object_set_new(estimate, "psa_se", json_number(summary.se));
    return estimate;
}

static json_t *outcome_json(estimate_t x, const run_facts_t *facts, int32_t s, int32_t t, int32_t o)
{
    if (!facts->psa || isnan(x.mean)) return estimate_json(x);
    psa_figure_t figure = facts->psa->figure;
    psa_outcome(&facts->psa->psa, s, t, o, &figure);
    return uncertain_json(estimate_json(x), &figure);
}

static json_t *nmb_json(const tally_t *tally, const run_facts_t *facts, int32_t s, int32_t t, double threshold)
{
    estimate_t x = results_nmb_difference(tally, s, t, threshold);

    if (!facts->psa || isnan(x.mean)) return estimate_json(x);
    psa_figure_t figure = facts->psa->figure;
    psa_nmb(&facts->psa->psa, s, t, threshold, &figure);
    return uncertain_json(estimate_json(x), &figure);
}

static json_t *run_json(const tally_t *tally, const run_facts_t *facts)
{
    const model_t *m = tally->model;
    json_t *strategies = json_array();
    char checksum[33];

    for (int32_t s = 0; s < m->n_strategies; s++)
        json_array_append_new(strategies, json_string(model_strategy_name(m, s)));
    tally_checksum(tally, checksum);
    json_t *out = json_pack("{s:s, s:I, s:I, s:o, s:I, s:i, s:i, s:s, s:I, s:o, s:I, s:s}", "model", facts->model_path, "patients",
                     (json_int_t)facts->patients, "draws", (json_int_t)(facts->psa ? facts->psa->psa.n_draws : 1), "strategies", strategies, "seed", (json_int_t)facts->seed,
                     "ranks", facts->ranks, "threads", facts->threads, "isa", facts->isa, "events",
                     (json_int_t)facts->n_fired, "seconds", json_number(facts->seconds), "peak_rss_bytes",
                     (json_int_t)facts->peak_rss_bytes, "checksum", checksum);
    if (out && m->settings.lot_bits) json_object_set_new(out, "people", json_string(lots_name(m->settings.lot_bits)));
    if (out && facts->part.of > 0) json_object_update_new(out, run_part_json(&facts->part, facts->first_patient));
    return out;
}

static json_t *outcomes_json(const tally_t *tally, const run_facts_t *facts, int32_t strategy)
{
    const model_t *m = tally->model;
    json_t *outcomes = json_object();
    for (int32_t o = 0; o < m->n_outcomes; o++)
        json_object_set_new(outcomes, model_text(m, m->outcomes[o].name), outcome_json(results_outcome(tally, strategy, o), facts, strategy, MODEL_NONE, o));
    return outcomes;
}

static json_t *cells_json(const tally_t *tally, int32_t strategy, int32_t outcome)
{
    const model_t *m = tally->model;
    json_t *cells = json_object();
    if (outcome == MODEL_NONE) return cells;
    model_span_t span = m->outcomes[outcome].cells;
    for (int32_t c = span.first; c < span.first + span.count; c++)
        json_object_set_new(cells, model_text(m, m->cells[c].name), estimate_json(results_cell(tally, strategy, c)));
    return cells;
}

/* Of the outcomes that only this model has: {outcome: {item: ...}}. */
static json_t *other_cells_json(const tally_t *tally, int32_t strategy)
{
    const model_t *m = tally->model;
    json_t *others = json_object();
    for (int32_t o = m->settings.life_years_undiscounted + 1; o < m->n_outcomes; o++)
        json_object_set_new(others, model_text(m, m->outcomes[o].name), cells_json(tally, strategy, o));
    return others;
}

/* Dates are never recorded, and what another strategy does cannot happen under this one. */
static json_t *events_json(const tally_t *tally, int32_t strategy)
{
    const model_t *m = tally->model;
    json_t *events = json_object();
    for (int32_t i = 0; i < m->n_moments; i++) {
        const model_moment_t *moment = &m->moments[i];
        if (!model_is_recorded(moment->kind) || (moment->kind == MOMENT_ACTION && moment->strategy != strategy)) continue;
        json_object_set_new(events, model_text(m, moment->name), estimate_json(results_events(tally, strategy, i)));
    }
    return events;
}

static json_t *occupancy_json(const tally_t *tally, int32_t strategy)
{
    const model_t *m = tally->model;
    json_t *occupancy = json_object();
    for (int32_t s = m->settings.n_attributes; s < m->settings.n_attributes + m->settings.n_processes; s++) {
        if (!m->slots[s].is_reported) continue;
        for (int32_t l = 0; l < m->slots[s].level_names.count; l++) {
            char name[512];
            snprintf(name, sizeof name, "%s.%s", model_text(m, m->slots[s].name), model_level_name(m, s, l));
            json_object_set_new(occupancy, name, estimate_json(results_occupancy(tally, strategy, s, l)));
        }
    }
    return occupancy;
}

static json_t *strategy_json(const tally_t *tally, const run_facts_t *facts, int32_t s)
{
    const model_t *m = tally->model;
    char checksum[33];

    tally_strategy_checksum(tally, s, checksum);
    json_t *out = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "name", model_strategy_name(m, s), "checksum", checksum,
                     "outcomes", outcomes_json(tally, facts, s), "costs", cells_json(tally, s, m->settings.cost), "qaly_items",
                     cells_json(tally, s, m->settings.qaly), "events", events_json(tally, s), "occupancy_at_horizon",
                     occupancy_json(tally, s));
    if (out && m->settings.life_years_undiscounted + 1 < m->n_outcomes) json_object_set_new(out, "items", other_cells_json(tally, s));
    return out;
}

static json_t *comparison_json(const tally_t *tally, const run_facts_t *facts, int32_t s, int32_t t)
{
    const model_t *m = tally->model;
    comparison_t comparison = results_comparison(tally, s, t);
    json_t *differences = json_object();

    for (int32_t o = 0; o < m->n_outcomes; o++)
        json_object_set_new(differences, model_text(m, m->outcomes[o].name), outcome_json(results_difference(tally, s, t, o), facts, s, t, o));
    json_t *out = json_pack("{s:s, s:s, s:o, s:o, s:o}", "strategy", model_strategy_name(m, s), "comparator",
                            model_strategy_name(m, t), "outcomes", differences, "cov_cost_qaly",
                            json_number(comparison.cov_cost_qaly), "icer", json_number(comparison.icer));
    if (out && m->settings.thresholds.count > 0) {
        double threshold = m->reals[m->settings.thresholds.first];
        json_object_set_new(out, "nmb", nmb_json(tally, facts, s, t, threshold));
    }
    return out;
}

static json_t *psa_json(const psa_run_t *run)
{
    json_t *parameters = json_array();

    for (size_t i = 0; i < run->n_parameters; i++)
        json_array_append_new(parameters, json_pack("{s:s, s:s}", "name", run->names[i], "unit", run->units[i]));
    return json_pack("{s:I, s:I, s:b, s:s, s:o, s:o, s:s}", "draws", (json_int_t)run->psa.n_draws, "patients_per_draw",
                     (json_int_t)run->psa.patients, "patients_chosen", run->is_chosen, "design", psa_design_name(run->design),
                     "seconds", json_number(run->seconds), "parameters", parameters, "checksum", run->checksum);
}

json_t *results_strategies_json(const tally_t *tally, const run_facts_t *facts)
{
    json_t *strategies = json_array();

    for (int32_t s = 0; s < tally->model->n_strategies; s++) json_array_append_new(strategies, strategy_json(tally, facts, s));
    return strategies;
}

json_t *results_comparisons_json(const tally_t *tally, const run_facts_t *facts)
{
    const int32_t n = tally->model->n_strategies;
    json_t *comparisons = json_array();

    for (int32_t s = 0; s < n; s++)
        for (int32_t t = 0; t < n; t++)
            if (t != s) json_array_append_new(comparisons, comparison_json(tally, facts, s, t));
    return comparisons;
}

json_t *results_json(const tally_t *tally, const run_facts_t *facts)
{
    json_t *out = json_pack("{s:o, s:o, s:o}", "run", run_json(tally, facts), "strategies", results_strategies_json(tally, facts), "comparisons",
                            results_comparisons_json(tally, facts));
    if (out && tally->layout.n_groups > 0) json_object_set_new(out, "subgroups", subgroups_json(tally, facts));
    if (out && tally_report_kinds(tally)) json_object_set_new(out, "report", report_json(tally, 0));
    if (out) privacy_json(&tally->disclosure, out);
    if (out && facts->psa) json_object_set_new(out, "psa", psa_json(facts->psa));
    precision_t precision;
    if (out && !tally_is_concealed(tally) && precision_find(tally, facts->patients, &precision)) json_object_set_new(out, "precision", precision_json(&precision));
    if (out && facts->until)
        json_object_set_new(out, "until", json_pack("{s:s, s:b, s:I}", "wanted", facts->until->wanted, "reached", facts->until->is_reached,
                                                    "patients_needed", (json_int_t)facts->until->needed));
    return out;
}
