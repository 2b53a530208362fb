/* `--report years,events`: what a run keeps besides what every run keeps. */
#ifndef POPGX_CLI_REPORT_OPTION_H
#define POPGX_CLI_REPORT_OPTION_H

#include "core/err.h"
#include "model/model.h"

/** Asks `model` for what `text` names; NULL: nothing more than the model asks for. @retval POPGX_E_INPUT  a word names nothing */
MUST_USE popgx_err_t report_option(const char *text, model_t *model);
#endif
