/* `popgx cea` for people. */
#include <math.h>

#include "cli/cea_report.h"
#include "cli/cea_value.h"
#include "cli/cea_studies.h"
#include "cli/estimates.h"
#include "cli/numbers.h"
#include "cli/report_print.h"
#include "cli/run_part.h"
#include "cli/privacy.h"
#include "cli/text_table.h"

typedef struct {
    const cea_report_t *r;
    const model_t *m;
    FILE *out;
} page_t;

/* ---- incremental analysis ---- */

static void put_interval(text_table_t *table, icer_t icer)
{
    int decimals = icer.se > 0 ? number_decimals(icer.se, MONEY_DECIMALS) : 0;

    switch (icer.kind) {
    case INTERVAL_NONE: text_table_cell(table, "%s", ""); break;
    case INTERVAL_BOUNDED:
        text_table_cell(table, "%s to %s", number_grouped(icer.low, decimals).text, number_grouped(icer.high, decimals).text);
        break;
    case INTERVAL_OUTSIDE:
        text_table_cell(table, "below %s or above %s", number_grouped(icer.low, decimals).text, number_grouped(icer.high, decimals).text);
        break;
    case INTERVAL_ALL: text_table_cell(table, "any"); break;
    }
}

static void put_icer(text_table_t *table, const cea_t *cea, int32_t s, int32_t t)
{
    static const char *const words[] = {[VERDICT_SAME] = "same", [VERDICT_DOMINANT] = "dominant", [VERDICT_DOMINATED] = "dominated"};
    icer_t icer = cea_icer(cea, s, t);
    verdict_t verdict = cea_verdict(cea, s, t);

    if (verdict < VERDICT_COSTS_MORE) {
        text_table_cell(table, "%s", words[verdict]);
        text_table_cell(table, "%s", "");
        return;
    }
    int decimals = icer.se > 0 ? number_decimals(icer.se, MONEY_DECIMALS) : 0;
    text_table_cell(table, "%s%s", number_grouped(icer.icer, decimals).text, verdict == VERDICT_SAVES ? " saved per QALY lost" : "");
    put_interval(table, icer);
}

static void print_frontier(const page_t *page)
{
    const cea_t *cea = &page->r->cea;
    text_table_t *table = text_table_new();

    fputs("\nIncremental analysis, in the order of cost: each strategy against the one before it that is not dominated\n", page->out);
    text_table_column(table, ALIGN_LEFT, "strategy");
    estimate_columns(table, "cost");
    estimate_columns(table, "QALYs");
    text_table_column(table, ALIGN_RIGHT, "ICER");
    text_table_column(table, ALIGN_LEFT, "95 %% interval (Fieller)");
    text_table_column(table, ALIGN_LEFT, "against");
    for (int32_t i = 0; i < cea->n; i++) {
        const frontier_entry_t *entry = &page->r->frontier[i];
        text_table_cell(table, "%s", model_strategy_name(page->m, entry->strategy));
        estimate_put_own(table, (estimate_t){cea->cost[entry->strategy], sqrt(cea->cost_error[entry->strategy * (cea->n + 1)])}, MONEY_DECIMALS);
        estimate_put_own(table, (estimate_t){cea->qaly[entry->strategy], sqrt(cea->qaly_error[entry->strategy * (cea->n + 1)])}, HEALTH_DECIMALS);
        if (entry->status == FRONTIER_ON && entry->previous >= 0) {
            put_icer(table, cea, entry->strategy, entry->previous);
            text_table_cell(table, "%s", model_strategy_name(page->m, entry->previous));
        } else {
            text_table_cell(table, "%s", entry->status == FRONTIER_ON ? "" : entry->status == FRONTIER_DOMINATED ? "dominated" : "ext. dominated");
            text_table_cell(table, "%s", "");
            text_table_cell(table, "%s", "");
        }
    }
    table_end(table, page->out);
}

static void print_differences(const page_t *page)
{
    const cea_t *cea = &page->r->cea;
    const int32_t t = page->r->reference;
    text_table_t *table = text_table_new();

    fprintf(page->out, "\nDifference from '%s' (paired)\n", model_strategy_name(page->m, t));
    text_table_column(table, ALIGN_LEFT, "strategy");
    estimate_columns(table, "cost");
    estimate_columns(table, "QALYs");
    text_table_column(table, ALIGN_RIGHT, "ICER");
    text_table_column(table, ALIGN_LEFT, "95 %% interval (Fieller)");
    for (int32_t s = 0; s < cea->n; s++) {
        if (s == t) continue;
        text_table_cell(table, "%s", model_strategy_name(page->m, s));
        estimate_put_own(table, cea_cost_difference(cea, s, t), MONEY_DECIMALS);
        estimate_put_own(table, cea_qaly_difference(cea, s, t), HEALTH_DECIMALS);
        put_icer(table, cea, s, t);
    }
    table_end(table, page->out);
}

static void print_benefit(const page_t *page, double threshold)
{
    const cea_t *cea = &page->r->cea;
    const int32_t t = page->r->reference, best = cea_best(cea, threshold);
    text_table_t *table = text_table_new();

    fprintf(page->out, "\nNet benefit at %s %s per QALY, against '%s' (* the best)\n", number_grouped(threshold, 0).text,
            model_text(page->m, page->m->settings.currency), model_strategy_name(page->m, t));
    text_table_column(table, ALIGN_LEFT, "strategy");
    estimate_columns(table, "monetary");
    estimate_columns(table, "health");
    for (int32_t s = 0; s < cea->n; s++) {
        text_table_cell(table, "%s%s", model_strategy_name(page->m, s), s == best ? " *" : "");
        estimate_put_own(table, s == t ? (estimate_t){0} : cea_nmb(cea, s, t, threshold), MONEY_DECIMALS);
        if (threshold > 0) estimate_put_own(table, s == t ? (estimate_t){0} : cea_nhb(cea, s, t, threshold), HEALTH_DECIMALS);
        else estimate_put_own(table, (estimate_t){0}, 0);
    }
    table_end(table, page->out);
}

/* ---- by category, item, event and state ---- */

typedef estimate_t line_t(const page_t *page, int32_t strategy, int32_t a, int32_t b);

static estimate_t cell_line(const page_t *page, int32_t s, int32_t a, int32_t b)
{
    (void)b;
    return results_cell(&page->r->answer->tally, s, a);
}

static estimate_t event_line(const page_t *page, int32_t s, int32_t a, int32_t b)
{
    (void)b;
    return results_events(&page->r->answer->tally, s, a);
}

static estimate_t state_line(const page_t *page, int32_t s, int32_t a, int32_t b) { return results_occupancy(&page->r->answer->tally, s, a, b); }

static text_table_t *start_lines(const page_t *page, const char *title, const char *what)
{
    text_table_t *table = text_table_new();

    fprintf(page->out, "\n%s: under '%s', and what the others differ by\n", title, model_strategy_name(page->m, page->r->reference));
    text_table_column(table, ALIGN_LEFT, "%s", what);
    text_table_column(table, ALIGN_RIGHT, "%s", model_strategy_name(page->m, page->r->reference));
    for (int32_t s = 0; s < page->r->cea.n; s++)
        if (s != page->r->reference) text_table_column(table, ALIGN_RIGHT, "%s", model_strategy_name(page->m, s));
    return table;
}

static void add_line(const page_t *page, text_table_t *table, const char *name, line_t *line, int32_t a, int32_t b, int most)
{
    const int32_t t = page->r->reference;
    estimate_t own = line(page, t, a, b);
    int decimals = own.se > 0 ? number_decimals(own.se, most) : most;
    double size = fabs(own.mean);

    for (int32_t s = 0; s < page->r->cea.n; s++) {
        const double mean = line(page, s, a, b).mean;
        size = fmax(size, isnan(mean) ? 1 : fabs(mean)); /* hidden ones are there */
    }
    if (size == 0) return;
    text_table_cell(table, "%s", name);
    if (isnan(own.mean)) text_table_cell(table, DISCLOSURE_HIDDEN);
    else text_table_cell(table, "%s", number_grouped(own.mean, decimals).text);
    for (int32_t s = 0; s < page->r->cea.n; s++) {
        const double difference = line(page, s, a, b).mean - own.mean;
        if (s != t && isnan(difference)) text_table_cell(table, DISCLOSURE_HIDDEN);
        else if (s != t) text_table_cell(table, "%+.*f", decimals, difference);
    }
}

static void print_cells(const page_t *page, int32_t outcome, const char *title, const char *what, int most)
{
    const model_span_t cells = page->m->outcomes[outcome].cells;

    if (cells.count < 2) return;
    text_table_t *table = start_lines(page, title, what);
    for (int32_t c = cells.first; c < cells.first + cells.count; c++) add_line(page, table, model_text(page->m, page->m->cells[c].name), cell_line, c, 0, most);
    table_end(table, page->out);
}

static void print_events(const page_t *page)
{
    text_table_t *table = start_lines(page, "Events per person", "event");

    for (int32_t i = 0; i < page->m->n_moments; i++) {
        int32_t kind = page->m->moments[i].kind;
        if (kind == MOMENT_TIMED || kind == MOMENT_IMMEDIATE || kind == MOMENT_ORDER)
            add_line(page, table, model_text(page->m, page->m->moments[i].name), event_line, i, 0, EVENT_DECIMALS);
    }
    table_end(table, page->out);
}

static void print_states(const page_t *page)
{
    const model_t *m = page->m;
    text_table_t *table = start_lines(page, "States at the horizon, share of people", "state");

    for (int32_t s = m->settings.n_attributes; s < m->settings.n_attributes + m->settings.n_processes; s++)
        for (int32_t l = 0; m->slots[s].is_reported && l < m->slots[s].level_names.count; l++) {
            char name[256];
            snprintf(name, sizeof name, "%s.%s", model_text(m, m->slots[s].name), model_level_name(m, s, l));
            add_line(page, table, name, state_line, s, l, EVENT_DECIMALS);
        }
    table_end(table, page->out);
}

/* ---- uncertainty ---- */

static void print_uncertainty(const page_t *page)
{
    const cea_report_t *r = page->r;
    psa_figure_t figure;
    text_table_t *table = text_table_new();

    if (psa_figure_init(&figure, &r->answer->psa)) return;
    fprintf(page->out, "\nParameter uncertainty of the net monetary benefit at %s, against '%s'\n", number_grouped(r->thresholds[0], 0).text,
            model_strategy_name(page->m, r->reference));
    text_table_column(table, ALIGN_LEFT, "strategy");
    estimate_columns(table, "mean over draws");
    text_table_column(table, ALIGN_RIGHT, "SD");
    text_table_column(table, ALIGN_RIGHT, "95 %% of draws");
    text_table_column(table, ALIGN_RIGHT, "noise");
    for (int32_t s = 0; s < r->cea.n; s++) {
        if (s == r->reference) continue;
        psa_summary_t x = cea_benefit_over_draws(r, s, &figure);
        int decimals = x.se > 0 ? number_decimals(x.se, MONEY_DECIMALS) : MONEY_DECIMALS;
        text_table_cell(table, "%s", model_strategy_name(page->m, s));
        estimate_put_own(table, (estimate_t){x.mean, x.se}, MONEY_DECIMALS);
        text_table_cell(table, "%s", number_grouped(x.sd, decimals).text);
        text_table_cell(table, "%s to %s", number_grouped(x.low, decimals).text, number_grouped(x.high, decimals).text);
        text_table_cell(table, "%.0f %%", 100 * x.noise);
    }
    table_end(table, page->out);
    fputs("  SD and range are those of the expected benefit; noise is the share of people's luck in the variance that draws show\n", page->out);
    if (r->controls.basis.terms > 0) fputs("  the mean has what the draws of the parameters happened to be taken off; --plain-draws leaves it\n", page->out);
    psa_figure_release(&figure);
}

static void print_acceptability(const page_t *page)
{
    const cea_report_t *r = page->r;
    text_table_t *table = text_table_new();

    fprintf(page->out, "\nAcceptability: share of draws in which a strategy has the highest net benefit, by threshold (* the best on average)\n");
    text_table_column(table, ALIGN_RIGHT, "threshold");
    for (int32_t s = 0; s < r->cea.n; s++) text_table_column(table, ALIGN_RIGHT, "%s", model_strategy_name(page->m, s));
    estimate_columns(table, "EVPI");
    for (size_t i = 0; i < r->n_curve; i++) {
        text_table_cell(table, "%s", number_grouped(r->curve[i], 0).text);
        for (int32_t s = 0; s < r->cea.n; s++)
            text_table_cell(table, "%.3f%s", r->share[i * (size_t)r->cea.n + (size_t)s], r->at_curve[i].best == s ? "*" : " ");
        estimate_put_own(table, (estimate_t){r->at_curve[i].evpi, r->at_curve[i].se}, MONEY_DECIMALS);
    }
    table_end(table, page->out);
}

static void print_information(const page_t *page)
{
    const cea_report_t *r = page->r;
    text_table_t *table = text_table_new();
    double people = r->request->population ? (double)r->request->population : 1;

    fprintf(page->out, "\nValue of information at %s per QALY, per person%s\n", number_grouped(r->thresholds[0], 0).text,
            r->request->population ? " and for all" : "");
    text_table_column(table, ALIGN_LEFT, "known");
    estimate_columns(table, "value");
    if (r->request->population) text_table_column(table, ALIGN_RIGHT, "for %s people", number_count(r->request->population).text);
    text_table_column(table, ALIGN_LEFT, "%s", "");
    text_table_cell(table, "everything (EVPI)");
    estimate_put_own(table, (estimate_t){r->voi.evpi, r->voi.se}, MONEY_DECIMALS);
    if (r->request->population) text_table_cell(table, "%s", number_grouped(r->voi.evpi * people, 0).text);
    text_table_cell(table, "%s with Monte Carlo noise", number_grouped(r->voi.raw, MONEY_DECIMALS).text);
    for (size_t i = 0; i < r->n_groups; i++) {
        const cea_group_t *group = &r->groups[i];
        text_table_cell(table, "%s", group->name);
        if (group->failure) estimate_put_own(table, (estimate_t){0}, 0);
        else estimate_put_own(table, (estimate_t){group->evppi.value, group->evppi.se}, MONEY_DECIMALS);
        if (r->request->population) text_table_cell(table, "%s", number_grouped(group->evppi.value * people, 0).text);
        text_table_cell(table, "%s", group->failure ? group->failure : "");
    }
    table_end(table, page->out);
}

static void print_settling(const page_t *page)
{
    const cea_report_t *r = page->r;
    const size_t n = sizeof r->settling / sizeof *r->settling;
    text_table_t *table = text_table_new();

    fputs("\nConvergence: over the first draws\n", page->out);
    text_table_column(table, ALIGN_RIGHT, "draws");
    text_table_column(table, ALIGN_LEFT, "best");
    text_table_column(table, ALIGN_RIGHT, "probability");
    estimate_columns(table, "EVPI");
    for (size_t i = 0; i < n; i++) {
        text_table_cell(table, "%s", number_count(r->answer->psa.n_draws * (i + 1) / n).text);
        text_table_cell(table, "%s", model_strategy_name(page->m, r->settling[i].best));
        text_table_cell(table, "%.3f", r->settling[i].probability);
        estimate_put_own(table, (estimate_t){r->settling[i].evpi, r->settling[i].se}, MONEY_DECIMALS);
    }
    table_end(table, page->out);
}

void cea_report_text(const cea_report_t *report, FILE *out)
{
    const model_t *m = report->answer->model;
    const psa_t *psa = &report->answer->psa;
    const page_t page = {.r = report, .m = m, .out = out};

    fprintf(out, "%s\n", *model_text(m, m->settings.title) ? model_text(m, m->settings.title) : report->request->path);
    run_part_print_stored(report->answer, out);
    if (report->request->is_probabilistic)
        fprintf(out, "base case: mean over %s draws of %s people\n", number_count(psa->n_draws).text, number_count(psa->patients).text);
    else fprintf(out, "base case: %s people\n", number_count((uint64_t)report->answer->tally.sums[report->answer->tally.layout.people]).text);
    print_frontier(&page);
    if (report->cea.n > 1) print_differences(&page);
    for (size_t i = 0; i < report->n_thresholds && report->cea.n > 1; i++) print_benefit(&page, report->thresholds[i]);
    if (report->n_thresholds == 0) fputs("\nno net benefit: the model has no thresholds, and --thresholds gives none\n", out);
    if (report->n_curve > 0) {
        print_uncertainty(&page);
        print_acceptability(&page);
        print_information(&page);
        cea_studies_text(report, out);
        print_settling(&page);
    }
    cea_value_text(report, out);
    if (!(tally_report_kinds(&report->answer->tally) & REPORT_CATEGORIES)) {
        print_cells(&page, m->settings.cost, "Costs per person, by category", "category", MONEY_DECIMALS);
        print_cells(&page, m->settings.qaly, "QALYs per person, by item", "item", HEALTH_DECIMALS);
    }
    if (!(tally_report_kinds(&report->answer->tally) & REPORT_EVENTS)) print_events(&page);
    print_states(&page);
    report_print_text(&report->answer->tally, report->reference, out);
    privacy_print(&report->answer->tally.disclosure, out);
}
