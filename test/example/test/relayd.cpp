// SPDX-License-Identifier: BSL-1.0
#include "example.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace {

/// A UDP socket on a free port of this host.
class receiver
{
public:
    receiver()
    {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address_), size) == -1 ||
            ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address_), &size) == -1)
            throw std::runtime_error("cannot bind a socket");
    }
    receiver(const receiver&) = delete;
    receiver& operator=(const receiver&) = delete;
    ~receiver() { ::close(socket_); }

    [[nodiscard]] std::string port() const { return std::to_string(ntohs(address_.sin_port)); }
    void send(const sockaddr_in& to, const std::string& text) const
    {
        ::sendto(socket_, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    }
    [[nodiscard]] std::string receive() const
    {
        std::array<char, 100> bytes{};
        const auto size = ::recv(socket_, bytes.data(), bytes.size(), 0);
        return {bytes.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
    }

private:
    int socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in address_{};
};

/// Starts an instance on a port that is free; returns the port.
std::string started(const example& relayd, const std::string& instance, const std::string& to)
{
    outcome said;
    said.status = -1;
    std::string from;
    for (int tries = 0; tries < 20 && said.status != 0; ++tries) { // what was free may be taken by another test
        from = receiver().port();
        said = relayd({"start", "--instance", instance, "-f", from, "--to", to});
    }
    BOOST_TEST_REQUIRE(said.status == 0, said.err);
    BOOST_TEST(said.out.starts_with("relayd-" + instance + ": started (pid "), said.out);
    return from;
}

} // namespace

BOOST_AUTO_TEST_SUITE(relayd, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(two_instances_a_refused_check_and_a_restart_that_did_not_stop)
{
    const example relayd("relayd");
    const daemon_in main((relayd.directory() / "relayd-main.pid").string());
    const daemon_in other((relayd.directory() / "relayd-b.pid").string());
    const auto from = started(relayd, "main", "9");
    (void)started(relayd, "b", from);
    const auto list = relayd({"list"}).out;
    BOOST_TEST(list.starts_with("b: running (pid "), list);
    BOOST_TEST(list.find("\nmain: running (pid ") != std::string::npos, list);

    const auto main_pid = pid_in((relayd.directory() / "relayd-main.pid").string());
    for (const char* const verb : {"check", "restart", "reload"}) {
        const auto said = relayd({verb, "-f", "7", "-t", "7"});
        BOOST_TEST(said.status == 6);
        BOOST_TEST(said.err.ends_with("port 7 would send to itself\n"), said.err);
    }
    BOOST_TEST(pid_in((relayd.directory() / "relayd-main.pid").string()) == main_pid);
    BOOST_TEST(alive(main_pid));
    BOOST_TEST(relayd({"stop"}).status == 0);
    BOOST_TEST(relayd({"stop", "--instance", "b"}).status == 0);
    BOOST_TEST(relayd({"list"}).out == "");
}

BOOST_AUTO_TEST_CASE(a_printed_unit_is_a_template_for_all_instances)
{
    const example relayd("relayd");
    const auto here = relayd.directory().string();
    const auto all = relayd({"print", "systemd"}).out;
    BOOST_TEST(all.find("\nPIDFile=" + here + "/relayd-%i.pid\n") != std::string::npos, all);
    BOOST_TEST(all.find("relayd --instance \"%i\" start\n") != std::string::npos, all);
    const auto given = relayd({"print", "systemd", "--to", "99", "-f8"}).out;
    BOOST_TEST(given.find("--instance \"%i\" --to=99 --from=8 start\n") != std::string::npos, given);
    const auto one = relayd({"print", "systemd", "--instance", "b"}).out;
    BOOST_TEST(one.find("\nPIDFile=" + here + "/relayd-b.pid\n") != std::string::npos, one);
    BOOST_TEST(one.find('%') == std::string::npos, one);
    const auto script = relayd({"print", "lsb"});
    BOOST_TEST(script.status == 6);
    BOOST_TEST(script.err.find("say which by --instance NAME") != std::string::npos, script.err);
    BOOST_TEST(relayd({"print", "bash"}).out.find("complete -F _relayd relayd\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(datagrams_arrive)
{
    const example relayd("relayd");
    const daemon_in main((relayd.directory() / "relayd-main.pid").string());
    const receiver sender, target;
    const auto from = started(relayd, "main", target.port());
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    there.sin_port = htons(static_cast<std::uint16_t>(std::stoi(from)));
    sender.send(there, "hello");
    BOOST_TEST(target.receive() == "hello");
    const auto taken = relayd({"start", "--instance", "c", "-f", from});
    BOOST_TEST(taken.status == 1);
    BOOST_TEST(taken.err == "relayd-c: cannot listen on port " + from + ": Address already in use\n");
    BOOST_TEST(relayd({"stop"}).status == 0);
}

BOOST_AUTO_TEST_SUITE_END()
