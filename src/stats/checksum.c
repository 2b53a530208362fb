/*
 * Checksums of a tally: XXH3 (128 bits) over lines of names and values, sorted, so that only what was found counts and
 * not where the model file put it.
 *
 * A line is the kind of sum, the names that key it, and the value as 16 bytes, least significant first. Names cannot
 * contain the separator, a control character. Lack of memory ends the program: there are as many lines as sums.
 */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "core/memory.h"
#include "stats/tally.h"

#define SEPARATOR '\x1f'

typedef struct {
    size_t first, length;       /* in the text */
} line_t;

typedef struct {
    const tally_t *tally;
    char *text;
    size_t length, capacity;
    line_t *lines;
    size_t n_lines, line_capacity;
} listing_t;

static void write_bytes(listing_t *list, const void *bytes, size_t n)
{
    if (list->length + n > list->capacity) {
        list->capacity = 2 * (list->length + n);
        list->text = memory_resize(list->text, list->capacity, 1);
    }
    memcpy(list->text + list->length, bytes, n);
    list->length += n;
}

/* One line: the value of sums[index] under `names`, which end with NULL. */
static void list_sum(listing_t *list, int32_t index, const char *const *names)
{
    const exact_sum_t sum = list->tally->sums[index];
    const size_t first = list->length;

    if (sum == 0) return;
    for (; *names; names++) {
        write_bytes(list, *names, strlen(*names));
        write_bytes(list, &(char){SEPARATOR}, 1);
    }
    for (int byte = 0; byte < 16; byte++)
        write_bytes(list, &(unsigned char){(unsigned char)(sum >> (8 * byte))}, 1);
    if (list->n_lines == list->line_capacity) {
        list->line_capacity = 2 * list->n_lines + 64;
        list->lines = memory_resize(list->lines, list->line_capacity, sizeof *list->lines);
    }
    list->lines[list->n_lines++] = (line_t){.first = first, .length = list->length - first};
}

#define LIST(list, index, ...) list_sum(list, index, (const char *const[]){__VA_ARGS__, NULL})

static int by_bytes(const void *a, const void *b, void *text)
{
    const line_t *x = a, *y = b;
    const size_t common = x->length < y->length ? x->length : y->length;
    int order = memcmp((const char *)text + x->first, (const char *)text + y->first, common);
    return order ? order : (x->length > y->length) - (x->length < y->length);
}

/* Sorts and hashes the lines, and frees the listing. */
static void finish(listing_t *list, char text[33])
{
    XXH3_state_t *state = XXH3_createState();
    XXH128_canonical_t canonical;

    INVARIANT(state, "no memory for the checksum");
    if (list->n_lines) qsort_r(list->lines, list->n_lines, sizeof *list->lines, by_bytes, list->text);
    XXH3_128bits_reset(state);
    for (size_t i = 0; i < list->n_lines; i++)
        XXH3_128bits_update(state, list->text + list->lines[i].first, list->lines[i].length);
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state));
    for (size_t i = 0; i < sizeof canonical.digest; i++) {
        text[2 * i] = "0123456789abcdef"[canonical.digest[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[canonical.digest[i] & 15];
    }
    text[32] = '\0';
    XXH3_freeState(state);
    free(list->lines);
    free(list->text);
}

/* Outcomes and cells of strategy s, under the name `strategy`. */
static void list_payoffs(listing_t *list, int32_t s, const char *strategy)
{
    const model_t *m = list->tally->model;
    const tally_layout_t *at = &list->tally->layout;

    for (int32_t o = 0; o < m->n_outcomes; o++) {
        const char *outcome = model_text(m, m->outcomes[o].name);
        LIST(list, at->outcome + s * m->n_outcomes + o, "outcome", strategy, outcome);
        LIST(list, at->outcome_coarse + s * m->n_outcomes + o, "outcome coarse", strategy, outcome);
        LIST(list, at->product + (s * m->n_strategies + s) * m->n_outcomes + o, "outcome squared", strategy, outcome);
    }
    for (int32_t c = 0; c < m->n_cells; c++) {
        const char *outcome = model_text(m, m->outcomes[m->cells[c].outcome].name), *cell = model_text(m, m->cells[c].name);
        LIST(list, at->cell + s * m->n_cells + c, "cell", strategy, outcome, cell);
        LIST(list, at->cell_coarse + s * m->n_cells + c, "cell coarse", strategy, outcome, cell);
        LIST(list, at->cell_squared + s * m->n_cells + c, "cell squared", strategy, outcome, cell);
    }
}

/* What strategies s and t have in common; a product counts once, whichever of the two comes first in the model. */
static void list_pair(listing_t *list, int32_t s, int32_t t)
{
    const model_t *m = list->tally->model;
    const tally_layout_t *at = &list->tally->layout;
    const char *one = model_strategy_name(m, s), *other = model_strategy_name(m, t);

    LIST(list, at->cost_qaly + s * m->n_strategies + t, "cost qaly", one, other);
    if (t >= s) return;
    const bool is_ordered = strcmp(one, other) < 0;
    for (int32_t o = 0; o < m->n_outcomes; o++)
        LIST(list, at->product + (s * m->n_strategies + t) * m->n_outcomes + o, "product", is_ordered ? one : other,
             is_ordered ? other : one, model_text(m, m->outcomes[o].name));
}

static void list_levels(listing_t *list, int32_t first, const char *kind, const char *strategy)
{
    const model_t *m = list->tally->model;

    for (int32_t slot = 0; slot < m->n_slots; slot++) {
        if (!m->slots[slot].is_reported) continue;
        for (int32_t l = 0; l < m->slots[slot].level_names.count; l++)
            LIST(list, first + tally_level_offset(m, slot) + l, kind, strategy, model_text(m, m->slots[slot].name),
                 model_level_name(m, slot, l));
    }
}

void tally_checksum(const tally_t *tally, char text[33])
{
    const model_t *m = tally->model;
    const tally_layout_t *at = &tally->layout;
    const int32_t n_levels = tally_level_offset(m, m->n_slots);
    listing_t list = {.tally = tally};

    LIST(&list, at->people, "people");
    list_levels(&list, at->share, "share", "");
    for (int32_t s = 0; s < m->n_strategies; s++) {
        const char *strategy = model_strategy_name(m, s);
        list_payoffs(&list, s, strategy);
        list_levels(&list, at->occupancy + s * n_levels, "occupancy", strategy);
        for (int32_t i = 0; i < m->n_moments; i++) {
            const char *moment = model_text(m, m->moments[i].name);
            LIST(&list, at->events + s * m->n_moments + i, "events", strategy, moment);
            LIST(&list, at->events_squared + s * m->n_moments + i, "events squared", strategy, moment);
        }
        for (int32_t t = 0; t < m->n_strategies; t++) list_pair(&list, s, t);
    }
    finish(&list, text);
}

void tally_strategy_checksum(const tally_t *tally, int32_t strategy, char text[33])
{
    listing_t list = {.tally = tally};

    LIST(&list, tally->layout.people, "people");
    list_payoffs(&list, strategy, "");
    finish(&list, text);
}
