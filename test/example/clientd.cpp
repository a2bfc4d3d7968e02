// SPDX-License-Identifier: BSL-1.0
// The daemon from which daemonkit grew: it writes the time to an output file, once a second. All its files are in the
// directory from which it is called.
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <boost/filesystem/operations.hpp>

#include <cstdio>
#include <ctime>
#include <fstream>

using namespace std::chrono_literals;
using boost::filesystem::path;

//! [byhand]
class clientd : public daemonkit::basic_daemon<clientd, daemonkit::double_fork, daemonkit::flock_pid_file,
                                               daemonkit::signalfd_signals, daemonkit::log_file_stdio>
{
public:
    // start returns when run() has called ready(), so an output file that cannot be opened is an error of start.
    static constexpr bool announces_ready = true;

    int run(const path& output)
    {
        output_ = output;
        on_reload();
        ready();
        do {
            const std::time_t now = std::time(nullptr);
            file_ << std::ctime(&now) << std::flush;
        } while (wait_for(1s));
        return EXIT_SUCCESS;
    }

    /// Opens the output file again, so that it can be rotated. If that fails, the old one stays.
    void on_reload()
    {
        std::ofstream file(output_.string(), std::ios::app);
        if (!file) throw daemonkit::startup_error(daemonkit::last_error(), "open the output file", output_.string());
        file_ = std::move(file);
        std::printf("writing the time to %s\n", output_.c_str());
    }

private:
    path output_;
    std::ofstream file_;
};
//! [byhand]

int main(int argc, char** argv)
{
    const path here = boost::filesystem::current_path();
    return daemonkit::command_line<clientd>(
        argc, argv,
        {
            .pid = {.path = here / "clientd.pid"},
            .stdio = {.output = here / "clientd.out", .error = here / "clientd.err"},
            .process = {.name = "clientd", .working_directory = here.string(), .umask = 022},
        },
        here / "clientd.log");
}
