/* The table of pages: made while a file is sealed, read before HDF5 opens it. */
#include "store/pages.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "store/disk.h"
#include "store/seal.h"
#include "store/word.h"

#define MAGIC "popgxPAG"
enum { WORD = 8, TAIL_WORDS = 4 /* pages, bytes, hash, magic */ };

popgx_err_t pages_init(pages_t *pages, uint64_t n_bytes)
{
    *pages = (pages_t){.n = (n_bytes + PAGES_BYTES - 1) / PAGES_BYTES, .n_bytes = n_bytes};
    pages->hash = calloc(pages->n + 1, sizeof *pages->hash);
    return pages->hash ? POPGX_OK : FAIL(NOMEM, "out of memory for the hashes of %llu bytes", (unsigned long long)n_bytes);
}

void pages_release(pages_t *pages)
{
    free(pages->hash);
    *pages = (pages_t){0};
}

popgx_err_t pages_pack(const pages_t *pages, unsigned char **table, size_t *n)
{
    *n = (size_t)(pages->n + TAIL_WORDS) * WORD;
    *table = malloc(*n);
    if (!*table) return FAIL(NOMEM, "out of memory for the hashes of a file");
    for (uint64_t i = 0; i < pages->n; i++) word_put(*table + i * WORD, pages->hash[i]);
    unsigned char *tail = *table + pages->n * WORD;
    word_put(tail, pages->n);
    word_put(tail + WORD, pages->n_bytes);
    word_put(tail + 2 * WORD, XXH3_64bits(*table, (size_t)(pages->n + 2) * WORD));
    memcpy(tail + 3 * WORD, MAGIC, WORD);
    return POPGX_OK;
}

popgx_err_t pages_read(const char *path, int fd, uint64_t size, pages_t *pages)
{
    popgx_err_t err = POPGX_OK;
    unsigned char tail[TAIL_WORDS * WORD], *table = NULL;

    *pages = (pages_t){0};
    if (size < SEAL_BYTES + sizeof tail) return POPGX_OK;
    TRY(disk_read(path, fd, tail, sizeof tail, size - SEAL_BYTES - sizeof tail));
    const uint64_t n = word_get(tail), n_bytes = word_get(tail + WORD), before = size - SEAL_BYTES - sizeof tail;
    if (memcmp(tail + 3 * WORD, MAGIC, WORD) != 0 || n > before / WORD || n_bytes != before - n * WORD || n != (n_bytes + PAGES_BYTES - 1) / PAGES_BYTES)
        return POPGX_OK;
    table = malloc((size_t)(n + 2) * WORD);
    if (!table) TRY(FAIL(NOMEM, "%s: out of memory for the hashes of its pages", path));
    TRY(disk_read(path, fd, table, (size_t)(n + 2) * WORD, n_bytes));
    if (XXH3_64bits(table, (size_t)(n + 2) * WORD) != word_get(tail + 2 * WORD)) goto out;
    TRY(pages_init(pages, n_bytes));
    for (uint64_t i = 0; i < n; i++) pages->hash[i] = word_get(table + i * WORD);
out:
    free(table);
    return err;
}

popgx_err_t pages_find(const char *path, bool *is_there)
{
    popgx_err_t err;
    pages_t pages = {0};
    uint64_t size;
    int fd = -1;

    TRY(disk_open(path, &fd, &size));
    TRY(pages_read(path, fd, size, &pages));
    *is_there = pages.n > 0;
out:
    pages_release(&pages);
    if (fd >= 0) close(fd);
    return err;
}
