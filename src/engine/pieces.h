/*
 * Clocks of hazards are burned and aimed in pieces: dense columns of at most LOOK_PIECE people whose hazard follows the same curve.
 * look.c finds out for whom; this is what happens to them.
 */
#ifndef POPGX_ENGINE_PIECES_H
#define POPGX_ENGINE_PIECES_H

#include "engine/batch.h"

/* A piece of the people of one curve, and the situations of clock k that they leave and take up. */
typedef struct {
    int32_t k;
    int32_t n, n_people;        /* n is whole vectors: behind its people, the last one of them is repeated */
    const int32_t *person, *was, *is;
    const kernel_curve_t *curve;
} piece_t;

typedef void (*piece_action_t)(engine_t *engine, const piece_t *piece);

static inline bool clock_is_in_state(const engine_t *engine, int32_t k) { return engine->model->clocks[k].scale == SCALE_IN_STATE; }

/* When people entered the state that clock k is of. */
static inline const int32_t *clock_entered(const engine_t *engine, int32_t k)
{
    return entered_column(engine, engine->model->clocks[k].process);
}

static inline void list_change(kernel_changes_t *changes, int32_t person, int32_t was, int32_t is)
{
    changes->person[changes->n] = person;
    changes->was[changes->n] = was;
    changes->is[changes->n++] = is;
}

/* Calls `action` for the people of each curve that occurs among them: the one that they leave (by_was) or the one that they take up. Takes the lists apart. */
void pieces_by_curve(engine_t *engine, int32_t k, bool by_was, kernel_changes_t changes, piece_action_t action);

/* The same for people who are known to be of one curve. */
void pieces_of_curve(engine_t *engine, int32_t k, int32_t curve, const kernel_changes_t *changes, piece_action_t action);

/* Clocks that count exposure get their new time 0, after they were burned and before their memory says when the state was entered. */
void piece_renew_exposure(engine_t *engine, int32_t k, int32_t n, const int32_t *people, const int32_t *was, const int32_t *is);

/* What ran so far is burned; the rest of the threshold waits. */
void piece_stop(engine_t *engine, const piece_t *piece);

/* A clock that is enabled may fire from the next minute on. */
void piece_start(engine_t *engine, const piece_t *piece);

/* The two halves of what happens to clocks that run on, each by the curve that counts there. */
void piece_burn(engine_t *engine, const piece_t *piece);
void piece_aim(engine_t *engine, const piece_t *piece);

/* Both halves in one, where curve and origin stay the same. */
void piece_aim_again(engine_t *engine, const piece_t *piece);

/* The clock has fired and gets its next threshold, and rests or runs on. */
void piece_draw_and_rest(engine_t *engine, const piece_t *piece);
void piece_draw_and_aim(engine_t *engine, const piece_t *piece);
#endif
