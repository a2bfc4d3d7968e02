#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# check.sh alone|together INCLUDE_DIR COMPILER FLAGS…: every header below INCLUDE_DIR compiles without a warning. `alone`:
# each as the first and only one, and included twice. `together`: all in one source, in the order of their names, then in
# the reverse order. The compilers share one standard library, so what a header forgets to include is found by one of
# them; the others see the same code with their own rules and warnings.
how=$1 include=$2 compiler=$3
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

headers=$(cd "$include" && find daemonkit -name '*.hpp' | sort)
failed=0
compiles() { # NAME SOURCE FLAGS…
    name=$1 source=$2
    shift 2
    printf '%s\n' "$source" | "$compiler" "$@" -x c++ - && return
    echo "$name: does not compile"
    failed=$((failed + 1))
}
includes=$(echo "$headers" | sed 's/.*/#include <&>/')
if [ "$how" = alone ]; then
    for header in $headers; do
        compiles "$header" "#include <$header>
#include <$header>" "$@"
    done
else
    compiles "all headers" "$includes" "$@"
    compiles "all headers in reverse order" "$(echo "$includes" | sort -r)" "$@"
fi
echo "$(echo "$headers" | wc -l) headers $how, $failed failed"
[ -n "$headers" ] && [ "$failed" -eq 0 ]
