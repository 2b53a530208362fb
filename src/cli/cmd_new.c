/* `popgx new`: a running, commented model to start from. Never replaces a file. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/embedded.h"
#include "cli/options.h"
#include "spec/diag.h"

static const embedded_t *find_template(const char *name)
{
    for (const embedded_t *e = embedded; e->name; e++)
        if (strcmp(e->name, name) == 0) return e;
    return NULL;
}

static popgx_err_t fail_unknown(const char *name)
{
    enum { MOST = 32 };
    const char *known[MOST];
    char list[256] = "";
    size_t n = 0;

    for (const embedded_t *e = embedded; e->name && n < MOST; e++) {
        known[n++] = e->name;
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", n > 1 ? ", " : "", e->name);
    }
    const char *nearest = diag_nearest(name, known, n);
    if (nearest) return FAIL(INPUT, "there is no template '%s': did you mean '%s'?", name, nearest);
    return FAIL(INPUT, "there is no template '%s': there are %s", name, list);
}

static popgx_err_t write_template(const embedded_t *template, const char *path)
{
    FILE *out = path ? fopen(path, "wx") : stdout;

    if (!out && errno == EEXIST) return FAIL(EXISTS, "%s exists: choose another name", path);
    if (!out) return FAIL(IO, "cannot write %s: %s", path, strerror(errno));
    bool is_written = fwrite(template->bytes, 1, template->n_bytes, out) == template->n_bytes;
    if (path && fclose(out) != 0) is_written = false;
    if (!is_written) return FAIL(IO, "cannot write %s: %s", path ? path : "to standard output", strerror(errno));
    if (path) printf("%s is a running model: popgx run %s\n", path, path);
    return POPGX_OK;
}

popgx_err_t cmd_new(int argc, char **argv)
{
    const char *output = NULL, *name;
    const option_t options[] = {{"output", 'o', OPTION_TEXT, &output, "MODEL.yaml", "write to this file, which must not exist (default: standard output)"}};
    const usage_t usage = {
        "new", "TEMPLATE",
        "Writes a commented model that runs as it is, for you to change:\n"
        "  pgx       a drug, a gene with its alleles by ancestry, and a panel\n"
        "  cohort    a disease in yearly cycles with transition probabilities\n"
        "  oncology  progression and death in continuous time, a companion test\n"
        "  events    competing and recurrent events with effects that wear off",
        "  popgx new pgx > model.yaml\n"
        "  popgx new cohort -o model.yaml && popgx run model.yaml\n",
        options, sizeof options / sizeof *options};

    popgx_err_t err = options_parse(&usage, argc, argv, &name);
    if (err || !name) return err;
    const embedded_t *template = find_template(name);
    return template ? write_template(template, output) : fail_unknown(name);
}
