#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# figures.sh SOURCE_DIR: the figures of the layout, to compare two versions of it. Run it by hand; it is no test. It prints
# - how many headers and lines there are, and how long the median header is,
# - how many public names names.txt has, and how many pairs of folders include each other,
# - which of our headers `start` and `reload` of a default daemon execute, in all processes: those to open to follow them,
# - the longest README.md.
# Needs GCC and gcov; starts a daemon in a temporary directory.
cd "$1" || exit 1
place=$(mktemp -d) || exit 1
trap 'rm -rf "$place"' EXIT

mapfile -t lengths < <(find include -name '*.hpp' -exec sh -c 'for header; do wc -l <"$header"; done' _ {} + | sort -n)
echo "headers: ${#lengths[@]}"
echo "lines: $(find include -name '*.hpp' -exec cat {} + | wc -l)"
echo "median lines: ${lengths[${#lengths[@]} / 2]}"
echo "public names: $(grep -c '^daemonkit::' test/structure/names.txt)"
test/structure/layers.sh "$PWD" | grep 'include each other$' | tail -n 1

cat >"$place/program.cpp" <<'END'
#include <daemonkit/daemonkit.hpp>
#include <cstring>
#include <unistd.h>
extern "C" void __gcov_reset();
extern "C" void __gcov_dump();

static bool measures_start;
struct subject : daemonkit::sysv_daemon<subject>
{
    bool reloaded = false;
    int run()
    {
        if (!measures_start) {
            __gcov_reset();
            while (!reloaded && wait()) {
            }
        }
        __gcov_dump();
        ::_exit(0); // the end of a daemon is part of neither
    }
    void on_reload() { reloaded = true; }
};

int main(int, char** argv)
{
    const subject::settings settings{.pid = {.path = argv[2]}};
    measures_start = std::strcmp(argv[1], "start") == 0;
    if (measures_start) return subject{}.start(settings);
    if (std::strcmp(argv[1], "reload") == 0) return subject::reload(settings);
    ::_exit(subject{}.start(settings)); // the daemon to reload; what this process executes is not counted
}
END
g++ -std=c++20 -O0 --coverage "-I$PWD/include" -c "$place/program.cpp" -o "$place/program.o" &&
    g++ --coverage "$place/program.o" -o "$place/program" -lboost_filesystem || exit 1

# Waits until a process that was told by its pid file has ended: then its counts are written.
ended() {
    local pid tries
    pid=$(head -n 1 "$1" | tr -dc '0-9 ' | cut -d ' ' -f 1)
    for ((tries = 0; tries < 100; tries++)); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    echo "process $pid has not ended" >&2
    exit 1
}

# Our headers with an executed line, one a line.
executed() {
    (cd "$place" && gcov --stdout program.gcda) | awk -F : '
        $2 + 0 == 0 && $3 == "Source" { file = $4; next }
        $1 ~ /^ *[0-9]+\*?$/ && file ~ /include\/daemonkit\// { hit[file] = 1 }
        END { for (file in hit) print file }' |
        xargs realpath --relative-to=include/daemonkit | sort -u
}
report() {
    local files
    mapfile -t files < <(executed)
    echo "files to follow $1: ${#files[@]}"
    printf '    %s\n' "${files[@]}"
    rm -f "$place/program.gcda"
}

timeout 60 "$place/program" start "$place/start.pid" || exit 1
ended "$place/start.pid"
report start
timeout 60 "$place/program" prepare "$place/reload.pid" && timeout 60 "$place/program" reload "$place/reload.pid" || exit 1
ended "$place/reload.pid"
report reload

echo "longest page: $(find . -name README.md -not -path './build*' -exec wc -l {} + | grep -v ' total$' | sort -n | tail -n 1 | sed 's/^ *//')"
