/* How far a run has come, on standard error: a bar if that is a terminal, else one line a minute. */
#ifndef POPGX_CLI_PROGRESS_H
#define POPGX_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *command;    /* whose it is; borrowed */
    uint64_t patients;
    double started, last;   /* monotonic_seconds */
    bool is_terminal, is_shown;
} progress_t;

void progress_start(progress_t *progress, const char *command, uint64_t patients);

/** For run_settings_t.progress; `context` is a progress_t. One thread at a time. */
void progress_show(void *context, double share);

/** Wipes the bar, so that the results start on a clean line. */
void progress_end(progress_t *progress);
#endif
