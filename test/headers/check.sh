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

# Alone, a header reads what it includes, which takes longer than the rest. So some headers are compiled once, and used
# by those that include them anyhow. What a header forgets to include is in none of the headers that it includes.
precompiled="daemonkit/testing/detail/suite.hpp daemonkit/testing/detail/processes.hpp daemonkit/pid/detail/pid_record.hpp
    daemonkit/sys/trust.hpp daemonkit/sys/process.hpp daemonkit/text/joined.hpp"
with_precompiled() { # prints each header, and the first of the precompiled ones that it includes, itself or by others
    (cd "$include" && awk -v precompiled="$precompiled" '
        /^ *# *include *["<]/ {
            path = $0
            sub(/^ *# *include *["<]/, "", path)
            sub(/[">].*/, "", path)
            if ($0 ~ /"/) path = substr(FILENAME, 1, match(FILENAME, /[^\/]*$/) - 1) path
            while (sub(/[^\/.]+\/\.\.\//, "", path)) {}
            included[FILENAME] = included[FILENAME] " " path
        }
        function visit(header, paths, n) {
            n = split(included[header], paths)
            for (; n > 0; n--)
                if (!(paths[n] in reached)) {
                    reached[paths[n]]
                    visit(paths[n])
                }
        }
        END {
            count = split(precompiled, candidates)
            for (i = 1; i < ARGC; i++) {
                split("", reached)
                visit(ARGV[i])
                for (k = 1; k <= count && !(candidates[k] in reached); k++) {}
                print ARGV[i], k <= count ? candidates[k] : "-"
            }
        }' $headers)
}

if [ "$how" = alone ]; then
    place=$(mktemp -d) || exit 1
    trap 'rm -rf "$place"' EXIT
    for header in $precompiled; do
        sh "$(dirname "$0")/../reject/precompile.sh" "$include/$header" "$place/$header" "$compiler" "$@" ||
            failed=$((failed + 1))
    done
    with_precompiled >"$place/list"
    while read -r header first; do
        source="#include <$header>
#include <$header>"
        if [ "$first" = - ]; then
            compiles "$header" "$source" "$@"
        else
            compiles "$header" "$source" "$@" -Winvalid-pch -include "$place/$first"
        fi
    done <"$place/list"
else
    compiles "all headers" "$includes" "$@"
    compiles "all headers in reverse order" "$(echo "$includes" | sort -r)" "$@"
fi
echo "$(echo "$headers" | wc -l) headers $how, $failed failed"
[ -n "$headers" ] && [ "$failed" -eq 0 ]
