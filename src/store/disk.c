/*
 * The system calls of the store, each in the one form that is right here: whole reads and writes, syncs that are checked,
 * names that last. Keeps nothing between calls.
 */
#include "store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { MOST_AT_ONCE = 1 << 30 }; /* bytes; Linux takes a little less than 2 GiB in one call */

popgx_err_t disk_open(const char *path, int *fd, uint64_t *size)
{
    struct stat status;

    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* nobody may ever write into a pipe */
    if (*fd < 0) return FAIL(IO, "%s: %s", path, strerror(errno));
    if (fstat(*fd, &status) == 0 && S_ISFIFO(status.st_mode)) {
        close(*fd);
        *fd = -1;
        return FAIL(IO, "%s: is a pipe, not a file", path);
    }
    if (fstat(*fd, &status) == 0) {
        *size = (uint64_t)status.st_size;
        return POPGX_OK;
    }
    int problem = errno;
    close(*fd);
    *fd = -1;
    return FAIL(IO, "%s: %s", path, strerror(problem));
}

popgx_err_t disk_create(const char *path, int *fd)
{
    *fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return *fd >= 0 ? POPGX_OK : FAIL(IO, "%s: %s", path, strerror(errno));
}

popgx_err_t disk_read(const char *path, int fd, void *bytes, size_t n, uint64_t at)
{
    unsigned char *to = bytes;

    while (n > 0) {
        ssize_t got = pread(fd, to, n < MOST_AT_ONCE ? n : MOST_AT_ONCE, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return FAIL(IO, "%s: %s", path, strerror(errno));
        if (got == 0) return FAIL(IO, "%s: is truncated: it ends at byte %llu", path, (unsigned long long)at);
        to += got;
        n -= (size_t)got;
        at += (uint64_t)got;
    }
    return POPGX_OK;
}

popgx_err_t disk_write(const char *path, int fd, const void *bytes, size_t n, uint64_t at)
{
    const unsigned char *from = bytes;

    while (n > 0) {
        ssize_t written = pwrite(fd, from, n < MOST_AT_ONCE ? n : MOST_AT_ONCE, (off_t)at);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return FAIL(IO, "%s: %s", path, strerror(written < 0 ? errno : ENOSPC));
        from += written;
        n -= (size_t)written;
        at += (uint64_t)written;
    }
    return POPGX_OK;
}

popgx_err_t disk_sync(const char *path, int fd)
{
    return fdatasync(fd) == 0 ? POPGX_OK : FAIL(IO, "%s: syncing: %s", path, strerror(errno));
}

popgx_err_t disk_sync_path(const char *path)
{
    popgx_err_t err = POPGX_OK;
    int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0) return FAIL(IO, "%s: %s", path, strerror(errno));
    if (fsync(fd) != 0) err = FAIL(IO, "%s: syncing: %s", path, strerror(errno));
    close(fd);
    return err;
}

popgx_err_t disk_sync_folder_of(const char *path)
{
    popgx_err_t err = POPGX_OK;
    const char *slash = strrchr(path, '/');
    char *folder = slash == path ? strdup("/") : slash ? strndup(path, (size_t)(slash - path)) : strdup(".");

    if (!folder) return FAIL(NOMEM, "%s: out of memory", path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Some network file systems cannot sync a folder and say EINVAL. */
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL)) err = FAIL(IO, "%s: syncing its folder: %s", path, strerror(errno));
    if (fd >= 0) close(fd);
    free(folder);
    return err;
}

popgx_err_t disk_rename(const char *from, const char *to)
{
    if (rename(from, to) != 0) return FAIL(IO, "%s: renaming: %s", to, strerror(errno));
    return disk_sync_folder_of(to);
}

popgx_err_t disk_replace(const char *path, const void *bytes, size_t n)
{
    popgx_err_t err = POPGX_OK;
    int fd = -1;
    char *beside;

    if (asprintf(&beside, "%s.new", path) < 0) return FAIL(NOMEM, "%s: out of memory", path);
    unlink(beside); /* of a process that was killed while it wrote */
    TRY(disk_create(beside, &fd));
    TRY(disk_write(beside, fd, bytes, n, 0));
    TRY(disk_sync(beside, fd));
    TRY(disk_rename(beside, path));
out:
    if (fd >= 0) close(fd);
    free(beside);
    return err;
}

popgx_err_t disk_free(const char *path, uint64_t *n_bytes)
{
    struct statvfs status;

    if (statvfs(path, &status) != 0) return FAIL(IO, "%s: %s", path, strerror(errno));
    *n_bytes = (uint64_t)status.f_bavail * status.f_frsize;
    return POPGX_OK;
}
