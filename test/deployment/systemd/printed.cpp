// SPDX-License-Identifier: BSL-1.0
// The printed unit of a daemon that is started as root and changes to its user by itself: the capabilities that are left
// to it suffice.
#include "service.hpp"
#include "support/text.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(printed, *boost::unit_test::label("systemd") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(a_daemon_that_changes_its_user_starts_reloads_and_stops)
{
    DAEMONKIT_BOOT(host);
    host.install(DAEMONKIT_ARTEFACT_PROGRAM);
    const auto made =
        host.shell("echo u planted | systemd-sysusers - && mkdir /var/lib/planted && cd /var/lib/planted && "
                   "USER_OF_DAEMON=planted planted print systemd >/etc/systemd/system/planted.service");
    BOOST_TEST_REQUIRE(made.status == 0, made.err);
    host.write_unit("planted.service.d/user.conf", "[Service]\nEnvironment=USER_OF_DAEMON=planted\n");
    const service planted(host, "planted.service");
    BOOST_TEST_REQUIRE(planted("start") == 0, host.journal("planted.service"));
    const auto pid = planted["MainPID"];
    const auto status = host.text("/proc/" + pid + "/status");
    const auto user = host.shell("id -u planted").out;
    BOOST_TEST(contains(status, "Uid:\t" + user.substr(0, user.find('\n')) + "\t"), status);
    BOOST_TEST(contains(status, "CapEff:\t0000000000000000"), status);
    BOOST_TEST(planted("reload") == 0, host.journal("planted.service"));
    BOOST_TEST(planted["MainPID"] == pid);
    BOOST_TEST(planted("stop") == 0);
    BOOST_TEST(planted["Result"] == "success", host.journal("planted.service"));
    BOOST_TEST(!contains(host.journal("planted.service"), "cannot"), host.journal("planted.service"));
}

// A user without rights has the priorities of its daemon, because systemd sets them first. Without them in the unit the
// daemon fails, and doctor says so before.
BOOST_AUTO_TEST_CASE(the_unit_of_a_real_time_daemon_starts_it)
{
    DAEMONKIT_BOOT(host);
    host.install(DAEMONKIT_ARTEFACT_PROGRAM "_realtime");
    const bool adjusts = host.shell("echo -500 >/proc/self/oom_score_adj").status == 0;
    const std::string set = adjusts ? "A=1 " : "NO_OOM=1 ";
    const auto made = host.shell("mkdir /var/lib/planted && chown daemon /var/lib/planted && cd /var/lib/planted && " +
                                 set + "planted_realtime print systemd >/etc/systemd/system/planted.service");
    BOOST_TEST_REQUIRE(made.status == 0, made.err);
    host.write_unit("planted.service.d/limit.conf",
                    "[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=no\nEnvironment=" + set + "\n");
    const service planted(host, "planted.service");
    BOOST_TEST_REQUIRE(planted("start") == 0, host.journal("planted.service"));
    const auto process = "/proc/" + planted["MainPID"];
    BOOST_TEST(contains(host.text(process + "/status"), "CapEff:\t0000000000000000"));
    if (adjusts) BOOST_TEST(contains(host.text(process + "/oom_score_adj"), "-500"));
    const auto scheduling = host.shell("chrt -p " + planted["MainPID"]).out;
    BOOST_TEST((contains(scheduling, "SCHED_FIFO") && contains(scheduling, "priority: 10")), scheduling);
    BOOST_TEST(planted("reload") == 0, host.journal("planted.service"));
    BOOST_TEST(planted("stop") == 0);
    const struct
    {
        std::string lines;
        bool works;
    } drop_ins[] = {
        {"Nice=", false},
        {"OOMScoreAdjust=0", !adjusts},
        {"CPUSchedulingPolicy=", false},
        {"CPUSchedulingPolicy=rr", false},
        {"CPUSchedulingPriority=9", false},
        {"RestrictRealtime=yes", false},
        {"CPUSchedulingPolicy=\nLimitRTPRIO=10\nNice=\nLimitNICE=25", true},
        {"Nice=\nAmbientCapabilities=CAP_SYS_NICE\nCapabilityBoundingSet=CAP_SYS_NICE", true},
        {"CPUSchedulingPriority=11\nNice=-6", true},
    };
    for (const auto& drop_in : drop_ins) {
        if (!adjusts && contains(drop_in.lines, "Limit")) continue; // systemd may not raise a limit either
        host.write_unit("planted.service.d/one.conf", "[Service]\n" + drop_in.lines + "\n");
        const auto seen = host.shell("cd /var/lib/planted && " + set + "planted_realtime doctor").out;
        BOOST_TEST(contains(seen, "error: /etc/systemd/system/planted.service.d/one.conf") == !drop_in.works,
                   drop_in.lines << ": " << seen);
        BOOST_TEST((planted("start") == 0) == drop_in.works, drop_in.lines << ": " << host.journal("planted.service"));
        host.systemctl({"stop", "planted.service"});
        host.systemctl({"reset-failed", "planted.service"});
    }
}

// systemd passes the socket of the printed unit to the printed service at the first connection, and to each that follows
// a crash.
BOOST_AUTO_TEST_CASE(a_connection_to_the_printed_socket_starts_the_printed_service)
{
    DAEMONKIT_BOOT(host);
    host.install(DAEMONKIT_ARTEFACT_PROGRAM "_activated");
    const auto made = host.shell("echo u planted | systemd-sysusers - && mkdir /var/lib/planted && "
                                 "chown planted /var/lib/planted && cd /var/lib/planted && "
                                 "planted_activated print systemd >/etc/systemd/system/planted.service && "
                                 "planted_activated print systemd-socket >/etc/systemd/system/planted.socket && "
                                 "systemctl daemon-reload && systemctl start planted.socket");
    BOOST_TEST_REQUIRE(made.status == 0, made.err);
    const service planted(host, "planted.service");
    const auto answer = [&] {
        const auto said = host({"bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/7778 && head -n 1 <&3"});
        return said.out + said.err;
    };
    BOOST_TEST(planted["ActiveState"] == "inactive");
    BOOST_TEST(answer() == "hello\n", host.journal("planted.service"));
    BOOST_TEST(planted["ActiveState"] == "active");
    const auto pid = planted["MainPID"];
    planted.kill("KILL");
    BOOST_TEST(planted.becomes("NRestarts", "1"));
    BOOST_TEST(answer() == "hello\n", host.journal("planted.service"));
    BOOST_TEST(planted["MainPID"] != pid);
    const auto seen = host.shell("cd /var/lib/planted && planted_activated doctor");
    BOOST_TEST(!contains(seen.out, "/etc/systemd/system/"), seen.out);
    BOOST_TEST(planted("stop") == 0);
    BOOST_TEST(answer() == "hello\n", host.journal("planted.service"));
}

// doctor reports a drop-in as an error if systemd cannot start the daemon with it, and does not report one with which the
// daemon works.
BOOST_AUTO_TEST_CASE(doctor_and_systemd_agree_on_drop_ins)
{
    DAEMONKIT_BOOT(host);
    host.install(DAEMONKIT_ARTEFACT_PROGRAM);
    const auto made = host.shell("echo u planted | systemd-sysusers - && mkdir /var/lib/planted && "
                                 "chown planted /var/lib/planted && cd /var/lib/planted && "
                                 "planted print systemd >/etc/systemd/system/planted.service");
    BOOST_TEST_REQUIRE(made.status == 0, made.err);
    host.write_unit("planted.service.d/limit.conf", "[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=no\n");
    const service planted(host, "planted.service");
    const std::string program = "/usr/local/bin/planted";
    const struct
    {
        std::string lines;
        bool works;
    } drop_ins[] = {
        {"MemoryMax=1G\nKillMode=mixed\nKillSignal=SIGINT\nNotifyAccess=all", true},
        {"SystemCallFilter=~@resources @swap ptrace", true},
        {"SystemCallFilter=\nSystemCallFilter=@system-service", true},
        {"SystemCallFilter=~close_range statx\nSystemCallErrorNumber=EPERM", true},
        {"SystemCallFilter=~signalfd4", true},
        {"SystemCallFilter=~flock", false},
        {"SystemCallFilter=~@ipc", false},
        {"SystemCallFilter=~@process\nSystemCallErrorNumber=EPERM", false},
        {"SystemCallFilter=\nSystemCallFilter=@basic-io @file-system", false},
        {"SystemCallFilter=~prlimit64", false},
        {"RestrictAddressFamilies=AF_INET", true},
        {"RestrictAddressFamilies=\nRestrictAddressFamilies=AF_INET", false},
        {"ReadOnlyPaths=/var/lib /etc", true},
        {"ReadOnlyPaths=-/var/lib/planted", false},
        {"InaccessiblePaths=%S/planted", false},
        {"InaccessiblePaths=/var/lib", false},
        {"TemporaryFileSystem=/var/lib", true},
        {"TemporaryFileSystem=/var/lib\nStateDirectory=", false},
        {"TemporaryFileSystem=/opt", true},
        {"StateDirectory=\nProtectSystem=strict", false},
        {"StateDirectory=\nReadWritePaths=/var/lib", true},
        {"ProcSubset=pid", false},
        {"ExecStart=" + program + " run", false},
        {"ExecStart=\nExecStart=@" + program + " renamed \\\n  # a comment\n  run", true},
        {"ExecStart=\nExecStart=" + program + " status", false},
        {"ExecStart=\nExecStart=" + program + " start", false},
        {"ExecStart=", false},
        {"Type=\nTimeoutStopSec=1h 5min", true},
        {"Environment=\"NOTIFY_SOCKET=/run/x\"\nTimeoutStartSec=2", false},
    };
    for (const auto& drop_in : drop_ins) {
        host.write_unit("planted.service.d/one.conf", "[Service]\n" + drop_in.lines + "\n");
        const auto seen = host.shell("cd /var/lib/planted && planted doctor").out;
        BOOST_TEST(contains(seen, "one.conf") == !drop_in.works, drop_in.lines << ": " << seen);
        BOOST_TEST(contains(seen, "error: /etc/systemd/system/planted.service.d/one.conf") == !drop_in.works);
        // A daemon that start made may be left for a moment. It is not what the unit runs.
        const bool works =
            planted("start") == 0 && planted["ActiveState"] == "active" && planted["SubState"] == "running";
        BOOST_TEST(works == drop_in.works, drop_in.lines << ": " << host.journal("planted.service"));
        host.systemctl({"stop", "planted.service"});
        host.systemctl({"reset-failed", "planted.service"});
    }
}

BOOST_AUTO_TEST_SUITE_END()
