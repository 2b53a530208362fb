/*
 * `popgx cea --export FOLDER`: tidy tables, one line a fact, and the wide ones that R packages read: effects.csv and costs.csv
 * (draws x strategies, for BCEA and dampack), parameters.csv (draws x parameters, for voi and dampack), hesim.csv (long, for hesim).
 */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cea_report.h"
#include "cli/csv_cells.h"
#include "cli/estimates.h"
#include "cli/privacy.h"
#include "cli/report_print.h"

typedef struct {
    const cea_report_t *r;
    const char *folder;
    char path[4096];
    FILE *out;
    bool is_line_begun;
} csv_t;

static popgx_err_t open_csv(csv_t *csv, const char *name)
{
    int n = snprintf(csv->path, sizeof csv->path, "%s/%s.csv", csv->folder, name);

    if (n < 0 || (size_t)n >= sizeof csv->path) return FAIL(INPUT, "%s: the name of this folder is too long", csv->folder);
    csv->out = privacy_create(csv->path);
    csv->is_line_begun = false;
    return csv->out ? POPGX_OK : FAIL(IO, "%s: %s", csv->path, strerror(errno));
}

static popgx_err_t close_csv(csv_t *csv)
{
    bool is_bad = ferror(csv->out) != 0;

    is_bad = fclose(csv->out) != 0 || is_bad;
    return is_bad ? FAIL(IO, "%s: could not be written", csv->path) : POPGX_OK;
}

static void separate(csv_t *csv)
{
    if (csv->is_line_begun) fputc(',', csv->out);
    csv->is_line_begun = true;
}

static void put_text(csv_t *csv, const char *text)
{
    separate(csv);
    csv_put_text(csv->out, text);
}

static void put_number(csv_t *csv, double x)
{
    separate(csv);
    csv_put_number(csv->out, x); /* empty: there is none */
}

static void end_line(csv_t *csv)
{
    fputc('\n', csv->out);
    csv->is_line_begun = false;
}

static void put_texts(csv_t *csv, size_t n, const char *const *texts)
{
    for (size_t i = 0; i < n; i++) put_text(csv, texts[i]);
    end_line(csv);
}
#define HEADER(csv, ...) put_texts(csv, sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *), (const char *const[]){__VA_ARGS__})

static popgx_err_t write_frontier(csv_t *csv)
{
    static const char *const statuses[] = {[FRONTIER_ON] = "ND", [FRONTIER_DOMINATED] = "D", [FRONTIER_EXTENDEDLY_DOMINATED] = "ED"};
    const cea_report_t *r = csv->r;
    popgx_err_t err = open_csv(csv, "frontier");

    if (err) return err;
    HEADER(csv, "Strategy", "Cost", "Effect", "Inc_Cost", "Inc_Effect", "ICER", "ICER_low", "ICER_high", "Status"); /* as dampack has it */
    for (int32_t i = 0; i < r->cea.n; i++) {
        const frontier_entry_t *entry = &r->frontier[i];
        const int32_t s = entry->strategy, t = entry->previous;
        bool has_icer = entry->status == FRONTIER_ON && t >= 0;
        icer_t icer = has_icer ? cea_icer(&r->cea, s, t) : (icer_t){.icer = NAN};
        bool is_bounded = has_icer && icer.kind == INTERVAL_BOUNDED;
        put_text(csv, model_strategy_name(r->answer->model, s));
        put_number(csv, r->cea.cost[s]);
        put_number(csv, r->cea.qaly[s]);
        put_number(csv, has_icer ? cea_cost_difference(&r->cea, s, t).mean : NAN);
        put_number(csv, has_icer ? cea_qaly_difference(&r->cea, s, t).mean : NAN);
        put_number(csv, icer.icer);
        put_number(csv, is_bounded ? icer.low : NAN);
        put_number(csv, is_bounded ? icer.high : NAN);
        put_text(csv, statuses[entry->status]);
        end_line(csv);
    }
    return close_csv(csv);
}

static void put_line(csv_t *csv, const char *what, int32_t s, double threshold, estimate_t x)
{
    put_text(csv, what);
    put_text(csv, model_strategy_name(csv->r->answer->model, s));
    put_text(csv, model_strategy_name(csv->r->answer->model, csv->r->reference));
    put_number(csv, threshold);
    put_number(csv, x.mean);
    put_number(csv, x.se);
    end_line(csv);
}

static popgx_err_t write_differences(csv_t *csv)
{
    const cea_report_t *r = csv->r;
    popgx_err_t err = open_csv(csv, "differences");

    if (err) return err;
    HEADER(csv, "figure", "strategy", "comparator", "threshold", "mean", "se");
    for (int32_t s = 0; s < r->cea.n; s++) {
        if (s == r->reference) continue;
        put_line(csv, "cost", s, NAN, cea_cost_difference(&r->cea, s, r->reference));
        put_line(csv, "qaly", s, NAN, cea_qaly_difference(&r->cea, s, r->reference));
        for (size_t i = 0; i < r->n_thresholds; i++) {
            put_line(csv, "nmb", s, r->thresholds[i], cea_nmb(&r->cea, s, r->reference, r->thresholds[i]));
            if (r->thresholds[i] > 0) put_line(csv, "nhb", s, r->thresholds[i], cea_nhb(&r->cea, s, r->reference, r->thresholds[i]));
        }
    }
    return close_csv(csv);
}

static popgx_err_t write_acceptability(csv_t *csv)
{
    const cea_report_t *r = csv->r;
    popgx_err_t err = open_csv(csv, "acceptability");

    if (err) return err;
    HEADER(csv, "WTP", "Strategy", "Proportion", "On_Frontier", "EVPI", "EVPI_se");
    for (size_t i = 0; i < r->n_curve; i++)
        for (int32_t s = 0; s < r->cea.n; s++) {
            put_number(csv, r->curve[i]);
            put_text(csv, model_strategy_name(r->answer->model, s));
            put_number(csv, r->share[i * (size_t)r->cea.n + (size_t)s]);
            put_text(csv, r->at_curve[i].best == s ? "TRUE" : "FALSE");
            put_number(csv, r->at_curve[i].evpi);
            put_number(csv, r->at_curve[i].se);
            end_line(csv);
        }
    return close_csv(csv);
}

static popgx_err_t write_information(csv_t *csv)
{
    const cea_report_t *r = csv->r;
    popgx_err_t err = open_csv(csv, "information");

    if (err) return err;
    HEADER(csv, "parameters", "threshold", "value", "se");
    put_text(csv, "(all)");
    put_number(csv, r->thresholds[0]);
    put_number(csv, r->voi.evpi);
    put_number(csv, r->voi.se);
    end_line(csv);
    for (size_t i = 0; i < r->n_groups; i++) {
        put_text(csv, r->groups[i].name);
        put_number(csv, r->thresholds[0]);
        put_number(csv, r->groups[i].failure ? NAN : r->groups[i].evppi.value);
        put_number(csv, r->groups[i].failure ? NAN : r->groups[i].evppi.se);
        end_line(csv);
    }
    return close_csv(csv);
}

static popgx_err_t write_draws(csv_t *csv, const char *name, int32_t outcome)
{
    const cea_report_t *r = csv->r;
    const psa_t *psa = &r->answer->psa;
    popgx_err_t err = open_csv(csv, name);

    if (err) return err;
    for (int32_t s = 0; s < r->cea.n; s++) put_text(csv, model_strategy_name(r->answer->model, s));
    end_line(csv);
    for (uint64_t d = 0; d < psa->n_draws; d++) {
        for (int32_t s = 0; s < r->cea.n; s++)
            put_number(csv, psa->mean[(d * (uint64_t)psa->n_strategies + (uint64_t)s) * (uint64_t)psa->n_outcomes + (uint64_t)outcome]);
        end_line(csv);
    }
    return close_csv(csv);
}

/* As hesim::cea takes it: a line for each draw and strategy. */
static popgx_err_t write_hesim(csv_t *csv)
{
    const cea_report_t *r = csv->r;
    const psa_t *psa = &r->answer->psa;
    popgx_err_t err = open_csv(csv, "hesim");

    if (err) return err;
    HEADER(csv, "sample", "strategy_id", "strategy", "grp_id", "e", "c");
    for (uint64_t d = 0; d < psa->n_draws; d++)
        for (int32_t s = 0; s < r->cea.n; s++) {
            const double *mean = psa->mean + (d * (uint64_t)psa->n_strategies + (uint64_t)s) * (uint64_t)psa->n_outcomes;
            put_number(csv, (double)(r->answer->first_draw + d));
            put_number(csv, s + 1);
            put_text(csv, model_strategy_name(r->answer->model, s));
            put_number(csv, 1);
            put_number(csv, mean[psa->qaly]);
            put_number(csv, mean[psa->cost]);
            end_line(csv);
        }
    return close_csv(csv);
}

static popgx_err_t write_parameters(csv_t *csv)
{
    const psa_t *psa = &csv->r->answer->psa;
    popgx_err_t err = open_csv(csv, "parameters");

    if (err) return err;
    put_texts(csv, psa->n_parameters, (const char *const *)csv->r->answer->names);
    for (uint64_t d = 0; d < psa->n_draws; d++) {
        for (size_t i = 0; i < psa->n_parameters; i++) put_number(csv, psa->parameters[d * psa->n_parameters + i]);
        end_line(csv);
    }
    return close_csv(csv);
}

/* Everything, one figure a line. */
static popgx_err_t write_results(csv_t *csv)
{
    popgx_err_t err = open_csv(csv, "results");

    if (err) return err;
    err = report_print_csv(&csv->r->answer->tally, csv->r->reference, csv->out);
    popgx_err_t closed = close_csv(csv);
    return err ? err : closed;
}

popgx_err_t cea_report_csv(const cea_report_t *report, const char *folder)
{
    csv_t csv = {.r = report, .folder = folder};
    popgx_err_t err = POPGX_OK;

    if (mkdir(folder, 0777) != 0 && errno != EEXIST) TRY(FAIL(IO, "%s: cannot be made: %s", folder, strerror(errno)));
    TRY(write_frontier(&csv));
    TRY(write_differences(&csv));
    TRY(write_results(&csv));
    if (report->answer->psa.n_draws > 0) {
        TRY(write_draws(&csv, "effects", report->answer->psa.qaly));
        TRY(write_draws(&csv, "costs", report->answer->psa.cost));
        TRY(write_hesim(&csv));
        TRY(write_parameters(&csv));
    }
    if (report->n_curve > 0) {
        TRY(write_acceptability(&csv));
        TRY(write_information(&csv));
    }
out:
    return err;
}
