// SPDX-License-Identifier: BSL-1.0
// A daemon that counts what it allocates between ready and its stop: waits that pass, reloads and the stop itself. It
// writes the number to the file that COUNT_FILE names.
#include <daemonkit/daemonkit.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>

using namespace daemonkit;
using namespace std::chrono_literals;

namespace {
unsigned long allocations = 0;
}

// The C library's own, under the names that it keeps for programs that replace malloc: operator new comes here, too.
extern "C" {
void* __libc_malloc(std::size_t size);                // NOLINT(*-reserved-identifier)
void* __libc_calloc(std::size_t n, std::size_t size); // NOLINT(*-reserved-identifier)
void* __libc_realloc(void* old, std::size_t size);    // NOLINT(*-reserved-identifier)

void* malloc(std::size_t size) noexcept
{
    ++allocations;
    return __libc_malloc(size);
}
void* calloc(std::size_t n, std::size_t size) noexcept
{
    ++allocations;
    return __libc_calloc(n, size);
}
void* realloc(void* old, std::size_t size) noexcept
{
    ++allocations;
    return __libc_realloc(old, size);
}
}

namespace {

struct counting : basic_daemon<counting, BENCH_FORK, BENCH_PID, BENCH_SIGNALS, BENCH_STDIO>
{
    unsigned reloads = 0;
    void on_reload() { ++reloads; }

    int run()
    {
        const auto before = allocations;
        for (unsigned i = 1; i <= 100; ++i) {
            if (!wait_for(0s) || std::raise(SIGHUP) != 0 || !wait() || reloads != i) return EXIT_FAILURE;
        }
        if (std::raise(SIGTERM) != 0 || wait()) return EXIT_FAILURE;
        const auto count = allocations - before;
        std::FILE* const out = std::fopen(std::getenv("COUNT_FILE"), "w");
        if (out == nullptr || std::fprintf(out, "%lu\n", count) < 0 || std::fclose(out) != 0) return EXIT_FAILURE;
        return EXIT_SUCCESS;
    }
};

} // namespace

/// In the foreground, where its end can be waited for.
int main() { return counting{}.run_in_foreground({.pid = {.path = std::getenv("PID_FILE")}}); }
