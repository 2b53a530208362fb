/* What tests have shown, replayed from records, is what the reference made known while it lived the same lives. */
#include <criterion/criterion.h>

#include "engine/engine.h"
#include "ledger/observed.h"
#include "support/random_model.h"

enum { MODELS = 300, PEOPLE = 37 };

typedef struct {
    const model_t *m;
    uint8_t *last, *first;      /* [n_observations] of the person in hand */
    size_t n_readings;
} told_t;

static void note(void *context, const reference_news_t *news)
{
    told_t *told = context;
    const int32_t k = news->index - told->m->settings.n_attributes - told->m->settings.n_processes;

    if (news->what != TOLD_READING) return;
    told->n_readings++;
    told->last[k] = (uint8_t)news->chosen;
    if (told->first[k] == OBSERVED_UNKNOWN) told->first[k] = (uint8_t)news->chosen;
}

/* Returns how many results were read. */
static size_t agree(uint64_t seed)
{
    model_t m;
    engine_t *engine;
    reference_t *reference;
    trajectory_t batch, alone;
    observed_t observed;
    uint8_t last[64], first[64];
    uint64_t fired = 0;

    random_model(seed, &m);
    told_t told = {.m = &m, .last = last, .first = first};
    popgx_err_t err = observed_init(&observed, &m, PEOPLE + 3);
    if (err) { /* the language cannot say what some of these models do */
        cr_assert_eq(err, POPGX_E_INPUT);
        observed_release(&observed);
        model_release(&m);
        return 0;
    }
    hand_people_t people = random_people(seed, &m, PEOPLE);
    const int32_t n = m.settings.n_observations;
    trajectory_init(&batch);
    trajectory_init(&alone);
    cr_assert_eq(engine_new(&m, PEOPLE, &engine), POPGX_OK);
    cr_assert_eq(reference_new(&m, &reference), POPGX_OK);
    engine_start(engine, &people.view);
    for (int32_t s = 0; s < m.n_strategies; s++) {
        cr_assert_eq(engine_run(engine, s, &batch, &fired), POPGX_OK);
        observed_replay(&observed, &people.view, &batch);
        cr_assert_eq(trajectory_reset(&alone, PEOPLE, m.settings.horizon), POPGX_OK);
        for (size_t i = 0; i < PEOPLE; i++) {
            memset(last, OBSERVED_UNKNOWN, sizeof last);
            memset(first, OBSERVED_UNKNOWN, sizeof first);
            cr_assert_eq(reference_run(reference, &people.view, i, s, &alone, &fired, note, &told), POPGX_OK);
            for (int32_t k = 0; k < n; k++) {
                const size_t at = (size_t)k * (PEOPLE + 3) + i;
                cr_assert_eq(observed.last[at], last[k], "model %d, strategy %d, person %zu, observation %d: %d, not %d", (int)seed, s, i, k, observed.last[at], last[k]);
                cr_assert_eq(observed.first[at], first[k], "model %d, strategy %d, person %zu, observation %d: first %d, not %d", (int)seed, s, i, k,
                             observed.first[at], first[k]);
            }
        }
    }
    observed_release(&observed);
    engine_free(engine);
    reference_free(reference);
    trajectory_release(&batch);
    trajectory_release(&alone);
    hand_people_release(&m, &people);
    model_release(&m);
    return told.n_readings;
}

Test(observed, is_what_the_reference_made_known)
{
    size_t n_readings = 0;

    for (uint64_t seed = 0; seed < MODELS; seed++) n_readings += agree(seed);
    cr_assert_gt(n_readings, MODELS * PEOPLE / 2, "the models must test people: %zu readings", n_readings);
}
