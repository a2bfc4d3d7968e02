// SPDX-License-Identifier: BSL-1.0
// The daemon from which daemonkit grew: it writes the time to an output file, once a second. All its files are in the
// directory from which it is called. One source for every deployment: built with -DDEPLOYMENT=systemd it has nothing of
// the others in it; as it stands it is one binary for all.
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <boost/filesystem/operations.hpp>

#include <cstdio>
#include <ctime>
#include <fstream>

#ifndef DEPLOYMENT
#define DEPLOYMENT universal
#endif

using namespace daemonkit;
using namespace std::chrono_literals;
using boost::filesystem::path;

//! [deployment]
// init scripts and cluster managers
template <class D>
using sysv = sysv_daemon<D, flock_pid_file, signalfd_signals, log_file_stdio>;
// service managers
template <class D>
using systemd = systemd_daemon<D>;
// pid 1 of a container
template <class D>
using container = container_daemon<D>;
// all of them: `start` for the first kind, `run` for the others
template <class D>
using universal = universal_daemon<D, flock_pid_file, reaping_signals, log_file_stdio>;

template <template <class> class Deployment>
struct clientd : Deployment<clientd<Deployment>>
{
    // It is ready when run() has said so: an output file that cannot be opened is an error of start.
    static constexpr bool announces_ready = true;

    int run(const path& output)
    {
        output_ = output;
        on_reload();
        this->ready();
        do {
            const std::time_t now = std::time(nullptr);
            file_ << std::ctime(&now) << std::flush;
        } while (this->wait_for(1s));
        return EXIT_SUCCESS;
    }

    /// Opens the output file again, so that it can be rotated. If that fails, the old one stays.
    void on_reload()
    {
        std::ofstream file(output_.string(), std::ios::app);
        if (!file) throw startup_error(last_error(), "open the output file", output_.string());
        file_ = std::move(file);
        std::printf("writing the time to %s\n", output_.c_str());
        std::fflush(stdout);
        this->notify_status("writing the time to " + output_.string());
    }

private:
    path output_;
    std::ofstream file_;
};
//! [deployment]

template <class Daemon>
typename Daemon::settings settings_in(const path& here)
{
    const process_settings process{.name = "clientd", .working_directory = here.string(), .umask = 022};
    if constexpr (Daemon::can_be_found)
        return {.pid = {.path = here / "clientd.pid"},
                .stdio = {.output = here / "clientd.out", .error = here / "clientd.err"},
                .process = process};
    else
        return {.process = process};
}

int main(int argc, char** argv)
{
    using daemon = clientd<DEPLOYMENT>;
    const path here = boost::filesystem::current_path();
    return command_line<daemon>(argc, argv, settings_in<daemon>(here), here / "clientd.log");
}
