// SPDX-License-Identifier: BSL-1.0
// A daemon that writes to the file REPORT which descriptors it was passed, and to two files beside it what a child
// process sees. It stores the text STORES as a file in memory, unless it was passed that file.
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>
#include <daemonkit/socket_activation.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>

namespace {

struct activated : daemonkit::universal_daemon<activated>, daemonkit::socket_activation
{
    void on_start()
    {
        const std::string report = std::getenv("REPORT");
        auto& passed = listen_fds();
        if (std::system(("env >" + report + ".env; ls -l /proc/self/fd >" + report + ".fds").c_str()) != 0)
            std::abort();
        std::ofstream file(report);
        for (std::size_t i = 0; i < passed.size(); ++i) {
            std::array<char, 64> text{};
            const auto size = ::pread(passed[i], text.data(), text.size(), 0);
            file << passed[i] << ' ' << passed.name_of(i) << ' '
                 << std::string_view(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0) << '\n';
        }
        file << "all\n";
        if (const char* const text = std::getenv("STORES"); text != nullptr && passed.named("memory") == -1) {
            const daemonkit::sys::unique_fd memory(::memfd_create("stored", MFD_CLOEXEC));
            daemonkit::sys::write_all(memory.get(), text);
            store_descriptor(memory.get(), "memory");
        }
    }

    int run()
    {
        while (wait()) {}
        return 0;
    }
};

} // namespace

int main(int argc, char** argv)
{
    return daemonkit::command_line<activated>(argc, argv, {.pid = {.path = std::getenv("PID_FILE")}});
}
