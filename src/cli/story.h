/*
 * One person's story under one strategy, for `popgx trace`: everything the reference engine and the ledger tell,
 * in the order of time. Collected here, laid out by story_text.c and story_json.c.
 */
#ifndef POPGX_CLI_STORY_H
#define POPGX_CLI_STORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "cohort/cohort.h"
#include "core/err.h"
#include "engine/engine.h"
#include "model/model.h"

typedef enum {
    ENTRY_MOMENT,   /* index: moment; occurrence */
    ENTRY_CHANGE,   /* index: slot; from, to: levels. Follows the moment that made it */
    ENTRY_BRANCH,   /* index: branch; uniform; chosen: outcome; low, high: it was chosen because low <= uniform < high */
    ENTRY_TEST,     /* index: test; uniform; chosen: 1 if the result says something */
    ENTRY_AIMED,    /* index: clock; clock: its state now */
    ENTRY_STOPPED,  /* index: clock */
    ENTRY_BILL,     /* index: cell; from, to: minutes; amount */
} entry_kind_t;

typedef struct {
    size_t told;            /* how many entries were told before: the ledger speaks last, so bills come last in their minute */
    entry_kind_t kind;
    int32_t minute;         /* bills stand where they were settled */
    int32_t index, occurrence, chosen, from, to;
    double uniform, low, high;
    hazard_clock_t clock;
    double amount;          /* in the outcome's unit */
    char why[64];           /* BILL: what the ledger calls it */
} story_entry_t;

typedef struct {
    int32_t strategy;
    story_entry_t *entries; /* [n], in the order of time */
    size_t n, capacity;
    int32_t end;            /* minute of death, or the horizon */
    bool is_dead;
    uint64_t n_fired;       /* timed events */
    double *cells;          /* [n_cells]: totals in the outcome's unit */
    double *outcomes;       /* [n_outcomes] */
    /* while it is told */
    const model_t *model;
    uint8_t *levels;        /* [n_slots] */
} story_t;

/** Tells the story of person 0 of the block under `strategy`. `story` is to be released, also after a failure. */
MUST_USE popgx_err_t story_tell(const model_t *model, const cohort_view_t *people, int32_t strategy, story_t *story);
void story_release(story_t *story);

/** Who the stories are about. */
typedef struct {
    const model_t *model;
    cohort_view_t people;   /* of one */
    uint64_t patient, seed;
} protagonist_t;

typedef struct {
    int width;              /* of the page, in characters; at least 60 */
    bool is_brief;          /* leave the clocks out */
} story_layout_t;

/** Who the person is, the stories side by side, the totals. */
void story_print(const protagonist_t *who, const story_t *stories, size_t n, const story_layout_t *layout, FILE *out);

/** The same as one JSON object; NULL for lack of memory. */
json_t *story_json(const protagonist_t *who, const story_t *stories, size_t n);
#endif
