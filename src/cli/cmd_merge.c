/* `popgx merge`: parts of a run become the run. All ranks copy; rank 0 prints. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/command_line.h"
#include "cli/json.h"
#include "cli/numbers.h"
#include "cli/options.h"
#include "cli/privacy.h"
#include "cli/shared_options.h"
#include "store/merge.h"

static popgx_err_t parse(int argc, char **argv, merge_request_t *request, bool *is_json)
{
    const option_t options[] = {
        {"output", 'o', OPTION_TEXT, &request->output, "RUN.h5", "the run to write (required)"},
        SHARDS_OPTION(&request->shards),
        FORCE_OPTION(&request->is_forced),
        JSON_OPTION(is_json),
    };
    const usage_t usage = {
        "merge", "PART.h5 ...",
        "Joins the parts of a run (popgx run --part K/N, for instance the jobs of an array), named in any order. The result is\n"
        "what one run would have written: the same checksum, results, draws and trajectories. The parts stay as they are.\n"
        "\n"
        "Together the parts must hold every patient and every draw exactly once. What is missing or present twice is named; so\n"
        "is what differs if they are not parts of one run (model, tables, seed, strategies, trajectories, version).",
        "  popgx merge part-*.h5 -o run.h5\n"
        "  mpirun -n 8 popgx merge part-*.h5 -o run.h5 --shards 8\n",
        options, sizeof options / sizeof *options};

    popgx_err_t err = options_parse_many(&usage, argc, argv, &request->paths, &request->n);
    if (!err && request->n > 0 && !request->output) err = FAIL(INPUT, "where to? add -o RUN.h5");
    if (!err && request->shards > STORE_MOST_SHARDS) err = FAIL(INPUT, "--shards %llu: at most %d", (unsigned long long)request->shards, STORE_MOST_SHARDS);
    return err;
}

static popgx_err_t print(const merge_request_t *request, const merge_report_t *report, bool is_json)
{
    if (is_json)
        return json_print(json_pack("{s:s, s:I, s:I, s:I, s:s, s:I}", "run", request->output, "parts", (json_int_t)request->n, "patients",
                                    (json_int_t)report->patients, "draws", (json_int_t)report->draws, "checksum", report->checksum, "bytes",
                                    (json_int_t)report->n_bytes));
    printf("%s: %zu parts, %s patients", request->output, request->n, number_count(report->patients).text);
    if (report->draws > 0) printf(", %s draws", number_count(report->draws).text);
    printf(", %s\nchecksum %s\n", number_bytes(report->n_bytes).text, report->checksum);
    return POPGX_OK;
}

popgx_err_t cmd_merge(int argc, char **argv)
{
    merge_request_t request = {0};
    merge_report_t report;
    bool is_json = false;
    char *command = NULL;

    popgx_err_t err = command_line_join(argc, argv, &command); /* before the options are put in another order */
    request.command = command;
    if (!err) err = parse(argc, argv, &request, &is_json);
    if (!err && request.n > 0) err = privacy_begin_stored(request.paths[0]);
    err = cluster_agree(err);
    if (!err && request.n > 0) err = store_merge(&request, &report);
    if (!err && request.n > 0 && cluster_rank() == 0) err = print(&request, &report, is_json);
    free(command);
    return err;
}
