#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# check.sh all|boost INCLUDE_DIR COMPILER FLAGS…: each header below INCLUDE_DIR compiles alone, and included twice; with
# `boost`, only headers that include Boost.
which=$1 include=$2 compiler=$3
shift 3

if [ ! -x "$compiler" ]; then
    echo "SKIPPED: this compiler is not installed ($compiler)"
    exit 0
fi
for flag; do
    case $flag in
    -isystem*)
        if [ ! -e "${flag#-isystem}/boost/version.hpp" ]; then
            echo "SKIPPED: no Boost headers in ${flag#-isystem}"
            exit 0
        fi
        ;;
    esac
done

# Only our own headers are opened: the others are names in a list (-MG).
leads_to_boost() {
    printf '#include <%s>\n' "$1" | "$compiler" -std=c++20 -nostdinc "-I$include" -M -MG -x c++ - | grep -q ' boost/'
}

checked=0 failed=0
for header in $(cd "$include" && find . -name '*.hpp' | sort); do
    header=${header#./}
    if [ "$which" = boost ] && ! leads_to_boost "$header"; then
        continue
    fi
    checked=$((checked + 1))
    if ! printf '#include <%s>\n#include <%s>\n' "$header" "$header" | "$compiler" "$@" -x c++ -; then
        echo "$header: does not compile alone"
        failed=$((failed + 1))
    fi
done
echo "$checked headers, $failed failed"
[ "$checked" -gt 0 ] && [ "$failed" -eq 0 ]
