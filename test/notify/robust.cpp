// SPDX-License-Identifier: BSL-1.0
// "Send errors never stop the daemon": a service manager that does not exist, is none, has died or does not read. And
// processes that the daemon must not notify, or that must not notify for it.
#include "service_manager.hpp"
#include "support/file.hpp"
#include "support/socket.hpp"
#include "support/text.hpp"
#include "support/user.hpp"

#include <boost/filesystem/operations.hpp>

#include <sys/mman.h>
#include <sys/stat.h>

namespace {

/// A whole life with successful reloads of a daemon, with this environment for its service manager.
void expect_whole_life(const std::string& deployment, const strings& environment)
{
    service daemon({deployment, "run"}, environment);
    BOOST_TEST_REQUIRE(daemon->says("running\n"), daemon->heard());
    for (int n = 0; n < 3; ++n) {
        daemon->signal(SIGHUP);
        BOOST_TEST(daemon->says("on_reload\n"), daemon->heard());
    }
    daemon->signal(SIGTERM);
    BOOST_TEST(daemon->says("on_stop\n"), daemon->heard());
    BOOST_TEST(daemon->status() == 0);
}

/// A socket file whose socket is closed.
std::string abandoned_socket(const temporary_directory& directory)
{
    const auto name = (directory / "abandoned").string();
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    BOOST_TEST_REQUIRE(bind_socket(fd, name));
    ::close(fd);
    return name;
}

std::string stream_socket(const temporary_directory& directory, int& fd)
{
    const auto name = (directory / "stream").string();
    fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    BOOST_TEST_REQUIRE(bind_socket(fd, name));
    BOOST_TEST_REQUIRE(::listen(fd, 1) == 0);
    return name;
}

} // namespace

BOOST_AUTO_TEST_SUITE(robust, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(a_service_manager_that_cannot_be_notified_stops_nothing)
{
    const temporary_directory directory;
    int listening = -1;
    write_file(directory / "file", "");
    BOOST_TEST_REQUIRE(::mkfifo((directory / "fifo").c_str(), 0600) == 0);
    const std::string nowhere[] = {(directory / "missing").string(),
                                   abandoned_socket(directory),
                                   stream_socket(directory, listening),
                                   (directory / "file").string(),
                                   (directory / "fifo").string(),
                                   directory.path().string(),
                                   "@nobody-" + directory.path().filename().string(),
                                   "@",
                                   "",
                                   "relative/path",
                                   "vsock:2:1234",
                                   "/" + std::string(200, 'x'),
                                   "@" + std::string(200, 'x'),
                                   std::string(100'000, '/')};
    for (const auto& deployment : each_deployment)
        for (const auto& name : nowhere) BOOST_TEST_CONTEXT(deployment << ' ' << name.substr(0, 40))
    expect_whole_life(deployment, {"NOTIFY_SOCKET=" + name, "EXTENDS=1", "SAYS=x"});
    ::close(listening);
    // A start that fails reports it in the same way.
    service daemon({"systemd", "run"}, {"NOTIFY_SOCKET=" + nowhere[0], "FAILS=no licence"});
    BOOST_TEST(daemon->status() == 1);
    BOOST_TEST(contains(daemon->everything(), "no licence"));
}

BOOST_AUTO_TEST_CASE(a_service_manager_that_does_not_read_blocks_nothing)
{
    const temporary_directory directory;
    service_manager manager((directory / "notify").string());
    // As many datagrams as its queue holds.
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const socket_address to(manager.name());
    BOOST_TEST_REQUIRE(::connect(fd, to.get(), to.size) == 0);
    while (::send(fd, "FULL=1", 6, 0) == 6) {}
    BOOST_TEST(errno == EAGAIN);
    ::close(fd);
    expect_whole_life("systemd", {manager.variable(), "WATCHDOG_USEC=10000", "SAYS=x"});
}

BOOST_AUTO_TEST_CASE(a_service_manager_that_dies_and_comes_back)
{
    const temporary_directory directory;
    const auto name = (directory / "notify").string();
    auto manager = std::make_unique<service_manager>(name);
    service daemon({"systemd", "run"}, {manager->variable()});
    BOOST_TEST(manager->next().has("READY=1"));
    manager.reset();
    daemon->signal(SIGHUP);
    BOOST_TEST(daemon->says("on_reload\n"));
    manager = std::make_unique<service_manager>(name); // systemctl daemon-reexec
    daemon->signal(SIGHUP);
    BOOST_TEST(daemon->says("on_reload\n"));
    message heard;
    do heard = manager->next(); // the last message of the reload before may still arrive
    while (heard.text == "READY=1");
    BOOST_TEST(heard.has("RELOADING=1"), heard.text);
    BOOST_TEST(manager->next().text == "READY=1");
    daemon->signal(SIGTERM);
    BOOST_TEST(daemon->status() == 0);
}

BOOST_AUTO_TEST_CASE(without_a_service_manager_nothing_is_sent)
{
    service daemon({"systemd", "run"}, {"SAYS=x"});
    BOOST_TEST_REQUIRE(daemon->says("running\n"));
    for (const int fd : open_descriptors(daemon->pid())) {
        const auto target = proc_link(daemon->pid(), "fd/" + std::to_string(fd));
        BOOST_TEST(!target.starts_with("socket:"), fd << " is " << target);
    }
    daemon->signal(SIGTERM);
    BOOST_TEST(daemon->status() == 0);
}

BOOST_AUTO_TEST_CASE(children_do_not_notify_for_the_daemon)
{
    const temporary_directory directory;
    for (const auto& deployment : each_deployment) BOOST_TEST_CONTEXT(deployment)
        {
            service_manager manager((directory / deployment).string());
            service daemon({deployment, "run"},
                           {manager.variable(), "WATCHDOG_USEC=20000000", "WATCHDOG_PID=$$", "OTHERWISE=kept"});
            BOOST_TEST_REQUIRE(daemon->says("running\n"));
            daemon->signal(SIGUSR1);
            BOOST_TEST_REQUIRE(daemon->says("end of env\n"));
            BOOST_TEST(contains(daemon->heard(), "OTHERWISE=kept\n"));
            for (const char* const variable : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
                BOOST_TEST(!contains(daemon->heard(), variable), daemon->heard());
            daemon->signal(SIGTERM);
            BOOST_TEST(daemon->status() == 0);
        }
}

BOOST_AUTO_TEST_CASE(the_last_message_is_sent_from_another_root_and_by_another_user, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to drop privileges");
    const temporary_directory directory;
    const auto root = (directory / "root").string();
    BOOST_TEST_REQUIRE(::mkdir(root.c_str(), 0755) == 0);
    for (const auto& deployment : each_deployment)
        for (const auto& place : {(directory / deployment).string(), "@daemonkit-" + deployment + root})
            for (const strings& where :
                 {strings{"RUN_AS=nobody"}, strings{"RUN_AS=nobody", "ROOT=" + root, without_leak_sanitizer()}})
                BOOST_TEST_CONTEXT(deployment << ' ' << place << ' ' << where.size())
                {
                    // Every user may write to systemd's socket; systemd checks the sender.
                    service_manager manager(place);
                    if (place[0] != '@') BOOST_TEST_REQUIRE(::chmod(place.c_str(), 0777) == 0);
                    service daemon({deployment, "run"}, strings{manager.variable(), "SAYS=serving"} + where);
                    BOOST_TEST(manager.next().has("READY=1"), daemon->heard());
                    BOOST_TEST(manager.next().text == "STATUS=serving");
                    BOOST_TEST(proc_status(daemon->pid(), "Uid").starts_with("65534"));
                    daemon->signal(SIGHUP);
                    BOOST_TEST(manager.next().has("RELOADING=1"));
                    BOOST_TEST(manager.next().has("READY=1"));
                    daemon->signal(SIGTERM);
                    const auto last = manager.next();
                    BOOST_TEST(last.has("STOPPING=1"), last.text);
                    BOOST_TEST(last.sender == daemon->pid());
                    BOOST_TEST(daemon->status() == 0);
                }
}

BOOST_AUTO_TEST_CASE(a_set_user_id_program_believes_no_variable_of_its_caller, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to make a set-user-ID program");
    const temporary_directory directory;
    const auto program = (directory / "notified").string();
    boost::filesystem::copy_file(DAEMONKIT_TEST_DAEMON_DIR "/notified", program);
    service_manager manager("@daemonkit-" + program);
    for (const mode_t mode : {0755U, 04755U}) {
        BOOST_TEST_REQUIRE(::chmod(program.c_str(), mode) == 0);
        child_process daemon([&] {
            return become_user(nobody) ? become({program, "systemd", "run"}, {manager.variable(), "WATCHDOG_USEC=1"})
                                       : 126;
        });
        BOOST_TEST_REQUIRE(daemon.says("running\n"), daemon.heard());
        const bool by_root = contains(proc_status(daemon.pid(), "Uid"), "\t0\t");
        if (mode == 04755U && !by_root) DAEMONKIT_SKIP("set-user-ID has no effect in " + directory.path().string());
        BOOST_TEST(manager.rest().empty() == by_root);
        daemon.signal(SIGUSR1);
        BOOST_TEST_REQUIRE(daemon.says("end of env\n"));
        for (const char* const variable : {"NOTIFY_SOCKET", "WATCHDOG_USEC"})
            BOOST_TEST(!contains(daemon.heard(), variable), daemon.heard());
        daemon.signal(SIGTERM);
        BOOST_TEST(daemon.status() == 0);
        BOOST_TEST(manager.rest().empty() == by_root);
    }
}

BOOST_AUTO_TEST_SUITE_END()
