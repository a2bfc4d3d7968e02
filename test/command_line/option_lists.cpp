// SPDX-License-Identifier: BSL-1.0
// Lists of options that a program can have: wrong ones, long ones, and names that begin others. And command lines that
// no user types on purpose.
#include "support/process.hpp"
#include "support/program.hpp"
#include "support/text.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

namespace {

outcome listed(const std::string& list, const std::vector<std::string>& words)
{
    program p("listed");
    p.environment = {"LIST=" + list};
    return p(words);
}

/// The program with argv[0] and the arguments, as execve(2) passes them.
outcome called_as(const std::string& list, const char* name, const char* word)
{
    return in_child([&] {
        const auto variable = "LIST=" + list;
        const char* const arguments[] = {name, word, nullptr};
        const char* const environment[] = {variable.c_str(), nullptr};
        ::execve(DAEMONKIT_TEST_DAEMON_DIR "/listed", const_cast<char**>(arguments), const_cast<char**>(environment));
        return 99;
    });
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(option_lists, nothing_left, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(a_list_with_two_meanings_is_refused_at_every_call)
{
    const std::string begin = "listed: the options of this program are wrong, correct its source: ";
    for (const auto& [list, mistake] : {std::pair<std::string, std::string>{
                                            "names", "--port is number 1, '-p, --port N', and number 3, '--port NAME'"},
                                        {"letters", "-p is number 1, '-p, --port X', and number 2, '-p'"},
                                        {"words", "-- is number 1, '-- FILE', and number 2, '-- HOST'"},
                                        {"flag", "number 1 has neither a name nor a letter, and its value is a bool"}})
        for (const std::vector<std::string>& words :
             {std::vector<std::string>{}, {"--help"}, {"-V"}, {"run"}, {"--port", "1", "run"}, {"status"}, {"fly"}}) {
            const auto said = listed(list, words);
            BOOST_TEST(said.err == begin + mistake + "\n");
            BOOST_TEST(said.out == "");
            BOOST_TEST(said.status == (words == std::vector<std::string>{"status"} ? 4 : 2));
        }
    BOOST_TEST(listed("none", {"run"}).status == 0);
}

BOOST_AUTO_TEST_CASE(help_is_two_columns_whatever_the_lengths)
{
    const auto help = listed("many", {"--help"});
    BOOST_TEST(help.status == 0);
    BOOST_TEST(help.out.starts_with("Usage: listed [OPTION]... VERB [-- FILE...]\n\n"), help.out);
    for (const char* const line :
         {"\n  --a X           the first line\n                  the second line\n", "\n  --eleven-char X h\n",
          "\n  --twelve-chars X\n                  h\n", "\n  --option-28 X   \n", "\n  -z X            \n",
          "\n  -- FILE...      files\n", "\n  -h, --help      print this text\n"})
        BOOST_TEST(contains(help.out, line), line << " in " << help.out);
    const auto verbs = listed("verbs", {"--help"}).out;
    BOOST_TEST(verbs.starts_with("Usage: listed [OPTION]... VERB\n\n"), verbs);
    for (const char* const line :
         {"\n  export FILE FORMAT\n                  write the state to a file\n",
          "\n  compact-everything-now\n                  compact\n", "\n  run             run "})
        BOOST_TEST(contains(verbs, line), line << " in " << verbs);
}

BOOST_AUTO_TEST_CASE(each_of_many_gets_its_value)
{
    const auto said = listed("many", {"run", "--a=1", "--option-28", "28", "-z0", "--", "one", "--two"});
    BOOST_TEST(said.out == "1\n28\n0\none\n--two\n");
    BOOST_TEST(said.status == 0);
}

BOOST_AUTO_TEST_CASE(a_name_that_begins_another_is_itself)
{
    BOOST_TEST(listed("prefixes", {"run", "--time", "3", "--j", "4", "--quiet-h=5", "-t6"}).out == "3\n4\n5\n6\n");
    const auto timeout = listed("prefixes", {"run", "--timeout", "3"}); // the library's, which run does not have
    BOOST_TEST(contains(timeout.err, "--timeout is an option of verbs that wait"), timeout.err);
    BOOST_TEST(listed("prefixes", {"run", "--jso", "--quiet"}).status == 0);
    for (const char* const word : {"--ti", "--js", "--qu", "--ver"}) { // of two
        const auto said = listed("prefixes", {"run", word});
        BOOST_TEST(said.status == 2);
        BOOST_TEST(contains(said.err, "ambiguous"), word << said.err);
    }
}

BOOST_AUTO_TEST_CASE(odd_words_are_usage_errors_or_values)
{
    const std::string long_word(100'000, 'x');
    for (const std::vector<std::string>& words : {std::vector<std::string>{"run", "--a"},
                                                  {"run", "--bogus"},
                                                  {"run", "-y"},
                                                  {"run", ""},
                                                  {"run", "-"},
                                                  {"run", "--=x"},
                                                  {"run", "--json=1"},
                                                  {"run", "--" + long_word},
                                                  {long_word},
                                                  {"\xff\xfe"},
                                                  {"--", "--"},
                                                  {"--"},
                                                  {""},
                                                  {"-"}}) {
        const auto said = listed("many", words);
        BOOST_TEST(said.status == 2, said.err.substr(0, 200));
        BOOST_TEST(said.out == "");
        BOOST_TEST(said.err.ends_with("\nTry 'listed --help'.\n"));
    }
    BOOST_TEST(listed("many", {"run", "--a="}).out == "\n");
    BOOST_TEST(listed("many", {"run", "--a", "--a"}).out == "--a\n");
    BOOST_TEST(listed("many", {"run", "--a", "\xff\xfe"}).out == "\xff\xfe\n");
    BOOST_TEST(listed("many", {"run", "--", "", long_word}).out == "\n" + long_word + "\n");
}

BOOST_AUTO_TEST_CASE(a_mistake_before_the_verb_status_does_not_mean_dead)
{
    for (const std::vector<std::string>& words : {std::vector<std::string>{"--bogus", "status"},
                                                  {"-y", "status"},
                                                  {"status", "--bogus"},
                                                  {"--a", "1", "-y", "status"}})
        BOOST_TEST(listed("many", words).status == 4);
    BOOST_TEST(listed("many", {"start", "--bogus", "status"}).status == 2);
}

BOOST_AUTO_TEST_CASE(a_program_without_a_name_has_one_in_messages)
{
    for (const char* const name : {"", "/", static_cast<const char*>(nullptr)}) {
        const auto said = called_as("many", name, "fly");
        BOOST_TEST(said.status == 2);
        BOOST_TEST(said.err.ends_with("Try 'daemon --help'.\n"), said.err);
    }
}

BOOST_AUTO_TEST_SUITE_END()
