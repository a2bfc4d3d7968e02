// SPDX-License-Identifier: BSL-1.0
// Options of its own, a check before every restart, two instances, and files made from the class: forwards datagrams
// from one UDP port of this host to another.
#include <daemonkit/artefacts.hpp>
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <boost/filesystem/operations.hpp>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

struct ports
{
    unsigned short from = 7000;
    unsigned short to = 7001;
};

//! [class]
struct relayd : daemonkit::sysv_daemon<relayd, daemonkit::log_file_stdio>
{
    static constexpr auto version = "1.0";
    static constexpr bool has_instances = true; // --instance NAME, and the verb list
    using more_verbs = daemonkit::artefacts;    // the verbs print and doctor

    // The verb check. restart and try-restart call it before they stop the daemon, reload before it tells the daemon.
    static void check(const ports& p)
    {
        if (p.from == p.to) throw std::runtime_error("port " + std::to_string(p.from) + " would send to itself");
    }

    void on_start(const ports& p) // takes the arguments, as run() does
    {
        check(p);
        socket_.reset(
            daemonkit::check_call(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "make a socket"));
        const auto here = address(p.from);
        if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here) == -1)
            throw daemonkit::startup_error(daemonkit::last_error(), "listen on port", std::to_string(p.from));
    }
    //! [class]

    int run(const ports& p)
    {
        const auto there = address(p.to);
        pollfd fds[] = {{socket_.get(), POLLIN, 0}, {signal_fd(), POLLIN, 0}};
        char bytes[65536];
        while (wait_for(std::chrono::seconds(0))) {
            ::poll(fds, 2, -1);
            const auto size = ::recv(socket_.get(), bytes, sizeof bytes, 0);
            if (size > 0)
                ::sendto(socket_.get(), bytes, static_cast<std::size_t>(size), 0,
                         reinterpret_cast<const sockaddr*>(&there), sizeof there);
        }
        return EXIT_SUCCESS;
    }

private:
    static sockaddr_in address(unsigned short port)
    {
        sockaddr_in all{};
        all.sin_family = AF_INET;
        all.sin_port = htons(port);
        all.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return all;
    }

    daemonkit::sys::unique_fd socket_{};
};

//! [main]
int main(int argc, char** argv)
{
    ports p;
    boost::filesystem::path state;
    const daemonkit::program_option options[] = {
        {.name = "from", .letter = 'f', .argument = "PORT", .help = "receive on this port", .value = p.from},
        {.name = "to", .letter = 't', .argument = "PORT", .help = "send to this port", .value = p.to},
        {.name = "state", .argument = "PATH", .help = "directory of pid files and logs", .value = state}};
    return daemonkit::command_line<relayd>(
        argc, argv, options,
        [&]() -> relayd::settings { // called once, after the options were stored
            const auto directory =
                state.empty() ? boost::filesystem::current_path() : boost::filesystem::absolute(state);
            return {.pid = {.path = directory / "relayd-%i.pid"},
                    .stdio = {.output = directory / "relayd-%i.log"},
                    .process = {.name = "relayd-%i", .instance = "main"}};
        },
        p);
}
//! [main]
