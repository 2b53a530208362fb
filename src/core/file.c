/* Reads by growing a buffer, so that pipes and /dev/stdin work too. Never leaves a file open. */
#include "core/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

popgx_err_t file_read(const char *path, size_t most, char **bytes, size_t *n_bytes)
{
    popgx_err_t err = POPGX_OK;
    char *buffer = NULL;
    size_t n = 0, capacity = 0;
    FILE *file = fopen(path, "rb");

    if (!file) return FAIL(IO, "%s: %s", path, strerror(errno));
    do {
        if (n + 1 >= capacity) {
            size_t larger = capacity ? 2 * capacity : 16384;
            char *moved = realloc(buffer, larger);
            if (!moved) TRY(FAIL(NOMEM, "%s: no memory for %zu bytes", path, larger));
            buffer = moved;
            capacity = larger;
        }
        n += fread(buffer + n, 1, capacity - n - 1, file);
        if (ferror(file)) TRY(FAIL(IO, "%s: %s", path, strerror(errno)));
        if (n > most) TRY(FAIL(IO, "%s: larger than %zu bytes", path, most));
    } while (!feof(file));
    buffer[n] = '\0';
    *bytes = buffer;
    *n_bytes = n;
    buffer = NULL;
out:
    free(buffer);
    fclose(file);
    return err;
}
