// SPDX-License-Identifier: BSL-1.0
#include "example.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

namespace fs = boost::filesystem;

namespace {

/// A letter whose text the test has not ended: the thread that writes it is at work until then.
class slow_letter
{
public:
    slow_letter(const fs::path& directory, const std::string& name)
    {
        BOOST_REQUIRE(::mkfifo((directory / name).c_str(), 0600) == 0);
        fs::rename(directory / name, directory / "in" / name);
        const auto taken = directory / "work" / name;
        BOOST_REQUIRE(
            eventually([&] { return (fd_ = ::open(taken.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)) != -1; }));
    }
    slow_letter(const slow_letter&) = delete;
    slow_letter& operator=(const slow_letter&) = delete;
    ~slow_letter() { ::close(fd_); }

    void end(const std::string& text)
    {
        BOOST_TEST(::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        ::close(fd_);
        fd_ = -1;
    }

private:
    int fd_ = -1;
};

/// pooled with a letterhead.
struct pooled_program : example
{
    pooled_program() : example("pooled") { write("letterhead", "first\n"); }

    void write(const std::string& name, const std::string& text) const
    {
        std::ofstream((directory() / name).string()) << text;
    }
    void post(const std::string& name, const std::string& text) const
    {
        write(name, text);
        fs::rename(directory() / name, directory() / "in" / name);
    }
    [[nodiscard]] std::string sent(const std::string& name) const { return text_of(directory() / "out" / name); }
    [[nodiscard]] bool sends(const std::string& name) const
    {
        return eventually([&] { return fs::exists(directory() / "out" / name); });
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(pooled, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(the_threads_are_those_of_the_daemon_and_write_each_letter_once)
{
    const pooled_program pooled;
    BOOST_REQUIRE(pooled({"start"}).status == 0);
    BOOST_TEST(proc_status(pooled.pid(), "Threads") == "5"); // when start returns
    for (int i = 0; i < 20; ++i) pooled.post(std::to_string(i), "dear " + std::to_string(i) + "\n");
    for (int i = 0; i < 20; ++i) {
        BOOST_TEST(pooled.sends(std::to_string(i)));
        BOOST_TEST(pooled.sent(std::to_string(i)) == "first\ndear " + std::to_string(i) + "\n");
    }
    BOOST_TEST(fs::is_empty(pooled.directory() / "in"));
    BOOST_TEST(eventually([&] { return fs::is_empty(pooled.directory() / "work"); }));
    const pid_t pid = pooled.pid();
    const auto said = pooled({"stop"});
    BOOST_TEST(said.status == 0);
    BOOST_TEST(pooled.with(pid, said.out) == "pooled: stopped (pid N, SIGTERM)\n");
    BOOST_TEST(text_of(pooled.file(".log")) == "");
}

BOOST_AUTO_TEST_CASE(a_reload_reaches_the_threads_and_not_the_letter_that_is_begun)
{
    const pooled_program pooled;
    BOOST_REQUIRE(pooled({"start"}).status == 0);
    slow_letter begun(pooled.directory(), "begun");
    pooled.write("letterhead", "second\n");
    BOOST_TEST(pooled({"reload"}).status == 0); // waits for no letter
    pooled.post("new", "text\n");
    BOOST_TEST(pooled.sends("new"));
    BOOST_TEST(pooled.sent("new") == "second\ntext\n");
    BOOST_TEST(!fs::exists(pooled.directory() / "out" / "begun"));
    begun.end("text\n");
    BOOST_TEST(pooled.sends("begun"));
    BOOST_TEST(pooled.sent("begun") == "first\ntext\n");
}

BOOST_AUTO_TEST_CASE(without_a_letterhead_a_reload_is_refused_and_so_is_a_start)
{
    const pooled_program pooled;
    BOOST_REQUIRE(pooled({"start"}).status == 0);
    fs::remove(pooled.directory() / "letterhead");
    auto said = pooled({"reload"});
    BOOST_TEST(said.status == 1);
    BOOST_TEST(said.err.find("cannot open letterhead: No such file or directory") != std::string::npos, said.err);
    pooled.post("letter", "text\n");
    BOOST_TEST(pooled.sends("letter"));
    BOOST_TEST(pooled.sent("letter") == "first\ntext\n");
    BOOST_TEST(pooled({"stop"}).status == 0);
    said = pooled({"start"});
    BOOST_TEST(said.status == 1);
    BOOST_TEST(said.err == "pooled: cannot open letterhead: No such file or directory\n");
    BOOST_TEST(pooled({"status"}).status == 3);
}

BOOST_AUTO_TEST_CASE(a_stop_reaches_the_threads_and_waits_for_the_letter_that_is_begun)
{
    const pooled_program pooled;
    BOOST_REQUIRE(pooled({"start"}).status == 0);
    const pid_t pid = pooled.pid();
    slow_letter begun(pooled.directory(), "begun");
    BOOST_REQUIRE(::kill(pid, SIGTERM) == 0);
    BOOST_TEST(eventually([&] { return proc_status(pid, "Threads") == "2"; })); // the idle ones have ended
    pooled.post("late", "text\n");
    begun.end("text\n");
    BOOST_TEST(ends(pid));
    BOOST_TEST(pooled.sent("begun") == "first\ntext\n");
    BOOST_TEST(fs::exists(pooled.directory() / "in" / "late"));
    BOOST_TEST(pooled({"status"}).status == 3);
    BOOST_TEST(pooled({"start"}).status == 0);
    BOOST_TEST(pooled.sends("late"));
}

BOOST_AUTO_TEST_CASE(no_letter_is_lost_by_a_stop_or_a_crash_under_load)
{
    for (const int signal : {SIGTERM, SIGKILL}) {
        const pooled_program pooled;
        BOOST_REQUIRE(pooled({"start"}).status == 0);
        for (int i = 0; i < 200; ++i) pooled.post(std::to_string(i), "dear " + std::to_string(i) + "\n");
        BOOST_TEST(pooled.sends("0"));
        const pid_t pid = pooled.pid();
        BOOST_REQUIRE(::kill(pid, signal) == 0);
        BOOST_REQUIRE(ends(pid));
        BOOST_TEST(pooled({"start"}).status == 0);
        for (int i = 0; i < 200; ++i) BOOST_TEST(pooled.sends(std::to_string(i)));
        for (int i = 0; i < 200; ++i)
            BOOST_TEST(pooled.sent(std::to_string(i)) == "first\ndear " + std::to_string(i) + "\n");
    }
}

BOOST_AUTO_TEST_CASE(a_letter_that_cannot_be_sent_is_reported_and_the_thread_goes_on)
{
    const pooled_program pooled;
    BOOST_REQUIRE(pooled({"start"}).status == 0);
    fs::create_directory(pooled.directory() / "out" / ".bad");
    for (int i = 0; i < 4; ++i) { // as many as there are threads
        pooled.post("bad", "text\n");
        BOOST_TEST(eventually([&] { return lines_of(pooled.file(".log")).size() == static_cast<std::size_t>(i + 1); }));
    }
    BOOST_TEST(lines_of(pooled.file(".log")).back() == "pooled: cannot write out/.bad: Is a directory");
    pooled.post("good", "text\n");
    BOOST_TEST(pooled.sends("good"));
}

BOOST_AUTO_TEST_SUITE_END()
