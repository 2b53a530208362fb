/*
 * Shared by the tests of the reference engine: one person's story, worked out by hand.
 *
 * Where luck matters the expected minute is computed here from the same threshold (rng_exponential) with the formula
 * of the hazard written out, not with model/hazard.h.
 */
#ifndef POPGX_TESTS_STORY_FIXTURE_H
#define POPGX_TESTS_STORY_FIXTURE_H

#include <criterion/criterion.h>
#include <math.h>

#include "engine/engine.h"
#include "support/handmade.h"

#define KEY_SEED 7
#define EVENT MOMENT_TIMED
#define NEXT MOMENT_IMMEDIATE

typedef struct {
    int32_t moment, minute;
} record_t;

typedef struct {
    model_t m;
    hand_people_t people;
    trajectory_t trajectory;
    uint64_t n_fired;
} world_t;

static world_t w;

static inline void begin(int32_t horizon)
{
    hand_begin(&w.m, horizon);
    trajectory_init(&w.trajectory);
    w.people.key = NULL;
}

static inline uint64_t person(void)
{
    if (!w.people.key) w.people = hand_people(&w.m, 1, KEY_SEED, 0);
    return w.people.key[0];
}

static inline void live(int32_t strategy)
{
    reference_t *reference;

    person();
    cr_assert_eq(reference_new(&w.m, &reference), POPGX_OK);
    cr_assert_eq(trajectory_reset(&w.trajectory, 1, w.m.settings.horizon), POPGX_OK);
    w.n_fired = 0;
    cr_assert_eq(reference_run(reference, &w.people.view, 0, strategy, &w.trajectory, &w.n_fired, NULL, NULL), POPGX_OK);
    cr_assert_eq(trajectory_check(&w.trajectory, &w.m, 0), POPGX_OK);
    reference_free(reference);
}

static inline void end(void)
{
    if (w.people.key) hand_people_release(&w.m, &w.people);
    trajectory_release(&w.trajectory);
    model_release(&w.m);
}

static inline void expect_story(const record_t *expected, size_t n, int32_t last_minute, const char *file, int line)
{
    for (size_t k = 0; k < n && k < w.trajectory.n_runs; k++) {
        cr_assert_eq(w.trajectory.runs[k].moment, expected[k].moment, "%s:%d: record %zu is moment %d, not %d", file, line, k,
                     w.trajectory.runs[k].moment, expected[k].moment);
        cr_assert_eq(w.trajectory.minute[k], expected[k].minute, "%s:%d: record %zu is at minute %d, not %d", file, line, k,
                     w.trajectory.minute[k], expected[k].minute);
    }
    cr_assert_eq(w.trajectory.n_runs, n, "%s:%d: %zu records, not %zu", file, line, w.trajectory.n_runs, n);
    cr_assert_eq(w.trajectory.end[0], last_minute, "%s:%d: ends at %d, not %d", file, line, w.trajectory.end[0], last_minute);
}
#define EXPECT(last_minute, ...) \
    expect_story((record_t[]){__VA_ARGS__}, sizeof((record_t[]){__VA_ARGS__}) / sizeof(record_t), last_minute, __FILE__, __LINE__)
#define EXPECT_NOTHING(last_minute) expect_story(NULL, 0, last_minute, __FILE__, __LINE__)

static inline double threshold(const char *name, uint64_t occurrence) { return rng_exponential(person(), rng_purpose(name), occurrence); }
static inline double coin(const char *name, uint64_t occurrence) { return rng_uniform(person(), rng_purpose(name), occurrence); }
static inline int32_t minute(double x) { return (int32_t)floor(x + 0.5); }
#endif
