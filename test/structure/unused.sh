#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# unused.sh SOURCE_DIR DAEMON_DIR EXAMPLE_DIR COMPILER: a daemon that uses no service manager, no socket activation, no
# container and no container log has no code of them: no text, no symbol, and none of their headers among its sources.
# The daemon `notified`, which uses them, shows that this script detects it. Each variant of clientd has no code of the
# others. Prints each violation.
cd "$1" || exit 1
daemons=$2 examples=$3 compiler=$4
violations=0
violation() {
    echo "$1: $2"
    violations=$((violations + 1))
}
if ! command -v nm >/dev/null || ! command -v strings >/dev/null; then
    echo "SKIPPED: nm or strings is not installed"
    exit 0
fi

headers=(notify/service_notify notify/detail/service_line signal/reaping_signals socket_activation stderr_log
    sys/notify_socket sys/passed_descriptor sys/unit)
texts='NOTIFY_SOCKET|WATCHDOG|LISTEN_|RELOADING|READY=1|STOPPING=1|STATUS=|MAINPID|EXTEND_TIMEOUT|FDSTORE'
symbols='service_notify|service_line|notify_socket|notify_status|reaping|reap_any|collect_children|on_child|listen_fds|socket_activation|stderr_log|watchdog|manager|unit_of'

texts_in() { strings --data "$1" | grep -E "$texts"; }
symbols_in() { nm --demangle "$1" | grep -E "$symbols"; }
headers_in() { "$compiler" -std=c++20 -Iinclude -Itest -M "$1" | tr ' ' '\n' | sed -n 's|[^/]*/\.\./||; s|^include/daemonkit/\(.*\)\.hpp$|\1|p'; }

for header in "${headers[@]}"; do
    [ -f "include/daemonkit/$header.hpp" ] || violation "$header.hpp" "is not there any more: name here what has taken its place"
done
for see in texts_in symbols_in; do
    [ -n "$($see "$daemons/notified")" ] || violation notified "$see finds nothing in it, so it would find nothing anywhere"
done
headers_in test/daemon/notified.cpp | grep -qx notify/detail/service_line || violation notified "headers_in does not see its headers"

for daemon in bare started; do
    while read -r line; do violation "$daemon" "contains the text $line"; done < <(texts_in "$daemons/$daemon")
    while read -r line; do violation "$daemon" "contains the symbol $line"; done < <(symbols_in "$daemons/$daemon")
    compiled=$(headers_in "test/daemon/$daemon.cpp")
    for header in "${headers[@]}"; do
        ! grep -qx "$header" <<<"$compiled" || violation "$daemon" "compiles $header.hpp"
    done
done

# The program around the daemon: options, check, instances, printed files. A program that asks for none has none.
around='lease_|guards_of_all|kill_timer|worker_thread|listed_options|program_option|list_instances|instances_at|for_instance|artefact|findings|call_check|configured_'
for user in opted instanced signalled leading; do
    nm --demangle "$daemons/$user" | grep -qE "$around" || violation "$user" "has no such code, so where is it?"
done
nm --demangle "$examples/relayd" | grep -q artefact || violation relayd "prints no files, so what does?"
for daemon in bare started commanded; do
    while read -r line; do violation "$daemon" "contains the symbol $line"; done \
        < <(nm --demangle "$daemons/$daemon" | grep -E "$around")
    ! headers_in "test/daemon/$daemon.cpp" | grep -E '^(artefacts|lease|etcd)' || violation "$daemon" "compiles these headers"
done

# Texts of the clientd for every deployment, which the others must lack.
lacks() {
    local text
    for text in "${@:2}"; do
        strings --data "$examples/clientd" | grep -q "$text" || violation clientd "lacks the text $text, so who has it?"
        # doctor knows the variables of a service manager by their names.
        ! strings --data "$examples/$1" | grep -v '^NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID' | grep "$text" || violation "$1" "contains the text $text"
    done
}
lacks clientd_sysv NOTIFY_SOCKET RELOADING=1 'open the pipe for signals'
lacks clientd_systemd 'fork the second time' 'read the pid file' 'open the log file' 'open the pipe for signals'
lacks clientd_container NOTIFY_SOCKET RELOADING=1 'fork the second time' 'read the pid file' 'open the log file'

echo "$violations violations"
[ "$violations" -eq 0 ]
