#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# check.sh INCLUDE_DIR COMPILER SOURCE FLAGS…: builds the source with these flags, and runs it.
include=$1 compiler=$2 source=$3
shift 3
if [ ! -x "$compiler" ]; then
    echo "SKIPPED: this compiler is not installed ($compiler)"
    exit 0
fi
place=$(mktemp -d) || exit 1
trap 'rm -rf "$place"' EXIT
"$compiler" -std=c++20 -Wall -Wextra -Werror "$@" -I "$include" "$source" -o "$place/program" -pthread &&
    "$place/program"
