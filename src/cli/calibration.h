/* `popgx equity --calibration`: whether a score of risk tells in each group what happens. */
#ifndef POPGX_CLI_CALIBRATION_H
#define POPGX_CLI_CALIBRATION_H

#include <stdbool.h>

#include "store/answer.h"

/**
 * Prints, from subgroups that end with bands of the score, the mean score of each band and how often the event happened to its people.
 *
 * @param by        name of the grouping: "ancestry x score at 0.1 0.2"
 * @param event     what the score foretells
 * @param strategy  under which it happens; NULL: the first
 */
MUST_USE popgx_err_t calibration_print(const answer_t *answer, const char *path, const char *by, const char *event, const char *strategy, bool is_json);
#endif
