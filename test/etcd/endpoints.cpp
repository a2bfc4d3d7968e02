// SPDX-License-Identifier: BSL-1.0
// An endpoint whose answers are not etcd's is like one that does not answer.
#include "cluster.hpp"

#include "lease/leading.hpp"

#include <daemonkit/lease/timing.hpp>

#include <atomic>
#include <memory>
#include <new>

#include <sys/mman.h>

using daemonkit::lease_renewal;
using etcd::boot_clock;
using etcd::failure_of;
using etcd::soon;
using namespace std::chrono_literals;

namespace {

/// A server that gives each request the same answer.
class stranger
{
public:
    stranger(const std::string& status, const std::string& body)
        : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
          answer_("HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
                  "\r\n\r\n" + body)
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        void* const shared =
            ::mmap(nullptr, sizeof *requests_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (shared == MAP_FAILED || ::bind(socket_.get(), any, length) == -1 || ::listen(socket_.get(), 64) == -1 ||
            ::getsockname(socket_.get(), any, &length) == -1)
            std::abort();
        requests_ = new (shared) std::atomic<int>(0);
        url_ = "http://127.0.0.1:" + std::to_string(::ntohs(address.sin_port));
        pid_ = ::fork();
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;) answer_one();
        }
    }
    stranger(const stranger&) = delete;
    stranger& operator=(const stranger&) = delete;
    ~stranger()
    {
        put_down(pid_);
        ::munmap(requests_, sizeof *requests_);
    }
    [[nodiscard]] const std::string& url() const { return url_; }
    [[nodiscard]] int requests() const { return requests_->load(); }

private:
    void answer_one()
    {
        const daemonkit::sys::unique_fd client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        char some[4096];
        if (::read(client.get(), some, sizeof some) <= 0) return;
        ++*requests_;
        if (::write(client.get(), answer_.data(), answer_.size()) == -1) return;
        ::shutdown(client.get(), SHUT_WR);
        while (::read(client.get(), some, sizeof some) > 0) {} // until the client has read the answer
    }

    daemonkit::sys::unique_fd socket_;
    std::string answer_;
    std::string url_{};
    std::atomic<int>* requests_ = nullptr;
    pid_t pid_ = -1;
};

struct kind
{
    const char* status;
    const char* body;
    const char* sentence; ///< the end
};
constexpr kind kinds[] = {
    {"503 Service Unavailable", "<html>no backend</html>", "HTTP status 503"},
    {"404 Not Found", "404 page not found\n", "HTTP status 404"},
    {"404 Not Found", R"({"kind":"Status","message":"no such path","code":404})", "HTTP status 404"},
    {"301 Moved Permanently", "", "HTTP status 301"},
    {"502 Bad Gateway", R"({"error":"no upstream"})", "HTTP status 502"},
    {"200 OK", "{}", "HTTP status 200, but no answer of etcd"},
    {"200 OK", "{}\n", "HTTP status 200, but no answer of etcd"},
    {"200 OK", "<html>welcome</html>\n", "HTTP status 200, but no answer of etcd"},
    // etcd itself: another member can answer
    {"503 Service Unavailable", R"({"error":"etcdserver: no leader","message":"etcdserver: no leader","code":14})",
     "etcdserver: no leader"},
    {"503 Service Unavailable", R"({"code":14,"message":"etcdserver: no leader","details":[]})",
     "etcdserver: no leader"}, // 3.6
    {"504 Gateway Timeout", R"({"error":"context deadline exceeded","code":4})", "context deadline exceeded"},
};
constexpr kind refusals[] = {
    {"400 Bad Request", R"({"error":"etcdserver: bad","message":"etcdserver: bad","code":3})", "etcdserver: bad"},
    {"400 Bad Request", R"({"code":3,"message":"etcdserver: bad","details":[]})", "etcdserver: bad"}, // 3.6
};

daemonkit::etcd_store store_at(std::vector<std::string> endpoints, const std::string& key = "clientd")
{
    return {.key = key, .endpoints = std::move(endpoints)};
}

/// Calls check(kind, stranger, session) for each kind of stranger; the session asks it first, and then a member of etcd.
template <class Check>
void before_a_member(Check check)
{
    const etcd::cluster members(1);
    BOOST_REQUIRE_MESSAGE(members.ready(), members.why());
    for (const auto& one : kinds) {
        BOOST_TEST_CONTEXT(one.status << " " << one.body)
        {
            const stranger first(one.status, one.body);
            auto session = store_at({first.url(), members.url(0)}).open({10s, -1});
            check(one, first, session);
        }
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(endpoints, *boost::unit_test::label("process") * boost::unit_test::label("etcd"))

BOOST_AUTO_TEST_CASE(next_one_is_asked_and_stays_preferred)
{
    NEEDS_ETCD();
    before_a_member([](const auto&, const stranger& first, auto& session) {
        BOOST_TEST(session.acquire(daemonkit::detail::this_holder(), soon()).token != 0U);
        BOOST_TEST((session.renew(soon()) == lease_renewal::renewed));
        BOOST_TEST(first.requests() == 1);
        session.release(soon());
    });
}

BOOST_AUTO_TEST_CASE(alone_it_cannot_tell)
{
    for (const auto& one : kinds) {
        BOOST_TEST_CONTEXT(one.status << " " << one.body)
        {
            const stranger only(one.status, one.body);
            auto session = store_at({only.url()}).open({10s, -1});
            const auto expected = [&](const char* function) {
                return "cannot use " + only.url() + function + ": " + one.sentence;
            };
            BOOST_TEST(failure_of([&] { (void)session.holder(soon()); }) == expected("/v3/kv/range"));
            BOOST_TEST(failure_of([&] { session.ask_release(soon()); }) == expected("/v3/kv/range"));
            BOOST_TEST(failure_of([&] { session.watch(soon()); }) == expected("/v3/watch"));
        }
    }
}

BOOST_AUTO_TEST_CASE(refusal_of_etcd_is_final)
{
    for (const auto& one : refusals) {
        BOOST_TEST_CONTEXT(one.body)
        {
            const stranger first(one.status, one.body);
            const stranger second("503 Service Unavailable", "");
            auto session = store_at({first.url(), second.url()}).open({10s, -1});
            BOOST_TEST(failure_of([&] { (void)session.holder(soon()); }) ==
                       "cannot use " + first.url() + "/v3/kv/range: " + one.sentence);
            BOOST_TEST(second.requests() == 0);
        }
    }
}

BOOST_AUTO_TEST_CASE(watch_leaves_it)
{
    NEEDS_ETCD();
    before_a_member([](const auto& one, const stranger& first, auto& session) {
        BOOST_TEST(failure_of([&] { session.watch(soon()); }).ends_with(one.sentence));
        session.watch(boot_clock::now() + 50ms);
        BOOST_TEST(first.requests() == 1);
    });
}

BOOST_AUTO_TEST_CASE(owner_keeps_its_lease)
{
    NEEDS_ETCD();
    etcd::cluster members(3);
    BOOST_REQUIRE_MESSAGE(members.ready(), members.why());
    const auto leader = members.leader();
    BOOST_REQUIRE(leader < members.size());
    const auto other = (leader + 1) % members.size();
    const temporary_directory place;
    const auto acts = place / "acts";
    const stranger second(kinds[0].status, kinds[0].body);
    const auto store = store_at({members.url(other), second.url(), members.url(leader)});
    child_process owner([&] { return lead(store, daemonkit::lease_timing{5s}, acts); });
    BOOST_REQUIRE(owner.says("owner "));
    BOOST_TEST(second.requests() == 0);
    members.kill(other); // now the stranger is asked
    BOOST_REQUIRE(eventually([&] { return second.requests() > 0; }));
    const auto begun = boot_clock::now().time_since_epoch();
    BOOST_TEST(eventually([&] { return last_act(acts) > begun + 6s; })); // more than a TTL
    BOOST_TEST(owner.heard().find("lost") == std::string::npos);
    owner.signal(SIGTERM);
    BOOST_TEST(owner.status() == 0);
    BOOST_TEST(terms_in(acts).size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

// What needs the example is in the suite of its name, because not every build makes it.
BOOST_AUTO_TEST_SUITE(ledgerd, *boost::unit_test::label("process") * boost::unit_test::label("etcd"))

BOOST_AUTO_TEST_CASE(holder_fails_at_a_server_that_is_no_etcd)
{
    const stranger only("200 OK", "{}");
    const temporary_directory place;
    const auto asked = run({DAEMONKIT_EXAMPLE_DIR "/ledgerd", "holder", "--state", place.path().string(), "--ledger",
                            (place / "book").string(), "--etcd", only.url()});
    BOOST_TEST(asked.status == 1);
    BOOST_TEST(asked.out == "");
    BOOST_TEST(asked.err.find(": HTTP status 200, but no answer of etcd") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
