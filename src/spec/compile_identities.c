/*
 * People of a file must not be found again in what a run leaves behind: the file is no source that is kept, a column that tells who somebody
 * is becomes a pseudonym, and the model knows how many people stand behind it. Never prints an identifier.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "spec/compile_people.h"
#include "spec/pseudonym.h"

#define PSEUDONYM "pseudonym"

/* One identifier and its row. */
typedef struct {
    double pseudonym;
    size_t row;
} identity_t;

/* Names that columns of identifiers have. */
static bool names_identifier(const char *name)
{
    static const char *const words[] = {"id", "identifier", "mrn", "ssn", "nhs", "name", "surname", "email", "phone"};
    char word[32];

    for (const char *at = name; *at;) {
        size_t n = 0;
        for (; *at && isalnum((unsigned char)*at); at++)
            if (n + 1 < sizeof word) word[n++] = *at;
        word[n] = '\0';
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (strcasecmp(word, words[i]) == 0) return true;
        while (*at && !isalnum((unsigned char)*at)) at++;
    }
    return false;
}

bool people_check_columns(compiler_t *c, const yaml_node_t *file)
{
    const size_t n_errors = diag_errors(c->diag);
    const yaml_node_t *columns = yaml_get(file, "columns"), *id = yaml_get(file, "id");

    for (size_t i = 0; i < columns->count; i++) {
        const yaml_pair_t *pair = &columns->pairs[i];
        const bool is_id = id && id->kind == YAML_SCALAR && strcmp(pair->key, id->text) == 0;
        if (is_id || (pair->value->kind == YAML_SCALAR && strcmp(pair->value->text, "number") == 0 && names_identifier(pair->key)))
            diag_error(c->diag, pair->place, diag_format(c->diag, "leave it out of `columns`; `id: %s` stores a pseudonym", pair->key),
                       "`%s` would be stored with every person, and tells who they are", pair->key);
    }
    return diag_errors(c->diag) == n_errors;
}

static int by_pseudonym(const void *a, const void *b)
{
    const identity_t *x = a, *y = b;

    if (x->pseudonym != y->pseudonym) return x->pseudonym < y->pseudonym ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

/* Two rows of one person, or, once in thousands of files of a million people, two people with one pseudonym. */
static bool are_different(compiler_t *c, const csv_table_t *csv, int column, identity_t *identities)
{
    qsort(identities, csv->n_rows, sizeof *identities, by_pseudonym);
    for (size_t i = 1; i < csv->n_rows; i++) {
        if (identities[i].pseudonym != identities[i - 1].pseudonym) continue;
        const csv_cell_t *first = csv_cell(csv, identities[i - 1].row, column), *second = csv_cell(csv, identities[i].row, column);
        if (strcmp(first->text, second->text) != 0)
            diag_error(c->diag, second->place, "let POPGX_PSEUDONYM_KEY name another key", "two people of the file have the same pseudonym");
        else
            diag_error(c->diag, second->place, "a file has one row for each person", "this person is in line %d already", first->place.line);
        return false;
    }
    return true;
}

static bool fill(compiler_t *c, const csv_table_t *csv, int column, double *to)
{
    unsigned char key[SIPHASH_KEY_BYTES];
    identity_t *identities = arena_take(c->arena, csv->n_rows + 1, sizeof *identities);

    if (pseudonym_key(key) != POPGX_OK) {
        diag_error(c->diag, csv->header[column].place, "see `people` in docs/model-language.md", "%s", popgx_err_detail());
        return false;
    }
    for (size_t r = 0; r < csv->n_rows; r++) {
        const csv_cell_t *cell = csv_cell(csv, r, column);
        if (!*cell->text) {
            diag_error(c->diag, cell->place, "fill it in, or take the person out", "this person has no identifier");
            return false;
        }
        to[r] = pseudonym_of(key, cell->text);
        identities[r] = (identity_t){to[r], r};
    }
    return are_different(c, csv, column, identities);
}

void people_add_pseudonym(compiler_t *c, const yaml_node_t *file)
{
    const struct people *people = people_of(c);
    const yaml_node_t *id = yaml_get(file, "id");
    const csv_table_t *csv = people->file;

    if (!csv || !id || people->row == MODEL_NONE) return;
    const int column = id->kind == YAML_SCALAR ? csv_column(csv, id->text) : -1;
    if (column < 0) {
        diag_error(c->diag, id->place, "name the column that tells who a person is", "%s has no such column", csv->file);
        return;
    }
    for (int32_t i = 0; i < c->model->n_numbers; i++)
        if (strcmp(model_text(c->model, c->model->numbers[i].name), PSEUDONYM) == 0) {
            diag_error(c->diag, id->place, "give that number another name", "`%s` is what the column of pseudonyms is called", PSEUDONYM);
            return;
        }
    const int32_t first = builder_add_reals(c->model, (int32_t)csv->n_rows);
    if (!fill(c, csv, column, c->model->reals + first)) return;
    const model_name_t name = builder_text(c->model, PSEUDONYM), unit = builder_text(c->model, "");
    const int32_t number = builder_add_numbers(c->model, 1);
    c->model->numbers[number] = (model_number_t){.name = name, .unit = unit, .per_unit = 1};
    people_step(c, (model_step_t){.kind = STEP_CELL, .to = number, .from = people->row, .first = first});
    fprintf(c->summary, "  %s: of the column %s, with a key that is not in the run\n", PSEUDONYM, id->text);
}
