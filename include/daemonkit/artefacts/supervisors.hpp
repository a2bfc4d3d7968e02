// SPDX-License-Identifier: BSL-1.0
// The kinds runit, s6, dinit, supervisord and monit.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "facts.hpp"
#include "fill.hpp"
#include "lsb.hpp"

namespace daemonkit::detail {

/// The user that the supervisor starts the program as; empty: root.
[[nodiscard, gnu::cold]] inline std::string started_as(const artefact_facts& f)
{
    return f.becomes.empty() ? f.user : "";
}

/// USER, or USER:GROUP.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string user_and_group(const artefact_facts& f);

/// A script that makes the service directory of runit(8) at the path that is its argument.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string runit_directory(const artefact_facts& f);

/// A script that makes the service directory of s6-supervise(8) at the path that is its argument.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string s6_directory(const artefact_facts& f);

/// The description of dinit-service(5).
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string dinit_service(const artefact_facts& f);

/// A program of supervisord.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string supervisord_program(const artefact_facts& f);

/// A check of monit(1). Names are quoted: some words, such as daemon, mean something to monit otherwise.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string monit_check(const artefact_facts& f);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::string user_and_group(const artefact_facts& f)
{
    const auto user = started_as(f);
    return user.empty() || f.worker_group() == user ? user : sys::joined({user, ":", f.worker_group()});
}

DAEMONKIT_INLINE std::string runit_directory(const artefact_facts& f)
{
    const auto user = user_and_group(f);
    return filled(R"(#!/bin/sh
# Makes the service directory of @name@ for runit: sh -s /etc/sv/@name@
set -e
mkdir -p "${1:?the directory of the service is missing}/log"
cd "$1"
cat >run <<'END'
#!/bin/sh
# runsv runs this, and restarts it when it exits.
exec 2>&1 # both to log/run
cd @directory@ || exit 1
exec chpst -u @user@ @program@ @instance@run
exec @program@ @instance@run@?root@
END
cat >check <<'END'@?found@
#!/bin/sh@?found@
# "sv start" and "sv check" wait until this succeeds.@?found@
cd @directory@ || exit 1@?found@
exec chpst -u @user@ @program@ --quiet @instance@status@?found@
exec @program@ --quiet @instance@status@?found@@?root@
END@?found@
cat >finish <<'END'
#!/bin/sh
# Called after each exit, with the exit status (-1: killed by a signal) and the signal number.
echo @word@": ended with exit status $1, signal $2"
END
cat >log/run <<'END'
#!/bin/sh
# Writes the output to this directory of the user _runit-log, with times, in ten files of at most 1 MB.
exec chpst -u _runit-log svlogd -tt /var/log/@word@
END
chmod 755 run @check@finish log/run
)",
                  {{"name", f.name},
                   {"word", shell_word(f.name)},
                   {"instance", options_of(f, shell_word), true},
                   {"directory", shell_word(f.directory)},
                   {"user", user.empty() ? user : shell_word(user)},
                   {"program", shell_word(f.program)},
                   {"?found", f.records_pid},
                   {"check", f.records_pid ? "check " : "", true},
                   {"?root", user.empty()}});
}

DAEMONKIT_INLINE std::string s6_directory(const artefact_facts& f)
{
    const auto user = started_as(f);
    return filled(R"(#!/bin/sh
# Makes the service directory of @name@ for s6: sh -s /etc/s6/@name@
set -e
mkdir -p "${1:?the directory of the service is missing}/log"
cd "$1"
cat >run <<'END'
#!/bin/sh
# s6-supervise runs this, and restarts it when it exits.
exec 2>&1 # both to log/run
cd @directory@ || exit 1
exec s6-setuidgid @user@ @program@ @instance@run@ready@
exec @program@ @instance@run@ready@@?root@
END
# The descriptor on which the daemon reports that it is ready.@?ready@
echo 3 >notification-fd@?ready@
cat >finish <<'END'
#!/bin/sh
# Called after each exit, with the exit status (256: killed by a signal) and the signal number.
echo @word@": ended with exit status $1, signal $2"
END
cat >log/run <<'END'
#!/bin/sh
# Writes the output to this directory of the user log, with times, in ten files of at most 1 MB.
exec s6-setuidgid log s6-log t n10 s1000000 /var/log/@word@
END
chmod 755 run finish log/run
)",
                  {{"name", f.name},
                   {"word", shell_word(f.name)},
                   {"instance", options_of(f, shell_word), true},
                   {"directory", shell_word(f.directory)},
                   {"user", user.empty() ? user : shell_word(user)},
                   {"program", shell_word(f.program)},
                   {"?ready", f.notifies},
                   {"ready", f.notifies ? " --ready-fd 3" : "", true},
                   {"?root", user.empty()}});
}

DAEMONKIT_INLINE std::string dinit_service(const artefact_facts& f)
{
    const auto word = [](std::string_view text) {
        const auto once = doubled(text, '$');
        return is_plain(text) ? once : sys::joined({"\"", escaped(once, "\"\\", "\\"), "\""});
    };
    return filled(R"(# /etc/dinit.d/@name@
type = process
command = @program@ @instance@run@ready@
ready-notification = pipefd:3@?ready@
run-as = @user@
working-dir = @directory@
stop-timeout = @stop@
log-type = file
logfile = /var/log/@name@.log
# after a crash
restart = true
)",
                  {{"name", f.name},
                   {"instance", options_of(f, word), true},
                   {"program", word(f.program)},
                   {"ready", f.notifies ? " --ready-fd 3" : "", true},
                   {"?ready", f.notifies},
                   {"user", user_and_group(f)},
                   {"directory", f.directory == "/" ? "" : word(f.directory)},
                   {"stop", std::to_string(whole_seconds(stop_time(f.stop, true)))}});
}

DAEMONKIT_INLINE std::string supervisord_program(const artefact_facts& f)
{
    for (const auto& text : {f.program, f.directory, options_of(f, shell_word)})
        if (text.find(" ;") != text.npos || text.find(" #") != text.npos)
            refuse_artefact("supervisord", "its format takes the rest for a comment in " + text);
    return filled(R"(; /etc/supervisor/conf.d/@name@.conf
[program:@name@]
; run, not start: supervisord supervises the process that it started, and start exits
command=@program@ @instance@run
directory=@directory@
user=@user@
umask=@umask@
autorestart=true
; started after one second; FATAL after three failures in a row
startsecs=1
startretries=3
; TERM stops it cleanly; then KILL
stopsignal=TERM
stopwaitsecs=@stop@
; its output, in ten files of at most 1 MB
redirect_stderr=true
stdout_logfile=/var/log/@name@.log
stdout_logfile_maxbytes=1MB
stdout_logfile_backups=10
)",
                  {{"name", f.name},
                   {"instance", doubled(options_of(f, shell_word), '%'), true},
                   {"program", doubled(shell_word(f.program), '%')},
                   {"directory", f.directory == "/" ? "" : doubled(f.directory, '%')},
                   {"user", started_as(f)},
                   {"umask", f.umask ? sys::octal(*f.umask) : std::string()},
                   {"stop", std::to_string(whole_seconds(stop_time(f.stop, true)))}});
}

DAEMONKIT_INLINE std::string monit_check(const artefact_facts& f)
{
    require_found(f, "monit");
    const auto user = started_as(f);
    const auto group = user.empty() ? user : f.worker_group();
    const auto word = [](std::string_view text) {
        if (!text.empty() && !is_plain(text))
            refuse_artefact("monit", sys::joined({"its format cannot quote a character in ", text}));
        return std::string(text);
    };
    return filled(R"(# /etc/monit/conf.d/@name@
check process "@name@" with pidfile "@pid@"
    start program = "/bin/sh -c 'cd @directory@ && exec @program@ @options@start'"
        as uid "@user@" and gid "@group@"
    stop program = "/bin/sh -c 'cd @directory@ && exec @program@ @options@stop'"
        as uid "@user@" and gid "@group@"
    if 5 restarts within 5 cycles then unmonitor
)",
                  {{"name", word(f.name)},
                   {"options", options_of(f, word), true},
                   {"pid", word(f.pid_file)},
                   {"directory", word(f.directory)},
                   {"program", word(f.program)},
                   {"user", word(user)},
                   {"group", word(group)}});
}

#endif

} // namespace daemonkit::detail
