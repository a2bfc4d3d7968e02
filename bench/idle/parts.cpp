// SPDX-License-Identifier: BSL-1.0
// A daemon that only waits, of the parts that CMakeLists.txt names: PID_FILE=FILE parts start. One that stays in the
// foreground writes a byte when it waits.
#include <daemonkit/daemonkit.hpp>

#include <unistd.h>

#include <cstdlib>

using namespace daemonkit;

namespace {

struct parts : basic_daemon<parts, BENCH_FORK, BENCH_PID, BENCH_SIGNALS, BENCH_STDIO>
{
    void on_reload() {}
    int run()
    {
        if (!BENCH_FORK::detaches && ::write(STDOUT_FILENO, "", 1) != 1) return EXIT_FAILURE;
        while (wait()) {}
        return EXIT_SUCCESS;
    }
};

template <class PidPolicy>
PidPolicy recorded_in(const char* file)
{
    if constexpr (PidPolicy::records_pid)
        return {.path = file};
    else
        return {};
}

template <class StdioPolicy>
StdioPolicy logging_beside(const char* pid_file)
{
    if constexpr (StdioPolicy::reopens)
        return {.output = std::string(pid_file) + ".log"};
    else
        return {};
}

} // namespace

int main()
{
    const char* const file = std::getenv("PID_FILE");
    if (file == nullptr) return EXIT_FAILURE;
    return parts{}.start({.pid = recorded_in<BENCH_PID>(file), .stdio = logging_beside<BENCH_STDIO>(file)});
}
