/* The bar is drawn at most five times a second and never reaches a log file: there it is one line a minute. */
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/numbers.h"
#include "core/monotonic.h"

enum { BAR_WIDTH = 30 };

void progress_start(progress_t *progress, const char *command, uint64_t patients)
{
    double now = monotonic_seconds();
    *progress = (progress_t){.command = command, .patients = patients, .started = now, .last = now, .is_terminal = isatty(STDERR_FILENO)};
}

static void draw_bar(double share, const char *of, double left)
{
    char bar[BAR_WIDTH + 1];
    int full = (int)(share * BAR_WIDTH);

    for (int i = 0; i < BAR_WIDTH; i++) bar[i] = i < full ? '=' : i == full ? '>' : ' ';
    bar[BAR_WIDTH] = 0;
    fprintf(stderr, "\r[%s] %3.0f %% of %s people, %.0f s left \033[K", bar, 100 * share, of, left);
    fflush(stderr);
}

void progress_show(void *context, double share)
{
    progress_t *progress = context;
    double now = monotonic_seconds(), spent = now - progress->started;

    if (!(share > 0) || now - progress->last < (progress->is_terminal ? 0.2 : 60)) return;
    progress->last = now;
    number_text_t of = number_count(progress->patients);
    double left = spent * (1 - share) / share;
    if (progress->is_terminal) draw_bar(share, of.text, left);
    else fprintf(stderr, "popgx %s: %.1f %% of %s people after %.0f s, about %.0f s left\n", progress->command, 100 * share, of.text, spent, left);
    progress->is_shown = true;
}

void progress_end(progress_t *progress)
{
    if (progress->is_terminal && progress->is_shown) fputs("\r\033[K", stderr);
}
