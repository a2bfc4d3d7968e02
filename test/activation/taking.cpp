// SPDX-License-Identifier: BSL-1.0
// What the library makes of LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES and the passed descriptors. Each case runs in a
// child process whose descriptors from 3 on are set by the test.
#include <daemonkit/socket_activation.hpp>

#include "activation/passing.hpp"

#include <boost/test/unit_test.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cstdio>

using daemonkit::passed_descriptors;
using daemonkit::sys::unique_fd;

namespace {

struct activated : daemonkit::socket_activation
{};

/// "3 name content" for each descriptor that is still open.
std::string list(const passed_descriptors& passed)
{
    std::string text;
    for (std::size_t i = 0; i < passed.size(); ++i) {
        if (passed[i] == -1) continue;
        char content[16];
        const auto size = ::pread(passed[i], content, sizeof content, 0);
        text += std::to_string(passed[i]) + " " + std::string(passed.name_of(i)) + " " +
                std::string(content, size > 0 ? static_cast<std::size_t>(size) : 0) + "\n";
    }
    return text;
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

/// What a daemon object created in such a process takes, or the sentence of its error; and what is left in the
/// environment.
std::string what_comes_of(const passing& p)
{
    return in_child([&] {
               p.here();
               activated daemon; // whatever it was passed
               std::string text;
               try {
                   text = list(daemon.listen_fds());
               } catch (const daemonkit::startup_error& e) {
                   text = e.what() + (" (" + std::to_string(e.status()) + ")\n");
               }
               for (const char* const name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"})
                   if (std::getenv(name) != nullptr) text += name + std::string(" is left\n");
               std::fputs(text.c_str(), stdout);
               return 0;
           })
        .out;
}

/// In a child process, with three descriptors named one, two, one.
template <class Body>
outcome with_three(Body body)
{
    const auto a = memory_of("a");
    const auto b = memory_of("b");
    const auto c = memory_of("c");
    return in_child([&] {
        passing{{a.get(), b.get(), c.get()}, "one:two:one"}.here();
        activated daemon;
        return body(daemon) ? 0 : 1;
    });
}

} // namespace

BOOST_AUTO_TEST_SUITE(taking, *boost::unit_test::label("unit"))

BOOST_AUTO_TEST_CASE(all_that_were_passed_by_number_and_name)
{
    const auto a = memory_of("a");
    const auto b = memory_of("b");
    BOOST_TEST(what_comes_of({{a.get(), b.get()}, "http:https"}) == "3 http a\n4 https b\n");
    BOOST_TEST(what_comes_of({{a.get()}, "x"}) == "3 x a\n");
    BOOST_TEST(what_comes_of({{}}) == "");
    BOOST_TEST(what_comes_of({{}, "ignored:names"}) == "");
}

BOOST_AUTO_TEST_CASE(empty_names_are_kept_and_a_missing_list_means_unknown)
{
    const auto a = memory_of("a");
    const auto b = memory_of("b");
    BOOST_TEST(what_comes_of({{a.get(), b.get()}}) == "3 unknown a\n4 unknown b\n");
    BOOST_TEST(what_comes_of({{a.get(), b.get()}, ":"}) == "3  a\n4  b\n");
    BOOST_TEST(what_comes_of({{a.get(), b.get()}, ":x"}) == "3  a\n4 x b\n");
    BOOST_TEST(what_comes_of({{a.get(), b.get()}, "x:"}) == "3 x a\n4  b\n");
    BOOST_TEST(what_comes_of({{a.get()}, ""}) == "3  a\n");
}

BOOST_AUTO_TEST_CASE(descriptors_for_another_process_are_not_taken_and_children_are_passed_none)
{
    const auto a = memory_of("a");
    BOOST_TEST(what_comes_of({{a.get()}, "x", "1", "1"}) == "");
    BOOST_TEST(what_comes_of({{a.get()}, "x", "1", std::to_string(::getpid())}) == ""); // the parent's
    BOOST_TEST(what_comes_of({{a.get()}, "wrong:as:that:is", "garbage", "1"}) == "");
    BOOST_TEST(what_comes_of({{a.get()}, "x", {}}) == "");
    passing::set("LISTEN_PIDFDID", "17");
    BOOST_TEST(what_comes_of({{a.get()}}) == "3 unknown a\n");
    passing::set("LISTEN_PIDFDID", {});
}

BOOST_AUTO_TEST_CASE(without_a_pid_nothing_is_taken)
{
    const auto said = in_child([] {
        passing::set("LISTEN_FDS", "1");
        activated daemon;
        return daemon.listen_fds().empty() && std::getenv("LISTEN_FDS") == nullptr ? 0 : 1;
    });
    BOOST_TEST(said.status == 0);
}

BOOST_AUTO_TEST_CASE(a_contradiction_is_reported_where_the_descriptors_are_requested)
{
    const auto a = memory_of("a");
    const auto says = [&](const std::optional<std::string>& count, const std::optional<std::string>& names,
                          const std::optional<std::string>& pid = {}) {
        return what_comes_of({{a.get()}, names, count, pid});
    };
    const std::string begin = "cannot take the passed descriptors: ";
    for (const std::string wrong : {"", "x", "1x", "x1", "-1", "-0", "+1", " 1", "1 ", "0x1", "99999999999999999999"}) {
        BOOST_TEST(says(wrong, {}) == begin + "LISTEN_FDS is not a number: \"" + wrong + "\" (6)\n");
        BOOST_TEST(says("1", {}, wrong) == begin + "LISTEN_PID is not a number: \"" + wrong + "\" (6)\n");
    }
    BOOST_TEST(says("2", {}) == begin + "LISTEN_FDS is 2, but descriptor 4 is not open (6)\n");
    BOOST_TEST(says("2147483647", {}) == begin + "LISTEN_FDS is 2147483647, but descriptor 4 is not open (6)\n");
    BOOST_TEST(says("2", "x:y") == begin + "LISTEN_FDS is 2, but descriptor 4 is not open (6)\n");
    BOOST_TEST(says("1", "x:y") == begin + "LISTEN_FDS is 1, but LISTEN_FDNAMES names 2 (6)\n");
    BOOST_TEST(says("1", ":::") == begin + "LISTEN_FDS is 1, but LISTEN_FDNAMES names 4 (6)\n");
    const auto b = memory_of("b");
    BOOST_TEST(what_comes_of({{a.get(), b.get()}, "x"}) == begin + "LISTEN_FDS is 2, but LISTEN_FDNAMES names 1 (6)\n");
}

BOOST_AUTO_TEST_CASE(a_descriptor_in_the_middle_that_is_closed)
{
    const auto a = memory_of("a");
    const auto said = in_child([&] {
        passing{{a.get(), a.get(), a.get()}}.here();
        ::close(4);
        activated daemon;
        try {
            static_cast<void>(daemon.listen_fds());
        } catch (const daemonkit::startup_error& e) {
            std::puts(e.what());
        }
        return 0;
    });
    BOOST_TEST(said.out == "cannot take the passed descriptors: LISTEN_FDS is 3, but descriptor 4 is not open\n");
}

BOOST_AUTO_TEST_CASE(each_is_closed_on_exec)
{
    const auto said = with_three([](const activated&) {
        for (int fd = 3; fd <= 5; ++fd)
            if (::fcntl(fd, F_GETFD) != FD_CLOEXEC) return false;
        return true;
    });
    BOOST_TEST(said.status == 0);
}

BOOST_AUTO_TEST_CASE(found_by_name_the_first_or_all)
{
    const auto said = with_three([](activated& daemon) {
        const auto& passed = daemon.listen_fds();
        return passed.size() == 3 && passed.named("one") == 3 && passed.named("two") == 4 && passed.named("on") == -1 &&
               passed.named("") == -1 && passed.all_named("one") == std::vector{3, 5} &&
               passed.all_named("three").empty() && passed[3] == -1 && passed.name_of(3).empty();
    });
    BOOST_TEST(said.status == 0);
}

BOOST_AUTO_TEST_CASE(taken_descriptors_belong_to_the_caller_and_the_rest_ends_with_the_daemon)
{
    const auto a = memory_of("a");
    const auto said = in_child([&] {
        passing{{a.get(), a.get(), a.get(), a.get()}, "one:two:one:rest"}.here();
        unique_fd kept;
        {
            activated daemon;
            auto& passed = daemon.listen_fds();
            kept = passed.take("one");
            if (kept.get() != 3 || passed[0] != -1 || passed.named("one") != 5 || passed.size() != 4) return 1;
            if (passed.take(1).get() != 4) return 2; // and dropped
            if (passed.take("one").get() != 5 || passed.take("one") || passed.take(0) || passed.take(99)) return 3;
            if (daemon.kept_descriptors() != std::vector{6}) return 4;
        }
        return is_open(3) && !is_open(4) && !is_open(5) && !is_open(6) ? 0 : 5;
    });
    BOOST_TEST(said.status == 0);
}

BOOST_AUTO_TEST_CASE(a_child_made_by_fork_is_passed_nothing)
{
    const auto said = with_three([](const activated& daemon) {
        const pid_t child = ::fork();
        if (child == 0) {
            activated own;
            ::_exit(own.listen_fds().empty() ? 0 : 1);
        }
        int status = 1;
        ::waitpid(child, &status, 0);
        return status == 0 && daemon.kept_descriptors().size() == 3;
    });
    BOOST_TEST(said.status == 0);
}

BOOST_AUTO_TEST_CASE(a_second_daemon_object_of_the_process_is_passed_nothing)
{
    const auto said = with_three([](activated& first) {
        activated second;
        return second.listen_fds().empty() && first.listen_fds().size() == 3;
    });
    BOOST_TEST(said.status == 0);
}

BOOST_AUTO_TEST_CASE(the_kind_of_a_socket_is_told)
{
    const auto complaint = [](int fd, const daemonkit::sys::socket_kind& wanted) {
        try {
            daemonkit::require_socket(fd, wanted);
        } catch (const daemonkit::startup_error& e) {
            BOOST_TEST(e.status() == 6);
            const std::string begin = "cannot use the passed descriptor " + std::to_string(fd) + ": it is ";
            const std::string text = e.what();
            BOOST_TEST(text.starts_with(begin), text);
            return text.substr(begin.size());
        }
        return std::string("right");
    };
    const auto make = [](int family, int type) { return unique_fd(::socket(family, type | SOCK_CLOEXEC, 0)); };
    const auto tcp = make(AF_INET, SOCK_STREAM);
    BOOST_TEST(complaint(tcp.get(), daemonkit::listening_stream) ==
               "an IPv4 stream socket, but must be a listening stream socket");
    BOOST_TEST(complaint(tcp.get(), {}) == "right");
    BOOST_REQUIRE(::listen(tcp.get(), 1) == 0);
    BOOST_TEST(complaint(tcp.get(), daemonkit::listening_stream) == "right");
    BOOST_TEST(complaint(tcp.get(), {AF_INET, SOCK_STREAM, true}) == "right");
    BOOST_TEST(complaint(tcp.get(), {AF_UNIX, SOCK_STREAM, true}) ==
               "a listening IPv4 stream socket, but must be a listening UNIX stream socket");
    BOOST_TEST(complaint(tcp.get(), {}) == "a listening IPv4 stream socket, but must be a stream socket");
    const auto log = make(AF_UNIX, SOCK_DGRAM);
    BOOST_TEST(complaint(log.get(), {AF_INET6, SOCK_DGRAM, false}) ==
               "a UNIX datagram socket, but must be an IPv6 datagram socket");
    BOOST_TEST(complaint(make(AF_UNIX, SOCK_SEQPACKET).get(), {}) ==
               "a UNIX sequenced-packet socket, but must be a stream socket");
    BOOST_TEST(complaint(memory_of("").get(), daemonkit::listening_stream) ==
               "not a socket, but must be a listening stream socket");
    BOOST_TEST(complaint(-1, {}) == "not a socket, but must be a stream socket");
    BOOST_TEST(daemonkit::is_socket(tcp.get(), daemonkit::listening_stream));
}

BOOST_AUTO_TEST_SUITE_END()
