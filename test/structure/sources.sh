#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# sources.sh SOURCE_DIR BUILD_DIR: licence lines, size of the headers, the top level. Prints each violation.
cd "$1" || exit 1
build=$2
violations=0
violation() {
    echo "$1: $2"
    violations=$((violations + 1))
}

# The build tree may be in here; its files are no sources.
for entry in *; do
    case $entry in
    include | test | bench | cmake | CMakeLists.txt | README.md | LICENSE_1_0.txt) ;;
    build*) ;;
    *) [[ $build/ == "$PWD/$entry/"* ]] || violation "$entry" "does not belong at the top level" ;;
    esac
done

while IFS= read -r file; do
    violation "$file" "has no line 'SPDX-License-Identifier: BSL-1.0' at its top"
done < <(find include test bench cmake CMakeLists.txt .ci -type f \
    \( -name '*.hpp' -o -name '*.cpp' -o -name '*.cmake' -o -name CMakeLists.txt -o -name '*.sh' \
    -o -name '*.cmake.in' -o -name Makefile -o -name run \) -exec awk '
    FNR <= 3 && /SPDX-License-Identifier: BSL-1\.0/ { found[FILENAME] }
    END { for (i = 1; i < ARGC; i++) if (!(ARGV[i] in found)) print ARGV[i] }' {} + 2>/dev/null)

while read -r lines header; do
    [ "$header" != total ] || continue
    most=260
    [ "$header" != include/daemonkit/pid/concept.hpp ] || most=280 # the table with the most rows
    [ "$header" != include/daemonkit/basic_daemon.hpp ] || most=340 # one page has all that a deriving class can use
    [ "$lines" -le $most ] || violation "$header" "has $lines lines; a header has at most $most"
done < <(find include -name '*.hpp' -exec wc -l {} +)

while IFS= read -r header; do
    violation "$header" "has no #pragma once"
done < <(grep -rL '^#pragma once' include --include='*.hpp')

# Boost.Test reports a case whose precondition is false as passed.
while IFS=: read -r file line _; do
    violation "$file:$line" "use DAEMONKIT_SKIP of support/skip.hpp: a precondition would be reported as passed"
done < <(grep -rnE '(unit_test|ut|utf)::precondition\(' test --include='*.cpp' --include='*.hpp')

echo "$violations violations"
[ "$violations" -eq 0 ]
