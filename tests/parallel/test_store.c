/* What several ranks store is what the engine gives for the same people, in the order of patients. */
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parallel/check.h"
#include "support/stored_run.h"

typedef struct {
    size_t n;
    uint32_t count[STORED_PEOPLE];
    uint8_t died[STORED_PEOPLE];
    int32_t *minute;
    uint16_t *moment;
} events_t;

static void events_take(events_t *events, size_t n)
{
    *events = (events_t){.n = n, .minute = calloc(n, sizeof *events->minute), .moment = calloc(n, sizeof *events->moment)};
    CHECK(n > 0 && events->minute && events->moment);
}

static void events_release(events_t *events)
{
    free(events->minute);
    free(events->moment);
}

/* One person after the other, from a block of everybody; without the treatment that everybody of a strategy has at entry. */
static void expect_events(const model_t *model, int32_t strategy, events_t *events)
{
    cohort_t *cohort;
    engine_t *engine;
    trajectory_t t;
    uint64_t n_fired = 0;
    size_t at = 0;

    CHECK_OK(cohort_new(model, STORED_PEOPLE, &cohort));
    CHECK_OK(engine_new(model, STORED_PEOPLE, &engine));
    trajectory_init(&t);
    cohort_view_t people = cohort_fill(cohort, rng_run_key(7, 0), 0, STORED_PEOPLE);
    engine_start(engine, &people);
    CHECK_OK(engine_run(engine, strategy, &t, &n_fired));
    events_take(events, t.n_records);
    for (int32_t i = 0; i < STORED_PEOPLE; i++) {
        size_t k = 0;
        events->died[i] = t.end[i] < model->settings.horizon;
        for (size_t r = 0; r < t.n_runs; r++) {
            for (int32_t j = 0; j < t.runs[r].count; j++, k++) {
                if (t.person[k] != i || t.runs[r].moment == TREATMENT) continue;
                events->minute[at] = t.minute[k];
                events->moment[at++] = (uint16_t)t.runs[r].moment;
                events->count[i]++;
            }
        }
    }
    events->n = at;
    trajectory_release(&t);
    engine_free(engine);
    cohort_free(cohort);
}

/* All rows of a column as int32, padding included; the caller frees them. */
static int32_t *read_column(hid_t file, const char *group, const char *name, size_t *n)
{
    char path[128];
    hsize_t rows;

    snprintf(path, sizeof path, "/trajectories/%s/%s", group, name);
    hid_t dataset = H5Dopen2(file, path, H5P_DEFAULT), space = H5Dget_space(dataset);
    CHECK(H5Sget_simple_extent_dims(space, &rows, NULL) == 1);
    int32_t *values = calloc(rows + 1, sizeof *values);
    CHECK(values && H5Dread(dataset, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Sclose(space);
    H5Dclose(dataset);
    *n = rows;
    return values;
}

static void check_strategy(const model_t *model, hid_t file, int32_t strategy, const char *group)
{
    events_t expected;
    size_t n, n_people, at = 0;

    expect_events(model, strategy, &expected);
    int32_t *count = read_column(file, group, "count", &n_people), *died = read_column(file, group, "died", &n);
    CHECK(n_people == STORED_PEOPLE && n == STORED_PEOPLE);
    for (size_t i = 0; i < n; i++) CHECK(count[i] == (int32_t)expected.count[i] && died[i] == expected.died[i]);
    int32_t *minute = read_column(file, group, "minute", &n), *moment = read_column(file, group, "moment", &n);
    for (size_t i = 0; i < n; i++) {
        if (minute[i] < 0) continue; /* padding */
        CHECK(at < expected.n && minute[i] == expected.minute[at] && moment[i] == expected.moment[at]);
        at++;
    }
    CHECK(at == expected.n);
    events_release(&expected);
    free(count);
    free(died);
    free(minute);
    free(moment);
}

/* A folder whose name all ranks know. */
static char *shared_folder(void)
{
    unsigned char *bytes = NULL;
    size_t n = 0;

    if (cluster_rank() == 0) {
        char *name = strdup("/tmp/popgx-test-XXXXXX");
        CHECK(name && mkdtemp(name));
        bytes = (unsigned char *)name;
        n = strlen(name) + 1;
    }
    CHECK_OK(cluster_broadcast(&bytes, &n));
    return (char *)bytes;
}

int main(int argc, char **argv)
{
    CHECK_OK(cluster_open(&argc, &argv));
    model_t model = small_model();
    char *folder = shared_folder(), path[128];

    snprintf(path, sizeof path, "%s/run.h5", folder);
    CHECK_OK(stored_run(&model, path, false, 1));
    CHECK(stored_run(&model, path, false, 1) == POPGX_E_EXISTS); /* on every rank, whoever looked */
    CHECK_OK(stored_run(&model, path, true, 1));
    CHECK_OK(cluster_agree(POPGX_OK));
    if (cluster_rank() == 0) {
        hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
        CHECK(file >= 0);
        check_strategy(&model, file, 0, "watchful waiting");
        check_strategy(&model, file, 1, "treat at once %2F naïve, 1 %25");
        H5Fclose(file);
        CHECK(unlink(path) == 0);
        CHECK(rmdir(folder) == 0); /* nothing else is left */
    }
    free(folder);
    model_release(&model);
    cluster_close();
    return 0;
}
