#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# The component `compiled`: a project that asks for it gets daemonkit::compiled, from the installed package and from a
# subdirectory; one that does not ask compiles nothing of it. Without CMake, the installed source is one more source.
. "$(dirname "$0")/common.sh"

"$CMAKE" -S "$SOURCE" -B "$WORK/build"
"$CMAKE" --install "$WORK/build" --prefix "$WORK/prefix" >/dev/null

# The functions of the library are in its object alone, and of them the program has what it uses.
expect_compiled() { # PROGRAM LIBRARY
    expect_version "$1"
    nm -C "$2" 2>/dev/null | grep -q ' T daemonkit::detail::look_at_unit(' || fail "$2 has no functions"
    ! nm -C "$1" | grep -q 'daemonkit::detail::look_at_unit(' || fail "$1 has functions that it does not use"
    [ "$(nm -C "$1" | grep -c ' T daemonkit::')" -gt 50 ] || fail "$1 has its own functions of the library"
}

for from in "-DCMAKE_PREFIX_PATH=$WORK/prefix" "-DDAEMONKIT_SOURCE=$SOURCE"; do
    rm -rf "$WORK/build-compiled"
    configure compiled "$from" -DCMAKE_CXX_FLAGS="$WARNINGS"
    "$CMAKE" --build "$WORK/build-compiled"
    expect_compiled "$WORK/build-compiled/consumer" "$(find "$WORK/build-compiled" -name libdaemonkit_compiled.a)"
done

configure find_package -DCMAKE_PREFIX_PATH="$WORK/prefix" >/dev/null
"$CMAKE" --build "$WORK/build-find_package" --target help | grep -q 'daemonkit_compiled' &&
    fail "the library is compiled without being asked for"

cd "$WORK" || exit
sed 's/COMPONENTS compiled/COMPONENTS compile/' "$here/compiled/CMakeLists.txt" >CMakeLists.txt
if "$CMAKE" -S . -B build-typo -DCMAKE_PREFIX_PATH="$WORK/prefix" 2>said; then
    fail "find_package finds an unknown component"
fi
grep -q 'daemonkit has no component compile here' said || fail "refused for another reason: $(cat said)"
flags=(-std=c++20 -DDAEMONKIT_COMPILED "-I$WORK/prefix/include")
# shellcheck disable=SC2086 # several options
"$CXX" "${flags[@]}" $WARNINGS -ffunction-sections -c "$WORK/prefix/include/daemonkit/compiled.cpp" -o library.o
"$CXX" "${flags[@]}" "$here/consumer/main.cpp" library.o -Wl,--gc-sections -lboost_filesystem -o consumer
expect_compiled ./consumer library.o
if "$CXX" "${flags[@]}" "$here/consumer/main.cpp" -lboost_filesystem -o alone 2>said; then
    fail "a program without the library is linked"
fi
grep -q 'link_daemonkit_compiled_or_compile_its_source' said || fail "the linker does not name it: $(cat said)"
if "$CXX" -std=c++20 -fsyntax-only "$WORK/prefix/include/daemonkit/compiled.cpp" 2>said; then
    fail "compiled.cpp is accepted without DAEMONKIT_COMPILED"
fi
grep -q 'define DAEMONKIT_COMPILED for every source' said || fail "refused for another reason: $(cat said)"
