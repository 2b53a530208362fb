/* Hashes whole files, a piece at a time. */
#include "store/seal.h"

#include <fcntl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/disk.h"
#include "store/pages.h"
#include "store/word.h"

#define MAGIC "popgxEND"
enum { PIECE_BYTES = 1 << 20 };

/* Hashes the first `n_bytes`, and if `pages` is not NULL each page of them. */
static popgx_err_t hash_bytes(const char *path, int fd, uint64_t n_bytes, XXH3_state_t *state, pages_t *pages)
{
    popgx_err_t err = POPGX_OK;
    unsigned char *piece = malloc(n_bytes < PIECE_BYTES ? (size_t)n_bytes + 1 : PIECE_BYTES);

    if (!piece) TRY(FAIL(NOMEM, "%s: out of memory", path));
    for (uint64_t at = 0; at < n_bytes;) {
        size_t n = n_bytes - at < PIECE_BYTES ? (size_t)(n_bytes - at) : PIECE_BYTES;
        TRY(disk_read(path, fd, piece, n, at));
        XXH3_128bits_update(state, piece, n);
        for (size_t from = 0; pages && from < n; from += PAGES_BYTES)
            pages->hash[(at + from) / PAGES_BYTES] = XXH3_64bits(piece + from, pages_length(pages, (at + from) / PAGES_BYTES));
        at += n;
    }
out:
    free(piece);
    return err;
}

static popgx_err_t hash_file(const char *path, int fd, uint64_t n_bytes, XXH128_hash_t *hash)
{
    popgx_err_t err = POPGX_OK;
    XXH3_state_t *state = XXH3_createState();

    if (!state) return FAIL(NOMEM, "%s: out of memory", path);
    XXH3_128bits_reset(state);
    TRY(hash_bytes(path, fd, n_bytes, state, NULL));
    *hash = XXH3_128bits_digest(state);
out:
    XXH3_freeState(state);
    return err;
}

/* Writes the table of pages behind the file's bytes, and hashes both. */
static popgx_err_t append_pages(const char *path, int fd, uint64_t *end, XXH128_hash_t *hash)
{
    popgx_err_t err;
    XXH3_state_t *state = XXH3_createState();
    unsigned char *table = NULL;
    size_t n_table;
    pages_t pages;

    TRY(pages_init(&pages, *end));
    if (!state) TRY(FAIL(NOMEM, "%s: out of memory", path));
    XXH3_128bits_reset(state);
    TRY(hash_bytes(path, fd, *end, state, &pages));
    TRY(pages_pack(&pages, &table, &n_table));
    TRY(disk_write(path, fd, table, n_table, *end));
    XXH3_128bits_update(state, table, n_table);
    *hash = XXH3_128bits_digest(state);
    *end += n_table;
out:
    XXH3_freeState(state);
    free(table);
    pages_release(&pages);
    return err;
}

popgx_err_t seal_append(const char *path, seal_t *seal)
{
    popgx_err_t err = POPGX_OK;
    unsigned char bytes[SEAL_BYTES];
    int fd = open(path, O_RDWR | O_CLOEXEC);
    const off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : -1;
    uint64_t end = (uint64_t)size;

    if (size < 0) TRY(FAIL(IO, "%s: %s", path, strerror(errno)));
    TRY(append_pages(path, fd, &end, &seal->hash));
    memcpy(bytes, MAGIC, 8);
    word_put(bytes + 8, end);
    word_put(bytes + 16, seal->hash.low64);
    word_put(bytes + 24, seal->hash.high64);
    word_put(bytes + 32, XXH3_64bits(bytes, 32));
    TRY(disk_write(path, fd, bytes, sizeof bytes, end));
    TRY(disk_sync(path, fd));
    seal->n_bytes = end + SEAL_BYTES;
out:
    if (fd >= 0) close(fd);
    return err;
}

static popgx_err_t read_seal(const char *path, int fd, uint64_t size, seal_t *seal)
{
    unsigned char bytes[SEAL_BYTES];
    popgx_err_t err = POPGX_OK;

    if (size >= SEAL_BYTES) TRY(disk_read(path, fd, bytes, sizeof bytes, size - SEAL_BYTES));
    if (size < SEAL_BYTES || memcmp(bytes, MAGIC, 8) != 0 || word_get(bytes + 32) != XXH3_64bits(bytes, 32)
        || word_get(bytes + 8) != size - SEAL_BYTES)
        TRY(FAIL(IO, "%s: is truncated, was changed after it was sealed, or is not a run of popgx", path));
    *seal = (seal_t){.n_bytes = size, .hash = {word_get(bytes + 16), word_get(bytes + 24)}};
out:
    return err;
}

popgx_err_t seal_read(const char *path, seal_t *seal)
{
    popgx_err_t err;
    int fd = -1;
    uint64_t size;

    TRY(disk_open(path, &fd, &size));
    TRY(read_seal(path, fd, size, seal));
out:
    if (fd >= 0) close(fd);
    return err;
}

popgx_err_t seal_verify(const char *path, seal_t *seal)
{
    popgx_err_t err;
    int fd = -1;
    uint64_t size;
    XXH128_hash_t hash;

    TRY(disk_open(path, &fd, &size));
    TRY(read_seal(path, fd, size, seal));
    TRY(hash_file(path, fd, size - SEAL_BYTES, &hash));
    if (!XXH128_isEqual(hash, seal->hash)) TRY(FAIL(IO, "%s: its bytes are not those that were sealed", path));
out:
    if (fd >= 0) close(fd);
    return err;
}

popgx_err_t seal_check(const char *path, uint64_t most_bytes, seal_t *seal)
{
    popgx_err_t err;
    bool has_pages = false;

    TRY(seal_read(path, seal));
    if (seal->n_bytes > most_bytes) TRY(pages_find(path, &has_pages));
    if (!has_pages) TRY(seal_verify(path, seal));
out:
    return err;
}
