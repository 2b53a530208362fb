/* Runs that are interrupted and resumed: the same results and the same blocks, or a refusal that says why. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/stored.h"
#include "support/stored_run.h"

static model_t model;
static char folder[64], path[96], whole[96], manifest[128];

static void set_up(void)
{
    model = small_model();
    strcpy(folder, "/tmp/popgx-test-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/run.h5", folder);
    snprintf(whole, sizeof whole, "%s/whole.h5", folder);
    snprintf(manifest, sizeof manifest, "%s.d/manifest.json", path);
}

static void tear_down(void)
{
    char command[128];

    model_release(&model);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(store_resume, .init = set_up, .fini = tear_down);

typedef struct {
    int asked, stop_at;
} stop_t;

static bool wants_stop(void *context)
{
    stop_t *stop = context;
    return ++stop->asked > stop->stop_at;
}

/* Begins or goes on, and stops after `tasks` of them. */
static popgx_err_t run_some(store_mode_t mode, const store_run_t *provenance, int tasks)
{
    popgx_err_t err;
    store_t *store = NULL;
    stop_t stop = {.stop_at = tasks};
    run_settings_t settings = {.patients = provenance->patients, .seed = 7, .threads = 1, .is_stop_wanted = wants_stop, .stop_context = &stop};
    run_report_t report;
    tally_t tally = {0};

    TRY(tally_init(&tally, &model, STORED_PEOPLE));
    TRY(store_create(path, mode, &model, provenance, &store));
    if (store_state(store).is_complete) goto out;
    store_prepare(store, &settings, &tally);
    TRY(run_simulate(&model, &settings, &tally, &report));
    TRY(store_finish(store, &tally, &report));
out:
    store_free(store, false);
    tally_release(&tally);
    return err;
}

/* The same checksum, events, and rows and bytes of every block. */
static void expect_same(const char *one, const char *other)
{
    stored_t *a, *b;
    stored_reader_t *read_a, *read_b;
    journal_record_t of_a, of_b;

    cr_assert_eq(stored_open(one, &a), POPGX_OK, "%s", popgx_err_detail());
    cr_assert_eq(stored_open(other, &b), POPGX_OK, "%s", popgx_err_detail());
    cr_assert_str_eq(stored_facts(a)->checksum, stored_facts(b)->checksum);
    cr_assert_eq(stored_facts(a)->n_fired, stored_facts(b)->n_fired);
    cr_assert_eq(stored_facts(a)->n_blocks, stored_facts(b)->n_blocks);
    cr_assert_eq(stored_reader_new(a, &read_a), POPGX_OK);
    cr_assert_eq(stored_reader_new(b, &read_b), POPGX_OK);
    for (uint64_t block = 0; stored_columns(a)->n > 0 && block < stored_facts(a)->n_blocks; block++) {
        cr_assert_eq(stored_read_streams(read_a, block, &of_a), POPGX_OK, "%s", popgx_err_detail());
        cr_assert_eq(stored_read_streams(read_b, block, &of_b), POPGX_OK, "%s", popgx_err_detail());
        cr_assert(XXH128_isEqual(of_a.block_hash, of_b.block_hash), "block %d differs", (int)block);
    }
    stored_reader_free(read_a);
    stored_reader_free(read_b);
    stored_close(a);
    stored_close(b);
}

static void check_resumed(double sample, uint64_t shards)
{
    store_run_t provenance = stored_provenance(sample);

    cr_assert_eq(stored_run(&model, whole, false, sample), POPGX_OK, "%s", popgx_err_detail());
    provenance.shards = shards;
    for (int tasks = 0; tasks < 25; tasks += 6) {
        cr_assert_eq(run_some(STORE_NEW, &provenance, tasks), POPGX_E_STOPPED, "%s", popgx_err_detail());
        cr_assert_eq(access(manifest, F_OK) == 0, tasks > 0, "a run with a block is kept");
        if (tasks > 0) cr_assert_eq(run_some(STORE_NEW, &provenance, 1), POPGX_E_EXISTS);
        cr_assert_eq(run_some(STORE_RESUME, &provenance, 3), tasks < 22 ? POPGX_E_STOPPED : POPGX_OK, "%s", popgx_err_detail());
        cr_assert_eq(run_some(STORE_RESUME, &provenance, 1000), POPGX_OK, "%s", popgx_err_detail());
        expect_same(whole, path);
        cr_assert_eq(unlink(path), 0);
    }
    unlink(whole);
}

Test(store_resume, the_run_is_as_if_nobody_had_interrupted_it) { check_resumed(1, 1); }
Test(store_resume, a_sample_too) { check_resumed(0.3, 1); }
Test(store_resume, results_alone_too) { check_resumed(0, 1); }
Test(store_resume, and_one_of_several_files) { check_resumed(1, 3); }

static void expect_refusal(const store_run_t *provenance, const model_t *other, const char *says)
{
    store_t *store;

    cr_expect_eq(store_create(path, STORE_RESUME, other, provenance, &store), POPGX_E_INPUT, "%s", says);
    cr_expect_not_null(strstr(popgx_err_detail(), says), "'%s' does not say '%s'", popgx_err_detail(), says);
    cr_expect_eq(access(manifest, F_OK), 0, "what is there stays");
}

Test(store_resume, another_run_is_refused_and_what_differs_is_told)
{
    static const store_source_t sources[2] = {{"small.yaml", "popgx: 1\n", 9}, {"prices.csv", "a,b\n", 4}},
                                changed[2] = {{"small.yaml", "popgx: 1\n", 9}, {"prices.csv", "a,c\n", 4}},
                                edited[2] = {{"small.yaml", "popgx: 1 \n", 10}, {"prices.csv", "a,b\n", 4}};
    store_run_t provenance = stored_provenance(1), other;
    model_t dearer = small_model();

    dearer.reals[0] += 1;
    provenance.sources = sources;
    provenance.n_sources = 2;
    cr_assert_eq(run_some(STORE_NEW, &provenance, 2), POPGX_E_STOPPED);
    other = provenance;
    other.seed = 8;
    expect_refusal(&other, &model, "it has --seed 7, and this run --seed 8");
    other = provenance;
    other.patients = 1501;
    expect_refusal(&other, &model, "it has --patients 1500, and this run --patients 1501");
    other = provenance;
    other.sample = 0.5;
    expect_refusal(&other, &model, "another --trajectories");
    other = provenance;
    other.sources = changed;
    expect_refusal(&other, &model, "the table prices.csv is not what it was");
    other.sources = edited;
    expect_refusal(&other, &dearer, "the model small.yaml is not what it was");
    expect_refusal(&provenance, &dearer, "give the same --people, --by and --report");
    cr_assert_eq(run_some(STORE_RESUME, &provenance, 1000), POPGX_OK, "%s", popgx_err_detail());
    model_release(&dearer);
}

Test(store_resume, a_complete_run_is_left_as_it_is)
{
    store_run_t provenance = stored_provenance(1);
    store_t *store;

    cr_assert_eq(stored_run(&model, path, false, 1), POPGX_OK);
    cr_assert_eq(store_create(path, STORE_RESUME, &model, &provenance, &store), POPGX_OK, "%s", popgx_err_detail());
    cr_assert(store_state(store).is_complete);
    store_free(store, false);
    provenance.seed = 8;
    cr_assert_eq(store_create(path, STORE_RESUME, &model, &provenance, &store), POPGX_E_INPUT);
    cr_assert_not_null(strstr(popgx_err_detail(), "--seed"), "%s", popgx_err_detail());
}

Test(store_resume, what_is_done_can_be_described)
{
    store_run_t provenance = stored_provenance(1);
    char *text;

    cr_assert_eq(run_some(STORE_NEW, &provenance, 3), POPGX_E_STOPPED);
    cr_assert_eq(store_describe(path, &text), POPGX_OK, "%s", popgx_err_detail());
    json_t *json = json_loads(text, 0, NULL), *run = json_object_get(json, "run");
    cr_assert_eq(json_integer_value(json_object_get(run, "patients_done")), 3 * 61);
    json_t *missing = json_array_get(json_object_get(json, "missing"), 0);
    cr_assert_eq(json_integer_value(json_object_get(missing, "first_patient")), 3 * 61);
    cr_assert_eq(json_integer_value(json_object_get(missing, "patients")), STORED_PEOPLE - 3 * 61);
    json_decref(json);
    free(text);
}

/* ---- files of a complete run ---- */

static void shard_path(char *out, size_t size, int i)
{
    stored_t *stored;

    cr_assert_eq(stored_open(path, &stored), POPGX_OK, "%s", popgx_err_detail());
    snprintf(out, size, "%s", stored_shard_path(stored, (size_t)i));
    stored_close(stored);
}

static void expect_broken(const char *shard, const char *says)
{
    stored_t *stored;

    cr_expect_eq(stored_open(path, &stored), POPGX_E_IO, "%s", says);
    cr_expect_not_null(strstr(popgx_err_detail(), shard), "%s", popgx_err_detail());
    cr_expect_not_null(strstr(popgx_err_detail(), says), "'%s' does not say '%s'", popgx_err_detail(), says);
}

static void copy(const char *from, const char *to)
{
    char command[512];
    snprintf(command, sizeof command, "cp %s %s", from, to);
    cr_assert_eq(system(command), 0);
}

Test(store_resume, a_shard_that_is_missing_truncated_or_exchanged_is_named)
{
    store_run_t provenance = stored_provenance(1);
    char first[256], second[256], foreign[256], kept[300];

    provenance.shards = 3;
    cr_assert_eq(stored_run_as(&model, path, STORE_NEW, &provenance), POPGX_OK, "%s", popgx_err_detail());
    shard_path(first, sizeof first, 0);
    shard_path(second, sizeof second, 1);
    snprintf(kept, sizeof kept, "%s.kept", second);
    copy(second, kept);
    copy(first, second);
    expect_broken(second, "holds other blocks");
    cr_assert_eq(truncate(second, 5000), 0);
    expect_broken(second, "is truncated");
    cr_assert_eq(unlink(second), 0);
    expect_broken(second, "No such file");

    strcpy(foreign, path); /* the same blocks of another run */
    strcpy(path, whole);
    cr_assert_eq(stored_run_as(&model, path, STORE_NEW, &provenance), POPGX_OK, "%s", popgx_err_detail());
    shard_path(first, sizeof first, 1);
    strcpy(path, foreign);
    copy(first, second);
    expect_broken(second, "belongs to another run");
    copy(kept, second);
    shard_path(first, sizeof first, 1);
}

static void ignore(void *context, const char *line)
{
    int *n = context;
    if (strstr(line, "broken:") && strstr(line, "block 12 (patients 732 to 792) is damaged")) ++*n;
}

Test(store_resume, a_block_that_changed_is_named)
{
    stored_t *stored;
    stored_reader_t *reader;
    stored_block_t block;
    int n_named = 0;
    unsigned char stream[64];
    journal_record_t record;

    cr_assert_eq(stored_run(&model, path, false, 1), POPGX_OK);
    cr_assert_eq(stored_open(path, &stored), POPGX_OK);
    cr_assert_eq(stored_reader_new(stored, &reader), POPGX_OK);
    cr_assert_eq(stored_read_streams(reader, 12, &record), POPGX_OK);
    size_t last = 0;
    for (uint32_t i = 0; i + 2 < record.n_streams; i++) last += record.stream_bytes[i]; /* the last but one: minutes */
    memcpy(stream, record.streams + last, sizeof stream);
    stored_reader_free(reader);
    stored_close(stored);

    static unsigned char bytes[4 << 20];
    FILE *file = fopen(path, "r+b");
    size_t n = fread(bytes, 1, sizeof bytes, file);
    unsigned char *at = memmem(bytes, n, stream, sizeof stream);
    cr_assert_not_null(at);
    fseek(file, at - bytes + 20, SEEK_SET);
    fputc(at[20] ^ 1, file);
    fclose(file);

    cr_assert_eq(stored_open(path, &stored), POPGX_E_IO, "a file of this size is read as a whole");
    cr_assert_eq(stored_open_damaged(path, &stored), POPGX_OK, "%s", popgx_err_detail());
    cr_assert_eq(stored_reader_new(stored, &reader), POPGX_OK);
    cr_assert_eq(stored_read(reader, 11, NULL, &block), POPGX_OK);
    cr_assert_eq(block.first_patient, 11 * 61);
    cr_assert_eq(stored_read(reader, 12, NULL, &block), POPGX_E_IO);
    cr_assert_not_null(strstr(popgx_err_detail(), "block 12"), "%s", popgx_err_detail());
    stored_reader_free(reader);
    stored_close(stored);
    cr_assert_eq(store_verify(path, ignore, &n_named), POPGX_E_IO);
    cr_assert_eq(n_named, 1);
}
