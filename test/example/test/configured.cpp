// SPDX-License-Identifier: BSL-1.0
#include "example.hpp"
#include "support/skip.hpp"

#include <boost/filesystem/operations.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

namespace fs = boost::filesystem;

namespace {

/// configured with a file.
struct configured_program : example
{
    configured_program() : example("configured") { configure("# of this test\n\nmessage = old\n"); }

    void configure(const std::string& text) const { std::ofstream(file(".conf").string()) << text; }

    /// A message of the daemon that comes from now on, not one that is in the log already.
    [[nodiscard]] bool says(const std::string& message) const
    {
        const auto before = lines_of(file(".log")).size();
        return eventually([&] {
            const auto lines = lines_of(file(".log"));
            return lines.size() > before && lines.back() == message;
        });
    }
};

struct wrong
{
    const char* text;
    const char* reason; ///< behind the name of the file
};

constexpr wrong wrong_files[] = {
    {"message = new\ninterval = soon\n", ":2: interval must be 1 to 3600 seconds, not \"soon\""},
    {"interval = 0\n", ":1: interval must be 1 to 3600 seconds, not \"0\""},
    {"interval = 3601\n", ":1: interval must be 1 to 3600 seconds, not \"3601\""},
    {"interval = 5s\n", ":1: interval must be 1 to 3600 seconds, not \"5s\""},
    {"interval = 99999999999\n", ":1: interval must be 1 to 3600 seconds, not \"99999999999\""},
    {"# none\n\nmessage = new\nmassage = new\n", ":4: unknown key \"massage\""},
    {"message = new\nmessage: new\n", ":2: expected KEY = VALUE, found \"message: new\""},
};

} // namespace

BOOST_AUTO_TEST_SUITE(configured, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(a_reload_takes_the_new_file)
{
    const configured_program configured;
    BOOST_REQUIRE(configured({"start"}).status == 0);
    BOOST_TEST(configured.says("old"));
    configured.configure("message = new = newer\ninterval = 2\n");
    const auto said = configured({"reload"});
    BOOST_TEST(said.status == 0);
    BOOST_TEST(configured.with(configured.pid(), said.out) == "configured: reloaded (pid N)\n");
    BOOST_TEST(configured.says("new = newer"));
}

BOOST_AUTO_TEST_CASE(a_wrong_file_is_refused_with_its_line_and_the_old_configuration_stays)
{
    const configured_program configured;
    BOOST_REQUIRE(configured({"start"}).status == 0);
    const pid_t pid = configured.pid();
    for (const auto& [text, reason] : wrong_files) {
        configured.configure(text);
        const std::string sentence = configured.file(".conf").string() + reason + "\n";
        auto said = configured({"reload"});
        BOOST_TEST(said.status == 6);
        BOOST_TEST(said.out == "");
        BOOST_TEST(said.err == "configured: not reloaded, the daemon was not told: " + sentence);
        said = configured({"check"});
        BOOST_TEST(said.status == 6);
        BOOST_TEST(said.err == "configured: " + sentence);
        said = configured({"restart"});
        BOOST_TEST(said.status == 6);
        BOOST_TEST(said.err == "configured: not restarted, the daemon was not stopped: " + sentence);
        ::kill(pid, SIGHUP); // nothing is checked before it
        BOOST_TEST(eventually([&] { return text_of(configured.file(".log")).find(sentence) != std::string::npos; }));
    }
    BOOST_TEST(configured.says("old"));
    BOOST_TEST(configured.pid() == pid);
    configured.configure("message = new\n");
    BOOST_TEST(configured({"check"}).status == 0);
    BOOST_TEST(configured({"reload"}).status == 0);
    BOOST_TEST(configured.says("new"));
}

BOOST_AUTO_TEST_CASE(a_wrong_file_is_an_error_of_start)
{
    const configured_program configured;
    for (const auto& [text, reason] : wrong_files) {
        configured.configure(text);
        const auto said = configured({"start"});
        BOOST_TEST(said.status == 1);
        BOOST_TEST(said.out == "");
        BOOST_TEST(said.err == "configured: " + configured.file(".conf").string() + reason + "\n");
        BOOST_TEST(configured({"status"}).status == 3);
    }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_missing_or_a_directory_is_refused_too)
{
    const configured_program configured;
    BOOST_REQUIRE(configured({"start"}).status == 0);
    fs::remove(configured.file(".conf"));
    auto said = configured({"reload"});
    BOOST_TEST(said.status == 1);
    BOOST_TEST(said.err.find("cannot open the configuration " + configured.file(".conf").string() +
                             ": No such file or directory\n") != std::string::npos,
               said.err);
    fs::create_directory(configured.file(".conf"));
    said = configured({"reload"});
    BOOST_TEST(said.status == 1);
    BOOST_TEST(said.err.find("cannot read the configuration " + configured.file(".conf").string() +
                             ": Is a directory\n") != std::string::npos,
               said.err);
    BOOST_TEST(configured.says("old"));
}

BOOST_AUTO_TEST_CASE(a_shorter_interval_is_not_waited_for_as_long_as_the_old_one)
{
    const configured_program configured;
    configured.configure("message = old\ninterval = 3600\n");
    BOOST_REQUIRE(configured({"start"}).status == 0);
    configured.configure("message = new\ninterval = 1\n");
    BOOST_TEST(configured({"reload"}).status == 0);
    BOOST_TEST(configured.says("new"));
}

BOOST_AUTO_TEST_CASE(the_signal_of_the_file_makes_it_speak_at_once)
{
    const configured_program configured;
    configured.configure("message = now\ninterval = 3600\nsignal = USR2\n");
    BOOST_REQUIRE(configured({"start"}).status == 0);
    BOOST_TEST(configured({"signal", "USR1"}).status == 2);
    BOOST_TEST(configured({"signal", "USR2"}).status == 0);
    BOOST_TEST(eventually([&] { return lines_of(configured.file(".log")) == std::vector<std::string>{"now"}; }));
    configured.configure("signal = KILL\n");
    BOOST_TEST(configured({"check"}).err ==
               "configured: " + configured.file(".conf").string() + ":1: signal must be USR1 or USR2, not \"KILL\"\n");
    BOOST_TEST(configured({"status"}).status == 0); // with a wrong file, too
    BOOST_TEST(configured({"stop"}).status == 0);
}

BOOST_AUTO_TEST_CASE(the_user_of_the_file_reopens_the_history, *boost::unit_test::label("root"))
{
    if (::geteuid() != 0) DAEMONKIT_SKIP("needs root");
    const configured_program configured;
    fs::permissions(configured.directory(), fs::add_perms | fs::others_read | fs::others_exe);
    configured.configure("message = old\nuser = nobody\n");
    const auto start = configured({"start"});
    BOOST_REQUIRE(start.status == 0);
    const auto messages = configured.file(".history") / "messages";
    BOOST_TEST(eventually([&] { return !lines_of(messages).empty(); }));
    fs::rename(messages, messages.string() + ".1");
    configured.configure("message = new\nuser = nobody\n");
    const auto reload = configured({"reload"});
    BOOST_TEST(reload.status == 0, reload.err);
    BOOST_TEST(eventually([&] { return !lines_of(messages).empty() && lines_of(messages).front() == "new"; }));
    struct stat made = {};
    BOOST_TEST(::stat(messages.c_str(), &made) == 0);
    BOOST_TEST(made.st_uid != 0);
    BOOST_TEST(configured({"stop"}).status == 0);
}

BOOST_AUTO_TEST_SUITE_END()
