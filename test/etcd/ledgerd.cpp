// SPDX-License-Identifier: BSL-1.0
// The example ledgerd on two hosts, which are UTS namespaces here, against three members of etcd.
#include "cluster.hpp"

#include "../example/ledger.hpp"

#include "support/file.hpp"
#include "support/text.hpp"

#include <boost/filesystem/operations.hpp>

#include <csignal>
#include <string>
#include <vector>

namespace {

struct ledgerd_on_two_hosts
{
    ledgerd_on_two_hosts()
    {
        if (!members.ready()) BOOST_TEST_MESSAGE(members.why());
        for (const char* const host : {"h1", "h2"}) boost::filesystem::create_directory(place / host);
    }
    ~ledgerd_on_two_hosts()
    {
        for (const char* const host : {"h1", "h2"}) put_down(pid(host));
    }
    ledgerd_on_two_hosts(const ledgerd_on_two_hosts&) = delete;
    ledgerd_on_two_hosts& operator=(const ledgerd_on_two_hosts&) = delete;

    [[nodiscard]] outcome on(const std::string& host, const std::string& verb) const
    {
        std::vector<std::string> command{"unshare",
                                         "--uts",
                                         "sh",
                                         "-c",
                                         R"(hostname "$1"; shift; exec "$@")",
                                         "sh",
                                         host,
                                         DAEMONKIT_EXAMPLE_DIR "/ledgerd",
                                         verb,
                                         "--state",
                                         (place / host).string(),
                                         "--ledger",
                                         book};
        for (std::size_t i = 0; i < members.size(); ++i) command.insert(command.end(), {"--etcd", members.url(i)});
        return run(command);
    }
    [[nodiscard]] pid_t pid(const std::string& host) const { return pid_in((place / host / "ledgerd.pid").string()); }
    [[nodiscard]] bool says(const std::string& host, const std::string& text) const
    {
        return eventually([&] { return contains(on(host, "status").out, text); });
    }
    /// Whether the tokens in the ledger never fall.
    [[nodiscard]] bool rises() const
    {
        std::uint64_t last = 0;
        for (const auto& line : read_lines(book)) {
            const auto token = std::stoull(line);
            if (token < last) return false;
            last = token;
        }
        return last != 0;
    }

    temporary_directory place{};
    std::string book = (place / "book").string();
    etcd::cluster members{3};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(ledgerd, nothing_left,
                         *boost::unit_test::label("process") * boost::unit_test::label("etcd") *
                             boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(the_page_is_true)
{
    NEEDS_ETCD();
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to give hosts names");
    const ledgerd_on_two_hosts hosts;
    const auto first = hosts.on("h1", "start");
    BOOST_TEST_REQUIRE(first.out.starts_with("ledgerd: started (pid "), first.err);
    BOOST_TEST(contains(first.out, "); owner (token "));
    const auto second = hosts.on("h2", "start");
    BOOST_TEST(second.status == 0);
    BOOST_TEST(contains(second.out, "); standing by for host h1 (token "), second.out);
    BOOST_TEST(hosts.on("h2", "status").status == 0);
    BOOST_TEST(hosts.on("h2", "holder").out.starts_with("ledgerd: host h1 (pid " + std::to_string(hosts.pid("h1"))));
    BOOST_TEST(hosts.on("h2", "release").out == "ledgerd: host h1 owns the lease no longer\n");
    BOOST_TEST(hosts.says("h2", ": owner (token "));
    BOOST_TEST(hosts.on("h1", "status").status == 3);
    BOOST_TEST(hosts.on("h1", "start").status == 0);
    BOOST_TEST(hosts.on("h2", "stop").status == 0);
    BOOST_TEST(hosts.says("h1", ": owner (token "));
    BOOST_TEST(eventually([&] { return read_lines(hosts.book).size() >= 3U; }));
    BOOST_TEST(hosts.rises());
    BOOST_TEST(hosts.on("h1", "stop").status == 0);
    BOOST_TEST(hosts.on("h1", "holder").status == 3);
}

BOOST_AUTO_TEST_CASE(a_stopped_owner_is_followed)
{
    NEEDS_ETCD();
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to give hosts names");
    const ledgerd_on_two_hosts hosts;
    BOOST_TEST_REQUIRE(hosts.on("h1", "start").status == 0);
    BOOST_TEST_REQUIRE(hosts.on("h2", "start").status == 0);
    BOOST_TEST(eventually([&] { return !read_lines(hosts.book).empty(); }));
    const auto owner = hosts.pid("h1");
    ::kill(owner, SIGSTOP);
    BOOST_TEST(hosts.says("h2", ": owner (token "));
    BOOST_TEST(!alive(owner));
    BOOST_TEST(hosts.on("h1", "status").status == 1);
    BOOST_TEST(hosts.rises());
}

BOOST_AUTO_TEST_CASE(a_ledger_refuses_an_old_token)
{
    const temporary_directory place;
    const auto path = (place / "book").string();
    const ledger book(path);
    book.append(2, "a");
    book.append(2, "b");
    book.append(5, "c");
    BOOST_CHECK_EXCEPTION(book.append(2, "late"), std::runtime_error, [](const std::runtime_error& e) {
        return std::string(e.what()) == "token 2 is refused: the owner with token 5 has written";
    });
    BOOST_TEST(read_file(path) == "2 a\n2 b\n5 c\n");
}

BOOST_AUTO_TEST_SUITE_END()
