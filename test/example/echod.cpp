// SPDX-License-Identifier: BSL-1.0
// A TCP echo server: `echod PORT` starts it, `echod stop` ends it. Boost.Asio's loop runs the daemon, and waits for
// signals as for everything else.
#include <daemonkit/daemonkit.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/filesystem/operations.hpp>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using asio::ip::tcp;

struct session : std::enable_shared_from_this<session>
{
    explicit session(tcp::socket accepted) : socket(std::move(accepted)) {}

    void echo()
    {
        socket.async_read_some(asio::buffer(data), [self = shared_from_this()](auto failed, std::size_t size) {
            if (!failed) self->answer(size);
        });
    }

    void answer(std::size_t size)
    {
        asio::async_write(socket, asio::buffer(data, size), [self = shared_from_this()](auto failed, std::size_t) {
            if (!failed) self->echo();
        });
    }

    tcp::socket socket;
    std::array<char, 4096> data{};
};

class echod : public daemonkit::sysv_daemon<echod>
{
public:
    explicit echod(unsigned short port) : port_(port) {}

    /// Here, where a port that is taken is still an error of start. And no earlier: the epoll descriptor of an
    /// io_context that was made before the forks would be closed by now, and belong to another process.
    void on_start()
    try {
        pause_.emplace(io_.emplace());
        acceptor_.emplace(*io_, tcp::endpoint(tcp::v4(), port_));
    } catch (const boost::system::system_error& e) {
        throw daemonkit::startup_error(e.code(), "listen on port", std::to_string(port_));
    }

    int run()
    {
        asio::posix::stream_descriptor signals(*io_, signal_fd());
        listen_to(signals);
        accept();
        io_->run();
        signals.release(); // the descriptor is daemonkit's
        return EXIT_SUCCESS;
    }

    void on_stop()
    {
        acceptor_.reset();
        pause_.reset();
        io_.reset(); // and with it all sessions
    }

private:
    void listen_to(asio::posix::stream_descriptor& signals)
    {
        signals.async_wait(signals.wait_read, [this, &signals](auto) {
            if (wait_for(0s)) // the hooks are called in here; false: stop
                listen_to(signals);
            else
                io_->stop();
        });
    }

    void accept()
    {
        acceptor_->async_accept([this](auto failed, tcp::socket socket) {
            if (failed) return accept_later();
            std::make_shared<session>(std::move(socket))->echo();
            accept();
        });
    }

    /// Out of descriptors, mostly: the connection waits in the queue, and trying at once again would only spin.
    void accept_later()
    {
        pause_->expires_after(100ms);
        pause_->async_wait([this](auto) { accept(); });
    }

    unsigned short port_;
    std::optional<asio::io_context> io_;
    std::optional<asio::steady_timer> pause_;
    std::optional<tcp::acceptor> acceptor_;
};

//! [embedded]
int main(int argc, char** argv)
{
    const auto tell = [](const auto& result) {
        if (!result.message.empty()) std::fprintf(stderr, "echod: %s\n", result.message.c_str());
        return result.status;
    };
    const echod::settings settings{.pid = {.path = boost::filesystem::current_path() / "echod.pid"}};
    const std::string_view word = argc == 2 ? argv[1] : "";
    if (word == "stop") return tell(echod::stop(settings));
    unsigned short port = 0;
    if (std::from_chars(word.begin(), word.end(), port).ptr != word.end() || port == 0) {
        std::fputs("Usage: echod PORT | stop\n", stderr);
        return daemonkit::exit_status::usage;
    }
    return tell(echod(port).start(settings)); // goes on here when it is ready, and in the daemon when it has ended
}
//! [embedded]
