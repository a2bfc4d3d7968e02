#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# docs.sh SOURCE_DIR BUILD_DIR: the reference is made without a warning, so each public name has a description. Every
# name of names.txt is in it, and nothing of daemonkit::detail. Prints each violation.
list=$1/test/structure/names.txt
cd "$2" || exit 1
if ! command -v doxygen >/dev/null; then
    echo "SKIPPED: doxygen is not installed"
    exit 0
fi
if [ ! -f Doxyfile.docs ]; then
    echo "SKIPPED: doxygen was not found when $2 was configured"
    exit 0
fi
doxygen Doxyfile.docs || exit 1

violations=0
while read -r name; do
    case $name in
    daemonkit::detail) continue ;;
    'macro '*) name=${name#macro } ;;
    esac
    if ! grep -qE "<name>(daemonkit::)?${name#daemonkit::}(&lt;.*)?</name>" docs/daemonkit.tag; then
        echo "$name: is not in the reference"
        violations=$((violations + 1))
    fi
done <"$list"
if grep -E '<name>daemonkit::detail(::|<)' docs/daemonkit.tag; then
    echo "daemonkit::detail: is in the reference"
    violations=$((violations + 1))
fi
echo "$violations violations"
[ "$violations" -eq 0 ]
