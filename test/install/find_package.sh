#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# cmake --install to a prefix and find_package from there; again after the prefix was moved. Without an option, no test,
# example or benchmark is configured: their folders are not copied.
. "$(dirname "$0")/common.sh"

# From a copy of the sources, so that their path cannot be mistaken for an installed name such as /daemonkit.
mkdir "$WORK/source"
cp -r "$SOURCE"/{CMakeLists.txt,LICENSE_1_0.txt,README.md,cmake,include} "$WORK/source"
"$CMAKE" -S "$WORK/source" -B "$WORK/build"
if grep -iE '^[a-z_]*(unit_test|doxygen|ccache|spdlog|benchmark)[a-z_]*:' "$WORK/build/CMakeCache.txt"; then
    fail "the library looks for what only its developers need"
fi
"$CMAKE" --install "$WORK/build" --prefix "$WORK/first" >/dev/null
mv "$WORK/first" "$WORK/moved"
(cd "$WORK/moved" && find . -type f | sort)
if grep -rn "$WORK" "$WORK/moved"; then
    fail "a path of this machine was installed"
fi

configure find_package -DCMAKE_PREFIX_PATH="$WORK/moved" -DCMAKE_CXX_FLAGS="$WARNINGS"
"$CMAKE" --build "$WORK/build-find_package"
expect_version "$WORK/build-find_package/consumer"
status=0
"$WORK/build-find_package/core" || status=$?
[ "$status" -eq 7 ] || fail "core ends with status $status instead of 7"
if readelf -d "$WORK/build-find_package/core" | grep boost; then
    fail "daemonkit::core links Boost"
fi

# FindBoost of older CMakes instead of Boost's own package.
rm -rf "$WORK/build-find_package"
configure find_package -DCMAKE_PREFIX_PATH="$WORK/moved" -DBoost_NO_BOOST_CMAKE=ON
"$CMAKE" --build "$WORK/build-find_package"
expect_version "$WORK/build-find_package/consumer"

# Before 1.0 each minor version is incompatible with the others.
sed 's/find_package(daemonkit 0.1/find_package(daemonkit 0.0/' "$here/find_package/CMakeLists.txt" >"$WORK/CMakeLists.txt"
if "$CMAKE" -S "$WORK" -B "$WORK/build-other" -DCMAKE_PREFIX_PATH="$WORK/moved" 2>"$WORK/refused"; then
    fail "find_package(daemonkit 0.0) accepts version $VERSION"
fi
grep -q 'compatible with requested' "$WORK/refused" || fail "refused for another reason: $(cat "$WORK/refused")"
