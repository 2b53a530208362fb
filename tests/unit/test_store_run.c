/* Outputs of runs: complete or not there, and readable by others from the documentation alone. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/stored_run.h"

static model_t model;
static char folder[64], path[96], beside[128];

static void set_up(void)
{
    model = small_model();
    strcpy(folder, "/tmp/popgx-test-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/run.h5", folder);
    snprintf(beside, sizeof beside, "%s.d", path);
}

/* rmdir fails if anything but the output was left behind. */
static void tear_down(void)
{
    model_release(&model);
    unlink(path);
    cr_assert_eq(rmdir(folder), 0, "something is left in %s", folder);
}

TestSuite(store, .init = set_up, .fini = tear_down);

static bool is_there(const char *name) { return access(name, F_OK) == 0; }

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

/* A reader that was written from docs/file-format.md; it derives the results again from people and trajectories. */
static void read_by_others(double sample)
{
    char command[512];

    if (system("/usr/bin/python3 -c 'import h5py, numpy' 2> /dev/null") != 0) cr_skip_test("python3-h5py is not installed");
    snprintf(command, sizeof command, "/usr/bin/python3 %s/tests/support/read_store.py %s %d %g", POPGX_SOURCE_ROOT, path,
             STORED_PEOPLE, sample);
    cr_assert_eq(system(command), 0);
}

Test(store, a_stored_run_gives_its_results_again)
{
    cr_assert_eq(stored_run(&model, path, false, 1), POPGX_OK, "%s", popgx_err_detail());
    cr_assert(!is_there(beside), "nothing but the output is left");
    read_by_others(1);
}

Test(store, a_run_of_several_files_reads_the_same)
{
    store_run_t provenance = stored_provenance(1);
    char command[256];

    provenance.shards = 4;
    cr_assert_eq(stored_run_as(&model, path, STORE_NEW, &provenance), POPGX_OK, "%s", popgx_err_detail());
    read_by_others(1);
    snprintf(command, sizeof command, "rm -r %s", beside);
    cr_assert_eq(system(command), 0);
}

Test(store, a_sample_is_stored)
{
    cr_assert_eq(stored_run(&model, path, false, 0.25), POPGX_OK, "%s", popgx_err_detail());
    read_by_others(0.25);
}

Test(store, nobody_is_stored_if_the_sample_is_0)
{
    cr_assert_eq(stored_run(&model, path, false, 0), POPGX_OK, "%s", popgx_err_detail());
    read_by_others(0);
}

Test(store, a_sample_so_small_that_blocks_are_empty_is_stored)
{
    cr_assert_eq(stored_run(&model, path, false, 0.005), POPGX_OK, "%s", popgx_err_detail());
    read_by_others(0.005);
}

Test(store, an_output_that_exists_is_replaced_only_by_force)
{
    struct stat before, after;

    write_text(path, "somebody's work");
    cr_assert_eq(stored_run(&model, path, false, 1), POPGX_E_EXISTS);
    cr_assert_not_null(strstr(popgx_err_detail(), "run.h5: exists already"), "%s", popgx_err_detail());
    cr_assert_eq(stat(path, &before), 0);
    cr_assert_eq(before.st_size, 15);
    cr_assert_eq(stored_run(&model, path, true, 1), POPGX_OK);
    cr_assert_eq(stat(path, &after), 0);
    cr_assert_gt(after.st_size, 1000);
}

Test(store, a_second_run_on_the_same_output_is_refused)
{
    store_run_t provenance = stored_provenance(1);
    store_t *first, *second;

    cr_assert_eq(store_create(path, STORE_NEW, &model, &provenance, &first), POPGX_OK);
    cr_assert_eq(store_create(path, STORE_REPLACE, &model, &provenance, &second), POPGX_E_EXISTS);
    cr_assert_not_null(strstr(popgx_err_detail(), "another run is writing it"), "%s", popgx_err_detail());
    store_free(first, false);
    cr_assert_eq(stored_run(&model, path, false, 1), POPGX_OK);
}

Test(store, what_a_killed_run_left_is_taken_over)
{
    char stale[256];

    cr_assert_eq(mkdir(beside, 0777), 0);
    snprintf(stale, sizeof stale, "%s/lock", beside);
    write_text(stale, "");
    snprintf(stale, sizeof stale, "%s/rank-0001-00000.journal", beside);
    write_text(stale, "half a record");
    snprintf(stale, sizeof stale, "%s/partial.h5", beside);
    write_text(stale, "half a file");
    cr_assert_eq(stored_run(&model, path, false, 1), POPGX_OK, "%s", popgx_err_detail());
    cr_assert(!is_there(beside));
}

Test(store, a_run_that_is_given_up_leaves_nothing)
{
    store_run_t provenance = stored_provenance(1);
    store_t *store;

    cr_assert_eq(store_create(path, STORE_NEW, &model, &provenance, &store), POPGX_OK);
    cr_assert(is_there(beside));
    store_free(store, false);
    cr_assert(!is_there(beside));
    cr_assert(!is_there(path));
}

static void expect_no_output(const char *where, bool force, const char *reason)
{
    store_run_t provenance = stored_provenance(1);
    store_t *store;

    cr_expect_eq(store_create(where, force ? STORE_REPLACE : STORE_NEW, &model, &provenance, &store), POPGX_E_INPUT, "%s", where);
    cr_expect_not_null(strstr(popgx_err_detail(), reason), "%s", popgx_err_detail());
}

Test(store, a_place_that_cannot_be_written_is_found_before_the_run)
{
    char nowhere[256];

    snprintf(nowhere, sizeof nowhere, "%s/missing/run.h5", folder);
    expect_no_output(nowhere, false, "there is no folder");
    expect_no_output(folder, true, "is a folder");
    snprintf(nowhere, sizeof nowhere, "%s/", folder);
    expect_no_output(nowhere, true, "names no file");
    expect_no_output("", true, "names no file");
}

/* As root, `-o /dev/null --force` would otherwise remove the device. */
Test(store, what_is_no_plain_file_is_never_replaced)
{
    char link[128];

    snprintf(link, sizeof link, "%s/link.h5", folder);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_eq(symlink(path, link), 0);
    expect_no_output(path, true, "is not a plain file");
    expect_no_output(link, true, "is not a plain file");
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(stored_run(&model, link, true, 1), POPGX_OK, "%s", popgx_err_detail()); /* a link to nothing is a name like any other */
    cr_assert_eq(unlink(link), 0);
}

Test(store, a_run_describes_itself)
{
    char *text;

    cr_assert_eq(stored_run(&model, path, false, 1), POPGX_OK);
    cr_assert_eq(store_describe(path, &text), POPGX_OK, "%s", popgx_err_detail());
    json_t *json = json_loads(text, 0, NULL), *run = json_object_get(json, "run");
    cr_assert_str_eq(json_string_value(json_object_get(run, "model_title")), "A small run");
    cr_assert_eq(json_integer_value(json_object_get(run, "patients")), STORED_PEOPLE);
    json_t *outcomes = json_object_get(json_object_get(json, "results"), "outcomes");
    cr_assert_eq(json_array_size(outcomes), 2 * SMALL_OUTCOMES);
    cr_assert_gt(json_real_value(json_object_get(json_array_get(outcomes, 0), "mean")), 0);
    cr_assert_gt(json_array_size(json_object_get(json, "datasets")), 20);
    json_decref(json);
    free(text);
}

Test(store, what_is_no_run_is_refused_with_its_name)
{
    char *text;

    write_text(path, "popgx: 1\n");
    cr_assert_eq(store_describe(path, &text), POPGX_E_INPUT);
    cr_assert_not_null(strstr(popgx_err_detail(), "run.h5"), "%s", popgx_err_detail());
}

/* A file system of `kilobytes` that nobody else sees, or a new size for it. False if this process may not make one. */
static bool mount_small_disk(int kilobytes, bool again)
{
    static bool is_alone;
    char options[32];

    if (!is_alone && (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)) return false;
    is_alone = true;
    snprintf(options, sizeof options, "size=%dk", kilobytes);
    return mount("none", folder, "tmpfs", again ? MS_REMOUNT : 0, options) == 0;
}

static void expect_checksum(const char *expected)
{
    char *text;

    cr_assert_eq(store_describe(path, &text), POPGX_OK, "%s", popgx_err_detail());
    cr_assert_not_null(strstr(text, expected), "the checksum is not %s", expected);
    free(text);
}

static void checksum_of_run(char text[33])
{
    char *description;

    cr_assert_eq(stored_run(&model, path, false, 1), POPGX_OK, "%s", popgx_err_detail());
    cr_assert_eq(store_describe(path, &description), POPGX_OK);
    json_t *json = json_loads(description, 0, NULL);
    strcpy(text, json_string_value(json_object_get(json_object_get(json, "run"), "checksum")));
    json_decref(json);
    free(description);
    cr_assert_eq(unlink(path), 0);
}

/* From a disk that has no room for the first block to one that has room for everything: the run fails and says why, or the
 * output is complete; nothing in between. Once there is room, a failed run goes on to the same results. */
Test(store, a_full_disk_is_an_error_after_which_the_run_can_be_resumed)
{
    int full = 0, complete = 0;
    store_run_t provenance = stored_provenance(1);
    char checksum[33];

    checksum_of_run(checksum);
    provenance.is_space_ignored = true;
    for (int kilobytes = 8; complete < 3 && kilobytes < 4096; kilobytes += kilobytes < 300 ? 12 : 100) {
        if (!mount_small_disk(kilobytes, false)) cr_skip_test("mounting a small disk needs root");
        if (stored_run_as(&model, path, STORE_NEW, &provenance) == POPGX_OK) {
            complete++;
        } else {
            cr_assert_not_null(strstr(popgx_err_detail(), "No space left on device"), "%d kB: %s", kilobytes, popgx_err_detail());
            cr_assert(!is_there(path), "%d kB", kilobytes);
            cr_assert(mount_small_disk(64 << 10, true));
            cr_assert_eq(stored_run_as(&model, path, STORE_RESUME, &provenance), POPGX_OK, "%d kB: %s", kilobytes, popgx_err_detail());
            full++;
        }
        expect_checksum(checksum);
        cr_assert(!is_there(beside), "%d kB", kilobytes);
        cr_assert_eq(umount2(folder, MNT_DETACH), 0);
    }
    cr_assert_gt(full, 10);
    cr_assert_eq(complete, 3);
}

Test(store, a_disk_that_is_too_small_is_told_before_the_run)
{
    if (!mount_small_disk(64, false)) cr_skip_test("mounting a small disk needs root");
    cr_assert_eq(stored_run(&model, path, false, 1), POPGX_E_IO);
    cr_assert_not_null(strstr(popgx_err_detail(), "the disk has room for"), "%s", popgx_err_detail());
    cr_assert(!is_there(beside));
    cr_assert_eq(umount2(folder, MNT_DETACH), 0);
}
