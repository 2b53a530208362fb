/*
 * Norms of the general population: a CSV table with a column `age` (years), a column `qaly` (what is left of life at that age, discounted as the model
 * says) and, where they differ, columns named after attributes (`sex`), with their levels.
 */
#ifndef POPGX_CLI_NORMS_H
#define POPGX_CLI_NORMS_H

#include "store/answer.h"

/**
 * The mean norm of the people of a run, at their ages at entry and with their attributes: of the first 100,000, drawn again. Between ages it is linear.
 *
 * @retval POPGX_E_INPUT  the table is wrong, or has no line for somebody: the message says for whom
 * @retval POPGX_E_IO     it cannot be read
 */
MUST_USE popgx_err_t norms_mean(const answer_t *answer, const char *path, estimate_t *out);
#endif
