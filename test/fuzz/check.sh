#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# check.sh SOURCE BUILD_DIR COMPILER FLAG...: builds a fuzzer and runs it for five seconds from its seeds.
set -eu
source=$1
build=$2
compiler=$3
shift 3
name=$(basename "$source" .cpp)
here=$(dirname "$source")

if ! command -v "$compiler" >/dev/null; then
    echo "SKIPPED: clang++-19 is not installed"
    exit 0
fi
mkdir -p "$build"
cd "$build"
if ! "$compiler" -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o "$name" "$source" "$@" \
    2>"$name.err"; then
    if grep -q 'libclang_rt\.' "$name.err"; then
        echo "SKIPPED: clang++-19 has no fuzzer runtime (package libclang-rt-19-dev)"
        exit 0
    fi
    cat "$name.err"
    exit 1
fi

found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
words=()
[ ! -e "$here/$name.dict" ] || words=("-dict=$here/$name.dict")
# What the parser itself prints is left out; an input that fails is kept, and `./NAME INPUT` tells all about it.
if ! "./$name" -max_total_time=5 -max_len=5000 -close_fd_mask=3 -print_final_stats=1 -artifact_prefix="$build/$name-" \
    "${words[@]}" "$found" "$here/corpus/$name" >"$name.log" 2>&1; then
    tail -n 40 "$name.log"
    exit 1
fi
tried=$(sed -n 's/^stat::number_of_executed_units: *//p' "$name.log")
[ "$tried" -gt 0 ]
echo "fuzzed $name: $tried inputs tried, $tried held"
