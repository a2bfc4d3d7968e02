// SPDX-License-Identifier: BSL-1.0
// A configuration file. A reload takes the whole file or nothing. If a line is wrong, check, reload and restart print it,
// and the daemon goes on with the old configuration. The file also names the user that the daemon changes to, and the
// signal that makes it speak at once.
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <boost/filesystem/operations.hpp>

#include <signal.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>

using namespace std::chrono_literals;

struct configuration
{
    std::string message = "tick";
    int interval = 1;     // seconds
    std::string user{};   // from the next start on; empty: no change
    int signal = SIGUSR1; // from the next start on
};

/// Reads lines `KEY = VALUE`, empty lines and `# comments`. Throws if one is wrong, with file, line and reason.
configuration read_configuration(const std::string& file)
{
    std::ifstream in(file);
    if (!in) throw daemonkit::startup_error(daemonkit::last_error(), "open the configuration", file);
    configuration read;
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        //! [line]
        const auto refuse = [&](const std::string& reason) {
            throw std::runtime_error(file + ":" + std::to_string(number) + ": " + reason);
        };
        if (line.empty() || line.starts_with('#')) continue;
        const auto equals = line.find(" = ");
        if (equals == line.npos) refuse("expected KEY = VALUE, found \"" + line + "\"");
        //! [line]
        const auto key = line.substr(0, equals);
        const auto value = line.substr(equals + 3);
        if (key == "message") {
            read.message = value;
        } else if (key == "interval") {
            const char* const end = value.data() + value.size();
            const auto parsed = std::from_chars(value.data(), end, read.interval);
            if (parsed.ec != std::errc() || parsed.ptr != end || read.interval < 1 || read.interval > 3600)
                refuse("interval must be 1 to 3600 seconds, not \"" + value + "\"");
        } else if (key == "user") {
            read.user = value;
        } else if (key == "signal") {
            if (value != "USR1" && value != "USR2") refuse("signal must be USR1 or USR2, not \"" + value + "\"");
            read.signal = value == "USR1" ? SIGUSR1 : SIGUSR2;
        } else {
            refuse("unknown key \"" + key + "\"");
        }
    }
    if (in.bad()) throw daemonkit::startup_error(daemonkit::last_error(), "read the configuration", file);
    return read;
}

class configured : public daemonkit::sysv_daemon<configured, daemonkit::configured_signals<>, daemonkit::log_file_stdio>
{
public:
    explicit configured(std::string file) : file_(std::move(file)) {}

    //! [reload]
    void check() const { read_configuration(file_); } // the verb check, and before restart and reload
    void on_reload()
    {
        auto fresh = read_configuration(file_); // if this throws, current_ is unchanged
        open_history();                         // again: logrotate(8) may have renamed it
        current_ = std::move(fresh);
    }
    //! [reload]
    //! [drop]
    void on_start() // still as root
    {
        current_ = read_configuration(file_); // start fails if the file is wrong
        boost::filesystem::create_directory("configured.history");
        give_to_user("configured.history");
    }
    void on_dropped() { open_history(); } // as the user: what works here works in on_reload(), too
    //! [drop]
    void on_signal(int) { say(); }

    int run()
    {
        for (int waited = 0; wait_for(1s);) { // in steps: a reload does not end wait_for()
            if (++waited < current_.interval) continue;
            waited = 0;
            say();
        }
        return EXIT_SUCCESS;
    }

private:
    void open_history()
    {
        std::ofstream opened("configured.history/messages", std::ios::app);
        if (!opened)
            throw daemonkit::startup_error(daemonkit::last_error(), "open the history", "configured.history/messages");
        history_ = std::move(opened);
    }

    void say()
    {
        std::puts(current_.message.c_str());
        std::fflush(stdout);
        history_ << current_.message << std::endl;
    }

    std::string file_;
    configuration current_{};
    std::ofstream history_{};
};

/// Of a wrong file the default: stop and status work with it, too, and on_start() refuses it.
configuration read_if_right(const std::string& file)
{
    try {
        return read_configuration(file);
    } catch (const std::exception&) {
        return {};
    }
}

int main(int argc, char** argv)
try {
    const auto here = boost::filesystem::current_path();
    const auto file = (here / "configured.conf").string();
    configured daemon(file);
    //! [settings]
    return daemonkit::command_line(daemon, argc, argv, [&]() -> configured::settings {
        const auto c = read_if_right(file);
        return {.pid = {.path = here / "configured.pid"},
                .signals = {.more = {c.signal}},
                .stdio = {.output = here / "configured.log"},
                .process = {.working_directory = here.string(), .user = c.user}};
    });
    //! [settings]
} catch (const std::exception& e) {
    std::fprintf(stderr, "configured: %s\n", e.what());
    return EXIT_FAILURE;
}
