/* As the paper describes it, section 2: words have their least significant byte first; two rounds a word, four at the end. */
#include "core/siphash.h"

static uint64_t word(const unsigned char *bytes, size_t n)
{
    uint64_t w = 0;

    for (size_t i = 0; i < n; i++) w |= (uint64_t)bytes[i] << (8 * i);
    return w;
}

static inline uint64_t rotate(uint64_t x, int bits) { return x << bits | x >> (64 - bits); }

static void rounds(uint64_t v[4], int n)
{
    for (; n > 0; n--) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

static void take(uint64_t v[4], uint64_t w)
{
    v[3] ^= w;
    rounds(v, 2);
    v[0] ^= w;
}

uint64_t siphash(const unsigned char key[SIPHASH_KEY_BYTES], const void *bytes, size_t n)
{
    const unsigned char *at = bytes;
    const uint64_t k0 = word(key, 8), k1 = word(key + 8, 8), last = (uint64_t)n << 56;
    uint64_t v[4] = {k0 ^ 0x736f6d6570736575ull, k1 ^ 0x646f72616e646f6dull, k0 ^ 0x6c7967656e657261ull, k1 ^ 0x7465646279746573ull};

    for (; n >= 8; n -= 8, at += 8) take(v, word(at, 8));
    take(v, last | word(at, n));
    v[2] ^= 0xff;
    rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
