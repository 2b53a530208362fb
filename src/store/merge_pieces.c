/* Ranges of blocks and draws, sorted and laid end to end. All gaps are named at once, since each of them is a job to be run again. */
#include "store/merge_pieces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

popgx_err_t piece_keep_texts(piece_t *piece, const manifest_t *manifest)
{
    piece->created = strdup(manifest->created);
    piece->command = strdup(manifest->command);
    return piece->created && piece->command ? POPGX_OK : FAIL(NOMEM, "%s: out of memory", piece->path);
}

void pieces_free(piece_t *pieces, size_t n)
{
    for (size_t i = 0; pieces && i < n; i++) {
        free(pieces[i].created);
        free(pieces[i].command);
    }
    free(pieces);
}

static int compare_ranges(block_range_t a, block_range_t b)
{
    return a.first != b.first ? (a.first > b.first) - (a.first < b.first) : (a.count > b.count) - (a.count < b.count);
}

static int by_draws(const void *a, const void *b) { return compare_ranges(((const piece_t *)a)->draws, ((const piece_t *)b)->draws); }
static int by_blocks(const void *a, const void *b)
{
    const piece_t *x = a, *y = b;
    const int order = compare_ranges(x->blocks, y->blocks);
    return order ? order : by_draws(a, b);
}

/* What the ranges are of: how they are found in a piece and told. */
typedef struct {
    const char *noun;           /* "patients" */
    bool is_draws;
    uint64_t first, end;        /* in blocks, or draws */
    const columns_plan_t *plan;
} axis_t;

static block_range_t range_of(const axis_t *axis, const piece_t *piece) { return axis->is_draws ? piece->draws : piece->blocks; }

/* "98304 to 200703" */
static void tell_range(const axis_t *axis, uint64_t first, uint64_t end, char *text, size_t size)
{
    const block_range_t blocks = {first, end - first};
    const uint64_t from = axis->is_draws ? first : first * axis->plan->block_people;
    const uint64_t n = axis->is_draws ? end - first : columns_range_patients(axis->plan, blocks);

    snprintf(text, size, "%llu to %llu", (unsigned long long)from, (unsigned long long)(from + n - 1));
}

/* If all are parts of the same cutting, a gap is one of these: easier to say again than its patients. */
static void tell_missing_parts(const piece_t *pieces, size_t n, char *text, size_t size)
{
    const uint64_t parts = pieces[0].parts;
    size_t at = 0;

    text[0] = '\0';
    if (parts == 0 || parts > 100000) return;
    for (size_t i = 0; i < n; i++)
        if (pieces[i].parts != parts) return;
    bool *is_there = calloc(parts + 1, sizeof *is_there);
    for (size_t i = 0; is_there && i < n; i++) is_there[pieces[i].part] = true;
    for (uint64_t k = 1; is_there && k <= parts && at + 32 < size; k++)
        if (!is_there[k]) at += (size_t)snprintf(text + at, size - at, "%s%llu/%llu", at ? ", " : "; not there: --part ", (unsigned long long)k, (unsigned long long)parts);
    free(is_there);
}

static popgx_err_t check_axis(const axis_t *axis, const piece_t *pieces, size_t n)
{
    char gaps[512] = "", range[64], parts[256];
    uint64_t next = axis->first;
    const piece_t *last = NULL;

    for (size_t i = 0; i <= n; i++) {
        const block_range_t held = i < n ? range_of(axis, &pieces[i]) : (block_range_t){axis->end, 1};
        if (held.count == 0) continue;
        if (held.first > next) {
            const size_t at = strlen(gaps);
            tell_range(axis, next, held.first, range, sizeof range);
            if (at + sizeof range < sizeof gaps) snprintf(gaps + at, sizeof gaps - at, "%s%s", at ? ", " : "", range);
        } else if (held.first < next && i < n) {
            const uint64_t end = held.first + held.count;
            tell_range(axis, held.first, end < next ? end : next, range, sizeof range);
            return FAIL(INPUT, "%s and %s both hold %s %s: each must be there once", last->path, pieces[i].path, axis->noun, range);
        }
        if (i < n && held.first + held.count > next) {
            next = held.first + held.count;
            last = &pieces[i];
        }
    }
    if (!gaps[0]) return POPGX_OK;
    tell_missing_parts(pieces, n, parts, sizeof parts);
    return FAIL(INPUT, "%s %s are in none of the files%s", axis->noun, gaps, parts);
}

popgx_err_t pieces_check(piece_t *pieces, size_t n, const columns_plan_t *plan, uint64_t n_draws)
{
    popgx_err_t err = POPGX_OK;
    const axis_t draws = {.noun = "draws", .is_draws = true, .first = 1, .end = n_draws + 1};
    const axis_t people = {.noun = "patients", .end = columns_blocks(plan), .plan = plan};

    if (n_draws > 0) {
        qsort(pieces, n, sizeof *pieces, by_draws);
        TRY(check_axis(&draws, pieces, n));
    }
    qsort(pieces, n, sizeof *pieces, by_blocks);
    TRY(check_axis(&people, pieces, n));
out:
    return err;
}

void pieces_run_id(const piece_t *pieces, size_t n, unsigned char id[JOURNAL_RUN_ID_BYTES])
{
    _Static_assert(sizeof(XXH128_hash_t) == JOURNAL_RUN_ID_BYTES, "a hash is an id");
    unsigned char ids[2 * JOURNAL_RUN_ID_BYTES] = {0};
    XXH128_hash_t hash;

    for (size_t i = 0; i < n; i++) {
        memcpy(ids + JOURNAL_RUN_ID_BYTES, pieces[i].run_id, JOURNAL_RUN_ID_BYTES);
        hash = XXH3_128bits(ids, sizeof ids);
        memcpy(ids, &hash, sizeof hash);
    }
    memcpy(id, ids, JOURNAL_RUN_ID_BYTES);
}
