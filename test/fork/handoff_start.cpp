// SPDX-License-Identifier: BSL-1.0
// handoff_fork behind command_line(): what the user reads at the terminal, though only a launcher without memory is
// left to print it.
#include "fork/handoff.hpp"
#include "support/temporary_directory.hpp"

#include <boost/filesystem/operations.hpp>

#include <string>
#include <vector>

namespace {

/// test/daemon/surrounded with handoff_fork.
struct terminal
{
    temporary_directory directory{};
    std::string pid_file = (directory / "d.pid").string();
    std::string log = (directory / "d.log").string();
    daemon_in ended{pid_file};

    [[nodiscard]] outcome operator()(const std::vector<std::string>& words) const
    {
        std::vector<std::string> all{DAEMONKIT_TEST_DAEMON_DIR "/surrounded", "handoff", "flock", pid_file, log};
        all.insert(all.end(), words.begin(), words.end());
        return run(all);
    }
    [[nodiscard]] std::string pid() const { return "(pid " + std::to_string(pid_in(pid_file)) + ")"; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(handoff_start, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(says_what_every_start_says)
{
    NEEDS_HANDOVER();
    const terminal type;
    const auto started = type({"start"});
    BOOST_TEST(started.status == 0, started.err);
    BOOST_TEST(started.out == "surrounded: started " + type.pid() + "\n");
    BOOST_TEST(started.err == "");
    BOOST_TEST(started.streams_ended, "`start | cat` ends");
    const auto again = type({"start"});
    BOOST_TEST(again.status == 0);
    BOOST_TEST(again.out == "surrounded: already running " + type.pid() + "\n");
    const auto before = type.pid();
    const auto restarted = type({"restart"});
    BOOST_TEST(restarted.status == 0, restarted.err);
    BOOST_TEST(restarted.out == "surrounded: started " + type.pid() + "\n");
    BOOST_TEST(type.pid() != before);
    BOOST_TEST(type({"status"}).status == 0);
    BOOST_TEST(type({"stop"}).status == 0);
    const auto quiet = type({"start", "--quiet"});
    BOOST_TEST(quiet.status == 0);
    BOOST_TEST(quiet.out + quiet.err == "");
    BOOST_TEST(type({"stop"}).status == 0);
}

BOOST_AUTO_TEST_CASE(says_why_it_failed)
{
    NEEDS_HANDOVER();
    const terminal type;
    boost::filesystem::create_directory(type.log); // the daemon cannot open it
    for (const std::vector<std::string>& words : {std::vector<std::string>{"start"}, {"start", "--quiet"}}) {
        const auto failed = type(words);
        BOOST_TEST(failed.status != 0);
        BOOST_TEST(failed.out == "");
        BOOST_TEST(failed.err.starts_with("surrounded: cannot open "), failed.err);
        BOOST_TEST(failed.err.find('\n') == failed.err.size() - 1);
        BOOST_TEST(!boost::filesystem::exists(type.pid_file));
    }
}

BOOST_AUTO_TEST_SUITE_END()
