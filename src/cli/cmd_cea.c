/* `popgx cea`: cost-effectiveness from a stored run. Rank 0 alone; reads, reckons (cea_report.c), prints. */
#include <stdlib.h>

#include "cli/cea_report.h"
#include "cli/cea_subgroups.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/privacy.h"
#include "cli/report_print.h"
#include "cli/run_part.h"
#include "stats/conceal.h"

static popgx_err_t parse(int argc, char **argv, cea_request_t *request, const char **subgroup, const char **folder, uint64_t *min_cell, bool *is_json,
                         bool *is_csv)
{
    const option_t options[] = {
        {"thresholds", 0, OPTION_TEXT, &request->thresholds, "K,K", "what a QALY may cost (default the model's); the first is used for values of information"},
        {"reference", 0, OPTION_TEXT, &request->reference, "NAME", "the strategy that others are compared with (default the first)"},
        {"severity", 0, OPTION_TEXT, &request->severity, "QALYS", "NICE's severity modifier: QALYs of the general population of the same age and sex, or a strategy that shows them"},
        {"evlyg", 0, OPTION_FLAG, &request->is_evlyg, NULL, "also the equal value of life years gained (ICER): added life years at 0.851"},
        {"weights", 0, OPTION_TEXT, &request->weights, "O:W:A:B", "also a weighted sum: outcome:weight:worst:best with commas between, e.g. qaly:0.6:0:10,cost:0.4:50000:0"},
        {"probabilistic", 0, OPTION_FLAG, &request->is_probabilistic, NULL, "the base case is the mean over draws, not the point values"},
        {"curve", 0, OPTION_TEXT, &request->curve, "K,K", "thresholds of the acceptability curves (default 21, to twice the highest threshold)"},
        {"evppi", 0, OPTION_TEXT, &request->groups, "GROUPS", "parameters whose value of information is wanted: a,b+c, or none (default each alone)"},
        {"plain-draws", 0, OPTION_FLAG, &request->is_plain, NULL, "means over draws as they are, without control variates"},
        {"evsi", 0, OPTION_TEXT, &request->studies, "STUDIES", "studies whose value is wanted: PARAMETER=binomial, poisson, normal(sd S) or lognormal(sd S); + within one"},
        {"sizes", 0, OPTION_TEXT, &request->sizes, "N,N", "persons of a study, for each thing it measures (default 50 to 2,000)"},
        {"study-cost", 0, OPTION_TEXT, &request->study_cost, "F+C", "what a study costs, and what each person in it does"},
        {"population", 0, OPTION_COUNT, &request->population, "N", "people that the decision is about, discounted as you see fit"},
        {"subgroup", 0, OPTION_TEXT, subgroup, "NAME", "of every group that the run kept, e.g. 'sex x ancestry', and what choosing for each is worth"},
        {"export", 0, OPTION_TEXT, folder, "FOLDER", "write the tables as CSV files there, also draws as R packages read them"},
        PRIVACY_OPTION(min_cell),
        {"json", 0, OPTION_FLAG, is_json, NULL, "print one JSON object on standard output"},
        {"csv", 0, OPTION_FLAG, is_csv, NULL, "print everything as one long table, comma-separated, on standard output"},
    };
    const usage_t usage = {
        "cea", "RUN.h5",
        "Reads a stored run and prints the incremental analysis with dominance and Fieller's intervals, net benefits at any\n"
        "threshold, and, if the run has draws (popgx run --draws), acceptability curves and the value of information: EVPI, and\n"
        "EVPPI by regression. Monte Carlo noise within draws is taken out.",
        "  popgx cea run.h5\n"
        "  popgx cea run.h5 --thresholds 30000,50000 --reference 'usual care' --probabilistic\n"
        "  popgx cea run.h5 --evppi 'relative risk,price+uptake' --population 100k\n"
        "  popgx cea run.h5 --evsi 'risk=binomial,risk=binomial+risk*ratio=binomial' --population 100k --study-cost 250000+1200\n"
        "  popgx cea run.h5 --subgroup ancestry\n"
        "  popgx cea run.h5 --severity 14.2 --evlyg\n"
        "  popgx cea run.h5 --export tables\n",
        options, sizeof options / sizeof *options};

    return options_parse(&usage, argc, argv, &request->path);
}

popgx_err_t cmd_cea(int argc, char **argv)
{
    cea_request_t request = {0};
    const char *folder = NULL, *subgroup = NULL;
    uint64_t min_cell = PRIVACY_MINIMUM;
    bool is_json = false, is_csv = false;
    answer_t answer = {0};
    cea_report_t report = {0};
    popgx_err_t err;

    TRY(parse(argc, argv, &request, &subgroup, &folder, &min_cell, &is_json, &is_csv));
    if (!request.path) goto out;
    TRY(answer_read(request.path, &answer));
    TRY(run_part_need_people(&answer, request.path));
    privacy_begin(answer.model);
    TRY(tally_conceal(&answer.tally, (double)min_cell));
    if (tally_is_concealed(&answer.tally))
        TRY(FAIL(INPUT, "%s: fewer than %llu people from a file were simulated: nothing about them is shown (--min-cell)", request.path, (unsigned long long)min_cell));
    if (subgroup && folder) TRY(FAIL(INPUT, "--export writes the tables of everybody: leave --subgroup out; those of subgroups are in the file"));
    if (subgroup) {
        err = cea_subgroups(&request, &answer, subgroup, is_json, stdout);
        goto out;
    }
    TRY(cea_report_make(&request, &answer, &report));
    if (folder) TRY(cea_report_csv(&report, folder));
    if (is_csv) TRY(report_print_csv(&answer.tally, report.reference, stdout));
    else if (is_json) TRY(json_print(cea_report_json(&report)));
    else cea_report_text(&report, stdout);
out:
    cea_report_release(&report);
    answer_release(&answer);
    return err;
}
