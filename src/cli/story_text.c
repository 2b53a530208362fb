/*
 * Stories as text: rows are times, columns are strategies. Too many columns for the page go into bands, one below the
 * other. What happened at one time under one strategy is a list of lines; a bar between columns marks the times at which
 * the strategies differ, so that the eye finds where the stories part.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/numbers.h"
#include "cli/story.h"
#include "cli/text_table.h"
#include "core/memory.h"

enum {
    TIME_WIDTH = 20,    /* days, years and a spare blank */
    GAP = 3,            /* between columns: blanks, or a bar */
    LEAST_COLUMN = 34,
    MOST_COLUMN = 72,
    HANGING_INDENT = 6, /* of the second and later lines of something that did not fit */
    MINUTES_PER_DAY = 1440,
};

/* ---- lines of one time under one strategy ---- */

typedef struct {
    arena_t *arena;
    size_t width;
    const char **lines;
    size_t n, capacity;
} lines_t;

static void push_line(lines_t *to, const char *text, size_t bytes, size_t indent)
{
    if (to->n == to->capacity) {
        to->capacity = to->capacity ? 2 * to->capacity : 16;
        to->lines = memory_resize(to->lines, to->capacity, sizeof *to->lines);
    }
    char *line = arena_take(to->arena, indent + bytes + 1, 1);
    memset(line, ' ', indent);
    memcpy(line + indent, text, bytes);
    to->lines[to->n++] = line;
}

/* Bytes of the longest part of `text` that has at most `width` characters and ends at a blank, if there is one. */
static size_t part_that_fits(const char *text, size_t width)
{
    size_t characters = 0, at = 0, blank = 0;

    for (; text[at]; at++) {
        if (((unsigned char)text[at] & 0xc0) == 0x80) continue;
        if (characters == width) return blank > strspn(text, " ") ? blank : at;
        if (text[at] == ' ') blank = at;
        characters++;
    }
    return at;
}

static void add_line(lines_t *to, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add_line(lines_t *to, const char *fmt, ...)
{
    char whole[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(whole, sizeof whole, fmt, args);
    va_end(args);
    size_t indent = 0;
    for (const char *rest = whole; *rest; indent = HANGING_INDENT) {
        size_t bytes = part_that_fits(rest, to->width - indent);
        push_line(to, rest, bytes, indent);
        rest += bytes;
        rest += strspn(rest, " ");
    }
}

/* ---- what an entry says ---- */

/* A time, in the unit that suits its size; no blank before the unit, so that lines are not cut there. */
static number_text_t time_text(const model_t *m, int32_t minute)
{
    number_text_t out;
    if (minute == 0) snprintf(out.text, sizeof out.text, "entry");
    else if (minute < m->settings.minutes_per_year) snprintf(out.text, sizeof out.text, "%.2fd", (double)minute / MINUTES_PER_DAY);
    else snprintf(out.text, sizeof out.text, "%.3fy", minute / m->settings.minutes_per_year);
    return out;
}

static void say_clock(lines_t *to, const model_t *m, const story_entry_t *entry)
{
    const model_clock_t *clock = &m->clocks[entry->index];
    const char *name = model_text(m, m->moments[clock->moment].name);
    bool is_hazard = clock->kind == CLOCK_HAZARD;
    char speed[128] = "", due[96];

    if (is_hazard) snprintf(speed, sizeof speed, " %.4g / %.4g", entry->clock.threshold, entry->clock.ratio);
    if (entry->clock.due == MODEL_NEVER) snprintf(due, sizeof due, "never");
    else
        snprintf(due, sizeof due, "%s%s", time_text(m, entry->clock.due).text,
                 entry->clock.due < m->settings.horizon ? "" : ", too late");
    if (entry->kind == ENTRY_AIMED) add_line(to, "  ~ %s:%s -> %s", name, speed, due);
    else if (is_hazard) add_line(to, "  ~ %s stops, %.4g left", name, entry->clock.threshold);
    else add_line(to, "  ~ %s stops", name);
}

static void say_branch(lines_t *to, const model_t *m, const story_entry_t *entry)
{
    int32_t outcome = m->indices[m->branches[entry->index].outcomes + entry->chosen];
    add_line(to, "  u %.5g in %.5g to %.5g -> %s", entry->uniform, entry->low, entry->high,
             outcome == MODEL_NONE ? "nothing" : model_text(m, m->moments[outcome].name));
}

static bool is_life_years(const model_t *m, int32_t outcome)
{
    return outcome == m->settings.life_years || outcome == m->settings.life_years_undiscounted;
}

/* Life years are one bill per life: the totals show them. */
static void say_bill(lines_t *to, const model_t *m, const story_entry_t *entry)
{
    const model_cell_t *cell = &m->cells[entry->index];
    const model_outcome_t *outcome = &m->outcomes[cell->outcome];
    bool is_money = cell->outcome == m->settings.cost;
    const char *unit = model_text(m, is_money ? outcome->unit : outcome->name), *name = model_text(m, cell->name);
    char span[128] = "", why[96] = "";

    if (is_life_years(m, cell->outcome)) return;
    if (entry->from != entry->to)
        snprintf(span, sizeof span, ", %s to %s", time_text(m, entry->from).text, time_text(m, entry->to).text);
    if (!strstr(entry->why, name)) snprintf(why, sizeof why, " (%s)", entry->why);
    add_line(to, "  %s%s %s: %s%s%s", entry->amount < 0 ? "" : "+", number_grouped(entry->amount, is_money ? 2 : 6).text, unit,
             name, why, span);
}

/* The end of a cycle, and that nothing came of chance. */
static bool is_uneventful(const model_t *m, const story_entry_t *entry)
{
    if (entry->kind == ENTRY_MOMENT) return m->moments[entry->index].kind == MOMENT_CYCLE;
    return entry->kind == ENTRY_BRANCH && m->indices[m->branches[entry->index].outcomes + entry->chosen] == MODEL_NONE;
}

static void say(lines_t *to, const model_t *m, const story_entry_t *entry, const story_layout_t *layout)
{
    if (layout->is_brief && is_uneventful(m, entry)) return;
    switch (entry->kind) {
    case ENTRY_MOMENT:
        if (entry->occurrence > 0)
            add_line(to, "%s (no. %d)", model_text(m, m->moments[entry->index].name), entry->occurrence + 1);
        else add_line(to, "%s", model_text(m, m->moments[entry->index].name));
        break;
    case ENTRY_CHANGE:
        add_line(to, "  %s: %s -> %s", model_text(m, m->slots[entry->index].name), model_level_name(m, entry->index, entry->from),
                 model_level_name(m, entry->index, entry->to));
        break;
    case ENTRY_BRANCH: say_branch(to, m, entry); break;
    case ENTRY_TEST:
        if (m->tests[entry->index].failure > 0)
            add_line(to, "  u %.5g: %s", entry->uniform, entry->chosen ? "the test works" : "the test fails");
        break;
    case ENTRY_AIMED:
    case ENTRY_STOPPED:
        if (!layout->is_brief) say_clock(to, m, entry);
        break;
    case ENTRY_BILL: say_bill(to, m, entry); break;
    }
}

/* ---- who ---- */

static void add_fact(text_table_t *table, const char *name, const char *value)
{
    text_table_cell(table, "%s", name);
    text_table_cell(table, "%s", value);
}

static void add_attributes(text_table_t *table, const protagonist_t *who)
{
    const model_t *m = who->model;

    for (int32_t i = 0; i < m->n_numbers; i++) {
        double value = who->people.number[i][0] / m->numbers[i].per_unit;
        if (m->numbers[i].is_hidden) continue;
        text_table_cell(table, "%s", model_text(m, m->numbers[i].name));
        text_table_cell(table, "%.6g %s", value, model_text(m, m->numbers[i].unit));
    }
    for (int32_t s = 0; s < m->settings.n_attributes; s++)
        if (m->slots[s].is_reported)
            add_fact(table, model_text(m, m->slots[s].name), model_level_name(m, s, who->people.level[s][0]));
}

static void add_genes(text_table_t *table, const protagonist_t *who)
{
    const model_t *m = who->model;

    for (int32_t g = 0; g < m->n_genes; g++) {
        model_span_t alleles = m->genes[g].allele_names;
        int32_t diplotype = who->people.diplotype[g][0];
        text_table_cell(table, "%s", model_text(m, m->genes[g].name));
        text_table_cell(table, "%s/%s", model_text(m, m->name_list[alleles.first + diplotype / alleles.count]),
                   model_text(m, m->name_list[alleles.first + diplotype % alleles.count]));
    }
}

static void add_tests(text_table_t *table, const protagonist_t *who)
{
    const model_t *m = who->model;

    for (int32_t t = 0; t < m->n_tests; t++)
        for (int32_t i = 0; i < m->tests[t].readings.count; i++) {
            const model_reading_t *reading = &m->readings[m->tests[t].readings.first + i];
            if (reading->drawn.width || reading->map != MODEL_NONE || reading->called == MODEL_NONE) continue; /* drawn anew each time */
            text_table_cell(table, "%s would show", model_text(m, m->tests[t].name));
            text_table_cell(table, "%s: %s", model_text(m, m->slots[reading->observation].name),
                       model_level_name(m, reading->observation, 1 + who->people.level[reading->called][0]));
        }
}

static void print_person(const protagonist_t *who, FILE *out)
{
    char title[64];
    text_table_t *table = text_table_new();

    snprintf(title, sizeof title, "person %llu, seed %llu", (unsigned long long)who->patient, (unsigned long long)who->seed);
    text_table_column(table, ALIGN_LEFT, "%s", title);
    text_table_column(table, ALIGN_LEFT, "at entry");
    add_attributes(table, who);
    add_genes(table, who);
    add_tests(table, who);
    text_table_print(table, out);
    text_table_free(table);
}

/* ---- a band of stories ---- */

typedef struct {
    const model_t *m;
    const story_layout_t *layout;
    const story_t *stories; /* [n] of this band */
    size_t n, width;        /* of a column */
    size_t *next;           /* [n]: the entry of each story that comes next */
    lines_t *lines;         /* [n]: of the time in hand */
    FILE *out;
} band_t;

static void print_padded(const band_t *band, const char *text, size_t column)
{
    fputs(text, band->out);
    if (column + 1 < band->n) fprintf(band->out, "%*s", (int)(band->width - text_width(text)), "");
}

static void print_band_head(const band_t *band)
{
    fprintf(band->out, "\n%9s  %8s", "days", "years");
    for (size_t s = 0; s < band->n; s++) {
        char name[MOST_COLUMN + 1];
        const char *whole = model_text(band->m, band->m->strategies[band->stories[s].strategy].name);
        snprintf(name, sizeof name, "%.*s", (int)part_that_fits(whole, band->width), whole);
        fprintf(band->out, "%*s", GAP, "");
        print_padded(band, name, s);
    }
    fprintf(band->out, "\n%9s  %8s", "---------", "--------");
    for (size_t s = 0; s < band->n; s++) {
        fprintf(band->out, "%*s", GAP, "");
        for (size_t i = 0; i < band->width; i++) fputc('-', band->out);
    }
    fputc('\n', band->out);
}

/* The earliest time that a story of the band has not reached; false if all are told. */
static bool next_time(const band_t *band, int32_t *minute)
{
    bool is_found = false;

    for (size_t s = 0; s < band->n; s++) {
        const story_t *story = &band->stories[s];
        if (band->next[s] == story->n) continue;
        int32_t own = story->entries[band->next[s]].minute;
        if (!is_found || own < *minute) *minute = own;
        is_found = true;
    }
    return is_found;
}

static void collect_lines(band_t *band, int32_t minute)
{
    for (size_t s = 0; s < band->n; s++) {
        const story_t *story = &band->stories[s];
        band->lines[s].n = 0;
        for (; band->next[s] < story->n && story->entries[band->next[s]].minute == minute; band->next[s]++)
            say(&band->lines[s], band->m, &story->entries[band->next[s]], band->layout);
    }
}

static const char *line_of(const lines_t *lines, size_t i) { return i < lines->n ? lines->lines[i] : ""; }

static bool is_same_line(const band_t *band, size_t i)
{
    for (size_t s = 1; s < band->n; s++)
        if (strcmp(line_of(&band->lines[s], i), line_of(&band->lines[0], i)) != 0) return false;
    return true;
}

static void print_lines(const band_t *band, int32_t minute)
{
    size_t n = 0;
    bool is_same = true;

    for (size_t s = 0; s < band->n; s++)
        if (band->lines[s].n > n) n = band->lines[s].n;
    for (size_t i = 0; i < n; i++) is_same = is_same && is_same_line(band, i);
    for (size_t i = 0; i < n; i++) {
        if (i == 0)
            fprintf(band->out, "%9.2f  %8.3f", (double)minute / MINUTES_PER_DAY, minute / band->m->settings.minutes_per_year);
        else fprintf(band->out, "%9s  %8s", "", "");
        for (size_t s = 0; s < band->n; s++) {
            fputs(s == 0 || is_same ? "   " : " | ", band->out);
            print_padded(band, line_of(&band->lines[s], i), s);
        }
        fputc('\n', band->out);
    }
}

static void print_totals(const band_t *band)
{
    const model_t *m = band->m;
    text_table_t *table = text_table_new();

    text_table_column(table, ALIGN_LEFT, "total");
    for (size_t s = 0; s < band->n; s++)
        text_table_column(table, ALIGN_RIGHT, "%s", model_text(m, m->strategies[band->stories[s].strategy].name));
    text_table_cell(table, "end");
    for (size_t s = 0; s < band->n; s++)
        text_table_cell(table, "%s %s", band->stories[s].is_dead ? "dead at" : "alive at", time_text(m, band->stories[s].end).text);
    for (int32_t o = 0; o < m->n_outcomes; o++) {
        int decimals = o == m->settings.cost ? 2 : 6;
        const char *unit = model_text(m, m->outcomes[o].unit);
        text_table_cell(table, "%s%s%s", model_text(m, m->outcomes[o].name), *unit ? ", " : "", unit);
        for (size_t s = 0; s < band->n; s++) text_table_cell(table, "%s", number_grouped(band->stories[s].outcomes[o], decimals).text);
        model_span_t cells = m->outcomes[o].cells;
        if (is_life_years(m, o)) continue;
        for (int32_t c = cells.first; c < cells.first + cells.count; c++) {
            text_table_cell(table, "  %s", model_text(m, m->cells[c].name));
            for (size_t s = 0; s < band->n; s++) text_table_cell(table, "%s", number_grouped(band->stories[s].cells[c], decimals).text);
        }
    }
    fputc('\n', band->out);
    text_table_print(table, band->out);
    text_table_free(table);
}

static void print_band(band_t *band)
{
    int32_t minute = 0;
    arena_t *arena = arena_new();

    band->next = arena_take(arena, band->n, sizeof *band->next);
    band->lines = arena_take(arena, band->n, sizeof *band->lines);
    for (size_t s = 0; s < band->n; s++) band->lines[s] = (lines_t){.arena = arena, .width = band->width};
    print_band_head(band);
    while (next_time(band, &minute)) {
        collect_lines(band, minute);
        print_lines(band, minute);
    }
    print_totals(band);
    for (size_t s = 0; s < band->n; s++) free(band->lines[s].lines);
    arena_free(arena);
}

/* ---- the page ---- */

void story_print(const protagonist_t *who, const story_t *stories, size_t n, const story_layout_t *layout, FILE *out)
{
    size_t room = (size_t)layout->width - TIME_WIDTH, columns = room / (LEAST_COLUMN + GAP);

    if (columns > n) columns = n;
    size_t bands = (n + columns - 1) / columns;
    columns = (n + bands - 1) / bands; /* as even as possible */
    size_t width = room / columns - GAP;
    print_person(who, out);
    for (size_t first = 0; first < n; first += columns) {
        band_t band = {
            .m = who->model, .layout = layout, .stories = stories + first, .out = out,
            .n = first + columns < n ? columns : n - first, .width = width < MOST_COLUMN ? width : MOST_COLUMN,
        };
        print_band(&band);
    }
}
