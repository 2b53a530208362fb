/*
 * Collects one person's story: listens to the reference engine and to the ledger. Keeps its own copy of the person's
 * levels, so that it can say what a moment changed and between which probabilities a uniform fell; that copy decides nothing.
 */
#include "cli/story.h"

#include <stdlib.h>
#include <string.h>

#include "core/exact.h"
#include "core/memory.h"
#include "ledger/ledger.h"

/* Longer than anybody reads. */
enum { STORY_MOST_RECORDS = 100000 };

static story_entry_t *add_entry(story_t *story, entry_kind_t kind, int32_t minute, int32_t index)
{
    if (story->n == story->capacity) {
        story->capacity = story->capacity ? 2 * story->capacity : 64;
        story->entries = memory_resize(story->entries, story->capacity, sizeof *story->entries);
    }
    story_entry_t *entry = &story->entries[story->n];
    *entry = (story_entry_t){.kind = kind, .minute = minute, .index = index, .told = story->n++};
    return entry;
}

static void change_level(story_t *story, int32_t minute, int32_t slot, int32_t level)
{
    int32_t from = story->levels[slot];
    if (from == level) return;
    story_entry_t *entry = add_entry(story, ENTRY_CHANGE, minute, slot);
    entry->from = from;
    entry->to = level;
    story->levels[slot] = (uint8_t)level;
}

static void hear_moment(story_t *story, const reference_news_t *news)
{
    const model_t *m = story->model;
    const model_moment_t *moment = &m->moments[news->index];

    add_entry(story, ENTRY_MOMENT, news->minute, news->index)->occurrence = news->occurrence;
    for (int32_t i = 0; i < moment->effects.count; i++) {
        const model_effect_t *effect = &m->effects[moment->effects.first + i];
        change_level(story, news->minute, effect->slot, effect->level);
    }
}

static void hear_branch(story_t *story, const reference_news_t *news)
{
    story_entry_t *entry = add_entry(story, ENTRY_BRANCH, news->minute, news->index);

    entry->uniform = news->uniform;
    entry->chosen = news->chosen;
    entry->low = news->low;
    entry->high = news->high;
}

static void hear_test(story_t *story, const reference_news_t *news)
{
    story_entry_t *entry = add_entry(story, ENTRY_TEST, news->minute, news->index);

    entry->uniform = news->uniform;
    entry->chosen = news->chosen;
}

static void hear_news(void *context, const reference_news_t *news)
{
    story_t *story = context;

    switch (news->what) {
    case TOLD_MOMENT: hear_moment(story, news); break;
    case TOLD_BRANCH: hear_branch(story, news); break;
    case TOLD_TEST: hear_test(story, news); break;
    case TOLD_READING: change_level(story, news->minute, news->index, news->chosen); break;
    case TOLD_CLOCK_AIMED: add_entry(story, ENTRY_AIMED, news->minute, news->index)->clock = *news->clock; break;
    case TOLD_CLOCK_STOPPED: add_entry(story, ENTRY_STOPPED, news->minute, news->index)->clock = *news->clock; break;
    }
}

static void hear_bill(void *context, size_t person, int32_t cell, const char *why, int32_t from_minute, int32_t to_minute,
                      int64_t amount)
{
    story_t *story = context;
    const model_t *m = story->model;
    story_entry_t *entry = add_entry(story, ENTRY_BILL, to_minute, cell);

    (void)person;
    entry->from = from_minute;
    entry->to = to_minute;
    entry->amount = exact_value(amount, m->outcomes[m->cells[cell].outcome].grid_bits);
    snprintf(entry->why, sizeof entry->why, "%s", why);
}

/* What was told first comes first within a minute. */
static int by_time(const void *a, const void *b)
{
    const story_entry_t *x = a, *y = b;
    if (x->minute != y->minute) return x->minute < y->minute ? -1 : 1;
    return (x->told > y->told) - (x->told < y->told);
}

static void add_up(story_t *story, const ledger_bill_t *bill)
{
    const model_t *m = story->model;

    for (int32_t o = 0; o < m->n_outcomes; o++) {
        exact_sum_t sum = 0;
        for (int32_t c = m->outcomes[o].cells.first; c < m->outcomes[o].cells.first + m->outcomes[o].cells.count; c++) {
            story->cells[c] = exact_value(bill->cell[c][0], m->outcomes[o].grid_bits);
            sum += bill->cell[c][0];
        }
        story->outcomes[o] = exact_value(sum, m->outcomes[o].grid_bits);
    }
}

static void start_levels(story_t *story, const cohort_view_t *people)
{
    const model_t *m = story->model;
    for (int32_t s = 0; s < m->n_slots; s++)
        story->levels[s] = s < m->settings.n_attributes ? people->level[s][0] : (uint8_t)m->slots[s].initial;
}

popgx_err_t story_tell(const model_t *model, const cohort_view_t *people, int32_t strategy, story_t *story)
{
    popgx_err_t err;
    reference_t *reference = NULL;
    ledger_t *ledger = NULL;
    ledger_bill_t bill;
    trajectory_t trajectory;

    *story = (story_t){.strategy = strategy, .model = model};
    story->levels = memory_resize(NULL, (size_t)model->n_slots + 1, 1);
    story->cells = memory_resize(NULL, (size_t)model->n_cells + 1, sizeof *story->cells);
    story->outcomes = memory_resize(NULL, (size_t)model->n_outcomes + 1, sizeof *story->outcomes);
    start_levels(story, people);
    trajectory_init(&trajectory);
    trajectory.most_records = STORY_MOST_RECORDS;
    TRY(reference_new(model, &reference));
    TRY(ledger_new(model, 1, &ledger));
    TRY(trajectory_reset(&trajectory, 1, model->settings.horizon));
    TRY(reference_run(reference, people, 0, strategy, &trajectory, &story->n_fired, hear_news, story));
    TRY(trajectory_check(&trajectory, model, strategy));
    story->end = trajectory.end[0];
    story->is_dead = story->levels[model->settings.life] == LIFE_DEAD;
    ledger_observe(ledger, hear_bill, story);
    TRY(ledger_post(ledger, people, &trajectory, &bill));
    add_up(story, &bill);
    if (story->n > 0) qsort(story->entries, story->n, sizeof *story->entries, by_time);
out:
    trajectory_release(&trajectory);
    ledger_free(ledger);
    reference_free(reference);
    return err;
}

void story_release(story_t *story)
{
    free(story->entries);
    free(story->cells);
    free(story->outcomes);
    free(story->levels);
    *story = (story_t){0};
}
