/* Pure arithmetic on numbers of people: see the header. Knows neither tallies nor models. */
#include "stats/disclosure.h"

#include <math.h>
#include <stdio.h>

/* Counts come from means: 11 people may be 10.999999999 of them. */
#define ROUNDING 1e-6

double disclosure_imported(const disclosure_t *rule, double people)
{
    return rule->imported > 0 && rule->imported < rule->people ? people * (rule->imported / rule->people) : people;
}

double disclosure_people(const disclosure_t *rule, double mean, double se)
{
    const double n = rule->people, squares = mean * mean + (n > 1 ? (n - 1) * se * se : 0);

    if (squares == 0) return 0;
    return fmin(n, fmax(1, n * mean * mean / squares));
}

bool disclosure_is_small(const disclosure_t *rule, double people)
{
    return !disclosure_is_off(rule) && people > 0 && people < rule->minimum * (1 - ROUNDING);
}

/* One line of a table: every `step`th of the figures. The lines that cross it have n_across, `step_across` apart. */
typedef struct {
    const disclosure_t *rule;
    const double *people;
    bool *hidden;
    size_t n, step;
    const bool *table;
    size_t n_across, step_across;
} line_t;

/* Where something is hidden across already, a second figure there is needed anyway. */
static bool is_crossed(const line_t *line, size_t i)
{
    for (size_t k = 0; k < line->n_across; k++)
        if (line->table[i * line->step + k * line->step_across]) return true;
    return false;
}

static bool is_better(const line_t *line, size_t i, size_t best)
{
    const double own = line->people[i * line->step], other = line->people[best * line->step];
    const bool is_own_crossed = is_crossed(line, i), is_other_crossed = is_crossed(line, best);

    if ((own > 0) != (other > 0)) return own > 0;
    return is_own_crossed != is_other_crossed ? is_own_crossed : own < other;
}

/* Of the figures that are shown: about somebody, if there are such; in need of being hidden; about few people. n: none is shown. */
static size_t next_to_hide(const line_t *line)
{
    size_t best = line->n;

    for (size_t i = 0; i < line->n; i++)
        if (!line->hidden[i * line->step] && (best == line->n || is_better(line, i, best))) best = i;
    return best;
}

/* Whether what is hidden could be told, or as good as told, from the sum of the line and what is shown. */
static bool is_told(const line_t *line)
{
    size_t n_hidden = 0;
    double people = 0;

    for (size_t i = 0; i < line->n; i++) {
        if (!line->hidden[i * line->step]) continue;
        n_hidden++;
        people += line->people[i * line->step];
    }
    return n_hidden > 0 && (n_hidden < 2 || people < line->rule->minimum * (1 - ROUNDING));
}

/* Returns whether anything was hidden. */
static bool complement(const line_t *line)
{
    bool is_changed = false;

    while (is_told(line)) {
        const size_t next = next_to_hide(line);
        if (next == line->n) break;
        line->hidden[next * line->step] = true;
        is_changed = true;
    }
    return is_changed;
}

void disclosure_partition(const disclosure_t *rule, size_t n, const double *people, bool *hidden)
{
    disclosure_table(rule, 1, n, people, hidden);
}

void disclosure_table(const disclosure_t *rule, size_t n_rows, size_t n_columns, const double *people, bool *hidden)
{
    bool is_changed = true;

    if (disclosure_is_off(rule)) return;
    for (size_t i = 0; i < n_rows * n_columns; i++) hidden[i] = hidden[i] || disclosure_is_small(rule, people[i]);
    while (is_changed) { /* ends: what is hidden stays hidden */
        is_changed = false;
        for (size_t r = 0; r < n_rows; r++)
            is_changed |= complement(&(line_t){rule, people + r * n_columns, hidden + r * n_columns, n_columns, 1, hidden, n_rows, n_columns});
        for (size_t c = 0; n_rows > 1 && c < n_columns; c++)
            is_changed |= complement(&(line_t){rule, people + c, hidden + c, n_rows, n_columns, hidden, n_columns, 1});
    }
}

const char *disclosure_sentence(const disclosure_t *rule, char *text, size_t size)
{
    snprintf(text, size,
             "People come from a file: figures about 1 to %.0f people, and those that would tell such a figure by subtraction, are hidden. Groups by "
             "who people are count people of the file, what happens to them counts people simulated. --min-cell N sets another least number, 0 shows all.",
             ceil(rule->minimum) - 1);
    return text;
}
