/* Leaving the integers: the only place where an exact sum becomes a double. */
#include "core/exact.h"

#include <math.h>

double exact_value(exact_sum_t sum, int32_t bits) { return (double)ldexpl((long double)sum, -bits); }
