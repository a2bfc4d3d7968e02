// SPDX-License-Identifier: BSL-1.0
// Several daemons of one program: --instance, "%i" in the settings, and the verb list.
#include "support/file.hpp"
#include "support/program.hpp"
#include "support/text.hpp"

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

namespace {

struct instanced_program : program
{
    explicit instanced_program(const std::vector<std::string>& more = {}) : program("instanced")
    {
        environment = more;
        environment.push_back("DIRECTORY=" + directory.path().string());
    }
    [[nodiscard]] boost::filesystem::path file_of(const std::string& which) const
    {
        return directory / ("instanced-" + which + ".pid");
    }
    [[nodiscard]] pid_t pid_of(const std::string& which) const { return pid_in(file_of(which).string()); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(instances, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(each_is_a_daemon_of_its_own)
{
    const instanced_program p;
    BOOST_TEST(p({"start", "--instance", "a"}).out.starts_with("instanced@a: started (pid "));
    BOOST_TEST(p({"start", "--instance", "b"}).status == 0);
    BOOST_TEST(p({"start", "--instance", "a"}).out.starts_with("instanced@a: already running (pid "));
    BOOST_TEST(boost::filesystem::exists(p.directory / "log/a/a.log"));
    BOOST_TEST(boost::filesystem::exists(p.directory / "log/b/b.log"));
    BOOST_TEST(p({"stop", "--instance=a"}).status == 0);
    BOOST_TEST(p({"status", "--instance=a"}).status == 3);
    BOOST_TEST(p({"status", "--instance=b"}).out.starts_with("instanced@b: running (pid "));
    const instanced_program by_setting({"INSTANCE=c"});
    BOOST_TEST(by_setting({"start"}).out.starts_with("instanced@c: started"));
    BOOST_TEST(by_setting({"status"}).status == 0);
    BOOST_TEST(by_setting({"status", "--instance", "d"}).status == 3);
    BOOST_TEST(by_setting({"stop"}).status == 0);
    BOOST_TEST(p({"stop", "--instance=b"}).status == 0);
}

BOOST_AUTO_TEST_CASE(list_finds_them_all)
{
    const instanced_program p;
    BOOST_TEST(p({"list"}).status == 0);
    BOOST_TEST(p({"list"}).out == "");
    BOOST_TEST(p({"list", "--json"}).out == R"({"schema": 1, "instances": [], "error": null})"
                                            "\n");
    for (const char* const name : {"b", "a", "x.y-1"}) BOOST_TEST(p({"start", "--instance", name}).status == 0);
    write_file(p.directory / "instanced-other.pid.old", "1\n");
    write_file(p.directory / "instanced-.pid", "1\n");
    const pid_t crashed = p.pid_of("x.y-1");
    ::kill(crashed, SIGKILL);
    BOOST_TEST(eventually([&] { return !alive(crashed); }));
    const auto said = p({"list"});
    BOOST_TEST(said.status == 0);
    BOOST_TEST(said.err == "");
    BOOST_TEST(count_lines(said.out) == 3U, said.out);
    BOOST_TEST(said.out.starts_with("a: running (pid " + std::to_string(p.pid_of("a")) + ")"), said.out);
    BOOST_TEST(contains(said.out, "\nb: running (pid " + std::to_string(p.pid_of("b")) + ")"), said.out);
    BOOST_TEST(contains(said.out, "\nx.y-1: dead, but its stale record exists in "), said.out);
    const auto json = p({"list", "--json"}).out;
    BOOST_TEST(json.starts_with(R"({"schema": 1, "instances": [{"instance": "a", "status": {"schema": 1, )"), json);
    BOOST_TEST(contains(json, R"({"instance": "x.y-1", "status": {)"), json);
    for (const char* const name : {"b", "a", "x.y-1"}) BOOST_TEST(p({"stop", "--instance", name}).status == 0);
}

BOOST_AUTO_TEST_CASE(a_list_that_cannot_be_had_says_why_in_the_form_that_was_asked_for)
{
    const auto refuses = [](const std::string& variable, int status, const std::string& reason) {
        const instanced_program p({variable});
        const auto text = p({"list"});
        BOOST_TEST(text.status == status);
        BOOST_TEST(text.err.ends_with(": " + reason + "\n"), text.err);
        BOOST_TEST(text.out == "");
        const auto json = p({"list", "--json"});
        BOOST_TEST(json.status == status);
        BOOST_TEST(json.err == "");
        BOOST_TEST(json.out == R"({"schema": 1, "instances": [], "error": ")" + reason + "\"}\n");
    };
    refuses("THROWS=no line 7", 6, "cannot make the settings: no line 7");
    refuses("PATTERN=/run/one.pid", 6, "cannot list the instances /run/one.pid: the path of the pid file has no %i");
    refuses("PATTERN=/etc/passwd/%i.pid", 1,
            "cannot read the directory of the pid files /etc/passwd/: Not a directory");
}

BOOST_AUTO_TEST_CASE(list_is_a_verb_of_programs_with_several)
{
    const instanced_program p;
    BOOST_TEST(p({"stop", "--instance=a", "--json"}).err ==
               "instanced: --json is an option of status, list only\nTry 'instanced --help'.\n");
    BOOST_TEST(contains(p({"--help"}).out, "\n  --json          status, list: print one JSON object\n"));
    for (const std::vector<std::string>& words : {std::vector<std::string>{"list"}, {"list", "--json"}}) {
        const auto said = program("opted")(words);
        BOOST_TEST(said.status == 3);
        BOOST_TEST(said.err == "opted: cannot list: this program has one instance only\n");
    }
    BOOST_TEST(program("opted")({"signal"}).err == "opted: cannot signal: this daemon has chosen no signals\n");
}

BOOST_AUTO_TEST_CASE(directories_can_be_named_by_it)
{
    const temporary_directory top;
    const instanced_program p({"PATTERN=" + (top / "%i/d.pid").string()});
    write_file(top / "file", "no directory");
    BOOST_TEST(p({"start", "--instance", "one"}).status == 0);
    BOOST_TEST(p({"list"}).out.starts_with("one: running (pid "));
    BOOST_TEST(count_lines(p({"list"}).out) == 1U);
    BOOST_TEST(p({"stop", "--instance", "one"}).status == 0);
}

// A directory or file of another program, which the pattern matches as far as its first "%i", is no instance.
BOOST_AUTO_TEST_CASE(what_is_beside_them_is_not_listed)
{
    const temporary_directory top;
    const instanced_program p({"PATTERN=" + (top / "%i/d.pid").string()});
    write_file(top / "m2.log", "a log");
    boost::filesystem::create_directory(top / "empty");
    boost::filesystem::create_directory(top / "other");
    write_file(top / "other/other.pid", "1\n");
    if (::geteuid() == 0) BOOST_TEST_REQUIRE(::chown((top / "other").c_str(), 65534, 65534) == 0);
    BOOST_TEST(p({"list"}).out == "");
    BOOST_TEST(p({"start", "--instance", "one"}).status == 0);
    BOOST_TEST(p({"list"}).out.starts_with("one: running (pid "));
    BOOST_TEST(count_lines(p({"list"}).out) == 1U);
    BOOST_TEST(count_lines(p({"list", "--json"}).out) == 1U);
    BOOST_TEST(!contains(p({"list", "--json"}).out, "unknown"));
    write_file(top / "other/d.pid", "1\n"); // its own pid file, which cannot be judged
    if (::geteuid() == 0) BOOST_TEST(contains(p({"list"}).out, "other: status unknown: "));
    boost::filesystem::remove(top / "one/d.pid"); // the daemon is found without it
    BOOST_TEST(contains(p({"list"}).out, "one: "), p({"list"}).out);
}

BOOST_AUTO_TEST_CASE(a_wrong_name_is_refused)
{
    const instanced_program p;
    for (const char* const name : {"", ".", "..", "../x", "a/b", "a b", "%i", "-x", "a\n"}) {
        const auto said = p({"start", std::string("--instance=") + name});
        BOOST_TEST(said.status == 2, name);
        std::string shown = name;
        for (char& c : shown)
            if (c == '\n') c = ' '; // no control character is printed
        BOOST_TEST(said.err.starts_with("instanced: --instance '" + shown + "': it "), said.err);
    }
    BOOST_TEST(p({"start"}).err ==
               "instanced: cannot use the instance name '': it is empty: give one by --instance NAME\n");
    BOOST_TEST(p({"start"}).status == 6);
    BOOST_TEST(p({"status"}).status == 4);
    const instanced_program by_setting({"INSTANCE=a/b"});
    const auto said = by_setting({"start"});
    BOOST_TEST(said.status == 6);
    BOOST_TEST(contains(said.err, "cannot use the instance name 'a/b': it has a slash"), said.err);
    BOOST_TEST(p.processes().empty());
}

BOOST_AUTO_TEST_SUITE_END()
