#!/bin/sh
# SPDX-License-Identifier: BSL-1.0
# format.sh SOURCE_DIR: every source is as clang-format 19 would write it (14 cannot format concepts).
cd "$1" || exit 1
if ! command -v clang-format-19 >/dev/null; then
    echo "SKIPPED: clang-format-19 is not installed"
    exit 0
fi
if ! find include test bench -name '*.[ch]pp' -print0 2>/dev/null |
    xargs -0 clang-format-19 --dry-run --Werror --ferror-limit=3; then
    echo "to repair: find include test -name '*.[ch]pp' | xargs clang-format-19 -i"
    exit 1
fi
