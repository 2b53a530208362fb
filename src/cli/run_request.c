/* The options of `popgx run`. Looks at nothing but the command line. */
#include "cli/run_request.h"

#include <stdlib.h>
#include <string.h>

#include "cli/command_line.h"
#include "cli/numbers.h"
#include "cli/privacy.h"
#include "cli/run_psa.h"
#include "cli/shared_options.h"
#include "cli/stopping.h"
#include "store/store.h"

static popgx_err_t parse_options(run_request_t *request, int argc, char **argv)
{
    const option_t options[] = {
        {"output", 'o', OPTION_TEXT, &request->output, "RUN.h5", "store the run in this HDF5 file (default: nothing is stored)"},
        {"patients", 'n', OPTION_COUNT, &request->patients, "N", "people to simulate, e.g. 250000, 1e6 or 10M (default 100,000)"},
        {"until", 0, OPTION_TEXT, &request->until, "ERROR",
         "as many people as this standard error takes, e.g. 'nmb.se < 5' or 'qaly.se < 1 %' (nmb, cost, qaly, life_years); --patients is the limit"},
        {"people", 0, OPTION_TEXT, &request->people, "HOW",
         "how people are drawn: independent (default), antithetic (pairs) or lattice (lots of 1,024); see docs/performance.md"},
        {"draws", 0, OPTION_COUNT, &request->draws, "D", "draw the parameters D times: a probabilistic analysis in addition to the base case"},
        {"design", 0, OPTION_TEXT, &request->design, "HOW", "how the draws are spread: random, latin (Latin hypercube) or sobol (default: random)"},
        {"memory", 0, OPTION_COUNT, &request->memory, "BYTES", "memory that the draws may take per rank, e.g. 2G (default: half of what the machine has)"},
        {"part", 0, OPTION_TEXT, &request->part_text, "K/N", "only the K-th of N parts of the people and draws, e.g. 3/8; `popgx merge` joins the parts"},
        SEED_OPTION(&request->seed),
        THREADS_OPTION(&request->threads),
        STRATEGIES_OPTION(&request->strategies),
        BY_OPTION(&request->by),
        {"trajectories", 0, OPTION_TEXT, &request->trajectories, "WHICH",
         "whose trajectories to store: none, sample:FRACTION or all (default: none)"},
        REPORT_OPTION(&request->report),
        {"expected", 0, OPTION_FLAG, &request->is_expected, NULL, "models in cycles: the expected values and the cohort trace, without simulation"},
        {"resume", 0, OPTION_FLAG, &request->is_resumed, NULL, "continue an interrupted run; begin if there is none"},
        {"time-limit", 0, OPTION_TEXT, &request->time_limit, "TIME", "stop after 90s, 45m, 2h or 1:30:00, to be resumed (exit status 75)"},
        {"compress", 0, OPTION_TEXT, &request->compress, "HOW",
         "how trajectories are compressed: gzip (default), zstd (readers other than popgx need HDF5's zstd plugin) or none"},
        SHARDS_OPTION(&request->shards),
        PRIVACY_OPTION(&request->min_cell),
        FORCE_OPTION(&request->is_forced),
        JSON_OPTION(&request->is_json),
        CSV_OPTION(&request->is_csv),
        QUIET_OPTION(&request->is_quiet),
    };
    const usage_t usage = {
        "run", "MODEL",
        "Simulates the people of a model one by one, each of them under every strategy with the same luck. Prints costs,\n"
        "QALYs and life years with their Monte Carlo standard errors, and the incremental analysis. The same seed gives\n"
        "the same results to the last bit on any number of ranks and threads.\n"
        "\n"
        "A run with an output can be interrupted by ^C, by the signals TERM, HUP and USR1, by a file named RUN.h5.d/stop,\n"
        "by a time limit or by an accident, and --resume continues it to the same results. The exit status of a run that\n"
        "stopped early and can be resumed is 75.",
        "  popgx run model.yaml\n"
        "  popgx run model.yaml --patients 10M -o run.h5\n"
        "  popgx run model.yaml --strategies 'no test,reactive test' --json > results.json\n"
        "  popgx run model.yaml -o run.h5 --trajectories sample:0.01\n"
        "  popgx run model.yaml --by 'ancestry,sex x ancestry,observed CYP2C19 x CYP2C19'\n"
        "  popgx run model.yaml --draws 10000\n"
        "  popgx run model.yaml --report years,events\n"
        "  popgx run model.yaml --until 'nmb.se < 5'\n"
        "  popgx run model.yaml --until 'nmb.se < 5' --people lattice\n"
        "  popgx run model.yaml --patients 10M --draws 1000 --part 3/8 -o part-3.h5\n"
        "  popgx run model.yaml --patients 330M -o run.h5 --time-limit 2h --resume\n"
        "  mpirun -n 64 popgx run model.yaml --patients 330M --threads 1 -o run.h5\n",
        options, sizeof options / sizeof *options};

    return options_parse(&usage, argc, argv, &request->model_path);
}

static popgx_err_t parse_trajectories(run_request_t *request)
{
    const char *text = request->trajectories;

    if (strcmp(text, "none") == 0) request->sample = 0;
    else if (strcmp(text, "all") == 0) request->sample = 1;
    else {
        const bool is_sample = strncmp(text, "sample:", 7) == 0 && number_parse_real(text + 7, &request->sample);
        if (!is_sample || !(request->sample > 0 && request->sample <= 1))
            return FAIL(INPUT, "--trajectories '%s': write none, sample:FRACTION with a fraction such as 0.01, or all", text);
    }
    if (request->sample > 0 && !request->output)
        return FAIL(INPUT, "--trajectories %s needs an output to store them in: add -o RUN.h5", text);
    return POPGX_OK;
}

static popgx_err_t check_combinations(const run_request_t *request)
{
    if (request->is_expected && request->part_text) return FAIL(INPUT, "--expected works out everything at once: leave --part out");
    if (request->is_expected && request->output) return FAIL(INPUT, "--expected prints its results: leave -o out");
    if (request->is_expected && request->people) return FAIL(INPUT, "--expected draws nobody: leave --people out");
    if (request->draws > 0 && request->people) return FAIL(INPUT, "--people is about the base case alone: leave --draws to a run of its own");
    if (request->is_expected && request->draws > 0) return FAIL(INPUT, "--expected works out the base case: leave --draws out");
    return POPGX_OK;
}

static popgx_err_t parse_output(run_request_t *request, double started)
{
    popgx_err_t err = POPGX_OK;
    double seconds;

    if (request->is_forced && !request->output) return FAIL(INPUT, "--force replaces an output: add -o RUN.h5");
    if (request->is_resumed && !request->output) return FAIL(INPUT, "--resume goes on with an output: add -o RUN.h5");
    if (request->time_limit && !request->output)
        return FAIL(INPUT, "--time-limit needs an output, in which what was done is kept: add -o RUN.h5");
    if (codec_parse(request->compress, &request->codec) != POPGX_OK)
        return FAIL(INPUT, "--compress '%s': there are gzip, zstd and none", request->compress);
    TRY(run_part_parse(request->part_text, &request->part));
    if (request->draws > 0 && request->part.of > request->draws)
        return FAIL(INPUT, "--part %s: some parts would have no draw: %llu draws make at most %llu parts", request->part_text,
                    (unsigned long long)request->draws, (unsigned long long)request->draws);
    if (request->part_text && !request->output) return FAIL(INPUT, "--part %s needs an output for the part: add -o PART.h5", request->part_text);
    if (request->part_text && request->until) return FAIL(INPUT, "--part %s: the number of people must be known beforehand: leave --until out", request->part_text);
    if (request->shards > STORE_MOST_SHARDS) return FAIL(INPUT, "--shards %llu: at most %d", (unsigned long long)request->shards, STORE_MOST_SHARDS);
    if (request->time_limit) {
        TRY(stopping_parse_duration(request->time_limit, &seconds));
        request->deadline = started + seconds;
    }
out:
    return err;
}

popgx_err_t run_request_parse(run_request_t *request, int argc, char **argv, double started)
{
    popgx_err_t err;

    *request = (run_request_t){.seed = 1, .min_cell = PRIVACY_MINIMUM, .trajectories = "none", .compress = "gzip", .design = "random"};
    TRY(command_line_join(argc, argv, &request->command)); /* before the options are put in another order */
    TRY(parse_options(request, argc, argv));
    if (!request->model_path) goto out;
    TRY(parse_trajectories(request));
    TRY(check_combinations(request));
    TRY(psa_design_parse(request->design, &request->spread));
    TRY(parse_output(request, started));
out:
    return err;
}

void run_request_release(run_request_t *request)
{
    free(request->command);
    request->command = NULL;
}
