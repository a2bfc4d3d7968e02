// SPDX-License-Identifier: BSL-1.0
#include "example.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>

namespace {

sockaddr_in loopback(unsigned short port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// A TCP socket that is closed with the test; every wait on it is bounded.
class tcp_socket
{
public:
    tcp_socket() = default;
    tcp_socket(const tcp_socket&) = delete;
    tcp_socket& operator=(const tcp_socket&) = delete;
    ~tcp_socket() { ::close(fd_); }

    /// Takes a free port and listens there.
    unsigned short take_port()
    {
        auto address = loopback(0);
        socklen_t size = sizeof address;
        BOOST_REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        BOOST_REQUIRE(::listen(fd_, 1) == 0);
        BOOST_REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        return ntohs(address.sin_port);
    }

    bool connect(unsigned short port)
    {
        const auto address = loopback(port);
        return ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }

    void send(const std::string& text)
    {
        BOOST_REQUIRE(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
    }

    /// So many bytes, or fewer if the other side has closed.
    std::string receive(std::size_t size)
    {
        std::string text;
        std::array<char, 65536> bytes{};
        pollfd p{fd_, POLLIN, 0};
        while (text.size() < size && ::poll(&p, 1, 20000) == 1) {
            const auto n = ::recv(fd_, bytes.data(), std::min(bytes.size(), size - text.size()), 0);
            if (n <= 0) return text;
            text.append(bytes.data(), static_cast<std::size_t>(n));
        }
        BOOST_REQUIRE_MESSAGE(text.size() == size, "nothing comes and the connection stays open");
        return text;
    }

private:
    int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

/// Starts it on a port that was free a moment ago; another process may be quicker, so it is tried again.
unsigned short start_on_free_port(const example& echod)
{
    for (int attempt = 0; attempt < 10; ++attempt) {
        const unsigned short port = tcp_socket().take_port();
        if (echod({std::to_string(port)}).status == 0) return port;
    }
    BOOST_FAIL("echod does not start");
    return 0;
}

} // namespace

BOOST_AUTO_TEST_SUITE(echod, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(echoes_to_everybody_at_once_and_can_be_reached_as_soon_as_start_returns)
{
    const example echod("echod");
    const auto port = start_on_free_port(echod);
    tcp_socket one;
    tcp_socket other;
    BOOST_REQUIRE(one.connect(port));
    BOOST_REQUIRE(other.connect(port));
    one.send("first");
    other.send("second");
    BOOST_TEST(one.receive(5) == "first");
    BOOST_TEST(other.receive(6) == "second");
    const std::string much(100'000, 'x');
    one.send(much);
    BOOST_TEST((one.receive(much.size()) == much));
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_an_error_of_start_in_one_sentence)
{
    const example echod("echod");
    tcp_socket taken;
    const auto port = std::to_string(taken.take_port());
    const auto said = echod({port});
    BOOST_TEST(said.status == 1);
    BOOST_TEST(said.out == "");
    BOOST_TEST(said.err == "echod: cannot listen on port " + port + ": Address already in use\n");
    BOOST_TEST(boost::filesystem::is_empty(echod.directory()));
}

BOOST_AUTO_TEST_CASE(stops_under_an_open_connection_and_gets_its_port_back)
{
    const example echod("echod");
    const auto port = start_on_free_port(echod);
    const pid_t first = echod.pid();
    tcp_socket open;
    BOOST_REQUIRE(open.connect(port));
    open.send("hello");
    BOOST_TEST(open.receive(5) == "hello");

    auto said = echod({"stop"});
    BOOST_TEST(said.status == 0);
    BOOST_TEST(echod.with(first, said.err) == "echod: stopped (pid N, SIGTERM)\n");
    BOOST_TEST(!alive(first));
    BOOST_TEST(open.receive(1) == ""); // the end, not silence

    said = echod({std::to_string(port)});
    BOOST_TEST(said.status == 0);
    BOOST_TEST(said.err == "");
    tcp_socket again;
    BOOST_TEST(again.connect(port));
    BOOST_TEST(echod.with(echod.pid(), echod({std::to_string(port)}).err) == "echod: already running (pid N)\n");
}

BOOST_AUTO_TEST_CASE(keeps_no_descriptor_but_its_own_and_sleeps_when_nobody_calls)
{
    const example echod("echod");
    start_on_free_port(echod);
    const pid_t pid = echod.pid();
    BOOST_TEST(proc_stat(pid, 7) == 0);
    for (const char* const fd : {"fd/0", "fd/1", "fd/2"}) BOOST_TEST(proc_link(pid, fd) == "/dev/null");
    std::map<std::string, int> pipes;
    for (const int fd : open_descriptors(pid))
        if (const auto target = proc_link(pid, "fd/" + std::to_string(fd)); target.rfind("pipe:", 0) == 0)
            ++pipes[target];
    for (const auto& [pipe, ends] : pipes) BOOST_TEST(ends == 2, pipe); // one of which it has one end is its caller's
    BOOST_TEST(eventually([&] { return proc_status(pid, "State").rfind('S', 0) == 0; }));
}

BOOST_AUTO_TEST_CASE(to_run_without_a_port_and_without_a_socket_is_an_error_in_one_sentence)
{
    const example echod("echod");
    const auto said = echod({"run"});
    BOOST_TEST(said.status == 6);
    BOOST_TEST(said.err == "echod: cannot listen: no socket was passed and no port is given\n");
    BOOST_TEST(boost::filesystem::is_empty(echod.directory()));
}

BOOST_AUTO_TEST_CASE(wrong_arguments_are_answered_with_usage)
{
    const example echod("echod");
    for (const char* const wrong : {"", "0", "65536", "80x", "-1", "start"}) {
        const auto said = echod({wrong});
        BOOST_TEST_CONTEXT("echod '" << wrong << "'")
        {
            BOOST_TEST(said.status == 2);
            BOOST_TEST(said.err == "Usage: echod PORT | run [PORT] | stop\n");
        }
    }
    BOOST_TEST(echod({}).status == 2);
    BOOST_TEST(echod({"run", "0"}).status == 2);
    BOOST_TEST(echod({"stop", "now"}).status == 2);
    BOOST_TEST(boost::filesystem::is_empty(echod.directory()));
}

BOOST_AUTO_TEST_SUITE_END()
