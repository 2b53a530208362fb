/* How much time has passed, whatever happens to the machine's date. */
#ifndef POPGX_CORE_MONOTONIC_H
#define POPGX_CORE_MONOTONIC_H

/** Seconds since some moment in the past, on a clock that never goes back. */
double monotonic_seconds(void);
#endif
