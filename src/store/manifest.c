/* The manifest as JSON: small, read by people when something went wrong, replaced as a whole. */
#include "store/manifest.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "core/file.h"
#include "store/disk.h"

#define FORMAT "popgx unfinished run"
enum { VERSION = 2, MOST_BYTES = 64 << 20 };

void manifest_hash_text(XXH128_hash_t hash, char text[33])
{
    snprintf(text, 33, "%016llx%016llx", (unsigned long long)hash.high64, (unsigned long long)hash.low64);
}

void manifest_release(manifest_t *manifest)
{
    free(manifest->version);
    for (size_t i = 0; i < manifest->n_sources; i++) free(manifest->sources[i].path);
    free(manifest->sources);
    free(manifest->strategies);
    free(manifest->design);
    free(manifest->plan.chunk_rows);
    free(manifest->until);
    free(manifest->created);
    free(manifest->command);
    *manifest = (manifest_t){0};
}

/* ---- making ---- */

static popgx_err_t hash_model(const model_t *model, char text[33])
{
    unsigned char *bytes;
    size_t n;
    popgx_err_t err = model_pack(model, &bytes, &n);

    if (err) return err;
    manifest_hash_text(XXH3_128bits(bytes, n), text);
    free(bytes);
    return POPGX_OK;
}

static popgx_err_t list_sources(manifest_t *manifest, const store_run_t *run)
{
    manifest->sources = calloc(run->n_sources + 1, sizeof *manifest->sources);
    if (!manifest->sources) return FAIL(NOMEM, "out of memory for the sources of a run");
    for (size_t i = 0; i < run->n_sources; i++) {
        manifest_source_t *source = &manifest->sources[manifest->n_sources++];
        manifest_hash_text(XXH3_128bits(run->sources[i].bytes, run->sources[i].n_bytes), source->hash);
        source->path = strdup(run->sources[i].path);
        if (!source->path) return FAIL(NOMEM, "out of memory for the sources of a run");
    }
    return POPGX_OK;
}

popgx_err_t manifest_list_strategies(manifest_t *manifest, const model_t *model)
{
    size_t size = 1;

    for (int32_t s = 0; s < model->n_strategies; s++) size += strlen(model_strategy_name(model, s)) + 1;
    manifest->strategies = calloc(size, 1);
    if (!manifest->strategies) return FAIL(NOMEM, "out of memory for the strategies of a run");
    for (int32_t s = 0; s < model->n_strategies; s++) {
        strcat(manifest->strategies, model_strategy_name(model, s));
        strcat(manifest->strategies, "\n");
    }
    return POPGX_OK;
}

static popgx_err_t copy_plan(columns_plan_t *to, const columns_plan_t *plan)
{
    const size_t n = (size_t)plan->n_row_sets;

    *to = *plan;
    to->chunk_rows = malloc((n + 1) * sizeof *to->chunk_rows);
    if (!to->chunk_rows) return FAIL(NOMEM, "out of memory for the plan of a run");
    memcpy(to->chunk_rows, plan->chunk_rows, n * sizeof *to->chunk_rows);
    return POPGX_OK;
}

popgx_err_t manifest_init(manifest_t *manifest, const model_t *model, const store_run_t *run, const columns_plan_t *plan)
{
    popgx_err_t err;
    char created[32];
    time_t now = time(NULL);
    struct tm utc;

    *manifest = (manifest_t){.seed = run->seed, .draws = run->draws, .draw_patients = run->draws ? run->draw_patients : 0};
    gmtime_r(&now, &utc);
    strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", &utc);
    if (getrandom(manifest->run_id, sizeof manifest->run_id, 0) != (ssize_t)sizeof manifest->run_id)
        return FAIL(IO, "the system has no random bytes for the id of a run");
    manifest->version = strdup(POPGX_VERSION);
    manifest->created = strdup(created);
    manifest->command = strdup(run->command);
    manifest->design = strdup(run->draws ? run->design : "");
    manifest->until = strdup(run->until ? run->until : "");
    if (!manifest->version || !manifest->created || !manifest->command || !manifest->design || !manifest->until) return FAIL(NOMEM, "out of memory for the manifest");
    TRY(copy_plan(&manifest->plan, plan));
    TRY(hash_model(model, manifest->model_hash));
    TRY(list_sources(manifest, run));
    TRY(manifest_list_strategies(manifest, model));
out:
    return err;
}

/* ---- writing ---- */

/* json_object_set_new takes NULL for out of memory as well. */
static bool set(json_t *object, const char *key, json_t *value) { return json_object_set_new_nocheck(object, key, value) == 0; }

/* 64 bits do not fit into JSON's numbers. */
static json_t *number(uint64_t value) { return json_sprintf("%llu", (unsigned long long)value); }

void manifest_run_id_text(const unsigned char id[JOURNAL_RUN_ID_BYTES], char text[2 * JOURNAL_RUN_ID_BYTES + 1])
{
    for (int i = 0; i < JOURNAL_RUN_ID_BYTES; i++) sprintf(text + 2 * i, "%02x", id[i]);
}

static bool set_plan(json_t *object, const columns_plan_t *plan)
{
    json_t *rows = json_array();
    bool is_set = rows;

    for (int32_t i = 0; is_set && i < plan->n_row_sets; i++) is_set = json_array_append_new(rows, number(plan->chunk_rows[i])) == 0;
    is_set = set(object, "chunk_rows", rows) && is_set;
    if (plan->codec != CODEC_GZIP) is_set = is_set && set(object, "compression", json_string(codec_name(plan->codec)));
    if (plan->parts > 0) is_set = is_set && set(object, "part", number(plan->part)) && set(object, "parts", number(plan->parts));
    return is_set && set(object, "patients", number(plan->patients)) && set(object, "sample", json_real(plan->sample))
           && set(object, "run_block_people", number(plan->run_block_people)) && set(object, "block_people", number(plan->block_people));
}

static bool set_sources(json_t *object, const manifest_t *manifest)
{
    json_t *sources = json_array();
    bool is_set = sources;

    for (size_t i = 0; is_set && i < manifest->n_sources; i++)
        is_set = json_array_append_new(sources, json_pack("{s:s, s:s}", "path", manifest->sources[i].path, "hash", manifest->sources[i].hash)) == 0;
    return set(object, "sources", sources) && is_set;
}

popgx_err_t manifest_write(const manifest_t *manifest, const char *path)
{
    popgx_err_t err = POPGX_OK;
    json_t *object = json_object();
    char *text = NULL, id[2 * JOURNAL_RUN_ID_BYTES + 1];

    manifest_run_id_text(manifest->run_id, id);
    if (!object || !set(object, "format", json_string(FORMAT)) || !set(object, "format_version", json_integer(VERSION))
        || !set(object, "run_id", json_string(id)) || !set(object, "popgx_version", json_string(manifest->version))
        || !set(object, "created", json_string(manifest->created)) || !set(object, "command", json_string(manifest->command))
        || !set(object, "sessions", number(manifest->sessions)) || !set(object, "model", json_string(manifest->model_hash))
        || (*manifest->until && !set(object, "until", json_string(manifest->until))) || !set_sources(object, manifest) || !set(object, "strategies", json_string(manifest->strategies))
        || !set(object, "seed", number(manifest->seed)) || !set(object, "draws", number(manifest->draws))
        || !set(object, "draw_patients", number(manifest->draw_patients)) || !set(object, "design", json_string(manifest->design)) || !set_plan(object, &manifest->plan)
        || !(text = json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(17))))
        TRY(FAIL(NOMEM, "%s: out of memory", path));
    TRY(disk_replace(path, text, strlen(text)));
out:
    free(text);
    json_decref(object);
    return err;
}

/* ---- reading ---- */

static bool get_number(const json_t *object, const char *key, uint64_t *out)
{
    const char *text = json_string_value(object && key ? json_object_get(object, key) : object);
    char *end;

    if (!text || *text < '0' || *text > '9') return false;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0;
}

static bool get_text(const json_t *object, const char *key, char **out)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text && (*out = strdup(text));
}

/* A text that is only there if it is not empty. */
static bool get_text_if_any(const json_t *object, const char *key, char **out)
{
    return json_object_get(object, key) ? get_text(object, key, out) : (*out = strdup("")) != NULL;
}

static bool get_hash(const json_t *object, const char *key, char out[33])
{
    const char *text = json_string_value(json_object_get(object, key));

    if (!text || strlen(text) != 32) return false;
    strcpy(out, text);
    return true;
}

bool manifest_parse_run_id(const char *text, unsigned char id[JOURNAL_RUN_ID_BYTES])
{
    unsigned byte;

    if (strlen(text) != 2 * JOURNAL_RUN_ID_BYTES) return false;
    for (int i = 0; i < JOURNAL_RUN_ID_BYTES; i++) {
        if (sscanf(text + 2 * i, "%2x", &byte) != 1) return false;
        id[i] = (unsigned char)byte;
    }
    return true;
}

static bool get_run_id(const json_t *object, unsigned char *id)
{
    const char *text = json_string_value(json_object_get(object, "run_id"));
    return text && manifest_parse_run_id(text, id);
}

static bool get_sources(const json_t *object, manifest_t *manifest)
{
    const json_t *sources = json_object_get(object, "sources"), *source;
    size_t i;

    manifest->sources = calloc(json_array_size(sources) + 1, sizeof *manifest->sources);
    if (!manifest->sources) return false;
    json_array_foreach(sources, i, source) {
        manifest_source_t *to = &manifest->sources[manifest->n_sources++];
        if (!get_text(source, "path", &to->path) || !get_hash(source, "hash", to->hash)) return false;
    }
    return true;
}

static bool get_plan(const json_t *object, columns_plan_t *plan)
{
    const json_t *rows = json_object_get(object, "chunk_rows");
    const size_t n = json_array_size(rows);

    plan->chunk_rows = calloc(n + 1, sizeof *plan->chunk_rows);
    if (!plan->chunk_rows || n == 0 || n > INT32_MAX) return false;
    plan->n_row_sets = (int32_t)n;
    for (size_t i = 0; i < n; i++) {
        if (!get_number(json_array_get(rows, i), NULL, &plan->chunk_rows[i])) return false;
        if (plan->chunk_rows[i] < 1 || plan->chunk_rows[i] > COLUMNS_MOST_CHUNK_ROWS) return false;
    }
    plan->sample = json_real_value(json_object_get(object, "sample"));
    const char *codec = json_string_value(json_object_get(object, "compression"));
    if (codec && codec_parse(codec, &plan->codec) != POPGX_OK) return false;
    if (json_object_get(object, "parts") && (!get_number(object, "part", &plan->part) || !get_number(object, "parts", &plan->parts))) return false;
    return get_number(object, "patients", &plan->patients) && get_number(object, "run_block_people", &plan->run_block_people)
           && get_number(object, "block_people", &plan->block_people) && columns_is_sound(plan);
}

popgx_err_t manifest_read(manifest_t *manifest, const char *path)
{
    popgx_err_t err;
    char *bytes = NULL;
    size_t n;
    json_t *object = NULL;

    *manifest = (manifest_t){0};
    TRY(file_read(path, MOST_BYTES, &bytes, &n));
    object = json_loadb(bytes, n, 0, NULL);
    const char *format = json_string_value(json_object_get(object, "format"));
    if (!format || strcmp(format, FORMAT) != 0) TRY(FAIL(INPUT, "%s: is not a manifest of an unfinished run", path));
    if (json_integer_value(json_object_get(object, "format_version")) != VERSION)
        TRY(FAIL(INPUT, "%s: has another version than this popgx writes (%d)", path, VERSION));
    if (!get_run_id(object, manifest->run_id) || !get_text(object, "popgx_version", &manifest->version)
        || !get_text(object, "created", &manifest->created) || !get_text(object, "command", &manifest->command)
        || !get_text(object, "strategies", &manifest->strategies) || !get_text_if_any(object, "until", &manifest->until) || !get_hash(object, "model", manifest->model_hash)
        || !get_number(object, "draws", &manifest->draws) || !get_number(object, "draw_patients", &manifest->draw_patients)
        || !get_text(object, "design", &manifest->design) || !get_number(object, "seed", &manifest->seed) || !get_number(object, "sessions", &manifest->sessions)
        || !get_sources(object, manifest) || !get_plan(object, &manifest->plan))
        TRY(FAIL(INPUT, "%s: is damaged", path));
out:
    json_decref(object);
    free(bytes);
    return err;
}

/* ---- comparing ---- */

static const manifest_source_t *find_source(const manifest_t *manifest, const char *path)
{
    for (size_t i = 0; i < manifest->n_sources; i++)
        if (strcmp(manifest->sources[i].path, path) == 0) return &manifest->sources[i];
    return NULL;
}

/* How a comparison is told: "PATH: cannot be resumed: it was begun with --seed 1, and this is --seed 2". */
typedef struct {
    const char *path, *verdict, *was, *is;
} words_t;

static popgx_err_t compare_tables(const manifest_t *found, const manifest_t *wanted, const words_t *words)
{
    for (size_t i = 1; i < wanted->n_sources; i++) {
        const manifest_source_t *before = find_source(found, wanted->sources[i].path);
        if (before && strcmp(before->hash, wanted->sources[i].hash) != 0)
            return FAIL(INPUT, "%s: %s: the table %s is not what it was %s", words->path, words->verdict, wanted->sources[i].path, words->was);
    }
    return POPGX_OK;
}

/* Some options become part of the model: how people are drawn, and what is kept of them. */
static popgx_err_t compare_models(const manifest_t *found, const manifest_t *wanted, const words_t *words)
{
    const char *file = wanted->n_sources > 0 ? wanted->sources[0].path : "";
    const manifest_source_t *before = find_source(found, file);

    if (strcmp(found->model_hash, wanted->model_hash) == 0) return POPGX_OK;
    if (before && strcmp(before->hash, wanted->sources[0].hash) == 0)
        return FAIL(INPUT, "%s: %s: the file %s is what it was %s, but what is asked of it is not: give the same --people, --by and --report", words->path, words->verdict,
                    file, words->was);
    return FAIL(INPUT, "%s: %s: the model %s is not what it was %s", words->path, words->verdict, file, words->was);
}

static popgx_err_t compare_draws(const manifest_t *found, const manifest_t *wanted, const words_t *words)
{
    const unsigned long long was = found->draws, is = wanted->draws, had = found->draw_patients, has = wanted->draw_patients;

    if (was != is)
        return FAIL(INPUT, "%s: %s: it has --draws %llu, and %s --draws %llu (0: none)", words->path, words->verdict, was, words->is, is);
    if (strcmp(found->design, wanted->design) != 0)
        return FAIL(INPUT, "%s: %s: its draws have --design %s, and those of %s --design %s", words->path, words->verdict, found->design, words->is,
                    wanted->design);
    if (had != has)
        return FAIL(INPUT, "%s: %s: its draws have --patients %llu, and those of %s --patients %llu (0: a pilot chooses)", words->path, words->verdict,
                    had, words->is, has);
    return POPGX_OK;
}

/* Everything but which part of the run it is. */
static popgx_err_t compare(const manifest_t *found, const manifest_t *wanted, const words_t *words)
{
    const columns_plan_t *was = &found->plan, *is = &wanted->plan;
    const char *path = words->path, *verdict = words->verdict;
    popgx_err_t err = POPGX_OK;

    if (strcmp(found->version, wanted->version) != 0)
        return FAIL(INPUT, "%s: %s: it is of popgx %s, and %s of popgx %s", path, verdict, found->version, words->is, wanted->version);
    if (found->seed != wanted->seed)
        return FAIL(INPUT, "%s: %s: it has --seed %llu, and %s --seed %llu", path, verdict, (unsigned long long)found->seed, words->is,
                    (unsigned long long)wanted->seed);
    if (strcmp(found->until, wanted->until) != 0)
        return FAIL(INPUT, "%s: %s: it has --until '%s', and %s --until '%s'", path, verdict, found->until, words->is, wanted->until);
    if (!*wanted->until && was->patients != is->patients)
        return FAIL(INPUT, "%s: %s: it has --patients %llu, and %s --patients %llu", path, verdict, (unsigned long long)was->patients, words->is,
                    (unsigned long long)is->patients);
    if (was->sample != is->sample)
        return FAIL(INPUT, "%s: %s: it has another --trajectories (%g of the people, and %s %g)", path, verdict, was->sample, words->is, is->sample);
    if (was->codec != is->codec)
        return FAIL(INPUT, "%s: %s: it has --compress %s, and %s --compress %s", path, verdict, codec_name(was->codec), words->is, codec_name(is->codec));
    if (found->design && wanted->design) TRY(compare_draws(found, wanted, words));
    TRY(compare_tables(found, wanted, words));
    if (strcmp(found->strategies, wanted->strategies) != 0)
        return FAIL(INPUT, "%s: %s: it has other strategies (%.*s ...)", path, verdict, (int)strcspn(found->strategies, "\n"), found->strategies);
    TRY(compare_models(found, wanted, words));
    if (was->block_people != is->block_people || was->n_row_sets != is->n_row_sets
        || (is->sample > 0 && memcmp(was->chunk_rows, is->chunk_rows, (size_t)is->n_row_sets * sizeof *is->chunk_rows) != 0))
        return FAIL(INPUT, "%s: %s: it is cut into other blocks than %s", path, verdict, words->is);
out:
    return err;
}

popgx_err_t manifest_compare(const manifest_t *found, const manifest_t *wanted, const char *path)
{
    const words_t words = {.path = path, .verdict = "cannot be resumed", .was = "when the run began", .is = "this run"};
    const columns_plan_t *was = &found->plan, *is = &wanted->plan;

    if (was->part != is->part || was->parts != is->parts)
        return FAIL(INPUT, "%s: cannot be resumed: it has --part %llu/%llu, and this run --part %llu/%llu (0/0: the whole run)", path,
                    (unsigned long long)was->part, (unsigned long long)was->parts, (unsigned long long)is->part, (unsigned long long)is->parts);
    return compare(found, wanted, &words);
}

popgx_err_t manifest_compare_parts(const manifest_t *one, const manifest_t *other, const char *path, const char *other_path)
{
    char was[1024];
    const words_t words = {.path = path, .verdict = "cannot be joined", .was = was, .is = other_path};

    snprintf(was, sizeof was, "for %s", other_path);
    return compare(one, other, &words);
}
