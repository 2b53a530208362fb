/**
 * Errors of popgx: one list of codes, one message per thread.
 *
 * Every function that can fail returns a popgx_err_t. The message is made where the error is
 * raised, with the values that caused it, and read by whoever reports it.
 */
#ifndef POPGX_ERR_H
#define POPGX_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

/* The only list of errors: the enum and popgx_err_text() both expand it. */
#define POPGX_ERR_LIST(X)                                                  \
    X(NOMEM, "out of memory")                                              \
    X(INPUT, "the input is wrong")                                         \
    X(RANGE, "a value is outside its permitted range")                     \
    X(IO, "a file could not be read or written")                           \
    X(EXISTS, "the output exists already")                                 \
    X(CLUSTER, "communication between ranks failed")                       \
    X(STOPPED, "stopped early; can be resumed")

typedef enum {
    POPGX_OK = 0,
#define X(name, text) POPGX_E_##name,
    POPGX_ERR_LIST(X)
#undef X
} popgx_err_t;

/** Static text for `err`; never NULL, never to be freed. */
const char *popgx_err_text(popgx_err_t err);

/** The message of the calling thread's last failure; "" if there was none. Borrowed until the next failure. */
const char *popgx_err_detail(void);

#ifdef __cplusplus
}
#endif
#endif
