/*
 * What the store asks of the system's files, in one place: every call is retried if a signal interrupts it, checked, and its
 * failure told with the file's name. tests/faults makes each of them fail in turn.
 */
#ifndef POPGX_STORE_DISK_H
#define POPGX_STORE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/** Opens for reading. @param[out] size  of the file */
MUST_USE popgx_err_t disk_open(const char *path, int *fd, uint64_t *size);

/** Creates a file that must not exist, for writing and reading. */
MUST_USE popgx_err_t disk_create(const char *path, int *fd);

/** Reads exactly `n` bytes from `at`. @retval POPGX_E_IO  the file ends before: "is truncated" */
MUST_USE popgx_err_t disk_read(const char *path, int fd, void *bytes, size_t n, uint64_t at);

/** Writes all `n` bytes at `at`. */
MUST_USE popgx_err_t disk_write(const char *path, int fd, const void *bytes, size_t n, uint64_t at);

/** Everything that was written is on the disk when this returns. */
MUST_USE popgx_err_t disk_sync(const char *path, int fd);

/** disk_sync of a closed file. */
MUST_USE popgx_err_t disk_sync_path(const char *path);

/** Makes the names in the folder that holds `path` last. */
MUST_USE popgx_err_t disk_sync_folder_of(const char *path);

/** Gives a synced file its final name, replacing what is there, and makes that last. */
MUST_USE popgx_err_t disk_rename(const char *from, const char *to);

/** Writes a small file so that after a crash there is either all of it or what was there before. */
MUST_USE popgx_err_t disk_replace(const char *path, const void *bytes, size_t n);

/** Bytes that this user may still write where `path` is. */
MUST_USE popgx_err_t disk_free(const char *path, uint64_t *n_bytes);
#endif
