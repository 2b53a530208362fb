/* `popgx cea`: cost-effectiveness from a stored run. Rank 0 alone; reads, reckons (cea_report.c), prints. */
#include <stdlib.h>

#include "cli/cea_report.h"
#include "cli/cea_subgroups.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/privacy.h"
#include "cli/report_print.h"
#include "cli/run_part.h"
#include "cli/shared_options.h"
#include "stats/conceal.h"

typedef struct {
    cea_request_t analysis;
    const char *subgroup, *folder;
    uint64_t min_cell;          /* people from a file: figures about fewer are hidden */
    bool is_json, is_csv;
} request_t;

static popgx_err_t parse(request_t *asked, int argc, char **argv)
{
    cea_request_t *request = &asked->analysis;
    const option_t options[] = {
        {"thresholds", 0, OPTION_TEXT, &request->thresholds, "K,K", "willingness to pay for a QALY (default: the model's thresholds); values of information use the first"},
        {"reference", 0, OPTION_TEXT, &request->reference, "NAME", "the strategy with which the others are compared (default: the first)"},
        {"severity", 0, OPTION_TEXT, &request->severity, "QALYS", "NICE's severity modifier: the QALYs of the general population of the same age and sex: a number, a strategy that has them, or NORMS.csv"},
        {"evlyg", 0, OPTION_FLAG, &request->is_evlyg, NULL, "also the equal value of life years gained (ICER): added life years at 0.851"},
        {"weights", 0, OPTION_TEXT, &request->weights, "O:W:A:B", "also a weighted sum: a list of outcome:weight:worst:best, e.g. qaly:0.6:0:10,cost:0.4:50000:0"},
        {"probabilistic", 0, OPTION_FLAG, &request->is_probabilistic, NULL, "take the means over the draws for the base case, instead of the point values of the parameters"},
        {"curve", 0, OPTION_TEXT, &request->curve, "K,K", "thresholds of the acceptability curves (default: 21, up to twice the highest threshold)"},
        {"evppi", 0, OPTION_TEXT, &request->groups, "GROUPS", "the parameters whose value of information is worked out, e.g. a,b+c, or none (default: each alone)"},
        {"plain-draws", 0, OPTION_FLAG, &request->is_plain, NULL, "plain means over draws, without control variates"},
        {"evsi", 0, OPTION_TEXT, &request->studies, "STUDIES", "studies whose value is worked out: a list of PARAMETER=binomial, poisson, normal(sd S) or lognormal(sd S); + joins what one study measures"},
        {"sizes", 0, OPTION_TEXT, &request->sizes, "N,N", "sizes of a study: people for each thing that it measures (default: from 50 to 2,000)"},
        {"study-cost", 0, OPTION_TEXT, &request->study_cost, "F+C", "the fixed cost of a study, and the cost of each person in it"},
        {"population", 0, OPTION_COUNT, &request->population, "N", "people whom the decision concerns, discounted as you see fit: scales the values of information"},
        {"subgroup", 0, OPTION_TEXT, &asked->subgroup, "NAME", "the analysis of each group of these subgroups, which the run kept, and what choosing for each is worth"},
        {"export", 0, OPTION_TEXT, &asked->folder, "FOLDER", "write the tables to this folder as CSV files, the draws also in the forms that R packages read"},
        PRIVACY_OPTION(&asked->min_cell),
        JSON_OPTION(&asked->is_json),
        CSV_OPTION(&asked->is_csv),
    };
    const usage_t usage = {
        "cea", "RUN.h5",
        "Prints the cost-effectiveness of a stored run: the incremental analysis with dominance and Fieller's intervals, and net\n"
        "benefits at any threshold. If the run has draws (popgx run --draws), also acceptability curves and the value of\n"
        "information: EVPI, and EVPPI by regression. The Monte Carlo noise within draws is taken out.",
        "  popgx cea run.h5\n"
        "  popgx cea run.h5 --thresholds 30000,50000 --reference 'usual care' --probabilistic\n"
        "  popgx cea run.h5 --evppi 'relative risk,price+uptake' --population 100k\n"
        "  popgx cea run.h5 --evsi 'risk=binomial,risk=binomial+risk*ratio=binomial' --population 100k --study-cost 250000+1200\n"
        "  popgx cea run.h5 --subgroup ancestry\n"
        "  popgx cea run.h5 --severity 14.2 --evlyg\n"
        "  popgx cea run.h5 --severity norms.csv\n"
        "  popgx cea run.h5 --export tables\n",
        options, sizeof options / sizeof *options};

    return options_parse(&usage, argc, argv, &request->path);
}

/* The run, with what must not be shown of people from a file hidden. */
static popgx_err_t read_run(const request_t *request, answer_t *answer)
{
    const char *path = request->analysis.path;
    popgx_err_t err;

    TRY(answer_read(path, answer));
    TRY(run_part_need_people(answer, path));
    privacy_begin(answer->model);
    TRY(tally_conceal(&answer->tally, (double)request->min_cell));
    TRY(privacy_check(path, &answer->tally.disclosure));
out:
    return err;
}

static popgx_err_t analyse(const request_t *request, const answer_t *answer)
{
    cea_report_t report = {0};
    popgx_err_t err;

    TRY(cea_report_make(&request->analysis, answer, &report));
    if (request->folder) TRY(cea_report_csv(&report, request->folder));
    if (request->is_csv) TRY(report_print_csv(&answer->tally, report.reference, stdout));
    else if (request->is_json) TRY(json_print(cea_report_json(&report)));
    else cea_report_text(&report, stdout);
out:
    cea_report_release(&report);
    return err;
}

popgx_err_t cmd_cea(int argc, char **argv)
{
    request_t request = {.min_cell = PRIVACY_MINIMUM};
    answer_t answer = {0};
    popgx_err_t err;

    TRY(parse(&request, argc, argv));
    if (!request.analysis.path) goto out;
    if (request.subgroup && request.folder)
        TRY(FAIL(INPUT, "--export writes the tables of everybody: leave --subgroup out; those of subgroups are in the file"));
    TRY(read_run(&request, &answer));
    err = request.subgroup ? cea_subgroups(&request.analysis, &answer, request.subgroup, request.is_json, stdout) : analyse(&request, &answer);
out:
    answer_release(&answer);
    return err;
}
