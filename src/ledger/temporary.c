/*
 * Temporary effects whose end may still change (those that a moment can end, that a second one replaces or extends), and
 * those of outcomes with a floor, which must see them end. Each person has a few places for them.
 *
 * What has expired stays in its place until the place is needed, the person's block is closed or a floor looks: the
 * amount is the same whenever it is posted. Only here is a person looked at alone; the ordinary spell is posted by
 * ledger.c the moment it begins.
 */
#include "ledger/ledger_state.h"

static ledger_open_t *places(const ledger_t *l, size_t person) { return l->open + person * LEDGER_MAX_OPEN; }

/* Posts the effect in `place` up to `minute` unless it is posted, and frees the place. */
static popgx_err_t post_open(ledger_t *l, size_t person, int32_t place, int32_t minute)
{
    ledger_open_t *open = places(l, person), was = open[place];
    open[place] = open[--l->n_open[person]];
    if (was.is_posted) return POPGX_OK;
    return ledger_post_rate(l, &l->plan.spells[was.spell].how, person, was.rate, was.from, was.start, minute);
}

/* Ends the effect in `place` at `minute`, or when it expired if that was earlier; its floor, if any, learns of it. */
static popgx_err_t end_open(ledger_t *l, size_t person, int32_t place, int32_t minute)
{
    const ledger_open_t *open = &places(l, person)[place];
    const ledger_rate_t *how = &l->plan.spells[open->spell].how;
    popgx_err_t err = POPGX_OK;

    if (open->stop < minute) minute = open->stop;
    if (how->floor != MODEL_NONE)
        TRY(ledger_floor_move(l, how, person, minute, open->rate, 0));
    TRY(post_open(l, person, place, minute));
out:
    return err;
}

/* The place of the effect of this outcome that ends first, or MODEL_NONE. */
static int32_t first_to_end(const ledger_t *l, int32_t floor, size_t person)
{
    const ledger_open_t *open = places(l, person);
    int32_t first = MODEL_NONE;

    for (int32_t j = 0; j < l->n_open[person]; j++)
        if (l->plan.spells[open[j].spell].how.floor == floor && (first == MODEL_NONE || open[j].stop < open[first].stop))
            first = j;
    return first;
}

popgx_err_t ledger_expire(ledger_t *l, int32_t floor, size_t person, int32_t minute)
{
    popgx_err_t err = POPGX_OK;
    int32_t *next = &l->watches[floor].next[person];

    while (*next <= minute) {
        int32_t place = first_to_end(l, floor, person);
        *next = place == MODEL_NONE ? MODEL_NEVER : places(l, person)[place].stop;
        if (*next <= minute) TRY(end_open(l, person, place, minute));
    }
out:
    return err;
}

/* Brings all floors of a person up to `minute`. After this everything open in a floored outcome lasts beyond it. */
static popgx_err_t expire_all(ledger_t *l, size_t person, int32_t minute)
{
    popgx_err_t err = POPGX_OK;
    for (int32_t f = 0; f < l->plan.n_floors; f++) TRY(ledger_expire(l, f, person, minute));
out:
    return err;
}

static popgx_err_t sweep_expired(ledger_t *l, size_t person, int32_t minute)
{
    popgx_err_t err = POPGX_OK;
    TRY(expire_all(l, person, minute));
    for (int32_t j = l->n_open[person] - 1; j >= 0; j--)
        if (places(l, person)[j].stop <= minute) TRY(end_open(l, person, j, minute));
out:
    return err;
}

static popgx_err_t take_place(ledger_t *l, size_t person, const ledger_open_t *effect)
{
    popgx_err_t err = POPGX_OK;
    const ledger_rate_t *how = &l->plan.spells[effect->spell].how;

    if (l->n_open[person] == LEDGER_MAX_OPEN) TRY(sweep_expired(l, person, effect->start));
    if (l->n_open[person] == LEDGER_MAX_OPEN)
        return FAIL(RANGE, "person %llu, minute %d: %s (%s) would be the temporary effect number %d at a time: "
                    "at most %d can overlap", (unsigned long long)(l->people->first_id + person), effect->start,
                    model_text(l->model, l->model->cells[how->account.cell].name), how->account.why, LEDGER_MAX_OPEN + 1,
                    LEDGER_MAX_OPEN);
    places(l, person)[l->n_open[person]++] = *effect;
out:
    return err;
}

/* Where the same spell is still going on, or MODEL_NONE. */
static int32_t find_open(const ledger_t *l, int32_t spell, size_t person, int32_t minute)
{
    for (int32_t j = 0; j < l->n_open[person]; j++)
        if (places(l, person)[j].spell == spell && places(l, person)[j].stop > minute) return j;
    return MODEL_NONE;
}

/* The floor learns of a new effect. */
static popgx_err_t watch(ledger_t *l, size_t person, const ledger_open_t *effect)
{
    const ledger_rate_t *how = &l->plan.spells[effect->spell].how;
    int32_t *next = &l->watches[how->floor].next[person];
    if (effect->stop < *next) *next = effect->stop;
    return ledger_floor_move(l, how, person, effect->start, 0, effect->rate);
}

popgx_err_t ledger_watch_spell(ledger_t *l, int32_t spell, size_t person, int32_t minute, double rate)
{
    popgx_err_t err = POPGX_OK;
    const ledger_spell_t *s = &l->plan.spells[spell];
    const int32_t end = l->end[person];
    const ledger_open_t effect = {.rate = rate, .start = minute, .spell = spell, .is_posted = true,
                                  .stop = ledger_stop(s, minute, end, l->model->settings.horizon)};

    if (l->watches[s->how.floor].next[person] <= minute) TRY(ledger_expire(l, s->how.floor, person, minute));
    if (effect.stop < end) TRY(take_place(l, person, &effect));     /* else the floor never sees it end */
    TRY(watch(l, person, &effect));
out:
    return err;
}

popgx_err_t ledger_open_spell(ledger_t *l, int32_t spell, size_t person, int32_t minute, double from, double rate)
{
    popgx_err_t err = POPGX_OK;
    const ledger_spell_t *s = &l->plan.spells[spell];
    const int32_t floor = s->how.floor, end = l->end[person], horizon = l->model->settings.horizon;
    const ledger_open_t effect = {.rate = rate, .from = from, .start = minute, .spell = spell,
                                  .stop = ledger_stop(s, minute, end, horizon)};
    int32_t place = MODEL_NONE;

    if (floor != MODEL_NONE) TRY(ledger_expire(l, floor, person, minute));
    if (s->repeats != REPEAT_STACK) place = find_open(l, spell, person, minute);
    if (place != MODEL_NONE && s->repeats == REPEAT_EXTEND) {
        ledger_open_t *open = &places(l, person)[place];
        open->stop = ledger_stop(s, open->stop, end, horizon);
        return POPGX_OK;
    }
    if (place != MODEL_NONE) TRY(end_open(l, person, place, minute));
    TRY(take_place(l, person, &effect));
    if (floor != MODEL_NONE) TRY(watch(l, person, &effect));
out:
    return err;
}

popgx_err_t ledger_end_spells(ledger_t *l, int32_t moment, size_t person, int32_t minute)
{
    popgx_err_t err = POPGX_OK;
    const bool *ends = l->plan.ends + (size_t)moment * (size_t)l->plan.n_spells;

    TRY(expire_all(l, person, minute));
    for (int32_t j = l->n_open[person] - 1; j >= 0; j--)
        if (ends[places(l, person)[j].spell]) TRY(end_open(l, person, j, minute));
out:
    return err;
}

popgx_err_t ledger_close_spells(ledger_t *l, size_t person)
{
    popgx_err_t err = POPGX_OK;
    while (l->n_open[person]) {
        int32_t last = l->n_open[person] - 1;
        TRY(post_open(l, person, last, places(l, person)[last].stop));
    }
out:
    return err;
}
