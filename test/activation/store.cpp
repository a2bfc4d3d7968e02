// SPDX-License-Identifier: BSL-1.0
// echod under a manager that keeps descriptors. The process ends in order or by KILL; its clients do not notice.
#include "activation/client.hpp"
#include "activation/service_manager.hpp"

#include "support/child_process.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"

#include <cstdlib>

namespace {

constexpr const char* echod = DAEMONKIT_EXAMPLE_DIR "/echod";

#define EXPECT_ECHOD_OR_SKIP \
    if (::access(echod, X_OK) == -1) DAEMONKIT_SKIP("echod is not built: DAEMONKIT_EXAMPLES is off")

/// echod as a ready service with a port of its own.
struct echo_service
{
    unsigned short port = 0;
    unique_fd reserved = take_port(port); // SO_REUSEADDR lets echod have it too
    service_manager manager{{echod, "run", std::to_string(port)}};

    echo_service() { BOOST_REQUIRE(manager.start()); }
    void crash_and_restart()
    {
        manager.kill();
        BOOST_REQUIRE(manager.start());
    }
    /// The number of descriptors: the listening socket, and two for each connection.
    [[nodiscard]] bool keeps(std::size_t connections)
    {
        return eventually([&] { return manager.stored() == 1 + 2 * connections; });
    }
};

/// The number in "NAME=123" in the output of echo_load.
long count_of(const std::string& name, const std::string& text)
{
    const auto at = text.find(name + "=");
    return at == std::string::npos ? -1 : std::atol(text.c_str() + at + name.size() + 1);
}

} // namespace

BOOST_AUTO_TEST_SUITE(store, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(the_socket_of_the_manager_is_taken_by_name_or_as_the_first)
{
    EXPECT_ECHOD_OR_SKIP;
    for (const char* const name : {"echo", "echod.socket"}) {
        unsigned short port = 0;
        const auto listener = take_port(port);
        BOOST_REQUIRE(::listen(listener.get(), SOMAXCONN) == 0);
        service_manager manager({echod, "run"});
        if (name == std::string("echo")) manager.pass(memory_of("").get(), "other");
        manager.pass(listener.get(), name);
        client early(port); // it waits in the queue until a process accepts it
        early.send("first");
        BOOST_REQUIRE(manager.start());
        BOOST_TEST(early.receive(5) == "first");
        BOOST_TEST(!manager.stores("echo")); // the manager holds this one already
        BOOST_TEST(manager.stop() == 0);
        client late(port);
        late.send("second");
        BOOST_REQUIRE(manager.start());
        BOOST_TEST(late.receive(6) == "second");
    }
}

BOOST_AUTO_TEST_CASE(a_socket_of_the_wrong_kind_and_none_at_all_are_errors_of_start)
{
    EXPECT_ECHOD_OR_SKIP;
    unsigned short port = 0;
    const auto not_listening = take_port(port);
    service_manager wrong({echod, "run"});
    wrong.pass(not_listening.get(), "echo");
    BOOST_TEST(!wrong.start());
    BOOST_TEST(wrong.stop() == 6);
    service_manager none({echod, "run"});
    BOOST_TEST(!none.start());
    BOOST_TEST(none.stop() == 6);
    BOOST_TEST(none.heard("STATUS=cannot listen: no socket was passed and no port is given") == 1);
}

BOOST_AUTO_TEST_CASE(a_connection_outlives_a_crash_and_a_restart)
{
    EXPECT_ECHOD_OR_SKIP;
    echo_service service;
    client one(service.port);
    client other(service.port);
    BOOST_TEST(one.echoes("before"));
    BOOST_TEST(other.echoes("before"));
    BOOST_TEST(service.keeps(2));
    const pid_t first = service.manager.pid();
    service.crash_and_restart();
    BOOST_TEST(service.manager.pid() != first);
    BOOST_TEST(one.echoes("after a crash"));
    BOOST_TEST(service.manager.stop() == 0);
    other.send("while nobody is there");
    client next(service.port);
    next.send("connected while nobody is there");
    BOOST_REQUIRE(service.manager.start());
    BOOST_TEST(other.receive(21) == "while nobody is there");
    BOOST_TEST(next.receive(31) == "connected while nobody is there");
    BOOST_TEST(one.echoes("after a restart"));
    BOOST_TEST(service.keeps(3));
}

BOOST_AUTO_TEST_CASE(what_was_read_and_not_yet_answered_is_answered_by_the_next_process)
{
    EXPECT_ECHOD_OR_SKIP;
    echo_service service;
    client one(service.port);
    const auto sent = one.send_all_that_goes();
    BOOST_TEST(sent.size() > 65536U); // all buffers are full, also that of the pipe
    service.crash_and_restart();
    service.crash_and_restart();
    BOOST_TEST((one.receive(sent.size()) == sent));
    BOOST_TEST(one.echoes("and no byte twice"));
}

BOOST_AUTO_TEST_CASE(nothing_is_kept_of_clients_that_have_gone)
{
    EXPECT_ECHOD_OR_SKIP;
    echo_service service;
    service.crash_and_restart();
    const auto idle = open_descriptors(service.manager.pid()).size();
    client polite(service.port);
    client rude(service.port);
    BOOST_TEST(polite.echoes("hello"));
    BOOST_TEST(rude.echoes("hello"));
    BOOST_TEST(service.keeps(2));
    polite.leave();
    rude.leave_rudely();
    BOOST_TEST(service.keeps(0));
    client left_alone(service.port);
    client rude_too(service.port);
    BOOST_TEST(left_alone.echoes("hello"));
    BOOST_TEST(rude_too.echoes("hello"));
    BOOST_TEST(service.keeps(2));
    service.manager.kill();
    left_alone.leave();
    rude_too.leave_rudely();
    BOOST_REQUIRE(service.manager.start());
    BOOST_TEST(service.keeps(0));
    BOOST_TEST(eventually([&] { return open_descriptors(service.manager.pid()).size() == idle; }));
}

BOOST_AUTO_TEST_CASE(killed_and_restarted_under_load_it_loses_no_connection)
{
    EXPECT_ECHOD_OR_SKIP;
    constexpr int crashes = 6;
    echo_service service;
    child_process load(
        [&] { return execute({DAEMONKIT_TEST_DAEMON_DIR "/echo_load", std::to_string(service.port), "2", "4"}); });
    BOOST_REQUIRE(load.says("running\n"));
    for (int i = 0; i < crashes; ++i) {
        service.crash_and_restart();
        const int already = service.manager.heard("FDSTORE=1");
        BOOST_TEST(eventually([&] { return service.manager.heard("FDSTORE=1") > already + 40; })); // it works again
        BOOST_TEST(service.manager.stop() == 0);
        BOOST_REQUIRE(service.manager.start());
    }
    load.signal(SIGTERM);
    const int status = load.status();
    const auto said = load.everything();
    BOOST_TEST_MESSAGE(said);
    BOOST_TEST(count_of("lines", said) > 100);
    BOOST_TEST(count_of("refused", said) == 0);
    BOOST_TEST(count_of("broken", said) == 0);
    BOOST_TEST(count_of("wrong", said) == 0);
    // A KILL between accept(2) and the message that stores the connection loses one connection at most.
    BOOST_TEST(count_of("reset", said) <= crashes);
    BOOST_TEST((status == 0 || count_of("reset", said) > 0), said);
}

BOOST_AUTO_TEST_CASE(a_file_in_memory_comes_back_after_a_crash_and_after_a_restart)
{
    service_manager manager({DAEMONKIT_TEST_DAEMON_DIR "/activated", "run"});
    const auto report = (manager.directory() / "report").string();
    manager.set("REPORT", report);
    manager.set("PID_FILE", (manager.directory() / "activated.pid").string());
    manager.set("STORES", "state");
    const auto said = [&] { return read_file(report); };
    BOOST_REQUIRE(manager.start());
    BOOST_TEST(said() == "all\n");
    BOOST_TEST(manager.stored() == 1U);
    manager.kill();
    BOOST_REQUIRE(manager.start());
    BOOST_TEST(said() == "3 memory state\nall\n");
    BOOST_TEST(manager.stop() == 0);
    BOOST_REQUIRE(manager.start());
    BOOST_TEST(said() == "3 memory state\nall\n");
    BOOST_TEST(manager.stored() == 1U);
}

BOOST_AUTO_TEST_CASE(its_loop_feeds_the_watchdog)
{
    EXPECT_ECHOD_OR_SKIP;
    unsigned short port = 0;
    const auto reserved = take_port(port);
    service_manager manager({echod, "run", std::to_string(port)});
    manager.set("WATCHDOG_USEC", "100000");
    BOOST_REQUIRE(manager.start());
    BOOST_TEST(eventually([&] { return manager.heard("WATCHDOG=1") >= 5; })); // without any client
}

BOOST_AUTO_TEST_SUITE_END()
