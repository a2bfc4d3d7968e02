#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# check.sh INCLUDE_DIR COMPILER FLAGS…: each header below INCLUDE_DIR compiles alone, and twice in a row.
include=$1 compiler=$2
shift 2

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

checked=0 failed=0
for header in $(cd "$include" && find . -name '*.hpp' | sort); do
    header=${header#./}
    checked=$((checked + 1))
    if ! printf '#include <%s>\n#include <%s>\n' "$header" "$header" | "$compiler" "$@" -x c++ -; then
        echo "$header: does not compile alone"
        failed=$((failed + 1))
    fi
done
echo "$checked headers, $failed failed"
[ "$checked" -gt 0 ] && [ "$failed" -eq 0 ]
