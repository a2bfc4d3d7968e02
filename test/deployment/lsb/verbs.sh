#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# verbs.sh STATE PID_FILE COMMAND…: puts the service of COMMAND into STATE and calls a verb, for each verb. It knows
# only LSB 3.1, section 20.2, and that a daemon's parent is process 1. It needs a pid namespace in which process 1
# collects ended processes and gets no other children meanwhile. It empties the directory of PID_FILE before each verb.
# The shell command in BREAK makes the states unconfigured, misconfigured (while it runs) and uninstalled. Prints a line
# for each verb; the exit status is 1 if a status or an effect differs from the standard.
set -u
state=$1
pid_file=$2
shift 2
command=("$@")
caller=()
stranger=
wrong=0

cannot() {
    echo "cannot $1"
    exit 99
}
must() {
    timeout 20 "${command[@]}" "$1" >/dev/null || cannot "reach the state $state: $1 ended with $?"
}
# The children of process 1 that have not ended, without those that were there before. Process 1 ignores SIGCHLD, so an
# ended child is Z (zombie) or X (dead) for a moment.
others=
daemons() {
    local file line fields
    for file in /proc/[0-9]*/stat; do
        read -r line 2>/dev/null <"$file" || continue
        read -ra fields <<<"${line##*) }" # after the name: state, parent
        [[ ${fields[0]} == [ZX] || ${fields[1]} != 1 || " $others " == *" ${line%% *} "* ]] || echo "${line%% *}"
    done
}
others=$(daemons | tr '\n' ' ')
kill_all() {
    local process tries
    for process in $(daemons) $stranger; do
        kill -KILL "$process"
        for ((tries = 0; tries < 2000; ++tries)); do
            [ -e "/proc/$process" ] || continue 2
            sleep 0.01
        done
        cannot "get rid of process $process"
    done
    stranger=
}

# Gives the dead daemon's pid to another process, a clock tick later: without pidfd inodes, only the start time tells
# the two apart.
recycle() {
    local tick tries
    tick=$(cut -d ' ' -f 1 /proc/uptime)
    while [ "$tick" = "$(cut -d ' ' -f 1 /proc/uptime)" ]; do :; done
    # An ended process frees its number a moment after it has left /proc.
    for ((tries = 0; tries < 2000; ++tries)); do
        echo $((before - 1)) >/proc/sys/kernel/ns_last_pid || cannot "choose a process number"
        sleep 1000 >/dev/null 2>&1 &
        stranger=$!
        [ "$stranger" != "$before" ] || return 0
        kill -KILL "$stranger"
        wait "$stranger" 2>/dev/null
    done
    cannot "make a process $before"
}

prepare() {
    kill_all
    find "${pid_file%/*}" -mindepth 1 -delete 2>/dev/null
    case $state in
    never_started | unconfigured | uninstalled) ;;
    *) must start ;;
    esac
    before=$(daemons)
    case $state in
    stopped | unprivileged_stopped) must stop ;;
    crashed | unprivileged_crashed) kill_all ;;
    recycled) kill_all && recycle ;;
    deleted) rm "$pid_file" ;;
    unconfigured | misconfigured | uninstalled) eval "$BREAK" ;;
    esac
    before=$(daemons)
    case $state in
    unprivileged_*) caller=(setpriv --reuid=65534 --regid=65534 --clear-groups) ;;
    esac
}

# The effect of the verb on the daemon.
effect() {
    local after
    after=$(daemons)
    if [ -n "$stranger" ] && ! kill -0 "$stranger"; then
        echo stranger_killed
    elif [ -z "$after" ]; then
        echo none
    elif [ "$(wc -l <<<"$after")" -gt 1 ]; then
        echo several
    elif [ -z "$before" ]; then
        echo new
    elif [ "$after" = "$before" ]; then
        echo same
    else
        echo another
    fi
}

# try WORDS STATUSES EFFECTS: the rest of the command line, and the allowed results.
try() {
    local words said status became verdict=good
    prepare
    read -ra words <<<"$1"
    said=$(timeout 20 "${caller[@]}" "${command[@]}" "${words[@]}" 2>&1 </dev/null)
    status=$?
    became=$(effect)
    [[ " $2 " == *" $status "* && " $3 " == *" $became "* ]] || verdict=WRONG
    [ $verdict = good ] || wrong=1
    printf '%-5s %-20s %-13s status %s of {%s}, daemon %s of {%s}: %s\n' \
        $verdict "$state" "$1" "$status" "$2" "$became" "$3" "${said//$'\n'/ | }"
}

case $state in
never_started | stopped)
    try start 0 new
    try stop 0 none
    try restart 0 new
    try try-restart 0 none
    try reload 7 none
    try force-reload "0 7" none # the standard names success for restart only; reload is 7
    try status 3 none
    ;;
running | deleted)
    # Whether there is a pid file is up to the service; whether it runs is checked.
    try start 0 same
    try stop 0 none
    try restart 0 another
    try try-restart 0 another
    try reload 0 same
    try force-reload 0 "same another"
    try status 0 same
    ;;
crashed | recycled)
    # The pid file stays, and the second time another process has its pid.
    try start 0 new
    try stop 0 none
    try restart 0 new
    try try-restart 0 none
    try reload 7 none
    try force-reload "0 7" none
    try status 1 none
    ;;
unprivileged_stopped | unprivileged_crashed)
    try start 4 none
    try stop "0 4" none # nothing to do, or not permitted
    try restart 4 none
    try try-restart "0 4" none
    try reload "4 7" none
    try force-reload "0 4 7" none
    case $state in # without permission to read, the state is unknown
    unprivileged_stopped) try status "3 4" none ;;
    unprivileged_crashed) try status "1 4" none ;;
    esac
    ;;
unprivileged_running)
    try start "0 4" same
    try stop 4 same
    try restart 4 same
    try try-restart 4 same
    try reload 4 same
    try force-reload 4 same
    try status "0 4" same
    ;;
unconfigured)
    try start "1 6" none
    try stop "0 1 6" none
    try restart "1 6" none
    try try-restart "0 1 6" none
    try reload "1 6 7" none
    try force-reload "0 1 6 7" none
    try status "3 4" none
    ;;
misconfigured)
    # While the daemon runs: it goes on unchanged.
    try start 0 same
    try stop 0 none
    try restart "1 6" none
    try try-restart "1 6" none
    try reload "1 6" same
    try force-reload "1 6" same
    try status 0 same
    ;;
uninstalled)
    try start 5 none
    try stop 5 none
    try restart 5 none
    try try-restart 5 none
    try reload 5 none
    try force-reload 5 none
    try status "3 4" none
    ;;
misused)
    # While the daemon runs: wrong use must not affect it. For status, 2 would mean "dead, and its lock file remains".
    try "" 2 same
    try begin "2 3" same
    try "--begin start" "2 3" same
    try "start stop" 2 same
    try "stop start" 2 same
    try "restart excess" 2 same
    try "reload excess" 2 same
    try "status excess" 4 same
    ;;
*) cannot "reach a state $state: it is not known" ;;
esac

kill_all
exit $wrong
