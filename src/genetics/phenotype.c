/* Reads and applies phenotype rules. Keeps no state and allocates nothing: a rule points into the text it came from. */
#include "genetics/phenotype.h"

#include <stdlib.h>
#include <string.h>

static const char *skip_blanks(const char *text)
{
    while (*text == ' ') text++;
    return text;
}

/* Whether *text starts with `word`; moves past it and the blanks that follow. */
static bool take(const char **text, const char *word)
{
    size_t n = strlen(word);
    if (strncmp(*text, word, n) != 0) return false;
    *text = skip_blanks(*text + n);
    return true;
}

/* An activity at *text; moves past it and the blanks that follow. */
static bool take_activity(const char **text, activity_t *out)
{
    *out = (activity_t){0};
    if (take(text, "n/a")) return true;
    out->is_at_least = take(text, ">=") || take(text, "\u2265"); /* the sign >= of the published tables */
    char *end;
    double value = strtod(*text, &end);
    if (end == *text || !(value >= 0 && value <= 100)) return false;
    out->is_known = true;
    out->thousandths = (int32_t)(value * 1000.0 + 0.5);
    *text = skip_blanks(end);
    return true;
}

bool activity_parse(const char *text, activity_t *out)
{
    *out = (activity_t){0};
    text = skip_blanks(text);
    return !*text || (take_activity(&text, out) && !*text);
}

activity_t activity_sum(activity_t a, activity_t b)
{
    if (!a.is_known || !b.is_known) return (activity_t){0};
    return (activity_t){a.thousandths + b.thousandths, true, a.is_at_least || b.is_at_least};
}

static bool parse_score(const char *text, phenotype_rule_t *out)
{
    bool is_set = take(&text, "in");
    if (is_set ? !take(&text, "{") : !take(&text, "=")) return false;
    out->kind = PHENOTYPE_BY_SCORE;
    out->first = text;
    activity_t ignored;
    do
        if (!take_activity(&text, &ignored)) return false;
    while (is_set && take(&text, ","));
    out->n_first = (size_t)(text - out->first);
    return (!is_set || take(&text, "}")) && !*text;
}

static bool parse_copies(const char *text, phenotype_rule_t *out)
{
    bool is_at_least = take(&text, ">=") || take(&text, "\u2265");
    if (*text < '0' || *text > '2') return false;
    out->kind = PHENOTYPE_BY_COPIES;
    out->least = *text++ - '0';
    out->most = is_at_least ? 2 : out->least;
    text = skip_blanks(text);
    if ((!take(&text, "copies of") && !take(&text, "copy of")) || !*text) return false;
    out->first = text;
    out->n_first = strlen(text);
    return true;
}

static bool parse_functions(const char *text, phenotype_rule_t *out)
{
    const char *plus = strstr(text, " + ");
    if (!plus) return false;
    out->kind = PHENOTYPE_BY_FUNCTIONS;
    out->first = text;
    out->n_first = (size_t)(plus - text);
    out->second = skip_blanks(plus + 3);
    out->n_second = strlen(out->second);
    return out->n_first > 0 && out->n_second > 0;
}

static bool parse_only(const char *text, phenotype_rule_t *out)
{
    if (!take(&text, "only ") || !*text) return false;
    out->kind = PHENOTYPE_BY_ONLY;
    out->first = text;
    out->n_first = strlen(text);
    return true;
}

bool phenotype_rule_parse(const char *text, phenotype_rule_t *out)
{
    *out = (phenotype_rule_t){0};
    text = skip_blanks(text);
    if (take(&text, "activity_score")) return parse_score(text, out);
    return parse_copies(text, out) || parse_functions(text, out) || parse_only(text, out);
}

static bool is_text(const char *text, const char *slice, size_t n) { return strlen(text) == n && memcmp(text, slice, n) == 0; }

static bool functions_match(const phenotype_rule_t *rule, const char *a, const char *b)
{
    return is_text(a, rule->first, rule->n_first) && is_text(b, rule->second, rule->n_second);
}

/* A score that is only known to be at least x is a case of `>=y` if x >= y, and of no exact score. */
static bool score_matches(const phenotype_rule_t *rule, activity_t score)
{
    const char *text = rule->first, *end = rule->first + rule->n_first;
    activity_t listed;

    while (text < end && take_activity(&text, &listed)) {
        if (!listed.is_known || !score.is_known) {
            if (listed.is_known == score.is_known) return true;
        } else if (listed.is_at_least ? score.thousandths >= listed.thousandths
                                      : !score.is_at_least && score.thousandths == listed.thousandths) {
            return true;
        }
        (void)take(&text, ",");
    }
    return false;
}

bool phenotype_rule_matches(const phenotype_rule_t *rule, const allele_t *a, const allele_t *b)
{
    switch (rule->kind) {
    case PHENOTYPE_BY_FUNCTIONS:
        return b && (functions_match(rule, a->function, b->function) || functions_match(rule, b->function, a->function));
    case PHENOTYPE_BY_SCORE:
        return score_matches(rule, b ? activity_sum(a->activity, b->activity) : a->activity);
    case PHENOTYPE_BY_COPIES: {
        int32_t copies = is_text(a->name, rule->first, rule->n_first) + (b && is_text(b->name, rule->first, rule->n_first));
        return copies >= rule->least && copies <= rule->most;
    }
    case PHENOTYPE_BY_ONLY: return !b && is_text(a->function, rule->first, rule->n_first);
    }
    return false;
}

int32_t phenotype_rule_of(const phenotype_rule_t *rules, size_t n, const allele_t *a, const allele_t *b)
{
    for (size_t i = 0; i < n; i++)
        if (phenotype_rule_matches(&rules[i], a, b)) return (int32_t)i;
    return -1;
}

size_t allele_base(const char *name)
{
    const char *times = strrchr(name, 'x');
    if (!times || times == name || times[1] == '\0') return 0;
    const char *count = times + 1;
    if (strcmp(count, "N") == 0) return (size_t)(times - name);
    (void)(take(&count, ">=") || take(&count, "\u2265"));
    size_t digits = strspn(count, "0123456789");
    return digits > 0 && count[digits] == '\0' ? (size_t)(times - name) : 0;
}
