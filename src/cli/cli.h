/*
 * The commands of popgx: one function each, in a file of its own (cmd_NAME.c).
 *
 * A command prints its answer on standard output and returns an error; main.c prints the message of
 * the error and turns it into the exit status. Commands never exit.
 */
#ifndef POPGX_CLI_CLI_H
#define POPGX_CLI_CLI_H

#include "core/err.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG_INPUT = 2, EXIT_RESUMABLE = 75 };

/** argv[0] is the name of the command. */
typedef popgx_err_t command_run_t(int argc, char **argv);

command_run_t cmd_aggregate; /* collective */
command_run_t cmd_bench; /* collective */
command_run_t cmd_cea;   /* on rank 0 alone */
command_run_t cmd_check; /* on rank 0 alone */
command_run_t cmd_equity; /* on rank 0 alone */
command_run_t cmd_graph; /* on rank 0 alone */
command_run_t cmd_merge; /* collective */
command_run_t cmd_new;   /* on rank 0 alone */
command_run_t cmd_pack;  /* on rank 0 alone */
command_run_t cmd_run;   /* collective */
command_run_t cmd_sensitivity; /* collective */
command_run_t cmd_show;  /* on rank 0 alone */
command_run_t cmd_trace; /* on rank 0 alone */
command_run_t cmd_verify; /* on rank 0 alone */
#endif
