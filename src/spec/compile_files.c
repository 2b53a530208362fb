/*
 * The files of a model: each is read once, kept as a source of the report (so that a run can store what it was made
 * from), and parsed once. Tables lie relative to the file that names them or in the data folder; an absolute name is taken as it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "core/file.h"
#include "spec/compile.h"

#define LARGEST_FILE ((size_t)256 << 20)

/* One file that was read; the list is newest first. */
typedef struct tables {
    struct tables *next;
    const char *path;
    const char *object;         /* within the file, or NULL */
    csv_table_t csv;
    bool is_wrong;              /* its mistakes were reported when it was read */
} tables_t;

static spec_table_reader_t read_hdf5;

void spec_read_hdf5_with(spec_table_reader_t reader) { read_hdf5 = reader; }

const char *spec_data_folder(void)
{
    const char *folder = getenv("POPGX_DATA");

    if (folder && *folder) return folder;
    return access(POPGX_SOURCE_DATA, R_OK) == 0 ? POPGX_SOURCE_DATA : POPGX_INSTALLED_DATA; /* the build's own tree first: it has the newer tables */
}

void spec_report_release(spec_report_t *report)
{
    for (size_t i = 0; i < report->n_sources; i++) {
        free(report->sources[i].path);
        free(report->sources[i].bytes);
    }
    for (size_t i = 0; i < report->n_uncertain; i++) {
        free(report->uncertain[i].name);
        free(report->uncertain[i].unit);
    }
    free(report->sources);
    free(report->uncertain);
    for (size_t i = 0; i < report->n_parameters; i++) {
        free(report->parameters[i].name);
        free(report->parameters[i].unit);
    }
    free(report->parameters);
    free(report->summary);
    *report = (spec_report_t){0};
}

static char *copy_of(const char *text) { return strcpy(memory_resize(NULL, strlen(text) + 1, 1), text); }

void compile_add_uncertain(spec_report_t *report, const char *name, const char *unit, double number)
{
    report->uncertain = memory_resize(report->uncertain, report->n_uncertain + 1, sizeof *report->uncertain);
    report->uncertain[report->n_uncertain++] = (spec_uncertain_t){.name = copy_of(name), .unit = copy_of(unit), .number = number};
}

void compile_add_parameter(spec_report_t *report, const char *name, const char *unit, double number, double low, double high)
{
    report->parameters = memory_resize(report->parameters, report->n_parameters + 1, sizeof *report->parameters);
    report->parameters[report->n_parameters++] = (spec_parameter_t){copy_of(name), copy_of(unit), number, low, high};
}

void compile_add_source(spec_report_t *report, const char *path, char *bytes, size_t n_bytes)
{
    report->sources = memory_resize(report->sources, report->n_sources + 1, sizeof *report->sources);
    report->sources[report->n_sources++] = (spec_source_t){.path = copy_of(path), .bytes = bytes, .n_bytes = n_bytes};
}

void compile_withhold(spec_report_t *report, const char *name)
{
    static const char note[] = "The people of an imported cohort are not kept with a run. XXH3-128 of the file: ";

    for (size_t i = 0; i < report->n_sources; i++) {
        spec_source_t *source = &report->sources[i];
        if (source->is_withheld || strcmp(source->path, name) != 0) continue;
        const XXH128_hash_t hash = XXH3_128bits(source->bytes, source->n_bytes);
        free(source->bytes);
        source->bytes = memory_resize(NULL, sizeof note + 33, 1);
        source->n_bytes = (size_t)snprintf(source->bytes, sizeof note + 33, "%s%016llx%016llx\n", note, (unsigned long long)hash.high64,
                                           (unsigned long long)hash.low64);
        source->is_withheld = true;
    }
}

popgx_err_t compile_read_plain(const char *path, size_t most, char **bytes, size_t *n_bytes)
{
    struct stat status;

    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) return FAIL(IO, "%s: not a plain file", path);
    return file_read(path, most, bytes, n_bytes);
}

static bool is_hdf5(const char *bytes, size_t n_bytes) { return n_bytes >= 8 && memcmp(bytes, "\x89HDF\r\n\x1a\n", 8) == 0; }

/* True after reporting what is wrong. */
static bool parse_table(compiler_t *c, const char *path, const char *object, const char *bytes, size_t n_bytes, place_t place, csv_table_t *out)
{
    if (is_hdf5(bytes, n_bytes) && read_hdf5) return read_hdf5(path, object, bytes, n_bytes, c->diag, out) != POPGX_OK;
    if (!is_hdf5(bytes, n_bytes) && !object) return csv_parse(path, bytes, n_bytes, c->diag, out) != POPGX_OK;
    diag_error(c->diag, place, object ? "leave `object` out: a CSV file holds one table" : "save it as CSV", object ? "%s is not an HDF5 file" : "%s is an HDF5 file", path);
    return true;
}

/* The table at `path`, which the model calls `name`. */
static const csv_table_t *table_at(compiler_t *c, const char *path, const char *object, const char *name, place_t place, const char *right)
{
    char *bytes = NULL;
    size_t n_bytes = 0;

    for (const tables_t *t = c->tables; t; t = t->next)
        if (strcmp(t->path, path) == 0 && (object && t->object ? !strcmp(object, t->object) : object == t->object)) return t->is_wrong ? NULL : &t->csv;
    if (!*name || compile_read_plain(path, LARGEST_FILE, &bytes, &n_bytes) != POPGX_OK) {
        diag_error(c->diag, place, right, *name ? "cannot read the table (%s)" : "the name of a table is missing", popgx_err_detail());
        return NULL;
    }
    compile_add_source(c->report, name, bytes, n_bytes);
    tables_t *table = arena_take(c->arena, 1, sizeof *table);
    *table = (tables_t){.next = c->tables, .path = path, .object = object};
    c->tables = table;
    table->is_wrong = parse_table(c, path, object, bytes, n_bytes, place, &table->csv);
    return table->is_wrong ? NULL : &table->csv;
}

const char *compile_path_beside(compiler_t *c, const char *name, place_t place)
{
    const char *from = place.file ? place.file : c->path, *slash = strrchr(from, '/');
    int folder = slash && *name != '/' ? (int)(slash + 1 - from) : 0;

    return diag_format(c->diag, "%.*s%s", folder, from, name);
}

const csv_table_t *compile_table_file(compiler_t *c, const char *name, place_t place)
{
    return compile_table_object(c, name, NULL, place);
}

const csv_table_t *compile_table_object(compiler_t *c, const char *name, const char *object, place_t place)
{
    return table_at(c, compile_path_beside(c, name, place), object, name, place, "tables are named relative to the file that names them");
}

const csv_table_t *compile_data_file(compiler_t *c, const char *name, place_t place)
{
    return table_at(c, diag_format(c->diag, "%s/%s", spec_data_folder(), name), NULL, name, place, "set POPGX_DATA to the folder of popgx's tables");
}

void compile_release_files(compiler_t *c)
{
    for (; c->tables != c->shared_tables; c->tables = c->tables->next)
        if (!c->tables->is_wrong) csv_release(&c->tables->csv);
}
