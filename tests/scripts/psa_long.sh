#!/usr/bin/env bash
# Values of information from 10,000 draws against those of the closed form.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/psa.py" "$1" long
