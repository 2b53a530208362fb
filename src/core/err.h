/* How functions inside popgx raise and pass on errors. */
#ifndef POPGX_CORE_ERR_H
#define POPGX_CORE_ERR_H

#include "popgx/err.h"

#define MUST_USE __attribute__((warn_unused_result))

/** Records the message of the calling thread's failure (the last one wins) and returns `err`. */
popgx_err_t err_set(popgx_err_t err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The code stands here, too, so that compilers and analysers know that it is none of POPGX_OK. */
#define FAIL(code, ...) ((void)err_set(POPGX_E_##code, __VA_ARGS__), (popgx_err_t)POPGX_E_##code)

/* Needs a local `err` and a label `out`, so that every function frees in one place. */
#define TRY(call)                              \
    do {                                       \
        if ((err = (call)) != POPGX_OK) goto out; \
    } while (0)

/** Reports a mistake in popgx itself with `where` and the values given, then aborts. Never returns. */
_Noreturn void bug_at(const char *where, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define STRINGIFY_(x) #x
#define STRINGIFY(x) STRINGIFY_(x)
#define BUG(...) bug_at(__FILE__ ":" STRINGIFY(__LINE__), __VA_ARGS__)

/* A cheap invariant that is checked in every build. */
#define INVARIANT(condition, ...)              \
    do {                                       \
        if (!(condition)) BUG(__VA_ARGS__);    \
    } while (0)
#endif
