#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# check.sh SOURCE FIRST_ERRORS COMPILER FLAGS…: with -DREJECT, the first error of SOURCE is the expected one:
# `// expect: …`, or `// expect gcc: …` and `// expect clang: …` where the sentence is the compiler's. If together.sh
# has not found that in FIRST_ERRORS, SOURCE is compiled alone.
source=$1 first_errors=$2 compiler=$3
shift 3
export LC_ALL=C

case $compiler in
*clang*) kind=clang ;;
*) kind=gcc ;;
esac
expected=$(sed -nE "s#^// expect( $kind)?: *##p" "$source" | head -n 1)
if [ -z "$expected" ]; then
    echo "$source: has no line '// expect: <sentence>' for $kind"
    exit 1
fi
if [ ! -x "$compiler" ]; then
    echo "SKIPPED: this compiler is not installed ($compiler)"
    exit 0
fi

name=${source##*/}
first=$(sed -n "s/^${name%.cpp} //p" "$first_errors")
case $first in
*"$expected"*)
    printf '%s\n' "$first"
    exit 0
    ;;
esac

# The twin of a missing header must not find it in the headers of others.
case $source in
*/header_of_*)
    if ! twin=$("$compiler" "$@" "$source" 2>&1); then
        printf '%s\n' "$twin" "" "$source: the right twin (without -DREJECT) must compile, see above"
        exit 1
    fi
    ;;
esac

echo "compiled alone:"
if rejected=$("$compiler" "$@" -DREJECT "$source" 2>&1); then
    echo "$source: compiles with -DREJECT, but must fail with: $expected"
    exit 1
fi
first=$(printf '%s\n' "$rejected" | grep -m 1 'error:')
case $first in
*"$expected"*)
    printf '%s\n' "$first"
    ;;
*)
    printf '%s\n' "$rejected" "" "$source: the first error is not the expected one" \
        "  expected: $expected" "  first:    $first"
    exit 1
    ;;
esac
