/*
 * Clocks and fair comparisons for the benchmarks.
 *
 * What is compared runs in turns (A, B, A, B...), so that whatever slows the machine down slows both; of several rounds the
 * best one counts, since noise only ever adds. Times are CPU times of the calling thread: a busy machine shares its cores out,
 * and what others get is not ours to count.
 */
#ifndef POPGX_BENCHMARKS_TIMING_H
#define POPGX_BENCHMARKS_TIMING_H

#include <stddef.h>
#include <time.h>

static inline double seconds_on(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static inline double thread_seconds(void) { return seconds_on(CLOCK_THREAD_CPUTIME_ID); }

/** What is timed; each call does the same work. */
typedef struct {
    void (*run)(void *context);
    void *context;
    double best; /* seconds a call: filled by timing_compare */
} timed_t;

/* Seconds a call, over as many calls as take at least `least` seconds together. */
static inline double timing_once(const timed_t *timed, double least)
{
    for (size_t calls = 1;; calls *= 2) {
        double start = thread_seconds();
        for (size_t i = 0; i < calls; i++) timed->run(timed->context);
        double seconds = thread_seconds() - start;
        if (seconds >= least) return seconds / (double)calls;
    }
}

/** Times all of `timed` in turns, `rounds` times, and keeps the best of each. */
static inline void timing_compare(timed_t *timed, size_t n, int rounds, double least)
{
    for (size_t i = 0; i < n; i++) timed[i].best = 1e300;
    for (int round = 0; round < rounds; round++)
        for (size_t i = 0; i < n; i++) {
            double seconds = timing_once(&timed[i], least);
            if (seconds < timed[i].best) timed[i].best = seconds;
        }
}
#endif
