// SPDX-License-Identifier: BSL-1.0
// A logging library of one's own: spdlog writes the file that a reload opens again, so that it can be rotated.
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <boost/filesystem/operations.hpp>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>

using namespace std::chrono_literals;

//! [spdlog]
class spdlogd : public daemonkit::universal_daemon<spdlogd>
{
public:
    explicit spdlogd(std::string file) : file_(std::move(file)) {}

    //! [output]
    /// Not earlier: a fork would leave spdlog's threads behind.
    void on_start()
    {
        on_reload();
        spdlog::set_default_logger(std::make_shared<spdlog::logger>("spdlogd", output_));
        spdlog::flush_on(spdlog::level::info);
        spdlog::flush_every(5s);
        spdlog::info("here I am");
    }

    /// If this throws, `reload` prints the text of the exception, and the old file stays in use.
    void on_reload() { output_->set_sinks({std::make_shared<spdlog::sinks::basic_file_sink_mt>(file_)}); }
    //! [output]

    int run()
    {
        while (wait_for(1s)) spdlog::info("tick");
        return EXIT_SUCCESS;
    }

    void on_stop()
    {
        spdlog::info("good-bye");
        spdlog::shutdown();
    }

private:
    std::string file_;
    std::shared_ptr<spdlog::sinks::dist_sink_mt> output_ = std::make_shared<spdlog::sinks::dist_sink_mt>();
};
//! [spdlog]

int main(int argc, char** argv)
try {
    const auto here = boost::filesystem::current_path();
    spdlogd daemon((here / "spdlogd.log").string());
    return daemonkit::command_line(
        daemon, argc, argv, {.pid = {.path = here / "spdlogd.pid"}, .process = {.working_directory = here.string()}});
} catch (const std::exception& e) { // such as a directory that was deleted
    std::fprintf(stderr, "spdlogd: %s\n", e.what());
    return daemonkit::exit_status::not_configured;
}
