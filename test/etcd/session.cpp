// SPDX-License-Identifier: BSL-1.0
// The session: every function, and what it cannot tell.
#include "cluster.hpp"

#include "support/file.hpp"

#include <daemonkit/lease/detail/driver.hpp>

using daemonkit::lease_renewal;
using etcd::boot_clock;
using etcd::failure_of;
using etcd::soon;
using namespace std::chrono_literals;

namespace {

daemonkit::lease_holder self() { return daemonkit::detail::this_holder(); }

/// One member, which answers.
struct one_member
{
    one_member()
    {
        if (!members.ready()) BOOST_TEST_MESSAGE(members.why());
    }
    [[nodiscard]] daemonkit::detail::etcd_session open(std::chrono::seconds ttl = 10s, int wake = -1) const
    {
        return members.store().open({ttl, wake});
    }
    /// The key of the owner.
    [[nodiscard]] std::string key(const char* end = "") const
    {
        return daemonkit::sys::to_base64("clientd" + std::string(end));
    }
    etcd::cluster members{1};
};

/// Whether the watch returned because something changed, and not because its time was up.
bool tells(daemonkit::detail::etcd_session& session)
{
    const auto until = boot_clock::now() + 20s;
    session.watch(until);
    return boot_clock::now() < until;
}

} // namespace

BOOST_AUTO_TEST_SUITE(session, *boost::unit_test::label("process") * boost::unit_test::label("etcd"))

BOOST_AUTO_TEST_CASE(acquire_held_renew_release)
{
    NEEDS_ETCD();
    const one_member m;
    auto first = m.open();
    auto second = m.open();
    BOOST_TEST(!first.holder(soon()));
    const auto won = first.acquire(self(), soon());
    BOOST_REQUIRE(won.token != 0U);
    const auto held = second.acquire(self(), soon());
    BOOST_TEST(held.token == 0U);
    BOOST_REQUIRE(held.holder.has_value());
    BOOST_TEST(held.holder->host == self().host);
    BOOST_TEST(held.holder->boot == self().boot);
    BOOST_TEST(held.holder->pid == ::getpid());
    BOOST_TEST(held.holder->start == self().start);
    BOOST_TEST(held.holder->token == won.token);
    BOOST_TEST((first.renew(soon()) == lease_renewal::renewed));
    BOOST_TEST(first.acquire(self(), soon()).token == won.token); // as after a lost answer
    first.release(soon());
    BOOST_TEST(!second.holder(soon()));
    BOOST_TEST(second.acquire(self(), soon()).token > won.token);
    BOOST_TEST((first.renew(soon()) == lease_renewal::lost));
    BOOST_TEST((second.renew(soon()) == lease_renewal::renewed));
}

BOOST_AUTO_TEST_CASE(lease_expires_and_watch_tells)
{
    NEEDS_ETCD();
    const one_member m;
    auto first = m.open(2s);
    auto second = m.open();
    const auto begun = boot_clock::now();
    const auto won = first.acquire(self(), soon());
    BOOST_REQUIRE(second.acquire(self(), soon()).token == 0U);
    BOOST_TEST(tells(second));
    const auto again = second.acquire(self(), soon());
    BOOST_TEST(again.token > won.token);
    BOOST_TEST((boot_clock::now() - begun >= 2s));
    BOOST_TEST((first.renew(soon()) == lease_renewal::lost));
}

BOOST_AUTO_TEST_CASE(deleted_key_asks_the_owner_and_frees_nothing)
{
    NEEDS_ETCD();
    const one_member m;
    auto first = m.open();
    auto second = m.open();
    const auto won = first.acquire(self(), soon());
    second.ask_release(soon());
    BOOST_TEST(tells(first));
    BOOST_TEST((first.renew(soon()) == lease_renewal::asked));
    BOOST_TEST(second.acquire(self(), soon()).token == 0U);
    first.release(soon());
    BOOST_TEST(second.acquire(self(), soon()).token > won.token);
    BOOST_TEST((second.renew(soon()) == lease_renewal::renewed));
    (void)m.members.call(0, "/v3/kv/deleterange", "{\"key\":\"" + m.key("/lease") + "\"}"); // by force
    BOOST_TEST((second.renew(soon()) == lease_renewal::lost));
}

BOOST_AUTO_TEST_CASE(watch_misses_nothing_and_ends_at_its_time)
{
    NEEDS_ETCD();
    const one_member m;
    auto first = m.open();
    auto second = m.open();
    (void)first.acquire(self(), soon());
    (void)second.acquire(self(), soon());
    second.watch(boot_clock::now() + 50ms);
    first.release(soon()); // no watch is open
    BOOST_TEST(tells(second));
    BOOST_TEST(second.acquire(self(), soon()).token != 0U);
}

BOOST_AUTO_TEST_CASE(value_of_a_stranger_is_a_holder_without_a_name)
{
    NEEDS_ETCD();
    const one_member m;
    (void)m.members.call(0, "/v3/kv/put", "{\"key\":\"" + m.key("/lease") + "\",\"value\":\"e1t7\"}");
    auto session = m.open();
    const auto held = session.acquire(self(), soon());
    BOOST_TEST(held.token == 0U);
    BOOST_REQUIRE(held.holder.has_value());
    BOOST_TEST(held.holder->host == "");
}

BOOST_AUTO_TEST_CASE(a_store_that_is_down_cannot_tell)
{
    NEEDS_ETCD();
    const daemonkit::etcd_store nothing{.key = "clientd",
                                        .endpoints = {"http://127.0.0.1:" + std::to_string(etcd::free_port())}};
    auto session = nothing.open({10s, -1});
    const auto text = failure_of([&] { (void)session.holder(soon()); });
    BOOST_TEST(text.starts_with("cannot reach http://127.0.0.1:"));
    BOOST_TEST(text.find("onnect to") != text.npos);
    BOOST_TEST(failure_of([&] { session.watch(soon()); }).starts_with("cannot reach"));
    session.release(soon()); // it has nothing
    BOOST_TEST(failure_of([] {
                   (void)daemonkit::etcd_store{.key = "", .endpoints = {}}.open({10s, -1});
               }).starts_with("cannot use the store, etcd key"));
}

BOOST_AUTO_TEST_CASE(wake_ends_a_call)
{
    NEEDS_ETCD();
    const one_member m;
    const daemonkit::sys::unique_fd wake(daemonkit::sys::open_event());
    auto session = m.open(10s, wake.get());
    (void)session.acquire(self(), soon());
    daemonkit::sys::raise_event(wake.get());
    const auto text = failure_of([&] { session.watch(boot_clock::now() + 1h); });
    BOOST_TEST(text.ends_with("the daemon is to stop"));
    session.release(soon());
    BOOST_TEST(!m.open().holder(soon()));
}

BOOST_AUTO_TEST_CASE(password_is_needed_and_a_token_that_is_refused_is_replaced)
{
    NEEDS_ETCD();
    const one_member m;
    const auto call = [&](const char* function, const std::string& body) { (void)m.members.call(0, function, body); };
    call("/v3/auth/user/add", R"({"name":"root","password":"secret"})");
    call("/v3/auth/role/add", R"({"name":"root"})");
    call("/v3/auth/user/grant", R"({"user":"root","role":"root"})");
    call("/v3/auth/enable", "{}");

    auto store = m.members.store();
    auto nameless = store.open({10s, -1});
    BOOST_TEST(failure_of([&] { (void)nameless.holder(soon()); }).find("user name is empty") != std::string::npos);
    store.user = "root";
    store.password = "wrong";
    auto wrong = store.open({10s, -1});
    BOOST_TEST(failure_of([&] { (void)wrong.holder(soon()); }).find("invalid user ID or password") !=
               std::string::npos);
    store.password = "secret";
    auto right = store.open({10s, -1});
    const auto won = right.acquire(self(), soon());
    BOOST_TEST(won.token != 0U);
    BOOST_TEST((right.renew(soon()) == lease_renewal::renewed));

    // A change of the users makes every token invalid.
    daemonkit::detail::etcd_gateway admin({m.members.url(0)}, "root", "secret", {}, -1);
    (void)admin.call("/v3/auth/user/changepw", R"({"name":"root","password":"secret"})", soon());
    BOOST_TEST((right.renew(soon()) == lease_renewal::renewed));
    right.watch(boot_clock::now() + 50ms);
    right.release(soon());
}

BOOST_AUTO_TEST_CASE(tls_with_certificates_of_both_sides)
{
    NEEDS_ETCD();
    if (::system("command -v openssl >/dev/null") != 0) DAEMONKIT_SKIP("openssl is needed"); // NOLINT
    const temporary_directory tls;
    const auto certify = [&](const std::string& command) {
        const auto done = run({"/bin/sh", "-c", "cd " + tls.path().string() + " && " + command});
        BOOST_REQUIRE_MESSAGE(done.status == 0, done.err);
    };
    const std::string make = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj ";
    certify(make + "/CN=ca -x509 -keyout ca.key -out ca.pem");
    for (const std::string name : {"server", "client"})
        certify(make + "/CN=" + name + " -keyout " + name + ".key -out " + name + ".csr && printf " +
                "'subjectAltName=IP:127.0.0.1\\nextendedKeyUsage=serverAuth,clientAuth\\n' >" + name +
                ".ext && openssl x509 -req -in " + name + ".csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 " +
                "-extfile " + name + ".ext -out " + name + ".pem");
    const etcd::cluster members(1, tls.path());
    auto store = members.store();
    store.tls = {(tls / "ca.pem").string(), (tls / "client.pem").string(), (tls / "client.key").string()};
    BOOST_REQUIRE_MESSAGE(members.ready(store), members.why());
    auto session = store.open({10s, -1});
    BOOST_TEST(session.acquire(self(), soon()).token != 0U);
    BOOST_TEST((session.renew(soon()) == lease_renewal::renewed));

    store.tls.ca.clear();
    auto distrusting = store.open({10s, -1});
    BOOST_TEST(failure_of([&] { (void)distrusting.holder(soon()); }).find("certificate") != std::string::npos);
    store.tls = {(tls / "ca.pem").string(), "", ""};
    auto unknown = store.open({10s, -1});
    BOOST_TEST(failure_of([&] { (void)unknown.holder(soon()); }).starts_with("cannot reach https://"));
}

BOOST_AUTO_TEST_CASE(settings_that_can_never_work_are_refused)
{
    const auto refusal = [](const daemonkit::etcd_store& store) {
        try {
            store.check_settings();
        } catch (const daemonkit::startup_error& e) {
            BOOST_TEST(e.status() == 6);
            return std::string(e.what());
        }
        return std::string();
    };
    BOOST_TEST(refusal({.key = "k", .endpoints = {"https://h:1", "http://[::1]:2379"}}).empty());
    BOOST_TEST(!refusal({.key = ""}).empty());
    BOOST_TEST(!refusal({.key = "k", .endpoints = {}}).empty());
    for (const char* const url : {"", "h:2379", "file:///etc/passwd", "ftp://h", "http://", "HTTP"})
        BOOST_TEST(
            refusal({.key = "k", .endpoints = {"http://h", url}}).ends_with("is no URL with http:// or https://"));
    BOOST_TEST(refusal({.key = "k", .tls = {.ca = "ca.pem"}}).ends_with("'ca.pem' is not absolute"));
}

BOOST_AUTO_TEST_SUITE_END()
