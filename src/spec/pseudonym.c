/* Reads the key or makes it. Never prints it, nor any identifier. */
#include "spec/pseudonym.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIGITS = 2 * SIPHASH_KEY_BYTES };

static popgx_err_t default_path(char *path, size_t size)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    const bool has_config = config && *config == '/', has_home = home && *home == '/';

    if (!has_config && !has_home) return FAIL(INPUT, "pseudonyms need a key: let POPGX_PSEUDONYM_KEY name a file for it");
    const int n = has_config ? snprintf(path, size, "%s/popgx", config) : snprintf(path, size, "%s/.config", home);
    if (n < 0 || (size_t)n + 32 >= size) return FAIL(INPUT, "the name of the folder of settings is too long");
    mkdir(path, 0700); /* what is there already may stay; what cannot be made shows when the key is */
    if (!has_config) {
        strcat(path, "/popgx");
        mkdir(path, 0700);
    }
    strcat(path, "/pseudonym.key");
    return POPGX_OK;
}

/* @retval POPGX_E_EXISTS  somebody else made it meanwhile */
static popgx_err_t make(const char *path)
{
    unsigned char key[SIPHASH_KEY_BYTES];
    char text[DIGITS + 2] = "";
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 && errno == EEXIST) return FAIL(EXISTS, "%s: is there already", path);
    if (fd < 0) return FAIL(IO, "the key of pseudonyms cannot be made in %s: %s; POPGX_PSEUDONYM_KEY can name another file", path, strerror(errno));
    bool is_made = getrandom(key, sizeof key, 0) == (ssize_t)sizeof key;
    for (int i = 0; i < SIPHASH_KEY_BYTES; i++) snprintf(text + 2 * i, 3, "%02x", key[i]);
    text[DIGITS] = '\n';
    is_made = is_made && fchmod(fd, 0600) == 0 && write(fd, text, DIGITS + 1) == DIGITS + 1 && fsync(fd) == 0;
    is_made = close(fd) == 0 && is_made;
    if (is_made) return POPGX_OK;
    unlink(path);
    return FAIL(IO, "%s: the key of pseudonyms could not be written: %s", path, strerror(errno));
}

static popgx_err_t parse(const char *path, const char *text, unsigned char key[SIPHASH_KEY_BYTES])
{
    const size_t n = strcspn(text, " \r\n");

    if (n != DIGITS || strspn(text, "0123456789abcdefABCDEF") != DIGITS)
        return FAIL(INPUT, "%s: is not a key of pseudonyms: it must be %d hexadecimal digits", path, DIGITS);
    for (int i = 0; i < SIPHASH_KEY_BYTES; i++) {
        const char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};
        key[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    return POPGX_OK;
}

static popgx_err_t read_key(const char *path, unsigned char key[SIPHASH_KEY_BYTES])
{
    char text[DIGITS + 64] = "";
    struct stat status;
    popgx_err_t err = POPGX_OK;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &status) != 0) err = FAIL(IO, "%s: the key of pseudonyms cannot be read: %s", path, strerror(errno));
    else if (status.st_mode & 077) err = FAIL(INPUT, "%s: others may read or change this key of pseudonyms: chmod 600 it", path);
    else if (read(fd, text, sizeof text - 1) < 0) err = FAIL(IO, "%s: the key of pseudonyms cannot be read: %s", path, strerror(errno));
    else err = parse(path, text, key);
    if (fd >= 0) close(fd);
    return err;
}

popgx_err_t pseudonym_key(unsigned char key[SIPHASH_KEY_BYTES])
{
    const char *named = getenv("POPGX_PSEUDONYM_KEY");
    char path[4096];
    popgx_err_t err;

    if (named && *named) return read_key(named, key); /* a key that is named and not there is a mistake, not a wish for a new one */
    TRY(default_path(path, sizeof path));
    if (access(path, F_OK) != 0) {
        err = make(path);
        if (err && err != POPGX_E_EXISTS) goto out;
    }
    err = read_key(path, key);
out:
    return err;
}

double pseudonym_of(const unsigned char key[SIPHASH_KEY_BYTES], const char *identifier)
{
    return (double)(siphash(key, identifier, strlen(identifier)) >> (64 - PSEUDONYM_BITS));
}
