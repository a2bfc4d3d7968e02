#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# cpack -G DEB: what is in the package, and a consumer of what it unpacks to.
. "$(dirname "$0")/common.sh"
if ! command -v dpkg-deb >/dev/null; then
    echo "SKIPPED: dpkg-deb is not installed"
    exit 0
fi

cd "$WORK"
"$CPACK" -G DEB --config "$BUILD/CPackConfig.cmake" -B "$WORK"
package=libdaemonkit-dev_${VERSION}_all.deb
[ -f "$package" ] || fail "there is no $package, but: $(ls)"
dpkg-deb --info "$package"

field() {
    local value
    value=$(dpkg-deb --field "$package" "$1")
    [ "$value" = "$2" ] || fail "$1 of the package is '$value' instead of '$2'"
}
field Package libdaemonkit-dev
field Version "$VERSION"
field Architecture all
field Depends "libboost-filesystem-dev (>= 1.74)"

dpkg-deb --extract "$package" "$WORK/root"
expected=$(
    (cd "$SOURCE" && find include -name '*.hpp')
    printf '%s\n' share/cmake/daemonkit/daemonkit{Config,ConfigVersion,CoreTargets,Targets,Testing}.cmake \
        share/pkgconfig/daemonkit.pc share/doc/daemonkit/LICENSE_1_0.txt
)
diff <(echo "$expected" | sort) <(cd "$WORK/root/usr" && find . -type f | sed 's|^\./||' | sort) ||
    fail "the package holds other files than these (<) "

configure find_package -DCMAKE_PREFIX_PATH="$WORK/root/usr" -DCMAKE_CXX_FLAGS="$WARNINGS"
"$CMAKE" --build "$WORK/build-find_package"
expect_version "$WORK/build-find_package/consumer"
