/* Text from outside is checked once, at the door. */
#ifndef POPGX_CORE_UTF8_H
#define POPGX_CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/** Offset of the first byte that is no part of well-formed UTF-8 or is a control character other than tab, LF and CR; `n` if there is none. */
size_t utf8_check(const char *bytes, size_t n);

/** True of the bytes that continue a character: columns count the others. */
static inline bool utf8_continues(char byte) { return ((unsigned char)byte & 0xC0) == 0x80; }
#endif
