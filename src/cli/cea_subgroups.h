/* `popgx cea --subgroup`: the cost-effectiveness of every subgroup, and what it is worth to choose for each. */
#ifndef POPGX_CLI_CEA_SUBGROUPS_H
#define POPGX_CLI_CEA_SUBGROUPS_H

#include "cli/cea_report.h"

/**
 * The grouping that `name` means: its own name, or all of it but `under STRATEGY` if there is only one such.
 *
 * @retval POPGX_E_INPUT  the run kept no such subgroups: the message says which it kept, and how to get others
 */
MUST_USE popgx_err_t subgroup_find(const answer_t *answer, const char *path, const char *name, int32_t *out);

/** Whether nothing may be shown about some group of a grouping: what is told of the others would tell of it. */
bool subgroup_is_any_hidden(const answer_t *answer, int32_t grouping);

/** Prints all of it. */
MUST_USE popgx_err_t cea_subgroups(const cea_request_t *request, const answer_t *answer, const char *name, bool is_json, FILE *out);
#endif
