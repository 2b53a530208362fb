/*
 * Owns PATH.d and the lock in it. The lock is the kernel's (flock), so it ends with the process that holds it, however that
 * ends; a folder left by a killed run is taken over. Where the file system has no locks, runs on one output are not
 * kept apart. Nothing but popgx's own files is ever removed.
 */
#include "store/claim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

popgx_err_t claim_init(claim_t *claim, const char *path)
{
    *claim = (claim_t){.lock = -1};
    claim->path = strdup(path);
    if (claim->path && asprintf(&claim->folder, "%s.d", path) < 0) claim->folder = NULL;
    if (claim->folder && asprintf(&claim->partial, "%s/partial.h5", claim->folder) < 0) claim->partial = NULL;
    if (claim->partial) return POPGX_OK;
    return FAIL(NOMEM, "%s: out of memory", path);
}

char *claim_spool(const claim_t *claim, int rank)
{
    char *path;
    return asprintf(&path, "%s/rank-%d.spool", claim->folder, rank) < 0 ? NULL : path;
}

static bool is_ours(const char *name)
{
    size_t length = strlen(name);

    if (strcmp(name, "partial.h5") == 0) return true;
    return strncmp(name, "rank-", 5) == 0 && length > 6 && strcmp(name + length - 6, ".spool") == 0;
}

static void empty_folder(const claim_t *claim)
{
    DIR *folder = opendir(claim->folder);

    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (is_ours(entry->d_name)) unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
}

static char *lock_path(const claim_t *claim)
{
    char *path;
    return asprintf(&path, "%s/lock", claim->folder) < 0 ? NULL : path;
}

/* The run before may remove the lock's file between our opening and locking it: then what we hold is not what is there. */
static bool is_still_there(int fd, const char *path)
{
    struct stat held, named;
    return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

/* One attempt; *fd stays -1 if the folder vanished under it. */
static popgx_err_t try_lock(const claim_t *claim, const char *path, int *fd)
{
    if (mkdir(claim->folder, 0777) != 0 && errno != EEXIST) return FAIL(IO, "cannot create %s: %s", claim->folder, strerror(errno));
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*fd < 0 && errno == ENOENT) return POPGX_OK;
    if (*fd < 0) return FAIL(IO, "cannot write in %s: %s", claim->folder, strerror(errno));
    if (flock(*fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return FAIL(EXISTS, "%s: another run is writing it", claim->path); /* other failures: no locks here */
    if (is_still_there(*fd, path)) return POPGX_OK;
    close(*fd);
    *fd = -1;
    return POPGX_OK;
}

static popgx_err_t take_lock(claim_t *claim)
{
    enum { ATTEMPTS = 100 };
    popgx_err_t err = POPGX_OK;
    char *path = lock_path(claim);
    int fd = -1;

    if (!path) return FAIL(NOMEM, "%s: out of memory", claim->path);
    for (int i = 0; i < ATTEMPTS && fd < 0; i++) TRY(try_lock(claim, path, &fd));
    if (fd < 0) TRY(FAIL(IO, "%s: cannot be locked: other runs keep removing it", claim->folder));
    claim->lock = fd;
    fd = -1;
out:
    if (fd >= 0) close(fd);
    free(path);
    return err;
}

/* What the run would replace. A link is replaced, not what it points to; a device or a pipe never is: renaming over /dev/null would remove it. */
static popgx_err_t check_output(const claim_t *claim, bool force)
{
    struct stat status;

    if (lstat(claim->path, &status) != 0)
        return errno == ENOENT ? POPGX_OK : FAIL(IO, "%s: %s", claim->path, strerror(errno));
    if (S_ISLNK(status.st_mode) && stat(claim->path, &status) != 0) memset(&status, 0, sizeof status); /* a link to nothing */
    if (S_ISDIR(status.st_mode)) return FAIL(INPUT, "%s: is a folder: name a file in it, such as %s/run.h5", claim->path, claim->path);
    if (status.st_mode != 0 && !S_ISREG(status.st_mode)) return FAIL(INPUT, "%s: is not a plain file: a run is stored in one", claim->path);
    return force ? POPGX_OK : FAIL(EXISTS, "%s: exists already; --force replaces it", claim->path);
}

/* Said before the run: otherwise it would be the folder PATH.d that cannot be made, which nobody asked for. */
static popgx_err_t check_folder(const claim_t *claim)
{
    const char *slash = strrchr(claim->path, '/');
    struct stat status;

    if (!*claim->path || (slash && !slash[1])) return FAIL(INPUT, "'%s' names no file: write for example -o run.h5", claim->path);
    if (!slash || slash == claim->path) return POPGX_OK;
    char *folder = strndup(claim->path, (size_t)(slash - claim->path));
    if (!folder) return FAIL(NOMEM, "%s: out of memory", claim->path);
    popgx_err_t err = POPGX_OK;
    if (stat(folder, &status) != 0 && (errno == ENOENT || errno == ENOTDIR))
        err = FAIL(INPUT, "%s: there is no folder %s: make it first", claim->path, folder);
    free(folder);
    return err;
}

popgx_err_t claim_take(claim_t *claim, bool force)
{
    popgx_err_t err;

    TRY(check_folder(claim));
    TRY(check_output(claim, force));
    TRY(take_lock(claim));
    TRY(check_output(claim, force)); /* a run that ended just now may have made it */
    empty_folder(claim);
out:
    return err;
}

static popgx_err_t sync_folder_of(const char *path)
{
    popgx_err_t err = POPGX_OK;
    const char *slash = strrchr(path, '/');
    char *folder = slash == path ? strdup("/") : slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (!folder) return FAIL(NOMEM, "%s: out of memory", path);
    /* Some network file systems cannot sync a folder and say EINVAL. */
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL)) err = FAIL(IO, "%s: syncing its folder: %s", path, strerror(errno));
    if (fd >= 0) close(fd);
    free(folder);
    return err;
}

popgx_err_t claim_fulfil(const claim_t *claim)
{
    if (rename(claim->partial, claim->path) != 0) return FAIL(IO, "%s: %s", claim->path, strerror(errno));
    return sync_folder_of(claim->path);
}

void claim_release(claim_t *claim)
{
    char *path = claim->lock >= 0 ? lock_path(claim) : NULL;

    if (claim->lock >= 0) empty_folder(claim);
    if (path) unlink(path);
    if (claim->lock >= 0) {
        rmdir(claim->folder);
        close(claim->lock);
    }
    free(path);
    free(claim->path);
    free(claim->folder);
    free(claim->partial);
    *claim = (claim_t){.lock = -1};
}
