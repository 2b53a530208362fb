#!/usr/bin/env bash
# lint-vectorised finds loops that stayed scalar, and those with narrow vectors, also inside macros; and leaves good ones alone.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$1
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

verdict() { "$root/scripts/lint-vectorised" "$build" "$place/loops.c"; }
plant() { { printf '#include <stdint.h>\n#define SIMD _Pragma("omp simd")\n'; cat; } > "$place/loops.c"; } # the text starts on line 3

expect() # expect TEXT: the check fails and says it
{
    local said
    if said=$(verdict 2>&1) || ! grep -qF "$1" <<< "$said"; then
        printf 'lint-vectorised did not say: %s\nbut:\n%s\n' "$1" "$said" >&2
        exit 1
    fi
}

plant <<'END'
void twice(int32_t n, double *restrict x);
void twice(int32_t n, double *restrict x)
{
    SIMD for (int32_t i = 0; i < n; i++) x[i] *= 2;
}
END
status=0
said=$(verdict) || status=$?
[ "$status" -ne 77 ] || exit 77
grep -q 'each with full vectors' <<< "$said"

plant <<'END'
double outside(double x);
void call(int32_t n, double *restrict x);
void call(int32_t n, double *restrict x)
{
    SIMD for (int32_t i = 0; i < n; i++) x[i] = outside(x[i]);
}
END
expect 'loops.c:7: this loop is not vectorised'

# A search has no length that is known before.
plant <<'END'
#define LOOP(CONDITION)                        \
    SIMD for (int32_t i = 0; i < n; i++)       \
        while (CONDITION) x[i] /= 2;
void halve(int32_t n, double *restrict x);
void halve(int32_t n, double *restrict x)
{
    LOOP(x[i] > 1)
}
END
expect 'loops.c:9: this loop is not vectorised'

# One of two: the good one is not named.
plant <<'END'
void fill(int32_t n, double *restrict x, volatile double *y);
void fill(int32_t n, double *restrict x, volatile double *y)
{
    SIMD for (int32_t i = 0; i < n; i++) x[i] = i;
    SIMD
    for (int32_t i = 0; i < n; i++)
        y[i] = x[i];
}
END
expect 'loops.c:8: this loop is not vectorised'
if verdict | grep -q 'loops.c:6:'; then
    echo "lint-vectorised finds fault with a loop that is vectorised" >&2
    exit 1
fi

# A loop within the loop, of another length for each element.
plant <<'END'
void add(int32_t n, int64_t *restrict x, const int32_t *restrict y, int64_t *restrict total);
void add(int32_t n, int64_t *restrict x, const int32_t *restrict y, int64_t *restrict total)
{
    SIMD for (int32_t i = 0; i < n; i++) {
        for (int32_t k = 0; k < y[i]; k++)
            total[i] += x[k];
    }
}
END
expect 'loops.c:6: this loop is not vectorised'

# A source without a single hot loop is a mistake of whoever asks.
plant <<< 'int nothing;'
if verdict >/dev/null; then exit 1; fi
