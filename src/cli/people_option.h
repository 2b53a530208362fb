/* `--people lattice`: people drawn in lots (model/lots.h), and what cannot be known of them. */
#ifndef POPGX_CLI_PEOPLE_OPTION_H
#define POPGX_CLI_PEOPLE_OPTION_H

#include "core/err.h"
#include "model/model.h"

/** Has people of `model` drawn as `text` says; NULL: independently. @retval POPGX_E_INPUT  it names nothing */
MUST_USE popgx_err_t people_option(const char *text, model_t *model);

/** Whether the error of everything that the model asks for is known of its lots. @retval POPGX_E_INPUT  no: the message says what to leave out */
MUST_USE popgx_err_t people_check(const model_t *model);

/**
 * The next number of people that is whole lots.
 *
 * @retval POPGX_E_INPUT  those are too few to know an error from
 */
MUST_USE popgx_err_t people_in_whole_lots(const model_t *model, uint64_t patients, uint64_t *whole);
#endif
