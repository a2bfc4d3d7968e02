// SPDX-License-Identifier: BSL-1.0
// What the starter left open is closed in a daemon that detaches, however much it is.
#include "descriptors/owner.hpp"

BOOST_AUTO_TEST_SUITE(inherited, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(what_the_starter_left_open_is_closed)
{
    for (const auto& fork : detaching) BOOST_TEST_CONTEXT(fork)
        {
            const owner program(fork);
            int ends[2] = {-1, -1};
            keeps_what_it_opened(program,
                                 [&] {
                                     for (const int number : {3, 4, 9, 120}) give(number);
                                     if (::pipe(ends) == -1 || ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1 ||
                                         ::epoll_create1(0) != 10 || ::eventfd(0, 0) != 11 ||
                                         ::timerfd_create(CLOCK_MONOTONIC, 0) != 12 || ::open("/proc", O_PATH) != 13)
                                         ::_exit(98);
                                 },
                                 {3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 120});
        }
}

BOOST_AUTO_TEST_CASE(a_crowd_is_closed_with_and_without_gaps)
{
    for (const auto& fork : detaching)
        for (const int step : {1, 2, 7}) {
            const owner program(fork);
            const auto started = program("start", [&] { give_many(3, crowd(), step); });
            BOOST_TEST_CONTEXT(fork << " " << step)
            {
                BOOST_REQUIRE_MESSAGE(started.status == 0, started.err);
                BOOST_TEST(eventually([&] { return program.used() == "all\n"; }));
                const auto before = program.before();
                const auto now = program.of_daemon();
                BOOST_TEST(before.size() > static_cast<std::size_t>(crowd() / step));
                BOOST_TEST(now.size() < 30U);
                for (const auto& [number, target] : before)
                    if (target != "/dev/null") BOOST_TEST((now.count(number) != 0 && now.at(number) == target), number);
                BOOST_TEST(program("stop").status == 0);
            }
        }
}

BOOST_AUTO_TEST_CASE(a_shell_leaves_some_open)
{
    for (const auto& fork : detaching) BOOST_TEST_CONTEXT(fork)
        {
            const owner program(fork);
            const auto line = "OWNING=" + program.directory.path().string() + " " DAEMONKIT_TEST_DAEMON_DIR "/owning " +
                              fork + " start 9>" + (program.directory / "nine").string() + " 5</etc/passwd | cat";
            const auto shell = run({"bash", "-c", line});
            BOOST_TEST(shell.status == 0, shell.err);
            BOOST_TEST(shell.streams_ended);
            BOOST_TEST(eventually([&] { return program.used() == "all\n"; }));
            for (const auto& [number, target] : program.of_daemon())
                BOOST_TEST((target != "/etc/passwd" && !contains(target, "/nine")), number << " " << target);
        }
}

BOOST_AUTO_TEST_CASE(more_than_the_limit_allows)
{
    const owner program("double", {"HIGH=60"});
    BOOST_TEST(program("start", [&] {
                   give_many(100, 300);
                   rlimit limit{};
                   ::getrlimit(RLIMIT_NOFILE, &limit);
                   limit.rlim_cur = 64; // those above stay open
                   ::setrlimit(RLIMIT_NOFILE, &limit);
               }).status == 0);
    BOOST_TEST(eventually([&] { return program.used() == "all\n"; }));
    for (const auto& [number, target] : program.of_daemon()) BOOST_TEST(number < 64, target);
}

BOOST_AUTO_TEST_CASE(in_the_foreground_nothing_is_closed)
{
    const std::vector<std::pair<std::string, std::string>> ways{{"no", "start"}, {"no", "run"}, {"double", "run"}};
    for (const auto& [fork, verb] : ways) BOOST_TEST_CONTEXT(fork << " " << verb)
        {
            const owner program(fork);
            child_process daemon([&, chosen = verb] { return program(chosen, [] { give_many(3, 40); }).status; });
            BOOST_TEST(eventually([&] { return program.used() == "all\n"; }));
            const auto now = program.of_daemon();
            for (int fd = 3; fd <= 40; ++fd) BOOST_TEST((now.count(fd) != 0 && now.at(fd) == "/dev/null"), fd);
            BOOST_TEST(program("stop").status == 0);
            BOOST_TEST(daemon.status() == 0);
        }
}

BOOST_AUTO_TEST_CASE(what_is_to_be_kept_stays_open)
{
    for (const auto& fork : detaching) BOOST_TEST_CONTEXT(fork)
        {
            const owner program(fork, {"KEEP=200 -1 200 100000 9"}); // nonsense in the list does no harm
            BOOST_TEST(program("start", [] {
                           for (int number = 3; number <= 300; ++number) give(number, "/dev/zero");
                       }).status == 0);
            BOOST_TEST(eventually([&] { return program.used() == "all\n"; }));
            std::vector<int> zeros;
            std::vector<std::string> others;
            const auto before = program.before();
            for (const auto& [number, target] : program.of_daemon())
                if (target == "/dev/zero")
                    zeros.push_back(number);
                else if (number > 2 && (before.count(number) == 0 || before.at(number) != target))
                    others.push_back(target.substr(0, target.find(':')));
            BOOST_TEST(zeros == (std::vector<int>{9, 200}), boost::test_tools::per_element());
            // The library's: the lock, the signals, the abstract sockets. And what on_start() opened again. The channel
            // to the launcher is closed.
            std::sort(others.begin(), others.end());
            words expected{(program.directory / "failed").string(), (program.directory / "pid").string(),
                           (program.directory / "reopened").string(), "socket", "socket"};
            for (int n = fork == "single" ? 2 : 1; n > 0; --n)
                expected.emplace_back(fork == "single" ? "pipe" : "anon_inode");
            std::sort(expected.begin(), expected.end());
            BOOST_TEST(others == expected, boost::test_tools::per_element());
        }
}

BOOST_AUTO_TEST_SUITE_END()
