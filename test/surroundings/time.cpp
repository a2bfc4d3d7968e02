// SPDX-License-Identifier: BSL-1.0
// Clocks: the wall clock that is changed during a wait, and the clocks of time namespaces. No wait uses the wall clock,
// and a daemon is the same process for every caller, whatever the clocks say.
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/text.hpp"
#include "surroundings/surroundings.hpp"

#include <boost/filesystem/path.hpp>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <regex>

namespace fs = boost::filesystem;

namespace {

constexpr long day = 86'400;

/// The program with a wall clock that advances so many seconds each time it is read.
words jumping(long seconds, const words& more = {})
{
    words all{"CLOCK_JUMPS=" + std::to_string(seconds)};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

/// The "since" time of status, in seconds.
std::time_t since(const outcome& status)
{
    std::smatch found;
    std::tm local{};
    if (std::regex_search(status.out, found, std::regex("since ([-0-9]+ [:0-9]+)")))
        ::strptime(found[1].str().c_str(), "%F %T", &local);
    return ::timegm(&local); // only the difference of two local times is used
}

/// In a child: shifts the clocks of its children by this offset.
bool other_clocks(const std::string& offset)
{
    if (::unshare(CLONE_NEWTIME) == -1) return false;
    std::ofstream offsets("/proc/self/timens_offsets");
    return static_cast<bool>((offsets << "monotonic " << offset << "\nboottime " << offset << '\n').flush());
}

/// Executes the program as the first process with shifted clocks.
preparation under_clocks(const std::string& offset)
{
    return [offset] {
        if (!other_clocks(offset)) ::_exit(99);
        const pid_t child = ::fork(); // unshare(2) changes the clocks of children only
        if (child == 0) return;
        ::_exit(exit_status_of(child));
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(wall_clock, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(that_jumps_changes_no_wait_and_no_identity, *boost::unit_test::label("slow"))
{
    tally each("time: wall clock that jumps a day at every look x waits x fork policies");
    for (const auto& policy : each_fork) {
        for (const long jump : {day, -day}) {
            const auto scenario = [&](const std::string& name, const words& misbehaviour, auto body) {
                surrounded program(policy);
                program.environment = jumping(jump, misbehaviour);
                each(policy.fork + " " + policy.pid + (jump > 0 ? " forward: " : " back: ") + name,
                     [&] { body(program); });
            };
            scenario("a start that takes its time", {"LATE=1"}, [](surrounded& program) { works_again(program); });
            if (policy.detaches())
                scenario("a start that is late", {"LATE=1000"}, [](surrounded& program) {
                    const auto o = program({"start", "--timeout", "0.5"});
                    BOOST_TEST(o.status == 1);
                    BOOST_TEST(contains(o.err, "not ready within 0.5 s and was ended"), o.err);
                    nothing_is_left_of(program);
                });
            scenario("an end that takes its time", {"LINGERS=300"}, [](surrounded& program) {
                const life daemon(program);
                const auto stopped = program({"stop"});
                BOOST_TEST(contains(stopped.out, "SIGTERM"), stopped.out);
                nothing_is_left_of(program);
            });
            scenario("an end that never comes", {"IGNORES=1"}, [](surrounded& program) {
                const life daemon(program);
                const auto stopped = program({"stop", "--timeout", "0.3"});
                BOOST_TEST(stopped.status == 0);
                BOOST_TEST(contains(stopped.out, "SIGKILL"), stopped.out);
                nothing_is_left_of(program);
            });
            scenario("waits of the daemon", {"COUNTS=1"}, [](surrounded& program) {
                const life daemon(program);
                const auto waits = [&] { return read_file(program.log.string() + ".waits"); };
                BOOST_TEST(eventually([&] { return waits().size() == 10; }));
                BOOST_TEST(waits() == std::string(10, '.'));
                BOOST_TEST(program({"stop"}).status == 0);
            });
            scenario("a caller with the right time", {}, [&](surrounded& program) {
                const life daemon(program);
                program.environment = {"CLOCK_JUMPS=0"};
                BOOST_TEST(program({"status"}).status == 0);
                BOOST_TEST(contains(program({"start"}).out, "already running"));
                program.environment = jumping(-7 * jump);
                BOOST_TEST(program({"status"}).status == 0);
                BOOST_TEST(program({"reload"}).status == 0);
                BOOST_TEST(eventually([&] { return program.reloads() == 1; }));
                BOOST_TEST(program({"stop"}).status == 0);
                nothing_is_left_of(program);
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(since_is_in_the_caller_s_clock)
{
    surrounded program(policies{"double", "flock"});
    const life daemon(program);
    const auto asked = [&](long jump) {
        program.environment = jumping(jump);
        return since(program({"status"}));
    };
    const auto right = asked(0);
    BOOST_TEST(std::abs(right - since({0,
                                       "since " +
                                           [] {
                                               const auto now = std::time(nullptr);
                                               char text[32] = {};
                                               std::strftime(text, sizeof text, "%F %T", std::localtime(&now));
                                               return std::string(text);
                                           }(),
                                       {},
                                       true})) < 120);
    for (const long jump : {day, -day}) {
        const long off = asked(jump) - right - jump; // one read, one jump
        BOOST_TEST(std::abs(off) <= 1);
    }
}

// The tests above cannot cover all waits: this one checks in the sources that no other code reads the wall clock.
BOOST_AUTO_TEST_CASE(is_read_for_three_things_only, *boost::unit_test::label("unit"))
{
    const fs::path headers = fs::path(__FILE__).parent_path().parent_path().parent_path() / "include/daemonkit";
    if (!fs::exists(headers)) DAEMONKIT_SKIP("the sources are not here");
    const std::regex reads(
        "system_clock::now|CLOCK_REALTIME|gettimeofday|utc_clock|(^|[^_[:alnum:]])time\\((nullptr|NULL|0|&)");
    const std::regex absolute(
        "cond_timedwait|sem_timedwait|timedlock|wait_until|sleep_until|clockwait|alarm\\(|setitimer|"
        "timer(fd)?_create\\((?!CLOCK_(MONOTONIC|BOOTTIME))");
    std::multiset<std::string> found;
    for (fs::recursive_directory_iterator at(headers), end; at != end; ++at) {
        if (contains(at->path().string(), "/testing/") || at->path().extension() != ".hpp")
            continue; // code of test programs, pages
        std::ifstream file(at->path().string());
        for (std::string line; std::getline(file, line);) {
            const std::string code = line.substr(0, line.find("//"));
            if (std::regex_search(code, reads)) found.insert(at->path().filename().string());
            BOOST_TEST(!std::regex_search(code, absolute), at->path().string() + ": " + line);
        }
    }
    // The start time of a process, for people (wall_time); the seconds of a stamp, which have no meaning (stamp); and
    // the time of a line in a log file (append_local_time).
    BOOST_TEST(found == (std::multiset<std::string>{"file.hpp", "process.hpp", "standard_error.hpp"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(time_namespace, *boost::unit_test::label("process") * boost::unit_test::label("namespace"))

BOOST_AUTO_TEST_CASE(a_daemon_is_the_same_in_every_one, *boost::unit_test::label("slow"))
{
    if (in_child([] { return other_clocks("86400 0") ? 0 : 1; }).status != 0)
        DAEMONKIT_SKIP("there are no time namespaces to be had here");
    tally each("time: daemon and caller in different time namespaces x fork policies");
    const auto here = preparation(unprepared);
    const std::vector<std::pair<std::string, preparation>> clocks{
        {"here", here},
        {"a day later", under_clocks("86400 0")},
        {"another day and a bit", under_clocks("172800 123456789")},
        {"a minute earlier", under_clocks("-60 0")}};
    for (const auto& policy : each_fork) {
        for (const auto& [born, at_birth] : clocks) {
            for (const auto& [asked, at_asking] : clocks) {
                const surrounded program(policy);
                each(policy.fork + " " + policy.pid + " born " + born + ", asked " + asked, [&] {
                    const life daemon(program, at_birth);
                    BOOST_TEST(daemon.up());
                    const auto status = program({"status"}, at_asking);
                    BOOST_TEST(status.status == 0, status.out + status.err);
                    const auto second = program({"start"}, at_asking);
                    BOOST_TEST(second.status == 0, second.err);
                    BOOST_TEST(contains(second.out, "already running"), second.out);
                    BOOST_TEST(program({"reload"}, at_asking).status == 0);
                    BOOST_TEST(eventually([&] { return program.reloads() == 1; }));
                    BOOST_TEST(program.pid() == daemon.pid());
                    BOOST_TEST(program({"stop"}, at_asking).status == 0);
                    BOOST_TEST(!alive(daemon.pid()));
                    nothing_is_left_of(program);
                });
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(since_is_the_same_in_every_one)
{
    if (in_child([] { return other_clocks("86400 0") ? 0 : 1; }).status != 0)
        DAEMONKIT_SKIP("there are no time namespaces to be had here");
    const surrounded program(policies{"double", "flock"});
    const life daemon(program, under_clocks("86400 0"));
    const auto right = since(program({"status"}));
    for (const char* const offset : {"86400 0", "172800 500000000", "-60 0"})
        BOOST_TEST(std::abs(since(program({"status"}, under_clocks(offset))) - right) <= 1);
}

BOOST_AUTO_TEST_SUITE_END()
