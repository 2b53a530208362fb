/*
 * Huffman blocks. The header gives the length of each code in 4 bits, without the run-lengths that deflate offers for
 * them: 150 bytes on a chunk of 65,536, and no code for the codes.
 */
#include "store/huffman.h"

#include <stdbool.h>

#include "core/err.h"

enum {
    END_OF_BLOCK = 256, FIRST_LENGTH = 257, LONGEST_RUN = 258, SHORTEST_RUN = 3,
    HEADER_BITS = 3 + 5 + 5 + 4 + 19 * 3, LENGTH_BITS = 4,
};

/* ---- codes ---- */

typedef struct {
    uint32_t count;
    uint16_t symbol;
} leaf_t;

/* One pass of a radix sort, by 9 bits of the counts from `shift` on. Equal ones keep their order. */
static void sort_pass(const leaf_t *from, size_t n, int shift, leaf_t *to)
{
    uint16_t place[512] = {0};

    for (size_t k = 0; k < n; k++) place[from[k].count >> shift & 511]++;
    for (uint16_t b = 0, next = 0; b < 512; b++) {
        uint16_t here = place[b];
        place[b] = next;
        next = (uint16_t)(next + here);
    }
    for (size_t k = 0; k < n; k++) to[place[from[k].count >> shift & 511]++] = from[k];
}

/* The leaves in ascending order of their counts; returns how many there are. */
static size_t list_leaves(const uint32_t *count, leaf_t *leaves)
{
    leaf_t other[HUFFMAN_SYMBOLS];
    size_t n = 0;

    for (int s = 0; s < HUFFMAN_SYMBOLS; s++)
        if (count[s] > 0) leaves[n++] = (leaf_t){count[s], (uint16_t)s};
    sort_pass(leaves, n, 0, other);
    sort_pass(other, n, 9, leaves);
    return n;
}

/* Huffman's algorithm with two queues, leaves and inner nodes: both come in ascending order. Gives the depth of each leaf. */
static void find_depths(const leaf_t *leaves, size_t n, uint8_t *depth)
{
    uint32_t weight[HUFFMAN_SYMBOLS];
    uint16_t parent_of_leaf[HUFFMAN_SYMBOLS], parent[HUFFMAN_SYMBOLS];
    uint8_t depth_of_node[HUFFMAN_SYMBOLS];
    size_t leaf = 0, node = 0;

    for (size_t made = 0; made + 1 < n; made++) {
        weight[made] = 0;
        for (int child = 0; child < 2; child++) {
            if (leaf < n && (node >= made || leaves[leaf].count <= weight[node])) {
                weight[made] += leaves[leaf].count;
                parent_of_leaf[leaf++] = (uint16_t)made;
            } else {
                weight[made] += weight[node];
                parent[node++] = (uint16_t)made;
            }
        }
    }
    depth_of_node[n - 2] = 0;
    for (size_t k = n - 2; k-- > 0;) depth_of_node[k] = (uint8_t)(depth_of_node[parent[k]] + 1);
    for (size_t k = 0; k < n; k++) depth[k] = (uint8_t)(depth_of_node[parent_of_leaf[k]] + 1);
}

/*
 * How many codes have each length, none longer than HUFFMAN_MOST_BITS: longer ones are cut, and as long as the sum of
 * 2^-length is above 1, a code that can be made longer at the least cost is.
 */
static void limit_depths(const uint8_t *depth, size_t n, uint16_t *n_of_length)
{
    uint32_t sum = 0; /* of 2^-length, in units of 2^-HUFFMAN_MOST_BITS */

    memset(n_of_length, 0, (HUFFMAN_MOST_BITS + 1) * sizeof *n_of_length);
    for (size_t k = 0; k < n; k++) n_of_length[depth[k] < HUFFMAN_MOST_BITS ? depth[k] : HUFFMAN_MOST_BITS]++;
    for (int l = 1; l <= HUFFMAN_MOST_BITS; l++) sum += (uint32_t)n_of_length[l] << (HUFFMAN_MOST_BITS - l);
    for (; sum > 1u << HUFFMAN_MOST_BITS; sum--) { /* a leaf of length l and one of the longest become two of length l + 1 */
        int l = HUFFMAN_MOST_BITS - 1;
        while (n_of_length[l] == 0) l--;
        n_of_length[HUFFMAN_MOST_BITS]--;
        n_of_length[l]--;
        n_of_length[l + 1] += 2;
    }
}

static uint16_t reversed(uint16_t code, unsigned n)
{
    uint16_t result = 0;

    for (unsigned k = 0; k < n; k++) result |= (uint16_t)(((unsigned)code >> k & 1u) << (n - 1 - k));
    return result;
}

/* RFC 1951, 3.2.2: codes of one length are consecutive, in the order of their symbols. */
static void number_codes(const uint16_t *n_of_length, huffman_t *out)
{
    uint16_t next[HUFFMAN_MOST_BITS + 1] = {0}, code = 0;

    for (int l = 1; l <= HUFFMAN_MOST_BITS; l++) {
        next[l] = code;
        code = (uint16_t)((code + n_of_length[l]) << 1);
    }
    for (int s = 0; s < HUFFMAN_SYMBOLS; s++)
        if (out->length[s] > 0) out->code[s] = reversed(next[out->length[s]]++, out->length[s]);
}

void huffman_make(const uint32_t count[HUFFMAN_SYMBOLS], huffman_t *out)
{
    leaf_t leaves[HUFFMAN_SYMBOLS];
    uint8_t depth[HUFFMAN_SYMBOLS];
    uint16_t n_of_length[HUFFMAN_MOST_BITS + 1];
    size_t n = list_leaves(count, leaves), k = n;

    INVARIANT(n >= 2, "a code of %zu symbols", n);
    find_depths(leaves, n, depth);
    limit_depths(depth, n, n_of_length);
    memset(out, 0, sizeof *out);
    for (int l = 1; l <= HUFFMAN_MOST_BITS; l++)
        for (int i = 0; i < n_of_length[l]; i++) out->length[leaves[--k].symbol] = (uint8_t)l;
    number_codes(n_of_length, out);
}

/* ---- lengths of runs: RFC 1951, 3.2.5 ---- */

typedef struct {
    uint16_t symbol;
    uint8_t n_extra, extra;
} run_code_t;

static run_code_t code_of_run(unsigned length)
{
    unsigned l = length - SHORTEST_RUN, n_extra = l < 8 ? 0 : 29u - (unsigned)__builtin_clz(l);

    if (length == LONGEST_RUN) return (run_code_t){285, 0, 0};
    return (run_code_t){(uint16_t)(FIRST_LENGTH + 4 * n_extra + (l >> n_extra)), (uint8_t)n_extra,
                        (uint8_t)(l & ((1u << n_extra) - 1))};
}

/* ---- blocks ---- */

static bool has_runs(const huffman_t *huffman)
{
    for (int s = FIRST_LENGTH; s < HUFFMAN_SYMBOLS; s++)
        if (huffman->length[s] > 0) return true;
    return false;
}

size_t huffman_bits(const huffman_t *huffman, const uint32_t count[HUFFMAN_SYMBOLS])
{
    size_t bits = HEADER_BITS + LENGTH_BITS * (HUFFMAN_SYMBOLS + 1);

    for (int s = 0; s < HUFFMAN_SYMBOLS; s++) bits += (size_t)huffman->length[s] * count[s];
    for (int s = FIRST_LENGTH; s < HUFFMAN_SYMBOLS; s++) { /* extra bits, and one for the distance */
        unsigned n_extra = s < 265 || s == 285 ? 0 : (unsigned)(s - 261) / 4;
        bits += (size_t)(n_extra + 1) * count[s];
    }
    return bits;
}

/* All lengths 0 to 15 have codes of 4 bits, which are the lengths themselves. The only distance is 1, or there is none. */
static void write_header(const huffman_t *huffman, bits_t *bits)
{
    static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

    bits_put(bits, 4, 3);                       /* not the last block; codes of its own */
    bits_put(bits, HUFFMAN_SYMBOLS - 257, 5);
    bits_put(bits, 0, 5);                       /* one distance */
    bits_put(bits, 19 - 4, 4);
    for (int k = 0; k < 19; k++) {
        bits_put(bits, order[k] < 16 ? LENGTH_BITS : 0, 3);
        bits_flush(bits);
    }
    for (int s = 0; s < HUFFMAN_SYMBOLS; s++) {
        bits_put(bits, reversed(huffman->length[s], LENGTH_BITS), LENGTH_BITS);
        bits_flush(bits);
    }
    bits_put(bits, reversed(has_runs(huffman) ? 1 : 0, LENGTH_BITS), LENGTH_BITS);
    bits_flush(bits);
}

static void put_symbol(const huffman_t *huffman, unsigned symbol, bits_t *bits)
{
    bits_put(bits, huffman->code[symbol], huffman->length[symbol]);
}

/* Four tables, because a byte that follows its like would wait for the count just written. */
void huffman_count(const uint8_t *bytes, size_t n, uint32_t count[HUFFMAN_SYMBOLS])
{
    uint32_t part[4][256] = {0};
    size_t i = 0;

    for (; i + 4 <= n; i += 4)
        for (int k = 0; k < 4; k++) part[k][bytes[i + (size_t)k]]++;
    for (; i < n; i++) part[0][bytes[i]]++;
    memset(count, 0, HUFFMAN_SYMBOLS * sizeof *count);
    for (int s = 0; s < 256; s++) count[s] = part[0][s] + part[1][s] + part[2][s] + part[3][s];
    count[END_OF_BLOCK] = 1;
}

void huffman_write(const huffman_t *huffman, const uint8_t *bytes, size_t n, bits_t *bits)
{
    uint32_t of_byte[256]; /* length and code in one load */
    bits_t local;
    size_t i = 0;

    write_header(huffman, bits);
    for (int s = 0; s < 256; s++) of_byte[s] = (uint32_t)huffman->length[s] << 16 | huffman->code[s];
    local = *bits; /* may live in registers: bytes could alias *bits */
    for (; i + 4 <= n; i += 4) { /* two pairs, so that only one in four waits for the bits before */
        uint32_t a = of_byte[bytes[i]], b = of_byte[bytes[i + 1]], c = of_byte[bytes[i + 2]], d = of_byte[bytes[i + 3]];
        unsigned n_ab = (a >> 16) + (b >> 16), n_cd = (c >> 16) + (d >> 16);
        uint64_t ab = (a & 0xffff) | (uint64_t)(b & 0xffff) << (a >> 16), cd = (c & 0xffff) | (uint64_t)(d & 0xffff) << (c >> 16);
        bits_put(&local, ab | cd << n_ab, n_ab + n_cd);
        bits_flush(&local);
    }
    *bits = local;
    for (; i < n; i++) {
        put_symbol(huffman, bytes[i], bits);
        bits_flush(bits);
    }
    put_symbol(huffman, END_OF_BLOCK, bits);
    bits_flush(bits);
}

/* Bytes at `bytes` that are equal to `value`, at most `most`. */
static size_t run_length(const uint8_t *bytes, uint8_t value, size_t most)
{
    uint64_t pattern = value * 0x0101010101010101u, next;
    size_t n = 0;

    for (; n + 8 <= most; n += 8) {
        memcpy(&next, bytes + n, sizeof next);
        if (next != pattern) break;
    }
    while (n < most && bytes[n] == value) n++;
    return n;
}

size_t huffman_find_runs(const uint8_t *bytes, size_t n, uint16_t *tokens, uint32_t count[HUFFMAN_SYMBOLS])
{
    size_t n_tokens = 0;

    memset(count, 0, HUFFMAN_SYMBOLS * sizeof *count);
    count[END_OF_BLOCK] = 1;
    for (size_t i = 0; i < n;) {
        uint8_t value = bytes[i++];
        size_t run = run_length(bytes + i, value, n - i);
        tokens[n_tokens++] = value;
        count[value]++;
        for (i += run; run >= SHORTEST_RUN;) {
            size_t part = run < LONGEST_RUN ? run : LONGEST_RUN;
            tokens[n_tokens++] = (uint16_t)(256 + part);
            count[code_of_run((unsigned)part).symbol]++;
            run -= part;
        }
        for (; run > 0; run--) {
            tokens[n_tokens++] = value;
            count[value]++;
        }
    }
    return n_tokens;
}

void huffman_write_runs(const huffman_t *huffman, const uint16_t *tokens, size_t n, bits_t *bits)
{
    write_header(huffman, bits);
    for (size_t i = 0; i < n; i++) {
        if (tokens[i] < 256) {
            put_symbol(huffman, tokens[i], bits);
        } else {
            run_code_t run = code_of_run(tokens[i] - 256u);
            put_symbol(huffman, run.symbol, bits);
            bits_put(bits, run.extra, run.n_extra);
            bits_put(bits, 0, 1); /* the distance */
        }
        bits_flush(bits);
    }
    put_symbol(huffman, END_OF_BLOCK, bits);
    bits_flush(bits);
}
