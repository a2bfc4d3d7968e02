#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# contracts.sh SOURCE_DIR: the table `expression | when, in which process | promise` at the top of each family's
# concept.hpp has a row for each requirement below, which repeats the expression in a line `/// l.ready()`, and a
# requirement for each row but `~g`. The tables of include/daemonkit/README.md have the same rows, or those of the
# family's own page. Prints each difference.
cd "$1/include/daemonkit" || exit 1
differences=0
difference() {
    echo "include/daemonkit/$1: $2"
    differences=$((differences + 1))
}

# The rows of the comment, with tabs between the cells: the columns begin where their titles do.
rows() {
    awk '!/^\/\// { exit }
        function cell(from, to) { text = substr($0, from, to - from); gsub(/^ +| +$/, "", text); return text }
        function add(column, text) { if (text != "") row[column] = row[column] (row[column] == "" ? "" : " ") text }
        function finish() { if (row[1] != "") print row[1] "\t" row[2] "\t" row[3]; delete row }
        !second && /^\/\/ +expression +when, in which process +promise$/ {
            first = index($0, "expression"); second = index($0, "when,"); third = index($0, "promise"); next
        }
        second && /^\/\/$/ { exit }
        second {
            if (cell(first, second) != "") finish()
            add(1, cell(first, second)); add(2, cell(second, third)); add(3, cell(third, 1000))
        }
        END { finish() }' "$1" | tr -d '`'
}

# The expressions that requirements repeat; one that repeats none is a difference. A requirement is a concept of which
# the definition has a `requires`.
requirements() {
    awk '/^\/\/\/ / { said = substr($0, 5) }
        /^concept / { name = $2; expression = said; body = ""; inside = 1 }
        inside {
            body = body $0
            if (/;$/ && gsub(/{/, "{", body) == gsub(/}/, "}", body)) {
                inside = 0
                if (body ~ /requires[ ({]/) print (expression == "" ? "?" name : expression)
            }
        }
        !/^\/\/\/ / && !/^template / { said = "" }' "$1"
}

# The rows of the table under the heading of a family.
rows_of_page() {
    awk -v heading="### $1" '$0 == heading { inside = 1; next } /^##/ { inside = 0 }
        inside && /^\|/ && ++line > 2 {
            gsub(/\\\|/, "\001"); count = split($0, cell, / *\| */)
            row = cell[2] "\t" cell[3] "\t" cell[4]
            gsub(/\001/, "|", row); print row
        }' "$page" | tr -d '`'
}

count=0
for concept in */concept.hpp; do
    family=${concept%/*}
    page=README.md
    [ ! -f "$family/README.md" ] || page=$family/README.md
    table=$(rows "$concept")
    expressions=$(cut -f 1 <<<"$table")
    required=$(requirements "$concept")
    if [ -z "$table" ]; then
        difference "$concept" "has no table at its top"
        continue
    fi
    count=$((count + $(wc -l <<<"$table")))
    while IFS= read -r one; do
        [ -n "$one" ] && difference "$concept" "$one: two rows"
    done < <(sort <<<"$expressions" | uniq -d)
    while IFS= read -r one; do
        case $one in
        \?*) difference "$concept" "the requirement ${one#\?} names no row of the table" ;;
        ?*) grep -qxF -- "$one" <<<"$expressions" || difference "$concept" "$one: a requirement without a row" ;;
        esac
    done <<<"$required"
    while IFS= read -r one; do
        [ "$one" = '~g' ] || grep -qxF -- "$one" <<<"$required" || difference "$concept" "$one: a row without a requirement"
    done <<<"$expressions"

    if ! grep -qx "### $family" "$page"; then
        difference "$page" "has no heading ### $family"
        continue
    fi
    while IFS= read -r line; do
        case $line in
        '< '*) difference "$concept" "$page lacks the row: ${line#< }" ;;
        '> '*) difference "$page" "$concept lacks the row: ${line#> }" ;;
        esac
    done < <(diff <(printf '%s\n' "$table") <(rows_of_page "$family") | tr '\t' '|' | sed 's/|/ | /g')
done
echo "$count rows, $differences differences"
[ "$count" -gt 0 ] && [ "$differences" -eq 0 ]
