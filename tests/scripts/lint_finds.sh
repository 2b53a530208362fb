#!/usr/bin/env bash
# lint finds each kind of mistake it looks for: plants one of each in an empty tree and expects exactly those.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/bin"
ln -s "$(command -v true)" "$place/bin/shellcheck"   # shell scripts are not what is tested here
PATH=$place/bin:$PATH
mkdir -p "$place"/{scripts,docs,kernels,src/core,src/model,src/engine,src/spec,src/cluster,tests,.ci}
cp "$root/scripts/lint" "$place/scripts/"

expect() # expect TEXT: lint fails and says it
{
    local said
    if said=$("$place/scripts/lint" 2>&1) || ! grep -qF "$1" <<< "$said"; then
        printf 'lint did not say: %s\nbut:\n%s\n' "$1" "$said" >&2
        exit 1
    fi
}
plant() { printf '%s\n' "$2" > "$place/$1"; }

plant docs/source-map.md $'| files | what they do |\n|---|---|\n| `a`, `b` | letters |\n`c` and `d`'
plant src/model/a.c ''
plant src/engine/b.c ''
"$place/scripts/lint" | grep -q 'nothing found'
plant src/model/e.c ''
expect 'src/model/e.c:1:  <- say in docs/source-map.md what is in it'
rm "$place/src/model/e.c" "$place/src/engine/b.c"
expect 'docs/source-map.md:1: b  <- no such source file'

plant src/model/a.c '#include "engine/engine.h"'
expect "layers: model may include only"
plant src/model/a.c '#include "core/err.h"'
plant src/engine/b.c '#include <mpi.h>'
expect 'only src/cluster knows MPI'
plant src/engine/b.c $'/* log(x) of\n exp(x) */ double f(double x) { /* pow(x) */ return exp(x); }'
expect 'src/engine/b.c:2:'
plant src/engine/b.c $'/* log(x) of\n exp(x) */ double f(double x) { /* pow(x) */ return log_portable(x); }'
"$place/scripts/lint" | grep -q 'nothing found'
plant src/engine/b.c '#include "model/model.h"'
plant src/cluster/c.c '#include <hdf5.h>'
expect 'only src/store knows HDF5'
plant src/cluster/c.c '#include <mpi.h>'
plant src/spec/d.c '#include <libfyaml.h>'
expect 'only src/spec/yaml.c knows the YAML library'
plant src/spec/d.c "/* TO""DO */"
expect 'left undone'
plant src/spec/d.c "/* /ho""me/me/data */"
expect 'a path of one machine'
plant src/spec/d.c "$(printf 'int x;\n%.0s' {1..801})"
expect 'longer than 800 lines'
rm "$place/src/spec/d.c"
mkdir "$place/src/fresh"
expect 'a module that no layer has'
rmdir "$place/src/fresh"

"$place/scripts/lint" | grep -q 'nothing found'
