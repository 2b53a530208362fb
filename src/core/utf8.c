/* Well-formed UTF-8 as in the Unicode standard, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF. */
#include "core/utf8.h"

#include <stdint.h>

/* Length of the character at `c` with `left` bytes to the end, or 0 if it is not well formed. */
static size_t utf8_length(const unsigned char *c, size_t left, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = c[0] < 0x80 ? 1 : c[0] < 0xC0 ? 0 : c[0] < 0xE0 ? 2 : c[0] < 0xF0 ? 3 : c[0] < 0xF8 ? 4 : 0;

    if (length == 0 || length > left) return 0;
    *code = length == 1 ? c[0] : c[0] & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((c[i] & 0xC0) != 0x80) return 0;
        *code = *code << 6 | (c[i] & 0x3F);
    }
    if (*code < least[length] || *code > 0x10FFFF || (*code >= 0xD800 && *code < 0xE000)) return 0;
    return length;
}

static bool is_control(uint32_t code)
{
    if (code == '\t' || code == '\n' || code == '\r') return false;
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xFFFE || code == 0xFFFF;
}

size_t utf8_check(const char *bytes, size_t n)
{
    size_t i = 0;

    while (i < n) {
        uint32_t code = 0;
        size_t length = utf8_length((const unsigned char *)bytes + i, n - i, &code);
        if (length == 0 || is_control(code)) return i;
        i += length;
    }
    return n;
}
