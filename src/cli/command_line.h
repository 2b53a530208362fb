/* The command line as text. */
#ifndef POPGX_CLI_COMMAND_LINE_H
#define POPGX_CLI_COMMAND_LINE_H

#include "core/err.h"

/** The command as it could be typed again. @param argv  argv[0] is the command, not yet permuted by options_parse @param[out] out  the caller frees it */
MUST_USE popgx_err_t command_line_join(int argc, char **argv, char **out);
#endif
