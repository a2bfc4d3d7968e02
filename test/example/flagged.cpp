// SPDX-License-Identifier: BSL-1.0
// A command line of the program's own: `flagged [--port N] FILE` starts a daemon that appends to FILE each datagram
// that it receives at the port.
#include <daemonkit/daemonkit.hpp>

#include <boost/filesystem/operations.hpp>

#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>

using namespace std::chrono_literals;

struct flagged : daemonkit::sysv_daemon<flagged>
{
    flagged(unsigned short port, std::string file) : port_(port), file_(std::move(file)) {}

    /// start fails if this throws. Descriptors that were opened before start() are closed by now.
    void on_start()
    {
        const sockaddr_in address{AF_INET, htons(port_), {htonl(INADDR_LOOPBACK)}, {}};
        socket_.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == -1)
            throw daemonkit::startup_error(daemonkit::last_error(), "receive at port", std::to_string(port_));
        out_.open(file_, std::ios::app);
        if (!out_) throw daemonkit::startup_error(daemonkit::last_error(), "open", file_);
    }

    int run()
    {
        std::array<pollfd, 2> fds{{{signal_fd(), POLLIN, 0}, {socket_.get(), POLLIN, 0}}};
        do {
            ::poll(fds.data(), fds.size(), -1);
            std::array<char, 65536> text; // NOLINT(*-member-init)
            const auto size = ::recv(socket_.get(), text.data(), text.size(), MSG_DONTWAIT);
            if (size != -1) out_.write(text.data(), size).flush();
            if (!out_) throw daemonkit::startup_error(daemonkit::last_error(), "write", file_);
        } while (wait_for(0s)); // handles the signals that have arrived
        return EXIT_SUCCESS;
    }

private:
    unsigned short port_;
    std::string file_;
    daemonkit::sys::unique_fd socket_{};
    std::ofstream out_{};
};

bool to_port(std::string_view text, unsigned short& port)
{
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, port);
    return parsed.ec == std::errc() && parsed.ptr == end && port != 0;
}

int tell(int status, const std::string& text)
{
    if (!text.empty()) std::fprintf(status == 0 ? stdout : stderr, "flagged: %s\n", text.c_str());
    return status;
}

int main(int argc, char** argv)
try {
    const option options[] = {{"port", required_argument, nullptr, 'p'},
                              {"foreground", no_argument, nullptr, 'f'},
                              {"status", no_argument, nullptr, 's'},
                              {"stop", no_argument, nullptr, 'e'},
                              {}};
    unsigned short port = 5140;
    int verb = 0;
    for (int found = 0; (found = ::getopt_long(argc, argv, "", options, nullptr)) != -1;)
        if (found != 'p')
            verb = verb == 0 ? found : '?';
        else if (!to_port(optarg, port))
            return tell(daemonkit::exit_status::usage, "--port takes a number from 1 to 65535");
    if (verb == '?' || argc - optind != (verb == 's' || verb == 'e' ? 0 : 1))
        return tell(daemonkit::exit_status::usage, "[--port N] [--foreground] FILE | --status | --stop");

    //! [verbs]
    const flagged::settings settings{.pid = {.path = boost::filesystem::current_path() / "flagged.pid"}};
    if (verb == 'e') {
        const auto result = flagged::stop(settings);
        return tell(result.status, result.message);
    }
    if (verb == 's') {
        const auto report = flagged::status(settings);
        if (report.pid != 0) return tell(report.status(), "running (pid " + std::to_string(report.pid) + ")");
        return tell(report.status(), report.message.empty() ? "not running" : report.message);
    }
    // A daemon works in "/": a relative path would lead elsewhere.
    flagged daemon(port, boost::filesystem::absolute(argv[optind]).string());
    const auto result = verb == 'f' ? daemon.run_in_foreground(settings) : daemon.start(settings);
    // start() returns in two processes: in the launcher when the daemon is ready, and in the daemon after run().
    if (result.outcome == daemonkit::start_outcome::ready)
        return tell(result.status, "started (pid " + std::to_string(result.pid) + ")");
    return tell(result.status, result.outcome == daemonkit::start_outcome::finished ? "" : result.message);
    //! [verbs]
} catch (const std::exception& e) { // such as a directory that was deleted
    std::fprintf(stderr, "flagged: %s\n", e.what());
    return daemonkit::exit_status::not_configured;
}
