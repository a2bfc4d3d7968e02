# SPDX-License-Identifier: BSL-1.0
# Sourced: install_missing PACKAGE… installs, with apt-get, the packages that are missing on this machine. It does
# nothing without apt-get: then CMake or a skipped test names what is missing.
install_missing() {
    command -v apt-get >/dev/null || return 0
    local package missing=() as_root=()
    for package; do
        dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
            missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    echo "installing: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq </dev/null >/dev/null
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq --yes --no-install-recommends "${missing[@]}" </dev/null >/dev/null
}
