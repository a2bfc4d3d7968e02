#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# tidy.sh SOURCE_DIR: the headers as clang-tidy 19 sees them through two programs: one that includes what most programs
# do, and one with options, instances and artefacts.
cd "$1" || exit 1
if ! command -v clang-tidy-19 >/dev/null; then
    echo "SKIPPED: clang-tidy-19 is not installed"
    exit 0
fi
tidy() {
    clang-tidy-19 --quiet --warnings-as-errors='*' --header-filter='include/daemonkit/.*' "test/example/$1.cpp" -- \
        -std=c++20 -Iinclude
}
tidy clockd &
tidy relayd
status=$?
wait $! && exit $status
