/*
 * One file, written by one process: a header, then waves of rows, each behind its length and its hash. A wave that is not whole ends it.
 * A resumed session writes a new file beside the old one, which is there until the new one is on the disk and takes its name.
 */
#include "store/draws_journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "store/disk.h"

#define MAGIC 0x3173776172646770ull /* "pgdraws1" */

typedef struct {
    uint64_t magic, fingerprint[2], n_sums;
} header_t;

typedef struct {
    uint64_t n_draws;
    uint64_t hash[2];           /* XXH3-128 of the rows, seeded with n_draws */
} wave_t;

struct draws_journal {
    char *path;
    int fd;
    uint64_t end;               /* of what counts */
    size_t row_bytes;
};

static wave_t wave_of(const exact_sum_t *rows, uint64_t n, size_t row_bytes)
{
    XXH128_hash_t hash = XXH3_128bits_withSeed(rows, n * row_bytes, n);
    return (wave_t){.n_draws = n, .hash = {hash.low64, hash.high64}};
}

/* Reads waves until one is not whole, or there would be more draws than are wanted. */
static popgx_err_t read_waves(draws_journal_t *journal, uint64_t size, uint64_t n_draws, exact_sum_t *rows, uint64_t *n_done)
{
    const size_t n_sums = journal->row_bytes / sizeof *rows;
    popgx_err_t err = POPGX_OK;

    while (size - journal->end >= sizeof(wave_t)) {
        wave_t wave;
        TRY(disk_read(journal->path, journal->fd, &wave, sizeof wave, journal->end));
        uint64_t rest = size - journal->end - sizeof wave;
        if (wave.n_draws == 0 || wave.n_draws > n_draws - *n_done || wave.n_draws * journal->row_bytes > rest) break;
        exact_sum_t *to = rows + *n_done * n_sums;
        TRY(disk_read(journal->path, journal->fd, to, wave.n_draws * journal->row_bytes, journal->end + sizeof wave));
        wave_t found = wave_of(to, wave.n_draws, journal->row_bytes);
        if (memcmp(found.hash, wave.hash, sizeof wave.hash) != 0) {
            memset(to, 0, wave.n_draws * journal->row_bytes);
            break;
        }
        journal->end += sizeof wave + wave.n_draws * journal->row_bytes;
        *n_done += wave.n_draws;
    }
out:
    return err;
}

/* What is there, up to the first wave that is not whole. */
static popgx_err_t resume(draws_journal_t *journal, const header_t *wanted, uint64_t n_draws, exact_sum_t *rows, uint64_t *n_done)
{
    popgx_err_t err = POPGX_OK;
    uint64_t size = 0;
    header_t header;

    if (access(journal->path, F_OK) != 0) return POPGX_OK;
    TRY(disk_open(journal->path, &journal->fd, &size));
    if (size < sizeof header) goto out;
    TRY(disk_read(journal->path, journal->fd, &header, sizeof header, 0));
    if (header.magic != MAGIC) goto out; /* killed before it was whole */
    if (memcmp(&header, wanted, sizeof header) != 0)
        TRY(FAIL(INPUT, "%s: cannot be resumed: the distributions of the parameters, or the number of people of a draw, are not what they were when "
                 "the draws began; --force begins anew", journal->path));
    journal->end = sizeof header;
    TRY(read_waves(journal, size, n_draws, rows, n_done));
out:
    if (journal->fd >= 0) close(journal->fd);
    journal->fd = -1;
    return err;
}

/* A new file with the waves that count, so that what is not whole is gone; synced before it takes the place of the old one. */
static popgx_err_t begin(draws_journal_t *journal, const header_t *header, const exact_sum_t *rows, uint64_t n_done)
{
    popgx_err_t err = POPGX_OK;
    char *beside;

    if (asprintf(&beside, "%s.new", journal->path) < 0) return FAIL(NOMEM, "%s: out of memory", journal->path);
    unlink(beside); /* of a process that was killed while it wrote */
    TRY(disk_create(beside, &journal->fd));
    TRY(disk_write(beside, journal->fd, header, sizeof *header, 0));
    journal->end = sizeof *header;
    if (n_done > 0) TRY(draws_journal_append(journal, rows, n_done));
    TRY(disk_sync(beside, journal->fd));
    TRY(disk_rename(beside, journal->path));
out:
    free(beside);
    return err;
}

popgx_err_t draws_journal_open(const char *path, const uint64_t fingerprint[2], bool is_resumed, uint64_t n_draws, size_t n_sums,
                               exact_sum_t *rows, uint64_t *n_done, draws_journal_t **out)
{
    const header_t header = {.magic = MAGIC, .fingerprint = {fingerprint[0], fingerprint[1]}, .n_sums = n_sums};
    draws_journal_t *journal = calloc(1, sizeof *journal);
    popgx_err_t err = POPGX_OK;

    *out = NULL;
    *n_done = 0;
    if (!journal) return FAIL(NOMEM, "%s: out of memory", path);
    *journal = (draws_journal_t){.path = strdup(path), .fd = -1, .row_bytes = n_sums * sizeof *rows};
    if (!journal->path) TRY(FAIL(NOMEM, "%s: out of memory", path));
    if (is_resumed) TRY(resume(journal, &header, n_draws, rows, n_done));
    TRY(begin(journal, &header, rows, *n_done));
    *out = journal;
    return POPGX_OK;
out:
    draws_journal_close(journal);
    return err;
}

popgx_err_t draws_journal_append(draws_journal_t *journal, const exact_sum_t *rows, uint64_t n)
{
    const wave_t wave = wave_of(rows, n, journal->row_bytes);
    popgx_err_t err;

    TRY(disk_write(journal->path, journal->fd, rows, n * journal->row_bytes, journal->end + sizeof wave));
    TRY(disk_write(journal->path, journal->fd, &wave, sizeof wave, journal->end));
    TRY(disk_sync(journal->path, journal->fd));
    journal->end += sizeof wave + n * journal->row_bytes;
out:
    return err;
}

void draws_journal_close(draws_journal_t *journal)
{
    if (!journal) return;
    if (journal->fd >= 0) close(journal->fd);
    free(journal->path);
    free(journal);
}
