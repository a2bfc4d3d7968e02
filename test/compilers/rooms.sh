#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# rooms.sh build|run libcxx|i386 SOURCE_DIR WORK_DIR FILES_DIR I386_DIR SUPERVISORS_DIR: `build` makes the rooms that
# matter, and the daemons that they start, with Clang 19 and its C++ library, or with GCC 12 for 32 bits; `run` runs their
# tests. The Boost of this machine is made for GCC's library and 64 bits, so its sources are compiled in the same way.
set -euo pipefail
step=$1 way=$2 source_dir=$3 work=$4 files=$5 i386=$6 supervisors=$7

skip() {
    echo "SKIPPED: $1"
    exit 0
}
needs() { # DIRECTORY
    [ -e "$1/.complete" ] || skip "no $(basename "$1") in $(dirname "$1"): run test/run -L $way"
}

case $way in
libcxx)
    compiler=clang++-19 without='^$'
    needs "$files/libcxx"
    needs "$files/boost"
    llvm=$files/libcxx/usr/lib/llvm-19
    # Boost 1.74 uses std::unary_function.
    flags=(-nostdinc++ "-isystem$llvm/include/c++/v1" -D_LIBCPP_ENABLE_CXX17_REMOVED_UNARY_BINARY_FUNCTION)
    link=(-stdlib=libc++ "-L$llvm/lib"
        "-Wl,-rpath,$llvm/lib:$files/libcxx/usr/lib/x86_64-linux-gnu,--disable-new-dtags")
    ;;
i386)
    needs "$i386"
    needs "$files/boost"
    compiler=g++-12
    # These know the system calls of 64 bits. The libc of 32 bits makes others, fcntl64 and socketcall for example.
    without='between_any_two_calls_of_a_start_is_claimed_once'
    without+='|a_user_s_start_waits_for_that_of_root|a_sandbox_that_hides_the_result_is_named'
    gcc=$i386/usr/lib/gcc/x86_64-linux-gnu/12/32
    flags=(-m32 "-isystem$i386/usr/include/x86_64-linux-gnu/c++/12/32" -idirafter "$i386/usr/include"
        -idirafter /usr/include/x86_64-linux-gnu "-B$gcc" "-B$i386/usr/lib32")
    link=("-Wl,--sysroot=$i386" "-L$gcc" "-L$i386/usr/lib32" "-Wl,--dynamic-linker=$i386/lib32/ld-linux.so.2"
        "-Wl,-rpath,$i386/lib32:$i386/usr/lib32,--disable-new-dtags")
    ;;
esac
command -v "$compiler" >/dev/null || skip "$compiler is not installed"

if [ "$step" = build ]; then
    mkdir -p "$work/lib"
    boost() { # NAME SOURCE…
        [ ! -e "$work/lib/libboost_$1.so" ] || return 0
        "$compiler" -std=c++20 -O1 -w -fPIC -shared "${flags[@]}" -DBOOST_FILESYSTEM_DYN_LINK -DBOOST_TEST_DYN_LINK \
            "${@:2}" "${link[@]}" "-Wl,-soname=libboost_$1.so" -o "$work/lib/libboost_$1.so"
    }
    cd "$files/boost/boost/libs"
    boost filesystem filesystem/src/*.cpp &
    mapfile -t framework < <(printf '%s\n' test/src/*.cpp | grep -v '/\(cpp\|test\)_main')
    boost unit_test_framework "${framework[@]}"
    wait $!
    cmake -G Ninja -S "$source_dir" -B "$work" -DDAEMONKIT_DEVELOPER=ON -DDAEMONKIT_WERROR=ON -DDAEMONKIT_EXAMPLES=OFF \
        -DDAEMONKIT_INSTALL=OFF -DDAEMONKIT_TEST_QUICK=ON -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG= \
        -DDAEMONKIT_TEST_PRECOMPILE=ON "-DDAEMONKIT_TEST_VARIANT=$way" "-DCMAKE_CXX_COMPILER=$compiler" \
        "-DDAEMONKIT_SUPERVISORS=$supervisors" -DBoost_NO_BOOST_CMAKE=ON "-DBOOST_LIBRARYDIR=$work/lib" \
        "-DCMAKE_CXX_FLAGS=${flags[*]}" "-DCMAKE_EXE_LINKER_FLAGS=${link[*]}" \
        "-DCMAKE_SHARED_LINKER_FLAGS=${link[*]}"
    cmake --build "$work" --parallel "$(nproc)"
    exit 0
fi

# The lines get a margin, because a line `SKIPPED: ` would say that this test is skipped.
ctest --test-dir "$work" --parallel $(($(nproc) * 4)) --output-on-failure --no-tests=error -E "$without" </dev/null |
    sed '/ Passed  \| Start /d; s/^/| /'
