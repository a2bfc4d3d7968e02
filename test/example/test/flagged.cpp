// SPDX-License-Identifier: BSL-1.0
#include "example.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fs = boost::filesystem;

namespace {

/// A UDP socket of the test.
class udp_socket
{
public:
    udp_socket() = default;
    udp_socket(const udp_socket&) = delete;
    udp_socket& operator=(const udp_socket&) = delete;
    ~udp_socket() { ::close(fd_); }

    /// A port that no other socket has as long as this one is open.
    unsigned short take_port()
    {
        auto address = loopback(0);
        socklen_t size = sizeof address;
        BOOST_REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        BOOST_REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        return ntohs(address.sin_port);
    }

    void send(const std::string& text, unsigned short port)
    {
        const auto address = loopback(port);
        const auto sent =
            ::sendto(fd_, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        BOOST_TEST(sent == static_cast<ssize_t>(text.size()));
    }

private:
    static sockaddr_in loopback(unsigned short port) { return {AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}, {}}; }

    int fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

/// Starts it at a port that was free a moment ago; another process may be quicker, so it is tried again.
unsigned short start_at_free_port(const example& flagged)
{
    for (int attempt = 0; attempt < 10; ++attempt) {
        const unsigned short port = udp_socket().take_port();
        if (flagged({"--port", std::to_string(port), "messages"}).status == 0) return port;
    }
    BOOST_FAIL("flagged does not start");
    return 0;
}

const std::string usage = "flagged: [--port N] [--foreground] FILE | --status | --stop\n";

} // namespace

BOOST_AUTO_TEST_SUITE(flagged, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(what_arrives_at_the_port_is_appended_to_the_file)
{
    const example flagged("flagged");
    std::ofstream((flagged.directory() / "messages").string()) << "before\n";
    const auto port = start_at_free_port(flagged);
    udp_socket socket;
    socket.send("one\n", port); // start returns when it receives
    socket.send("two\n", port);
    BOOST_TEST(eventually([&] { return text_of(flagged.directory() / "messages") == "before\none\ntwo\n"; }),
               text_of(flagged.directory() / "messages"));
    BOOST_TEST(proc_link(flagged.pid(), "cwd") == "/"); // the file was relative to another directory
    BOOST_TEST(proc_stat(flagged.pid(), 7) == 0);
}

BOOST_AUTO_TEST_CASE(every_option_from_stopped_to_stopped)
{
    const example flagged("flagged");
    auto said = flagged({"--status"});
    BOOST_TEST(said.status == 3);
    BOOST_TEST(said.err == "flagged: not running\n");
    const auto port = std::to_string(start_at_free_port(flagged));
    const pid_t pid = flagged.pid();
    said = flagged({"--status"});
    BOOST_TEST(said.status == 0);
    BOOST_TEST(flagged.with(pid, said.out) == "flagged: running (pid N)\n");
    said = flagged({"--port", port, "messages"});
    BOOST_TEST(said.status == 0);
    BOOST_TEST(flagged.with(pid, said.out) == "flagged: already running (pid N)\n");
    said = flagged({"--stop"});
    BOOST_TEST(said.status == 0);
    BOOST_TEST(flagged.with(pid, said.out) == "flagged: stopped (pid N, SIGTERM)\n");
    BOOST_TEST(!alive(pid));
    said = flagged({"messages", "--port", port}); // options may follow
    BOOST_TEST(said.status == 0);
    BOOST_TEST(flagged.with(flagged.pid(), said.out) == "flagged: started (pid N)\n");
    BOOST_TEST(said.err == "");
}

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_or_a_file_that_cannot_be_opened_is_an_error_of_start_in_one_sentence)
{
    const example flagged("flagged");
    udp_socket taken;
    const auto port = std::to_string(taken.take_port());
    for (const char* const how : {"--", "--foreground"}) {
        auto said = flagged({"--port=" + port, how, "messages"});
        BOOST_TEST(said.status == 1);
        BOOST_TEST(said.out == "");
        BOOST_TEST(said.err == "flagged: cannot receive at port " + port + ": Address already in use\n");
        BOOST_TEST(fs::is_empty(flagged.directory()));
    }
    const auto other = std::to_string(udp_socket().take_port());
    const auto said = flagged({"--port", other, "."});
    BOOST_TEST(said.status == 1);
    BOOST_TEST(said.err.find(": Is a directory\n") != std::string::npos, said.err);
}

BOOST_AUTO_TEST_CASE(in_the_foreground_it_is_the_same_daemon)
{
    const example flagged("flagged");
    const std::string program = DAEMONKIT_EXAMPLE_DIR "/flagged";
    const auto port = std::to_string(udp_socket().take_port());
    const auto said = run({"bash", "-c",
                           program + " --port " + port + " --foreground messages & until " + program +
                               " --status 2>/dev/null; do sleep 0.01; kill -0 $! || exit 9; done; " +
                               "test \"$(cat flagged.pid)\" = $! && " + program + " --stop && wait $!"},
                          flagged.directory().string());
    BOOST_TEST(said.status == 0);
    BOOST_TEST(said.out.find("flagged: stopped (pid ") != std::string::npos, said.out);
    BOOST_TEST(said.out.find("started") == std::string::npos, said.out);
    BOOST_TEST(said.err == "");
    BOOST_TEST(!fs::exists(flagged.file(".pid")));
}

BOOST_AUTO_TEST_CASE(wrong_arguments_are_answered_with_usage)
{
    const example flagged("flagged");
    for (const char* const port : {"", "0", "65536", "80x", "-1", "http"}) {
        const auto said = flagged({"--port", port, "messages"});
        BOOST_TEST_CONTEXT("--port '" << port << "'")
        {
            BOOST_TEST(said.status == 2);
            BOOST_TEST(said.err == "flagged: --port takes a number from 1 to 65535\n");
        }
    }
    const std::vector<std::vector<std::string>> wrong{
        {}, {"one", "two"}, {"--stop", "messages"}, {"--status", "--stop"}, {"--foreground"}, {"--port", "1"}};
    for (const auto& arguments : wrong) {
        const auto said = flagged(arguments);
        BOOST_TEST(said.status == 2);
        BOOST_TEST(said.err == usage);
    }
    const auto said = flagged({"--background", "messages"});
    BOOST_TEST(said.status == 2);
    BOOST_TEST(said.err.find("unrecognized option '--background'\n" + usage) != std::string::npos, said.err);
    BOOST_TEST(fs::is_empty(flagged.directory()));
}

BOOST_AUTO_TEST_SUITE_END()
