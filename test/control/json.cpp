// SPDX-License-Identifier: BSL-1.0
// Whether a text is JSON is decided by the parser of another program.
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/temporary_directory.hpp"
#include "support/text.hpp"

#include <daemonkit/command_line/detail/json.hpp>

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <vector>

using namespace daemonkit;
using namespace daemonkit::detail;

namespace {

struct sequence
{
    const char* bytes;
    std::size_t length;
};

/// Reads one object a line, strictly; prints name and path in ASCII.
constexpr const char* parser = R"(
import json, sys
def strict(pairs):
    keys = [k for k, _ in pairs]
    assert len(keys) == len(set(keys)), keys
    return dict(pairs)
def no_constant(text):
    raise ValueError(text)
for line in open(sys.argv[1], 'rb').read().split(b'\n')[:-1]:
    o = json.loads(line.decode('utf-8', 'strict'), object_pairs_hook=strict, parse_constant=no_constant)
    assert set(o) == {'schema', 'name', 'state', 'pid', 'since', 'uptime', 'ready', 'where', 'status_text', 'error',
                      'suspended'}, o
    assert o['suspended'] is None or o['suspended'] == 'frozen with its cgroup /\ufffd', o
    print(ascii(o['name']), ascii(o['where']), o['state'], o['pid'], o['since'], ascii(o['error']))
)";

outcome parsed(const std::vector<status_report>& reports)
{
    const temporary_directory directory;
    std::ofstream lines((directory / "lines").string());
    for (const auto& r : reports) lines << to_json(r) << '\n';
    lines.close();
    return run({"python3", "-c", parser, (directory / "lines").string()});
}

bool no_python() { return run({"python3", "-c", ""}).status != 0; }

} // namespace

BOOST_AUTO_TEST_SUITE(json)

BOOST_AUTO_TEST_CASE(utf8_is_rfc_3629)
{
    const std::vector<sequence> good{
        {"a", 1},
        {"\x7f", 1},
        {"\xc2\x80", 2},
        {"\xdf\xbf", 2},
        {"\xe0\xa0\x80", 3},
        {"\xed\x9f\xbf", 3},
        {"\xee\x80\x80", 3},
        {"\xef\xbf\xbf", 3},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"\xf0\x9f\x98\x80!", 4},
    };
    for (const auto& [bytes, length] : good)
        BOOST_TEST(daemonkit::sys::utf8_length(bytes) == length, json_string(bytes));
    const std::vector<const char*> bad{
        "\x80",             // a tail alone
        "\xbf",             //
        "\xc0\x80",         // overlong
        "\xc1\xbf",         //
        "\xe0\x9f\xbf",     //
        "\xf0\x8f\xbf\xbf", //
        "\xed\xa0\x80",     // a surrogate
        "\xed\xbf\xbf",     //
        "\xf4\x90\x80\x80", // beyond U+10FFFF
        "\xf5\x80\x80\x80", //
        "\xff",             // never
        "\xc2",             // cut short
        "\xe1\x80",         //
        "\xf1\x80\x80",     //
        "\xc2 ",            // another byte in place of a tail
        "\xe1\x80 ",        //
        "\xf1\x80\x80 ",    //
    };
    for (const auto* bytes : bad) BOOST_TEST(daemonkit::sys::utf8_length(bytes) == 0U, json_string(bytes));
    BOOST_TEST(daemonkit::sys::utf8_length(std::string_view("\0", 1)) == 1U);
    BOOST_TEST(daemonkit::sys::utf8_length(std::string_view("\xe1\x80\x80", 2)) ==
               0U); // nothing beyond the end is read
}

BOOST_AUTO_TEST_CASE(strings_are_quoted)
{
    BOOST_TEST(json_string("") == R"("")");
    BOOST_TEST(json_string("a/b c") == R"("a/b c")");
    BOOST_TEST(json_string("\"\\") == R"("\"\\")");
    BOOST_TEST(json_string("a\nb\tc\x1f\x7f") == "\"a\\u000ab\\u0009c\\u001f\x7f\"");
    BOOST_TEST(json_string(std::string_view("\0", 1)) == R"("\u0000")");
    BOOST_TEST(json_string("\xc3\xa4\xf0\x9f\x98\x80") == "\"\xc3\xa4\xf0\x9f\x98\x80\"");
    BOOST_TEST(json_string("a\xff\xc3z") == R"("a\ufffd\ufffdz")");
    BOOST_TEST(json_string("\xe2\x82") == R"("\ufffd\ufffd")");
}

BOOST_AUTO_TEST_CASE(each_state_is_one_object_on_one_line)
{
    using enum status_report::condition;
    status_report r{.state = running, .name = "d", .pid = 42, .where = "/run/d.pid"};
    r.since = std::chrono::system_clock::from_time_t(1'000'000'000);
    BOOST_TEST(to_json(r) ==
               R"({"schema": 1, "name": "d", "state": "running", "pid": 42, "since": "2001-09-09T01:46:40Z", )"
               R"("uptime": null, "ready": true, "where": "/run/d.pid", "status_text": null, )"
               R"("error": null, "suspended": null})");
    r.uptime = std::chrono::seconds(3);
    r.status_text = "index 30 %";
    BOOST_TEST(
        contains(to_json(r), R"("uptime": 3, "ready": true, "where": "/run/d.pid", "status_text": "index 30 %")"));
    for (const auto state : {starting, stopping, dead, stopped})
        BOOST_TEST(contains(to_json({.state = state}), R"("ready": false)"));
    BOOST_TEST(contains(to_json({.state = reloading}), R"("state": "reloading", "pid": null, "since": null, )"
                                                       R"("uptime": null, "ready": true)"));
    BOOST_TEST(contains(to_json({.state = unknown}), R"("ready": null)"));
    BOOST_TEST(to_json({.state = stopped, .name = "d", .where = "/run/d.pid"}) ==
               R"({"schema": 1, "name": "d", "state": "stopped", "pid": null, "since": null, "uptime": null, )"
               R"("ready": false, "where": "/run/d.pid", "status_text": null, "error": null, "suspended": null})");
    BOOST_TEST(contains(to_json({.state = dead, .name = "d"}), R"("state": "dead", "pid": null)"));
    BOOST_TEST(contains(to_json({.state = unknown, .name = "d", .message = "why"}), R"("state": "unknown")"));
    BOOST_TEST(contains(to_json({.state = unknown, .message = "why"}), R"("error": "why", "suspended": null})"));
    BOOST_TEST(contains(to_json({.state = running, .pid = 42, .suspended = "stopped by a signal"}),
                        R"("error": null, "suspended": "stopped by a signal"})"));
}

BOOST_AUTO_TEST_CASE(the_text_for_people_has_the_same)
{
    using enum status_report::condition;
    status_report r{.state = running, .pid = 42, .where = "/run/d.pid"};
    BOOST_TEST(described(r) == "running (pid 42), recorded in /run/d.pid, ready");
    r.state = starting;
    r.uptime = std::chrono::seconds(42);
    r.status_text = "index 30 %";
    BOOST_TEST(described(r) == "starting (pid 42), recorded in /run/d.pid, not ready, up 42 s: index 30 %");
    r.suspended = "stopped by a signal";
    r.state = reloading;
    BOOST_TEST(described(r) ==
               "reloading (pid 42, stopped by a signal), recorded in /run/d.pid, ready, up 42 s: index 30 %");
    r.state = stopping;
    BOOST_TEST(contains(described(r), "stopping (pid 42"));
    using std::chrono::seconds;
    BOOST_TEST(for_people(seconds(0)) == "0 s");
    BOOST_TEST(for_people(seconds(59)) == "59 s");
    BOOST_TEST(for_people(seconds(60)) == "1 min 0 s");
    BOOST_TEST(for_people(seconds(3599)) == "59 min 59 s");
    BOOST_TEST(for_people(seconds(3600)) == "1 h 0 min");
    BOOST_TEST(for_people(seconds(86399)) == "23 h 59 min");
    BOOST_TEST(for_people(seconds(86400 * 400 + 3600 * 5)) == "400 d 5 h");
}

BOOST_AUTO_TEST_CASE(another_parser_reads_back_every_byte, *boost::unit_test::label("process"))
{
    if (no_python()) DAEMONKIT_SKIP("python3 is not installed");
    std::vector<status_report> reports;
    std::string expected;
    for (int c = 1; c < 256; ++c) {
        reports.push_back({.name = std::string("<") + static_cast<char>(c) + ">", .where = "/x"});
        char text[64];
        if (c >= 0x80)
            std::snprintf(text, sizeof text, "'<\\ufffd>'");
        else if (c == '\t' || c == '\n' || c == '\r')
            std::snprintf(text, sizeof text, "'<\\%c>'", c == '\t' ? 't' : c == '\n' ? 'n' : 'r');
        else if (c < 0x20 || c == 0x7f)
            std::snprintf(text, sizeof text, "'<\\x%02x>'", static_cast<unsigned>(c));
        else if (c == '\'')
            std::snprintf(text, sizeof text, "\"<'>\"");
        else if (c == '\\')
            std::snprintf(text, sizeof text, "'<\\\\>'");
        else
            std::snprintf(text, sizeof text, "'<%c>'", static_cast<char>(c));
        expected += std::string(text) + " '/x' stopped None None None\n";
    }
    const auto answer = parsed(reports);
    BOOST_TEST(answer.status == 0, answer.err);
    BOOST_TEST(answer.out == expected);
}

BOOST_AUTO_TEST_CASE(another_parser_reads_back_names_and_paths, *boost::unit_test::label("process"))
{
    if (no_python()) DAEMONKIT_SKIP("python3 is not installed");
    using enum status_report::condition;
    const auto answer = parsed({
        {.state = dead, .name = "\"quoted\"", .where = "C:\\not\\here\\"},
        {.state = unknown, .name = "two\nlines", .where = "\xc3\xa4\xf0\x9f\x98\x80", .message = "\"\\\n\xff"},
        {.state = running,
         .name = "\xed\xa0\x80",
         .pid = 1,
         .since = std::chrono::system_clock::time_point{},
         .where = std::string("a\0b", 3),
         .suspended = "frozen with its cgroup /\xff"},
    });
    BOOST_TEST(answer.status == 0, answer.err);
    BOOST_TEST(answer.out == R"('"quoted"' 'C:\\not\\here\\' dead None None None
'two\nlines' '\xe4\U0001f600' unknown None None '"\\\n\ufffd'
'\ufffd\ufffd\ufffd' 'a\x00b' running 1 1970-01-01T00:00:00Z None
)");
}

BOOST_AUTO_TEST_CASE(times_are_local_or_utc)
{
    const auto when = std::chrono::system_clock::from_time_t(0);
    BOOST_TEST(format_time(when, "%FT%TZ", true).view() == "1970-01-01T00:00:00Z");
    const auto local = in_child([&] {
        ::setenv("TZ", "XXX-2", 1);
        ::tzset();
        std::fputs(format_time(when, "%F %T", false).c_str(), stdout);
        return 0;
    });
    BOOST_TEST(local.out == "1970-01-01 02:00:00");
}

BOOST_AUTO_TEST_SUITE_END()
