/* What `popgx show` does about people from a file. */
#ifndef POPGX_CLI_SHOW_CONCEAL_H
#define POPGX_CLI_SHOW_CONCEAL_H

#include <jansson.h>
#include <stdint.h>

#include "core/err.h"

/**
 * Hides in what store_describe told of the run at `path` what must not be shown: figures become null. Tables that are not known here are taken
 * out. Does nothing if the people are not from a file.
 */
MUST_USE popgx_err_t show_conceal(const char *path, uint64_t min_cell, json_t *root);
#endif
