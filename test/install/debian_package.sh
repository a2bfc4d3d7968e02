#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# cpack -G DEB: what is in the package, lintian's verdict, and a life of it on a host of its own: installed, used,
# removed, installed again and purged. The host has the files of this machine; its changes are in memory.
. "$(dirname "$0")/common.sh"
package=$WORK/libdaemonkit-dev_${VERSION}_all.deb

# ---- on the host

if [ "${1:-}" = on_host ]; then
    files() { find /etc /opt /srv /usr /var -xdev \( -path /var/cache -o -path /var/log \) -prune -o ! -path '/var/lib/dpkg/*-old' -print | sort; }
    unchanged() {
        if dpkg-query --show libdaemonkit-dev 2>/dev/null; then fail "dpkg has a record after $1"; fi
        diff "$WORK/before" <(files) || fail "files differ (>) after $1"
    }
    files >"$WORK/before"
    dpkg --install "$package"
    configure find_package -DCMAKE_CXX_FLAGS="$WARNINGS"
    "$CMAKE" --build "$WORK/build-find_package"
    expect_version "$WORK/build-find_package/consumer"
    grep '^daemonkit_DIR:PATH=/usr/share/cmake/daemonkit$' "$WORK/build-find_package/CMakeCache.txt" ||
        fail "another daemonkit than the installed one was found"
    # shellcheck disable=SC2046 # several flags
    "$CXX" -std=c++20 "$here/consumer/main.cpp" -o "$WORK/plain" $(pkg-config --cflags --libs daemonkit)
    expect_version "$WORK/plain"
    dpkg --remove libdaemonkit-dev
    unchanged "a removal"
    dpkg --install "$package" >/dev/null
    dpkg --purge libdaemonkit-dev
    unchanged "a purge"
    exit 0
fi

# ---- on this machine

for tool in dpkg-deb gzip; do
    if ! command -v "$tool" >/dev/null; then
        echo "SKIPPED: $tool is not installed"
        exit 0
    fi
done
cd "$WORK"
"$CPACK" -G DEB --config "$BUILD/CPackConfig.cmake" -B "$WORK"
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
cd "$WORK/root/usr"
expected=$(
    (cd "$SOURCE" && find include -name '*.hpp' -o -name '*.schema.json' -o -name compiled.cpp)
    printf '%s\n' share/cmake/daemonkit/daemonkit{Compiled,Config,ConfigVersion,CoreTargets,Etcd,Targets,Testing}.cmake \
        share/pkgconfig/daemonkit.pc share/doc/libdaemonkit-dev/{copyright,changelog.gz} share/man/man7/daemonkit.7.gz
)
diff <(echo "$expected" | sort) <(find . -type f | sed 's|^\./||' | sort) ||
    fail "the package holds other files than these (<) "
zcat share/doc/libdaemonkit-dev/changelog.gz | head -n 1 | grep -qF "libdaemonkit-dev ($VERSION) " ||
    fail "cmake/debian/changelog has no entry for version $VERSION"
diff <(sed -n '/^License/,$s/^ //p' share/doc/libdaemonkit-dev/copyright | sed 's/^\.$//') "$SOURCE/LICENSE_1_0.txt" ||
    fail "the package has another licence (<)"
for header in $(zcat share/man/man7/daemonkit.7.gz | grep -o 'daemonkit/[a-z_/]*\.hpp'); do
    [ -e "include/$header" ] || fail "the manual page names $header, which is not in the package"
done

skipped=
if ! command -v lintian >/dev/null; then
    skipped="lintian is not installed"
else
    lintian --allow-root --display-info --pedantic --fail-on error,warning,info,pedantic "$package" || fail "lintian complains"
fi

host=$WORK/host
if [ "$(id -u)" -ne 0 ]; then
    skipped="needs root to install the package"
elif dpkg-query --show libdaemonkit-dev 2>/dev/null; then
    skipped="libdaemonkit-dev is installed on this machine"
elif ! dpkg-query --show libboost-filesystem-dev >/dev/null; then
    skipped="libboost-filesystem-dev is not installed as a package"
else
    mkdir "$host"
    unshare --mount --pid --fork --kill-child bash -eu -c '
        mount -t tmpfs daemonkit "$0" && mkdir "$0"/{upper,work,root}
        mount -t overlay -o lowerdir=/,upperdir="$0/upper",workdir="$0/work" daemonkit "$0/root"
        for place in /dev "$SOURCE" "$WORK"; do mkdir -p "$0/root$place" && mount --rbind "$place" "$0/root$place"; done
        mount -t proc proc "$0/root/proc"
        cd / && exec chroot "$0/root" "$@"' "$host" "$(realpath "$0")" on_host || fail "not as it should be on a host"
fi
[ -z "$skipped" ] || echo "SKIPPED: $skipped"
