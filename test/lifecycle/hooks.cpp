// SPDX-License-Identifier: BSL-1.0
// Hooks that take the arguments of start(), and what the program opens again after the drop of privileges.
#include "support/file.hpp"
#include "support/program.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"

#include <daemonkit/sys/file.hpp>

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace {

struct hooked_program : program
{
    explicit hooked_program(const std::vector<std::string>& more = {}) : program("hooked")
    {
        environment = more;
        environment.push_back("LOG=" + log());
    }
    [[nodiscard]] std::string log() const { return (directory / "log").string(); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(hooks, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(they_get_the_arguments_in_the_order_of_a_life)
{
    const hooked_program p;
    const auto me = std::to_string(::geteuid());
    BOOST_TEST(p({"start"}).status == 0);
    BOOST_TEST(p({"reload"}).status == 0);
    BOOST_TEST(p({"stop"}).status == 0);
    BOOST_TEST(read_file(p.log()) == "on_start 7 " + me + "\non_dropped 8 " + me + "\nrun 8 " + me + "\non_reload 9 " +
                                         me + "\non_stop 9 " + me + "\n");
}

BOOST_AUTO_TEST_CASE(a_log_of_the_program_is_opened_again_after_the_drop)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to become another user");
    const hooked_program p({"RUN_AS=nobody"});
    boost::filesystem::permissions(p.directory.path(), boost::filesystem::owner_all | boost::filesystem::others_exe);
    BOOST_TEST(p({"start"}).status == 0);
    struct stat log = {};
    BOOST_TEST(::stat(p.log().c_str(), &log) == 0);
    BOOST_TEST(log.st_uid == 65534U);
    BOOST_TEST((log.st_mode & 07777U) == 0600U);
    const auto reload = p({"reload"});
    BOOST_TEST(reload.status == 0, reload.err);
    BOOST_TEST(p({"stop"}).status == 0);
    BOOST_TEST(read_file(p.log()) == "on_start 7 0\non_dropped 8 65534\nrun 8 65534\non_reload 9 65534\n"
                                     "on_stop 9 65534\n");
}

BOOST_AUTO_TEST_CASE(an_exception_after_the_drop_ends_the_start)
{
    const hooked_program p({"FAILS=the queue is gone"});
    const auto said = p({"start"});
    BOOST_TEST(said.status == 1);
    BOOST_TEST(said.err == "hooked: the queue is gone\n");
    BOOST_TEST(!boost::filesystem::exists(p.pid_file));
    BOOST_TEST(!contains(read_file(p.log()), "run"));
}

BOOST_AUTO_TEST_CASE(a_link_is_not_given_away)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to give files away");
    for (const bool symbolic : {true, false}) {
        const hooked_program p({"RUN_AS=nobody"});
        write_file(p.directory / "precious", "of root");
        const auto precious = (p.directory / "precious").string();
        BOOST_TEST(
            (symbolic ? ::symlink(precious.c_str(), p.log().c_str()) : ::link(precious.c_str(), p.log().c_str())) == 0);
        const auto said = p({"start"});
        BOOST_TEST(said.status == 1);
        BOOST_TEST(contains(said.err, "cannot give to the user of the daemon " + p.log() +
                                          ": it is a symbolic link, has "
                                          "other names"),
                   said.err);
        struct stat status = {};
        BOOST_TEST(::stat(precious.c_str(), &status) == 0);
        BOOST_TEST(status.st_uid == 0U);
    }
}

BOOST_AUTO_TEST_CASE(a_link_on_the_way_gives_nothing_away)
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root, to give files away");
    hooked_program p({"RUN_AS=nobody"});
    const auto secret = p.directory / "secret";
    const auto theirs = p.directory / "theirs"; // nobody can change it
    boost::filesystem::create_directory(secret);
    boost::filesystem::create_directory(theirs);
    write_file(secret / "log", "of root");
    boost::filesystem::create_directory_symlink(secret, theirs / "sub");
    BOOST_TEST(::chown(theirs.c_str(), 65534, 65534) == 0);
    p.environment.back() = "LOG=" + (theirs / "sub/log").string();
    const auto said = p({"start"});
    BOOST_TEST(said.status == 1);
    BOOST_TEST(contains(said.err, "a symbolic link is on the way, and another user can change it"), said.err);
    struct stat status = {};
    BOOST_TEST(::stat((secret / "log").c_str(), &status) == 0);
    BOOST_TEST(status.st_uid == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
