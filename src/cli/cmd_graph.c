/* popgx graph: the statecharts of a model, for Graphviz, for Mermaid, or as JSON. Draws nothing itself. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/model_input.h"
#include "cli/options.h"
#include "cli/statechart.h"

static const char *name_of(const model_t *m, int32_t slot) { return model_text(m, m->slots[slot].name); }

static bool is_drawn(const model_t *m, int32_t slot) { return m->slots[slot].kind == SLOT_PROCESS && m->slots[slot].is_reported; }

/* `text` in quotes; quotes and backslashes in it stand for themselves. */
static void print_quoted(const char *text, const char *quote)
{
    putchar('"');
    for (; *text; text++) {
        if (*text == '"') fputs(quote, stdout);
        else if (*text == '\\') fputs("\\\\", stdout);
        else putchar(*text);
    }
    putchar('"');
}

static const char *label_of(const model_t *m, const statechart_edge_t *edge)
{
    const char *name = model_text(m, m->moments[edge->moment].name);
    return edge->strategy == MODEL_NONE ? name : model_strategy_name(m, edge->strategy);
}

/* The same edge drawn twice (a strategy that sets a state on several occasions) is one line. */
static bool is_repeated(const model_t *m, const statechart_t *chart, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        const statechart_edge_t *a = &chart->edges[k], *b = &chart->edges[i];
        if (a->slot == b->slot && a->from == b->from && a->to == b->to && strcmp(label_of(m, a), label_of(m, b)) == 0) return true;
    }
    return false;
}

static void print_dot(const model_t *m, const statechart_t *chart)
{
    puts("digraph model {\n  rankdir=LR; node [shape=box, style=rounded, fontname=\"sans-serif\"]; edge [fontname=\"sans-serif\", fontsize=10];");
    for (int32_t slot = 0; slot < m->n_slots; slot++) {
        if (!is_drawn(m, slot)) continue;
        printf("  subgraph cluster_%d {\n    label=", slot);
        print_quoted(name_of(m, slot), "\\\"");
        puts("; style=\"rounded,filled\"; color=\"#d0d7de\"; fillcolor=\"#f6f8fa\";");
        for (int32_t level = 0; level < m->slots[slot].level_names.count; level++) {
            printf("    s%d_%d [label=", slot, level);
            print_quoted(model_level_name(m, slot, level), "\\\"");
            puts(level == m->slots[slot].initial ? ", penwidth=2];" : "];");
        }
        puts("  }");
    }
    for (size_t i = 0; i < chart->n; i++) {
        const statechart_edge_t *e = &chart->edges[i];
        if (is_repeated(m, chart, i)) continue;
        printf("  s%d_%d -> s%d_%d [label=", e->slot, e->from, e->slot, e->to);
        print_quoted(label_of(m, e), "\\\"");
        puts(e->strategy == MODEL_NONE ? "];" : ", style=dashed, color=\"#0969da\", fontcolor=\"#0969da\"];");
    }
    puts("}");
}

static void print_mermaid(const model_t *m, const statechart_t *chart)
{
    puts("stateDiagram-v2");
    for (int32_t slot = 0; slot < m->n_slots; slot++) {
        if (!is_drawn(m, slot)) continue;
        fputs("  state ", stdout);
        print_quoted(name_of(m, slot), "#quot;");
        printf(" as p%d {\n    [*] --> s%d_%d\n", slot, slot, m->slots[slot].initial);
        for (int32_t level = 0; level < m->slots[slot].level_names.count; level++) {
            fputs("    state ", stdout);
            print_quoted(model_level_name(m, slot, level), "#quot;");
            printf(" as s%d_%d\n", slot, level);
        }
        for (size_t i = 0; i < chart->n; i++) {
            const statechart_edge_t *e = &chart->edges[i];
            if (e->slot != slot || is_repeated(m, chart, i)) continue;
            printf("    s%d_%d --> s%d_%d : %s%s\n", slot, e->from, slot, e->to, e->strategy == MODEL_NONE ? "" : "strategy ", label_of(m, e));
        }
        puts("  }");
    }
}

static popgx_err_t print_graph_json(const model_t *m, const statechart_t *chart)
{
    json_t *processes = json_array(), *edges = json_array();

    for (int32_t slot = 0; slot < m->n_slots; slot++) {
        if (!is_drawn(m, slot)) continue;
        json_t *states = json_array();
        for (int32_t level = 0; level < m->slots[slot].level_names.count; level++)
            json_array_append_new(states, json_string(model_level_name(m, slot, level)));
        json_array_append_new(processes, json_pack("{s:s, s:o, s:s}", "name", name_of(m, slot), "states", states, "initial",
                                                   model_level_name(m, slot, m->slots[slot].initial)));
    }
    for (size_t i = 0; i < chart->n; i++) {
        const statechart_edge_t *e = &chart->edges[i];
        json_array_append_new(edges, json_pack("{s:s, s:s, s:s, s:s, s:s?}", "process", name_of(m, e->slot), "from",
                                               model_level_name(m, e->slot, e->from), "to", model_level_name(m, e->slot, e->to), "event",
                                               model_text(m, m->moments[e->moment].name), "strategy",
                                               e->strategy == MODEL_NONE ? NULL : model_strategy_name(m, e->strategy)));
    }
    return json_print(json_pack("{s:s, s:o, s:o}", "title", model_text(m, m->settings.title), "processes", processes, "edges", edges));
}

popgx_err_t cmd_graph(int argc, char **argv)
{
    bool is_json = false;
    const char *format = "dot";
    const option_t options[] = {
        {"format", 'f', OPTION_TEXT, &format, "dot|mermaid", "the language of the drawing (default: dot, for Graphviz)"},
        {"json", 0, OPTION_FLAG, &is_json, NULL, "print the states and edges as one JSON object"}};
    const usage_t usage = {
        "graph", "MODEL",
        "Draws the statecharts of a model: every process with its states, and what leads from one to another. What a\n"
        "strategy does is dashed (Graphviz) or marked (Mermaid). The state at entry has a thick frame.",
        "  popgx graph model.yaml | dot -Tsvg > model.svg\n"
        "  popgx graph model.yaml --format mermaid >> README.md\n",
        options, sizeof options / sizeof *options};
    const char *path;
    model_t model = {0};
    spec_report_t report = {0};
    statechart_t chart = {0};

    popgx_err_t err = options_parse(&usage, argc, argv, &path);
    if (err || !path) return err;
    bool is_dot = strcmp(format, "dot") == 0;
    if (!is_dot && strcmp(format, "mermaid") != 0) return FAIL(INPUT, "--format '%s' is not known: dot or mermaid", format);
    diagnostics_t *diag = diag_new();
    err = model_input_load(path, &(name_list_t){0}, diag, &model, &report);
    if (!err) {
        statechart_init(&chart, &model);
        if (is_json) err = print_graph_json(&model, &chart);
        else if (is_dot) print_dot(&model, &chart);
        else print_mermaid(&model, &chart);
        statechart_release(&chart);
    }
    model_release(&model);
    spec_report_release(&report);
    diag_free(diag);
    return err;
}
