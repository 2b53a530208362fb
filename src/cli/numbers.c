/* Parsing and formatting of single numbers. Knows no layout; libm is fine here, nothing is computed per person. */
#include "cli/numbers.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DIGITS = 40 };

/* digits * 10^exponent; digits beyond 64 bits are refused. */
typedef struct {
    uint64_t digits;
    int exponent;
} decimal_t;

static bool times_ten(uint64_t *x, unsigned plus)
{
    return !__builtin_mul_overflow(*x, (uint64_t)10, x) && !__builtin_add_overflow(*x, (uint64_t)plus, x);
}

/* Digits, with single underscores between them; moves *text on. At least one digit. */
static bool take_digits(const char **text, decimal_t *number, int exponent_per_digit)
{
    const char *c = *text;

    if (!isdigit((unsigned char)*c)) return false;
    for (; isdigit((unsigned char)*c) || (*c == '_' && isdigit((unsigned char)c[1])); c++) {
        if (*c == '_') continue;
        if (!times_ten(&number->digits, (unsigned)(*c - '0'))) return false;
        number->exponent += exponent_per_digit;
    }
    *text = c;
    return true;
}

static bool take_exponent(const char **text, decimal_t *number)
{
    const char *c = *text;
    decimal_t power = {0, 0};

    if (*c != 'e' && *c != 'E') return true;
    c++;
    if (*c == '+') c++;
    if (!take_digits(&c, &power, 0) || power.digits > MOST_DIGITS) return false;
    number->exponent += (int)power.digits;
    *text = c;
    return true;
}

static bool take_suffix(const char **text, decimal_t *number)
{
    switch (**text) {
    case 'k': case 'K': number->exponent += 3; break;
    case 'm': case 'M': number->exponent += 6; break;
    case 'g': case 'G': number->exponent += 9; break;
    default: return true;
    }
    ++*text;
    return true;
}

bool number_parse(const char *text, uint64_t *out)
{
    decimal_t number = {0, 0};

    if (!take_digits(&text, &number, 0)) return false;
    if (*text == '.') {
        text++;
        if (!take_digits(&text, &number, -1)) return false;
    }
    if (!take_exponent(&text, &number) || !take_suffix(&text, &number) || *text) return false;
    for (; number.exponent < 0; number.exponent++) {
        if (number.digits % 10 != 0) return false;
        number.digits /= 10;
    }
    for (; number.exponent > 0 && number.digits > 0; number.exponent--)
        if (!times_ten(&number.digits, 0)) return false;
    *out = number.digits;
    return true;
}

bool number_parse_real(const char *text, double *out)
{
    char *end;

    *out = strtod(text, &end);
    return end != text && !*end && isfinite(*out);
}

static number_text_t special(double x)
{
    number_text_t out;
    snprintf(out.text, sizeof out.text, "%s", isnan(x) ? "n/a" : x > 0 ? "inf" : "-inf");
    return out;
}

static number_text_t group(const char *plain)
{
    number_text_t out;
    size_t sign = *plain == '-', digits = strspn(plain + sign, "0123456789"), to = 0;

    for (size_t i = 0; plain[i] && to + 2 < sizeof out.text; i++) {
        if (i > sign && i < sign + digits && (digits - (i - sign)) % 3 == 0) out.text[to++] = ',';
        out.text[to++] = plain[i];
    }
    out.text[to] = 0;
    return out;
}

number_text_t number_grouped(double x, int decimals)
{
    char plain[40];

    if (!isfinite(x)) return special(x);
    if (fabs(x) >= 1e18) {
        number_text_t out;
        snprintf(out.text, sizeof out.text, "%.6g", x);
        return out;
    }
    snprintf(plain, sizeof plain, "%.*f", decimals, x);
    if (*plain == '-' && strspn(plain, "-0.") == strlen(plain)) return group(plain + 1); /* no -0.00 */
    return group(plain);
}

number_text_t number_count(uint64_t n)
{
    char plain[24];
    snprintf(plain, sizeof plain, "%llu", (unsigned long long)n);
    return group(plain);
}

int number_decimals(double se, int most)
{
    if (!(se > 0) || !isfinite(se)) return most;
    int decimals = 1 - (int)floor(log10(se));
    return decimals < 0 ? 0 : decimals > most ? most : decimals;
}

number_text_t number_bytes(uint64_t bytes)
{
    static const char *const unit[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    number_text_t out;
    double size = (double)bytes;
    int u = 0;

    for (; size >= 1024 && u < 4; u++) size /= 1024;
    snprintf(out.text, sizeof out.text, "%.*f %s", u == 0 || size >= 100 ? 0 : 1, size, unit[u]);
    return out;
}
