/* The mask of permissions is the process's: once people from a file are known it stays closed. */
#include "cli/privacy.h"

#include <sys/stat.h>

#include "cli/json.h"
#include "cli/text_table.h"
#include "store/stored.h"

enum { TEXT_WIDTH = 120 };

static bool is_private;

void privacy_begin(const model_t *model)
{
    if (model->settings.imported <= 0) return;
    is_private = true;
    umask(0077);
}

popgx_err_t privacy_begin_stored(const char *path)
{
    stored_t *stored;
    popgx_err_t err = stored_open_alone(path, &stored);

    if (err) return err;
    privacy_begin(stored_model(stored));
    stored_close(stored);
    return POPGX_OK;
}

FILE *privacy_create(const char *path)
{
    FILE *file = fopen(path, "w");

    if (!file || !is_private || fchmod(fileno(file), 0600) == 0) return file;
    fclose(file);
    return NULL;
}

popgx_err_t privacy_check(const char *path, const disclosure_t *rule)
{
    if (disclosure_is_off(rule) || !disclosure_is_small(rule, disclosure_imported(rule, rule->people))) return POPGX_OK;
    return FAIL(INPUT, "%s: fewer than %g people from a file, or of those simulated: nothing about them is shown (--min-cell)", path, rule->minimum);
}

void privacy_print(const disclosure_t *rule, FILE *out)
{
    char text[512];

    if (disclosure_is_off(rule)) return;
    disclosure_sentence(rule, text, sizeof text);
    text_wrap(text, TEXT_WIDTH);
    fprintf(out, "\n%s\n", text);
}

void privacy_json(const disclosure_t *rule, json_t *answer)
{
    char text[512];

    if (disclosure_is_off(rule)) return;
    json_object_set_new(answer, "disclosure", json_pack("{s:o, s:o, s:s}", "minimum", json_number(rule->minimum), "people_of_file",
                                                        json_number(rule->imported), "rule", disclosure_sentence(rule, text, sizeof text)));
}
