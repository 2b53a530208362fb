/*
 * A driver of HDF5 (H5FD) that can only read. HDF5 asks for a few hundred bytes of metadata here and there, or for a table at once; the pages in which
 * these are get hashed once for each open file. Never sees a file without a table of pages.
 */
#include "store/h5_sealed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "store/disk.h"
#include "store/h5.h"
#include "store/pages.h"

typedef struct {
    H5FD_t base;            /* first: HDF5 knows no more of it */
    char *path;
    int fd;
    dev_t device;
    ino_t inode;
    haddr_t end;            /* of what HDF5 takes for allocated */
    pages_t pages;
    bool *is_sound;         /* [pages.n] */
    unsigned char *page;    /* [PAGES_BYTES] */
    uint64_t held;          /* the page that is there, the last one that was hashed: HDF5 mostly asks for more of it */
} sealed_t;

static hid_t driver = H5I_INVALID_HID;
static bool gives_chunks, met_damage;

void h5_sealed_give_chunks(bool is_as_they_are) { gives_chunks = is_as_they_are; }

bool h5_sealed_met_damage(void)
{
    const bool met = met_damage;
    met_damage = false;
    return met;
}

static herr_t close_file(H5FD_t *base)
{
    sealed_t *file = (sealed_t *)(void *)base;

    if (file->fd >= 0) close(file->fd);
    pages_release(&file->pages);
    free(file->is_sound);
    free(file->page);
    free(file->path);
    free(file);
    return 0;
}

static H5FD_t *open_file(const char *path, unsigned flags, hid_t access, haddr_t most)
{
    popgx_err_t err;
    struct stat facts;
    uint64_t size;
    sealed_t *file = calloc(1, sizeof *file);

    (void)access, (void)most;
    if (!file) return NULL;
    file->fd = -1;
    file->held = UINT64_MAX;
    if (flags & (H5F_ACC_RDWR | H5F_ACC_TRUNC | H5F_ACC_CREAT)) TRY(FAIL(IO, "%s: is only read", path));
    TRY(disk_open(path, &file->fd, &size));
    TRY(pages_read(path, file->fd, size, &file->pages));
    file->path = strdup(path);
    file->is_sound = calloc(file->pages.n + 1, sizeof *file->is_sound);
    file->page = malloc(PAGES_BYTES);
    if (!file->path || !file->is_sound || !file->page || fstat(file->fd, &facts) != 0) TRY(FAIL(NOMEM, "%s: out of memory", path));
    file->device = facts.st_dev;
    file->inode = facts.st_ino;
out:
    if (!err) return &file->base;
    close_file(&file->base);
    return NULL;
}

/* HDF5 shares what it knows of a file that is open twice. */
static int compare(const H5FD_t *a, const H5FD_t *b)
{
    const sealed_t *x = (const sealed_t *)(const void *)a, *y = (const sealed_t *)(const void *)b;

    if (x->device != y->device) return x->device < y->device ? -1 : 1;
    return (x->inode > y->inode) - (x->inode < y->inode);
}

static herr_t query(const H5FD_t *base, unsigned long *flags)
{
    (void)base;
    if (flags) *flags = 0;
    return 0;
}

static haddr_t get_eoa(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const sealed_t *)(const void *)base)->end;
}

static herr_t set_eoa(H5FD_t *base, H5FD_mem_t type, haddr_t end)
{
    (void)type;
    ((sealed_t *)(void *)base)->end = end;
    return 0;
}

static haddr_t get_eof(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const sealed_t *)(const void *)base)->pages.n_bytes;
}

/* What is wanted of page `i`: `n` bytes from `from` on. */
static popgx_err_t read_page(sealed_t *file, uint64_t i, size_t from, size_t n, void *to)
{
    popgx_err_t err;
    const size_t length = pages_length(&file->pages, i);

    if (file->is_sound[i] && file->held != i) return disk_read(file->path, file->fd, to, n, i * PAGES_BYTES + from);
    if (file->held == i) {
        memcpy(to, file->page + from, n);
        return POPGX_OK;
    }
    file->held = UINT64_MAX;
    TRY(disk_read(file->path, file->fd, file->page, length, i * PAGES_BYTES));
    if (XXH3_64bits(file->page, length) != file->pages.hash[i]) {
        met_damage = true;
        TRY(FAIL(IO, "%s: is damaged", file->path));
    }
    file->is_sound[i] = true;
    file->held = i;
    memcpy(to, file->page + from, n);
out:
    return err;
}

static herr_t read_bytes(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t at, size_t n, void *buffer)
{
    sealed_t *file = (sealed_t *)(void *)base;
    unsigned char *to = buffer;

    (void)transfer;
    if (at > file->pages.n_bytes || n > file->pages.n_bytes - at) return -1;
    if (type == H5FD_MEM_DRAW && gives_chunks) return disk_read(file->path, file->fd, to, n, at) == POPGX_OK ? 0 : -1;
    while (n > 0) {
        const size_t from = (size_t)(at % PAGES_BYTES), part = n < PAGES_BYTES - from ? n : PAGES_BYTES - from;
        if (read_page(file, at / PAGES_BYTES, from, part, to) != POPGX_OK) return -1;
        to += part;
        at += part;
        n -= part;
    }
    return 0;
}

static herr_t write_bytes(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t at, size_t n, const void *buffer)
{
    (void)base, (void)type, (void)transfer, (void)at, (void)n, (void)buffer;
    return -1;
}

static const H5FD_class_t sealed_class = {
    .name = "popgx_sealed", .maxaddr = INT64_MAX, .fc_degree = H5F_CLOSE_STRONG, .open = open_file, .close = close_file, .cmp = compare, .query = query,
    .get_eoa = get_eoa, .set_eoa = set_eoa, .get_eof = get_eof, .read = read_bytes, .write = write_bytes, .fl_map = H5FD_FLMAP_DICHOTOMY,
};

popgx_err_t h5_sealed_use(const char *path, hid_t access)
{
    popgx_err_t err = POPGX_OK;

    if (driver < 0) TRY_H5(driver = H5FDregister(&sealed_class), path, "preparing");
    TRY_H5(H5Pset_driver(access, driver, NULL), path, "preparing");
out:
    return err;
}
