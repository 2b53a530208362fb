/* /results: what a run answers, as tables by name, and the exact sums that everything derives from. */
#include <stdio.h>

#include "store/layout.h"
#include "store/layout_rows.h"

#define FIELDS_ESTIMATE {"mean", FIELD_REAL, "per patient"}, {"se", FIELD_REAL, "Monte Carlo standard error of the mean"}
#define FIELD_GRID {"grid_bits", FIELD_INTEGER, "the sum counts units of 2^-grid_bits"}

static popgx_err_t write_strategies(h5_file_t *file, const tally_t *tally)
{
    static const table_field_t fields[] = {FIELD_STRATEGY, {"checksum", FIELD_COPY, "of its outcomes and cells"}, {0}};
    const model_t *m = tally->model;
    table_t *table = table_new(fields);
    char checksum[33];

    for (int32_t s = 0; s < m->n_strategies; s++) {
        tally_strategy_checksum(tally, s, checksum);
        table_text(table, model_strategy_name(m, s));
        table_copy(table, checksum);
    }
    return table_finish(table, file, "/results/strategies", "", "the strategies in the order of the model");
}

static popgx_err_t write_outcomes(h5_file_t *file, const tally_t *tally)
{
    static const table_field_t fields[] = {FIELD_STRATEGY, FIELD_OUTCOME, FIELD_UNIT, FIELDS_ESTIMATE,
        {"sd", FIELD_REAL, "standard deviation between patients"}, FIELD_GRID, TABLE_SUM_FIELDS, {0}};
    const model_t *m = tally->model;
    table_t *table = table_new(fields);

    for (int32_t s = 0; s < m->n_strategies; s++) {
        for (int32_t o = 0; o < m->n_outcomes; o++) {
            put_outcome(table, tally, s, o);
            table_real(table, results_sd(tally, s, o));
            table_integer(table, m->outcomes[o].grid_bits);
            table_sum(table, tally->sums[tally->layout.outcome + s * m->n_outcomes + o]);
        }
    }
    return table_finish(table, file, "/results/outcomes", "column unit",
                        "every outcome under every strategy, discounted as the model says");
}

static popgx_err_t write_cells(h5_file_t *file, const tally_t *tally)
{
    static const table_field_t fields[] = {FIELD_STRATEGY, FIELD_OUTCOME, FIELD_CELL,
        FIELD_UNIT, FIELDS_ESTIMATE, FIELD_GRID, TABLE_SUM_FIELDS, {0}};
    const model_t *m = tally->model;
    table_t *table = table_new(fields);

    for (int32_t s = 0; s < m->n_strategies; s++) {
        for (int32_t c = 0; c < m->n_cells; c++) {
            put_cell(table, tally, s, c);
            table_integer(table, m->outcomes[m->cells[c].outcome].grid_bits);
            table_sum(table, tally->sums[tally->layout.cell + s * m->n_cells + c]);
        }
    }
    return table_finish(table, file, "/results/cells", "column unit",
                        "outcomes by category or item; those of an outcome add up to it exactly");
}

static popgx_err_t write_events(h5_file_t *file, const tally_t *tally)
{
    static const table_field_t fields[] = {FIELD_STRATEGY, FIELD_EVENT, FIELDS_ESTIMATE,
                                           TABLE_SUM_FIELDS, {0}};
    const model_t *m = tally->model;
    table_t *table = table_new(fields);

    for (int32_t s = 0; s < m->n_strategies; s++) {
        for (int32_t e = 0; e < m->n_moments; e++) {
            if (!model_is_recorded(m->moments[e].kind)) continue;
            put_event(table, tally, s, e);
            table_sum(table, tally->sums[tally->layout.events + s * m->n_moments + e]);
        }
    }
    return table_finish(table, file, "/results/events", "occurrences per patient", "how often everything happened, undiscounted");
}

static popgx_err_t write_occupancy(h5_file_t *file, const tally_t *tally)
{
    static const table_field_t fields[] = {FIELD_STRATEGY, {"process", FIELD_TEXT, "name of the process"},
                                           {"state", FIELD_TEXT, "one of its states"}, FIELDS_ESTIMATE, {0}};
    const model_t *m = tally->model;
    table_t *table = table_new(fields);

    for (int32_t s = 0; s < m->n_strategies; s++) {
        for (int32_t k = 0; k < m->n_slots; k++) {
            if (m->slots[k].kind != SLOT_PROCESS || !m->slots[k].is_reported) continue;
            for (int32_t l = 0; l < m->slots[k].level_names.count; l++) {
                table_text(table, model_strategy_name(m, s));
                table_text(table, model_text(m, m->slots[k].name));
                table_text(table, model_level_name(m, k, l));
                put_estimate(table, results_occupancy(tally, s, k, l));
            }
        }
    }
    return table_finish(table, file, "/results/occupancy", "share of patients",
                        "where patients are at the horizon; the dead count only in life.dead");
}

static popgx_err_t write_shares(h5_file_t *file, const tally_t *tally)
{
    static const table_field_t fields[] = {{"attribute", FIELD_TEXT, "name of the attribute"},
                                           {"level", FIELD_TEXT, "one of its levels"}, FIELDS_ESTIMATE, {0}};
    const model_t *m = tally->model;
    table_t *table = table_new(fields);

    for (int32_t k = 0; k < m->n_slots; k++) {
        if (m->slots[k].kind != SLOT_ATTRIBUTE || !m->slots[k].is_reported) continue;
        for (int32_t l = 0; l < m->slots[k].level_names.count; l++) {
            table_text(table, model_text(m, m->slots[k].name));
            table_text(table, model_level_name(m, k, l));
            put_estimate(table, results_share(tally, k, l));
        }
    }
    return table_finish(table, file, "/results/shares", "share of patients", "who the patients are at entry");
}

static popgx_err_t write_differences(h5_file_t *file, const tally_t *tally)
{
    static const table_field_t fields[] = {FIELD_STRATEGY, FIELD_COMPARATOR, FIELD_OUTCOME, FIELD_UNIT, FIELDS_ESTIMATE, {0}};
    const model_t *m = tally->model;
    table_t *table = table_new(fields);

    for (int32_t s = 0; s < m->n_strategies; s++) {
        for (int32_t t = 0; t < m->n_strategies; t++) {
            for (int32_t o = 0; s != t && o < m->n_outcomes; o++) {
                put_difference(table, tally, s, t, o);
            }
        }
    }
    return table_finish(table, file, "/results/differences", "column unit", "strategy minus comparator, paired patient by patient");
}

static popgx_err_t write_comparisons(h5_file_t *file, const tally_t *tally)
{
    static const table_field_t fields[] = {FIELD_STRATEGY, FIELD_COMPARATOR,
        {"cov_cost_qaly", FIELD_REAL, "covariance of a patient's cost and QALY differences"},
        {"icer", FIELD_REAL, "cost difference / QALY difference; NaN if the latter is 0"},
        {"icer_se", FIELD_REAL, "its Monte Carlo standard error (delta method)"}, {0}};
    const model_t *m = tally->model;
    table_t *table = table_new(fields);

    for (int32_t s = 0; s < m->n_strategies; s++) {
        for (int32_t t = 0; t < m->n_strategies; t++) {
            if (s == t) continue;
            comparison_t comparison = results_comparison(tally, s, t);
            put_pair(table, m, s, t);
            table_real(table, comparison.cov_cost_qaly);
            table_real(table, comparison.icer);
            table_real(table, comparison.icer_se);
        }
    }
    return table_finish(table, file, "/results/comparisons", "currency per QALY", "every ordered pair of strategies");
}

static popgx_err_t write_nmb(h5_file_t *file, const tally_t *tally)
{
    static const table_field_t fields[] = {FIELD_STRATEGY, FIELD_COMPARATOR, {"threshold", FIELD_REAL, "currency per QALY"},
                                           FIELDS_ESTIMATE, {0}};
    const model_t *m = tally->model;
    const double *thresholds = m->reals + m->settings.thresholds.first;
    table_t *table = table_new(fields);

    for (int32_t s = 0; s < m->n_strategies; s++) {
        for (int32_t t = 0; t < m->n_strategies; t++) {
            for (int32_t k = 0; s != t && k < m->settings.thresholds.count; k++) {
                put_pair(table, m, s, t);
                table_real(table, thresholds[k]);
                put_estimate(table, results_nmb_difference(tally, s, t, thresholds[k]));
            }
        }
    }
    return table_finish(table, file, "/results/net_monetary_benefit", "currency",
                        "difference of net monetary benefit, paired, at the model's thresholds");
}

/* Everything, so that any figure can be derived again without running. */
static popgx_err_t write_sums(h5_file_t *file, const tally_t *tally)
{
    static const table_field_t fields[] = {TABLE_SUM_FIELDS, {0}};
    const tally_layout_t *layout = &tally->layout;
    const bool is_in_lots = tally->model->settings.lot_bits > 0;
    const struct { const char *name; int32_t first; } parts[] = {
        {"people", layout->people}, {"cell", layout->cell}, {"cell_coarse", layout->cell_coarse}, {"cell_squared", layout->cell_squared}, {"outcome", layout->outcome},
        {"outcome_coarse", layout->outcome_coarse}, {"product", layout->product}, {"cost_qaly", layout->cost_qaly}, {"events", layout->events},
        {"events_squared", layout->events_squared}, {"occupancy", layout->occupancy}, {"share", layout->share},
        {"groups", layout->groups}, {"perspective", layout->perspective}, {"figure", layout->figure}, {"spread", layout->spread},
        {"occupancy_squared", is_in_lots ? layout->occupancy_squared : layout->n_sums}, {"share_squared", is_in_lots ? layout->share_squared : layout->n_sums},
    };
    table_t *table = table_new(fields);
    popgx_err_t err;

    for (int32_t i = 0; i < layout->n_sums; i++) table_sum(table, tally->sums[i]);
    TRY(table_finish(table, file, "/results/sums", "grids of the model",
                     "every exact sum of the run; the attributes first_* say where each part begins"));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char name[32];
        snprintf(name, sizeof name, "first_%s", parts[i].name);
        if (parts[i].first < layout->n_sums) TRY(h5_count(file, "/results/sums", name, (uint64_t)parts[i].first));
    }
out:
    return err;
}

popgx_err_t layout_results(h5_file_t *file, const tally_t *tally)
{
    popgx_err_t err;

    TRY(h5_group(file, "/results"));
    TRY(write_strategies(file, tally));
    TRY(write_outcomes(file, tally));
    TRY(write_cells(file, tally));
    TRY(write_events(file, tally));
    TRY(write_occupancy(file, tally));
    TRY(write_shares(file, tally));
    TRY(write_differences(file, tally));
    TRY(write_comparisons(file, tally));
    TRY(write_nmb(file, tally));
    TRY(layout_subgroups(file, tally));
    TRY(layout_report(file, tally));
    TRY(write_sums(file, tally));
out:
    return err;
}
