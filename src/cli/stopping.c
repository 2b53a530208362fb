/* Owns the handlers of four signals while a run goes on. The handler does no more than remember. */
#include "cli/stopping.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/monotonic.h"

#define SECONDS_BETWEEN_LOOKS 0.2

static const int signals[] = {SIGUSR1, SIGTERM, SIGINT, SIGHUP};
enum { N_SIGNALS = sizeof signals / sizeof *signals };

static volatile sig_atomic_t caught;
static struct sigaction before[N_SIGNALS];

static void catch(int signal)
{
    if (!caught) {
        caught = signal;
        return;
    }
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigaction(signal, &plain, NULL);
    raise(signal);
}

void stopping_start(stopping_t *stopping, double deadline, const char *file)
{
    struct sigaction action = {.sa_handler = catch, .sa_flags = SA_RESTART};

    *stopping = (stopping_t){.deadline = deadline, .file = file};
    caught = 0;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < N_SIGNALS; i++) {
        sigaction(signals[i], &action, &before[i]);
        if (signals[i] == SIGHUP && before[i].sa_handler == SIG_IGN) sigaction(SIGHUP, &before[i], NULL); /* nohup: it goes on without its terminal */
    }
}

void stopping_end(void)
{
    for (int i = 0; i < N_SIGNALS; i++) sigaction(signals[i], &before[i], NULL);
}

bool stopping_is_wanted(void *context)
{
    stopping_t *stopping = context;

    if (caught) return true;
    if (stopping->deadline <= 0 && !stopping->file) return false;
    double now = monotonic_seconds();
    if (stopping->deadline > 0 && now >= stopping->deadline) return true;
    if (stopping->file && now - stopping->last_look >= SECONDS_BETWEEN_LOOKS) {
        stopping->last_look = now;
        stopping->is_file_there = access(stopping->file, F_OK) == 0;
    }
    return stopping->is_file_there;
}

const char *stopping_reason(const stopping_t *stopping)
{
    switch (caught) {
    case SIGUSR1: return "signal USR1";
    case SIGTERM: return "signal TERM";
    case SIGINT: return "signal INT";
    case SIGHUP: return "signal HUP";
    default: return stopping->is_file_there ? "the stop file" : "the time limit";
    }
}

/* 90, 90s, 45m, 2h, 1d. */
static bool parse_unit(const char *text, double *seconds)
{
    static const struct { const char *unit; double seconds; } units[] = {
        {"", 1}, {"s", 1}, {"min", 60}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    char *end;
    double number = strtod(text, &end);

    if (end == text) return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(end, units[i].unit) != 0) continue;
        *seconds = number * units[i].seconds;
        return true;
    }
    return false;
}

popgx_err_t stopping_parse_duration(const char *text, double *seconds)
{
    unsigned days = 0, hours, minutes, rest = 0;
    int used = 0;
    const bool has_days = strchr(text, '-') && sscanf(text, "%u-%n", &days, &used) == 1 && used > 0;
    const char *clock = has_days ? text + used : text;

    if (strchr(clock, ':')) {
        used = 0;
        if (sscanf(clock, "%u:%u:%u%n", &hours, &minutes, &rest, &used) == 3 && used > 0 && !clock[used]) {
            *seconds = 86400.0 * days + 3600.0 * hours + 60.0 * minutes + rest;
        } else if (!has_days && sscanf(clock, "%u:%u%n", &minutes, &rest, &used) == 2 && used > 0 && !clock[used]) {
            *seconds = 60.0 * minutes + rest;
        } else {
            *seconds = 0;
        }
    } else if (!parse_unit(text, seconds)) {
        *seconds = 0;
    }
    if (*seconds > 0 && *seconds < 1e9) return POPGX_OK;
    return FAIL(INPUT, "'%s' is not a length of time: write 90s, 45m, 2h, or 1:30:00", text);
}
