#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# run.sh PROGRAM WHAT: every report is fatal: of the program itself by its exit status, of a daemon that is no child by
# a file. `sees_a_race` has a deliberate race, which must be reported: this shows that races are found.
program=$1
what=$2
directory=$(mktemp -d) || exit 1
trap 'rm -rf "$directory"' EXIT
export TSAN_OPTIONS="exitcode=66:halt_on_error=1:log_path=$directory/report"

# GCC 12's runtime cannot map its shadow memory where the kernel randomises more address bits than it knows.
fixed_addresses=
if ! "$program" nothing; then
    fixed_addresses='setarch -R'
    if ! $fixed_addresses "$program" nothing; then
        echo "SKIPPED: ThreadSanitizer does not run on this kernel"
        exit 0
    fi
    rm -f "$directory"/report*
fi

$fixed_addresses "$program" "$what" "$directory/daemon.pid"
status=$?
if [ "$what" = sees_a_race ]; then
    grep -q 'data race' "$directory"/report* && [ "$status" -eq 66 ]
    exit
fi
if cat "$directory"/report* 2>/dev/null; then
    exit 1
fi
exit "$status"
