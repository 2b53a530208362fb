/*
 * The batch engine and the reference live the same lives: every record of every person, the ends and the number of
 * events fired, on random models that are denser than real ones.
 */
#include <criterion/criterion.h>

#include "engine/engine.h"
#include "engine/plan.h"
#include "model/lots.h"
#include "support/random_model.h"

enum { MODELS = 1000, FUSABLE_MODELS = 200, TICKING_MODELS = 300, PEOPLE = 37, MANY_PEOPLE = 300 };

typedef void (*maker_t)(uint64_t seed, model_t *m);

typedef struct {
    int32_t *moment, *minute;   /* of one person, in order */
    size_t n;
} story_t;

/* The records of person i, whatever the order in which those of different people stand. */
static void story_of(const trajectory_t *t, size_t i, story_t *story)
{
    size_t k = 0;

    story->n = 0;
    story->moment = realloc(story->moment, (t->n_records + 1) * sizeof *story->moment);
    story->minute = realloc(story->minute, (t->n_records + 1) * sizeof *story->minute);
    for (size_t run = 0; run < t->n_runs; run++) {
        for (int32_t j = 0; j < t->runs[run].count; j++, k++) {
            if ((size_t)t->person[k] != i) continue;
            story->moment[story->n] = t->runs[run].moment;
            story->minute[story->n++] = t->minute[k];
        }
    }
    cr_assert_eq(k, t->n_records, "the runs hold %zu records of %zu", k, t->n_records);
}

static void compare(uint64_t seed, size_t n_people, const model_t *m, int32_t strategy, const trajectory_t *batch, const trajectory_t *reference)
{
    story_t a = {0}, b = {0};

    for (size_t i = 0; i < n_people; i++) {
        story_of(batch, i, &a);
        story_of(reference, i, &b);
        for (size_t k = 0; k < a.n && k < b.n; k++)
            cr_assert(a.moment[k] == b.moment[k] && a.minute[k] == b.minute[k],
                      "model %d, strategy %d, person %zu, record %zu: `%s` at %d, reference: `%s` at %d", (int)seed, strategy, i, k,
                      model_text(m, m->moments[a.moment[k]].name), a.minute[k],
                      model_text(m, m->moments[b.moment[k]].name), b.minute[k]);
        cr_assert_eq(a.n, b.n, "model %d, strategy %d, person %zu: %zu records, reference: %zu", (int)seed, strategy, i, a.n, b.n);
        cr_assert_eq(batch->end[i], reference->end[i], "model %d, strategy %d, person %zu: end %d, reference: %d", (int)seed,
                     strategy, i, batch->end[i], reference->end[i]);
    }
    free(a.moment);
    free(a.minute);
    free(b.moment);
    free(b.minute);
}

/* People of most models are drawn alone, of some in lots. */
static const int32_t LOT_BITS[6] = {[2] = LOTS_PAIRS, [4] = 4};

/* Lives every strategy of one random model twice; returns the number of records. */
static size_t agree(maker_t make, uint64_t seed, size_t n_people)
{
    model_t m;
    engine_t *engine;
    reference_t *reference;
    trajectory_t batch, one_by_one;
    size_t n_records = 0;

    make(seed, &m);
    lots_draw(&m, LOT_BITS[seed % 6]);
    model_verify(&m);
    hand_people_t people = random_people(seed, &m, n_people);
    trajectory_init(&batch);
    trajectory_init(&one_by_one);
    cr_assert_eq(engine_new(&m, n_people + 3, &engine), POPGX_OK);
    cr_assert_eq(reference_new(&m, &reference), POPGX_OK);
    engine_start(engine, &people.view);
    for (int32_t s = m.n_strategies - 1; s >= 0; s--) { /* not in their order: no strategy depends on another */
        uint64_t fired[2] = {0, 0};
        cr_assert_eq(engine_run(engine, s, &batch, &fired[0]), POPGX_OK);
        cr_assert_eq(trajectory_reset(&one_by_one, n_people, m.settings.horizon), POPGX_OK);
        for (size_t i = 0; i < n_people; i++)
            cr_assert_eq(reference_run(reference, &people.view, i, s, &one_by_one, &fired[1], NULL, NULL), POPGX_OK, "%s", popgx_err_detail());
        cr_assert_eq(trajectory_check(&one_by_one, &m, 0), POPGX_OK);
        compare(seed, n_people, &m, s, &batch, &one_by_one);
        cr_assert_eq(fired[0], fired[1], "model %d, strategy %d: %d events fired, reference: %d", (int)seed, s, (int)fired[0],
                     (int)fired[1]);
        n_records += one_by_one.n_records;
    }
    engine_free(engine);
    reference_free(reference);
    trajectory_release(&batch);
    trajectory_release(&one_by_one);
    hand_people_release(&m, &people);
    model_release(&m);
    return n_records;
}

Test(agreement, batch_and_reference_live_the_same_lives)
{
    size_t n_records = 0;
    for (uint64_t seed = 0; seed < MODELS; seed++) n_records += agree(random_model, seed, PEOPLE);
    cr_assert_gt(n_records, 20 * PEOPLE * MODELS, "the models must be lively: %zu records", n_records);
}

Test(agreement, so_does_the_batch_with_the_plain_kernels)
{
    setenv("POPGX_ISA", "ref", 1);
    for (uint64_t seed = MODELS; seed < MODELS + 100; seed++) agree(random_model, seed, PEOPLE);
    for (uint64_t seed = 0; seed < 20; seed++) agree(random_fusable_model, seed, MANY_PEOPLE);
}

Test(agreement, so_do_people_of_one_process_in_their_queues)
{
    size_t n_records = 0, n_fused = 0;

    for (uint64_t seed = 0; seed < FUSABLE_MODELS; seed++) {
        engine_plan_t plan;
        model_t m;
        random_fusable_model(seed, &m);
        cr_assert_eq(plan_init(&plan, &m), POPGX_OK);
        n_fused += (size_t)plan.fused[0].is_fusable;
        plan_release(&plan);
        model_release(&m);
        n_records += agree(random_fusable_model, seed, MANY_PEOPLE);
    }
    cr_assert_eq(n_fused, FUSABLE_MODELS, "only %zu of the models take the fused path", n_fused);
    cr_assert_gt(n_records, 3 * MANY_PEOPLE * FUSABLE_MODELS, "the models must be lively: %zu records", n_records);
}

Test(agreement, so_do_people_who_go_from_cycle_to_cycle)
{
    size_t n_records = 0;
    for (uint64_t seed = 0; seed < TICKING_MODELS; seed++) n_records += agree(random_ticking_model, seed, seed % 8 ? PEOPLE : MANY_PEOPLE);
    cr_assert_gt(n_records, 5 * PEOPLE * TICKING_MODELS, "the models must be lively: %zu records", n_records);
}

Test(agreement, what_a_rule_or_another_process_follows_is_not_fused)
{
    engine_plan_t plan;
    model_t m;

    random_fusable_model(1, &m);
    hand_on(&m, 0, m.clocks[0].moment, m.strategies[1].entry);
    cr_assert_eq(plan_init(&plan, &m), POPGX_OK);
    cr_assert_not(plan.fused[0].is_fusable);
    cr_assert(plan.fused[1].is_fusable);
    plan_release(&plan);
    model_release(&m);
}
