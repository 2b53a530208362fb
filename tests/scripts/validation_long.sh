#!/usr/bin/env bash
# The same with 50, 50 and 15 million patients, and the published incremental cost-effectiveness ratios within 4 %.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/validation.sh" "$1" 50
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$1/popgx" run "$here/../../jobs/clopidogrel-cyp2c19/published.yaml" --patients 50e6 --json --quiet > "$scratch/results.json"
"$here/../validation/validate" "$scratch/results.json" "$here/../validation/published_icers.csv"
