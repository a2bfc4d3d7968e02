#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# check.sh pid_file|lease: spin(1) tries every order of the steps in pid_file.pml or lease.pml. The correct protocol must
# hold, and each deliberate fault must be refuted: this shows that the check can fail.
set -eu
model=$(dirname "$(realpath "$0")")/$1.pml
if ! command -v spin >/dev/null || ! command -v gcc >/dev/null; then
    echo "SKIPPED: spin and gcc are needed (Debian: spin, gcc)"
    exit 0
fi
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"

states=0
checks=0
failures=0
# check holds|refuted search TITLE NAME=VALUE…: search is `safety` (assertions, who waits for ever) or `cycles`.
check() {
    local expected=$1 search=$2 title=$3 setting definitions=() found
    shift 3
    checks=$((checks + 1))
    for setting; do definitions+=("-D$setting"); done
    rm -f pan* ./*.trail
    spin -a "${definitions[@]}" "$model" >spin.log 2>&1 || { cat spin.log; exit 1; }
    local flags=(-DSAFETY) options=()
    [ "$search" = safety ] || { flags=(-DNP) options=(-l); }
    # A fault is found before an optimised search has repaid its compilation. -O2 costs what it saves.
    [ "$expected" = refuted ] || flags+=(-O1)
    gcc -w "${flags[@]}" -DMEMLIM=1800 -o pan pan.c
    ./pan "${options[@]}" -m1000000 >pan.log 2>&1 || true
    if ! grep -q 'errors: ' pan.log || grep -q 'max search depth too small\|Search not completed.*out of memory' pan.log; then
        cat pan.log
        exit 1
    fi
    found=holds
    grep -q 'errors: 0' pan.log || found=refuted
    local some
    some=$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' pan.log)
    states=$((states + some))
    printf '%s %s (%s): %d states\n' "$title" "$found" "$search" "$some"
    if [ "$found" != "$expected" ]; then
        echo "    it should be: $expected"
        cat pan.log
        failures=$((failures + 1))
    fi
}

check_pid_file() {
    local flock all
    for flock in 0 1; do
        all=("FLOCK=$flock" BREAK=0)
        check holds safety "FLOCK=$flock, three starts, two of them killed:" "${all[@]}" NAME=0 STRANGER=0 TOUCH=0 CRASHES=2
        check holds safety "FLOCK=$flock, three starts, the file deleted:" "${all[@]}" NAME=1 STRANGER=1 TOUCH=0 CRASHES=0
        check holds safety "FLOCK=$flock, two starts, deleted, touched, one killed:" \
            "${all[@]}" NAME=1 STRANGER=1 TOUCH=1 CRASHES=1 STARTERS=2
        check holds safety "FLOCK=$flock, two starts, locked by a reader, touched, one killed:" \
            "${all[@]}" NAME=1 STRANGER=0 TOUCH=1 READERS=2 CRASHES=1 STARTERS=2
        check holds cycles "FLOCK=$flock, two starts, deleted, one killed:" \
            "${all[@]}" NAME=1 STRANGER=1 TOUCH=0 CRASHES=1 STARTERS=2
    done
    check refuted safety "without the abstract socket, the file deleted:" \
        FLOCK=0 BREAK=0 NAME=0 STRANGER=1 TOUCH=0 CRASHES=0
    check refuted safety "without a check of the path after locking:" \
        FLOCK=0 BREAK=1 NAME=0 STRANGER=0 TOUCH=0 CRASHES=1
    check refuted safety "without the life lock:" FLOCK=0 BREAK=2 NAME=1 STRANGER=0 TOUCH=1 CRASHES=0
    check refuted safety "a made file removed although another start holds it:" \
        FLOCK=0 BREAK=3 NAME=1 STRANGER=0 TOUCH=0 CRASHES=0
    check refuted safety "a daemon that goes on without its socket:" FLOCK=0 BREAK=4 NAME=1 STRANGER=1 TOUCH=0 CRASHES=0
    check refuted safety "a loser that waits for a lock and never checks again:" \
        FLOCK=1 BREAK=5 NAME=0 STRANGER=0 TOUCH=0 CRASHES=1
}

check_lease() {
    check holds safety "two daemons, frozen at will, requests lost, late and doubled:" BREAK=0
    check refuted safety "deadlines from the answer:" BREAK=1
    check refuted safety "without the kill:" BREAK=2
    check refuted safety "without the soft loss:" BREAK=3
    check refuted safety "an answer after the soft loss that counts:" BREAK=4
    check refuted safety "a kill without a margin:" BREAK=5
    check refuted safety "clocks that differ by more than the margin:" BREAK=0 DRIFT=2
}

"check_$1"
echo "model of the $1: $checks checks, $((checks - failures)) as they should be, $states states"
[ "$failures" -eq 0 ]
