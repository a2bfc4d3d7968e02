#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# links.sh SOURCE_DIR: every relative link of every README.md leads to a file, and to a heading where it names one. The
# front page has at most 250 lines and links every other page. Prints each violation.
cd "$1" || exit 1
violations=0
violation() {
    echo "$1: $2"
    violations=$((violations + 1))
}

# The page without its code blocks.
prose() { awk '/^ *```/ { inside = !inside; next } !inside' "$1"; }

# The targets of the links of a page, one a line.
targets() { prose "$1" | grep -oE '\]\([^() ]+\)' | sed -E 's/^\]\((.*)\)$/\1/'; }

# The anchors that GitHub makes of the headings of a page.
anchors() {
    prose "$1" | sed -nE 's/^#+ +(.*)$/\1/p' | sed -E 's/\[([^]]*)\]\([^)]*\)/\1/g' | tr '[:upper:]' '[:lower:]' |
        sed -E 's/[^a-z0-9 _-]//g; s/ /-/g' | awk '{ print seen[$0]++ ? $0 "-" seen[$0] - 1 : $0 }'
}

mapfile -t pages < <(find README.md include test bench cmake -name README.md | sort)
for page in "${pages[@]}"; do
    linked=$(targets "$page")
    while IFS= read -r target; do
        case $target in
        '' | *://* | mailto:*) continue ;;
        esac
        path=${target%%#*}
        file=$page
        [ -z "$path" ] || file=$(dirname "$page")/$path
        if [ ! -e "$file" ]; then
            violation "$page" "there is no $target"
        elif [[ $target == *'#'* ]] && ! anchors "$file" | grep -qxF -- "${target#*#}"; then
            violation "$page" "$target: there is no such heading"
        fi
    done <<<"$linked"
    [ "$page" = README.md ] || targets README.md | sed 's/#.*//' | grep -qxF -- "$page" ||
        violation "README.md" "does not link $page"
done

lines=$(wc -l <README.md)
[ "$lines" -le 250 ] || violation README.md "has $lines lines; the front page has at most 250"

echo "${#pages[@]} pages, $violations violations"
[ "$violations" -eq 0 ]
