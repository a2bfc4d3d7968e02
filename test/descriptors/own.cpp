// SPDX-License-Identifier: BSL-1.0
// What the program opened before start() works in the daemon and keeps its numbers, whatever numbers these are.
#include "descriptors/owner.hpp"

BOOST_AUTO_TEST_SUITE(own, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(what_the_program_opened_works_on)
{
    for (const auto& fork : detaching) BOOST_TEST_CONTEXT(fork)
        {
            keeps_what_it_opened(owner(fork));
        }
}

BOOST_AUTO_TEST_CASE(a_closed_standard_stream_is_not_given_to_the_program)
{
    for (const auto& fork : detaching)
        for (const char* const closed : {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"})
            BOOST_TEST_CONTEXT(fork << " " << closed)
            {
                const owner program(fork);
                const auto line = "OWNING=" + program.directory.path().string() +
                                  " exec " DAEMONKIT_TEST_DAEMON_DIR "/owning " + fork + " start " + closed;
                BOOST_TEST(run({"bash", "-c", line}).status == 0);
                BOOST_TEST(eventually([&] { return program.used() == "all\n"; }));
                for (const auto& [number, target] : program.before()) BOOST_TEST(number > 2, target);
            }
}

BOOST_AUTO_TEST_CASE(a_number_between_theirs_and_above)
{
    for (const int high : {50, 399, 600}) // every second of 3 to 401 is inherited
        BOOST_TEST_CONTEXT(high)
        {
            std::set<int> given;
            for (int fd = 3; fd <= 401; fd += 2) given.insert(fd);
            if (given.count(high) != 0) given.erase(high);
            const owner program("double", {"HIGH=" + std::to_string(high)});
            BOOST_TEST(program("start", [&] { give_many(3, 401, 2); }).status == 0);
            BOOST_TEST(eventually([&] { return program.used() == "all\n"; }));
        }
}

BOOST_AUTO_TEST_CASE(the_program_closes_all_first_and_gets_their_numbers)
{
    for (const auto& fork : detaching)
        for (const int last : {8, 30, crowd()}) BOOST_TEST_CONTEXT(fork << " " << last)
    keeps_what_it_opened(owner(fork, {"CLOSE_FIRST=3"}), [&] { give_many(3, last); });
    for (const int first : {4, 20, 1000}) // what it does not close is closed then
        BOOST_TEST_CONTEXT("from " << first)
        {
            const owner program("double", {"CLOSE_FIRST=" + std::to_string(first)});
            BOOST_TEST(program("start", [&] { give_many(3, 2000); }).status == 0);
            BOOST_TEST(eventually([&] { return program.used() == "all\n"; }));
        }
}

BOOST_AUTO_TEST_CASE(the_program_gives_one_of_their_numbers_to_its_own)
{
    for (const auto& fork : detaching)
        for (const int number : {3, 5, 100}) BOOST_TEST_CONTEXT(fork << " " << number)
            {
                std::set<int> given;
                for (int fd = 3; fd <= 100; ++fd)
                    if (fd != number) given.insert(fd);
                keeps_what_it_opened(
                    owner(fork, {"REPLACE=" + std::to_string(number)}), [&] { give_many(3, 100); }, given);
            }
}

// The starter opened it for reading.
BOOST_AUTO_TEST_CASE(the_program_opens_the_same_file_again)
{
    for (const auto& fork : detaching)
        for (const bool plainly : {false, true}) BOOST_TEST_CONTEXT(fork << (plainly ? " plainly" : " close-on-exec"))
            {
                const owner program(fork, {"SAME=5", plainly ? "PLAINLY=1" : "PLAINLY=0"});
                write_file(program.directory / "same", "");
                BOOST_TEST(program("start", [&] {
                               for (int number = 3; number <= 7; ++number)
                                   give(number, (program.directory / "same").c_str());
                           }).status == 0);
                BOOST_TEST(eventually([&] { return program.used() == "all\n"; }));
                std::vector<int> open;
                for (const auto& [number, target] : program.of_daemon())
                    if (contains(target, "/same")) open.push_back(number);
                BOOST_TEST(open == std::vector<int>{5}, boost::test_tools::per_element());
            }
}

BOOST_AUTO_TEST_CASE(a_number_above_those_whose_file_is_recorded)
{
    for (const int first : {3, 1200}) BOOST_TEST_CONTEXT("closes from " << first)
        {
            const owner program("double", {"CLOSE_FIRST=" + std::to_string(first), "HIGH=1500"});
            BOOST_TEST(program("start", [&] { give_many(3, 2000); }).status == 0);
            BOOST_TEST(eventually([&] { return program.used() == "all\n"; }));
        }
}

BOOST_AUTO_TEST_CASE(the_program_duplicates_one_of_them)
{
    for (const auto& fork : detaching) BOOST_TEST_CONTEXT(fork)
        {
            const owner program(fork, {"DUPLICATE=9"});
            BOOST_TEST(program("start", [&] {
                           ::close(::open((program.directory / "nine").c_str(), O_WRONLY | O_CREAT, 0600));
                           ::dup2(::open((program.directory / "nine").c_str(), O_WRONLY), 9);
                           ::close(3);
                       }).status == 0);
            BOOST_TEST(eventually([&] { return program.used() == "all\n"; }));
            BOOST_TEST(read_file(program.directory / "nine") == "line\n");
            const auto now = program.of_daemon();
            BOOST_TEST(std::count_if(now.begin(), now.end(),
                                     [](const auto& one) { return contains(one.second, "/nine"); }) == 1);
            BOOST_TEST((now.count(9) == 0 || !contains(now.at(9), "/nine")));
        }
}

BOOST_AUTO_TEST_CASE(the_system_log_stays_connected, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, for a system log of its own");
    for (const auto& fork : detaching) {
        const owner program(fork);
        const auto dev = program.directory / "dev";
        fs::create_directory(dev);
        const sys::unique_fd log(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{AF_UNIX, {}};
        (dev / "log").native().copy(address.sun_path, sizeof address.sun_path - 1);
        BOOST_REQUIRE(::bind(log.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        const auto started = program("start", [&] {
            if (!unshare_mounts()) ::_exit(97);
            for (const char* const device : {"null", "full", "zero", "urandom"}) {
                write_file(dev / device, "");
                if (::mount(("/dev/" + std::string(device)).c_str(), (dev / device).c_str(), nullptr, MS_BIND, nullptr))
                    ::_exit(96);
            }
            if (::mount(dev.c_str(), "/dev", nullptr, MS_BIND | MS_REC, nullptr) == -1) ::_exit(95);
        });
        if (started.status == 97) DAEMONKIT_SKIP("no mount namespace here");
        BOOST_TEST_CONTEXT(fork)
        {
            BOOST_REQUIRE_MESSAGE(started.status == 0, started.err);
            const auto next = [&] {
                pollfd arrived{log.get(), POLLIN, 0};
                if (::poll(&arrived, 1, 20'000) != 1) return std::string("nothing came");
                std::array<char, 200> text{};
                const auto size = ::recv(log.get(), text.data(), text.size(), 0);
                return std::string(text.data(), static_cast<std::size_t>(size));
            };
            BOOST_TEST(contains(next(), ": before"));
            const auto after = next();
            BOOST_TEST(contains(after, "owning[" + std::to_string(program.pid()) + "]: after"), after);
            BOOST_TEST(eventually([&] { return program.used() == "all\n"; }));
        }
    }
}

/// Of the inner daemon: its own pid file, signals and abstract sockets, and what the program opened.
void has_nothing_of_the_outer_one(const owner& program, pid_t inner)
{
    const auto before = program.before();
    words expected{(program.directory / "failed").string(),
                   (program.directory / "inner").string(),
                   (program.directory / "reopened").string(),
                   "anon_inode",
                   "socket",
                   "socket"};
    std::sort(expected.begin(), expected.end());
    words others;
    const auto as_expected = [&] {
        others.clear();
        for (const int fd : open_descriptors(inner)) {
            const auto target = proc_link(inner, "fd/" + std::to_string(fd));
            if (fd > 2 && (before.count(fd) == 0 || before.at(fd) != target))
                others.push_back(target.substr(0, target.find(":[")));
        }
        std::sort(others.begin(), others.end());
        return others == expected;
    };
    eventually(as_expected); // it closes the channel to its launcher after it said that it is ready
    BOOST_TEST(others == expected, boost::test_tools::per_element());
}

// It starts in on_start(): the outer one still has its channel to the launcher. A service manager listens, too.
BOOST_AUTO_TEST_CASE(a_daemon_out_of_another_one_keeps_nothing_of_it)
{
    for (const auto& fork : detaching)
        for (const char* const second : {"double", "single"}) BOOST_TEST_CONTEXT(fork << " then " << second)
            {
                const temporary_directory manager;
                const owner program(
                    fork, {"STARTS=" + std::string(second), "NOTIFY_SOCKET=" + (manager / "socket").string()});
                const sys::unique_fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
                sockaddr_un address{AF_UNIX, {}};
                (manager / "socket").native().copy(address.sun_path, sizeof address.sun_path - 1);
                BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
                BOOST_TEST(program("start", [&] { give_many(3, 10); }).status == 0);
                BOOST_TEST(eventually([&] { return program.used() == "all\n"; }));
                const pid_t inner = pid_in((program.directory / "inner").string());
                BOOST_REQUIRE(alive(inner));
                has_nothing_of_the_outer_one(program, inner);
                BOOST_TEST(program("stop").status == 0);
                BOOST_TEST(alive(inner));
                put_down(inner);
                BOOST_TEST(program("start").status == 0); // nothing of the first one is left
            }
}

BOOST_AUTO_TEST_SUITE_END()
