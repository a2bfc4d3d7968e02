#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# A plain Makefile with pkg-config, from a prefix that was moved.
. "$(dirname "$0")/common.sh"
if ! command -v pkg-config >/dev/null || ! command -v make >/dev/null; then
    echo "SKIPPED: pkg-config or make is not installed"
    exit 0
fi

"$CMAKE" --install "$BUILD" --prefix "$WORK/first" >/dev/null
mv "$WORK/first" "$WORK/moved"
export PKG_CONFIG_PATH="$WORK/moved/share/pkgconfig"

version=$(pkg-config --modversion daemonkit)
[ "$version" = "$VERSION" ] || fail "pkg-config says version $version instead of $VERSION"
mkdir "$WORK/project"
cp "$here/pkg_config/Makefile" "$WORK/project"
cp -r "$here/consumer" "$WORK/consumer"
make -C "$WORK/project" CXX="$CXX" WARNINGS="$WARNINGS"
expect_version "$WORK/project/consumer"
