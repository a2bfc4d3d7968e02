#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# add_subdirectory: the library and nothing else; the only new options are DAEMONKIT_*.
. "$(dirname "$0")/common.sh"

options() { sed -n 's/^\([A-Za-z][A-Za-z0-9_.-]*\):\(BOOL\|STRING\|PATH\|FILEPATH\)=.*/\1/p' "$1/CMakeCache.txt" | sort; }
configure add_subdirectory
options "$WORK/build-add_subdirectory" >"$WORK/without"

configure add_subdirectory -DDAEMONKIT_SOURCE="$SOURCE"
options "$WORK/build-add_subdirectory" >"$WORK/with"
# The places where Boost was found are Boost's.
new=$(comm -13 "$WORK/without" "$WORK/with" | grep -v '^DAEMONKIT_\|^Boost_\|^boost_' || true)
[ -z "$new" ] || fail "options that a consumer sees and that are not DAEMONKIT_*:" $new

"$CMAKE" --build "$WORK/build-add_subdirectory" --verbose
expect_version "$WORK/build-add_subdirectory/consumer"
