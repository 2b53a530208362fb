/*
 * The master's own objects are copied whatever they are; columns come from the shards by the same code as those of a new run.
 */
#include "store/pack.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/disk.h"
#include "store/h5_copy.h"
#include "store/output.h"
#include "store/stored_state.h"

typedef struct {
    stored_t *stored;
    stored_reader_t *reader;
    claim_t claim;
    bool is_in_place;
} pack_t;

static popgx_err_t read_block(void *context, uint64_t block, journal_record_t *record) { return stored_read_streams(context, block, record); }

static bool is_same_file(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static popgx_err_t take_place(pack_t *pack, bool is_forced)
{
    popgx_err_t err;
    claim_found_t found;
    uint64_t room, needed = stored_bytes(pack->stored);
    const char *path = pack->claim.path;

    TRY(claim_take(&pack->claim, &found));
    if (found == CLAIM_UNFINISHED) TRY(FAIL(EXISTS, "%s: an unfinished run is in %s", path, pack->claim.folder));
    if (found == CLAIM_COMPLETE && !pack->is_in_place && !is_forced) TRY(FAIL(EXISTS, "%s: exists already; --force replaces it", path));
    TRY(disk_free(pack->claim.folder, &room));
    if (needed > room && !is_forced)
        TRY(FAIL(IO, "%s: the disk has room for %.3g GB, and the packed run needs about %.3g GB: write elsewhere (-o), or try it all the same with --force",
                 path, (double)room / 1e9, (double)needed / 1e9));
out:
    return err;
}

/* The new file under its temporary name. */
static popgx_err_t write_file(const pack_t *pack, uint64_t *n_bytes)
{
    static const char *const of_shards[] = {"people", "trajectories", "blocks", "manifest", NULL};
    popgx_err_t err;
    const stored_t *stored = pack->stored;
    h5_reader_t from = {.id = H5I_INVALID_HID};
    h5_file_t *file = NULL;
    seal_t seal;
    const store_run_t run = {0};
    const output_t output = {.claim = &pack->claim, .model = &stored->model, .run = &run, .manifest = &stored->manifest, .columns = &stored->columns,
                             .blocks = &stored->blocks, .read = read_block, .context = pack->reader};

    TRY(h5_open(stored->path, &from));
    TRY(h5_create(pack->claim.partial, &file));
    TRY(h5_copy_root(file, &from, of_shards));
    if (stored->columns.n > 0) TRY(output_rows(&output, columns_range(&stored->manifest.plan), file));
    err = h5_seal(file, &seal);
    file = NULL;
    if (!err) *n_bytes = seal.n_bytes;
out:
    h5_discard(file);
    h5_close(&from);
    return err;
}

popgx_err_t store_pack(const char *path, const char *output, bool is_forced, pack_report_t *report)
{
    popgx_err_t err;
    pack_t pack = {.claim = {.lock = -1}, .is_in_place = !output || is_same_file(path, output)};

    *report = (pack_report_t){0};
    TRY(stored_open(path, &pack.stored));
    report->n_files = 1 + (pack.stored->is_spread ? pack.stored->n_shards : 0);
    report->is_one_already = pack.is_in_place && !pack.stored->is_spread;
    if (report->is_one_already) {
        report->n_bytes = stored_bytes(pack.stored);
        goto out;
    }
    TRY(claim_init(&pack.claim, pack.is_in_place ? path : output));
    TRY(take_place(&pack, is_forced));
    TRY(stored_reader_new(pack.stored, &pack.reader));
    TRY(write_file(&pack, &report->n_bytes));
    TRY(claim_fulfil(&pack.claim));
    claim_remove_shards(&pack.claim, NULL); /* of the run that was packed or replaced: nobody refers to them any more */
out:
    if (pack.claim.lock >= 0) unlink(pack.claim.partial);
    claim_release(&pack.claim);
    stored_reader_free(pack.reader);
    stored_close(pack.stored);
    return err;
}
