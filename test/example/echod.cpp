// SPDX-License-Identifier: BSL-1.0
// A TCP echo server: `echod PORT` starts it, `echod stop` ends it, and `echod run [PORT]` is for service managers.
// Boost.Asio's loop runs the daemon, and waits for signals as for everything else.
//
// A service manager that keeps descriptors (FileDescriptorStoreMax= of systemd) has a copy of the listening socket and
// of each connection, so that neither ends with the process. What a client has sent is never in memory of the process
// either: splice(2) moves it in the kernel, from the socket to a pipe that is kept beside it, and from there to the
// socket. So it can be killed at any time, and the next process goes on at the same byte. The price is the manager's:
// three messages a connection, and two descriptors with which it compares each further one.
#include <daemonkit/daemonkit.hpp>
#include <daemonkit/socket_activation.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/filesystem/operations.hpp>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::tcp;
using daemonkit::sys::unique_fd;

/// Both ends in one descriptor; none if there are too many.
unique_fd make_pipe()
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == -1) return {};
    const unique_fd in(ends[0]);
    const unique_fd out(ends[1]);
    return unique_fd(::open(("/proc/self/fd/" + std::to_string(in.get())).c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
}

/// A number that no other pipe has as long as this one is open.
std::string number_of(const unique_fd& pipe)
{
    struct stat status = {};
    ::fstat(pipe.get(), &status);
    return std::to_string(status.st_ino);
}

class echod : public daemonkit::universal_daemon<echod>, public daemonkit::socket_activation
{
public:
    /// 0: it has no port of its own, and listens at the socket that it is given.
    explicit echod(unsigned short port) : port_(port) {}

    /// Here, where a port that is taken is still an error of start. And no earlier: the epoll descriptor of an
    /// io_context that was made before the forks would be closed by now, and belong to another process.
    void on_start()
    try {
        timers_.emplace(io_.emplace());
        auto& passed = listen_fds();
        auto listener = passed.take("echo");
        if (!listener && daemonkit::is_socket(passed[0], daemonkit::listening_stream)) listener = passed.take(0);
        listen(std::move(listener));
        take_up(passed);
    } catch (const boost::system::system_error& e) {
        throw daemonkit::startup_error(e.code(), "listen on port", std::to_string(port_));
    }

    int run()
    {
        asio::posix::stream_descriptor signals(*io_, signal_fd());
        listen_to(signals);
        if (watchdog_interval() != watchdog_interval().max()) show_life();
        accept();
        io_->run();
        signals.release(); // the descriptor is daemonkit's
        return EXIT_SUCCESS;
    }

    /// What a service manager has a copy of outlives us; everything else ends here.
    void on_stop()
    {
        acceptor_.reset();
        timers_.reset();
        io_.reset(); // and with it all sessions
    }

private:
    /// A connection. All that it has to remember is in the kernel: what is in the pipe is still to be answered.
    struct session : std::enable_shared_from_this<session>
    {
        session(echod& its_server, tcp::socket its_socket, unique_fd its_pipe, std::string its_name)
            : server(its_server), socket(std::move(its_socket)), pipe(std::move(its_pipe)), name(std::move(its_name))
        {
        }

        void echo()
        {
            int unanswered = 0;
            ::ioctl(pipe.get(), FIONREAD, &unanswered);
            const bool answers = unanswered > 0;
            socket.async_wait(answers ? socket.wait_write : socket.wait_read,
                              [self = shared_from_this(), answers](auto failed) {
                                  if (!failed) self->move(answers);
                              });
        }

        void move(bool answers)
        {
            const int from = answers ? pipe.get() : socket.native_handle();
            const int to = answers ? socket.native_handle() : pipe.get();
            const auto moved = ::splice(from, nullptr, to, nullptr, 65536, SPLICE_F_NONBLOCK);
            if (moved > 0 || (moved == -1 && errno == EAGAIN))
                echo();
            else
                server.remove_descriptor(name); // the client has gone
        }

        echod& server;
        tcp::socket socket;
        unique_fd pipe;
        std::string name;
    };

    /// At the socket that a service manager passed, or at one that it is to keep.
    void listen(unique_fd passed)
    {
        if (passed) {
            daemonkit::require_socket(passed.get(), daemonkit::listening_stream);
            acceptor_.emplace(*io_, tcp::v4(), passed.release());
        } else {
            if (port_ == 0) daemonkit::throw_bad_setting("listen", {}, "no socket was passed and no port is given");
            acceptor_.emplace(*io_, tcp::endpoint(tcp::v4(), port_));
            store_descriptor(acceptor_->native_handle(), "echo");
        }
        acceptor_->non_blocking(true);
    }

    /// The connections of the process before us.
    void take_up(daemonkit::passed_descriptors& passed)
    {
        for (std::size_t i = 0; i < passed.size(); ++i) {
            if (!daemonkit::is_socket(passed[i], {AF_UNSPEC, SOCK_STREAM, false})) continue;
            const std::string name(passed.name_of(i));
            const int accepted = passed.take(i).release();
            serve(accepted, passed.take(name), name);
        }
        for (std::size_t i = 0; i < passed.size(); ++i) // pipes of clients that have gone meanwhile
            if (const auto left = passed.take(i); left && !daemonkit::sys::socket_kind_of(left.get()))
                remove_descriptor(passed.name_of(i));
    }

    /// Who is killed between accept4(2) and the message that has the socket stored takes that one connection along: so
    /// nothing else is there.
    void accept()
    {
        acceptor_->async_wait(tcp::acceptor::wait_read, [this](auto failed) {
            if (failed) return;
            auto pipe = make_pipe();
            if (!pipe) return accept_later();
            const auto name = number_of(pipe);
            store_descriptor(pipe.get(), name);
            const int accepted = ::accept4(acceptor_->native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (accepted != -1) {
                store_descriptor(accepted, name);
                serve(accepted, std::move(pipe), name);
                accept();
            } else {
                const bool client_gone = errno == EAGAIN;
                remove_descriptor(name);
                client_gone ? accept() : accept_later();
            }
        });
    }

    void serve(int accepted, unique_fd pipe, const std::string& name)
    {
        std::make_shared<session>(*this, tcp::socket(*io_, tcp::v4(), accepted), std::move(pipe), name)->echo();
    }

    /// Out of descriptors, mostly: the connection waits in the queue, and trying at once again would only spin.
    void accept_later()
    {
        timers_->pause.expires_after(100ms);
        timers_->pause.async_wait([this](auto) { accept(); });
    }

    //! [signals]
    void listen_to(asio::posix::stream_descriptor& signals)
    {
        signals.async_wait(signals.wait_read, [this, &signals](auto) {
            if (goes_on()) listen_to(signals);
        });
    }

    bool goes_on()
    {
        if (wait_for(0s)) return true; // the hooks are called in here; false: stop
        io_->stop();
        return false;
    }
    //! [signals]

    /// A watchdog wants to see that this loop goes round.
    void show_life()
    {
        timers_->watchdog.expires_after(watchdog_interval());
        timers_->watchdog.async_wait([this](auto) {
            if (goes_on()) show_life();
        });
    }

    struct two_timers
    {
        explicit two_timers(asio::io_context& io) : pause(io), watchdog(io) {}

        asio::steady_timer pause;
        asio::steady_timer watchdog;
    };

    unsigned short port_;
    std::optional<asio::io_context> io_{};
    std::optional<two_timers> timers_{};
    std::optional<tcp::acceptor> acceptor_{};
};

//! [embedded]
int main(int argc, char** argv)
try {
    const auto tell = [](const auto& result) {
        if (!result.message.empty()) std::fprintf(stderr, "echod: %s\n", result.message.c_str());
        return result.status;
    };
    const echod::settings settings{.pid = {.path = boost::filesystem::current_path() / "echod.pid"}};
    const std::string_view verb = argc > 1 ? argv[1] : "";
    const std::string_view last = argv[argc - 1];
    unsigned short port = 0;
    const bool given = std::from_chars(last.begin(), last.end(), port).ptr == last.end() && port != 0;
    if (argc == 2 && verb == "stop") return tell(echod::stop(settings));
    if (argc == 2 && verb == "run") return tell(echod(0).run_in_foreground(settings)); // at the socket passed to it
    if (argc == 3 && verb == "run" && given) return tell(echod(port).run_in_foreground(settings));
    if (argc == 2 && given) return tell(echod(port).start(settings)); // here when ready, in the daemon at its end
    std::fputs("Usage: echod PORT | run [PORT] | stop\n", stderr);
    return daemonkit::exit_status::usage;
} catch (const std::exception& e) { // such as a directory that was deleted
    std::fprintf(stderr, "echod: %s\n", e.what());
    return daemonkit::exit_status::not_configured;
}
//! [embedded]
