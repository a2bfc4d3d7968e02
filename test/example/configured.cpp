// SPDX-License-Identifier: BSL-1.0
// A configuration file. A reload takes the whole file or nothing. If a line is wrong, check, reload and restart print it,
// and the daemon goes on with the old configuration.
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <boost/filesystem/operations.hpp>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace std::chrono_literals;

struct configuration
{
    std::string message = "tick";
    int interval = 1; // seconds
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
        } else {
            refuse("unknown key \"" + key + "\"");
        }
    }
    if (in.bad()) throw daemonkit::startup_error(daemonkit::last_error(), "read the configuration", file);
    return read;
}

class configured : public daemonkit::sysv_daemon<configured, daemonkit::log_file_stdio>
{
public:
    explicit configured(std::string file) : file_(std::move(file)) {}

    //! [reload]
    void check() const { read_configuration(file_); }          // the verb check, and before restart and reload
    void on_start() { on_reload(); }                           // start fails if the file is wrong
    void on_reload() { current_ = read_configuration(file_); } // if this throws, current_ is unchanged
    //! [reload]

    int run()
    {
        for (int waited = 0; wait_for(1s);) { // in steps: a reload does not end wait_for()
            if (++waited < current_.interval) continue;
            waited = 0;
            std::puts(current_.message.c_str());
            std::fflush(stdout);
        }
        return EXIT_SUCCESS;
    }

private:
    std::string file_;
    configuration current_{};
};

int main(int argc, char** argv)
try {
    const auto here = boost::filesystem::current_path();
    configured daemon((here / "configured.conf").string());
    return daemonkit::command_line(daemon, argc, argv,
                                   {.pid = {.path = here / "configured.pid"},
                                    .stdio = {.output = here / "configured.log"},
                                    .process = {.working_directory = here.string()}});
} catch (const std::exception& e) {
    std::fprintf(stderr, "configured: %s\n", e.what());
    return EXIT_FAILURE;
}
