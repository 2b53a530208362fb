/*
 * The loop that counts is read_rounds: some lookups in each of four planes in turn, none of which waits for another. A lookup takes the next
 * ten bits and finds up to three bytes whose codes they are. What it cannot do, the end of a block and codes of more than ten bits, is read bit by bit.
 *
 * An entry of `several`: bits 0-3 how many bits it takes, 4-5 how many bytes it gives, 6 that it cannot, 8-31 the bytes, the first one lowest.
 */
#include "store/huffman_read.h"

#include <endian.h>
#include <string.h>

enum {
    END_OF_BLOCK = 256, FIRST_LENGTH = 257, MASK = (1 << PLANE_LOOKUP_BITS) - 1, LENGTH_CODES = 19, LENGTH_CODE_BITS = 7,
    LOOKUPS = 5 /* of ten bits each, between refills */, MOST_BYTES = 3 /* of a lookup */, CANNOT = 1 << 6, LONGEST_RUN = 258,
};

/* ---- bits ---- */

static inline void refill(plane_bits_t *bits)
{
    if (bits->end - bits->at >= 8) {
        uint64_t next;
        memcpy(&next, bits->at, sizeof next);
        bits->waiting |= le64toh(next) << bits->n_waiting;
        bits->at += (63 - bits->n_waiting) >> 3;
        bits->n_waiting |= 56;
        return;
    }
    for (; bits->n_waiting <= 56 && bits->at < bits->end; bits->n_waiting += 8) bits->waiting |= (uint64_t)*bits->at++ << bits->n_waiting;
}

/* Takes `n` of the waiting bits, which are there or the stream ends. */
static inline bool drop(plane_bits_t *bits, unsigned n)
{
    if (n > bits->n_waiting) return false;
    bits->waiting >>= n;
    bits->n_waiting -= n;
    return true;
}

static bool take(plane_bits_t *bits, unsigned n, uint32_t *value)
{
    refill(bits);
    *value = (uint32_t)(bits->waiting & ((1u << n) - 1));
    return drop(bits, n);
}

/* RFC 1951, 3.2.2: codes of one length are consecutive numbers, so a code is found by how far it is behind the first of its length. */
static bool take_symbol(plane_bits_t *bits, const plane_code_t *code, uint32_t *symbol)
{
    uint32_t value = 0, first = 0, before = 0;

    refill(bits);
    for (unsigned l = 1; l <= PLANE_MOST_BITS; l++) {
        const uint32_t count = code->n_of_length[l];
        value = value << 1 | (uint32_t)(bits->waiting >> (l - 1) & 1);
        if (value - first < count) {
            *symbol = code->symbols[before + value - first];
            return drop(bits, l);
        }
        before += count;
        first = (first + count) << 1;
    }
    return false;
}

/* ---- codes ---- */

static uint32_t reversed(uint32_t code, unsigned n)
{
    uint32_t result = 0;

    for (unsigned k = 0; k < n; k++) result |= (code >> k & 1) << (n - 1 - k);
    return result;
}

/* False: the lengths are not those of a code that uses all its bits. */
static bool make_code(const uint8_t *length, size_t n, plane_code_t *code)
{
    uint32_t next[PLANE_MOST_BITS + 1], place[PLANE_MOST_BITS + 1], sum = 0, first = 0, before = 0;

    memset(code->n_of_length, 0, sizeof code->n_of_length);
    memset(code->single, 0, sizeof code->single);
    for (size_t s = 0; s < n; s++) code->n_of_length[length[s]]++;
    code->n_of_length[0] = 0;
    for (unsigned l = 1; l <= PLANE_MOST_BITS; l++) {
        next[l] = first;
        place[l] = before;
        sum += (uint32_t)code->n_of_length[l] << (PLANE_MOST_BITS - l);
        before += code->n_of_length[l];
        first = (first + code->n_of_length[l]) << 1;
    }
    if (sum != 1u << PLANE_MOST_BITS) return false;
    for (size_t s = 0; s < n; s++) {
        const unsigned l = length[s];
        if (l == 0) continue;
        code->symbols[place[l]++] = (uint16_t)s;
        const uint32_t bits = reversed(next[l]++, l);
        for (uint32_t i = bits; l <= PLANE_LOOKUP_BITS && i <= MASK; i += 1u << l) code->single[i] = (uint16_t)(s << 4 | l);
    }
    return true;
}

/* What the next ten bits give. */
static void make_several(plane_code_t *code)
{
    for (uint32_t i = 0; i <= MASK; i++) {
        uint32_t n_bits = 0, n_bytes = 0, bytes = 0;
        for (; n_bytes < MOST_BYTES; n_bytes++) {
            const uint32_t next = code->single[i >> n_bits];
            if (next == 0 || next >> 4 >= END_OF_BLOCK || n_bits + (next & 15) > PLANE_LOOKUP_BITS) break;
            n_bits += next & 15;
            bytes |= next >> 4 << 8 * n_bytes;
        }
        code->several[i] = n_bytes > 0 ? bytes << 8 | n_bytes << 4 | n_bits : CANNOT;
    }
}

/* The lengths of the codes, themselves coded: RFC 1951, 3.2.7. */
static bool read_lengths(plane_bits_t *bits, uint32_t n_length_codes, uint32_t n, uint8_t *length)
{
    static const uint8_t order[LENGTH_CODES] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    static const struct { uint8_t least, n_extra; } repeats[3] = {{3, 2}, {3, 3}, {11, 7}};
    uint8_t of_code[LENGTH_CODES] = {0}, symbol_of[1 << LENGTH_CODE_BITS] = {0};
    uint32_t value, code = 0, times;

    for (uint32_t k = 0; k < n_length_codes; k++) {
        if (!take(bits, 3, &value)) return false;
        of_code[order[k]] = (uint8_t)value;
    }
    for (unsigned l = 1; l <= LENGTH_CODE_BITS; l++, code <<= 1)
        for (uint8_t s = 0; s < LENGTH_CODES; s++) {
            if (of_code[s] != l) continue;
            if (code >> l) return false;
            for (uint32_t i = reversed(code++, l); i < 1 << LENGTH_CODE_BITS; i += 1u << l) symbol_of[i] = s;
        }
    for (uint32_t k = 0; k < n;) {
        refill(bits);
        const uint8_t s = symbol_of[bits->waiting & ((1 << LENGTH_CODE_BITS) - 1)];
        if (of_code[s] == 0 || !drop(bits, of_code[s])) return false;
        if (s < 16) {
            length[k++] = s;
            continue;
        }
        if (!take(bits, repeats[s - 16].n_extra, &times) || (s == 16 && k == 0)) return false;
        times += repeats[s - 16].least;
        if (times > n - k) return false;
        memset(length + k, s == 16 ? length[k - 1] : 0, times);
        k += times;
    }
    return true;
}

/* The head of a block behind its type. False: not one of ours, whose only distance is 1, if there is any. */
static bool read_code(plane_t *plane, bool *has_runs)
{
    uint8_t length[PLANE_SYMBOLS + 1];
    uint32_t n_symbols, n_distances, n_length_codes;

    if (!take(&plane->bits, 5, &n_symbols) || !take(&plane->bits, 5, &n_distances) || !take(&plane->bits, 4, &n_length_codes)) return false;
    n_symbols += FIRST_LENGTH;
    n_length_codes += 4;
    if (n_symbols > PLANE_SYMBOLS || n_distances != 0 || n_length_codes > LENGTH_CODES) return false;
    if (!read_lengths(&plane->bits, n_length_codes, n_symbols + 1, length) || length[n_symbols] > 1) return false;
    *has_runs = false;
    for (uint32_t s = FIRST_LENGTH; s < n_symbols; s++) *has_runs |= length[s] > 0;
    return make_code(length, n_symbols, &plane->code);
}

/* ---- blocks ---- */

static bool read_end(plane_t *plane)
{
    uint32_t symbol;
    return take_symbol(&plane->bits, &plane->code, &symbol) && symbol == END_OF_BLOCK;
}

/* Blocks of bytes as they are. */
static bool read_stored(plane_t *plane)
{
    plane_bits_t *bits = &plane->bits;
    uint32_t length, inverse, type;

    for (bool is_first = true; is_first || plane->to < plane->to_end; is_first = false) {
        if (!is_first && (!take(bits, 3, &type) || type != 0)) return false;
        if (!drop(bits, bits->n_waiting & 7) || !take(bits, 16, &length) || !take(bits, 16, &inverse) || length != (~inverse & 0xffff)) return false;
        bits->at -= bits->n_waiting / 8;
        bits->waiting = bits->n_waiting = 0;
        if (length > bits->end - bits->at || length > plane->to_end - plane->to) return false;
        memcpy(plane->to, bits->at, length);
        plane->to += length;
        bits->at += length;
    }
    return true;
}

/* The length that a symbol from FIRST_LENGTH on stands for: RFC 1951, 3.2.5. */
static bool take_length(plane_bits_t *bits, uint32_t symbol, uint32_t *length)
{
    const uint32_t s = symbol - FIRST_LENGTH, n_extra = s < 8 || s == 28 ? 0 : s / 4 - 1;
    uint32_t extra;

    if (!take(bits, n_extra, &extra)) return false;
    *length = s == 28 ? LONGEST_RUN : s < 8 ? s + 3 : ((4 + s % 4) << n_extra) + 3 + extra;
    return true;
}

/* Bytes, and runs of equal ones; distance 1 is one bit, which is 0. */
static bool read_runs(plane_t *plane)
{
    plane_bits_t bits = plane->bits;
    uint8_t *to = plane->to;
    uint32_t symbol, length, distance;

    while (to < plane->to_end) {
        refill(&bits);
        const uint32_t next = plane->code.single[bits.waiting & MASK];
        symbol = next >> 4;
        if (next == 0 ? !take_symbol(&bits, &plane->code, &symbol) : !drop(&bits, next & 15)) return false;
        if (symbol < END_OF_BLOCK) {
            *to++ = (uint8_t)symbol;
            continue;
        }
        if (symbol == END_OF_BLOCK || to == plane->to || !take_length(&bits, symbol, &length) || !take(&bits, 1, &distance) || distance != 0
            || length > (size_t)(plane->to_end - to))
            return false;
        memset(to, to[-1], length);
        to += length;
    }
    plane->bits = bits;
    return read_end(plane);
}

plane_begun_t plane_begin(plane_t *plane, const uint8_t *stream, size_t n_stream, uint32_t start, uint8_t *to, size_t n)
{
    uint32_t skipped, type;
    bool has_runs;

    if (start / 8 >= n_stream) return PLANE_FOREIGN;
    plane->bits = (plane_bits_t){.at = stream + start / 8, .end = stream + n_stream};
    plane->to = to;
    plane->to_end = to + n;
    if (!take(&plane->bits, start % 8, &skipped) || !take(&plane->bits, 3, &type)) return PLANE_FOREIGN;
    if (type == 0) return read_stored(plane) ? PLANE_DONE : PLANE_FOREIGN;
    if (type != 4 || !read_code(plane, &has_runs)) return PLANE_FOREIGN;
    if (has_runs) return read_runs(plane) ? PLANE_DONE : PLANE_FOREIGN;
    make_several(&plane->code);
    return PLANE_OF_BYTES;
}

/* ---- several planes at a time ---- */

void plane_idle(plane_t *plane)
{
    plane->to = plane->to_end = NULL;
    memset(plane->code.several, 0, sizeof plane->code.several); /* takes no bits, gives no bytes, and can */
}

/* Rounds of LOOKUPS for which there are bits and room, whatever they turn out to be; a lookup stores four bytes. */
static size_t rounds_of(const plane_t *plane)
{
    const size_t room = (size_t)(plane->to_end - plane->to), by_room = room > 0 ? (room - 1) / (LOOKUPS * MOST_BYTES) : 0;
    const size_t by_bits = (size_t)(plane->bits.end - plane->bits.at) / 8;

    return by_room < by_bits ? by_room : by_bits;
}

static const uint8_t nothing[8];

/* At most `rounds`; ends early where a plane needs to be looked at. */
static void read_rounds(plane_t planes[PLANE_LANES], size_t rounds)
{
    uint64_t waiting[PLANE_LANES];
    unsigned n_waiting[PLANE_LANES];
    const uint8_t *at[PLANE_LANES];
    uint8_t *to[PLANE_LANES], nowhere[8];
    uint32_t seen = 0;

    for (int k = 0; k < PLANE_LANES; k++) {
        const bool is_idle = plane_is_idle(&planes[k]);
        waiting[k] = is_idle ? 0 : planes[k].bits.waiting;
        n_waiting[k] = is_idle ? 63 : planes[k].bits.n_waiting; /* so that it never moves on */
        at[k] = is_idle ? nothing : planes[k].bits.at;
        to[k] = is_idle ? nowhere : planes[k].to;
    }
    for (; rounds > 0 && !(seen & CANNOT); rounds--) {
#pragma GCC unroll 8
        for (int k = 0; k < PLANE_LANES; k++) {
            uint64_t next;
            memcpy(&next, at[k], sizeof next);
            waiting[k] |= le64toh(next) << n_waiting[k];
            at[k] += (63 - n_waiting[k]) >> 3;
            n_waiting[k] |= 56;
        }
#pragma GCC unroll 8
        for (int i = 0; i < LOOKUPS; i++) {
#pragma GCC unroll 8
            for (int k = 0; k < PLANE_LANES; k++) {
                const uint32_t found = planes[k].code.several[waiting[k] & MASK], bytes = htole32(found >> 8);
                memcpy(to[k], &bytes, sizeof bytes);
                to[k] += found >> 4 & 3;
                waiting[k] >>= found & 15;
                n_waiting[k] -= found & 15;
                seen |= found;
            }
        }
    }
    for (int k = 0; k < PLANE_LANES; k++) {
        if (plane_is_idle(&planes[k])) continue;
        planes[k].bits.waiting = waiting[k];
        planes[k].bits.n_waiting = n_waiting[k];
        planes[k].bits.at = at[k];
        planes[k].to = to[k];
    }
}

/* One byte, bit by bit. */
static bool read_byte(plane_t *plane)
{
    uint32_t symbol;

    if (!take_symbol(&plane->bits, &plane->code, &symbol) || symbol >= END_OF_BLOCK) return false;
    *plane->to++ = (uint8_t)symbol;
    return true;
}

/* Whatever the rounds could not read. */
static bool read_rest(plane_t *plane)
{
    const bool is_last = rounds_of(plane) == 0;

    refill(&plane->bits);
    if (!is_last) return !(plane->code.several[plane->bits.waiting & MASK] & CANNOT) || read_byte(plane);
    while (plane->to < plane->to_end)
        if (!read_byte(plane)) return false;
    if (!read_end(plane)) return false;
    plane_idle(plane);
    return true;
}

bool plane_read_bytes(plane_t planes[PLANE_LANES])
{
    for (bool is_any_done = false; !is_any_done;) {
        size_t rounds = SIZE_MAX;
        for (int k = 0; k < PLANE_LANES; k++) {
            if (plane_is_idle(&planes[k])) continue;
            const size_t of_plane = rounds_of(&planes[k]);
            if (of_plane < rounds) rounds = of_plane;
        }
        read_rounds(planes, rounds);
        for (int k = 0; k < PLANE_LANES; k++) {
            if (plane_is_idle(&planes[k])) continue;
            if (!read_rest(&planes[k])) return false;
            is_any_done |= plane_is_idle(&planes[k]);
        }
    }
    return true;
}
