/*
 * When a run shall stop early: a signal (USR1, TERM, INT), a time limit, or a file that somebody makes. A second signal ends the process
 * at once, as it would have without this.
 */
#ifndef POPGX_CLI_STOPPING_H
#define POPGX_CLI_STOPPING_H

#include <stdbool.h>

#include "core/err.h"

typedef struct {
    double deadline;        /* monotonic_seconds; 0: none */
    const char *file;       /* whose being there is a wish to stop; NULL: none */
    double last_look;       /* for the file */
    bool is_file_there;
} stopping_t;

/** Catches the signals from now on. `file` is borrowed. */
void stopping_start(stopping_t *stopping, double deadline, const char *file);

/** Signals do again what they did. */
void stopping_end(void);

/** For run_settings_t.is_stop_wanted; `context` is a stopping_t. One thread at a time. */
bool stopping_is_wanted(void *context);

/** Why: "signal USR1", "the time limit", "the file run.h5.d/stop". */
const char *stopping_reason(const stopping_t *stopping);

/** A duration: 3600, 90s, 45m, 2h, 1d, 1:30:00 (hours:minutes:seconds, as Slurm writes it). @retval POPGX_E_INPUT it is none */
MUST_USE popgx_err_t stopping_parse_duration(const char *text, double *seconds);
#endif
