/* Streams of chunks: whatever the numbers, an inflate that is not ours gives their bytes again, plane by plane. */
#include <criterion/criterion.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "store/deflate.h"
#include "store/huffman.h"
#include "store/inflate.h"

enum { MOST = 65536 };

static uint8_t numbers[8 * MOST], planes[8 * MOST], inflated[8 * MOST];
static uint8_t *stream;
static deflater_t *deflater;
static uint64_t state;

static void set_up(void)
{
    cr_assert_eq(deflater_new(sizeof numbers, &deflater), POPGX_OK);
    cr_assert_not_null(stream = malloc(deflate_bound(sizeof numbers)));
    state = 1;
}

static void tear_down(void)
{
    deflater_free(deflater);
    free(stream);
}

TestSuite(store_deflate, .init = set_up, .fini = tear_down);

/* Knuth's MMIX generator; the upper bits are good enough. */
static uint32_t noise(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

static void put_number(size_t i, size_t width, uint64_t value)
{
    for (size_t b = 0; b < width; b++) numbers[i * width + b] = (uint8_t)(value >> (8 * (__BYTE_ORDER == __LITTLE_ENDIAN ? b : width - 1 - b)));
}

static uint64_t constant(size_t i) { (void)i; return 0; }
static uint64_t random_bytes(size_t i) { (void)i; return (uint64_t)noise() << 40 ^ (uint64_t)noise() << 20 ^ noise(); }
static uint64_t ramp(size_t i) { return 1000000 + i; }
static uint64_t minutes(size_t i) { (void)i; return noise() % 5 == 0 ? 0 : noise() % 26298000; }
static uint64_t rare(size_t i) { (void)i; return noise() % 300 == 0 ? noise() % 7 : 5; }
static uint64_t words(size_t i) { return (uint64_t)"repetitions, "[i % 13]; }
static uint64_t skewed(size_t i) { (void)i; return (uint64_t)__builtin_ctz(noise() | 1u << 30); }
static uint64_t long_runs(size_t i) { return (i / 1000) ^ (i % 257 == 256); }

static const struct { const char *name; uint64_t (*number)(size_t i); } contents[] = {
    {"constant", constant}, {"random", random_bytes}, {"ramp", ramp}, {"minutes", minutes},
    {"rare", rare}, {"words", words}, {"skewed", skewed}, {"long runs", long_runs},
};

static void fill(uint64_t (*number)(size_t), size_t n, size_t width)
{
    for (size_t i = 0; i < n; i++) put_number(i, width, number(i));
    for (size_t b = 0; b < width; b++)
        for (size_t i = 0; i < n; i++) planes[b * n + i] = numbers[i * width + b];
}

/* By our own inflate, with the index and, as older streams are, without it. */
static void inflate_ours(const char *what, size_t n_stream, size_t n, size_t width)
{
    inflater_t *inflater;

    cr_assert_eq(inflater_new(&inflater), POPGX_OK);
    for (size_t without = 0; without <= 4; without += 4) {
        const inflate_chunk_t chunk = {.stream = stream, .n_stream = n_stream - without, .n = n, .n_filled = n, .width = width, .planes = inflated};
        memset(inflated, 0xee, sizeof inflated);
        cr_assert(inflate_chunks(inflater, &chunk, 1), "%s: %zu numbers of %zu bytes are not inflated", what, n, width);
        cr_assert_eq(memcmp(inflated, planes, n * width), 0, "%s: %zu numbers of %zu bytes are inflated wrong", what, n, width);
    }
    inflater_free(inflater);
}

static size_t round_trip(const char *what, size_t n, size_t width)
{
    struct libdeflate_decompressor *inflater = libdeflate_alloc_decompressor();
    size_t n_stream = deflate_chunk(deflater, numbers, n, n, width, stream);

    memset(inflated, 0xee, sizeof inflated);
    cr_assert_eq(libdeflate_zlib_decompress(inflater, stream, n_stream, inflated, n * width, NULL), LIBDEFLATE_SUCCESS,
                 "%s: %zu numbers of %zu bytes do not inflate", what, n, width);
    cr_assert_eq(memcmp(inflated, planes, n * width), 0, "%s: %zu numbers of %zu bytes differ", what, n, width);
    libdeflate_free_decompressor(inflater);
    inflate_ours(what, n_stream, n, width);
    return n_stream;
}

Test(store_deflate, every_content_inflates_to_its_planes)
{
    static const size_t sizes[] = {1, 2, 3, 100, 8191, 8192, 10007, 65535, 65536};

    for (size_t c = 0; c < sizeof contents / sizeof *contents; c++) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            for (size_t width = 1; width <= 8; width *= 2) {
                fill(contents[c].number, sizes[s], width);
                round_trip(contents[c].name, sizes[s], width);
            }
        }
    }
}

Test(store_deflate, random_bytes_take_no_more_room_than_they_are)
{
    fill(random_bytes, MOST, 8);
    /* 5 bytes a stored block, two blocks a plane; 6 of the stream; 2 of the last block; 36 of the index */
    cr_assert_leq(round_trip("random", MOST, 8), 8u * MOST + 8 * 10 + 8 + 36);
}

static uint64_t below(size_t i, uint32_t n) { (void)i; return noise() % n; }
static uint64_t nearly_a_byte(size_t i) { return below(i, 224); } /* 7.81 bits */
static uint64_t seven_bits(size_t i) { return below(i, 128); }

Test(store_deflate, a_plane_is_coded_only_if_that_saves_a_sixteenth)
{
    fill(nearly_a_byte, MOST, 1);
    cr_assert_geq(round_trip("nearly a byte", MOST, 1), MOST);
    fill(seven_bits, MOST, 1);
    cr_assert_lt(round_trip("seven bits", MOST, 1), 7 * MOST / 8 + MOST / 64);
}

Test(store_deflate, a_constant_chunk_takes_almost_no_room)
{
    fill(constant, MOST, 8);
    /* a plane: 254 runs of 258 with 2 bits each and a header of 152 bytes at most */
    cr_assert_lt(round_trip("constant", MOST, 8), 8u * 300);
}

Test(store_deflate, words_and_ramps_are_searched_for_repetitions)
{
    fill(words, MOST, 1);
    cr_assert_lt(round_trip("words", MOST, 1), 1000u);
    fill(ramp, MOST, 4);
    cr_assert_lt(round_trip("ramp", MOST, 4), 10000u);
}

/* The bytes are equally likely in 3 planes but for the zeros: 7.2 bits each, log2 of 2^8 less what a fifth of zeros saves. */
Test(store_deflate, noise_with_zeros_takes_its_entropy)
{
    fill(minutes, MOST, 4);
    cr_assert_lt(round_trip("minutes", MOST, 4), 3u * MOST - MOST / 10);
}

Test(store_deflate, no_code_is_longer_than_the_limit)
{
    uint32_t count[HUFFMAN_SYMBOLS] = {[256] = 1}, previous = 1, current = 1, sum = 0;
    huffman_t huffman;

    for (int s = 0; s < 25; s++) { /* Fibonacci's numbers make the deepest trees: 25 bits without a limit */
        count[s] = current;
        current += previous;
        previous = count[s];
    }
    huffman_make(count, &huffman);
    for (int s = 0; s < HUFFMAN_SYMBOLS; s++) {
        cr_assert_leq(huffman.length[s], HUFFMAN_MOST_BITS);
        cr_assert_eq(huffman.length[s] > 0, count[s] > 0);
        if (huffman.length[s]) sum += 1u << (HUFFMAN_MOST_BITS - huffman.length[s]);
    }
    cr_assert_eq(sum, 1u << HUFFMAN_MOST_BITS, "the code is complete");
    cr_assert_eq(huffman.length[24], 1);
}

/* A plane whose counts are Fibonacci's: the limited code is used, and read by others. */
Test(store_deflate, a_code_that_was_limited_inflates)
{
    uint32_t previous = 1, current = 1;
    size_t n = 0;

    for (uint8_t value = 0; n + current < MOST; value++) {
        uint32_t next = current + previous;
        memset(numbers + n, value, current);
        n += current;
        previous = current;
        current = next;
    }
    for (size_t i = n; i-- > 1;) { /* shuffled, so that there are no runs */
        size_t j = noise() % (i + 1);
        uint8_t kept = numbers[i];
        numbers[i] = numbers[j];
        numbers[j] = kept;
    }
    memcpy(planes, numbers, n);
    round_trip("Fibonacci", n, 1);
}

/* Every length of a run from 1 to 600, that is every length code with all its extra bits. */
Test(store_deflate, runs_of_every_length_inflate)
{
    size_t n = 0;

    for (size_t length = 1; n + length <= 2 * MOST; length = length % 600 + 1) {
        memset(numbers + n, (int)(length % 251), length);
        n += length;
    }
    memcpy(planes, numbers, n);
    round_trip("runs", n, 1);
}

/* All contents at once, of several widths, most of them partly filled: each comes out as if it were alone. */
Test(store_deflate, many_chunks_inflate_together)
{
    enum { KINDS = sizeof contents / sizeof *contents, N = 5000, LENGTH = 7000, BYTES = 8 * LENGTH };
    inflater_t *inflater;
    inflate_chunk_t chunks[KINDS];
    uint8_t *streams[KINDS], *expected = malloc(KINDS * BYTES), *found = malloc(KINDS * BYTES);

    for (size_t c = 0; c < KINDS; c++) {
        const size_t width = (size_t)1 << c % 4, filled = c % 3 ? N : LENGTH;
        streams[c] = malloc(deflate_bound(BYTES));
        fill(contents[c].number, filled, width);
        for (size_t b = 0; b < width; b++) memcpy(expected + c * BYTES + b * LENGTH, planes + b * filled, filled);
        chunks[c] = (inflate_chunk_t){.stream = streams[c], .n_stream = deflate_chunk(deflater, numbers, filled, LENGTH, width, streams[c]),
                                      .n = LENGTH, .n_filled = filled, .width = width, .planes = found + c * BYTES};
    }
    cr_assert_eq(inflater_new(&inflater), POPGX_OK);
    cr_assert(inflate_chunks(inflater, chunks, KINDS));
    for (size_t c = 0; c < KINDS; c++)
        for (size_t b = 0; b < chunks[c].width; b++)
            cr_assert_eq(memcmp(found + c * BYTES + b * LENGTH, expected + c * BYTES + b * LENGTH, chunks[c].n_filled), 0, "%s, plane %zu",
                         contents[c].name, b);
    inflater_free(inflater);
    for (size_t c = 0; c < KINDS; c++) free(streams[c]);
    free(expected);
    free(found);
}

/* Wrong bits, a wrong end, a wrong index: refused or read as something else, but nothing out of bounds (the sanitizers look). */
Test(store_deflate, damaged_streams_do_no_harm)
{
    enum { N = 3000, TIMES = 4000 };
    inflater_t *inflater;
    uint8_t *damaged, *to = malloc(4 * N);
    size_t n = 0, width = 0;

    cr_assert_eq(inflater_new(&inflater), POPGX_OK);
    for (size_t t = 0; t < TIMES; t++) {
        if (t % 400 == 0) {
            width = t % 800 ? 4 : 1;
            fill(contents[3 + t / 800 % 5].number, N, width);
            n = deflate_chunk(deflater, numbers, N, N, width, stream);
        }
        const size_t n_kept = t % 3 ? n : 1 + noise() % n;
        cr_assert_not_null(damaged = malloc(n_kept)); /* of its own, so that what is read behind its end is seen */
        memcpy(damaged, stream, n_kept);
        const size_t from = t % 4 == 1 && n_kept > 24 ? n_kept - 24 : 0; /* the index, now and then */
        for (size_t k = 0; k <= t % 3; k++) damaged[from + noise() % (n_kept - from)] ^= (uint8_t)(1u << noise() % 8);
        const inflate_chunk_t chunk = {.stream = damaged, .n_stream = n_kept, .n = N, .n_filled = N, .width = width, .planes = to};
        if (!inflate_chunks(inflater, &chunk, 1)) cr_assert_neq(n_kept, 0);
        free(damaged);
    }
    inflater_free(inflater);
    free(to);
}
