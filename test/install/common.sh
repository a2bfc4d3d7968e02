# SPDX-License-Identifier: BSL-1.0
# Sourced by the install tests. Each works in a temporary folder, WORK.
set -eu
here=$(dirname "$(realpath "$0")")
unset CXXFLAGS CPPFLAGS LDFLAGS DESTDIR PKG_CONFIG_PATH CMAKE_PREFIX_PATH
[ "${1:-}" = on_host ] || rm -rf "$WORK" # a test that calls itself goes on there
mkdir -p "$WORK"

fail() {
    echo "$*" >&2
    exit 1
}

# configure PROJECT OPTIONS…: into WORK/build-PROJECT
configure() {
    local project=$1
    shift
    "$CMAKE" -S "$here/$project" -B "$WORK/build-$project" "$@"
}

# The program starts its daemon, stops it, and prints the version it was compiled against.
expect_version() {
    local version
    version=$("$1" "$WORK/run/consumer.pid")
    [ "$version" = "$VERSION" ] || fail "$1 says version $version instead of $VERSION"
}
