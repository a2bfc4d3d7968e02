#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# check.sh alone|together INCLUDE_DIR COMPILER FLAGS…: every header below INCLUDE_DIR compiles without a warning.
# `alone`: each without any header that it does not include, and included twice. `together`: all in one source, in the
# order of their names, then in the reverse order; then without the functions that daemonkit::compiled defines, and
# compiled.cpp, which must include each header with such functions. The compilers share one standard library, so one of
# them finds what a header forgets to include; the others see the same code with their own rules and warnings.
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

# Alone, a header reads what it includes, which takes longer than the rest. What a header forgets to include is in none
# of the headers that it includes. So these may come first: a header is compiled in one source with a header that
# includes it, which comes after it. (Precompiled headers take longer to write than they save.)
in_sources() { # prints for each source its headers
    (cd "$include" && awk '
        /^ *# *include *["<]/ {
            path = $0
            sub(/^ *# *include *["<]/, "", path)
            sub(/[">].*/, "", path)
            if ($0 ~ /"/) path = substr(FILENAME, 1, match(FILENAME, /[^\/]*$/) - 1) path
            while (sub(/[^\/.]+\/\.\.\//, "", path)) {}
            included[FILENAME] = included[FILENAME] " " path
        }
        function visit(header, from, paths, n) {
            n = split(included[header], paths)
            for (; n > 0; n--)
                if (!((from, paths[n]) in reached)) {
                    reached[from, paths[n]]
                    ++size[from]
                    visit(paths[n], from)
                }
        }
        END {
            for (i = 1; i < ARGC; i++) {
                header = ARGV[i]
                visit(header, header)
                for (at = i; at > 1 && size[order[at - 1]] > size[header]; at--) order[at] = order[at - 1]
                order[at] = header
            }
            for (i = 1; i < ARGC; i++) { # to the source whose last header is the largest that this one includes
                header = order[i]
                to = sources + 1
                for (k = 1; k <= sources; k++)
                    if ((header, last[k]) in reached && (to > sources || size[last[k]] > size[last[to]])) to = k
                if (to > sources) sources = to
                last[to] = header
                all[to] = all[to] " " header
            }
            for (k = 1; k <= sources; k++) print all[k]
        }' $headers)
}

place=$(mktemp -d) || exit 1
trap 'rm -rf "$place"' EXIT
if [ "$how" = alone ]; then
    in_sources >"$place/list"
    while read -r together; do
        # shellcheck disable=SC2086 # several headers
        compiles "$together" "$(printf '#include <%s>\n' $together $together)" "$@"
    done <"$place/list"
else
    compiles "all headers" "$includes" "$@"
    compiles "all headers in reverse order" "$(echo "$includes" | sort -r)" "$@"
    compiles "all headers, compiled form" "$includes" "$@" -DDAEMONKIT_COMPILED
    compiles "daemonkit/compiled.cpp" '#include <daemonkit/compiled.cpp>' "$@" -DDAEMONKIT_COMPILED -MD -MF "$place/read"
    read_by_it=$(tr ' ' '\n' <"$place/read" | grep '\.hpp$' | xargs realpath)
    for header in $(cd "$include" && grep -rl '^#if DAEMONKIT_DEFINES$' daemonkit --include='*.hpp'); do
        if ! echo "$read_by_it" | grep -qxF "$(realpath "$include/$header")"; then
            echo "$header: has functions that compiled.cpp must define, and it does not include it"
            failed=$((failed + 1))
        fi
    done
fi
echo "$(echo "$headers" | wc -l) headers $how, $failed failed"
[ -n "$headers" ] && [ "$failed" -eq 0 ]
