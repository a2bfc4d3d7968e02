// SPDX-License-Identifier: BSL-1.0
// command_line() in a program that has used getopt(3) before, or that calls command_line() more than once: the state of
// the C library's parser belongs to the process.
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

#include <daemonkit/command_line.hpp>
#include <daemonkit/presets.hpp>

#include <boost/test/unit_test.hpp>

#include <getopt.h>

#include <functional>
#include <string>
#include <vector>

namespace {

struct parsing : daemonkit::sysv_daemon<parsing>
{
    int run()
    {
        while (wait()) {}
        return 0;
    }
};

/// The arguments of main().
class arguments
{
public:
    explicit arguments(std::vector<std::string> words) : words_(std::move(words))
    {
        words_.insert(words_.begin(), "parsing");
        for (auto& word : words_) pointers_.push_back(word.data());
        pointers_.push_back(nullptr);
    }
    [[nodiscard]] int count() const { return static_cast<int>(words_.size()); }
    [[nodiscard]] char** values() { return pointers_.data(); }

private:
    std::vector<std::string> words_;
    std::vector<char*> pointers_{};
};

int call(const std::vector<std::string>& words, const boost::filesystem::path& pid_file)
{
    arguments all(words);
    return daemonkit::command_line<parsing>(all.count(), all.values(), {.pid = {.path = pid_file}});
}

const option none[] = {{nullptr, 0, nullptr, 0}};

/// Uses of the parser that leave it somewhere.
struct use
{
    const char* name;
    std::function<void()> parse;
};

const use uses[] = {
    {"never", [] {}},
    {"to the end of a longer line",
     [] {
         arguments long_line({"-a", "-b", "-c", "one", "two", "three"});
         while (::getopt(long_line.count(), long_line.values(), "abc") != -1) {}
     }},
    {"to the middle of a line",
     [] {
         arguments line({"-a", "x", "-b", "y"});
         ::getopt_long(line.count(), line.values(), "a:b:", none, nullptr);
     }},
    {"to the middle of a word",
     [] {
         static arguments line({"-abc", "-d"});
         ::getopt(line.count(), line.values(), "abcd");
     }},
    {"without messages about errors, and with an error",
     [] {
         arguments line({"-z"});
         ::opterr = 0;
         ::getopt(line.count(), line.values(), "a");
         ::opterr = 1;
     }},
};

} // namespace

BOOST_AUTO_TEST_SUITE(parser_of_libc, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(before_command_line_changes_nothing)
{
    for (const auto& before : uses) BOOST_TEST_CONTEXT("used " << before.name)
        {
            const temporary_directory directory;
            const auto pid_file = directory / "d.pid";
            for (const std::vector<std::string>& words :
                 {std::vector<std::string>{"status"}, {"--json", "status"}, {"status", "--quiet"}}) {
                const auto said = in_child([&] {
                    before.parse();
                    return call(words, pid_file);
                });
                BOOST_TEST(said.status == 3, said.out << said.err);
                BOOST_TEST(said.err == "");
            }
            const auto wrong = in_child([&] {
                before.parse();
                return call({"--wings", "start"}, pid_file);
            });
            BOOST_TEST(wrong.status == 2);
            BOOST_TEST(wrong.err.find("--wings") != std::string::npos, wrong.err);
        }
}

BOOST_AUTO_TEST_CASE(command_line_may_be_called_again)
{
    const temporary_directory directory;
    const auto pid_file = directory / "d.pid";
    const daemon_in ended(pid_file.string());
    const auto said = in_child([&] {
        if (!holds(call({"--timeout", "20", "stop"}, pid_file) == 0, "stop")) return 1;
        if (!holds(call({"status", "--json"}, pid_file) == 3, "status")) return 1;
        if (!holds(call({"--wings"}, pid_file) == 2, "an error")) return 1;
        if (!holds(call({"--quiet", "status"}, pid_file) == 3, "status again")) return 1;
        if (const int status = call({"--quiet", "--timeout=20", "start"}, pid_file); status != 0) return status;
        if (pid_in(pid_file.string()) == 0) return 0; // the daemon, at its end
        if (!holds(call({"status", "--quiet"}, pid_file) == 0, "status of the daemon")) return 1;
        return holds(call({"stop"}, pid_file) == 0, "stop of the daemon") ? 0 : 1;
    });
    BOOST_TEST(said.status == 0, said.out << said.err);
}

BOOST_AUTO_TEST_SUITE_END()
