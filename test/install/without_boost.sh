#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# A machine without Boost: the library is configured and installed, and daemons that name no path are built by
# find_package(daemonkit COMPONENTS core), started and stopped. In a mount namespace, where Boost is hidden.
if [ "${1:-}" != hidden ]; then
    as_root=(--map-root-user)
    [ "$(id -u)" -ne 0 ] || as_root=()
    namespace=(unshare "${as_root[@]}" --mount --pid --fork --kill-child --mount-proc)
    if ! "${namespace[@]}" true; then
        echo "SKIPPED: a mount namespace is not allowed here"
        exit 0
    fi
    exec "${namespace[@]}" "$0" hidden
fi
. "$(dirname "$0")/common.sh"

# The headers, and the CMake packages that name the libraries.
mkdir "$WORK/empty"
for place in /usr{,/local}/include/boost /usr{,/local}/lib{,/*}/cmake/{Boost,boost_}*; do
    [ ! -d "$place" ] || mount --bind "$WORK/empty" "$place"
done
if echo '#include <boost/version.hpp>' | "$CXX" -E -x c++ - >"$WORK/preprocessed" 2>&1; then
    echo "SKIPPED: Boost cannot be hidden: $(grep -m1 boost/version "$WORK/preprocessed")"
    exit 0
fi

"$CMAKE" -S "$SOURCE" -B "$WORK/build"
"$CMAKE" --install "$WORK/build" --prefix "$WORK/prefix" >/dev/null
configure core -DCMAKE_PREFIX_PATH="$WORK/prefix" -DCMAKE_CXX_FLAGS="$WARNINGS"
"$CMAKE" --build "$WORK/build-core"
if grep -i ^boost "$WORK/build-core/CMakeCache.txt"; then fail "find_package(daemonkit COMPONENTS core) looks for Boost"; fi

cd "$WORK/build-core"
status=0
./core || status=$?
[ "$status" -eq 7 ] || fail "core ends with status $status instead of 7"
[ "$(./detached)" = stopped ] || fail "detached was not started and stopped"
for preset in '' container; do
    # shellcheck disable=SC2086 # one word or none
    exec 7< <(exec ./foreground $preset run)
    read -r -u 7 line
    [ "$line" = running ] || fail "foreground $preset run does not start"
    kill -TERM $!
    wait $! || fail "foreground $preset run ends with status $?"
done

# Without a component, one sentence says what is missing.
if configure find_package -DCMAKE_PREFIX_PATH="$WORK/prefix" 2>"$WORK/refused"; then
    fail "find_package(daemonkit) succeeds without Boost"
fi
tr -s ' \n' ' ' <"$WORK/refused" | grep -q 'daemonkit needs Boost.Filesystem 1.74 or newer' ||
    fail "refused for another reason: $(cat "$WORK/refused")"

# Every header but those of what names a path, and of stores.
cd "$SOURCE/include"
find daemonkit -name '*.hpp' | grep -vE '^daemonkit/(daemonkit|pid|stdio|testing/.*|pid/(detail/.*|(flock_)?pid_file)|'\
'stdio/(log_file|configured)_stdio|presets/(bsd|sysv|universal)_daemon|etcd|leased|lease/store/.*|'\
'lease/detail/(json|http_client|etcd_gateway))\.hpp$' | sed 's/.*/#include <&>/' >"$WORK/headers.cpp"
# shellcheck disable=SC2086 # several flags
"$CXX" -std=c++20 $WARNINGS -fsyntax-only -I . "$WORK/headers.cpp" || fail "a header of daemonkit::core includes Boost"
