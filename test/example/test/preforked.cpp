// SPDX-License-Identifier: BSL-1.0
#include "example.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <set>

namespace fs = boost::filesystem;

namespace {

/// preforked with a greeting.
struct preforked_program : example
{
    preforked_program() : example("preforked") { greet("first"); }

    void greet(const std::string& line) const { std::ofstream((directory() / "greeting").string()) << line << '\n'; }

    [[nodiscard]] std::set<pid_t> workers() const
    {
        const auto master = std::to_string(pid());
        std::ifstream in("/proc/" + master + "/task/" + master + "/children");
        std::set<pid_t> children;
        for (pid_t child = 0; in >> child;)
            if (alive(child)) children.insert(child);
        return children;
    }

    /// Three that wait for a caller.
    [[nodiscard]] std::set<pid_t> ready_workers() const
    {
        const auto all = workers();
        BOOST_REQUIRE(all.size() == 3U);
        for (const pid_t worker : all)
            BOOST_REQUIRE(eventually([&] { return proc_signals(worker, "SigBlk").empty(); }));
        return all;
    }

    /// What a caller is told; empty if nobody listens.
    [[nodiscard]] std::string answer() const
    {
        const int caller = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        file(".sock").string().copy(address.sun_path, sizeof address.sun_path - 1);
        std::string text;
        if (::connect(caller, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
            std::array<char, 64> bytes{};
            pollfd p{caller, POLLIN, 0};
            for (ssize_t n = 0; ::poll(&p, 1, 20000) == 1 && (n = ::read(caller, bytes.data(), bytes.size())) > 0;)
                text.append(bytes.data(), static_cast<std::size_t>(n));
        }
        ::close(caller);
        return text;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(preforked, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(three_workers_answer_and_end_with_the_master)
{
    const preforked_program preforked;
    BOOST_REQUIRE(preforked({"start"}).status == 0);
    const auto workers = preforked.ready_workers();
    for (int i = 0; i < 50; ++i) BOOST_TEST(preforked.answer() == "first\n");
    BOOST_TEST(preforked.workers() == workers); // each of them answers many
    for (const pid_t worker : workers) BOOST_TEST(proc_signals(worker, "SigCgt").empty());
    const auto said = preforked({"stop"});
    BOOST_TEST(said.status == 0);
    for (const pid_t worker : workers) BOOST_TEST(!alive(worker));
    BOOST_TEST(!fs::exists(preforked.file(".sock")));
    BOOST_TEST(text_of(preforked.file(".log")) == "");
}

BOOST_AUTO_TEST_CASE(a_worker_that_was_killed_is_replaced)
{
    const preforked_program preforked;
    BOOST_REQUIRE(preforked({"start"}).status == 0);
    const pid_t master = preforked.pid();
    const auto before = preforked.ready_workers();
    for (const pid_t worker : before) ::kill(worker, SIGKILL); // one SIGCHLD may stand for all
    for (const pid_t worker : before) BOOST_REQUIRE(ends(worker));
    BOOST_TEST(preforked.answer() == "first\n"); // the caller waits meanwhile
    BOOST_REQUIRE(eventually([&] { return preforked.workers().size() == 3; }));
    for (const pid_t worker : preforked.workers()) BOOST_TEST(before.count(worker) == 0U);
    for (const pid_t worker : before) BOOST_TEST(proc_status(worker, "State") == ""); // and no zombie is left
    BOOST_TEST(preforked.pid() == master);
    const auto log = text_of(preforked.file(".log"));
    for (const pid_t worker : before)
        BOOST_TEST(
            log.find("worker (pid " + std::to_string(worker) + ") was killed by signal 9\n") != std::string::npos, log);
}

BOOST_AUTO_TEST_CASE(a_reload_replaces_the_workers)
{
    const preforked_program preforked;
    BOOST_REQUIRE(preforked({"start"}).status == 0);
    const auto before = preforked.ready_workers();
    preforked.greet("second");
    BOOST_TEST(preforked({"reload"}).status == 0);
    for (const pid_t worker : before) BOOST_TEST(ends(worker));
    BOOST_TEST(eventually([&] { return preforked.workers().size() == 3; }));
    for (int i = 0; i < 50; ++i) BOOST_TEST(preforked.answer() == "second\n");
    BOOST_TEST(text_of(preforked.file(".log")) == "");
}

BOOST_AUTO_TEST_CASE(a_reload_that_is_refused_keeps_the_workers)
{
    const preforked_program preforked;
    BOOST_REQUIRE(preforked({"start"}).status == 0);
    const auto before = preforked.ready_workers();
    fs::remove(preforked.directory() / "greeting");
    const auto said = preforked({"reload"});
    BOOST_TEST(said.status == 1);
    BOOST_TEST(said.err.find("cannot read greeting: No such file or directory\n") != std::string::npos, said.err);
    BOOST_TEST(preforked.workers() == before);
    BOOST_TEST(preforked.answer() == "first\n");
}

BOOST_AUTO_TEST_CASE(a_master_that_is_killed_takes_its_workers_along)
{
    const preforked_program preforked;
    BOOST_REQUIRE(preforked({"start"}).status == 0);
    const auto workers = preforked.ready_workers();
    BOOST_TEST(preforked.answer() == "first\n");
    put_down(preforked.pid());
    for (const pid_t worker : workers) BOOST_TEST(ends(worker));
    BOOST_TEST(preforked({"status"}).status == 1);
    BOOST_TEST(preforked({"start"}).status == 0);
    BOOST_TEST(preforked.answer() == "first\n"); // the socket that was left is no obstacle
}

BOOST_AUTO_TEST_CASE(a_worker_does_not_keep_the_identity_of_its_master)
{
    const preforked_program preforked;
    BOOST_REQUIRE(preforked({"start"}).status == 0);
    const auto workers = preforked.ready_workers();
    for (const pid_t worker : workers) ::kill(worker, SIGSTOP); // it cannot end with its master
    put_down(preforked.pid());
    BOOST_TEST(preforked({"status"}).status == 1);
    BOOST_TEST(preforked({"start"}).status == 0);
    BOOST_TEST(preforked({"status"}).status == 0);
    for (const pid_t worker : workers) put_down(worker);
}

BOOST_AUTO_TEST_CASE(without_a_greeting_start_says_so)
{
    const preforked_program preforked;
    fs::remove(preforked.directory() / "greeting");
    const auto said = preforked({"start"});
    BOOST_TEST(said.status == 1);
    BOOST_TEST(said.err == "preforked: cannot read greeting: No such file or directory\n");
    BOOST_TEST(preforked({"status"}).status == 3);
}

BOOST_AUTO_TEST_SUITE_END()
