// SPDX-License-Identifier: BSL-1.0
// The datagrams that a service manager receives from a daemon, in order: sd_notify(3).
#include "service_manager.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

#include <sys/stat.h>

namespace {

std::string main_pid(service& daemon) { return "MAINPID=" + std::to_string(daemon->pid()); }

using set = std::set<std::string>;

long long microseconds()
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000LL + now.tv_nsec / 1000;
}

/// The socket of a service manager: a path for systemd; for others and for containers also an abstract socket.
struct every_place
{
    temporary_directory directory{};
    std::vector<std::string> names{(directory / "notify").string(),
                                   "@daemonkit-notify-" + directory.path().filename().string()};
};

} // namespace

BOOST_AUTO_TEST_SUITE(life, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(ready_status_reloading_ready_and_stopping_in_this_order)
{
    const every_place places;
    for (const auto& deployment : each_deployment)
        for (const auto& place : places.names) BOOST_TEST_CONTEXT(deployment << ' ' << place)
            {
                service_manager manager(place);
                service daemon({deployment, "run"}, {manager.variable(), "SAYS=serving"});

                const auto ready = manager.next();
                BOOST_TEST((ready.lines() == set{"READY=1", main_pid(daemon)}), ready.text);
                BOOST_TEST(ready.sender == daemon->pid(), "Type=notify accepts messages of the main process only");
                BOOST_TEST(manager.next().text == "STATUS=serving");
                BOOST_TEST(daemon->says("running\n"), "it is told before run() goes on");

                const auto before = microseconds();
                daemon->signal(SIGHUP);
                const auto reloading = manager.next();
                const auto received = microseconds();
                BOOST_TEST(reloading.has("RELOADING=1"), reloading.text);
                const auto when = reloading.value("MONOTONIC_USEC").value_or("in another message");
                BOOST_TEST_REQUIRE(when.find_first_not_of("0123456789") == std::string::npos, when);
                BOOST_TEST(std::stoll(when) >= before);
                BOOST_TEST(std::stoll(when) <= received);
                BOOST_TEST(!reloading.has("READY=1"));
                const auto reloaded = manager.next();
                BOOST_TEST(reloaded.has("READY=1"), reloaded.text);
                BOOST_TEST(daemon->says("on_reload\n"));

                BOOST_TEST(manager.rest().empty());
                daemon->signal(SIGTERM);
                const auto stopping = manager.next();
                BOOST_TEST(stopping.has("STOPPING=1"), stopping.text);
                BOOST_TEST(daemon->status() == 0);
                BOOST_TEST(manager.rest().empty());
            }
}

BOOST_AUTO_TEST_CASE(a_refused_reload_is_ready_again_and_says_why)
{
    const every_place places;
    for (const auto& deployment : each_deployment) BOOST_TEST_CONTEXT(deployment)
        {
            service_manager manager(places.names[0]);
            service daemon({deployment, "run"}, {manager.variable(), "REFUSES=line 7 makes no sense"});
            BOOST_TEST(manager.next().has("READY=1"));
            for (int n = 0; n < 3; ++n) {
                daemon->signal(SIGHUP);
                BOOST_TEST(manager.next().has("RELOADING=1"));
                const auto refused = manager.next();
                BOOST_TEST(refused.has("READY=1"), refused.text);
                const auto status = refused.value("STATUS").value_or("");
                BOOST_TEST(contains(status, "line 7 makes no sense"), refused.text);
            }
            daemon->signal(SIGTERM);
            BOOST_TEST(manager.next().has("STOPPING=1"));
            BOOST_TEST(daemon->status() == 0);
        }
}

BOOST_AUTO_TEST_CASE(a_start_that_fails_sends_the_reason_and_the_errno)
{
    const every_place places;
    for (const auto& deployment : each_deployment) BOOST_TEST_CONTEXT(deployment)
        {
            service_manager manager(places.names[0]);
            const auto file = (places.directory / "missing").string();
            service lacking({deployment, "run"}, {manager.variable(), "LACKS=" + file});
            const auto missing = manager.next();
            BOOST_TEST(missing.has("ERRNO=" + std::to_string(ENOENT)), missing.text);
            BOOST_TEST(contains(missing.value("STATUS").value_or(""), file), missing.text);
            BOOST_TEST(!missing.has("READY=1"));
            BOOST_TEST(lacking->status() != 0);

            service failing({deployment, "run"}, {manager.variable(), "FAILS=no licence"});
            const auto failed = manager.next();
            BOOST_TEST(contains(failed.value("STATUS").value_or(""), "no licence"), failed.text);
            BOOST_TEST(failing->status() == 1);
            for (const auto& more : manager.rest()) BOOST_TEST(!more.has("READY=1"), more.text);
        }
}

BOOST_AUTO_TEST_CASE(stopping_is_said_however_run_ends)
{
    const every_place places;
    for (const auto& deployment : each_deployment)
        for (const auto& [end, status] : {std::pair{"ENDS=42", 42}, std::pair{"ENDS=0", 0}, std::pair{"THROWS=why", 1}})
            BOOST_TEST_CONTEXT(deployment << ' ' << end)
            {
                service_manager manager(places.names[0]);
                service daemon({deployment, "run"}, {manager.variable(), end});
                BOOST_TEST(manager.next().has("READY=1"));
                BOOST_TEST(daemon->status() == status);
                std::set<std::string> said;
                for (const auto& m : manager.rest()) said.merge(m.lines());
                BOOST_TEST(said.count("READY=1") == 0U);
                BOOST_TEST(said.count("STOPPING=1") == 1U);
                BOOST_TEST(said.count("STATUS=why") == (end[0] == 'T' ? 1U : 0U));
            }
}

BOOST_AUTO_TEST_CASE(a_slow_start_asks_for_more_time)
{
    const every_place places;
    for (const auto& deployment : each_deployment) BOOST_TEST_CONTEXT(deployment)
        {
            service_manager manager(places.names[0]);
            service daemon({deployment, "run"}, {manager.variable(), "EXTENDS=2500"});
            BOOST_TEST(manager.next().text == "EXTEND_TIMEOUT_USEC=2500000");
            BOOST_TEST(manager.next().has("READY=1"));
            daemon->signal(SIGTERM);
            BOOST_TEST(manager.next().has("STOPPING=1"));
            BOOST_TEST(daemon->status() == 0);
        }
}

BOOST_AUTO_TEST_CASE(ready_is_said_when_run_says_so)
{
    const every_place places;
    for (const auto& deployment : each_deployment) BOOST_TEST_CONTEXT(deployment)
        {
            service_manager manager(places.names[0]);
            const auto fifo = (places.directory / deployment).string();
            BOOST_TEST_REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
            service daemon({deployment, "run"}, {manager.variable(), "ANNOUNCES=" + fifo});
            BOOST_TEST(daemon->says("on_start\n"));
            BOOST_TEST(manager.rest().empty());
            write_file(fifo, "");
            BOOST_TEST(manager.next().has("READY=1"));
            daemon->signal(SIGTERM);
            BOOST_TEST(manager.next().has("STOPPING=1"));
            BOOST_TEST(daemon->status() == 0);
        }
}

BOOST_AUTO_TEST_CASE(a_status_text_is_one_line_of_utf_8)
{
    const every_place places;
    const std::string long_one(100'000, 'x');
    const struct
    {
        std::string text, contains;
    } texts[] = {{"two\nREADY=1\nlines", "two"},
                 {"STOPPING=1\nSTATUS=", "STOPPING=1"},
                 {"not UTF-8: \xff\xfe\xc3", "not UTF-8: "},
                 {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
                 {"tab\tand bell\a", "tab"},
                 {long_one, "xxxxxxxxx"},
                 {"\n", ""},
                 {"", ""}};
    for (const auto& [text, contains] : texts) BOOST_TEST_CONTEXT(text.substr(0, 20))
        {
            service_manager manager(places.names[0]);
            service daemon({"systemd", "run"}, {manager.variable(), "SAYS=" + text});
            BOOST_TEST(manager.next().has("READY=1"));
            BOOST_TEST(daemon->says("running\n"));
            daemon->signal(SIGTERM);
            std::vector<message> said;
            do said.push_back(manager.next());
            while (!said.back().text.empty() && !said.back().has("STOPPING=1"));
            BOOST_TEST(daemon->status() == 0);
            // No part of a text is taken for a message of its own.
            for (const auto& m : said) {
                if (const auto status = m.value("STATUS"))
                    BOOST_TEST(status->find(contains) != std::string::npos, m.text);
                BOOST_TEST((m.value("STATUS") ? m.lines().size() == 1U : m.has("STOPPING=1")), m.text);
            }
            BOOST_TEST(said.size() <= 2U);
        }
}

BOOST_AUTO_TEST_SUITE_END()
