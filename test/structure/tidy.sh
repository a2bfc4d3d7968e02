#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# tidy.sh SOURCE_DIR: the headers as clang-tidy 19 sees them through two programs: one that includes what most programs
# do, and one with options, instances and artefacts. As one source, which takes two thirds of the time.
cd "$1" || exit 1
if ! command -v clang-tidy-19 >/dev/null; then
    echo "SKIPPED: clang-tidy-19 is not installed"
    exit 0
fi
place=$(mktemp -d) || exit 1
trap 'rm -rf "$place"' EXIT
for program in clockd relayd; do
    sed "s/^int main(/static int main_of_$program(/" "test/example/$program.cpp"
done >"$place/programs.cpp"
if [ "$(grep -c 'static int main_of_' "$place/programs.cpp")" != 2 ]; then
    echo "clockd or relayd has no line that begins with 'int main('"
    exit 1
fi
clang-tidy-19 --quiet --config-file=.clang-tidy --warnings-as-errors='*' --header-filter='include/daemonkit/.*' \
    "$place/programs.cpp" -- -std=c++20 -Iinclude
