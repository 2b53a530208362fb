/*
 * Loaded into a popgx with LD_PRELOAD, makes the Nth call of a kind fail: POPGX_FAULT=KIND:N. With N = 0 nothing fails, and how
 * many calls there were is written into the file POPGX_FAULT_COUNT. Kinds:
 *
 *   write     write, pwrite: ENOSPC; every other one of them writes half first, as a full disk may
 *   sync      fsync, fdatasync: EIO
 *   name      rename, ftruncate, truncate, mkdir: EIO
 *   open      open for writing or of a folder: EMFILE
 *   die       any of these but memory, or unlink, unlinkat: the process is killed before the call, or, every other time, after it
 *   memory    malloc, calloc, realloc, strdup, strndup, asprintf called by the program itself, not by a library: NULL
 *
 * Calls on files count only if their number is above that of the standard streams.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long n_calls;
static long fail_at;
static char kind[16];
static uintptr_t program_first, program_end;

static int find_program(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size, (void)context;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
        program_first = info->dlpi_addr + part->p_vaddr;
        program_end = program_first + part->p_memsz;
    }
    return 1; /* the first one is the program */
}

__attribute__((constructor)) static void start(void)
{
    const char *fault = getenv("POPGX_FAULT");

    dl_iterate_phdr(find_program, NULL);
    if (fault) sscanf(fault, "%15[a-z]:%ld", kind, &fail_at);
}

__attribute__((destructor)) static void finish(void)
{
    const char *path = getenv("POPGX_FAULT_COUNT");
    FILE *file = path && fail_at == 0 ? fopen(path, "w") : NULL;

    if (!file) return;
    fprintf(file, "%ld\n", n_calls);
    fclose(file);
}

/* Counts a call that changes files; kills the process at the one that is asked for, `is_done` telling whether the call was made. */
static void die(int is_done)
{
    if (strcmp(kind, "die") != 0) return;
    if (!is_done) atomic_fetch_add(&n_calls, 1);
    if (fail_at > 0 && atomic_load(&n_calls) == fail_at && is_done == (fail_at % 2 == 0)) raise(SIGKILL);
}

static int fails(const char *what)
{
    if (strcmp(what, "memory") != 0) die(0);
    if (strcmp(kind, what) != 0) return 0;
    return atomic_fetch_add(&n_calls, 1) + 1 == fail_at;
}

#define REAL(type, name, ...)                                   \
    static type (*real)(__VA_ARGS__);                           \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

/* ---- files ---- */

ssize_t write(int fd, const void *bytes, size_t n)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    if (fd <= STDERR_FILENO) return real(fd, bytes, n);
    if (!fails("write")) {
        ssize_t written = real(fd, bytes, n);
        die(1);
        return written;
    }
    if (fail_at % 2 == 0 && n > 1) return real(fd, bytes, n / 2);
    errno = ENOSPC;
    return -1;
}

static ssize_t place(ssize_t (*real)(int, const void *, size_t, off_t), int fd, const void *bytes, size_t n, off_t at)
{
    static atomic_int is_full; /* after half a write the disk is full */

    if (fd > STDERR_FILENO && atomic_load(&is_full)) {
        errno = ENOSPC;
        return -1;
    }
    if (fd <= STDERR_FILENO) return real(fd, bytes, n, at);
    if (!fails("write")) {
        ssize_t written = real(fd, bytes, n, at);
        die(1);
        return written;
    }
    if (fail_at % 2 == 0 && n > 1) {
        atomic_store(&is_full, 1);
        return real(fd, bytes, n / 2, at);
    }
    errno = ENOSPC;
    return -1;
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    return place(real, fd, bytes, n, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t at)
{
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
    return place(real, fd, bytes, n, at);
}

#define FAILING(name, what, problem, parameters, ...)           \
    int name parameters                                         \
    {                                                           \
        static int (*real) parameters;                          \
        if (!real) real = (int (*) parameters)dlsym(RTLD_NEXT, #name); \
        if (fails(what)) {                                      \
            errno = problem;                                    \
            return -1;                                          \
        }                                                       \
        int answer = real(__VA_ARGS__);                         \
        die(1);                                                 \
        return answer;                                              \
    }

FAILING(fsync, "sync", EIO, (int fd), fd)
FAILING(fdatasync, "sync", EIO, (int fd), fd)
FAILING(rename, "name", EIO, (const char *from, const char *to), from, to)
FAILING(ftruncate, "name", EIO, (int fd, off_t n), fd, n)
FAILING(ftruncate64, "name", EIO, (int fd, off_t n), fd, n)
FAILING(truncate, "name", EIO, (const char *path, off_t n), path, n)
FAILING(mkdir, "name", EIO, (const char *path, mode_t mode), path, mode)
FAILING(unlink, "unlink", EIO, (const char *path), path)
FAILING(unlinkat, "unlink", EIO, (int folder, const char *path, int flags), folder, path, flags)

static int is_of_interest(int flags) { return (flags & (O_WRONLY | O_RDWR | O_DIRECTORY)) != 0; }

#define OPENING(name)                                                              \
    int name(const char *path, int flags, ...)                                     \
    {                                                                              \
        REAL(int, #name, const char *, int, ...);                                  \
        va_list arguments;                                                         \
        va_start(arguments, flags);                                                \
        mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;             \
        va_end(arguments);                                                         \
        if (!is_of_interest(flags) || strncmp(path, "/dev/", 5) == 0) return real(path, flags, mode); \
        if (fails("open")) {                                                       \
            errno = EMFILE;                                                        \
            return -1;                                                             \
        }                                                                          \
        int fd = real(path, flags, mode);                                          \
        die(1);                                                                    \
        return fd;                                                                 \
    }

OPENING(open)
OPENING(open64)

/* ---- memory ---- */

#define IS_PROGRAM ((uintptr_t)__builtin_return_address(0) - program_first < program_end - program_first)
#define MEMORY_FAILS (program_end && strcmp(kind, "memory") == 0 && IS_PROGRAM && fails("memory"))

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);

void *malloc(size_t n) { return MEMORY_FAILS ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t size) { return MEMORY_FAILS ? NULL : __libc_calloc(n, size); }
void *realloc(void *memory, size_t n) { return MEMORY_FAILS ? NULL : __libc_realloc(memory, n); }

char *strdup(const char *text)
{
    REAL(char *, "strdup", const char *);
    return MEMORY_FAILS ? NULL : real(text);
}

char *strndup(const char *text, size_t n)
{
    REAL(char *, "strndup", const char *, size_t);
    return MEMORY_FAILS ? NULL : real(text, n);
}

int asprintf(char **out, const char *format, ...)
{
    if (MEMORY_FAILS) return -1;
    va_list arguments;
    va_start(arguments, format);
    int n = vasprintf(out, format, arguments);
    va_end(arguments);
    return n;
}
