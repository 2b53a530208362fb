/*
 * Entry of the program `popgx`: finds the command, starts and ends the ranks, reports the error and
 * gives the exit status, the same on every rank. The only place that knows exit statuses.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cluster/cluster.h"
#include "core/utf8.h"
#include "spec/diag.h"

typedef struct {
    const char *name, *operands, *summary;
    command_run_t *run;
    bool is_collective; /* all ranks take part; otherwise rank 0 alone does the work */
    const char *heading; /* of the help, above this command and those that follow; or NULL */
} command_t;

static const command_t commands[] = {
    {"new", "TEMPLATE", "write a commented model to start from: pgx, cohort, oncology, events", cmd_new, false, "Write a model"},
    {"check", "MODEL", "validate a model and print what popgx understood", cmd_check, false, NULL},
    {"graph", "MODEL", "draw its states and events, for Graphviz or Mermaid", cmd_graph, false, NULL},
    {"trace", "MODEL", "tell one person's story under each strategy, side by side", cmd_trace, false, NULL},
    {"run", "MODEL", "simulate; print costs, QALYs and the incremental analysis", cmd_run, true, "Simulate"},
    {"sensitivity", "MODEL", "vary parameters and scenarios; find the value that turns the decision", cmd_sensitivity, true, NULL},
    {"bench", "[MODEL]", "measure how fast this machine simulates", cmd_bench, true, NULL},
    {"cea", "RUN.h5", "cost-effectiveness: dominance, net benefit, acceptability, value of information", cmd_cea, false, "Analyse a stored run"},
    {"equity", "RUN.h5", "who gains and who loses health, and what that does to inequality", cmd_equity, false, NULL},
    {"aggregate", "RUN.h5", "the results again, also at other prices, from stored trajectories", cmd_aggregate, true, NULL},
    {"show", "RUN.h5", "print what a stored run holds: its origin, settings and results", cmd_show, false, "Look after stored runs"},
    {"verify", "RUN.h5", "check that a stored run is as it was written", cmd_verify, false, NULL},
    {"merge", "PART.h5 ...", "join the parts of a run (popgx run --part)", cmd_merge, true, NULL},
    {"pack", "RUN.h5", "make one file of a run that is spread over several", cmd_pack, false, NULL},
};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

static void print_help(void)
{
    puts("popgx " POPGX_VERSION ": costs and health of pharmacogenomic strategies, simulated person by person\n\n"
         "usage: popgx COMMAND ...");
    for (int i = 0; i < N_COMMANDS; i++) {
        if (commands[i].heading) printf("\n%s:\n", commands[i].heading);
        printf("  %-12s%-13s%s\n", commands[i].name, commands[i].operands, commands[i].summary);
    }
    puts("\nFirst steps:\n"
         "    popgx new pgx -o model.yaml\n"
         "    popgx check model.yaml\n"
         "    popgx run model.yaml\n\n"
         "`popgx COMMAND --help` explains a command and gives examples.\n"
         "Exit status: 0 done, 1 failed, 2 wrong input, 75 stopped early and can be resumed.");
}

static const command_t *find_command(const char *name)
{
    for (int i = 0; i < N_COMMANDS; i++)
        if (strcmp(name, commands[i].name) == 0) return &commands[i];
    return NULL;
}

static popgx_err_t fail_unknown(const char *name)
{
    const char *names[N_COMMANDS];

    for (int i = 0; i < N_COMMANDS; i++) names[i] = commands[i].name;
    const char *nearest = diag_nearest(name, names, N_COMMANDS);
    if (nearest) return FAIL(INPUT, "there is no command '%s': did you mean '%s'?", name, nearest);
    return FAIL(INPUT, "there is no command '%s': popgx --help lists the commands", name);
}

/* Names go into JSON and HDF5, which hold nothing but UTF-8. */
static popgx_err_t check_arguments(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        size_t n = strlen(argv[i]), at = utf8_check(argv[i], n);
        if (at < n) return FAIL(INPUT, "the byte 0x%02x in '%s' is not valid UTF-8: rename the file", (unsigned char)argv[i][at], argv[i]);
    }
    return POPGX_OK;
}

/* `*name` becomes the command, for messages. */
static popgx_err_t dispatch(int argc, char **argv, const char **name)
{
    if (argc < 2) return FAIL(INPUT, "which command? popgx --help lists them");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        if (cluster_rank() == 0) print_help();
        return POPGX_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        if (cluster_rank() == 0) puts("popgx " POPGX_VERSION);
        return POPGX_OK;
    }
    const command_t *command = find_command(argv[1]);
    if (!command) return fail_unknown(argv[1]);
    *name = command->name;
    return command->is_collective || cluster_rank() == 0 ? command->run(argc - 1, argv + 1) : POPGX_OK;
}

static int exit_status(popgx_err_t err)
{
    switch (err) {
    case POPGX_OK: return EXIT_DONE;
    case POPGX_E_INPUT:
    case POPGX_E_RANGE:
    case POPGX_E_EXISTS: return EXIT_WRONG_INPUT;
    case POPGX_E_STOPPED: return EXIT_RESUMABLE;
    default: return EXIT_FAILED;
    }
}

static void report(popgx_err_t err, const char *command)
{
    const char *detail = popgx_err_detail();
    fprintf(stderr, "popgx%s%s: %s\n", command ? " " : "", command ? command : "", *detail ? detail : popgx_err_text(err));
}

/* What was printed has arrived only when it left the buffer: a full disk shows here at the latest. */
static popgx_err_t flush_output(void)
{
    if (fflush(stdout) != 0 || ferror(stdout)) return FAIL(IO, "standard output could not be written");
    return POPGX_OK;
}

/* A file must not get the number of a standard stream that is closed: what is printed would go into it. Read-only: writing still fails. */
static void reserve_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0) return;
}

int main(int argc, char **argv)
{
    const char *command = NULL;

    reserve_streams();
    signal(SIGXFSZ, SIG_IGN); /* beyond `ulimit -f` a write fails, as on a full disk, and says so */
    popgx_err_t err = cluster_open(&argc, &argv);
    if (!err) {
        err = check_arguments(argc, argv);
        if (!err) err = dispatch(argc, argv, &command);
        if (!err) err = flush_output();
        err = cluster_agree(err);
    }
    if (err && cluster_rank() == 0) report(err, command);
    cluster_close();
    return exit_status(err);
}
