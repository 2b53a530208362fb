/*
 * `popgx sensitivity`: what happens to a decision if a parameter is another, or two, or if a scenario holds; and which value of
 * a parameter would turn it. Reads what is asked for; sensitivity_analyses.c answers it.
 */
#include "cli/cli.h"
#include "cli/privacy.h"
#include "cli/sensitivity.h"
#include "cli/shared_options.h"
#include "cli/threads.h"
#include "cluster/cluster.h"

enum { USUAL_PATIENTS = 100000, USUAL_STEPS = 5 };

/* ---- asking ---- */

static popgx_err_t parse_request(sensitivity_request_t *request, int argc, char **argv)
{
    const option_t options[] = {
        {"parameters", 'p', OPTION_TEXT, &request->parameters, "A,B", "vary only these parameters (default: all with a range or a distribution)"},
        {"compare", 'c', OPTION_TEXT, &request->compare, "A,B", "compare strategy A with strategy B (default: the second with the first)"},
        {"wtp", 'k', OPTION_TEXT, &request->wtp, "K", "the willingness to pay for a QALY (default: the model's first threshold)"},
        {"solve", 's', OPTION_TEXT, &request->solve, "A", "instead, find the value of this parameter at which both strategies have the same net benefit"},
        {"between", 0, OPTION_TEXT, &request->between, "LOW,HIGH", "with --solve: where to look for that value (default: the parameter's range)"},
        {"two-way", 0, OPTION_TEXT, &request->two_way, "A,B", "instead, a grid over the ranges of these two parameters"},
        {"steps", 0, OPTION_COUNT, &request->steps, "N", "with --two-way: points of the grid in each direction (default 5)"},
        {"scenarios", 0, OPTION_TEXT, &request->scenarios, "F,G", "instead, scenarios: files whose entries replace those of the model with the same name"},
        {"patients", 'n', OPTION_COUNT, &request->patients, "N", "people to simulate for each variant, e.g. 1e6 (default 100,000)"},
        SEED_OPTION(&request->seed),
        THREADS_OPTION(&request->threads),
        PRIVACY_OPTION(&request->min_cell),
        JSON_OPTION(&request->is_json),
        QUIET_OPTION(&request->is_quiet),
    };
    const usage_t usage = {
        "sensitivity", "MODEL",
        "Sets one parameter after the other to the ends of its range (or of the central 95 % of its distribution) and prints what\n"
        "that does to the incremental net monetary benefit, the largest effect first: the data of a tornado diagram. All variants\n"
        "have the same people and the same luck, so that small effects show. Units are those of the model file.",
        "  popgx sensitivity model.yaml\n"
        "  popgx sensitivity model.yaml --compare 'test,no test' --wtp 50000 --json > tornado.json\n"
        "  popgx sensitivity model.yaml --solve 'test price' --between 0,2000\n"
        "  popgx sensitivity model.yaml --two-way 'test price,ratio carrier' --steps 7\n"
        "  popgx sensitivity model.yaml --scenarios cheap.yaml,societal.yaml\n",
        options, sizeof options / sizeof *options};

    return options_parse(&usage, argc, argv, &request->model_path);
}

static popgx_err_t choose_strategies(sensitivity_t *work, name_list_t *pair)
{
    const model_t *m = &work->model;
    popgx_err_t err;

    if (m->n_strategies < 2) return FAIL(INPUT, "%s has one strategy: there is nothing to compare", work->request->model_path);
    work->variants.strategy = model_strategy_name(m, 1);
    work->variants.comparator = model_strategy_name(m, 0);
    if (!work->request->compare) return POPGX_OK;
    TRY(sensitivity_parse_pair("compare", work->request->compare, pair));
    for (size_t i = 0; i < 2; i++)
        if (model_find_strategy(m, pair->names[i]) == MODEL_NONE) return FAIL(INPUT, "--compare: there is no strategy '%s'", pair->names[i]);
    work->variants.strategy = pair->names[0];
    work->variants.comparator = pair->names[1];
out:
    return err;
}

static popgx_err_t choose_wtp(sensitivity_t *work)
{
    const model_settings_t *settings = &work->model.settings;

    if (work->request->wtp) return sensitivity_parse_real("wtp", work->request->wtp, &work->variants.wtp);
    if (settings->thresholds.count == 0) return FAIL(INPUT, "the model has no `thresholds`: add --wtp K, the willingness to pay for a QALY");
    work->variants.wtp = work->model.reals[settings->thresholds.first];
    return POPGX_OK;
}

/* ---- the command ---- */

static popgx_err_t analyse(sensitivity_t *work)
{
    const sensitivity_request_t *request = work->request;
    name_list_t all = {0}, pair = {0};
    popgx_err_t err;

    if ((request->solve != NULL) + (request->two_way != NULL) + (request->scenarios != NULL) > 1)
        TRY(cluster_agree(FAIL(INPUT, "--solve, --two-way and --scenarios are different analyses: one at a time")));
    TRY(model_input_open(request->model_path, &all, &work->input, &work->model, &work->report));
    const disclosure_t rule = {.minimum = (double)request->min_cell, .people = (double)request->patients, .imported = work->model.settings.imported};
    TRY(cluster_agree(privacy_check(request->model_path, &rule)));
    work->variants = (variants_t){.input = &work->input, .base = &work->model, .patients = request->patients, .seed = request->seed,
                                  .threads = threads_choose(request->threads), .is_quiet = request->is_quiet};
    TRY(cluster_agree(choose_strategies(work, &pair)));
    TRY(cluster_agree(choose_wtp(work)));
    progress_start(&work->variants.progress, "sensitivity", request->patients);
    if (request->solve) err = sensitivity_solve(work);
    else if (request->two_way) err = sensitivity_two_way(work);
    else if (request->scenarios) err = sensitivity_scenarios(work);
    else err = sensitivity_one_way(work);
out:
    name_list_release(&pair);
    return err;
}

popgx_err_t cmd_sensitivity(int argc, char **argv)
{
    sensitivity_request_t request = {.patients = USUAL_PATIENTS, .seed = 1, .steps = USUAL_STEPS, .min_cell = PRIVACY_MINIMUM};
    sensitivity_t work = {.request = &request};
    popgx_err_t err = cluster_agree(parse_request(&request, argc, argv));

    if (!err && request.model_path) err = analyse(&work);
    model_input_close(&work.input);
    model_release(&work.model);
    spec_report_release(&work.report);
    return err;
}
