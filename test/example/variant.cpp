// SPDX-License-Identifier: BSL-1.0
// Two parts that daemonkit does not have, made by its user from the tables of the concepts and put beside parts that
// it has: stdout and stderr in the system log, and an identity that is a bound socket instead of a file.
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <sys/socket.h>
#include <sys/un.h>

namespace sys = daemonkit::sys;
using namespace std::chrono_literals;

/// bind(2) or connect(2) with a name in the file system or, as "@name", an abstract one, which is in no file system
/// and goes with the last process that has it (unix(7)).
template <class Call>
int on_address(Call call, const sys::unique_fd& socket, const std::string& name)
{
    sockaddr_un address{};
    if (name.size() >= sizeof address.sun_path) return errno = ENAMETOOLONG, -1;
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    return call(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size()));
}

//! [syslog_stdio]
/// A StdioPolicy: stdout and stderr are a datagram socket of the system log, and as both are line-buffered, each line
/// is one message. Nothing is in between, no thread and no logger(1), so the last words of a crash arrive too.
struct syslog_stdio
{
    std::string log = "/dev/log";

    static constexpr bool keeps_terminal = false;
    static constexpr bool reopens = true; // a log that was restarted has a new socket at the same name

    struct streams : daemonkit::fixed_streams
    {
        std::string log;

        void reopen()
        {
            const sys::unique_fd socket(
                daemonkit::check_call(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "make a socket"));
            daemonkit::check_call(on_address(::connect, socket, log), "connect to the system log", log);
            for (const int fd : {1, 2})
                daemonkit::check_call(sys::put_on(socket.get(), fd), "redirect to the system log");
        }
    };

    [[nodiscard]] streams redirect() const
    {
        streams to_log{daemonkit::null_stdio{}.redirect(), log};
        to_log.reopen();
        for (std::FILE* const stream : {stdout, stderr}) std::setvbuf(stream, nullptr, _IOLBF, BUFSIZ);
        return to_log;
    }
};
//! [syslog_stdio]

//! [abstract_socket]
/// A PidPolicy: the identity is a name that the kernel lets one socket have and frees with the process. No file is
/// left behind, to be stale or tampered with. Whoever connects learns from the kernel who listens.
struct abstract_socket
{
    daemonkit::required_setting<std::string> name;

    static constexpr bool records_pid = true;

    struct guard
    {
        sys::unique_fd socket{};
        sys::fork_handler forget_in_child{};

        /// Here and not in claim(), because those who connect are told the process that called listen().
        void publish(pid_t)
        {
            daemonkit::check_call(::listen(socket.get(), SOMAXCONN), "listen on", "the socket of the identity");
            forget_in_child = sys::fork_handler(sys::close_in_child, socket.get());
            if (!forget_in_child) daemonkit::throw_errno("register a fork handler");
        }
        void release() noexcept { socket.reset(); }
        [[nodiscard]] std::array<int, 1> descriptors() const noexcept { return {socket.get()}; }
        /// Wakes the daemon for those who connected. They have learned enough: keep() clears the queue.
        [[nodiscard]] int lost_fd() const noexcept { return socket.get(); }
        [[nodiscard]] bool keep() noexcept
        {
            while (sys::unique_fd(::accept(socket.get(), nullptr, nullptr))) {}
            return true;
        }
    };

    [[nodiscard]] guard claim() const
    {
        for (const sys::deadline until(5s);;) {
            sys::unique_fd socket = make_socket();
            if (on_address(::bind, socket, where()) == 0) return {std::move(socket)};
            if (errno != EADDRINUSE) throw daemonkit::startup_error(daemonkit::last_error(), "bind", where());
            if (const daemonkit::pid_holder other = find()) throw daemonkit::already_running(other.pid, where());
            if (until.passed())
                throw daemonkit::startup_error({}, "bind", where(), "a process holds it and does not answer");
            sys::sleep_for(1ms); // somebody is just starting, and listens as soon as it has forked
        }
    }

    [[nodiscard]] daemonkit::pid_holder find() const
    {
        const pid_t pid = listener();
        // It listens even now, so what open_holder() has opened is no later process with the same number.
        return daemonkit::open_holder(pid, [&](int) { return listener() == pid; });
    }

    [[nodiscard]] std::string where() const { return "@" + name; }

private:
    static sys::unique_fd make_socket()
    {
        return sys::unique_fd(
            daemonkit::check_call(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "make a socket"));
    }

    /// The process that listens at the name, by the kernel's word; 0, which is no process: nobody does.
    [[nodiscard]] pid_t listener() const
    {
        const sys::unique_fd socket = make_socket();
        if (on_address(::connect, socket, where()) == -1) {
            if (errno == ECONNREFUSED) return 0;
            throw daemonkit::startup_error(daemonkit::last_error(), "ask who has", where());
        }
        ucred peer{};
        socklen_t size = sizeof peer;
        daemonkit::check_call(::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size), "ask who has",
                              where());
        // Anybody may take any name; only root and we are believed.
        if (peer.uid != 0 && peer.uid != sys::effective_user())
            throw daemonkit::startup_error(std::make_error_code(std::errc::operation_not_permitted), "trust", where(),
                                           "it is taken by user " + std::to_string(peer.uid));
        return peer.pid;
    }
};
//! [abstract_socket]

//! [variant]
struct variant : daemonkit::basic_daemon<variant, daemonkit::double_fork, abstract_socket, daemonkit::signalfd_signals,
                                         syslog_stdio>
{
    int run()
    {
        std::puts("variant: here I am");
        while (wait()) {}
        return EXIT_SUCCESS;
    }
    void on_reload() { std::fputs("variant: nothing to reload\n", stderr); }
    void on_stop() { std::puts("variant: good-bye"); }
};

int main(int argc, char** argv)
{
    const auto from_environment = [](const char* variable, const char* otherwise) {
        const char* const value = std::getenv(variable);
        return std::string(value != nullptr ? value : otherwise);
    };
    return daemonkit::command_line<variant>(argc, argv,
                                            {.pid = {.name = from_environment("VARIANT_NAME", "variant")},
                                             .stdio = {.log = from_environment("VARIANT_LOG", "/dev/log")}});
}
//! [variant]
