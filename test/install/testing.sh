#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# The component `testing`: it is installed apart, a project without it needs nothing of it, and one with it builds the
# program of the page and runs a case.
. "$(dirname "$0")/common.sh"
page="-DPAGE=$SOURCE/test/testing/page"

"$CMAKE" -S "$SOURCE" -B "$WORK/build"
"$CMAKE" --install "$WORK/build" --prefix "$WORK/without" --component Unspecified >/dev/null
"$CMAKE" --install "$WORK/build" --prefix "$WORK/alone" --component testing >/dev/null
"$CMAKE" --install "$WORK/build" --prefix "$WORK/all" >/dev/null

unasked=$(cd "$WORK/without" && find . -ipath '*testing*')
[ -z "$unasked" ] || fail "installed without being asked for: $unasked"
[ -z "$(find "$WORK/alone" -type f | grep -v '/include/daemonkit/testing/\|/daemonkitTesting\.cmake$')" ] ||
    fail "the component installs more than itself: $(find "$WORK/alone" -type f)"
[ -n "$(find "$WORK/alone" -name pid_policy.hpp)" ] || fail "the component installs no pid_policy.hpp"

# Without it: a project that does not ask for it builds, as if there were no Boost.Test; one that asks is refused.
configure find_package -DCMAKE_PREFIX_PATH="$WORK/without" -DCMAKE_CXX_FLAGS="$WARNINGS" >"$WORK/plain" 2>&1
! grep -q 'unit_test_framework' "$WORK/build-find_package/CMakeCache.txt" || fail "Boost.Test is looked for without need"
"$CMAKE" --build "$WORK/build-find_package"
expect_version "$WORK/build-find_package/consumer"
if configure testing "$page" -DCMAKE_PREFIX_PATH="$WORK/without" 2>"$WORK/refused"; then
    fail "find_package(daemonkit COMPONENTS testing) succeeds without it"
fi
tr -s ' \n' ' ' <"$WORK/refused" | grep -q 'testing' || fail "refused for another reason: $(cat "$WORK/refused")"
rm -rf "$WORK/build-testing"

# With it: from the installed package, and from a subdirectory.
runs() {
    "$CMAKE" --build "$WORK/build-testing"
    "$WORK/build-testing/my_policies" --list_content 2>&1 | grep -q 'of_many_claims_one_wins' || fail "no case is listed"
    "$WORK/build-testing/my_policies" --catch_system_errors=no --run_test='my_record/claim_publish_and_find'
}
configure testing "$page" -DCMAKE_PREFIX_PATH="$WORK/all" -DCMAKE_CXX_FLAGS="$WARNINGS"
runs
rm -rf "$WORK/build-testing"
configure testing "$page" -DDAEMONKIT_SOURCE="$SOURCE" -DCMAKE_CXX_FLAGS="$WARNINGS"
runs
