/*
 * The draws of a probabilistic analysis that is not complete: RUN.h5.d/draws, a header and what was simulated since, wave after wave. A wave
 * counts once it is whole. Rank 0 alone.
 */
#ifndef POPGX_STORE_DRAWS_JOURNAL_H
#define POPGX_STORE_DRAWS_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/exact.h"

typedef struct draws_journal draws_journal_t; /* owner */

/**
 * Opens or makes the journal at `path`.
 *
 * @param fingerprint  of models, seed and patients
 * @param is_resumed   false: whatever is there is given up
 * @param rows         [n_draws][n_sums]: receives the draws that are there, from the first on
 * @param[out] n_done  how many these are
 * @retval POPGX_E_INPUT  those that are there have another fingerprint
 */
MUST_USE popgx_err_t draws_journal_open(const char *path, const uint64_t fingerprint[2], bool is_resumed, uint64_t n_draws, size_t n_sums,
                                        exact_sum_t *rows, uint64_t *n_done, draws_journal_t **out);

/** Appends the next `n` draws and syncs the file. @param rows  [n][n_sums] */
MUST_USE popgx_err_t draws_journal_append(draws_journal_t *journal, const exact_sum_t *rows, uint64_t n);

/** Closes the file and leaves it there. NULL is allowed. */
void draws_journal_close(draws_journal_t *journal);
#endif
