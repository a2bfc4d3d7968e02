// SPDX-License-Identifier: BSL-1.0
// Many simultaneous callers: there are few reloads, and every answer is true. Each caller writes a configuration before
// it asks. A true answer comes from a reload that began after that, so it is about this generation or a later one.
#include "reloading.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

#include <sys/file.h>
#include <sys/wait.h>

#include <fcntl.h>

#include <algorithm>
#include <iostream>

namespace {

constexpr int callers = 50;

/// A new generation, the next number; every third one is refused.
int write_generation(const reloading& daemon)
{
    const int lock = ::open((daemon.directory / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ::flock(lock, LOCK_EX);
    const int generation = std::atoi(read_file(daemon.config).c_str()) + 1;
    const auto text = std::to_string(generation);
    daemon.configure(generation % 3 == 0 ? text + " refuse generation=" + text : text);
    ::close(lock);
    return generation;
}

/// One call; 0 if its answer was true.
int ask_once(const reloading& daemon)
{
    const int mine = write_generation(daemon);
    const auto said = daemon.reload();
    if (said.status == 1) {
        const auto at = said.err.find("generation=");
        return at != std::string::npos && std::atoi(said.err.c_str() + at + 11) >= mine ? 0 : 1;
    }
    const auto done = daemon.done();
    const bool taken = std::any_of(done.begin(), done.end(), [&](const std::string& line) {
        return contains(line, "taken") && std::atoi(line.c_str()) >= mine;
    });
    return said.status == 0 && taken ? 0 : 2;
}

} // namespace

BOOST_AUTO_TEST_SUITE(concurrent, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(every_caller_gets_a_true_answer)
{
    for (const auto& policy : every_policy) BOOST_TEST_CONTEXT(policy.signals << ' ' << policy.pid)
        {
            const reloading daemon(policy);
            BOOST_REQUIRE(daemon.started() != 0);
            daemon.configure("0");
            std::vector<pid_t> asking;
            while (asking.size() < callers) {
                const pid_t child = ::fork();
                if (child == 0) ::_exit(ask_once(daemon));
                asking.push_back(child);
            }
            for (const pid_t child : asking) BOOST_TEST(child_process::status_of(child) == 0);
            const auto begun = daemon.begun().size();
            BOOST_TEST(begun >= 1U);
            BOOST_TEST(begun <= callers + 1U);
            BOOST_TEST(std::atoi(daemon.begun().back().c_str()) == callers, "the last one is read");
            std::cout << policy.signals << ' ' << policy.pid << ": " << callers << " callers, " << begun
                      << " reloads\n";
            daemon.stop();
        }
}

BOOST_AUTO_TEST_CASE(those_who_ask_during_a_reload_share_the_next_one)
{
    for (const auto& policy : every_policy) BOOST_TEST_CONTEXT(policy.signals << ' ' << policy.pid)
        {
            const reloading daemon(policy);
            BOOST_REQUIRE(daemon.started() != 0);
            daemon.configure_to_wait("1");
            auto first = daemon.asks();
            BOOST_TEST(daemon.begins("1"));
            daemon.configure("2 refuse generation=2");
            std::vector<std::unique_ptr<child_process>> others;
            for (int n = 0; n < 5; ++n)
                others.push_back(std::make_unique<child_process>([&] {
                    const auto said = daemon.reload();
                    std::fputs(said.err.c_str(), stdout);
                    return said.status;
                }));
            for (auto& other : others) BOOST_TEST(!ends(other->pid(), std::chrono::milliseconds(10)));
            daemon.let_go();
            BOOST_TEST(first.status() == 0, first.heard());
            for (auto& other : others) {
                BOOST_TEST(other->status() == 1);
                BOOST_TEST(contains(other->everything(), "generation=2"), other->heard());
            }
            BOOST_TEST(daemon.begun().size() <= 1U + others.size());
            daemon.stop();
        }
}

BOOST_AUTO_TEST_SUITE_END()
