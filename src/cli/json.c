/* The one place that decides how JSON is printed. */
#include "cli/json.h"

#include <math.h>
#include <stdio.h>

json_t *json_number(double x) { return isfinite(x) ? json_real(x) : json_null(); }

popgx_err_t json_print(json_t *root)
{
    popgx_err_t err = POPGX_OK;

    if (!root) return FAIL(NOMEM, "no memory for the JSON text, or a name in it is not UTF-8");
    if (json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) != 0 || putchar('\n') == EOF)
        err = FAIL(IO, "standard output could not be written");
    json_decref(root);
    return err;
}
