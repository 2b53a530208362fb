/* Adds the draws, as layout_psa.c wrote them, to what stored.c reads. Sizes come from the model, and what has others is refused. */
#include "store/answer.h"

#include <stdlib.h>
#include <string.h>

#include "store/h5.h"
#include "store/h5_read.h"
#include "store/stored.h"

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

/* Copies of the texts of an attribute, a NULL behind them; *n is how many, which every list agrees on. */
static popgx_err_t read_texts(hid_t file, const char *path, const char *name, char ***out, size_t *n)
{
    popgx_err_t err = POPGX_OK;
    hid_t attribute = H5Aopen_by_name(file, "/psa/parameters", name, H5P_DEFAULT, H5P_DEFAULT), type = H5I_INVALID_HID, space = H5I_INVALID_HID;
    char **texts = NULL;

    if (attribute >= 0) type = H5Aget_type(attribute);
    if (type < 0 || H5Tis_variable_str(type) <= 0) TRY(FAIL(INPUT, "%s: /psa/parameters has no attribute %s", path, name));
    TRY_H5(space = H5Aget_space(attribute), path, "reading names");
    *n = (size_t)H5Sget_simple_extent_npoints(space);
    texts = calloc(*n + 1, sizeof *texts);
    *out = calloc(*n + 1, sizeof **out);
    if (!texts || !*out) TRY(FAIL(NOMEM, "%s: out of memory", path));
    TRY_H5(H5Aread(attribute, type, texts), path, "reading names");
    for (size_t i = 0; i < *n; i++) {
        (*out)[i] = texts[i] ? strdup(texts[i]) : calloc(1, 1);
        if (!(*out)[i]) TRY(FAIL(NOMEM, "%s: out of memory", path));
    }
out:
    if (texts) H5Dvlen_reclaim(type, space, H5P_DEFAULT, texts);
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

static popgx_err_t read_psa(const h5_reader_t *reader, answer_t *answer)
{
    const hid_t file = reader->id;
    const char *path = reader->path;
    uint64_t n = 0, patients = 0, rows;
    size_t n_names = 0, n_units = 0;
    popgx_err_t err;

    TRY(h5_read_count(reader, "/psa", "draws", &n));
    TRY(h5_read_count(reader, "/psa", "patients", &patients));
    TRY(h5_read_text(reader, "/psa", "design", &answer->design));
    answer->first_draw = 1;
    answer->all_draws = n;
    if (stored_manifest(answer->stored)->plan.parts > 0) {
        TRY(h5_read_count(reader, "/psa", "first_draw", &answer->first_draw));
        TRY(h5_read_count(reader, "/psa", "all_draws", &answer->all_draws));
    }
    TRY(read_texts(file, path, "names", &answer->names, &n_names));
    TRY(read_texts(file, path, "units", &answer->units, &n_units));
    if (n_units != n_names) TRY(FAIL(INPUT, "%s: /psa/parameters has %zu names and %zu units", path, n_names, n_units));
    TRY(h5_read_rows(reader, "/psa/parameters", &rows));
    if (rows != n) TRY(FAIL(INPUT, "%s: /psa/parameters has %llu rows instead of %llu", path, (unsigned long long)rows, (unsigned long long)n));
    TRY(psa_init(&answer->psa, answer->model, n, patients, n_names));
    psa_t *psa = &answer->psa;
    const hsize_t s = (hsize_t)psa->n_strategies, o = (hsize_t)psa->n_outcomes, c = (hsize_t)psa->n_cells;
    TRY(read_rows(file, path, "/psa/parameters", (hsize_t[]){(hsize_t)n_names}, 1, n, psa->parameters));
    TRY(read_rows(file, path, "/psa/outcomes", (hsize_t[]){s, o}, 2, n, psa->mean));
    TRY(read_rows(file, path, "/psa/noise", (hsize_t[]){s, s, o}, 3, n, psa->noise));
    TRY(read_rows(file, path, "/psa/cost_qaly_noise", (hsize_t[]){s, s}, 2, n, psa->cross));
    if (c > 0) TRY(read_rows(file, path, "/psa/cells", (hsize_t[]){s, c}, 2, n, psa->cell));
    if (psa->n_groups == 0) goto out;
    n *= (uint64_t)psa->n_groups;
    TRY(read_rows(file, path, "/psa/subgroups/people", (hsize_t[]){1}, 1, n, psa->group_people));
    TRY(read_rows(file, path, "/psa/subgroups/outcomes", (hsize_t[]){s, o}, 2, n, psa->group_mean));
    TRY(read_rows(file, path, "/psa/subgroups/noise", (hsize_t[]){s, s, o}, 3, n, psa->group_noise));
    TRY(read_rows(file, path, "/psa/subgroups/cost_qaly_noise", (hsize_t[]){s, s}, 2, n, psa->group_cross));
    if (c > 0) TRY(read_rows(file, path, "/psa/subgroups/cells", (hsize_t[]){s, c}, 2, n, psa->group_cell));
out:
    return err;
}

popgx_err_t answer_read(const char *path, answer_t *out)
{
    h5_reader_t file = {.id = H5I_INVALID_HID};
    popgx_err_t err;

    *out = (answer_t){0};
    TRY(stored_open(path, &out->stored));
    out->model = stored_model(out->stored);
    out->seed = stored_manifest(out->stored)->seed;
    TRY(tally_init(&out->tally, out->model, 1));
    TRY(stored_sums(out->stored, &out->tally));
    TRY(h5_open(path, &file));
    if (h5_has(&file, "/psa")) TRY(read_psa(&file, out));
    TRY(h5_intact(&file));
out:
    h5_close(&file);
    return err;
}

static void free_texts(char **texts)
{
    for (char **text = texts; text && *text; text++) free(*text);
    free(texts);
}

void answer_release(answer_t *answer)
{
    free_texts(answer->names);
    free_texts(answer->units);
    free(answer->design);
    psa_release(&answer->psa);
    tally_release(&answer->tally);
    stored_close(answer->stored);
    *answer = (answer_t){0};
}
