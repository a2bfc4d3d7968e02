#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# aarch64.sh SOURCE_DIR FILES_DIR COMPILER FLAGS…: every header, a daemon of every fork policy, and a program of every
# verb compile for ARM64, into machine code. COMPILER is a Clang; the headers of the C and C++ libraries are in FILES_DIR.
source_dir=$1 files=$2/aarch64 compiler=$3
shift 3
if [ ! -x "$compiler" ] || [ ! -e "$files/.complete" ]; then
    echo "SKIPPED: no Clang 19, or no aarch64 in $2: run test/compilers/prepare $2 aarch64"
    exit 0
fi
place=$(mktemp -d) || exit 1
trap 'rm -rf "$place"' EXIT
mkdir "$place/include"
ln -s /usr/include/boost "$place/include/boost"
for curl in /usr/include/{,*/}curl; do [ ! -d "$curl" ] || ln -sfn "$curl" "$place/include/curl"; done
(cd "$source_dir/include" && find daemonkit -name '*.hpp' | sort | sed 's/.*/#include <&>/') >"$place/headers.cpp"

failed=0
for source in "$place/headers.cpp" "$source_dir"/test/compilers/*.cpp "$source_dir"/test/daemon/commanded.cpp; do
    "$compiler" --target=aarch64-linux-gnu -std=c++20 -O1 -c "$@" -I "$source_dir/include" -I "$source_dir/test" \
        -nostdinc++ -isystem "$files/usr/aarch64-linux-gnu/include/c++/12" \
        -isystem "$files/usr/aarch64-linux-gnu/include/c++/12/aarch64-linux-gnu" \
        -nostdlibinc -isystem "$files/usr/aarch64-linux-gnu/include" -isystem "$place/include" \
        "$source" -o "$place/object.o" || failed=1
done
exit $failed
