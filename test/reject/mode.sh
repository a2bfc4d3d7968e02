#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# mode.sh INCLUDE_DIR COMPILER: without C++20, exceptions or run-time type information each public header says so,
# whichever is included first: the first error is the sentence of core/require_cxx20.hpp, and the output has at most ten
# lines. The sentence must come before any header of others, so these are hidden: Clang would read them all.
include=$1 compiler=$2
most=10
export LC_ALL=C
if [ ! -x "$compiler" ]; then
    echo "SKIPPED: this compiler is not installed ($compiler)"
    exit 0
fi

checked=0 failed=0
refused() { # EXPECTED FLAGS…
    expected=$1
    shift
    output=$(printf '#include <%s>\n' "$header" |
        "$compiler" "$@" -Wall -Wextra -nostdinc "-I$include" -fsyntax-only -x c++ - 2>&1)
    compiles=$?
    first=$(printf '%s\n' "$output" | grep -m 1 'error: ')
    lines=$(printf '%s\n' "$output" | wc -l)
    checked=$((checked + 1))
    case $compiles/$first in
    0/*) problem="compiles, but must fail with: $expected" ;;
    */*"$expected"*)
        [ "$lines" -gt "$most" ] || return 0
        problem="$lines lines of output, more than $most"
        ;;
    *) problem="the first error is not the expected one: $expected" ;;
    esac
    failed=$((failed + 1))
    printf '%s\n' "$output" "$header, $*: $problem" ""
}

# sys/ and text/ are for headers that have asked already; version.hpp and compiled.hpp have nothing but macros.
for header in $(cd "$include" && find daemonkit -name '*.hpp' ! -path '*/detail/*' ! -path '*/sys/*' ! -path '*/text/*' \
    ! -name version.hpp ! -name compiled.hpp | sort); do
    refused 'daemonkit needs C++20: compile with -std=c++20' -std=c++17
    case $header in daemonkit/*/*) continue ;; esac # they ask by the same line
    refused 'daemonkit needs exceptions: compile without -fno-exceptions' -std=c++20 -fno-exceptions
    refused 'daemonkit needs run-time type information: compile without -fno-rtti' -std=c++20 -fno-rtti
done
echo "$checked compilations, $failed failed"
[ "$checked" -gt 0 ] && [ "$failed" -eq 0 ]
