// SPDX-License-Identifier: BSL-1.0
// Every kind of content of a pid file, with every verb of a program and both pid policies.
#include "hostile/besieged.hpp"
#include "support/bystander.hpp"
#include "support/file.hpp"
#include "support/process.hpp"
#include "support/text.hpp"

#include <fcntl.h>

#include <array>

namespace {

using namespace std::string_literals;

enum class kind {
    refused, ///< somebody's text: this daemon did not write it
    stale,   ///< a pid, but not of a daemon of this file; or what a crash or a full disk leaves of one
    empty,   ///< the state between a claim and its publication, or after a crash there
};

struct variant
{
    const char* name;
    std::string content;
    kind is = kind::refused;
    /// Instead of the content: a shell command that writes the file "$0" and runs the program "$@".
    const char* script = nullptr;
    off_t sparse = 0; ///< as long as this, with a hole at its end
};

/// Whether a person need not look at it: digits, signs, white space and zero bytes.
bool is_left_by_a_crash(const std::string& content)
{
    return content.find_first_not_of("0123456789+- \t\r\n\v\f\0"s) == std::string::npos;
}

struct expectation
{
    std::vector<std::string> words;
    std::array<int, 3> status; ///< for refused, stale, empty: LSB 3.1, section 20.2
};

const expectation verbs[] = {
#ifndef __SANITIZE_ADDRESS__ // for which the others are nothing new, and every call takes ten times as long
    {{"status"}, {4, 1, 3}},           {{"reload"}, {1, 7, 7}}, {{"restart"}, {1, 0, 0}},
#endif
    {{"status", "--json"}, {4, 1, 3}}, {{"stop"}, {1, 0, 0}},   {{"start"}, {1, 0, 0}}};

void lay(const fs::path& path, const variant& v)
{
    fs::remove(path);
    if (v.script != nullptr) return;
    write_file(path, v.content);
    if (v.sparse != 0) fs::resize_file(path, static_cast<std::uintmax_t>(v.sparse));
}

outcome call(const besieged& daemon, const variant& v, const expectation& e)
{
    const auto command = daemon.command(e.words);
    if (v.script == nullptr) return run(command);
    std::vector<std::string> shell{"sh", "-c", v.script, daemon.pid_file.string()};
    shell.insert(shell.end(), command.begin(), command.end());
    return run(shell);
}

/// What is wrong with the result of one verb for one variant; empty if nothing is.
std::string fault(const besieged& daemon, const variant& v, const expectation& e)
{
    const auto& file = daemon.pid_file;
    const auto before = state_of(file);
    const auto said = call(daemon, v, e);
    const int expected = e.status[static_cast<std::size_t>(v.is)];
    if (said.status != expected)
        return "status " + std::to_string(said.status) + " instead of " + std::to_string(expected) + ": " + said.out +
               said.err;
    const bool starts = e.words[0] == "start" || e.words[0] == "restart";
    const bool json = e.words.size() > 1;
    if (v.is == kind::refused) {
        if (state_of(file) != before) return "what was refused has been changed";
        if (json)
            return contains(said.out, "\"unknown\"") && contains(said.out, file.string() + ": it holds something else")
                       ? ""
                       : "the object says " + said.out;
        return sentence_fault(said, {file.string(), "it holds something else than a process id"});
    }
    if (starts) {
        const pid_t pid = daemon.pid();
        if (!contains(proc_link(pid, "exe"), "/exposed")) return "the file leads to no daemon";
        if (!contains(said.out, "(pid " + std::to_string(pid) + ")")) return "it says " + said.out;
        return daemon.stop_again();
    }
    if (e.words[0] == "stop" && v.is == kind::stale && state_of(file) != "nothing") return "stop left what is stale";
    if (e.words[0] != "stop" && v.script == nullptr && state_of(file) != before) return "looking has changed the file";
    return {};
}

void try_all(const char* policy)
{
    const bystander alone;
    const bystander leader([] {
        const pid_t pid = ::fork();
        ::setpgid(pid, 0);
        return pid;
    });
    const auto join = [&] {
        const pid_t pid = ::fork();
        if (pid > 0) ::setpgid(pid, leader.pid());
        return pid;
    };
    const bystander one(join);
    const bystander other(join);
    BOOST_REQUIRE(::getpgid(one.pid()) == leader.pid());

    const char* const in_own_process = R"(echo $$ >"$0"; exec "$@")";
    const char* const in_a_child = R"(echo $$ >"$0"; "$@"; exit $?)";
    const variant variants[] = {
        {"nothing", "", kind::empty},
        // Live and dead processes that are no daemon of this file.
        {"init", "1\n", kind::stale},
        {"init without a newline", "1", kind::stale},
        {"a kernel thread", "2\n", kind::stale},
        {"a bystander", line_of(alone.pid()), kind::stale},
        {"a bystander without a newline", std::to_string(alone.pid()), kind::stale},
        {"the leader of a group", line_of(leader.pid()), kind::stale},
        {"the caller", "", kind::stale, in_own_process},
        {"the caller's parent", "", kind::stale, in_a_child},
        {"the test", line_of(::getpid()), kind::stale},
        {"a dead process", line_of(dead_pid()), kind::stale},
        {"the largest pid", "4194304\n", kind::stale},
        {"a line cut short", "41", kind::stale},
        // Numbers that kill(2) takes for groups or for all processes.
        {"zero: the caller's group", "0\n"},
        {"zero without a newline", "0"},
        {"minus zero", "-0\n"},
        {"minus one: all processes", "-1\n"},
        {"a group", "-" + line_of(leader.pid())},
        {"the caller's own group", "-" + line_of(::getpgrp())},
        {"plus", "+" + line_of(alone.pid())},
        {"two signs", "--1\n"},
        // Numbers above the range of the type or of the kernel.
        {"the largest pid and one", "4194305\n"},
        {"2^31-1", "2147483647\n"},
        {"2^31", "2147483648\n"},
        {"-2^31", "-2147483648\n"},
        {"2^32 and a bystander", std::to_string((1L << 32) + alone.pid()) + "\n"},
        {"2^32-1, which is -1", "4294967295\n"},
        {"2^63", "9223372036854775808\n"},
        {"2^64 and init", "18446744073709551617\n"},
        {"62 digits and a newline", std::string(62, '1') + "\n"},
        {"64 digits", std::string(64, '1')},
        {"64 digits and a newline", std::string(64, '1') + "\n"},
        {"a pid after 62 zeros", std::string(62, '0') + "1\n"},
        // Other ways to write a number.
        {"leading zero", "0" + line_of(alone.pid())},
        {"octal", "01\n"},
        {"hexadecimal", "0x1\n"},
        {"binary", "0b1\n"},
        {"a fraction", "1.0\n"},
        {"an exponent", "1e3\n"},
        {"thousands", "1,000\n"},
        {"a digit separator", "1'000\n"},
        {"Arabic digits", "\u0661\u0662\n"},
        {"full-width digits", "\uFF11\uFF12\n"},
        {"UTF-16", "\xFF\xFE"
                   "1\0\n\0"s},
        {"a byte order mark", "\xEF\xBB\xBF"
                              "1\n"},
        // White space and lines.
        {"a blank", " "},
        {"a newline", "\n"},
        {"a blank before", " " + line_of(alone.pid())},
        {"a blank after", std::to_string(alone.pid()) + " \n"},
        {"a tab before", "\t" + line_of(alone.pid())},
        {"a newline before", "\n" + line_of(alone.pid())},
        {"two newlines", line_of(alone.pid()) + "\n"},
        {"CRLF", std::to_string(alone.pid()) + "\r\n"},
        {"a vertical tab", std::to_string(alone.pid()) + "\v"},
        {"two lines", line_of(alone.pid()) + line_of(leader.pid())},
        {"two pids", std::to_string(alone.pid()) + " " + line_of(leader.pid())},
        {"64 blanks before", std::string(64, ' ') + "1\n"},
        {"the pid and 64 newlines", "1" + std::string(64, '\n')},
        // Further lines, which are the program's.
        {"a port", "4194304\n8080\n", kind::stale},
        {"a line of text", "4194304\nport 8080\n", kind::stale},
        {"a line of text without a newline", "4194304\n/run/exposed.socket", kind::stale},
        {"a bystander and a line of text", line_of(alone.pid()) + "port 8080\n", kind::stale},
        {"the lines of postmaster.pid", "4194304\n/var/lib/d\n1700000000\n5432\n/run\nlocalhost\n  1 2\nready   \n",
         kind::stale},
        {"4096 bytes", "4194304\n" + std::string(4088, 'x'), kind::stale},
        {"4097 bytes", "4194304\n" + std::string(4089, 'x')},
        {"a line of text and NUL", "4194304\nport 8080\n\0"s},
        {"a line of text after 4096 blanks", "4194304\n" + std::string(4096, ' ') + "x"},
        {"a line of text after 5000 digits", "4194304\n" + std::string(5000, '1') + "\nport 8080\n"},
        {"a line of text after no line", "\nport 8080\n"},
        {"a line of text after a pid too large", "4194305\nport 8080\n"},
        {"a line of text after CRLF", "4194304\r\nport 8080\n"},
        // Bytes.
        {"NUL", "\0"s},
        {"NUL before", "\0"s + line_of(alone.pid())},
        {"NUL after", line_of(alone.pid()) + "\0"s},
        {"NUL instead of the newline", std::to_string(alone.pid()) + "\0"s},
        {"NUL inside", "1\0"s + "2\n"},
        {"63 NUL", std::string(63, '\0')},
        {"64 NUL", std::string(64, '\0')},
        {"65 NUL", std::string(65, '\0')},
        {"0xFF", std::string(64, '\xFF')},
        // Text.
        {"garbage", "garbage\n"},
        {"a word after", std::to_string(alone.pid()) + "x\n"},
        {"text after", std::to_string(alone.pid()) + " exposed\n"},
        {"text before", "pid=" + line_of(alone.pid())},
        {"a command", "$(kill " + std::to_string(alone.pid()) + ")\n"},
        {"a path", "../../../proc/1\n"},
        {"a format", "%n%n%n%s\n"},
        {"an executable", "\177ELF\2\1\1\0\0"s},
        {"not a number", "NaN\n"},
        // Length.
        {"a pid and 63 blanks", "1" + std::string(63, ' ')},
        {"20 MB of digits", std::string(20'000'000, '1')},
        {"a line and 20 MB", "1\n" + std::string(20'000'000, '1')},
        {"20 MB of nothing", "", kind::refused, nullptr, 20'000'000},
        {"a line and a hole of 1 TB", "1\n", kind::refused, nullptr, off_t{1} << 40},
    };

    count points;
    const besieged daemon(policy);
    for (auto v : variants)
        for (const auto& e : verbs) BOOST_TEST_CONTEXT(v.name << ", " << e.words[0])
            {
                if (v.is == kind::refused && is_left_by_a_crash(v.content)) v.is = kind::stale;
                if (v.is != kind::refused || &e == &verbs[0]) lay(daemon.pid_file, v);
                auto wrong = fault(daemon, v, e);
                if (wrong.empty() && !(alone.untouched() && leader.untouched() && one.untouched() && other.untouched()))
                    wrong = "a bystander has been signalled";
                points.point(wrong);
            }
    fs::remove(daemon.pid_file);
    BOOST_TEST(daemon.nobody_left());
    std::cout << "hostile pid files, " << policy << ": " << std::size(variants) << " variants x " << std::size(verbs)
              << " verbs, " << points.text() << std::endl;
}

} // namespace

// No process is signalled, and a start fails only if the content may be somebody's.
BOOST_AUTO_TEST_SUITE(content, *boost::unit_test::label("process") * boost::unit_test::label("slow"))

BOOST_AUTO_TEST_CASE(of_any_kind_against_pid_file) { try_all("pid_file"); }
BOOST_AUTO_TEST_CASE(of_any_kind_against_flock_pid_file) { try_all("flock_pid_file"); }

BOOST_AUTO_TEST_SUITE_END()
