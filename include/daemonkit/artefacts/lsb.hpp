// SPDX-License-Identifier: BSL-1.0
// The kinds lsb and openrc: an init script. The program has the verbs and the exit statuses of LSB 3.1, section 20.2.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "facts.hpp"
#include "fill.hpp"

namespace daemonkit::detail {

/// An init script calls stop and status, so the daemon must be found.
[[gnu::cold]] DAEMONKIT_INLINE void require_found(const artefact_facts& f, const char* kind);

/// The init script. Not that of /lib/lsb/init-functions: on a systemd host that passes each verb to systemctl.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string lsb_script(const artefact_facts& f);

/// The service script of OpenRC.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string openrc_script(const artefact_facts& f);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE void require_found(const artefact_facts& f, const char* kind)
{
    if (!f.records_pid)
        refuse_artefact(kind, "the daemon has no pid file, so stop and status cannot find it: use a service manager");
    if (!f.detaches) refuse_artefact(kind, "the daemon does not detach, so start would not return: use a fork policy");
}

DAEMONKIT_INLINE std::string lsb_script(const artefact_facts& f)
{
    require_found(f, "lsb");
    const auto title = f.description.empty() ? f.name : sys::joined({f.name, " ", f.description});
    return filled(R"(#!/bin/sh
# /etc/init.d/@name@: the init script of @name@, for hosts with and without systemd, and for Pacemaker's class lsb:.
# @name@ itself has the verbs and the exit statuses of LSB 3.1, section 20.2. This script does not source
# /lib/lsb/init-functions: on a systemd host it passes each verb to systemctl, and the unit stays active after a crash.
#
# systemd-sysv-generator makes a unit of this script. The next line tells the unit which process is the daemon:
# pidfile: @pid@
#
### BEGIN INIT INFO
# Provides:          @name@
# Required-Start:    $remote_fs
# Required-Stop:     $remote_fs
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: @title@
# Description:       @title@
### END INIT INFO

program=@program@
user=@user@
group=@group@
directory=@directory@
verb=${1-}

# fail STATUS SENTENCE. `status` exits with 4, unknown: its other numbers are answers about the daemon.
fail() {
    echo @word@": $2" >&2
    if [ "$verb" = status ]; then exit 4; fi
    exit "$1"
}

case $verb:$# in
start:1 | stop:1 | restart:1 | try-restart:1 | reload:1 | force-reload:1 | status:1) ;;
*) fail 2 "usage: $0 {start|stop|restart|try-restart|reload|force-reload|status}" ;;
esac
[ -x "$program" ] || fail 5 "$program is not installed"
id "$user" >/dev/null || fail 6 "the user $user does not exist"@?user@
cd "$directory" || fail 6 "the directory $directory does not exist"@?directory@
exec "$program" @instance@"$verb"@?root@
case $(id -un) in@?user@
root)@?user@
    setpriv --reuid="$user" --regid="$group" --init-groups true || fail 6 "cannot become $user, group $group"@?user@
    exec setpriv --reuid="$user" --regid="$group" --init-groups "$program" @instance@"$verb"@?user@
    ;;@?user@
"$user") exec "$program" @instance@"$verb" ;;@?user@
*) fail 4 "run it as root or as $user" ;;@?user@
esac@?user@
)",
                  {{"name", f.name},
                   {"word", shell_word(f.name)},
                   {"instance", options_of(f, shell_word), true},
                   {"title", title},
                   {"pid", f.pid_file},
                   {"program", shell_word(f.program)},
                   {"user", f.becomes.empty() && !f.user.empty() ? shell_word(f.user) : ""},
                   {"group", f.becomes.empty() && !f.user.empty() ? shell_word(f.worker_group()) : ""},
                   {"?user", f.becomes.empty() && !f.user.empty()},
                   {"?root", !f.becomes.empty() || f.user.empty()},
                   {"directory", f.directory == "/" ? "" : shell_word(f.directory)},
                   {"?directory", f.directory != "/"}});
}

DAEMONKIT_INLINE std::string openrc_script(const artefact_facts& f)
{
    require_found(f, "openrc");
    // Twice a word: of this script, and of the shell that su(1) runs. The verb is a plain word.
    const bool other = f.becomes.empty() && !f.user.empty();
    const auto inner = sys::joined({"exec ", shell_word(f.program), " --quiet ", options_of(f, shell_word)});
    return filled(R"(#!/sbin/openrc-run
# shellcheck shell=sh disable=SC2034 # openrc-run reads the variables
# /etc/init.d/@name@: @name@ detaches itself, and its own verbs find it. start returns when it is ready, or prints why
# it is not. status reports a crash. stop returns when the process is gone.
description=@description@
extra_started_commands="reload"@?reloads@
description_reload="Reload the configuration"@?reloads@

depend() {
    after localmount
    use net logger
}

call() {
    (cd @directory@ && exec su -s /bin/sh -c @inner@"$1" @user@)
    (cd @directory@ && exec @program@ --quiet @instance@"$1")@?root@
}

start() {
    ebegin "Starting $RC_SVCNAME"
    call start
    eend $?
}

stop() {
    ebegin "Stopping $RC_SVCNAME"
    call stop
    eend $?
}
@?reloads@
reload() {@?reloads@
    ebegin "Reloading $RC_SVCNAME"@?reloads@
    call reload@?reloads@
    eend $?@?reloads@
}@?reloads@

status() {
    call status
    case $? in
    0) einfo "status: started" ;;
    1) eerror "status: crashed"; return 1 ;;
    3) einfo "status: stopped"; return 3 ;;
    *) eerror "status: unknown"; return 4 ;;
    esac
}
)",
                  {{"name", f.name},
                   {"description", shell_word(f.description.empty() ? f.name : f.description)},
                   {"instance", options_of(f, shell_word), true},
                   {"?reloads", f.reloads},
                   {"directory", shell_word(f.directory)},
                   {"inner", shell_word(inner)},
                   {"user", other ? shell_word(f.user) : ""},
                   {"program", shell_word(f.program)},
                   {"?root", !other}});
}

#endif

} // namespace daemonkit::detail
