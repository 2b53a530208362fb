/*
 * Turns libfyaml's events into a tree of its own nodes, which live in one arena with their texts. The events are
 * used, not libfyaml's documents: they tell where everything stands and leave duplicate keys and aliases to us.
 * Assumes that text passed the UTF-8 gate, without which libfyaml 0.7.12 can loop for ever. Keeps at most
 * DEEPEST levels, so a hostile file cannot exhaust the stack.
 */
#include "spec/yaml.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/utf8.h"

enum { DEEPEST = 100 };

struct yaml_document {
    arena_t *arena;
    const char *file;
    const yaml_node_t *root;
};

/* What is known while events come in. */
typedef struct {
    yaml_document_t *document;
    diagnostics_t *diag;
    struct fy_parser *parser;
    yaml_pair_t *open;          /* [n_open]: children of all collections that are not closed yet, innermost last */
    size_t n_open, room;
    bool is_broken;             /* the stream ended in a syntax error, or is too deep */
} reader_t;

/* Where the token starts, or `otherwise` if it stands for something that is not there. */
static place_t place_at(const reader_t *reader, struct fy_token *token, place_t otherwise)
{
    const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;

    if (!mark) return otherwise;
    return (place_t){.file = reader->document->file, .line = mark->line + 1, .column = mark->column + 1};
}

static yaml_node_t *node_new(reader_t *reader, yaml_kind_t kind, place_t place)
{
    yaml_node_t *node = arena_take(reader->document->arena, 1, sizeof *node);

    node->kind = kind;
    node->place = place;
    node->text = "";
    return node;
}

static void open_push(reader_t *reader, yaml_pair_t pair)
{
    if (reader->n_open == reader->room) {
        reader->room = reader->room ? 2 * reader->room : 64;
        reader->open = memory_resize(reader->open, reader->room, sizeof *reader->open);
    }
    reader->open[reader->n_open++] = pair;
}

/* Anchors and tags change what a reader sees without being seen: neither has a use here. */
static void refuse_decorations(reader_t *reader, struct fy_token *anchor, struct fy_token *tag, place_t place)
{
    if (anchor)
        diag_error(reader->diag, place_at(reader, anchor, place), "write the value out, or put a text that starts with & in quotes",
                   "anchors are not used in models");
    if (tag)
        diag_error(reader->diag, place_at(reader, tag, place), "remove it, or put a text that starts with ! in quotes",
                   "tags are not used in models");
}

static yaml_node_t *read_scalar(reader_t *reader, struct fy_event *event, place_t otherwise)
{
    size_t n = 0;
    const char *text = fy_token_get_text(event->scalar.value, &n);
    yaml_node_t *node = node_new(reader, YAML_SCALAR, place_at(reader, event->scalar.value, otherwise));

    refuse_decorations(reader, event->scalar.anchor, event->scalar.tag, node->place);
    while (text && n > 0 && text[n - 1] == '\n') n--;  /* block scalars end in one that nobody means */
    if (text) node->text = arena_text(reader->document->arena, text, n);
    if (strlen(node->text) < n) diag_error(reader->diag, node->place, "remove the \\0", "a text with a NUL character in it");
    node->is_quoted = fy_token_scalar_style(event->scalar.value) != FYSS_PLAIN;
    return node;
}

static yaml_node_t *read_alias(reader_t *reader, struct fy_event *event, place_t otherwise)
{
    size_t n = 0;
    const char *name = fy_token_get_text(event->alias.anchor, &n);
    yaml_node_t *node = node_new(reader, YAML_SCALAR, place_at(reader, event->alias.anchor, otherwise));

    node->place.column--;                           /* libfyaml's mark is behind the sign */
    if (name && n > 0 && name[n - 1] == ':') n--;   /* it counts the colon of a key as part of the name */
    node->text = diag_format(reader->diag, "*%.*s", name ? (int)n : 0, name ? name : "");
    diag_error(reader->diag, node->place, diag_format(reader->diag, "write \"%s\" in quotes", node->text),
               "an unquoted `%s` is a reference in YAML, not a text", node->text);
    return node;
}

static const yaml_node_t *read_node(reader_t *reader, struct fy_event *event, place_t otherwise, int depth);

/* The next event, or NULL after a syntax error. */
static struct fy_event *next_event(reader_t *reader)
{
    struct fy_event *event = reader->is_broken ? NULL : fy_parser_parse(reader->parser);

    if (!event) reader->is_broken = true;
    return event;
}

static yaml_node_t *read_sequence(reader_t *reader, place_t place, int depth)
{
    yaml_node_t *node = node_new(reader, YAML_SEQUENCE, place);
    size_t first = reader->n_open;
    struct fy_event *event;

    while ((event = next_event(reader))) {
        bool is_end = event->type == FYET_SEQUENCE_END;
        if (!is_end) open_push(reader, (yaml_pair_t){.value = read_node(reader, event, place, depth)});
        fy_parser_event_free(reader->parser, event);
        if (is_end) break;
    }
    node->count = reader->n_open - first;
    const yaml_node_t **items = arena_take(reader->document->arena, node->count, sizeof *items);
    for (size_t i = 0; i < node->count; i++) items[i] = reader->open[first + i].value;
    node->items = items;
    reader->n_open = first;
    return node;
}

static int by_key(const void *a, const void *b)
{
    const yaml_pair_t *const *x = a, *const *y = b;
    int order = strcmp((*x)->key, (*y)->key);

    return order ? order : (*x > *y) - (*x < *y);
}

/* A key that is given twice is reported, and only its first value stays: nothing behind the reader meets one. How many pairs are left. */
static size_t drop_duplicates(reader_t *reader, yaml_pair_t *pairs, size_t n)
{
    const yaml_pair_t **sorted = memory_resize(NULL, n, sizeof *sorted);
    bool *is_repeated = memory_resize(NULL, n, sizeof *is_repeated);
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) sorted[i] = &pairs[i], is_repeated[i] = false;
    qsort(sorted, n, sizeof *sorted, by_key);
    for (size_t i = 1; i < n; i++) {
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) != 0) continue;
        is_repeated[sorted[i] - pairs] = true;
        diag_error(reader->diag, sorted[i]->place,
                   diag_format(reader->diag, "the first is in line %d; keep one of them", sorted[i - 1]->place.line),
                   "the key `%s` is given twice", sorted[i]->key);
    }
    for (size_t i = 0; i < n; i++)
        if (!is_repeated[i]) pairs[kept++] = pairs[i];
    free(is_repeated);
    free(sorted);
    return kept;
}

static yaml_node_t *read_mapping(reader_t *reader, place_t place, int depth)
{
    yaml_node_t *node = node_new(reader, YAML_MAPPING, place);
    size_t first = reader->n_open;
    struct fy_event *event;

    while ((event = next_event(reader))) {
        bool is_end = event->type == FYET_MAPPING_END;
        const yaml_node_t *key = is_end ? NULL : read_node(reader, event, place, depth);
        fy_parser_event_free(reader->parser, event);
        if (is_end || !(event = next_event(reader))) break;
        yaml_pair_t pair = {.key = key->text, .place = key->place, .value = read_node(reader, event, key->place, depth)};
        fy_parser_event_free(reader->parser, event);
        if (key->kind != YAML_SCALAR)
            diag_error(reader->diag, key->place, "a key is a single word or a short text", "a list or mapping is used as a key");
        else if (!*key->text) diag_error(reader->diag, key->place, "write a name before the colon", "a key is empty");
        else open_push(reader, pair);
    }
    node->count = reader->n_open - first;
    yaml_pair_t *pairs = arena_take(reader->document->arena, node->count, sizeof *pairs);
    if (node->count > 0) memcpy(pairs, reader->open + first, node->count * sizeof *pairs);
    node->pairs = pairs;
    node->count = drop_duplicates(reader, pairs, node->count);
    reader->n_open = first;
    return node;
}

/* Never NULL: what cannot be read is an empty scalar, and the mistake has been reported. */
static const yaml_node_t *read_node(reader_t *reader, struct fy_event *event, place_t otherwise, int depth)
{
    if (depth == DEEPEST && (event->type == FYET_SEQUENCE_START || event->type == FYET_MAPPING_START)) {
        if (!reader->is_broken) diag_error(reader->diag, otherwise, "a model needs fewer than 10", "more than %d levels of nesting", DEEPEST);
        reader->is_broken = true;
        return node_new(reader, YAML_SCALAR, otherwise);
    }
    switch (event->type) {
    case FYET_SCALAR: return read_scalar(reader, event, otherwise);
    case FYET_ALIAS: return read_alias(reader, event, otherwise);
    case FYET_SEQUENCE_START:
        refuse_decorations(reader, event->sequence_start.anchor, event->sequence_start.tag, otherwise);
        return read_sequence(reader, place_at(reader, event->sequence_start.sequence_start, otherwise), depth + 1);
    case FYET_MAPPING_START:
        refuse_decorations(reader, event->mapping_start.anchor, event->mapping_start.tag, otherwise);
        return read_mapping(reader, place_at(reader, event->mapping_start.mapping_start, otherwise), depth + 1);
    default:
        reader->is_broken = true;
        return node_new(reader, YAML_SCALAR, otherwise);
    }
}

static bool is_content(enum fy_event_type type)
{
    return type == FYET_SCALAR || type == FYET_ALIAS || type == FYET_SEQUENCE_START || type == FYET_MAPPING_START;
}

/* Reads the one document of the stream into document->root; leaves it NULL if there is none. */
static void read_stream(reader_t *reader)
{
    place_t start = {.file = reader->document->file, .line = 1, .column = 1};
    struct fy_event *event;
    int documents = 0;

    while ((event = next_event(reader))) {
        bool is_end = event->type == FYET_STREAM_END;
        if (event->type == FYET_DOCUMENT_START && ++documents > 1) {
            diag_error(reader->diag, place_at(reader, event->document_start.document_start, start), "put each model into a file of its own",
                       "a second document starts here");
            is_end = true;
        } else if (is_content(event->type)) {
            reader->document->root = read_node(reader, event, start, 0);
        }
        fy_parser_event_free(reader->parser, event);
        if (is_end) break;
    }
}

/* Passes on what libfyaml says; it stops at its first mistake. */
static void report_syntax(reader_t *reader, struct fy_diag *fy_diag)
{
    void *state = NULL;
    struct fy_diag_error *error;

    while ((error = fy_diag_errors_iterate(fy_diag, &state))) {
        place_t place = {.file = reader->document->file, .line = error->line > 0 ? error->line : 0, .column = error->column};
        bool is_tab = error->msg && strstr(error->msg, "tab ");
        diag_error(reader->diag, place,
                   is_tab ? "indent with blanks" : "check indentation, colons, quotes and brackets here and in the line above",
                   "not valid YAML (%s)", error->msg ? error->msg : "no reason known");
    }
}

/* Line and column of the byte at `offset`. */
static place_t place_of_byte(const char *file, const char *bytes, size_t offset)
{
    place_t place = {.file = file, .line = 1, .column = 1};

    for (size_t i = 0; i < offset; i++) {
        if (bytes[i] == '\n') place.line++, place.column = 1;
        else if (!utf8_continues(bytes[i])) place.column++;
    }
    return place;
}

static bool is_blank(const char *bytes, size_t n_bytes)
{
    size_t i = 0;

    while (i < n_bytes && memchr(" \t\r\n", bytes[i], 4)) i++;
    return i == n_bytes;
}

/* True if libfyaml may see these bytes. */
static bool gate(const char *file, const char *bytes, size_t n_bytes, diagnostics_t *diag)
{
    size_t bad = utf8_check(bytes, n_bytes);

    if (bad < n_bytes) {
        diag_error(diag, place_of_byte(file, bytes, bad), "save the file as plain UTF-8 text",
                   "the byte 0x%02x is not valid UTF-8", (unsigned char)bytes[bad]);
        return false;
    }
    if (is_blank(bytes, n_bytes)) {
        diag_error(diag, (place_t){.file = file}, "a model starts with `popgx: 1`; see popgx new", "the file is empty");
        return false;
    }
    return true;
}

popgx_err_t yaml_parse(const char *file, const char *bytes, size_t n_bytes, diagnostics_t *diag, yaml_document_t **out)
{
    size_t before = diag_errors(diag);

    *out = NULL;
    if (!gate(file, bytes, n_bytes, diag)) return FAIL(INPUT, "%s is not a model", file);
    yaml_document_t *document = memory_resize(NULL, 1, sizeof *document);
    *document = (yaml_document_t){.arena = arena_new()};
    document->file = arena_text(document->arena, file, strlen(file));

    struct fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    struct fy_diag *fy_diag = fy_diag_create(&diag_cfg);
    INVARIANT(fy_diag, "libfyaml has no memory");
    fy_diag_set_collect_errors(fy_diag, true);
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_ALLOW_DUPLICATE_KEYS, .diag = fy_diag};
    reader_t reader = {.document = document, .diag = diag, .parser = fy_parser_create(&cfg)};
    INVARIANT(reader.parser && fy_parser_set_string(reader.parser, bytes, n_bytes) == 0, "libfyaml has no memory");

    read_stream(&reader);
    report_syntax(&reader, fy_diag);
    fy_parser_destroy(reader.parser);
    fy_diag_destroy(fy_diag);
    free(reader.open);

    if (reader.is_broken && diag_errors(diag) == before) /* libfyaml gives up on some mistakes without a word */
        diag_error(diag, (place_t){.file = file}, "is it a text file? Look at indentation, above all of texts after | and >", "not valid YAML");
    if (!document->root && diag_errors(diag) == before)
        diag_error(diag, (place_t){.file = file}, "a model starts with `popgx: 1`; see popgx new", "the file says nothing");
    if (reader.is_broken || !document->root) {
        yaml_free(document);
        return FAIL(INPUT, "%s is not valid YAML", file);
    }
    *out = document;
    return diag_errors(diag) == before ? POPGX_OK : FAIL(INPUT, "%s has mistakes", file);
}

void yaml_free(yaml_document_t *document)
{
    if (!document) return;
    arena_free(document->arena);
    free(document);
}

const yaml_node_t *yaml_root(const yaml_document_t *document) { return document->root; }

const yaml_node_t *yaml_get(const yaml_node_t *node, const char *key)
{
    if (!node || node->kind != YAML_MAPPING) return NULL;
    for (size_t i = 0; i < node->count; i++)
        if (strcmp(node->pairs[i].key, key) == 0) return node->pairs[i].value;
    return NULL;
}

static bool is_known(const char *key, const char *const *known)
{
    for (; *known; known++)
        if (strcmp(key, *known) == 0) return true;
    return false;
}

/* "one of: a, b, c", or the nearest. */
static const char *advice(const char *key, const char *const *known, diagnostics_t *diag)
{
    size_t n = 0;
    const char *list = "";

    while (known[n]) n++;
    const char *nearest = diag_nearest(key, known, n);
    if (nearest) return diag_format(diag, "did you mean `%s`?", nearest);
    for (size_t i = 0; i < n; i++) list = diag_format(diag, "%s%s%s", list, i ? ", " : "", known[i]);
    return diag_format(diag, "the keys here are %s", list);
}

bool yaml_check_keys(const yaml_node_t *node, const char *what, const char *const *known, diagnostics_t *diag)
{
    bool is_good = true;

    if (node->kind != YAML_MAPPING) {
        diag_error(diag, node->place, "write `key: value` pairs", "%s is not a mapping", what);
        return false;
    }
    for (size_t i = 0; i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        if (is_known(pair->key, known)) continue;
        diag_error(diag, pair->place, advice(pair->key, known, diag), "%s has no key `%s`", what, pair->key);
        is_good = false;
    }
    return is_good;
}
