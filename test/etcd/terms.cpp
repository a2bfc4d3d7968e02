// SPDX-License-Identifier: BSL-1.0
// etcd elects a leader between the two requests of a renewal. The first one may have been answered by a leader that was
// replaced, so it must not count. A proxy before one member makes the moment.
#include "cluster.hpp"

#include "support/child_process.hpp"

#include <daemonkit/lease/detail/driver.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using daemonkit::lease_renewal;
using etcd::boot_clock;
using namespace std::chrono_literals;

namespace {

boot_clock::time_point in_time() { return boot_clock::now() + 10s; }

class elected_meanwhile
{
public:
    /// The leader changes before the member gets its transaction of this number, from 1.
    explicit elected_meanwhile(int transaction) : proxy_([=, this] { return pass(transaction); }) {}

    [[nodiscard]] daemonkit::detail::etcd_session open() const
    {
        daemonkit::etcd_store store{.key = "clientd"};
        store.endpoints = {"http://127.0.0.1:" + std::to_string(port_)};
        return store.open({60s, -1});
    }

private:
    [[nodiscard]] static daemonkit::sys::unique_fd connected(int port, bool listens)
    {
        daemonkit::sys::unique_fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = ::htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
        auto* const place = reinterpret_cast<sockaddr*>(&address);
        if (listens ? ::bind(socket.get(), place, sizeof address) == -1 || ::listen(socket.get(), 9) == -1
                    : ::connect(socket.get(), place, sizeof address) == -1)
            std::abort();
        return socket;
    }

    // In a child. Each answer ends with its connection.
    [[nodiscard]] int pass(int transaction) const
    {
        for (int seen = 0;;) {
            const daemonkit::sys::unique_fd client(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            std::string request;
            char part[4096];
            const auto more = [&](int from) {
                const auto got = ::recv(from, part, sizeof part, 0);
                return std::string(part, got > 0 ? static_cast<std::size_t>(got) : 0);
            };
            for (std::size_t body = 0; request.find("\r\n\r\n") == std::string::npos || request.size() < body;) {
                const auto next = more(client.get());
                if (next.empty()) break;
                request += next;
                const auto length = request.find("Content-Length: ");
                const auto head = request.find("\r\n\r\n");
                if (length < head && head != std::string::npos)
                    body = head + 4 + std::stoul(request.substr(length + 16));
            }
            if (request.empty()) continue;
            if (request.starts_with("POST /v3/kv/txn ") && ++seen == transaction) elect();
            request.insert(request.find("\r\n") + 2, "Connection: close\r\n");
            const auto member = connected(members_.port(0), false);
            (void)::send(member.get(), request.data(), request.size(), MSG_NOSIGNAL);
            for (std::string answer; !(answer = more(member.get())).empty();)
                (void)::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
        }
    }

    [[nodiscard]] std::uint64_t term() const
    {
        return members_.call(0, "/v3/maintenance/status", "{}").get<std::uint64_t>("raftTerm", 0);
    }
    void elect() const
    {
        const auto before = term();
        const auto leader = members_.leader();
        const auto other = members_.call((leader + 1) % members_.size(), "/v3/maintenance/status", "{}");
        (void)etcd::failure_of([&] { // its answer has no header
            (void)members_.call(leader, "/v3/maintenance/transfer-leadership",
                                "{\"targetID\":\"" + other.get("header.member_id", "") + "\"}");
        });
        if (!eventually([&] { return term() > before; })) std::abort();
    }

    etcd::cluster members_{3};
    bool ready_ = members_.ready();
    int port_ = etcd::free_port();
    daemonkit::sys::unique_fd listening_ = connected(port_, true);
    child_process proxy_;
};

/// Whether the function fails because of the election.
template <class Function>
bool fails_by_the_election(const Function& function)
{
    try {
        function();
    } catch (const std::system_error& e) {
        BOOST_TEST(std::string(e.what()).ends_with("etcd has elected a leader meanwhile"), e.what());
        return true;
    }
    return false;
}

} // namespace

BOOST_AUTO_TEST_SUITE(terms, *boost::unit_test::label("process") * boost::unit_test::label("etcd"))

BOOST_AUTO_TEST_CASE(a_renewal_during_an_election_does_not_count)
{
    NEEDS_ETCD();
    const elected_meanwhile members(2);
    auto session = members.open();
    const auto won = session.acquire(daemonkit::detail::this_holder(), in_time()); // the first transaction
    BOOST_TEST(won.token != 0U);
    BOOST_TEST(fails_by_the_election([&] { (void)session.renew(in_time()); }));
    BOOST_TEST((session.renew(in_time()) == lease_renewal::renewed));
    BOOST_TEST(session.holder(in_time())->token == won.token);
}

BOOST_AUTO_TEST_CASE(a_lease_that_is_acquired_during_an_election_is_owned_later)
{
    NEEDS_ETCD();
    const elected_meanwhile members(1);
    auto session = members.open();
    BOOST_TEST(fails_by_the_election([&] { (void)session.acquire(daemonkit::detail::this_holder(), in_time()); }));
    const auto won = session.acquire(daemonkit::detail::this_holder(), in_time());
    BOOST_TEST(won.token != 0U);
    BOOST_TEST(session.holder(in_time())->token == won.token);
}

BOOST_AUTO_TEST_SUITE_END()
