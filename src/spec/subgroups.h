/*
 * What subgroups are asked for, in words: "ancestry", "sex x ancestry", "age at 50 65", "observed carrier x carrier under reactive test".
 *
 * An axis is an attribute; `NUMBER at CUT CUT...`, bands of a number at entry; a process, by its state at the end; `observed THING`,
 * what is known at the end; `first observed THING`, what the first result showed. The last three differ between strategies: the grouping says `under`
 * which, or there is one for every strategy under which they can differ from how they began.
 */
#ifndef POPGX_SPEC_SUBGROUPS_H
#define POPGX_SPEC_SUBGROUPS_H

#include "model/model.h"
#include "spec/diag.h"

/**
 * Adds the groupings that a list asks for, separated by commas, to a compiled model; those that it has stay as they are.
 *
 * @param option  the option that the list was given to, for messages
 * @retval POPGX_E_INPUT  the message says what is wrong and would be right
 */
MUST_USE popgx_err_t subgroups_ask(model_t *model, const char *option, const char *list);

/** Asks `model` for what `other`, of the same people, processes and tests, was asked for. */
void subgroups_copy(model_t *model, const model_t *other);
#endif
