// SPDX-License-Identifier: BSL-1.0
// Daemons that a service manager executes with passed descriptors: in the foreground, and detaching. A daemon that
// detaches closes every other descriptor.
#include "activation/passing.hpp"

#include "support/child_process.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/program.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"

#include <daemonkit/daemonkit.hpp>
#include <daemonkit/socket_activation.hpp>

#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include <type_traits>

namespace {

/// The daemon `activated` with two passed descriptors, in a temporary directory.
struct activated_program : program
{
    activated_program() : program("activated") {}

    [[nodiscard]] int become(const passing& p, const std::string& verb) const
    {
        ::setenv("PID_FILE", pid_file.c_str(), 1);
        ::setenv("REPORT", report().c_str(), 1);
        p.here();
        return execute({DAEMONKIT_TEST_DAEMON_DIR "/activated", verb});
    }

    [[nodiscard]] std::string report() const { return (directory / "report").string(); }

    daemonkit::sys::unique_fd first = memory_of("first content");
    daemonkit::sys::unique_fd second = memory_of("second content");
    passing both{{first.get(), second.get()}, "one:"};
};

constexpr const char* both_there = "3 one first content\n4  second content\nall\n";

} // namespace

BOOST_AUTO_TEST_SUITE(daemons, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(in_the_foreground)
{
    const activated_program program;
    child_process daemon([&] { return program.become(program.both, "run"); });
    BOOST_TEST(eventually([&] { return read_file(program.report()) == both_there; }), read_file(program.report()));
    for (const int fd : {3, 4})
        BOOST_TEST(contains(read_file("/proc/" + std::to_string(daemon.pid()) + "/fdinfo/" + std::to_string(fd)),
                            "flags:\t02")); // O_CLOEXEC
    daemon.signal(SIGTERM);
    BOOST_TEST(daemon.status() == 0);
}

BOOST_AUTO_TEST_CASE(a_child_of_the_daemon_sees_neither_descriptors_nor_variables)
{
    const activated_program program;
    child_process daemon([&] { return program.become(program.both, "run"); });
    BOOST_TEST(eventually([&] { return read_file(program.report()) == both_there; }), read_file(program.report()));
    BOOST_TEST(contains(read_file(program.report() + ".env"), "REPORT="));
    BOOST_TEST(!contains(read_file(program.report() + ".env"), "LISTEN_"));
    BOOST_TEST(contains(read_file(program.report() + ".fds"), " 2 -> "));
    BOOST_TEST(!contains(read_file(program.report() + ".fds"), "passed"));
    daemon.signal(SIGTERM);
    BOOST_TEST(daemon.status() == 0);
}

BOOST_AUTO_TEST_CASE(a_start_that_detaches_keeps_them_and_closes_the_others)
{
    const activated_program program;
    const auto other = memory_of("other");
    passing p = program.both;
    p.descriptors.push_back(other.get()); // not counted in LISTEN_FDS
    p.count = "2";
    const auto said = in_child([&] { return program.become(p, "start"); });
    BOOST_TEST(said.status == 0);
    BOOST_TEST(said.err == "");
    BOOST_TEST(read_file(program.report()) == both_there);
    const pid_t pid = program.pid();
    BOOST_TEST(alive(pid));
    for (const char* const fd : {"fd/3", "fd/4"})
        BOOST_TEST(contains(proc_link(pid, fd), "memfd:passed"), proc_link(pid, fd));
    BOOST_TEST(!contains(proc_link(pid, "fd/5"), "memfd:passed"));
    BOOST_TEST(program({"stop"}).status == 0);
}

BOOST_AUTO_TEST_CASE(a_contradiction_is_an_error_of_start_and_of_run)
{
    const activated_program program;
    passing p = program.both;
    p.names = "one";
    for (const char* const verb : {"start", "run"}) {
        const auto said = in_child([&] { return program.become(p, verb); });
        BOOST_TEST(said.status == 6);
        BOOST_TEST(said.err ==
                   "activated: cannot take the passed descriptors: LISTEN_FDS is 2, but LISTEN_FDNAMES names 1\n");
    }
    BOOST_TEST(program({"status"}).status == 3);
    BOOST_TEST(program.nobody_left());
}

BOOST_AUTO_TEST_CASE(a_start_without_any_is_a_start)
{
    const activated_program program;
    const auto said = in_child([&] { return program.become({{}, {}, {}, "1"}, "start"); });
    BOOST_TEST(said.status == 0);
    BOOST_TEST(read_file(program.report()) == "all\n");
    BOOST_TEST(program({"stop"}).status == 0);
}

template <class ForkPolicy>
struct keeper : daemonkit::basic_daemon<keeper<ForkPolicy>, ForkPolicy, daemonkit::no_pid_file,
                                        daemonkit::self_pipe_signals, daemonkit::null_stdio>,
                daemonkit::socket_activation
{
    void on_start()
    {
        std::string seen;
        for (std::size_t i = 0; i < listen_fds().size(); ++i) {
            char content[64];
            const auto size = ::pread(listen_fds()[i], content, sizeof content, 0);
            seen.append(content, size > 0 ? static_cast<std::size_t>(size) : 0) += '\n';
        }
        write_file(report, seen);
    }
    int run() { return 0; }

    std::string report{};
};

using forking = boost::mpl::list<daemonkit::single_fork, daemonkit::double_fork, daemonkit::handoff_fork>;

BOOST_AUTO_TEST_CASE_TEMPLATE(every_policy_that_forks_keeps_them, ForkPolicy, forking)
{
    if (std::is_same_v<ForkPolicy, daemonkit::handoff_fork> && !daemonkit::sys::memory_can_be_shared())
        DAEMONKIT_SKIP("memory cannot be shared here");
    const activated_program program;
    const auto said = in_child([&] {
        program.both.here();
        keeper<ForkPolicy> daemon;
        daemon.report = program.report();
        return daemon.start({}).status;
    });
    BOOST_TEST(said.status == 0);
    BOOST_TEST(read_file(program.report()) == "first content\nsecond content\n");
}

BOOST_AUTO_TEST_CASE(a_program_that_does_not_ask_for_it_has_nothing_of_it)
{
#ifdef DAEMONKIT_COMPILED_DAEMONS
    DAEMONKIT_SKIP("the compiled form, which the daemons have here, brings the texts of all its functions");
#endif
    BOOST_TEST(contains(read_file(DAEMONKIT_TEST_DAEMON_DIR "/activated"), "LISTEN_FDS"));
    BOOST_TEST(!contains(read_file(DAEMONKIT_TEST_DAEMON_DIR "/plain"), "LISTEN_FDS"));
}

BOOST_AUTO_TEST_SUITE_END()
