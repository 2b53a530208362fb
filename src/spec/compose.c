/*
 * Joins the trees of several files and copies blocks of a tree for each item of a list. Works on nodes only: it knows
 * `include`, `blocks` and `for each` and nothing else of what a model may say. Nodes that it makes live in the compiler's
 * arena; the texts of included files live until compose_release. Never changes a node that somebody else made.
 */
#include "spec/compose.h"

#include <string.h>


enum { MOST_INCLUDES = 64 };
#define LARGEST_INCLUDE ((size_t)16 << 20)

typedef enum {
    JOIN_OVER,      /* of two values the later one stays */
    JOIN_SCENARIO,  /* so it does of two lists of entries */
    JOIN_ALIKE,     /* two values that differ are a mistake: the copies of a block */
} join_mode_t;

typedef struct {
    arena_t *arena;
    diagnostics_t *diag;    /* JOIN_ALIKE only */
    join_mode_t mode;
} join_t;

struct included {
    struct included *next;
    char *path;
    yaml_document_t *document;
};

/* ---- making nodes ---- */

static yaml_node_t *copy_node(arena_t *arena, const yaml_node_t *node)
{
    return memcpy(arena_take(arena, 1, sizeof *node), node, sizeof *node);
}

const yaml_node_t *compose_mapping(arena_t *arena, place_t place, const yaml_pair_t *pairs, size_t n)
{
    yaml_node_t *node = arena_take(arena, 1, sizeof *node);
    *node = (yaml_node_t){.kind = YAML_MAPPING, .place = place, .text = "", .count = n, .pairs = pairs};
    return node;
}

const yaml_node_t *compose_scalar(arena_t *arena, place_t place, const char *text)
{
    yaml_node_t *node = arena_take(arena, 1, sizeof *node);
    *node = (yaml_node_t){.kind = YAML_SCALAR, .place = place, .text = text};
    return node;
}

static bool same_text(const char *a, const char *b) { return strcmp(a, b) == 0; }

/* ---- joining ---- */

static const yaml_node_t *join(const join_t *how, const char *key, const yaml_node_t *below, const yaml_node_t *above);

/* A list of payoffs or rules, rather than of plain values. */
static bool has_entries(const yaml_node_t *node)
{
    return node->kind == YAML_SEQUENCE && node->count > 0 && node->items[0]->kind == YAML_MAPPING;
}

static const yaml_node_t *join_mappings(const join_t *how, const yaml_node_t *below, const yaml_node_t *above)
{
    yaml_pair_t *pairs = arena_take(how->arena, below->count + above->count, sizeof *pairs);
    size_t n = below->count;

    if (n) memcpy(pairs, below->pairs, n * sizeof *pairs);
    for (size_t i = 0; i < above->count; i++) {
        size_t k = 0;
        while (k < below->count && !same_text(pairs[k].key, above->pairs[i].key)) k++;
        if (k == below->count) pairs[n++] = above->pairs[i];
        else pairs[k].value = join(how, pairs[k].key, pairs[k].value, above->pairs[i].value);
    }
    return compose_mapping(how->arena, above->place, pairs, n);
}

static const yaml_node_t *join_lists(const join_t *how, const yaml_node_t *below, const yaml_node_t *above)
{
    yaml_node_t *node = copy_node(how->arena, above);
    const yaml_node_t **items = arena_take(how->arena, below->count + above->count, sizeof *items);

    memcpy(items, below->items, below->count * sizeof *items);
    memcpy(items + below->count, above->items, above->count * sizeof *items);
    node->items = items;
    node->count = below->count + above->count;
    return node;
}

static bool are_alike(const yaml_node_t *a, const yaml_node_t *b)
{
    if (a->kind != b->kind || a->count != b->count) return false;
    if (a->kind == YAML_SCALAR) return same_text(a->text, b->text);
    for (size_t i = 0; i < a->count; i++) {
        if (a->kind == YAML_SEQUENCE && !are_alike(a->items[i], b->items[i])) return false;
        if (a->kind == YAML_MAPPING && !(same_text(a->pairs[i].key, b->pairs[i].key) && are_alike(a->pairs[i].value, b->pairs[i].value)))
            return false;
    }
    return true;
}

static const yaml_node_t *join(const join_t *how, const char *key, const yaml_node_t *below, const yaml_node_t *above)
{
    if (below->kind == YAML_MAPPING && above->kind == YAML_MAPPING) return join_mappings(how, below, above);
    if (how->mode == JOIN_ALIKE && are_alike(below, above)) return below;
    if (how->mode != JOIN_SCENARIO && has_entries(below) && has_entries(above)) return join_lists(how, below, above);
    if (how->mode == JOIN_ALIKE)
        diag_error(how->diag, above->place, "put the variable, as <NAME>, into the name", "two copies of the block give `%s` differently", key);
    return above;
}

const yaml_node_t *compose_join(arena_t *arena, const yaml_node_t *below, const yaml_node_t *above, bool is_scenario)
{
    return join(&(join_t){.arena = arena, .mode = is_scenario ? JOIN_SCENARIO : JOIN_OVER}, "", below, above);
}

/* ---- included files ---- */

/* The tree of the file, or NULL after reporting. */
static const yaml_node_t *read_included(compiler_t *c, const yaml_node_t *item)
{
    const char *name = compile_name(c, item, "the name of an included file");
    char *bytes = NULL;
    size_t n_bytes = 0, n = 0;

    if (!name) return NULL;
    const char *path = compile_path_beside(c, name, item->place);
    bool is_known = same_text(path, c->path);
    for (const struct included *file = c->included; file; file = file->next, n++) is_known |= same_text(file->path, path);
    if (is_known || n == MOST_INCLUDES) {
        diag_error(c->diag, item->place, "include each file once", is_known ? "`%s` is included already" : "`%s`: too many files are included", name);
        return NULL;
    }
    if (compile_read_plain(path, LARGEST_INCLUDE, &bytes, &n_bytes) != POPGX_OK) {
        diag_error(c->diag, item->place, "files are named relative to the file that includes them", "cannot read `%s` (%s)", name, popgx_err_detail());
        return NULL;
    }
    struct included *file = arena_take(c->arena, 1, sizeof *file);
    *file = (struct included){.next = c->included, .path = arena_text(c->arena, path, strlen(path))};
    c->included = file;
    popgx_err_t err = yaml_parse(file->path, bytes, n_bytes, c->diag, &file->document);
    compile_add_source(c->report, name, bytes, n_bytes);
    return err || !file->document ? NULL : yaml_root(file->document);
}

static const yaml_node_t *with_includes(compiler_t *c, const yaml_node_t *root)
{
    const yaml_node_t *list = yaml_get(root, "include"), *joined = NULL;

    if (!list) return root;
    for (size_t i = 0; i < compile_count(list); i++) {
        const yaml_node_t *tree = read_included(c, compile_item(list, i));
        if (!tree) continue;
        if (tree->kind != YAML_MAPPING) {
            diag_error(c->diag, tree->place, "write sections of a model, such as `parameters:`", "the included file is not a mapping");
            continue;
        }
        tree = with_includes(c, tree);
        joined = joined ? compose_join(c->arena, joined, tree, false) : tree;
    }
    return joined ? compose_join(c->arena, joined, root, false) : root;
}

void compose_release(compiler_t *c)
{
    for (struct included *file = c->included; file; file = file->next) yaml_free(file->document);
    c->included = NULL;
}

/* ---- blocks ---- */

/* What <NAME> stands for in one copy of a block. */
typedef struct {
    compiler_t *c;
    const yaml_pair_t *names;
    size_t n;
} item_t;

static const yaml_node_t *item_value(const item_t *item, const char *name, size_t length)
{
    for (size_t i = 0; i < item->n; i++)
        if (strlen(item->names[i].key) == length && memcmp(item->names[i].key, name, length) == 0) return item->names[i].value;
    return NULL;
}

/* Length of the <NAME> at the start of `text`, brackets included, or 0: blanks beside a bracket make it a comparison. */
static size_t placeholder(const char *text)
{
    const char *end = *text == '<' ? strpbrk(text + 1, "<>\n") : NULL;
    return end && *end == '>' && end > text + 1 && text[1] != ' ' && text[1] != '=' && end[-1] != ' ' ? (size_t)(end + 1 - text) : 0;
}

static void report_unknown(const item_t *item, const char *text, size_t length, place_t place)
{
    const char **known = arena_take(item->c->arena, item->n + 1, sizeof *known);
    const char *name = diag_format(item->c->diag, "%.*s", (int)(length - 2), text + 1);

    for (size_t i = 0; i < item->n; i++) known[i] = item->names[i].key;
    diag_error(item->c->diag, place, compile_suggest(item->c, name, known, item->n), "nothing is called <%s> in this block", name);
}

/* `text` with every <NAME> replaced. */
static const char *filled_text(const item_t *item, const char *text, place_t place)
{
    const char *filled = "", *rest = text, *at;

    for (at = strchr(text, '<'); at; at = strchr(at, '<')) {
        size_t length = placeholder(at);
        const yaml_node_t *value = length ? item_value(item, at + 1, length - 2) : NULL;
        if (length && !value) report_unknown(item, at, length, place);
        if (value && value->kind != YAML_SCALAR) diag_error(item->c->diag, place, "a list can only stand alone, as the whole value", "a list inside a text");
        if (value) filled = diag_format(item->c->diag, "%s%.*s%s", filled, (int)(at - rest), rest, value->text), rest = at + length;
        at += length ? length : 1;
    }
    return rest == text ? text : diag_format(item->c->diag, "%s%s", filled, rest);
}

static const yaml_node_t *filled_node(const item_t *item, const yaml_node_t *node);

static const yaml_node_t *filled_scalar(const item_t *item, const yaml_node_t *node)
{
    size_t length = placeholder(node->text);
    const yaml_node_t *whole = length && !node->text[length] ? item_value(item, node->text + 1, length - 2) : NULL;

    if (whole && whole->kind != YAML_SCALAR) return whole;
    const char *text = filled_text(item, node->text, node->place);
    if (text == node->text) return node;
    yaml_node_t *filled = copy_node(item->c->arena, node);
    filled->text = text;
    return filled;
}

static const yaml_node_t *filled_node(const item_t *item, const yaml_node_t *node)
{
    if (node->kind == YAML_SCALAR) return filled_scalar(item, node);
    yaml_node_t *filled = copy_node(item->c->arena, node);
    if (node->kind == YAML_SEQUENCE) {
        const yaml_node_t **items = arena_take(item->c->arena, node->count, sizeof *items);
        for (size_t i = 0; i < node->count; i++) items[i] = filled_node(item, node->items[i]);
        filled->items = items;
        return filled;
    }
    yaml_pair_t *pairs = arena_take(item->c->arena, node->count, sizeof *pairs);
    for (size_t i = 0; i < node->count; i++) {
        const yaml_pair_t *pair = &node->pairs[i];
        pairs[i] = (yaml_pair_t){filled_text(item, pair->key, pair->place), pair->place, filled_node(item, pair->value)};
    }
    filled->pairs = pairs;
    return filled;
}

/* The columns of the item's line in the table `with` names. */
static bool add_columns(compiler_t *c, const yaml_node_t *with, const char *variable, const yaml_node_t *name, item_t *item)
{
    static const char *const keys[] = {"table", NULL};
    const yaml_node_t *file = yaml_get(with, "table");

    if (!compile_keys(c, with, "`with`", keys)) return false;
    const char *path = file ? compile_name(c, file, "the name of a table") : NULL;
    const csv_table_t *csv = path ? compile_table_file(c, path, file->place) : NULL;
    if (!csv) return false;
    int column = csv_column(csv, variable);
    size_t row = 0;
    while (column >= 0 && row < csv->n_rows && !same_text(csv_cell(csv, row, column)->text, name->text)) row++;
    if (column < 0 || row == csv->n_rows) {
        diag_error(c->diag, column < 0 ? file->place : name->place, "the table has a line for each item, found by the column of the variable's name",
                   column < 0 ? "`%s` has no column `%s`" : "`%s` has no line for `%s`", path, column < 0 ? variable : name->text);
        return false;
    }
    yaml_pair_t *names = arena_take(c->arena, item->n + csv->n_columns, sizeof *names);
    memcpy(names, item->names, item->n * sizeof *names);
    for (size_t k = 0; k < csv->n_columns; k++) {
        const csv_cell_t *cell = csv_cell(csv, row, (int)k);
        if ((int)k != column) names[item->n++] = (yaml_pair_t){csv->header[k].text, cell->place, compose_scalar(c->arena, cell->place, cell->text)};
    }
    item->names = names;
    return true;
}

/* The variable and whatever else the item `name` brings; `own` is its mapping of further names, or NULL. */
static bool open_item(compiler_t *c, const char *variable, const yaml_node_t *name, const yaml_node_t *own, const yaml_node_t *with, item_t *item)
{
    size_t n = own ? own->count : 0;
    yaml_pair_t *names = arena_take(c->arena, 1 + n, sizeof *names);

    names[0] = (yaml_pair_t){variable, name->place, name};
    if (n) memcpy(names + 1, own->pairs, n * sizeof *names);
    *item = (item_t){.c = c, .names = names, .n = 1 + n};
    return !with || add_columns(c, with, variable, name, item);
}

static const yaml_node_t *find_block(compiler_t *c, const yaml_node_t *root, const yaml_node_t *use, place_t place)
{
    const yaml_node_t *blocks = yaml_get(root, "blocks");
    const char *name = use ? compile_name(c, use, "the name of a block") : NULL;
    const yaml_node_t *block = name ? yaml_get(blocks, name) : NULL;

    if (!use) diag_error(c->diag, place, "name a block of `blocks`", "`use` is missing");
    else if (name && !block) {
        size_t n = blocks && blocks->kind == YAML_MAPPING ? blocks->count : 0;
        const char **known = arena_take(c->arena, n + 1, sizeof *known);
        for (size_t i = 0; i < n; i++) known[i] = blocks->pairs[i].key;
        diag_error(c->diag, use->place, compile_suggest(c, name, known, n), "there is no block `%s`", name);
    } else if (block && block->kind != YAML_MAPPING) {
        diag_error(c->diag, block->place, "write sections of a model, such as `processes:`", "the block `%s` is not a mapping", name);
        block = NULL;
    }
    return block;
}

/* The one key of `for each` that is the variable. */
static const yaml_pair_t *find_variable(compiler_t *c, const yaml_node_t *loop)
{
    const yaml_pair_t *variable = NULL;

    for (size_t i = 0; loop->kind == YAML_MAPPING && i < loop->count; i++) {
        const char *key = loop->pairs[i].key;
        if (same_text(key, "use") || same_text(key, "with") || compile_is_remark(key)) continue;
        if (variable) {
            diag_error(c->diag, loop->pairs[i].place, "write one `for each` for each variable", "a second variable, `%s`", key);
            return NULL;
        }
        variable = &loop->pairs[i];
    }
    if (!variable || variable->value->kind == YAML_SCALAR) {
        diag_error(c->diag, loop->place, "write for each: {NAME: [ITEM, ITEM], use: BLOCK}", "`for each` has no list of items");
        return NULL;
    }
    return variable;
}

/* The copies of one loop's block, joined. */
static const yaml_node_t *copies(compiler_t *c, const yaml_node_t *root, const yaml_node_t *loop)
{
    const yaml_pair_t *variable = find_variable(c, loop);
    const yaml_node_t *block = find_block(c, root, yaml_get(loop, "use"), loop->place), *with = yaml_get(loop, "with"), *joined = NULL;

    if (!variable || !block) return NULL;
    const yaml_node_t *list = variable->value;
    for (size_t i = 0; i < list->count; i++) {
        bool is_mapping = list->kind == YAML_MAPPING;
        const yaml_node_t *name = is_mapping ? compose_scalar(c->arena, list->pairs[i].place, list->pairs[i].key) : list->items[i];
        const yaml_node_t *own = is_mapping && list->pairs[i].value->kind == YAML_MAPPING ? list->pairs[i].value : NULL;
        item_t item;
        if (!compile_name(c, name, "an item of `for each`") || !open_item(c, variable->key, name, own, with, &item)) continue;
        const yaml_node_t *copy = filled_node(&item, block);
        joined = joined ? join(&(join_t){c->arena, c->diag, JOIN_ALIKE}, "", joined, copy) : copy;
    }
    return joined;
}

/* The mapping without what has been dealt with. */
static const yaml_node_t *without_composition(compiler_t *c, const yaml_node_t *root)
{
    static const char *const done[] = {"include", "blocks", "for each"};
    yaml_pair_t *pairs = arena_take(c->arena, root->count, sizeof *pairs);
    size_t n = 0;

    for (size_t i = 0; i < root->count; i++) {
        bool is_done = false;
        for (size_t k = 0; k < sizeof done / sizeof *done; k++) is_done |= same_text(root->pairs[i].key, done[k]);
        if (!is_done) pairs[n++] = root->pairs[i];
    }
    return compose_mapping(c->arena, root->place, pairs, n);
}

const yaml_node_t *compose_model(compiler_t *c, const yaml_node_t *root)
{
    if (!yaml_get(root, "include") && !yaml_get(root, "blocks") && !yaml_get(root, "for each")) return root;
    const yaml_node_t *model = with_includes(c, root), *loops = yaml_get(model, "for each"), *joined = NULL;
    for (size_t i = 0; loops && i < compile_count(loops); i++) {
        const yaml_node_t *copy = copies(c, model, compile_item(loops, i));
        if (copy) joined = joined ? compose_join(c->arena, joined, copy, false) : copy;
    }
    model = without_composition(c, model);
    return joined ? compose_join(c->arena, joined, model, false) : model;
}
