/*
 * The arithmetic of programs (model_program_t): one function per operation, the same bits for every instruction set.
 *
 * A truth is 1 or 0; any number other than 0 counts as true. What has no value (a logarithm of 0 or less, a root of less than 0,
 * a division by 0, a broken power of a negative number) is NaN or infinite and stays so: whoever uses the result looks.
 */
#ifndef POPGX_KERNELS_ARITHMETIC_H
#define POPGX_KERNELS_ARITHMETIC_H

#include <stdint.h>

#include "kernels/elementary.h"

typedef enum {
    /* x = one of x */
    ARITHMETIC_NEGATE,
    ARITHMETIC_NOT,
    ARITHMETIC_LN,
    ARITHMETIC_EXP,             /* of at most 700 and at least -700, see exp_portable */
    ARITHMETIC_SQRT,
    ARITHMETIC_WHOLE_POWER,     /* x to the power of a whole number: products only, so that 3^2 is 9 */
    /* x = one of x and y */
    ARITHMETIC_ADD,
    ARITHMETIC_SUBTRACT,
    ARITHMETIC_MULTIPLY,
    ARITHMETIC_DIVIDE,
    ARITHMETIC_POWER,           /* e^(y ln x): relative error below 4e-14 times |y ln x| */
    ARITHMETIC_MIN,
    ARITHMETIC_MAX,
    ARITHMETIC_LESS,
    ARITHMETIC_AT_MOST,
    ARITHMETIC_EQUAL,
    ARITHMETIC_AND,
    ARITHMETIC_OR,
    /* x = y where x is true, else z */
    ARITHMETIC_SELECT,
    ARITHMETIC_OPERATIONS
} arithmetic_t;

#define ARITHMETIC_NAN double_of(0x7ff8000000000000ull)
enum { ARITHMETIC_LARGEST_POWER = 64 };

static inline double arithmetic_ln(double x)
{
    double ln = log_portable(x);        /* of the smallest normal number and more */
    return x >= 0x1p-1022 && x <= 0x1.fffffffffffffp1023 ? ln : ARITHMETIC_NAN;
}

static inline double arithmetic_power(double x, double y)
{
    double power = exp_portable(y * log_portable(x));
    power = x >= 0x1p-1022 ? power : ARITHMETIC_NAN;
    power = x == 0 && y > 0 ? 0 : power;
    return y == 0 ? 1 : power;
}

static inline double arithmetic_whole_power(double x, int32_t n)
{
    double power = 1;
    for (int32_t left = n < 0 ? -n : n; left > 0; left /= 2) {
        if (left & 1) power *= x;
        x *= x;
    }
    return n < 0 ? 1 / power : power;
}
#endif
