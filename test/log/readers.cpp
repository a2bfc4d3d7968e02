// SPDX-License-Identifier: BSL-1.0
// What stderr_log() writes to the journal, a terminal, a file and a pipe.
#include "log/log.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

#include <malloc.h>

#include <array>
#include <ctime>
#include <regex>

BOOST_AUTO_TEST_SUITE(readers, *boost::unit_test::label("unit"))

BOOST_AUTO_TEST_CASE(the_journal_gets_priorities_and_no_time)
{
    const auto journal = make_sockets(SOCK_STREAM);
    const auto said = with_stderr(journal.theirs.get(), [] {
        name_journal(2);
        for (int level = 0; level < 8; ++level) stderr_log(static_cast<log_level>(level), "text");
        return true;
    });
    BOOST_TEST(said.status == 0);
    BOOST_TEST(next(journal.ours) == "<0>text\n<1>text\n<2>text\n<3>text\n<4>text\n<5>text\n<6>text\n<7>text\n");
}

BOOST_AUTO_TEST_CASE(a_socket_that_is_not_the_journals_gets_words)
{
    const auto journal = make_sockets(SOCK_STREAM);
    const auto other = make_sockets(SOCK_STREAM);
    struct stat status = {};
    ::fstat(other.theirs.get(), &status);
    const auto elsewhere = std::to_string(status.st_dev + 1) + ":" + std::to_string(status.st_ino);
    for (const char* const name :
         {"", "0:0", "1", "x:y", "8:99999999999999999999999999999999999999999999", elsewhere.c_str()}) {
        const auto said = with_stderr(other.theirs.get(), [&] {
            ::setenv("JOURNAL_STREAM", name, 1);
            stderr_log(log_level::notice, "text");
            name_journal(journal.theirs.get());
            stderr_log(log_level::debug, "text");
            return true;
        });
        BOOST_TEST(said.status == 0);
        BOOST_TEST(next(other.ours) == "notice: text\ndebug: text\n");
    }
}

BOOST_AUTO_TEST_CASE(a_person_at_a_terminal_gets_the_text)
{
    const auto terminal = make_terminal();
    BOOST_TEST(log_to(terminal.theirs.get(), log_level::err, "it failed\nand this is why").status == 0);
    BOOST_TEST(next(terminal.ours) == "it failed\nand this is why\n");
}

BOOST_AUTO_TEST_CASE(a_device_that_is_no_terminal_is_not_taken_for_a_person)
{
    const unique_fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    BOOST_TEST((daemonkit::sys::reader_of(null.get()) == daemonkit::sys::log_reader::none));
    BOOST_TEST((daemonkit::sys::reader_of(-1) == daemonkit::sys::log_reader::none));
    const unique_fd zero(::open("/dev/zero", O_WRONLY | O_CLOEXEC));
    BOOST_TEST((daemonkit::sys::reader_of(zero.get()) == daemonkit::sys::log_reader::other));
    const auto terminal = make_terminal();
    BOOST_TEST((daemonkit::sys::reader_of(terminal.theirs.get()) == daemonkit::sys::log_reader::person));
}

BOOST_AUTO_TEST_CASE(a_file_gets_time_and_level)
{
    const temporary_directory directory;
    const auto log = directory / "log";
    BOOST_TEST(log_to(open_log(log).get(), log_level::warning, "one\ntwo").status == 0);
    const std::regex lines(time_stamp + "warning: one\n" + time_stamp + "warning: two\n");
    BOOST_TEST(std::regex_match(read_file(log), lines), read_file(log));
}

BOOST_AUTO_TEST_CASE(the_time_is_now_and_here)
{
    const temporary_directory directory;
    const auto log = directory / "log";
    const auto file = open_log(log);
    const auto began = std::time(nullptr);
    with_stderr(file.get(), [] {
        ::setenv("TZ", "XST-05:30", 1); // POSIX counts west of Greenwich as positive
        ::tzset();
        stderr_log(log_level::info, "");
        return true;
    });
    std::tm parts{};
    const auto said = read_file(log);
    BOOST_REQUIRE(contains(said, "+0530 info: \n"));
    ::strptime(said.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
    const auto when = ::timegm(&parts) - (5 * 60 + 30) * 60;
    BOOST_TEST(when >= began);
    BOOST_TEST(when <= std::time(nullptr));
}

BOOST_AUTO_TEST_CASE(a_pipe_gets_the_level)
{
    const auto pipe = make_pipe();
    log_to(pipe.theirs.get(), log_level::emerg, "a");
    log_to(pipe.theirs.get(), log_level::alert, "b");
    log_to(pipe.theirs.get(), log_level::crit, "c");
    log_to(pipe.theirs.get(), log_level::err, "d");
    log_to(pipe.theirs.get(), log_level::info, "e");
    BOOST_TEST(next(pipe.ours) == "emergency: a\nalert: b\ncritical: c\nerror: d\ninfo: e\n");
}

BOOST_AUTO_TEST_CASE(each_text_is_one_write_whatever_lines_it_has)
{
    const auto reader = make_sockets(SOCK_DGRAM);
    const auto written = [&](const std::string& text) {
        BOOST_TEST(log_to(reader.theirs.get(), log_level::err, text).status == 0);
        return next(reader.ours);
    };
    BOOST_TEST(written("text") == "error: text\n");
    BOOST_TEST(written("text\n") == "error: text\n");
    BOOST_TEST(written("") == "error: \n");
    BOOST_TEST(written("\n") == "error: \n");
    BOOST_TEST(written("a\n\nb") == "error: a\nerror: \nerror: b\n");
    BOOST_TEST(written("a\n\n") == "error: a\nerror: \n");
    const std::string longer(100'000, 'x');
    BOOST_TEST((written(longer) == "error: " + longer + "\n"));
    std::string many;
    std::string expected;
    for (int line = 0; line < 64; ++line) {
        many += std::to_string(line) + "\n";
        expected += "error: " + std::to_string(line) + "\n";
    }
    BOOST_TEST(written(many) == expected);
    BOOST_TEST(written(many + "last") == expected);
    BOOST_TEST(next(reader.ours) == "error: last\n");
    BOOST_TEST(next(reader.ours) == "nothing came");
}

BOOST_AUTO_TEST_CASE(standard_error_may_become_another_at_any_time)
{
    const temporary_directory directory;
    const auto pipe = make_pipe();
    const auto journal = make_sockets(SOCK_STREAM);
    const auto said = with_stderr(pipe.theirs.get(), [&] {
        stderr_log(log_level::info, "to a pipe");
        name_journal(journal.theirs.get());
        ::dup2(journal.theirs.get(), 2);
        stderr_log(log_level::info, "to the journal");
        for (const char* const name : {"log", "log.new"}) {
            ::dup2(open_log(directory / name).get(), 2);
            stderr_log(log_level::info, "to a file");
        }
        return true;
    });
    BOOST_TEST(said.status == 0);
    BOOST_TEST(next(pipe.ours) == "info: to a pipe\n");
    BOOST_TEST(next(journal.ours) == "<6>to the journal\n");
    for (const char* const name : {"log", "log.new"})
        BOOST_TEST(std::regex_match(read_file(directory / name), std::regex(time_stamp + "info: to a file\n")));
}

#ifndef __SANITIZE_ADDRESS__ // its malloc(3) is another
BOOST_AUTO_TEST_CASE(nothing_is_allocated)
{
    const auto pipe = make_pipe();
    const auto said = with_stderr(pipe.theirs.get(), [] {
        const auto before = ::mallinfo2().uordblks;
        std::array<char, 10'000> text{};
        text.fill('x');
        text[5000] = '\n';
        stderr_log(log_level::info, {text.data(), text.size()});
        return ::mallinfo2().uordblks == before;
    });
    BOOST_TEST(said.status == 0);
}
#endif

BOOST_AUTO_TEST_SUITE_END()
