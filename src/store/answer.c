/* Reads back what layout_model.c, layout_results.c and layout_psa.c wrote. Sizes come from the model, and what has others is refused. */
#include "store/answer.h"

#include <stdlib.h>
#include <string.h>

#include "store/h5.h"

/* ---- pieces ---- */

/* A dataset of `n` rows of `type`; its type must be of the same size. */
static popgx_err_t read_dataset(hid_t file, const char *path, const char *name, hid_t type, size_t n, void *rows)
{
    popgx_err_t err = POPGX_OK;
    hid_t set = H5I_INVALID_HID, space = H5I_INVALID_HID;

    TRY_H5(set = H5Dopen2(file, name, H5P_DEFAULT), path, "opening a table");
    TRY_H5(space = H5Dget_space(set), path, "opening a table");
    if (H5Sget_simple_extent_npoints(space) != (hssize_t)n)
        TRY(FAIL(INPUT, "%s: %s has %lld rows instead of %zu", path, name, (long long)H5Sget_simple_extent_npoints(space), n));
    TRY_H5(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows), path, "reading a table");
out:
    if (space >= 0) H5Sclose(space);
    if (set >= 0) H5Dclose(set);
    return err;
}

static popgx_err_t count_rows(hid_t file, const char *path, const char *name, size_t *n)
{
    popgx_err_t err = POPGX_OK;
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT), space = set >= 0 ? H5Dget_space(set) : H5I_INVALID_HID;

    if (space < 0) TRY(FAIL(INPUT, "%s: has no %s: simulate it again with this version of popgx", path, name));
    *n = (size_t)H5Sget_simple_extent_npoints(space);
out:
    if (space >= 0) H5Sclose(space);
    if (set >= 0) H5Dclose(set);
    return err;
}

static popgx_err_t read_model(hid_t file, const char *path, model_t *model)
{
    unsigned char *bytes = NULL;
    size_t n = 0;
    popgx_err_t err;

    TRY(count_rows(file, path, "/model/packed", &n));
    bytes = malloc(n + 1);
    if (!bytes) TRY(FAIL(NOMEM, "%s: out of memory", path));
    TRY(read_dataset(file, path, "/model/packed", H5T_NATIVE_UINT8, n, bytes));
    TRY(model_unpack(bytes, n, model));
out:
    free(bytes);
    return err;
}

typedef struct {
    int64_t high;
    uint64_t low;
} halves_t;

static popgx_err_t read_sums(hid_t file, const char *path, tally_t *tally)
{
    const size_t n = (size_t)tally->layout.n_sums;
    halves_t *halves = calloc(n + 1, sizeof *halves);
    hid_t type = H5I_INVALID_HID;
    popgx_err_t err = POPGX_OK;

    if (!halves) TRY(FAIL(NOMEM, "%s: out of memory", path));
    TRY_H5(type = H5Tcreate(H5T_COMPOUND, sizeof(halves_t)), path, "describing sums");
    TRY_H5(H5Tinsert(type, "sum_high", HOFFSET(halves_t, high), H5T_NATIVE_INT64), path, "describing sums");
    TRY_H5(H5Tinsert(type, "sum_low", HOFFSET(halves_t, low), H5T_NATIVE_UINT64), path, "describing sums");
    TRY(read_dataset(file, path, "/results/sums", type, n, halves));
    for (size_t i = 0; i < n; i++) tally->sums[i] = (exact_sum_t)halves[i].high * ((exact_sum_t)1 << 64) + (exact_sum_t)halves[i].low;
out:
    if (type >= 0) H5Tclose(type);
    free(halves);
    return err;
}

/* ---- draws ---- */

static popgx_err_t read_count(hid_t file, const char *path, const char *group, const char *name, uint64_t *out)
{
    popgx_err_t err = POPGX_OK;
    hid_t attribute = H5Aopen_by_name(file, group, name, H5P_DEFAULT, H5P_DEFAULT);

    if (attribute < 0) TRY(FAIL(INPUT, "%s: %s has no attribute %s", path, group, name));
    TRY_H5(H5Aread(attribute, H5T_NATIVE_UINT64, out), path, "reading an attribute");
out:
    if (attribute >= 0) H5Aclose(attribute);
    return err;
}

/* Copies of the texts of an attribute; *n is how many, which every list agrees on. */
static popgx_err_t read_texts(hid_t file, const char *path, const char *name, char ***out, size_t *n)
{
    popgx_err_t err = POPGX_OK;
    hid_t attribute = H5Aopen_by_name(file, "/psa/parameters", name, H5P_DEFAULT, H5P_DEFAULT), type = H5I_INVALID_HID, space = H5I_INVALID_HID;
    char **texts = NULL;

    if (attribute < 0) TRY(FAIL(INPUT, "%s: /psa/parameters has no attribute %s", path, name));
    TRY_H5(type = H5Aget_type(attribute), path, "reading names");
    TRY_H5(space = H5Aget_space(attribute), path, "reading names");
    *n = (size_t)H5Sget_simple_extent_npoints(space);
    texts = calloc(*n + 1, sizeof *texts);
    *out = calloc(*n + 1, sizeof **out);
    if (!texts || !*out) TRY(FAIL(NOMEM, "%s: out of memory", path));
    TRY_H5(H5Aread(attribute, type, texts), path, "reading names");
    for (size_t i = 0; i < *n; i++) {
        (*out)[i] = texts[i] ? strdup(texts[i]) : calloc(1, 1);
        if (!(*out)[i]) err = FAIL(NOMEM, "%s: out of memory", path);
        H5free_memory(texts[i]);
    }
out:
    free(texts);
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    if (attribute >= 0) H5Aclose(attribute);
    return err;
}

static popgx_err_t read_rows(hid_t file, const char *path, const char *name, const hsize_t *shape, unsigned rank, uint64_t n, double *rows)
{
    popgx_err_t err = POPGX_OK;
    hid_t type = H5I_INVALID_HID;

    TRY_H5(type = H5Tarray_create2(H5T_NATIVE_DOUBLE, rank, shape), path, "describing an array");
    TRY(read_dataset(file, path, name, type, (size_t)n, rows));
out:
    if (type >= 0) H5Tclose(type);
    return err;
}

static popgx_err_t read_psa(hid_t file, const char *path, answer_t *answer)
{
    uint64_t n = 0, patients = 0;
    size_t n_names = 0, n_units = 0;
    popgx_err_t err;

    TRY(read_count(file, path, "/psa", "draws", &n));
    TRY(read_count(file, path, "/psa", "patients", &patients));
    TRY(read_texts(file, path, "names", &answer->names, &n_names));
    answer->psa.n_parameters = n_names;                 /* so that a failure from here on frees them */
    TRY(read_texts(file, path, "units", &answer->units, &n_units));
    if (n_units != n_names) TRY(FAIL(INPUT, "%s: /psa/parameters has %zu names and %zu units", path, n_names, n_units));
    TRY(psa_init(&answer->psa, &answer->model, n, patients, n_names));
    psa_t *psa = &answer->psa;
    const hsize_t s = (hsize_t)psa->n_strategies, o = (hsize_t)psa->n_outcomes, c = (hsize_t)psa->n_cells;
    TRY(read_rows(file, path, "/psa/parameters", (hsize_t[]){(hsize_t)n_names}, 1, n, psa->parameters));
    TRY(read_rows(file, path, "/psa/outcomes", (hsize_t[]){s, o}, 2, n, psa->mean));
    TRY(read_rows(file, path, "/psa/noise", (hsize_t[]){s, s, o}, 3, n, psa->noise));
    TRY(read_rows(file, path, "/psa/cost_qaly_noise", (hsize_t[]){s, s}, 2, n, psa->cross));
    if (c > 0) TRY(read_rows(file, path, "/psa/cells", (hsize_t[]){s, c}, 2, n, psa->cell));
out:
    return err;
}

/* ---- the whole ---- */

popgx_err_t answer_read(const char *path, answer_t *out)
{
    hid_t file = H5I_INVALID_HID;
    popgx_err_t err = POPGX_OK;

    *out = (answer_t){0};
    h5_start();
    if (H5Fis_hdf5(path) <= 0) TRY(FAIL(INPUT, "%s: is not the output of a run", path));
    TRY_H5(file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), path, "opening");
    TRY(read_model(file, path, &out->model));
    TRY(tally_init(&out->tally, &out->model, 1));
    TRY(read_sums(file, path, &out->tally));
    if (H5Lexists(file, "/psa", H5P_DEFAULT) > 0) TRY(read_psa(file, path, out));
out:
    if (file >= 0) H5Fclose(file);
    return err;
}

static void free_texts(char **texts, size_t n)
{
    for (size_t i = 0; texts && i < n; i++) free(texts[i]);
    free(texts);
}

void answer_release(answer_t *answer)
{
    free_texts(answer->names, answer->psa.n_parameters);
    free_texts(answer->units, answer->psa.n_parameters);
    psa_release(&answer->psa);
    tally_release(&answer->tally);
    model_release(&answer->model);
    *answer = (answer_t){0};
}
