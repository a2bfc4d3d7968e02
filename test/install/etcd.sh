#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# The component `etcd`: a project that asks for it builds a program with a lease, from the installed package and from a
# subdirectory. One that does not ask looks for no libcurl.
. "$(dirname "$0")/common.sh"
if ! command -v curl-config >/dev/null && ! echo '#include <curl/curl.h>' | "$CXX" -E -x c++ - >/dev/null 2>&1; then
    echo "SKIPPED: libcurl is needed (Debian: libcurl4-openssl-dev)"
    exit 0
fi

"$CMAKE" -S "$SOURCE" -B "$WORK/build"
"$CMAKE" --install "$WORK/build" --prefix "$WORK/prefix" >/dev/null
configure find_package -DCMAKE_PREFIX_PATH="$WORK/prefix" -DCMAKE_CXX_FLAGS="$WARNINGS" >/dev/null
! grep -qi '^curl' "$WORK/build/CMakeCache.txt" "$WORK/build-find_package/CMakeCache.txt" ||
    fail "libcurl is looked for without need"

for from in "-DCMAKE_PREFIX_PATH=$WORK/prefix" "-DDAEMONKIT_SOURCE=$SOURCE"; do
    rm -rf "$WORK/build-etcd"
    configure etcd "$from" -DCMAKE_CXX_FLAGS="$WARNINGS"
    "$CMAKE" --build "$WORK/build-etcd"
    "$WORK/build-etcd/holder" http://127.0.0.1:1 >"$WORK/said" || fail "holder fails: $(cat "$WORK/said")"
    grep -q '^cannot reach http://127.0.0.1:1/v3/kv/range: ' "$WORK/said" || fail "holder says: $(cat "$WORK/said")"
done
