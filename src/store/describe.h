/* What describe.c (complete runs) needs of describe_unfinished.c. */
#ifndef POPGX_STORE_DESCRIBE_H
#define POPGX_STORE_DESCRIBE_H

#include <jansson.h>
#include <stdbool.h>

#include "core/err.h"

/** Whether an unfinished run stands where `path` would be. */
bool describe_is_unfinished(const char *path);

/** Its manifest, its journals and the patients that are missing. The caller frees the object. */
MUST_USE popgx_err_t describe_unfinished(const char *path, json_t **out);
#endif
