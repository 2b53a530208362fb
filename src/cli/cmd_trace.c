/* `popgx trace`: the modeller's debugger. One person, every strategy, the same luck; told by the reference engine. */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/model_input.h"
#include "cli/options.h"
#include "cli/people_option.h"
#include "cli/privacy.h"
#include "cli/shared_options.h"
#include "cli/story.h"
#include "core/memory.h"
#include "rng/keyed.h"

enum { DEFAULT_WIDTH = 120, LEAST_WIDTH = 60 };

typedef struct {
    const char *model_path, *strategies, *people;
    uint64_t patient, seed, width, min_cell;
    bool is_brief, is_json;
} request_t;

static popgx_err_t parse_request(request_t *request, int argc, char **argv)
{
    const option_t options[] = {
        {"patient", 'p', OPTION_NUMBER, &request->patient, "N", "the person whose story is told; people are numbered from 0 (default 0)"},
        {"seed", 0, OPTION_NUMBER, &request->seed, "N", "the seed of the run that the person belongs to (default 1)"},
        {"people", 0, OPTION_TEXT, &request->people, "HOW", "how the run drew people: independent (default), antithetic or lattice"},
        STRATEGIES_OPTION(&request->strategies),
        {"brief", 'b', OPTION_FLAG, &request->is_brief, NULL, "leave out clocks, and cycles in which nothing happened"},
        {"width", 'w', OPTION_COUNT, &request->width, "N", "characters per line (default: the terminal's width, else 120)"},
        {"min-cell", 0, OPTION_NUMBER, &request->min_cell, "N", "0: tell the story even of a person from a file, whose data it shows"},
        JSON_OPTION(&request->is_json),
    };
    const usage_t usage = {
        "trace", "MODEL",
        "Tells the story of one person under each strategy, side by side: who that is, what tests would show, when each\n"
        "clock is due and why, what happened, which random number decided it, what it cost, and the totals. `popgx run`\n"
        "with the same seed simulates the same person under this number.\n\n"
        "A clock is shown as `threshold / ratio -> due`: what is left of its unit-exponential threshold, the product of its\n"
        "hazard ratios now, and the time it fires if nothing changes. `u` is the uniform that decided a branch.",
        "  popgx trace model.yaml --patient 7\n"
        "  popgx trace model.yaml --patient 7 --brief --strategies 'no test,test'\n"
        "  popgx trace model.yaml --patient 7 --json | python3 -m json.tool\n",
        options, sizeof options / sizeof *options};

    return options_parse(&usage, argc, argv, &request->model_path);
}

static int page_width(uint64_t asked)
{
    struct winsize window;

    if (asked > 0) return asked < LEAST_WIDTH ? LEAST_WIDTH : asked > 10000 ? 10000 : (int)asked;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
        return window.ws_col < LEAST_WIDTH ? LEAST_WIDTH : window.ws_col;
    return DEFAULT_WIDTH;
}

static popgx_err_t tell(const request_t *request, const model_t *model)
{
    size_t n = (size_t)model->n_strategies, told = 0;
    story_t *stories = memory_resize(NULL, n, sizeof *stories);
    cohort_t *cohort = NULL;
    popgx_err_t err;

    TRY(cohort_new(model, 1, &cohort));
    const protagonist_t who = {model, cohort_fill(cohort, rng_run_key(request->seed, 0), request->patient, 1),
                               request->patient, request->seed};
    while (told < n) {
        err = story_tell(model, &who.people, (int32_t)told, &stories[told]);
        told++;
        if (err) goto out;
    }
    const story_layout_t layout = {page_width(request->width), request->is_brief};
    if (request->is_json) err = json_print(story_json(&who, stories, n));
    else story_print(&who, stories, n, &layout, stdout);
out:
    for (size_t s = 0; s < told; s++) story_release(&stories[s]);
    free(stories);
    cohort_free(cohort);
    return err;
}

popgx_err_t cmd_trace(int argc, char **argv)
{
    request_t request = {.seed = 1, .min_cell = PRIVACY_MINIMUM};
    name_list_t strategies = {0};
    model_t model = {0};
    spec_report_t report = {0};
    diagnostics_t *diag = diag_new();

    popgx_err_t err = parse_request(&request, argc, argv);
    if (err || !request.model_path) goto out;
    TRY(name_list_parse(request.strategies, &strategies));
    TRY(model_input_load(request.model_path, &strategies, diag, &model, &report));
    TRY(people_option(request.people, &model));
    if (model.settings.imported > 0 && request.min_cell > 1)
        TRY(FAIL(INPUT, "%s: its people are from a file, and one of them would be shown as they are: --min-cell 0 does it all the same", request.model_path));
    TRY(tell(&request, &model));
out:
    model_release(&model);
    spec_report_release(&report);
    name_list_release(&strategies);
    diag_free(diag);
    return err;
}
