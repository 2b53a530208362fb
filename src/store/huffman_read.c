/*
 * Codes are looked up ten bits at a time (kernels->read_planes). What a table does not have, the end of a block and codes of more than
 * ten bits, is read bit by bit.
 */
#include "store/huffman_read.h"

#include <endian.h>
#include <string.h>

enum {
    END_OF_BLOCK = 256, FIRST_LENGTH = 257, MASK = (1 << KERNEL_LOOKUP_BITS) - 1, LENGTH_CODES = 19, LENGTH_CODE_BITS = 7,
    MOST_BYTES = KERNEL_LOOKUPS * KERNEL_LOOKUP_BYTES /* of a round */, LONGEST_RUN = 258,
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
        for (uint32_t i = bits; l <= KERNEL_LOOKUP_BITS && i <= MASK; i += 1u << l) code->single[i] = (uint16_t)(s << 4 | l);
    }
    return true;
}

/* What the next ten bits give. */
static void make_table(const plane_code_t *code, uint32_t *table)
{
    for (uint32_t i = 0; i <= MASK; i++) {
        uint32_t n_bits = 0, n_bytes = 0, bytes = 0;
        for (; n_bytes < KERNEL_LOOKUP_BYTES; n_bytes++) {
            const uint32_t next = code->single[i >> n_bits];
            if (next == 0 || next >> 4 >= END_OF_BLOCK || n_bits + (next & 15) > KERNEL_LOOKUP_BITS) break;
            n_bits += next & 15;
            bytes |= next >> 4 << 8 * n_bytes;
        }
        table[i] = bytes << 8 | n_bytes << 6 | n_bits;
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

/* Repeats the byte before `to`. Most runs are short, and are stored as two words if there is room for them. */
static inline void put_run(uint8_t *to, size_t length, size_t room)
{
    const uint64_t pattern = to[-1] * 0x0101010101010101u;

    if (length > 2 * sizeof pattern || room < 2 * sizeof pattern) {
        memset(to, to[-1], length);
        return;
    }
    memcpy(to, &pattern, sizeof pattern);
    memcpy(to + sizeof pattern, &pattern, sizeof pattern);
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
        put_run(to, length, (size_t)(plane->to_end - to));
        to += length;
    }
    plane->bits = bits;
    return read_end(plane);
}

static plane_begun_t begin(plane_t *plane, const uint8_t *stream, size_t n_stream, uint32_t start)
{
    uint32_t skipped, type;
    bool has_runs;

    if (start / 8 >= n_stream) return PLANE_FOREIGN;
    plane->bits = (plane_bits_t){.at = stream + start / 8, .end = stream + n_stream};
    if (!take(&plane->bits, start % 8, &skipped) || !take(&plane->bits, 3, &type)) return PLANE_FOREIGN;
    if (type == 0) return read_stored(plane) ? PLANE_DONE : PLANE_FOREIGN;
    if (type != 4 || !read_code(plane, &has_runs)) return PLANE_FOREIGN;
    if (has_runs) return read_runs(plane) ? PLANE_DONE : PLANE_FOREIGN;
    return PLANE_OF_BYTES;
}

/* ---- several planes at a time ---- */

void planes_init(planes_t *planes)
{
    for (int k = 0; k < KERNEL_PLANES; k++) planes_idle(planes, k);
}

void planes_idle(planes_t *planes, int k)
{
    planes->plane[k].to = planes->plane[k].to_end = NULL;
    for (uint32_t i = 0; i <= MASK; i++) planes->table[k][i] = 1 << 8; /* 0 bytes of 0 bits, but not stuck */
}

plane_begun_t planes_begin(planes_t *planes, int k, const uint8_t *stream, size_t n_stream, uint32_t start, uint8_t *to, size_t n)
{
    plane_t *plane = &planes->plane[k];

    plane->to = to;
    plane->to_end = to + n;
    const plane_begun_t begun = begin(plane, stream, n_stream, start);
    if (begun == PLANE_OF_BYTES) make_table(&plane->code, planes->table[k]);
    else plane->to = plane->to_end = NULL;
    return begun;
}

/* The byte in which the next bit is. */
static const uint8_t *next_byte(const plane_bits_t *bits) { return bits->at - (bits->n_waiting + 7) / 8; }

/* Rounds for which there are bits and room, whatever they turn out to be. */
static size_t rounds_of(const plane_t *plane)
{
    const size_t room = (size_t)(plane->to_end - plane->to), by_room = room > 0 ? (room - 1) / MOST_BYTES : 0;
    const size_t by_bits = (size_t)(plane->bits.end - next_byte(&plane->bits)) / 8;

    return by_room < by_bits ? by_room : by_bits;
}

static void read_rounds(planes_t *planes, size_t rounds)
{
    static const uint8_t nothing[8];
    uint8_t nowhere[8];
    kernel_plane_t at[KERNEL_PLANES];

    for (int k = 0; k < KERNEL_PLANES; k++) {
        const plane_t *plane = &planes->plane[k];
        const bool is_idle = planes_is_idle(planes, k);
        at[k] = (kernel_plane_t){.at = is_idle ? nothing : next_byte(&plane->bits), .bit = is_idle ? 0 : (int32_t)(-plane->bits.n_waiting & 7),
                                 .to = is_idle ? nowhere : plane->to};
    }
    kernels()->read_planes(rounds, (const uint32_t(*)[1 << KERNEL_LOOKUP_BITS])planes->table, at);
    for (int k = 0; k < KERNEL_PLANES; k++) {
        plane_t *plane = &planes->plane[k];
        if (planes_is_idle(planes, k)) continue;
        plane->to = at[k].to;
        plane->bits = (plane_bits_t){.at = at[k].at, .end = plane->bits.end};
        refill(&plane->bits);
        (void)drop(&plane->bits, (unsigned)at[k].bit);
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

/* What the rounds could not read: the next byte, if the table does not have it, or the last ones. */
static bool read_rest(planes_t *planes, int k)
{
    plane_t *plane = &planes->plane[k];

    if (rounds_of(plane) > 0) return planes->table[k][plane->bits.waiting & MASK] != 0 || read_byte(plane);
    while (plane->to < plane->to_end)
        if (!read_byte(plane)) return false;
    if (!read_end(plane)) return false;
    planes_idle(planes, k);
    return true;
}

bool planes_read(planes_t *planes)
{
    for (bool is_any_done = false; !is_any_done;) {
        size_t rounds = SIZE_MAX;
        for (int k = 0; k < KERNEL_PLANES; k++) {
            if (planes_is_idle(planes, k)) continue;
            const size_t of_plane = rounds_of(&planes->plane[k]);
            if (of_plane < rounds) rounds = of_plane;
        }
        read_rounds(planes, rounds);
        for (int k = 0; k < KERNEL_PLANES; k++) {
            if (planes_is_idle(planes, k)) continue;
            if (!read_rest(planes, k)) return false;
            is_any_done |= planes_is_idle(planes, k);
        }
    }
    return true;
}
