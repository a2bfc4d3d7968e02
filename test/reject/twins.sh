#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# twins.sh COMPILER FLAGS…: the right twins, without REJECT, compile: all in one source, each in a namespace of its own,
# after the headers that they include. Twins of a missing header compile alone, see check.sh.
compiler=$1
shift
if [ ! -x "$compiler" ]; then
    echo "SKIPPED: this compiler is not installed ($compiler)"
    exit 0
fi
cd "$(dirname "$0")" || exit 1
twins=$(find . -name '*.cpp' ! -name 'header_of_*' | sed 's|^\./||' | sort)

# A header of this folder that includes foreground.hpp is part of the twin: each has a definition of its own.
part_of_twin() { # FILE
    echo "#line 1 \"$1\""
    while IFS= read -r line; do
        case $line in
        '#pragma once' | '#include <'*'>' | '#include "foreground.hpp"') echo ;;
        '#include "'*'"')
            header=${line#*\"}
            (part_of_twin "${header%\"}")
            ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <"$1"
}
{
    echo '#include "foreground.hpp"'
    sed -n 's/^\(#include <[^>]*>\).*/\1/p' ./*.cpp ./*.hpp | sort -u
    for twin in $twins; do
        echo "namespace ${twin%.cpp} {"
        part_of_twin "$twin"
        echo "}"
    done
} | "$compiler" "$@" -I. -x c++ - && echo "$(echo "$twins" | wc -l) twins compile"
