// SPDX-License-Identifier: BSL-1.0
// The kinds systemd and systemd-socket: systemd.service(5), systemd.exec(5), systemd.socket(5).
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "../sys/process.hpp"
#include "facts.hpp"
#include "fill.hpp"
#include "places.hpp"

namespace daemonkit::detail {

/// The directories that the daemon writes to, as systemd makes them and lets it write there.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string systemd_directories(const artefact_facts& f, bool logs);

/// LimitNOFILE=, Nice= and so on: the daemon sets the same values, and needs no privilege for it then.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string systemd_limits(const artefact_facts& f);

/// The unit file. With a NotifyPolicy the verb run and Type=notify; Type=forking for a daemon that only detaches.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string systemd_unit(const artefact_facts& f);

/// The socket unit.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string systemd_socket(const artefact_facts& f);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::string systemd_directories(const artefact_facts& f, bool logs)
{
    std::string lines;
    std::string others;
    for (const auto& directory : written_directories(f, logs)) {
        struct
        {
            std::string_view below, setting;
        } static constexpr kinds[] = {{"/run/", "RuntimeDirectory="},
                                      {"/var/lib/", "StateDirectory="},
                                      {"/var/log/", "LogsDirectory="},
                                      {"/var/cache/", "CacheDirectory="}};
        bool made = false;
        for (const auto& kind : kinds) {
            if (made || !directory.starts_with(kind.below)) continue;
            lines += sys::joined({kind.setting, systemd_word(directory.substr(kind.below.size())), "\n"});
            made = true;
        }
        if (!made) others += sys::joined({others.empty() ? "" : " ", systemd_word("-" + directory)});
    }
    if (!others.empty()) lines += sys::joined({"ReadWritePaths=", others, "\n"});
    if (!lines.empty()) lines.pop_back();
    return lines;
}

DAEMONKIT_INLINE std::string systemd_limits(const artefact_facts& f)
{
    std::string lines;
    const auto value = [](rlim_t limit) { return limit == RLIM_INFINITY ? "infinity" : std::to_string(limit); };
    for (const auto& limit : f.limits) {
        struct
        {
            int resource;
            const char* name;
        } static constexpr names[] = {
            {RLIMIT_AS, "AS"},       {RLIMIT_CORE, "CORE"},        {RLIMIT_CPU, "CPU"},
            {RLIMIT_DATA, "DATA"},   {RLIMIT_FSIZE, "FSIZE"},      {RLIMIT_MEMLOCK, "MEMLOCK"},
            {RLIMIT_NICE, "NICE"},   {RLIMIT_NOFILE, "NOFILE"},    {RLIMIT_NPROC, "NPROC"},
            {RLIMIT_RSS, "RSS"},     {RLIMIT_RTPRIO, "RTPRIO"},    {RLIMIT_SIGPENDING, "SIGPENDING"},
            {RLIMIT_STACK, "STACK"}, {RLIMIT_MSGQUEUE, "MSGQUEUE"}};
        for (const auto& one : names)
            if (one.resource == limit.resource)
                lines += sys::joined({"Limit", one.name, "=", value(limit.soft), limit.hard ? ":" : "",
                                      limit.hard ? value(*limit.hard) : std::string(), "\n"});
    }
    for (const auto& [name, text] : f.attributes) lines += sys::joined({name, "=", text, "\n"});
    if (!lines.empty()) lines.pop_back();
    return lines;
}

DAEMONKIT_INLINE std::string systemd_unit(const artefact_facts& f)
{
    if (f.program.find_first_of("\"'\\") != f.program.npos)
        refuse_artefact("systemd", "systemd starts no program whose path has quotes or backslashes: " + f.program);
    const bool forks = f.detaches && !f.notifies && f.records_pid;
    const auto command = [&](const char* verb) {
        return sys::joined({systemd_word(f.program), " ", options_of(f, systemd_argument), verb});
    };
    const auto seconds = [](std::chrono::nanoseconds time) { return sys::joined({whole_seconds(time), "s"}); };
    // ioprio_set(2) asks for the capability each time; a fork sets the policy back, and the daemon sets it again
    const bool prioritises = f.attribute("IOSchedulingClass") == "1" || (forks && f.real_time && f.resets_fork);
    const bool unprivileged = !f.worker().empty() && f.becomes.empty();
    const bool signalled = f.reloads && !f.records_pid; // no pid file: nothing but the signal
    return filled(R"([Unit]
Description=@title@
Documentation=@documentation@
After=network.target

[Service]
Type=@type@
PIDFile=@pid@
ExecStart=@start@
# Returns when the daemon has reloaded, and fails if it refused. kill -HUP would not wait for the result.
ExecReload=@reload@
ExecReload=/bin/kill -HUP $MAINPID@?signalled@
# The stop schedule of the daemon waits this long.
TimeoutStopSec=@stop@
KillSignal=@kill@
TimeoutStartSec=@deadline@
WatchdogSec=@watchdog@
FileDescriptorStoreMax=64@?stores@
Restart=on-failure

User=@user@
Group=@group@
# The daemon becomes @becomes@ by itself after on_start().
@directories@
WorkingDirectory=@directory@
UMask=@umask@
@limits@

# Hardening. It can write only to the directories above, and to /tmp of its own.
CapabilityBoundingSet=@?no_capabilities@
# The daemon sets its priority by itself.@?ambient@
AmbientCapabilities=CAP_SYS_NICE@?ambient@
CapabilityBoundingSet=CAP_SYS_NICE@?nice@
CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_KILL CAP_NET_BIND_SERVICE@?root@
CapabilityBoundingSet=CAP_SETGID CAP_SETPCAP CAP_SETUID CAP_SYS_CHROOT CAP_SYS_RESOURCE@?root@
LockPersonality=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes@?tmp@
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=@home@
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
# No ProcSubset=pid: the stamp of the pid file needs /proc/sys/kernel/random/boot_id.@?found@
ProtectProc=invisible@?unprivileged@
ProtectSystem=strict
RemoveIPC=yes@?unprivileged@
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes@?realtime@
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service@?filter@
SystemCallFilter=~@privileged@?unprivileged@@?filter@

[Install]
WantedBy=multi-user.target
)",
                  {{"title", systemd_value(f.title())},
                   {"documentation", f.documentation},
                   {"type", forks        ? "forking"
                            : f.notifies ? "notify"
                                         : "exec"},
                   {"pid", forks ? systemd_value(f.pid_file) : ""},
                   {"start", command(forks ? "start" : "run")},
                   {"reload", f.reloads && !signalled ? command("reload") : ""},
                   {"?signalled", signalled},
                   {"stop", seconds(stop_time(f.stop, true))},
                   {"deadline", f.start_deadline.count() != 0 ? seconds(f.start_deadline) : ""},
                   {"watchdog", f.watchdog.count() != 0 && f.notifies && !forks ? seconds(f.watchdog) : ""},
                   {"?stores", f.takes_sockets && f.notifies},
                   {"user", f.becomes.empty() ? f.user : ""},
                   {"group", f.becomes.empty() && !f.user.empty() ? f.group : ""},
                   {"becomes", f.becomes},
                   {"directories", systemd_directories(f, forks)},
                   {"directory", f.directory == "/" || !f.chroot.empty() ? "" : systemd_value(f.directory)},
                   {"umask", f.umask ? sys::octal(*f.umask) : std::string()},
                   {"limits", systemd_limits(f)},
                   {"home", is_below_home(f) ? "" : "yes"},
                   {"?no_capabilities", unprivileged && !prioritises},
                   {"?ambient", unprivileged && prioritises},
                   {"?nice", !f.worker().empty() && prioritises},
                   {"?root", !f.becomes.empty()},
                   {"?unprivileged", unprivileged},
                   {"?realtime", !f.real_time},
                   {"?filter", f.chroot.empty()},
                   {"?tmp", !writes_below(f, "/tmp/")},
                   {"kill", f.stop.begin()->signal == SIGTERM ? "" : sys::signal_name(f.stop.begin()->signal)},
                   {"?found", f.records_pid}});
}

DAEMONKIT_INLINE std::string systemd_socket(const artefact_facts& f)
{
    if (!f.takes_sockets) refuse_artefact("systemd-socket", "the program does not derive from socket_activation");
    if (f.listen.empty()) refuse_artefact("systemd-socket", "its class says no address in artefact_notes::listen");
    return filled(R"(# systemd listens as soon as this unit is started, and starts the service at the first connection.
[Unit]
Description=The socket of @name@

[Socket]
ListenStream=@listen@

[Install]
WantedBy=sockets.target
)",
                  {{"name", systemd_value(f.name)}, {"listen", systemd_value(f.listen)}});
}

#endif

} // namespace daemonkit::detail
