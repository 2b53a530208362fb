/* `popgx verify`: whether a stored run is what was written. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "store/store.h"

static void print_line(void *context, const char *line) { fprintf(context, "%s\n", line); }

popgx_err_t cmd_verify(int argc, char **argv)
{
    const usage_t usage = {
        "verify", "RUN.h5",
        "Reads every byte of a stored run, in all its files, and compares it with the checksums that were written with it.\n"
        "Says what is damaged and which patients that concerns. The exit status is 1 if anything is damaged.",
        "  popgx verify run.h5\n", NULL, 0};
    const char *path;

    popgx_err_t err = options_parse(&usage, argc, argv, &path);
    if (err || !path) return err;
    return store_verify(path, print_line, stdout);
}
