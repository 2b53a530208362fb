/* JSON on standard output: reals with 17 significant digits, so that they come back as the same bits. */
#ifndef POPGX_CLI_JSON_H
#define POPGX_CLI_JSON_H

#include <jansson.h>

#include "core/err.h"

/** A real, or null if x is NaN or infinite (JSON has neither). */
json_t *json_number(double x);

/** Prints `root` with a newline and releases it. @retval POPGX_E_NOMEM `root` is NULL @retval POPGX_E_IO */
MUST_USE popgx_err_t json_print(json_t *root);
#endif
