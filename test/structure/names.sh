#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# names.sh SOURCE_DIR [update]: the names directly in namespace daemonkit, and the macros that our headers leave defined,
# are those in names.txt. Clang 19 lists them, from a source that includes every public header. Prints each difference;
# `update` writes names.txt.
cd "$1" || exit 1
list=test/structure/names.txt
export LC_ALL=C
if ! command -v clang++-19 >/dev/null; then
    echo "SKIPPED: clang++-19 is not installed"
    exit 0
fi
place=$(mktemp -d) || exit 1
trap 'rm -rf "$place"' EXIT

find include/daemonkit -name '*.hpp' ! -path '*/detail/*' ! -path '*/sys/*' ! -path '*/text/*' | sort |
    sed 's|^include/\(.*\)$|#include <\1>|' >"$place/all.cpp"
clang=(clang++-19 -std=c++20 -Iinclude)
"${clang[@]}" -fsyntax-only -Xclang -ast-list -Xclang -ast-dump-filter=daemonkit:: "$place/all.cpp" >"$place/ast" &&
    "${clang[@]}" -E -dD "$place/all.cpp" >"$place/macros" || exit 1

# Clang lists template parameters as if they were in the namespace; clang-tidy holds CamelCase to these.
{
    grep -E '^daemonkit::[a-z_0-9]+$' "$place/ast" | sort -u
    awk '/^# [0-9]+ "/ { ours = $3 ~ /include\/daemonkit\// }
        ours && $1 == "#define" { sub(/\(.*/, "", $2); defined[$2] = 1 }
        $1 == "#undef" { delete defined[$2] }
        END { for (name in defined) print "macro " name }' "$place/macros" | sort
} >"$place/found"
if [ "${2:-}" = update ]; then
    cp "$place/found" "$list"
    exit
fi

differences=$(diff "$list" "$place/found" | sed -n "s|^< |removed: |p; s|^> |added: |p")
[ -z "$differences" ] || printf '%s\n' "$differences" "" \
    "If this is meant, run test/structure/names.sh . update, and describe the name in include/daemonkit/README.md."
echo "$(wc -l <"$place/found") names, $(grep -c . <<<"$differences") differences"
[ -z "$differences" ]
