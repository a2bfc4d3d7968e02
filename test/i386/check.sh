#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# check.sh SOURCE_DIR I386_DIR COMPILER FLAGS…: compiles daemon.cpp for i386, and drives it from start to stop.
source_dir=$1 i386=$2 compiler=$3
shift 3
if [ ! -e "$i386/.complete" ]; then
    echo "SKIPPED: no files for compiling with -m32 in $i386: run test/i386/prepare $i386"
    exit 0
fi
if ! "$compiler" --version | grep -q 'Free Software Foundation' || [ "$("$compiler" -dumpversion)" != 12 ]; then
    echo "SKIPPED: the files for compiling with -m32 are those of GCC 12"
    exit 0
fi

place=$(mktemp -d) || exit 1
daemon=$place/daemon
trap '"$daemon" --quiet stop 2>/dev/null; rm -rf "$place"' EXIT
gcc=$i386/usr/lib/gcc/x86_64-linux-gnu/12/32
"$compiler" -m32 -std=c++20 -static -I "$source_dir/include" "$@" \
    -isystem "$i386/usr/include/x86_64-linux-gnu/c++/12/32" -idirafter "$i386/usr/include" \
    -idirafter /usr/include/x86_64-linux-gnu -B"$gcc" -B"$i386/usr/lib32" -L"$gcc" -L"$i386/usr/lib32" \
    -L"$i386/usr/lib/i386-linux-gnu" "$source_dir/test/i386/daemon.cpp" -lboost_filesystem -o "$daemon" || exit 1
if ! "$daemon" --version >/dev/null; then
    echo "SKIPPED: this kernel runs no program of 32 bits"
    exit 0
fi

cd "$place" || exit 1
failed=0
expect() { # STATUS BEGINNING VERB…
    local said status
    said=$("$daemon" "${@:3}" 2>&1)
    status=$?
    if [ $status -ne "$1" ] || [[ $said != "$2"* ]]; then
        echo "daemon ${*:3}: status $status instead of $1, '$said' instead of '$2'"
        failed=1
    fi
}
for fork in double single; do
    export FORK=$fork
    expect 3 "daemon: not running" status
    expect 0 "daemon: started (pid " start
    expect 0 "daemon: already running (pid " start
    expect 0 "daemon: running (pid " status
    expect 0 "daemon: reloaded (pid " reload
    expect 0 "daemon: started (pid " restart
    expect 0 "daemon: stopped (pid " stop
    expect 0 "daemon: not running" stop
    LATE=1 expect 1 "daemon: the daemon was not ready within 2 s and was ended" start
    # Once a second, and not as fast as it can.
    LATE=1 expect 0 "progress: at most 2" progress
    expect 3 "daemon: not running" status
done
expect 0 "the same layout" layout
[ "$(grep -c reloaded "$place/daemon.log")" -eq 2 ] || { echo "not reloaded twice" && failed=1; }
[ ! -e "$place/daemon.pid" ] || { echo "a pid file is left" && failed=1; }
exit $failed
