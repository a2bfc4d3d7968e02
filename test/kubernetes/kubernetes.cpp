// SPDX-License-Identifier: BSL-1.0
// The same engine and driver against the semantics of a Lease of Kubernetes.
#include "kubernetes_store.hpp"

#include "lease/leading.hpp"

#include "support/file.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>

#include <sys/prctl.h>
#include <sys/wait.h>

using daemonkit::lease_renewal;
using daemonkit::lease_timing;
using boot_clock = daemonkit::sys::boot_clock;
using namespace std::chrono_literals;

namespace {

boot_clock::time_point soon() { return boot_clock::now() + 5s; }

daemonkit::lease_holder host(const std::string& name)
{
    auto one = daemonkit::detail::this_holder();
    one.host = name;
    return one;
}

struct api_server
{
    api_server()
    {
        write_file(place / "token", "secret\n");
        const auto out = (place / "port").string();
        pid = ::fork();
        if (pid == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), 1);
            ::_exit(execute({"python3", DAEMONKIT_SERVER}));
        }
        missing = !eventually([&] { return read_file(out).ends_with('\n') || !alive(pid); }) || !alive(pid);
        store.server = "http://127.0.0.1:" + read_file(out);
        if (!missing) store.server.pop_back();
        store.name = "clientd";
        store.token_file = (place / "token").string();
    }
    api_server(const api_server&) = delete;
    api_server& operator=(const api_server&) = delete;
    ~api_server() { put_down(pid); }

    [[nodiscard]] int lead_here(std::chrono::nanoseconds ttl = 3s) const
    {
        return lead(store, lease_timing{ttl}, acts);
    }
    [[nodiscard]] bool follow(std::size_t owners) const
    {
        return eventually([&] { return terms_in(acts).size() == owners; }) && rise(terms_in(acts));
    }

    temporary_directory place{};
    boost::filesystem::path acts = place / "acts";
    kubernetes_store store{};
    pid_t pid = -1;
    bool missing = false;
};

#define NEEDS_SERVER() \
    if (missing) DAEMONKIT_SKIP("python3 is needed")

} // namespace

BOOST_FIXTURE_TEST_SUITE(store, api_server, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(acquire_held_renew_release)
{
    NEEDS_SERVER();
    auto first = store.open({10s, -1});
    auto second = store.open({10s, -1});
    BOOST_TEST(!first.holder(soon()));
    const auto won = first.acquire(host("h1"), soon());
    BOOST_TEST(won.token == 1U);
    const auto held = second.acquire(host("h2"), soon());
    BOOST_TEST(held.token == 0U);
    BOOST_REQUIRE(held.holder.has_value());
    BOOST_TEST(held.holder->host == "h1");
    BOOST_TEST(held.holder->pid == ::getpid());
    BOOST_TEST(held.holder->token == 1U);
    BOOST_TEST((first.renew(soon()) == lease_renewal::renewed));
    BOOST_TEST(first.acquire(host("h1"), soon()).token == 1U);
    first.release(soon());
    BOOST_TEST(second.acquire(host("h2"), soon()).token == 2U);
    BOOST_TEST((first.renew(soon()) == lease_renewal::lost));
    BOOST_TEST((second.renew(soon()) == lease_renewal::renewed));
}

BOOST_AUTO_TEST_CASE(observer_judges_by_its_own_clock)
{
    NEEDS_SERVER();
    auto first = store.open({2s, -1});
    auto second = store.open({2s, -1});
    BOOST_TEST(first.acquire(host("h1"), soon()).token == 1U);
    const auto begun = boot_clock::now();
    BOOST_TEST(second.acquire(host("h2"), soon()).token == 0U);
    BOOST_TEST((first.renew(soon()) == lease_renewal::renewed));
    second.watch(boot_clock::now() + 20s);
    BOOST_TEST((boot_clock::now() - begun >= 2s));
    BOOST_TEST(second.acquire(host("h2"), soon()).token == 2U);
    BOOST_TEST((first.renew(soon()) == lease_renewal::lost));
}

BOOST_AUTO_TEST_CASE(refused_token_is_a_failure)
{
    NEEDS_SERVER();
    write_file(place / "token", "another\n");
    auto session = store.open({10s, -1});
    BOOST_CHECK_EXCEPTION((void)session.acquire(host("h1"), soon()), daemonkit::startup_error,
                          [](const auto& e) { return std::string(e.what()).ends_with("HTTP status 401"); });
    write_file(place / "token", "secret\n"); // replaced, as by the kubelet
    BOOST_TEST(session.acquire(host("h1"), soon()).token == 1U);
}

BOOST_AUTO_TEST_CASE(owners_follow_each_other)
{
    NEEDS_SERVER();
    child_process first([&] { return lead_here(); });
    BOOST_REQUIRE(first.says("owner 1"));
    child_process second([&] { return lead_here(); });
    BOOST_REQUIRE(second.says("standing by for " + std::to_string(first.pid())));
    BOOST_REQUIRE(eventually([&] { return !terms_in(acts).empty(); }));
    child_process third([&] { return lead_here(); });
    BOOST_REQUIRE(third.says("standing by"));
    first.signal(SIGSTOP); // killed by its timer
    BOOST_TEST(eventually([&] { return terms_in(acts).size() == 2; }));
    BOOST_TEST(first.status() == 128 + SIGKILL);
    auto& owner = second.heard().find("owner 2") != std::string::npos || second.says("owner 2") ? second : third;
    owner.signal(SIGTERM); // in order
    BOOST_TEST(owner.status() == 0);
    BOOST_TEST(follow(3));
}

BOOST_AUTO_TEST_CASE(frozen_server_cannot_tell)
{
    NEEDS_SERVER();
    child_process first([&] { return lead_here(); });
    BOOST_REQUIRE(first.says("owner 1"));
    child_process second([&] { return lead_here(); });
    BOOST_REQUIRE(second.says("standing by"));
    ::kill(pid, SIGSTOP);
    BOOST_TEST(first.says("lost: late"));
    BOOST_TEST(first.status() == 75);
    BOOST_TEST(second.says("error: cannot reach"));
    BOOST_TEST(second.heard().find("owner") == std::string::npos);
    ::kill(pid, SIGCONT);
    BOOST_TEST(second.says("owner 2"));
    BOOST_TEST(follow(2));
}

BOOST_AUTO_TEST_SUITE_END()
