// SPDX-License-Identifier: BSL-1.0
// clientd is the ClientDaemon from which the project grew, feature by feature.
#include "example.hpp"

#include <algorithm>
#include <csignal>
#include <ctime>

namespace fs = boost::filesystem;

BOOST_AUTO_TEST_SUITE(clientd, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(every_verb_from_stopped_to_stopped)
{
    const example clientd("clientd");
    BOOST_TEST(clientd({"status"}).status == 3);

    auto said = clientd({"start"});
    const pid_t first = clientd.pid();
    BOOST_TEST(said.status == 0);
    BOOST_TEST(clientd.with(first, said.out) == "clientd: started (pid N)\n");
    BOOST_TEST(said.err == "");
    BOOST_TEST(alive(first));
    BOOST_TEST(fs::exists(clientd.file(".log")), "start returned before the output file was open");

    said = clientd({"status"});
    BOOST_TEST(said.status == 0);
    BOOST_TEST(said.out.find("running (pid " + std::to_string(first) + ") since ") != std::string::npos);
    BOOST_TEST(said.out.find(clientd.file(".pid").string()) != std::string::npos);

    said = clientd({"start"});
    BOOST_TEST(said.status == 0);
    BOOST_TEST(clientd.with(first, said.out) == "clientd: already running (pid N)\n");

    said = clientd({"restart"});
    const pid_t second = clientd.pid();
    BOOST_TEST(said.status == 0);
    BOOST_TEST(second != first);
    BOOST_TEST(!alive(first));
    BOOST_TEST(alive(second));

    said = clientd({"stop"});
    BOOST_TEST(said.status == 0);
    BOOST_TEST(clientd.with(second, said.out) == "clientd: stopped (pid N, SIGTERM)\n");
    BOOST_TEST(!alive(second));
    BOOST_TEST(!fs::exists(clientd.file(".pid")));

    said = clientd({"stop"});
    BOOST_TEST(said.status == 0);
    BOOST_TEST(said.out == "clientd: not running\n");
    BOOST_TEST(clientd({"status"}).status == 3);
}

BOOST_AUTO_TEST_CASE(usage_text_and_wrong_arguments)
{
    const example clientd("clientd");
    auto said = clientd({"--help"});
    BOOST_TEST(said.status == 0);
    BOOST_TEST(said.err == "");
    BOOST_TEST(said.out.rfind("Usage: clientd ", 0) == 0U);
    for (const char* const verb : {"start", "stop", "restart", "status", "reload", "run"})
        BOOST_TEST(said.out.find("\n  " + std::string(verb) + "  ") != std::string::npos, verb);

    said = clientd({});
    BOOST_TEST(said.status == 2);
    BOOST_TEST(said.out == "");
    BOOST_TEST(said.err == "clientd: a verb is missing\nTry 'clientd --help'.\n");

    said = clientd({"begin"});
    BOOST_TEST(said.status == 2);
    BOOST_TEST(said.err.find("Try 'clientd --help'.") != std::string::npos);
    BOOST_TEST(fs::is_empty(clientd.directory()));
}

BOOST_AUTO_TEST_CASE(verbose_says_what_is_done)
{
    const example clientd("clientd");
    auto said = clientd({"--verbose", "start"});
    BOOST_TEST(clientd.with(clientd.pid(), said.out) == "clientd: starting\nclientd: started (pid N)\nclientd: "
                                                        "recorded in " +
                                                            clientd.file(".pid").string() + "\n");
    said = clientd({"--quiet", "stop"});
    BOOST_TEST(said.out + said.err == "");
}

BOOST_AUTO_TEST_CASE(the_output_file_gets_the_time_every_second)
{
    const example clientd("clientd");
    BOOST_REQUIRE(clientd({"start"}).status == 0);
    BOOST_REQUIRE(eventually([&] { return lines_of(clientd.file(".log")).size() >= 3; }));
    std::vector<std::time_t> times;
    for (const auto& line : lines_of(clientd.file(".log"))) {
        std::tm broken_down{};
        const char* const end = ::strptime(line.c_str(), "%a %b %e %H:%M:%S %Y", &broken_down);
        BOOST_REQUIRE_MESSAGE(end != nullptr && *end == '\0', line);
        broken_down.tm_isdst = -1;
        times.push_back(std::mktime(&broken_down));
    }
    BOOST_TEST(std::is_sorted(times.begin(), times.end()));
    BOOST_TEST(times.front() < times.back());
}

BOOST_AUTO_TEST_CASE(home_directory_umask_streams_and_no_terminal)
{
    const example clientd("clientd");
    BOOST_REQUIRE(clientd({"start"}).status == 0);
    const pid_t pid = clientd.pid();
    BOOST_TEST(proc_link(pid, "cwd") == clientd.directory().string());
    BOOST_TEST(proc_status(pid, "Umask") == "0022");
    BOOST_TEST(proc_link(pid, "fd/0") == "/dev/null");
    BOOST_TEST(proc_link(pid, "fd/1") == clientd.file(".out").string());
    BOOST_TEST(proc_link(pid, "fd/2") == clientd.file(".err").string());
    BOOST_TEST(proc_stat(pid, 6) != pid, "it leads its session");
    BOOST_TEST(proc_stat(pid, 6) != proc_stat(::getpid(), 6));
    BOOST_TEST(proc_stat(pid, 7) == 0);
    BOOST_TEST((fs::status(clientd.file(".log")).permissions() & fs::perms_mask) == 0644);
    BOOST_TEST(text_of(clientd.file(".out")) == "writing the time to " + clientd.file(".log").string() + "\n");
}

BOOST_AUTO_TEST_CASE(a_rotated_output_file_is_opened_again_on_reload)
{
    const example clientd("clientd");
    BOOST_TEST(clientd({"reload"}).status == 7);
    BOOST_REQUIRE(clientd({"start"}).status == 0);
    BOOST_REQUIRE(eventually([&] { return !lines_of(clientd.file(".log")).empty(); }));
    fs::rename(clientd.file(".log"), clientd.file(".log.1"));
    BOOST_TEST(clientd({"reload"}).status == 0);
    BOOST_REQUIRE(eventually([&] { return !lines_of(clientd.file(".log")).empty(); }));
    const auto old = text_of(clientd.file(".log.1"));
    BOOST_REQUIRE(eventually([&] { return lines_of(clientd.file(".log")).size() >= 2; }));
    BOOST_TEST(text_of(clientd.file(".log.1")) == old);
}

BOOST_AUTO_TEST_CASE(a_reload_that_fails_keeps_the_old_file_and_says_so)
{
    const example clientd("clientd");
    BOOST_REQUIRE(clientd({"start"}).status == 0);
    fs::rename(clientd.file(".log"), clientd.file(".log.1"));
    fs::create_directory(clientd.file(".log"));
    const auto said = clientd({"reload"});
    BOOST_TEST(said.status == 1);
    BOOST_TEST(said.err.find(clientd.file(".log").string() + ": Is a directory") != std::string::npos, said.err);
    const auto error = text_of(clientd.file(".err"));
    BOOST_TEST(error.find("reload refused") != std::string::npos, error);
    BOOST_TEST(error.find(clientd.file(".log").string() + ": Is a directory") != std::string::npos, error);
    const auto lines = lines_of(clientd.file(".log.1")).size();
    BOOST_TEST(eventually([&] { return lines_of(clientd.file(".log.1")).size() > lines; }));
    BOOST_TEST(clientd({"status"}).status == 0);
}

BOOST_AUTO_TEST_CASE(an_output_file_that_cannot_be_opened_is_an_error_of_start)
{
    const example clientd("clientd");
    fs::create_directory(clientd.file(".log"));
    const auto said = clientd({"start"});
    BOOST_TEST(said.status == 1);
    BOOST_TEST(said.out == "");
    BOOST_TEST(said.err ==
               "clientd: cannot open the output file " + clientd.file(".log").string() + ": Is a directory\n");
    BOOST_TEST(!fs::exists(clientd.file(".pid")));
    BOOST_TEST(clientd({"status"}).status == 3);
}

BOOST_AUTO_TEST_CASE(after_a_crash_it_is_known_to_be_dead_and_starts_again)
{
    const example clientd("clientd");
    BOOST_REQUIRE(clientd({"start"}).status == 0);
    const pid_t first = clientd.pid();
    ::kill(first, SIGKILL);
    BOOST_REQUIRE(ends(first));
    const auto said = clientd({"status"});
    BOOST_TEST(said.status == 1);
    BOOST_TEST(said.out.find("dead") != std::string::npos);
    BOOST_TEST(clientd({"start"}).status == 0);
    BOOST_TEST(alive(clientd.pid()));
    BOOST_TEST(clientd({"status"}).status == 0);
}

BOOST_AUTO_TEST_CASE(in_the_foreground_it_is_the_same_daemon)
{
    const example clientd("clientd");
    const std::string program = DAEMONKIT_EXAMPLE_DIR "/clientd";
    const auto said = run({"bash", "-c",
                           program + " run & until " + program +
                               " --quiet status; do sleep 0.01; done; test \"$(cat clientd.pid)\" = $! && " + program +
                               " stop && wait $!"},
                          clientd.directory().string());
    BOOST_TEST(said.status == 0);
    BOOST_TEST(said.out.find("writing the time to ") != std::string::npos, said.out);
    BOOST_TEST(said.out.find("stopped (pid ") != std::string::npos, said.out);
    BOOST_TEST(said.err == "");
    BOOST_TEST(!fs::exists(clientd.file(".pid")));
}

BOOST_AUTO_TEST_SUITE_END()
