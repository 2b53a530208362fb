/*
 * Joins parts. Each is opened twice: first for what it says about itself, its sums, draws and blocks, all of which are small; then, one at a
 * time, for its chunks, which are copied as they are. So memory and open files depend neither on the size nor on the number of parts.
 * Nothing is written before it is known that every patient and every draw is there once.
 */
#include "store/merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/disk.h"
#include "store/h5_read.h"
#include "store/merge_pieces.h"
#include "store/output.h"
#include "store/stored_state.h"

typedef struct {
    const merge_request_t *request;
    piece_t *pieces;            /* [request->n], in the order of patients */
    answer_t base;              /* of the first one that was named: what all must agree with */
    tally_t tally;              /* of all */
    psa_t psa;                  /* of all; n_draws 0: there are none */
    run_report_t report;
    uint64_t n_bytes;           /* of the parts' files */
    manifest_t manifest;        /* of the merged run; borrows the plan and the version of base's */
    columns_plan_t plan;
    columns_t columns;
    blocks_t blocks;
    store_source_t *sources;    /* [n_sources]: owned bytes */
    size_t n_sources;
    stored_t *open;             /* the part that is read */
    size_t open_piece;
    stored_reader_t *reader;
    claim_t claim;
} merge_t;

/* ---- the first look ---- */

/* Where the files of the model do not make the base case they may still make the draws: all of them must be the same. */
static popgx_err_t compare_sources(const manifest_t *a, const manifest_t *b, const char *path, const char *first)
{
    bool is_same = a->n_sources == b->n_sources;

    for (size_t i = 0; is_same && i < a->n_sources; i++) is_same = strcmp(a->sources[i].hash, b->sources[i].hash) == 0;
    return is_same ? POPGX_OK : FAIL(INPUT, "%s: cannot be joined: its model's files are not those of %s, so its draws may be others", path, first);
}

static popgx_err_t compare_draws(const answer_t *a, const answer_t *b, const char *path, const char *first)
{
    if (a->all_draws != b->all_draws)
        return FAIL(INPUT, "%s: cannot be joined: it has --draws %llu, and %s --draws %llu", path, (unsigned long long)a->all_draws, first,
                    (unsigned long long)b->all_draws);
    if (a->all_draws == 0) return POPGX_OK;
    if (strcmp(a->design, b->design) != 0) return FAIL(INPUT, "%s: cannot be joined: it has --design %s, and %s --design %s", path, a->design, first, b->design);
    if (a->psa.patients != b->psa.patients || a->psa.n_parameters != b->psa.n_parameters)
        return FAIL(INPUT, "%s: cannot be joined: its draws have %llu people and %zu parameters, and those of %s %llu and %zu", path,
                    (unsigned long long)a->psa.patients, a->psa.n_parameters, first, (unsigned long long)b->psa.patients, b->psa.n_parameters);
    return compare_sources(stored_manifest(a->stored), stored_manifest(b->stored), path, first);
}

static popgx_err_t take_draws(merge_t *merge, const answer_t *answer, piece_t *piece)
{
    popgx_err_t err = POPGX_OK;
    psa_t *all = &merge->psa;
    const psa_t *some = &answer->psa;

    if (answer->all_draws == 0) return POPGX_OK;
    piece->draws = (block_range_t){answer->first_draw, some->n_draws};
    if (answer->first_draw < 1 || some->n_draws > answer->all_draws || answer->first_draw - 1 > answer->all_draws - some->n_draws)
        return FAIL(IO, "%s: its draws are not among those of its run", piece->path);
    if (all->n_draws == 0) TRY(psa_init(all, answer->model, answer->all_draws, some->patients, some->n_parameters));
    psa_copy(all, answer->first_draw - 1, some);
out:
    return err;
}

/* Rows and hashes of the piece's blocks. */
static void take_blocks(merge_t *merge, const stored_t *stored, const piece_t *piece)
{
    const size_t sets = (size_t)merge->blocks.n_row_sets;

    if (stored->columns.n == 0) return;
    memcpy(merge->blocks.hash + piece->blocks.first, stored->blocks.hash + piece->blocks.first, piece->blocks.count * sizeof *stored->blocks.hash);
    memcpy(merge->blocks.rows + piece->blocks.first * sets, stored->blocks.rows + piece->blocks.first * sets,
           piece->blocks.count * sets * sizeof *stored->blocks.rows);
}

static popgx_err_t take_piece(merge_t *merge, const answer_t *answer, piece_t *piece)
{
    popgx_err_t err;
    const stored_t *stored = answer->stored;
    const char *first = merge->request->paths[0];

    TRY(manifest_compare_parts(&stored->manifest, &merge->base.stored->manifest, piece->path, first));
    TRY(compare_draws(answer, &merge->base, piece->path, first));
    piece->blocks = columns_range(&stored->manifest.plan);
    piece->part = stored->manifest.plan.part;
    piece->parts = stored->manifest.plan.parts;
    memcpy(piece->run_id, stored->manifest.run_id, sizeof piece->run_id);
    TRY(piece_keep_texts(piece, &stored->manifest));
    tally_merge(&merge->tally, &answer->tally);
    take_blocks(merge, stored, piece);
    TRY(take_draws(merge, answer, piece));
    merge->n_bytes += stored_bytes(stored);
    merge->report.n_fired += stored->facts.n_fired;
    merge->report.seconds += stored->facts.seconds;
out:
    return err;
}

/* The bytes of the model's files. */
static popgx_err_t read_sources(merge_t *merge)
{
    popgx_err_t err;
    const manifest_t *manifest = &merge->base.stored->manifest;
    h5_reader_t file = {.id = H5I_INVALID_HID};
    char object[64];

    merge->sources = calloc(manifest->n_sources + 1, sizeof *merge->sources);
    if (!merge->sources) return FAIL(NOMEM, "out of memory for the sources of a run");
    TRY(h5_open(merge->request->paths[0], &file));
    for (size_t i = 0; i < manifest->n_sources; i++) {
        store_source_t *source = &merge->sources[merge->n_sources++];
        unsigned char *bytes = NULL;
        snprintf(object, sizeof object, "/model/sources/%zu", i);
        TRY(h5_read_bytes(&file, object, &bytes, &source->n_bytes));
        source->bytes = (const char *)bytes;
        source->path = manifest->sources[i].path;
    }
out:
    h5_close(&file);
    return err;
}

/* What the merged run is, from the first part. */
static popgx_err_t begin(merge_t *merge)
{
    popgx_err_t err;
    const manifest_t *first;

    TRY(answer_read(merge->request->paths[0], &merge->base));
    first = &merge->base.stored->manifest;
    TRY(tally_init(&merge->tally, merge->base.model, 1));
    merge->plan = first->plan;
    merge->plan.part = merge->plan.parts = 0;
    TRY(columns_init(&merge->columns, merge->base.model, &merge->plan));
    if (merge->columns.n > 0) TRY(blocks_init(&merge->blocks, columns_blocks(&merge->plan), merge->plan.n_row_sets));
    TRY(read_sources(merge));
out:
    return err;
}

static popgx_err_t look(merge_t *merge)
{
    popgx_err_t err;
    const merge_request_t *request = merge->request;
    answer_t answer = {0};

    TRY(begin(merge));
    for (size_t i = 0; i < request->n; i++) {
        piece_t *piece = &merge->pieces[i];
        piece->path = request->paths[i];
        if (i > 0) TRY(answer_read(piece->path, &answer)); /* begin has read the first one */
        TRY(take_piece(merge, i > 0 ? &answer : &merge->base, piece));
        answer_release(&answer);
    }
    TRY(pieces_check(merge->pieces, request->n, &merge->plan, merge->base.all_draws));
out:
    answer_release(&answer);
    return err;
}

/* ---- copying ---- */

static popgx_err_t open_piece(merge_t *merge, size_t i)
{
    popgx_err_t err;
    const piece_t *piece = &merge->pieces[i];

    stored_reader_free(merge->reader);
    merge->reader = NULL;
    stored_close(merge->open);
    merge->open = NULL;
    TRY(stored_open(piece->path, &merge->open));
    if (memcmp(merge->open->manifest.run_id, piece->run_id, sizeof piece->run_id) != 0) TRY(FAIL(IO, "%s: was replaced while it was read", piece->path));
    TRY(stored_reader_new(merge->open, &merge->reader));
    merge->open_piece = i;
out:
    return err;
}

static popgx_err_t read_block(void *context, uint64_t block, journal_record_t *record)
{
    popgx_err_t err = POPGX_OK;
    merge_t *merge = context;
    size_t i = 0;

    while (block - merge->pieces[i].blocks.first >= merge->pieces[i].blocks.count) i++; /* pieces_check: one holds it */
    if (!merge->reader || merge->open_piece != i) TRY(open_piece(merge, i));
    TRY(stored_read_streams(merge->reader, block, record));
    if (!XXH128_isEqual(record->block_hash, merge->blocks.hash[block])) TRY(FAIL(IO, "%s: changed while it was read", merge->pieces[i].path));
out:
    return err;
}

/* ---- the output ---- */

/* Rank 0. */
static popgx_err_t take_place(merge_t *merge)
{
    popgx_err_t err;
    claim_found_t found;
    uint64_t room;
    const merge_request_t *request = merge->request;

    TRY(claim_take(&merge->claim, &found));
    if (found == CLAIM_COMPLETE && !request->is_forced) TRY(FAIL(EXISTS, "%s: exists already; --force replaces it", request->output));
    if (found == CLAIM_UNFINISHED) TRY(FAIL(EXISTS, "%s: an unfinished run is in %s", request->output, merge->claim.folder));
    if (found == CLAIM_EMPTY) claim_remove_shards(&merge->claim, NULL); /* what a merge that was killed left */
    TRY(disk_free(merge->claim.folder, &room));
    if (merge->n_bytes > room && !request->is_forced)
        TRY(FAIL(IO, "%s: the disk has room for %.3g GB, and the merged run needs about %.3g GB: write elsewhere, or try it all the same with --force",
                 request->output, (double)room / 1e9, (double)merge->n_bytes / 1e9));
out:
    return err;
}

static void fill_manifest(merge_t *merge)
{
    const manifest_t *first = &merge->base.stored->manifest;

    merge->manifest = (manifest_t){.version = first->version, .seed = first->seed, .plan = merge->plan, .sessions = 1};
    pieces_run_id(merge->pieces, merge->request->n, merge->manifest.run_id);
}

static popgx_err_t write_run(merge_t *merge, merge_report_t *report)
{
    popgx_err_t err;
    const stored_t *first = merge->base.stored;
    char draws_checksum[33] = "";
    const store_psa_t psa = {.psa = merge->psa.n_draws > 0 ? &merge->psa : NULL, .names = (const char *const *)merge->base.names,
                             .units = (const char *const *)merge->base.units, .design = merge->base.design, .checksum = draws_checksum,
                             .first_draw = 1, .all_draws = merge->psa.n_draws};
    const store_run_t run = {
        .sources = merge->sources, .n_sources = merge->n_sources, .command = merge->request->command, .isa = first->facts.isa,
        .patients = merge->plan.patients, .seed = first->manifest.seed, .ranks = (int)first->facts.ranks, .threads = (int)first->facts.threads,
        .sample = merge->plan.sample, .shards = merge->request->shards, .psa = &psa,
    };
    output_t output = {.claim = &merge->claim, .model = merge->base.model, .run = &run, .manifest = &merge->manifest, .columns = &merge->columns,
                       .blocks = &merge->blocks, .read = read_block, .context = merge, .tally = &merge->tally, .report = &merge->report,
                       .pieces = merge->pieces, .n_pieces = merge->request->n};

    if (psa.psa) psa_checksum(psa.psa, draws_checksum);
    fill_manifest(merge);
    output_plan(&output, merge->n_bytes);
    TRY(output_write(&output));
    *report = (merge_report_t){.patients = merge->plan.patients, .draws = merge->psa.n_draws, .n_bytes = output.n_bytes};
    tally_checksum(&merge->tally, report->checksum);
out:
    return err;
}

/* Rank 0: nothing is left of a merge that failed; shards of a run that was there before belong to it. */
static void clean_up(const merge_t *merge)
{
    unlink(merge->claim.partial);
    if (access(merge->claim.path, F_OK) != 0) claim_remove_shards(&merge->claim, NULL);
}

static void release(merge_t *merge)
{
    if (merge->claim.lock >= 0) clean_up(merge);
    claim_release(&merge->claim);
    stored_reader_free(merge->reader);
    stored_close(merge->open);
    for (size_t i = 0; i < merge->n_sources; i++) free((void *)(uintptr_t)merge->sources[i].bytes);
    free(merge->sources);
    blocks_release(&merge->blocks);
    columns_release(&merge->columns);
    psa_release(&merge->psa);
    tally_release(&merge->tally);
    answer_release(&merge->base);
    pieces_free(merge->pieces, merge->request->n);
}

popgx_err_t store_merge(const merge_request_t *request, merge_report_t *report)
{
    popgx_err_t err;
    merge_t merge = {.request = request, .pieces = calloc(request->n, sizeof *merge.pieces)};

    err = claim_init(&merge.claim, request->output);
    if (!err && !merge.pieces) err = FAIL(NOMEM, "out of memory for %zu parts", request->n);
    TRY(cluster_agree(err));
    TRY(cluster_agree(look(&merge)));
    TRY(cluster_agree(cluster_rank() == 0 ? take_place(&merge) : POPGX_OK));
    TRY(write_run(&merge, report));
out:
    release(&merge);
    return err;
}
