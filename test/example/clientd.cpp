// SPDX-License-Identifier: BSL-1.0
// The daemon from which daemonkit grew: it writes the time to an output file every second. It keeps all its files in
// the directory from which it is called. One source serves every deployment. -DDEPLOYMENT=systemd builds it for service
// managers only; without DEPLOYMENT it is one binary for all deployments.
#include <daemonkit/artefacts.hpp>
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <boost/filesystem/operations.hpp>

#include <cstdio>
#include <ctime>
#include <exception>
#include <fstream>
#include <string>

#ifndef DEPLOYMENT
#define DEPLOYMENT universal
#endif

using namespace std::chrono_literals;
using boost::filesystem::path;

//! [deployment]
// init scripts and cluster managers
template <class D>
using sysv = daemonkit::sysv_daemon<D, daemonkit::log_file_stdio>;
// service managers
template <class D>
using systemd = daemonkit::systemd_daemon<D>;
// pid 1 of a container
template <class D>
using container = daemonkit::container_daemon<D>;
// one binary for all: `start` for init scripts and cluster managers, `run` for service managers and containers
template <class D>
using universal = daemonkit::universal_daemon<D, daemonkit::log_file_stdio>;

template <template <class> class Deployment>
struct clientd : Deployment<clientd<Deployment>>
{
    // The daemon is ready when run() calls ready(). So `start` fails if the output file cannot be opened.
    static constexpr bool announces_ready = true;
    //! [artefacts]
    // The verbs print and doctor, and what generated files say about clientd.
    using more_verbs = daemonkit::artefacts;
    static constexpr daemonkit::artefact_notes notes{
        .description = "writes the time to a file", .user = "clientd", .watchdog = 10s};
    //! [artefacts]

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

    /// Opens the output file again after it was rotated. If this throws, the old file stays.
    void on_reload()
    {
        std::ofstream file(output_.string(), std::ios::app);
        if (!file) throw daemonkit::startup_error(daemonkit::last_error(), "open the output file", output_.string());
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
    if constexpr (Daemon::can_be_found)
        return {.pid = {.path = here / "clientd.pid"},
                .stdio = {.output = here / "clientd.out", .error = here / "clientd.err"},
                .process = {.name = "clientd", .working_directory = here.string()}};
    else
        return {.process = {.name = "clientd", .working_directory = here.string()}};
}

int main(int argc, char** argv)
try {
    using daemon = clientd<DEPLOYMENT>;
    const path here = boost::filesystem::current_path();
    return daemonkit::command_line<daemon>(argc, argv, settings_in<daemon>(here), here / "clientd.log");
} catch (const std::exception& e) { // such as a directory that was deleted
    std::fprintf(stderr, "clientd: %s\n", e.what());
    return daemonkit::exit_status::not_configured;
}
