/* `popgx pack`: a run of several files as one. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/numbers.h"
#include "cli/options.h"
#include "cli/privacy.h"
#include "cli/shared_options.h"
#include "store/pack.h"

popgx_err_t cmd_pack(int argc, char **argv)
{
    const char *path, *output = NULL;
    bool is_forced = false, is_json = false;
    pack_report_t report;
    const option_t options[] = {
        {"output", 'o', OPTION_TEXT, &output, "ONE.h5", "write to this file and leave the run as it is (default: in its place)"},
        FORCE_OPTION(&is_forced),
        JSON_OPTION(&is_json),
    };
    const usage_t usage = {
        "pack", "RUN.h5",
        "Makes one self-contained file of a run that is spread over several (RUN.h5 and the shards in RUN.h5.d), to be sent or\n"
        "archived. Everything is compared with its checksums on the way. The run stays as it is until the new file is complete;\n"
        "then, without -o, the new file replaces RUN.h5, and the shards are removed.",
        "  popgx pack run.h5\n"
        "  popgx pack run.h5 -o archive/run.h5 && popgx verify archive/run.h5\n",
        options, sizeof options / sizeof *options};

    popgx_err_t err = options_parse(&usage, argc, argv, &path);
    if (err || !path) return err;
    err = privacy_begin_stored(path);
    if (!err) err = store_pack(path, output, is_forced, &report);
    if (err) return err;
    const char *where = output ? output : path;
    if (is_json)
        return json_print(json_pack("{s:s, s:I, s:I}", "run", where, "files_before", (json_int_t)report.n_files, "bytes", (json_int_t)report.n_bytes));
    if (report.is_one_already) printf("%s: is one file already\n", where);
    else printf("%s: one file made of %llu, %s\n", where, (unsigned long long)report.n_files, number_bytes(report.n_bytes).text);
    return POPGX_OK;
}
