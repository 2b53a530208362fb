/* The message of the last failure lives per thread; nothing here allocates, so raising an error cannot fail. */
#include "core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local char detail[1024];

const char *popgx_err_text(popgx_err_t err)
{
    static const char *const text[] = {
        "success",
#define X(name, txt) txt,
        POPGX_ERR_LIST(X)
#undef X
    };
    return (unsigned)err < sizeof text / sizeof *text ? text[err] : "unknown error";
}

popgx_err_t err_set(popgx_err_t err, const char *fmt, ...)
{
    char text[sizeof detail];       /* the message that there was may be part of the new one */
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    memcpy(detail, text, sizeof detail);
    return err;
}

const char *popgx_err_detail(void) { return detail; }

void bug_at(const char *where, const char *fmt, ...)
{
    va_list args;

    fprintf(stderr, "popgx: a mistake in popgx itself at %s: ", where);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputs("\nPlease report it with the model file and the command.\n", stderr);
    abort();
}
