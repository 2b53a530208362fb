/* A number of 64 bits as it is in files: its least significant byte first. */
#ifndef POPGX_STORE_WORD_H
#define POPGX_STORE_WORD_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline void word_put(unsigned char *to, uint64_t value)
{
    value = htole64(value);
    memcpy(to, &value, sizeof value);
}

static inline uint64_t word_get(const unsigned char *from)
{
    uint64_t value;
    memcpy(&value, from, sizeof value);
    return le64toh(value);
}
#endif
