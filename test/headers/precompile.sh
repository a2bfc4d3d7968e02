#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# precompile.sh HEADER PRECOMPILED COMPILER FLAGS…: PRECOMPILED includes HEADER, and is precompiled beside itself.
header=$1 precompiled=$2 compiler=$3
shift 3
[ -x "$compiler" ] || exit 0 # each of those that need it says so
for flag; do # all but -fsyntax-only
    shift
    [ "$flag" = -fsyntax-only ] || set -- "$@" "$flag"
done
mkdir -p "$(dirname "$precompiled")"
printf '#include "%s"\n' "$header" >"$precompiled"
exec "$compiler" "$@" -x c++-header "$precompiled" -o "$precompiled.gch"
