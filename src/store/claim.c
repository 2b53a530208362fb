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

#include "store/disk.h"

/* NULL: out of memory. */
static char *name_in(const char *folder, const char *name)
{
    char *path;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

popgx_err_t claim_init(claim_t *claim, const char *path)
{
    *claim = (claim_t){.lock = -1};
    claim->path = strdup(path);
    if (claim->path && asprintf(&claim->folder, "%s.d", path) < 0) claim->folder = NULL;
    if (claim->folder) {
        claim->partial = name_in(claim->folder, "partial.h5");
        claim->manifest = name_in(claim->folder, "manifest.json");
        claim->draws = name_in(claim->folder, "draws");
        claim->stop = name_in(claim->folder, "stop");
    }
    return claim->partial && claim->manifest && claim->draws && claim->stop ? POPGX_OK : FAIL(NOMEM, "%s: out of memory", path);
}

char *claim_journal(const claim_t *claim, uint64_t session, int rank)
{
    char *path;
    return asprintf(&path, "%s/rank-%04llu-%05d.journal", claim->folder, (unsigned long long)session, rank) < 0 ? NULL : path;
}

static bool has_ends(const char *name, const char *first, const char *last)
{
    const size_t n = strlen(name), n_first = strlen(first), n_last = strlen(last);
    return n > n_first + n_last && strncmp(name, first, n_first) == 0 && strcmp(name + n - n_last, last) == 0;
}

static bool is_journal(const char *name) { return has_ends(name, "rank-", ".journal"); }
static bool is_shard(const char *name) { return has_ends(name, "shard-", ".h5") || has_ends(name, "shard-", ".partial"); }

static bool is_unfinished(const char *name)
{
    static const char *const names[] = {"partial.h5", "stop", "draws", "draws.new", "manifest.json.new"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return is_journal(name) || has_ends(name, "shard-", ".partial");
}

void claim_empty(const claim_t *claim)
{
    unlink(claim->manifest);
    DIR *folder = opendir(claim->folder);
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (is_unfinished(entry->d_name)) unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
}

void claim_remove_shards(const claim_t *claim, const char *prefix)
{
    DIR *folder = opendir(claim->folder);

    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (is_shard(entry->d_name) && (!prefix || strncmp(entry->d_name, prefix, strlen(prefix)) != 0))
            unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

popgx_err_t claim_list_journals(const claim_t *claim, char ***paths, size_t *n)
{
    popgx_err_t err = POPGX_OK;
    DIR *folder = opendir(claim->folder);

    *paths = NULL;
    *n = 0;
    if (!folder) return FAIL(IO, "%s: %s", claim->folder, strerror(errno));
    errno = 0; /* the end and a failure look alike */
    for (struct dirent *entry; (entry = readdir(folder)); errno = 0) {
        if (!is_journal(entry->d_name)) continue;
        char **grown = realloc(*paths, (*n + 1) * sizeof *grown);
        if (grown) *paths = grown;
        if (!grown || !((*paths)[*n] = name_in(claim->folder, entry->d_name))) TRY(FAIL(NOMEM, "%s: out of memory", claim->folder));
        ++*n;
    }
    if (errno != 0) TRY(FAIL(IO, "%s: %s", claim->folder, strerror(errno)));
    if (*n > 0) qsort(*paths, *n, sizeof **paths, by_name);
out:
    closedir(folder);
    return err;
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

/* A process that keeps what it makes from others keeps the folder from them too, whoever made it. */
static void keep_private(const claim_t *claim)
{
    const mode_t mask = umask(0077);

    umask(mask);
    if ((mask & 0077) != 0077) return;
    chmod(claim->folder, 0700); /* fails in a folder of another user, where our files are private all the same */
    fchmod(claim->lock, 0600);
}

static popgx_err_t take_lock(claim_t *claim)
{
    enum { ATTEMPTS = 100 };
    popgx_err_t err = POPGX_OK;
    char *path = name_in(claim->folder, "lock");
    int fd = -1;

    if (!path) return FAIL(NOMEM, "%s: out of memory", claim->path);
    for (int i = 0; i < ATTEMPTS && fd < 0; i++) TRY(try_lock(claim, path, &fd));
    if (fd < 0) TRY(FAIL(IO, "%s: cannot be locked: other runs keep removing it", claim->folder));
    claim->lock = fd;
    fd = -1;
    keep_private(claim);
out:
    if (fd >= 0) close(fd);
    free(path);
    return err;
}

/* A link is replaced, not what it points to; a device or a pipe never is: renaming over /dev/null would remove it. */
static popgx_err_t check_output(const claim_t *claim, bool *is_there)
{
    struct stat status;

    *is_there = lstat(claim->path, &status) == 0;
    if (!*is_there) return errno == ENOENT ? POPGX_OK : FAIL(IO, "%s: %s", claim->path, strerror(errno));
    if (S_ISLNK(status.st_mode) && stat(claim->path, &status) != 0) memset(&status, 0, sizeof status); /* a link to nothing */
    if (S_ISDIR(status.st_mode)) return FAIL(INPUT, "%s: is a folder: name a file in it, such as %s/run.h5", claim->path, claim->path);
    if (status.st_mode != 0 && !S_ISREG(status.st_mode)) return FAIL(INPUT, "%s: is not a plain file: a run is stored in one", claim->path);
    return POPGX_OK;
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

/* Said before the run: the complete output could not be renamed from a folder that leads elsewhere. */
static popgx_err_t check_file_system(const claim_t *claim)
{
    const char *slash = strrchr(claim->path, '/');
    char *around = !slash ? strdup(".") : strndup(claim->path, (size_t)(slash - claim->path) + 1);
    struct stat inner, outer;
    popgx_err_t err = POPGX_OK;

    if (!around) return FAIL(NOMEM, "%s: out of memory", claim->path);
    if (stat(claim->folder, &inner) == 0 && stat(around, &outer) == 0 && inner.st_dev != outer.st_dev)
        err = FAIL(INPUT, "%s: %s is on another file system, so that the output could not be renamed from there: put both in one place", claim->path, claim->folder);
    free(around);
    return err;
}

popgx_err_t claim_take(claim_t *claim, claim_found_t *found)
{
    popgx_err_t err;
    bool is_complete;

    TRY(check_folder(claim));
    TRY(check_output(claim, &is_complete));
    TRY(take_lock(claim));
    TRY(check_file_system(claim));
    TRY(check_output(claim, &is_complete)); /* a run that ended just now may have made it */
    *found = access(claim->manifest, F_OK) == 0 ? CLAIM_UNFINISHED : is_complete ? CLAIM_COMPLETE : CLAIM_EMPTY;
out:
    return err;
}

popgx_err_t claim_fulfil(const claim_t *claim) { return disk_rename(claim->partial, claim->path); }

void claim_release(claim_t *claim)
{
    char *path = claim->lock >= 0 ? name_in(claim->folder, "lock") : NULL;

    if (path) unlink(path);
    if (claim->lock >= 0) {
        rmdir(claim->folder);
        close(claim->lock);
    }
    free(path);
    free(claim->path);
    free(claim->folder);
    free(claim->partial);
    free(claim->manifest);
    free(claim->draws);
    free(claim->stop);
    *claim = (claim_t){.lock = -1};
}
