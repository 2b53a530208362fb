/*
 * Differences of packed models, in words of 8 bytes: a word that counts them, then for each run of words that differ one word
 * (first word << 32 | words) and the words themselves. A count of all ones stands before a model as a whole.
 */
#include "model/patch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define WHOLE UINT64_MAX

static uint64_t word_at(const unsigned char *bytes, size_t i)
{
    uint64_t word;
    memcpy(&word, bytes + 8 * i, sizeof word);
    return word;
}

static popgx_err_t keep_whole(const unsigned char *bytes, size_t n_bytes, unsigned char **patch, size_t *n_patch)
{
    const uint64_t mark = WHOLE;

    *patch = malloc(n_bytes + sizeof mark);
    if (!*patch) return FAIL(NOMEM, "no memory for a model of %zu bytes", n_bytes);
    memcpy(*patch, &mark, sizeof mark);
    memcpy(*patch + sizeof mark, bytes, n_bytes);
    *n_patch = n_bytes + sizeof mark;
    return POPGX_OK;
}

popgx_err_t patch_make(const unsigned char *base, size_t n_base, const unsigned char *bytes, size_t n_bytes,
                       unsigned char **patch, size_t *n_patch)
{
    const size_t n = n_bytes / 8;
    size_t used = 1;
    uint64_t *words, n_runs = 0;

    if (n_base != n_bytes || n_bytes % 8 != 0) return keep_whole(bytes, n_bytes, patch, n_patch);
    words = malloc((n + n / 2 + 2) * sizeof *words);            /* every other word differs at worst */
    if (!words) return FAIL(NOMEM, "no memory for a patch of %zu bytes", n_bytes);
    for (size_t i = 0; i < n;) {
        size_t end = i;
        while (end < n && word_at(base, end) != word_at(bytes, end)) end++;
        if (end == i) {
            i++;
            continue;
        }
        words[used++] = (uint64_t)i << 32 | (end - i);
        memcpy(words + used, bytes + 8 * i, 8 * (end - i));
        used += end - i;
        n_runs++;
        i = end;
    }
    words[0] = n_runs;
    *patch = (unsigned char *)words;
    *n_patch = used * sizeof *words;
    return POPGX_OK;
}

static bool apply_runs(unsigned char *bytes, size_t n, const unsigned char *patch, size_t n_words)
{
    size_t at = 1;

    for (uint64_t run = word_at(patch, 0); run > 0; run--) {
        if (at >= n_words) return false;
        size_t first = (size_t)(word_at(patch, at) >> 32), count = (size_t)(word_at(patch, at) & UINT32_MAX);
        if (first > n || count > n - first || count > n_words - at - 1) return false;
        memcpy(bytes + 8 * first, patch + 8 * (at + 1), 8 * count);
        at += 1 + count;
    }
    return at == n_words;
}

popgx_err_t patch_apply(const unsigned char *base, size_t n_base, const unsigned char *patch, size_t n_patch,
                        unsigned char **bytes, size_t *n_bytes)
{
    if (n_patch < 8 || n_patch % 8 != 0) return FAIL(INPUT, "a patch of %zu bytes is none", n_patch);
    bool is_whole = word_at(patch, 0) == WHOLE;
    *n_bytes = is_whole ? n_patch - 8 : n_base;
    *bytes = malloc(*n_bytes + 1);
    if (!*bytes) return FAIL(NOMEM, "no memory for a model of %zu bytes", *n_bytes);
    memcpy(*bytes, is_whole ? patch + 8 : base, *n_bytes);
    if (is_whole || apply_runs(*bytes, n_base / 8, patch, n_patch / 8)) return POPGX_OK;
    free(*bytes);
    *bytes = NULL;
    return FAIL(INPUT, "a patch does not fit its model");
}
