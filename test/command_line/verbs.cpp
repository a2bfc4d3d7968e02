// SPDX-License-Identifier: BSL-1.0
// Every verb in every state: its exit status (LSB 3.1, section 20.2), its message, and the state afterwards.
#include "support.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstring>

namespace fs = boost::filesystem;

namespace {

enum class state { stopped, running, dead };
enum class then { stopped, running, another, dead };

struct row
{
    const char* verb;
    state before;
    int status;
    then after;
    const char* says; ///< N: the pid of the daemon afterwards; O: the pid of the one before
};

const char* name_of(state s) { return s == state::stopped ? "stopped" : s == state::running ? "running" : "dead"; }

std::string with_pids(std::string text, pid_t before, pid_t after)
{
    for (const auto& [letter, pid] : {std::pair{'N', after}, std::pair{'O', before}})
        if (const auto at = text.find(std::string("pid ") + letter); at != std::string::npos)
            text.replace(at + 4, 1, std::to_string(pid));
    return text;
}

/// Brings a program into a state; returns the pid of the daemon that runs or ran.
pid_t bring(const program& p, state wanted)
{
    if (wanted == state::stopped) return 0;
    BOOST_REQUIRE(p({"start"}).status == 0);
    const pid_t pid = p.pid();
    BOOST_REQUIRE(alive(pid));
    if (wanted == state::dead) {
        put_down(pid);
        BOOST_REQUIRE(fs::exists(p.pid_file));
    }
    return pid;
}

void check_row(program& p, const row& r)
{
    BOOST_TEST_CONTEXT(p.name << " " << r.verb << " when " << name_of(r.before))
    {
        const pid_t before = bring(p, r.before);
        const auto said = p({r.verb});
        const pid_t after = p.pid();
        BOOST_TEST(said.status == r.status);
        BOOST_TEST(said.streams_ended);
        const auto& channel = r.status == 0 || std::strcmp(r.verb, "status") == 0 ? said.out : said.err;
        BOOST_TEST(contains(channel, with_pids(r.says, before, after)),
                   "said '" << said.out << said.err << "', not '" << with_pids(r.says, before, after) << "'");
        BOOST_TEST(channel.size() == said.out.size() + said.err.size()); // and nothing is printed on the other stream
        switch (r.after) {
        case then::stopped:
            BOOST_TEST(!fs::exists(p.pid_file));
            BOOST_TEST(p.nobody_left());
            break;
        case then::running:
        case then::another:
            BOOST_TEST(alive(after));
            BOOST_TEST((p.processes() == std::vector{after}));
            BOOST_TEST((after == before) == (r.after == then::running && r.before == state::running));
            break;
        case then::dead:
            BOOST_TEST(fs::exists(p.pid_file));
            BOOST_TEST(p.nobody_left());
            break;
        }
        put_down(r.after == then::dead ? 0 : after);
        fs::remove(p.pid_file);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(verbs, *boost::unit_test::label("process"))

BOOST_AUTO_TEST_CASE(keep_the_table_of_exit_statuses)
{
    program p;
    for (const row& r : {
             row{"start", state::stopped, 0, then::running, "commanded: started (pid N)\n"},
             row{"start", state::running, 0, then::running, "commanded: already running (pid O)\n"},
             row{"start", state::dead, 0, then::another, "commanded: started (pid N)\n"},
             row{"stop", state::stopped, 0, then::stopped, "commanded: not running\n"},
             row{"stop", state::running, 0, then::stopped, "commanded: stopped (pid O, SIGTERM)\n"},
             row{"stop", state::dead, 0, then::stopped, "commanded: not running\n"},
             row{"restart", state::stopped, 0, then::running, "commanded: started (pid N)\n"},
             row{"restart", state::running, 0, then::another, "commanded: started (pid N)\n"},
             row{"restart", state::dead, 0, then::another, "commanded: started (pid N)\n"},
             row{"try-restart", state::stopped, 0, then::stopped, "commanded: not running\n"},
             row{"try-restart", state::running, 0, then::another, "commanded: started (pid N)\n"},
             row{"try-restart", state::dead, 0, then::stopped, "commanded: not running\n"},
             row{"reload", state::stopped, 7, then::stopped, "commanded: not running\n"},
             row{"reload", state::running, 0, then::running, "(pid O)\n"},
             row{"reload", state::dead, 7, then::dead, "commanded: not running\n"},
             row{"force-reload", state::stopped, 7, then::stopped, "commanded: not running\n"},
             row{"force-reload", state::running, 0, then::running, "(pid O)\n"},
             row{"force-reload", state::dead, 7, then::dead, "commanded: not running\n"},
             row{"status", state::stopped, 3, then::stopped, "commanded: not running\n"},
             row{"status", state::running, 0, then::running, "commanded: running (pid O) since "},
             row{"status", state::dead, 1, then::dead, "commanded: dead, but its stale record exists in "},
             row{"run", state::running, 1, then::running, "commanded: already running (pid O)\n"},
         })
        check_row(p, r);
}

BOOST_AUTO_TEST_CASE(a_daemon_without_reload_is_restarted_by_force)
{
    program p("plain");
    for (const row& r : {
             row{"reload", state::stopped, 3, then::stopped, "plain \"quoted\": cannot reload: "},
             row{"reload", state::running, 3, then::running, "plain \"quoted\": cannot reload: "},
             row{"force-reload", state::stopped, 0, then::stopped, "plain \"quoted\": not running\n"},
             row{"force-reload", state::running, 0, then::another, "plain \"quoted\": started (pid N)\n"},
             row{"force-reload", state::dead, 0, then::stopped, "plain \"quoted\": not running\n"},
         })
        check_row(p, r);
}

BOOST_AUTO_TEST_CASE(a_start_that_fails_leaves_nothing)
{
    struct failure
    {
        const char* variable;
        int status;
        const char* sentence;
    };
    for (const failure& f :
         {failure{"FAILS=cannot open the socket: taken", 1, "commanded: cannot open the socket: taken\n"},
          failure{"EXITS=yes", 9, "commanded: the daemon exited with status 9 before it was ready\n"},
          failure{"DIES=yes", 1, "commanded: the daemon was killed by signal 9 (Killed) before it was ready\n"}})
        for (const char* verb : {"start", "restart"}) BOOST_TEST_CONTEXT(verb << " " << f.variable)
            {
                program p;
                p.environment = {f.variable};
                const auto said = p({verb});
                BOOST_TEST(said.status == f.status);
                BOOST_TEST(said.err == f.sentence);
                BOOST_TEST(said.out.empty());
                BOOST_TEST(said.streams_ended);
                BOOST_TEST(!fs::exists(p.pid_file));
                BOOST_TEST(p.nobody_left());
                BOOST_TEST(p({"status"}).status == 3);
            }
    program p;
    p.environment = {"FAILS=cannot open the socket: taken"};
    const auto foreground = p({"run"});
    BOOST_TEST(foreground.status == 1);
    BOOST_TEST(foreground.err == "commanded: cannot open the socket: taken\n");
    BOOST_TEST(!fs::exists(p.pid_file));
}

BOOST_AUTO_TEST_CASE(a_restart_that_fails_says_so_and_leaves_nothing)
{
    program p;
    const pid_t before = bring(p, state::running);
    p.environment = {"FAILS=no"};
    const auto said = p({"restart"});
    BOOST_TEST(said.status == 1);
    BOOST_TEST(said.err == "commanded: no\n");
    BOOST_TEST(!alive(before));
    BOOST_TEST(!fs::exists(p.pid_file));
    BOOST_TEST(p.nobody_left());
}

BOOST_AUTO_TEST_CASE(reload_reaches_the_hook)
{
    program p;
    bring(p, state::running);
    const auto trace = p.pid_file.string() + ".reloaded";
    BOOST_TEST(p({"reload"}).status == 0);
    BOOST_TEST(eventually([&] { return fs::exists(trace); }));
    fs::remove(trace);
    BOOST_TEST(p({"force-reload"}).status == 0);
    BOOST_TEST(eventually([&] { return fs::exists(trace); }));
}

BOOST_AUTO_TEST_CASE(run_stays_in_the_foreground_and_can_be_found)
{
    program p;
    const auto said = in_child([&] {
        const pid_t child = ::fork();
        if (child == 0) ::_exit(execute(p.command({"run"})));
        if (!eventually([&] { return p({"status"}).status == 0; })) return 90;
        if (p.pid() != child) return 91; // no fork
        if (p({"start"}).out != "commanded: already running (pid " + std::to_string(child) + ")\n") return 92;
        return p({"stop"}).status;
    });
    BOOST_TEST(said.status == 0);
    BOOST_TEST(said.out.empty());
    BOOST_TEST(said.err.empty());
    BOOST_TEST(!fs::exists(p.pid_file));
}

BOOST_AUTO_TEST_CASE(a_daemon_without_pid_file_names_the_verbs_it_lacks)
{
    program p("unrecorded");
    for (const char* verb : {"stop", "restart", "try-restart", "reload", "force-reload"}) {
        const auto said = p({verb});
        BOOST_TEST(said.status == 3);
        BOOST_TEST(said.err.find(std::string("unrecorded: cannot ") + verb + ": this daemon has no pid file") == 0U);
        BOOST_TEST(said.out.empty());
    }
    const auto status = p({"status"});
    BOOST_TEST(status.status == 4);
    BOOST_TEST(
        status.err ==
        "unrecorded: status unknown: this daemon has no pid file: ask the service manager or container that runs it\n");
    const auto json = p({"status", "--json"});
    BOOST_TEST(json.status == 4);
    BOOST_TEST(json.out ==
               "{\"schema\": 1, \"name\": \"unrecorded\", \"state\": \"unknown\", \"pid\": null, "
               "\"since\": null, \"uptime\": null, \"ready\": null, \"where\": \"\", "
               "\"status_text\": null, \"error\": \"this daemon has no pid file: ask the service manager or "
               "container that runs it\", \"suspended\": null}\n");
    BOOST_TEST(json.err.empty());
    BOOST_TEST(!contains(p({"--help"}).out, "  stop "));
    BOOST_TEST(p.processes().empty());

    const auto started = p({"start"});
    BOOST_TEST(started.status == 0);
    BOOST_REQUIRE(p.processes().size() == 1U);
    BOOST_TEST(started.out == "unrecorded: started (pid " + std::to_string(p.processes().front()) + ")\n");
}

BOOST_AUTO_TEST_CASE(status_is_text_for_people_and_json_for_machines)
{
    program p("plain");
    const pid_t pid = bring(p, state::running);
    const auto text = p({"status"});
    BOOST_TEST(text.out.find("plain \"quoted\": running (pid " + std::to_string(pid) + ") since ") == 0U);
    BOOST_TEST(contains(text.out, ", recorded in " + p.pid_file.string() + ", ready, up "));
    BOOST_TEST(text.out.ends_with(" s\n"));
    // ps shows the start time in whole seconds; the kernel counts hundredths since boot, so the two can differ by one.
    const auto ps = run({"sh", "-c", "date -u -d \"$(ps -o lstart= -p " + std::to_string(pid) + ")\" +%s"});
    const auto json = p({"--json", "status"});
    BOOST_TEST(json.status == 0);
    const auto field = [&](const char* name) {
        return run({"python3", "-c", "import json,sys,datetime; print(json.loads(sys.argv[1])[sys.argv[2]])", json.out,
                    name})
            .out;
    };
    if (run({"python3", "-c", ""}).status != 0 || ps.status != 0) DAEMONKIT_SKIP("python3 or ps is not installed");
    BOOST_TEST(field("name") == "plain \"quoted\"\n");
    BOOST_TEST(field("state") == "running\n");
    BOOST_TEST(field("pid") == std::to_string(pid) + "\n");
    BOOST_TEST(field("where") == p.pid_file.string() + "\n");
    const auto since = run({"date", "-u", "-d", field("since"), "+%s"});
    BOOST_TEST(std::labs(std::atol(since.out.c_str()) - std::atol(ps.out.c_str())) <= 1);

    put_down(pid);
    BOOST_TEST(p({"status", "--json"}).status == 1);
    fs::remove(p.pid_file);
    BOOST_TEST(p({"status", "--json"}).status == 3);
    fs::create_directory(p.pid_file);
    const auto unknown = p({"status", "--json"});
    BOOST_TEST(unknown.status == 4);
    BOOST_TEST(contains(unknown.out, "\"state\": \"unknown\""));
    BOOST_TEST(run({"python3", "-c", "import json,sys; json.loads(sys.argv[1])", unknown.out}).status == 0);
    BOOST_TEST(unknown.err.empty());
    const auto complaint = p({"status"});
    BOOST_TEST(complaint.status == 4);
    BOOST_TEST(complaint.out.empty());
    BOOST_TEST(contains(complaint.err, "status unknown: cannot "));
}

BOOST_AUTO_TEST_SUITE_END()
