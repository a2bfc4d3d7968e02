#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# doctor.sh CASE BUILD_DIR: plants faults on a host of its own, and expects a finding for each, worst first. The host has
# the files of this machine; its /etc/systemd/system, /etc/logrotate.d, users and /run are its own.
# shellcheck disable=SC1003,SC2015,SC2016 # lines of units; fail() always fails
set -u
case=$1 build=$2
failures=0
fail() {
    echo "$case: $1"
    failures=$((failures + 1))
}
skip() {
    echo "SKIPPED: $1"
    exit 0
}
if [ -z "${DOCTOR_HOST-}" ]; then
    [ "$(id -u)" -eq 0 ] || skip "needs root"
    unshare --mount --pid --fork true 2>/dev/null || skip "cannot make namespaces here"
    DOCTOR_HOST=1 exec unshare --mount --pid --fork --kill-child "$0" "$@"
fi

mount -t proc proc /proc && mount -t tmpfs tmpfs /run || skip "cannot mount here"
mkdir -p /run/etc/system /run/etc/logrotate.d /run/planted
for file in passwd group; do
    cp "/etc/$file" "/run/etc/$file"
    mount --bind "/run/etc/$file" "/etc/$file"
done
mkdir -p /etc/systemd/system /etc/logrotate.d
mount --bind /run/etc/system /etc/systemd/system && mount --bind /run/etc/logrotate.d /etc/logrotate.d || skip "cannot mount here"
schema=$(dirname "$(dirname "$(dirname "$(realpath "$0")")")")/include/daemonkit/artefacts/doctor.schema.json
program=/run/planted-program
cp "$build/planted" "$program"
cd /run/planted || exit 1

# A host as print makes it.
install_all() {
    echo 'planted:x:54321:54321::/run/planted:/bin/sh' >>/etc/passwd
    echo 'planted:x:54321:' >>/etc/group
    chown planted: .
    "$program" print systemd >/etc/systemd/system/planted.service
    "$program" print logrotate >/etc/logrotate.d/planted
}
doctor() { # STATUS [option]: the output is in $said
    said=$("$program" doctor "${@:2}" 2>&1)
    local status=$?
    [ "$status" -eq "$1" ] || fail "exit status $status, not $1: $said"
}
says() { grep -qF -- "$1" <<<"$said" || fail "it does not say '$1': $said"; }
silent() { ! grep -q -- "$1" <<<"$said" || fail "it says $1: $said"; }
# fits_schema [NAME]: the output of --json fits the schema, and no changed one does.
fits_schema() {
    python3 -c 'from jsonschema import Draft202012Validator' 2>/dev/null ||
        skip "python3-jsonschema is not installed, or too old for JSON Schema 2020-12"
    python3 - "$schema" "$said" "${1-planted}" <<'END' || fail "JSON: $said"
import copy, json, sys
from jsonschema import Draft202012Validator
schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
validate = Draft202012Validator(schema)
said = json.loads(sys.argv[2])
validate.validate(said)
assert said["name"] == sys.argv[3]
def changed(member, value, finding=None):
    other = copy.deepcopy(said)
    (other if finding is None else other["findings"][finding])[member] = value
    return other
changes = [{k: v for k, v in said.items() if k != one} for one in said]
changes += [changed(m, v) for m, v in [("schema", 2), ("schema", "1"), ("name", 1), ("healthy", not said["healthy"]),
                                       ("healthy", None), ("findings", {}), ("findings", [1])]]
for i, finding in enumerate(said["findings"]):
    changes.append(changed("findings", [{k: v for k, v in finding.items() if k != "advice"}]))
    changes += [changed(m, v, i) for m, v in [("severity", "bad"), ("about", ""), ("finding", ""), ("advice", "")]]
accepted = [c for c in changes if validate.is_valid(c)]
assert not accepted, accepted
END
}
worst_first() {
    local order
    # shellcheck disable=SC2001
    order=$(sed 's/^planted: \([a-z]*\):.*/\1/' <<<"$said")
    [ "$order" = "$(sed 's/error/1 &/; s/warning/2 &/; s/note/3 &/' <<<"$order" | sort -s -n -k 1,1 | cut -d ' ' -f 2)" ] ||
        fail "not worst first: $said"
}

case $case in
healthy)
    install_all
    doctor 0
    silent 'error:\|warning:'
    says 'planted: note: planted 1.2 (daemonkit '
    says 'planted: nothing is wrong'
    doctor 0 --json
    fits_schema
    ;;
faults)
    # Seven faults, and the user of the class does not exist.
    chmod 777 .
    ln -s /etc/passwd planted.pid
    ln planted.pid other
    : >planted.log
    ln planted.log other.log
    sleep 1000 >>planted.log &
    printf '[Service]\nType=forking\nExecStart=/run/planted-program run\n' >/etc/systemd/system/planted.service
    export CHECK="line 7 has no colon"
    doctor 1
    says 'error: line 7 has no colon'
    says 'error: the user planted does not exist: /run/planted-program print sysusers | systemd-sysusers -'
    install_all >/dev/null
    printf '[Service]\nType=forking\nExecStart=/run/planted-program run\n' >/etc/systemd/system/planted.service
    rm /etc/logrotate.d/planted
    doctor 1
    says 'error: line 7 has no colon: correct the configuration'
    says 'error: /run/planted, on the way to /run/planted/planted.pid, is not safe: group planted (54321) and others may write'
    says 'error: /run/planted/planted.pid is a symbolic link: remove it'
    says 'error: /run/planted/planted.log has other names (hard links)'
    says 'error: /etc/systemd/system/planted.service:2: Type=forking: systemd waits'
    says "warning: /run/planted/planted.log is also written by sleep (pid $!)"
    says 'warning: no rule of logrotate names /run/planted/planted.log'
    silent 'nothing is wrong'
    [ "$(wc -l <<<"$said")" -ge 7 ] || fail "a finding is more than a line: $said"
    worst_first
    grep -q 'error:' <<<"$(head -n 1 <<<"$said")" || fail "the worst is not first: $said"
    lines=$(wc -l <<<"$said")
    doctor 1 --json
    fits_schema
    [ "$lines" -eq "$(grep -o '"severity": ' <<<"$said" | wc -l)" ] || fail "another number of findings in JSON: $said"
    ;;
running)
    # The daemon itself does not count as another writer. Its program is replaced while it runs, and then it crashes.
    export USER_OF_DAEMON=planted
    install_all
    chown root: .
    "$program" start >/dev/null || fail "start"
    doctor 0
    cp "$program" "$program.new" && mv "$program.new" "$program"
    doctor 1
    says 'runs a program that was replaced since: call restart'
    kill -KILL "$(head -n 1 planted.pid)"
    for ((i = 0; i < 1000; i++)); do
        "$program" --quiet status >/dev/null && sleep 0.01 || break
    done
    doctor 1
    says 'warning: the daemon has died; its stale record is in /run/planted/planted.pid'
    ;;
unit)
    # A unit of its own: each line that disagrees, by its number. The last assignment counts.
    install_all
    unit() {
        printf '[Unit]\nDescription=x\n[Service]\n' >/etc/systemd/system/planted.service
        printf '%s\n' "$@" >>/etc/systemd/system/planted.service
        doctor "$status"
    }
    run=ExecStart=/run/planted-program\ run reload=ExecReload=/run/planted-program\ reload
    file=/etc/systemd/system/planted.service
    status=1
    unit 'Type=notify' 'ExecStart=/usr/bin/other run'
    says "error: $file:5: ExecStart=/usr/bin/other run: it does not start this program, /run/planted-program: correct the path"
    says "warning: $file:3: User= is not set: the program is made for planted: set User=planted"
    says "warning: $file:3: ExecReload= is not set: systemctl reload does not reload the daemon: set $reload"
    unit 'Type=notify' 'ExecStart=/run/planted-program start'
    says "$file:5: ExecStart=/run/planted-program start: start detaches"
    unit 'Type=notify' 'ExecStart=/run/planted-program \' ' # a comment' '; another' '  start' "$reload" User=planted
    says "$file:5: ExecStart=/run/planted-program    start: start detaches"
    unit "$run" 'Type=simple'
    says "warning: $file:5: Type=simple: systemd does not wait until the daemon is ready"
    unit "$run" User=planted "$reload"
    says "warning: $file:3: Type= is not set: systemd does not wait until the daemon is ready"
    unit 'Type=forking' 'ExecStart=/run/planted-program start' 'PIDFile=/run/x.pid' 'WatchdogSec=5'
    says "$file:6: PIDFile=/run/x.pid: the daemon records its pid in /run/planted/planted.pid"
    says "$file:7: WatchdogSec=5: the daemon sends no pings"
    unit 'Type=notify' "$run" 'TimeoutStopSec=2s' 'User=root' 'ProcSubset=pid' 'SystemCallFilter=~@privileged @network-io'
    says "$file:6: TimeoutStopSec=2s: systemd kills the daemon earlier than its stop schedule, 7 s: set TimeoutStopSec=7s"
    says "$file:7: User=root: the program is made for planted"
    says "$file:8: ProcSubset=pid"
    says "$file:9: SystemCallFilter=~@privileged @network-io: it refuses what the daemon calls: bind "
    worst_first
    unit 'Type=notify' "$run" "$reload" User=planted ProtectSystem=no DynamicUser=yes
    says "error: $file:9: DynamicUser=yes: it makes /run/planted read-only, where the pid file is: add ReadWritePaths="
    unit 'Type=notify' 'Restart=always'
    says "error: $file:3: ExecStart= is not set: systemd refuses the unit: set ExecStart=/run/planted-program run"
    printf 'Type=notify\nWatchdogSec=25\n' >$file
    doctor 1
    says "warning: $file:1: Type=notify: systemd ignores the line, which is not in [Service]"
    # Comments, continued lines, specifiers, quotes, prefixes, a wrapper, another name of the same file, and lines that
    # systemd ignores because of their values.
    status=0
    unit Type=simple '  Type = notify' "ExecStart=-\"/run/planted-program\" \\" '# a comment' '   run' '# User=root' \
        ';ProcSubset=pid' 'ExecReload=/usr/bin/env /run/planted-program reload' 'PIDFile=%t/planted/%p.pid' \
        TimeoutSec=1 'TimeoutStopSec=1min 2s' TimeoutStartSec=5min User=54321 KillMode=
    ln -s planted-program /run/other-name
    unit Type=notify 'ExecStart=@/run/other-name status --timeout 5 run' "$reload" User=planted Group=planted
    unit Type=notify "ExecStart=/bin/sh -c 'exec /run/planted-program run'" "$reload" User=planted
    # A program that notifies nothing and records nothing.
    cp "$build/planted_supervised" "$program"
    "$program" print systemd >$file
    doctor 0
    ;;
drop-ins)
    # One fault in a drop-in beside the printed unit.
    install_all
    place=/etc/systemd/system/planted.service.d
    plant() { # SEVERITY SENTENCE LINE…: the last line is the one that is reported
        local severity=$1 sentence=$2 line=$#
        mkdir -p $place
        printf '%s\n' '[Service]' "${@:3}" >$place/fault.conf
        doctor "$([ "$severity" = note ] || [ "$severity" = nothing ] && echo 0 || echo 1)"
        if [ "$severity" = nothing ]; then
            silent fault.conf
        else
            says "$severity: $place/fault.conf:$((line - 1)): $sentence"
            [ "$(grep -c "fault.conf" <<<"$said")" -eq 1 ] || fail "more than one finding: $said"
        fi
    }
    p=/run/planted-program
    plant error 'Type=oneshot: systemd waits for the end of ExecStart=, which calls run' Type=oneshot
    plant error 'Type=forking: systemd waits' PIDFile=/run/planted/planted.pid WatchdogSec=0 Type=forking
    plant warning 'Type=exec: systemd does not wait until the daemon is ready' Type=exec
    plant warning 'Type=dbus: systemd does not wait until the daemon is ready' Type=dbus
    plant warning 'Type=notify-socket: systemd ignores the line because it cannot read the value' Type=notify-socket
    plant error "ExecStart=$p run: it is a second command" "ExecStart=$p run"
    plant error 'ExecStart= is not set' ExecStart=
    plant error "ExecStart=/usr/bin/other run: it does not start" ExecStart= 'ExecStart=/usr/bin/other run'
    plant error "ExecStart=$p status: status is not the verb" ExecStart= "ExecStart=$p status"
    plant error "ExecStart=$p -p 5 start: start detaches" ExecStart= "ExecStart=$p -p 5 start"
    plant warning 'ExecReload= is not set: systemctl reload does not reload the daemon' ExecReload=
    plant warning "ExecReload=$p restart: restart does not reload" ExecReload= "ExecReload=$p restart"
    plant note 'ExecReload=/bin/kill -HUP $MAINPID: it does not wait' ExecReload= 'ExecReload=/bin/kill -HUP $MAINPID'
    plant error 'ExecReload=/bin/kill -s INT $MAINPID: this signal stops' ExecReload= 'ExecReload=/bin/kill -s INT $MAINPID'
    plant warning 'ExecReload=/bin/kill -USR1 $MAINPID: the daemon does not reload' ExecReload= 'ExecReload=/bin/kill -USR1 $MAINPID'
    plant warning "ExecStop=$p reload: it does not stop" "ExecStop=$p reload"
    plant warning 'ExecStop=/bin/kill -9 $MAINPID: the daemon ends without its clean-up' 'ExecStop=/bin/kill -9 $MAINPID'
    plant error 'PIDFile=planted.pid: the daemon records its pid in /run/planted/planted.pid' PIDFile=planted.pid
    plant warning 'TimeoutSec=25: systemd kills the daemon earlier than the deadline of its start, 30 s' TimeoutSec=5 TimeoutSec=25
    plant warning 'TimeoutStartSec=20s: systemd kills the daemon earlier than the deadline of its start, 30 s' TimeoutStartSec=20s
    plant warning 'TimeoutStopSec=6999ms: systemd kills' TimeoutStopSec=6999ms
    plant warning 'TimeoutStopSec=abc: systemd ignores the line because it cannot read the value' TimeoutStopSec=abc
    plant warning 'WatchdogSec=5: systemd kills the daemon: its run() calls wait_for() every 20 s only' WatchdogSec=5
    plant error 'KillSignal=SIGHUP: the daemon reloads at this signal' KillSignal=SIGHUP
    plant error 'KillSignal=9: the daemon ends without its clean-up' KillSignal=9
    plant error 'KillSignal=SIGUSR1: this signal does not stop' KillSignal=SIGUSR1
    plant error 'RestartKillSignal=SIGQUIT: this signal does not stop' RestartKillSignal=SIGQUIT
    plant warning 'KillMode=none: systemd does not stop the daemon' KillMode=none
    plant warning 'KillMode=process: children of the daemon outlive it' KillMode=process
    plant warning 'SendSIGKILL=no: a daemon that does not stop is left' SendSIGKILL=no
    plant warning 'RemainAfterExit=yes: the unit stays active' RemainAfterExit=yes
    plant note 'NotifyAccess=none: systemd takes it for main' NotifyAccess=none
    plant warning 'User=root: the program is made for planted' User=root
    plant warning 'User= is not set: the program is made for planted' User=
    plant warning 'Group=root: the program is made for the group planted' Group=root
    plant error 'SystemCallFilter=@basic-io: it refuses what the daemon calls: fcntl' SystemCallFilter= SystemCallFilter=@basic-io
    plant error 'SystemCallFilter=~flock: it refuses what the daemon calls: flock:' SystemCallFilter=~flock
    plant error 'SystemCallFilter=~@process:EPERM: it refuses what the daemon calls: pidfd_open prctl wait4:' SystemCallFilter=~@process:EPERM
    plant error 'RestrictAddressFamilies=AF_INET: the daemon needs' RestrictAddressFamilies= RestrictAddressFamilies=AF_INET
    plant error 'ReadOnlyPaths=/run/planted: it makes /run/planted read-only, where the pid file is' ReadOnlyPaths=/run/planted
    plant error 'InaccessiblePaths=%t/planted: it hides /run/planted, where the pid file is' InaccessiblePaths=%t/planted
    plant error 'RuntimeDirectory= is not set: ProtectSystem=strict makes /run/planted read-only, where the pid file is' RuntimeDirectory=
    plant error 'ProcSubset=pid: it hides' ProcSubset=pid
    plant error 'Environment="NOTIFY_SOCKET=/run/x": systemd passes this variable' 'Environment="NOTIFY_SOCKET=/run/x"'
    # What the program does not depend on.
    plant nothing '' 'Description=other'
    plant nothing '' MemoryMax=1G Restart=always RestartSec=1 'Environment="A=1" B=2' Nice=5 LimitCORE=0 KillMode=mixed \
        KillSignal=SIGINT PrivateNetwork=yes MemoryDenyWriteExecute=yes TimeoutStopSec=infinity TimeoutStartSec=0 \
        WatchdogSec=1min NotifyAccess=all SendSIGHUP=yes "ExecStartPre=/bin/true" "ExecStop=$p stop" \
        'SystemCallFilter=~ptrace @swap' ProtectSystem=full ReadWritePaths=/srv CPUQuota=50% 'ReadOnlyPaths=/etc -/run' \
        'SystemCallFilter=~@resources signalfd4' TemporaryFileSystem=/opt:ro ExecReload= 'ExecReload=/usr/bin/pkill -HUP planted' \
        ExecStart= "ExecStart=/bin/sh -c 'cd / && exec planted-program run'"
    plant nothing '' ExecStart= 'ExecStart=/usr/bin/env A=1 planted-program run' PrivateTmp=disconnected
    plant nothing '' Type=forking NotifyAccess=none WatchdogSec=0 PIDFile=/var/run/planted/planted.pid ExecStart= \
        "ExecStart=$p --quiet start" 'RuntimeDirectory=planted:other' ReadWritePaths=
    plant error 'TemporaryFileSystem=/run/planted:rw: it hides /run/planted, where the pid file is' TemporaryFileSystem=/run/planted:rw
    cp "$build/planted_supervised" $p # reads its signals from a descriptor
    "$p" print systemd >/etc/systemd/system/planted.service
    plant error 'SystemCallFilter=~signalfd4: it refuses what the daemon calls: signalfd4:' SystemCallFilter=~signalfd4
    plant error 'SystemCallFilter=~@signal: it refuses what the daemon calls: rt_sigaction rt_sigprocmask signalfd4:' SystemCallFilter=~@signal
    plant error "ExecReload=$p reload: this daemon has nothing to reload" "ExecReload=$p reload"
    plant error 'PIDFile=/run/planted.pid: the daemon has no pid file' PIDFile=/run/planted.pid
    plant nothing '' ProcSubset=pid ReadOnlyPaths=/run SystemCallFilter=~flock
    ;;
priorities)
    # What the unit must set before it drops the privileges for it.
    program=/run/planted/program
    cp "$build/planted_realtime" $program
    id daemon >/dev/null || skip "there is no user daemon"
    chown daemon: .
    place=/etc/systemd/system/planted.service.d
    mkdir $place
    $program print systemd >/etc/systemd/system/planted.service
    $program print logrotate >/etc/logrotate.d/planted
    doctor 0
    plant() {
        printf '%s\n' '[Service]' "${@:2}" >$place/fault.conf
        if [ -z "$1" ]; then
            doctor 0
        else
            doctor 1
            says "error: $place/fault.conf:$#: $1"
        fi
    }
    plant 'Nice= is not set: the daemon sets -5, and its user may not: set Nice=-5' Nice=
    plant 'Nice=3: the daemon sets -5, and its user may not: set Nice=-5' Nice=3
    plant 'OOMScoreAdjust=0: the daemon sets -500' OOMScoreAdjust=0
    plant 'CPUSchedulingPolicy= is not set: the daemon sets fifo, and its user may not: set CPUSchedulingPolicy=fifo and CPUSchedulingPriority=10' CPUSchedulingPolicy=
    plant 'CPUSchedulingPolicy=rr: the daemon sets fifo' CPUSchedulingPolicy=rr
    plant 'CPUSchedulingPriority=9: the daemon sets 10' CPUSchedulingPriority=9
    plant 'RestrictRealtime=yes: it refuses' RestrictRealtime=yes
    plant '' Nice=-6 CPUSchedulingPriority=11
    plant '' CPUSchedulingPolicy= LimitRTPRIO=10 Nice= LimitNICE=25
    plant '' CPUSchedulingPolicy= Nice= AmbientCapabilities=CAP_SYS_NICE CapabilityBoundingSet=CAP_SYS_NICE
    plant 'Nice= is not set' AmbientCapabilities=CAP_SYS_NICE Nice=
    ;;
remedies)
    # What doctor advises works as it is printed, for a program, a name, a directory and an option that need quotes.
    program="/run/a 'b/planted"
    mkdir "/run/a 'b" /run/bin "/run/c d" && cp "$build/planted" "$program" && cd "/run/c d" || exit 1
    export NAME="e f" PATH=/run/bin:$PATH
    # In a root directory of its own, because /etc/passwd here is a mount point.
    if command -v systemd-sysusers >/dev/null; then
        printf '#!/bin/sh\nexec %s --root=/run/root "$@"\n' "$(command -v systemd-sysusers)" >/run/bin/systemd-sysusers
        chmod +x /run/bin/systemd-sysusers
        mkdir -p /run/root/etc
    fi
    paste() { # FINDING: runs what stands behind it
        local advice
        advice=$(grep -F -- "$1" <<<"$said") || fail "no '$1': $said"
        advice=${advice#*"$1"}
        sh -c "$advice" || fail "it cannot be pasted: $advice"
    }
    doctor 1 --text "g h"
    if command -v systemd-sysusers >/dev/null; then
        paste 'the user planted does not exist: '
        grep -q ^planted: /run/root/etc/passwd || fail "no user"
    fi
    echo 'planted:x:54321:54321::/:/bin/sh' >>/etc/passwd
    echo 'planted:x:54321:' >>/etc/group
    doctor 1 --text "g h"
    says "error: user planted (54321) may not write to /run/c d"
    paste 'may not write to /run/c d: print tmpfiles says how to make it at each boot; now: '
    [ "$(stat -c %U .)" = planted ] || fail "the directory is not that of the user"
    paste 'which grows without limit: '
    grep -qF -- "--quiet '--text=g h' reload" '/etc/logrotate.d/e f' || fail "no option in the rule"
    doctor 0 --text "g h"
    # The directory of a daemon that is started elsewhere, and one of the system.
    cd /run && chmod 755 . || exit 1
    doctor 1
    says 'may not write to /run: choose a directory that belongs to this user alone'
    silent 'owner=planted /run$'
    # One of several instances.
    unset NAME
    program=/run/planted-program
    cp "$build/../example/relayd" $program
    mkdir /run/relayd && cd /run/relayd || exit 1
    doctor 1 --state .
    paste 'which grows without limit: '
    doctor 0 --state .
    grep -qF -- '--instance main --state=. reload' /etc/logrotate.d/relayd-main || fail "another instance in the rule"
    ;;
odd)
    # A text of check() does not reach the terminal as it is; a FIFO has no end; a daemon without a pid file is no fault.
    install_all
    CHECK=$'line 7\n\e]0;title\a: error' doctor 1
    says 'planted: error: line 7'
    ! grep -q $'[\e\a]' <<<"$said" || fail "controls: $said"
    ! grep -v '^planted: ' <<<"$said" || fail "a line feed: $said"
    export NO_PID_FILE=1
    "$program" print systemd >/etc/systemd/system/planted.service
    rm /etc/logrotate.d/planted
    doctor 1
    says 'note: it cannot be found out whether the daemon runs: it has no pid file'
    says 'which grows without limit: write a rule with copytruncate'
    silent 'error:'
    unset NO_PID_FILE
    install_all
    mkdir -p /etc/init.d /etc/systemd/system/planted.service.d && mount -t tmpfs tmpfs /etc/init.d || skip "cannot mount here"
    mkfifo /etc/logrotate.d/a /etc/init.d/planted /etc/systemd/system/planted.service.d/a.conf
    said=$(timeout 20 "$program" doctor 2>&1) || fail "status $?: $said"
    rm /etc/systemd/system/planted.service && mkfifo /etc/systemd/system/planted.service
    said=$(timeout 20 "$program" doctor 2>&1) || fail "status $?: $said"
    ;;
settings)
    # Without settings nothing is looked at, and with --json there is JSON.
    export SETTINGS=$'line 7 has\n no "colon"'
    doctor 6
    says 'planted-program: cannot make the settings: line 7 has'
    doctor 6 --json
    says '"finding": "cannot make the settings: line 7 has\u000a no \"colon\""'
    fits_schema planted-program
    ;;
others)
    # A rule of logrotate that leaves the daemon at the old log, and init scripts with another pid file.
    install_all
    rule() {
        printf '%s\n' '# ours' '/var/log/x /run/planted/*.log {' weekly "$@" '}' '/other {' copytruncate '}' >/etc/logrotate.d/planted
    }
    rule create
    doctor 1
    says 'warning: /etc/logrotate.d/planted:2: the rule for /run/planted/planted.log does not reload the daemon'
    for line in copytruncate 'postrotate
        systemctl reload planted
        endscript' 'postrotate
        kill -HUP "$(head -n 1 ${directory}/planted.pid)"
        endscript'; do
        rule "$line"
        doctor 0
    done
    mkdir -p /etc/init.d && mount -t tmpfs tmpfs /etc/init.d || skip "cannot mount here"
    "$program" print lsb >/etc/init.d/planted
    doctor 0
    sed -i 's,^# pidfile: .*,# pidfile: /run/x.pid,' /etc/init.d/planted
    doctor 1
    says "error: /etc/init.d/planted:$(grep -n '^# pidfile' /etc/init.d/planted | cut -d : -f 1): the script names the pid file /run/x.pid, but the daemon records its pid in /run/planted/planted.pid"
    "$program" print openrc >/etc/init.d/planted
    doctor 0
    printf '#!/sbin/openrc-run\npidfile="/run/${RC_SVCNAME}.pid"\n' >/etc/init.d/planted
    doctor 0
    printf '#!/sbin/openrc-run\npidfile="/run/y.pid"\n' >/etc/init.d/planted
    doctor 1
    says 'error: /etc/init.d/planted:2: the script names the pid file /run/y.pid'
    ;;
printed)
    # doctor agrees with each unit that print makes, also beside drop-ins that do not concern the program.
    install_all
    mkdir /run/built /run/installed
    cp "$build/planted" "$build/planted_supervised" "$build"/../example/{clientd,clientd_*,relayd} /run/built
    for directory in /home /srv /tmp /var/lib; do mount -t tmpfs tmpfs "$directory" || skip "cannot mount here"; done
    agrees() { # DIRECTORY PROGRAM [option…]
        local program=/run/installed/${2%%_*} unit=${2%%_*}
        mkdir -p "$1" && cd "$1" && cp "/run/built/$2" "$program" || exit 1
        shift 2
        if [ "$unit" = relayd ]; then unit=relayd@; fi
        "$program" "$@" print systemd >"/etc/systemd/system/$unit.service" || fail "print"
        mkdir "/etc/systemd/system/$unit.service.d"
        printf '%s\n' '[Unit]' Description=x '[Service]' MemoryMax=1G Restart=always Environment=A=1 \
            >"/etc/systemd/system/$unit.service.d/x.conf"
        said=$("$program" "$@" doctor)
        silent '/etc/systemd/system/'
        echo KillMode=none >>"/etc/systemd/system/$unit.service.d/x.conf" # shows that doctor reads the unit
        said=$("$program" "$@" doctor)
        says 'service.d/x.conf:7: KillMode=none'
        rm -r /etc/systemd/system/*
    }
    USER_OF_DAEMON=nobody agrees /run/planted planted
    for directory in /run/planted /var/lib/x /srv "/run/a b%n\$x" /tmp/x /home/x; do
        agrees "$directory" planted
        agrees "$directory" planted_supervised
    done
    for program in clientd clientd_sysv clientd_systemd clientd_container; do agrees /var/lib/clientd $program; done
    agrees /run/relayd relayd
    agrees /run/relayd relayd --from 7002
    ;;
search)
    # Where systemd looks, and which file is masked by another one: systemd.unit(5).
    install_all
    mount -t tmpfs tmpfs /usr/lib/systemd/system || skip "cannot mount here"
    etc=/etc/systemd/system run=/run/systemd/system lib=/usr/lib/systemd/system
    mkdir -p $run $lib $etc/planted.service.d $run/planted.service.d $lib/planted.service.d $lib/service.d
    mv $etc/planted.service $lib
    drop() { printf '[Service]\n%s\n' "$2" >"$1"; }
    drop $lib/planted.service.d/50-a.conf KillMode=none
    drop $run/planted.service.d/40-b.conf SendSIGKILL=no
    drop $etc/planted.service.d/60-c.conf TimeoutStopSec=1
    drop $lib/service.d/10-d.conf RemainAfterExit=yes
    drop $etc/planted.service.d/ignored.txt KillSignal=SIGHUP
    doctor 1
    says "$lib/planted.service.d/50-a.conf:2: KillMode=none"
    says "$run/planted.service.d/40-b.conf:2: SendSIGKILL=no"
    says "$etc/planted.service.d/60-c.conf:2: TimeoutStopSec=1"
    says "$lib/service.d/10-d.conf:2: RemainAfterExit=yes"
    silent KillSignal
    ln -s /dev/null $etc/planted.service.d/50-a.conf             # masks the file of this name below
    drop $etc/planted.service.d/40-b.conf SendSIGKILL=yes        # replaces it
    drop $lib/planted.service.d/70-e.conf TimeoutStopSec=10      # a later name, in whichever directory
    drop $etc/planted.service.d/80-f.conf RemainAfterExit=no
    doctor 0
    drop $lib/planted.service.d/90-g.conf KillMode=none
    drop $lib/planted.service.d/91-h.conf KillMode=
    doctor 0
    cp $lib/planted.service $run/planted.service
    echo KillSignal=SIGHUP >>$lib/planted.service # in [Install], of a file that is not read
    doctor 0
    ln -s /dev/null $etc/planted.service
    doctor 0
    says 'note: planted.service is masked: systemd does not start it'
    ;;
instances)
    # The template unit that print makes for each instance, and its drop-ins.
    cp "$build/../example/relayd" $program
    etc=/etc/systemd/system
    template=$etc/planted-program@.service
    "$program" --from 7000 print systemd >$template
    echo '/run/planted/*.log /run/planted/./*.log { copytruncate }' >/etc/logrotate.d/planted
    doctor 0 --instance a --from 7000 --state .
    doctor 0 --instance b
    doctor 0 # the instance main
    mkdir $etc/planted-program@.service.d $etc/planted-program@a.service.d $etc/planted-.service.d
    printf '[Service]\nTimeoutStopSec=1\n' >$etc/planted-program@.service.d/stop.conf
    printf '[Service]\nKillMode=none\n' >$etc/planted-program@a.service.d/mode.conf
    printf '[Service]\nSendSIGKILL=no\n' >$etc/planted-.service.d/prefix.conf
    doctor 1 --instance a
    says "warning: $etc/planted-program@.service.d/stop.conf:2: TimeoutStopSec=1"
    says "warning: $etc/planted-program@a.service.d/mode.conf:2: KillMode=none"
    says "warning: $etc/planted-.service.d/prefix.conf:2: SendSIGKILL=no"
    doctor 1 --instance b
    says "@.service.d/stop.conf:2"
    silent KillMode
    # In another directory the program finds other files.
    mkdir /run/elsewhere && cd /run/elsewhere || exit 1
    doctor 1 --instance b
    says "error: $template:7: PIDFile=/run/planted/relayd-%i.pid: the daemon records its pid in /run/elsewhere/relayd-b.pid"
    says "note: $template:17: WorkingDirectory=/run/planted: relative paths of the program lead elsewhere than here, in /run/elsewhere"
    cd /run/planted || exit 1
    rm -r $etc/planted-program@.service.d $etc/planted-program@a.service.d $etc/planted-.service.d
    sed 's/ --instance "%i"//' $template >$etc/x && mv $etc/x $template
    doctor 1 --instance a
    says "ExecStart=$program --from=7000 start: it names no instance"
    sed 's/ --from/ --instance=b --from/' $template >$etc/planted-program@a.service
    doctor 1 --instance a
    says "ExecStart=$program --instance=b --from=7000 start: it is for the instance b, not a"
    ;;
hidden)
    install_all
    mount -o remount,hidepid=2 /proc 2>/dev/null || mount -t proc -o hidepid=2 proc /proc || skip "cannot mount /proc so"
    doctor 1
    says 'warning: /proc hides the processes of other users (hidepid)'
    mount -t proc -o subset=pid proc /proc || skip "this kernel has no subset=pid"
    doctor 1
    says 'error: /proc/sys/kernel/random/boot_id does not exist'
    chmod 777 .
    mount -t tmpfs tmpfs /proc
    if ! grep -q __asan_init "$program"; then # AddressSanitizer cannot follow an exception without /proc
        doctor 1
        says 'error: /proc/sys/kernel/random/boot_id does not exist'
        says 'is not safe: group planted (54321) and others may write'
        says 'note: planted 1.2'
    fi
    ;;
sandbox)
    # A seccomp filter that refuses pidfd_open(2) and close_range(2) with EPERM.
    command -v python3 >/dev/null || skip "there is no python3"
    install_all
    said=$(python3 - "$program" <<'END' 2>&1
import ctypes, os, struct, sys
code = [(0x20, 0, 0, 0), (0x15, 1, 0, 434), (0x15, 0, 1, 436), (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7fff0000)]
program = b"".join(struct.pack("HBBI", *line) for line in code)
buffer = ctypes.create_string_buffer(program)
fprog = struct.pack("HxxxxxxP", len(code), ctypes.addressof(buffer))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, fprog, 0, 0) == 0, ctypes.get_errno()
os.execv(sys.argv[1], [sys.argv[1], "doctor"])
END
    )
    status=$?
    [ "$status" -eq 1 ] || fail "exit status $status: $said"
    says 'error: the system call pidfd_open is refused here: allow it'
    says 'error: the system call close_range is refused here: allow it'
    silent 'pidfd_send_signal\|signalfd\|setrlimit'
    ;;
unchanged)
    # The files of the host before and after; and no call that could change one.
    install_all
    chown root: .
    "$program" start >/dev/null
    chmod 777 .
    snapshot() { find /run /etc/systemd /etc/logrotate.d -printf '%p %i %m %u %g %s %T@ %C@ %l\n' | sort; }
    umask 027
    before=$(snapshot)
    doctor 1
    doctor 1 --json
    [ "$before" = "$(snapshot)" ] || fail "changed: $(diff <(echo "$before") <(snapshot))"
    if command -v strace >/dev/null; then
        ASAN_OPTIONS=detect_leaks=0 strace -f -o /run/trace "$program" doctor >/dev/null 2>&1
        changes=$(grep -E 'O_(WRONLY|RDWR|CREAT|TRUNC)|^[0-9]+ +(unlink|mkdir|rename|chmod|fchmod|chown|fchown|truncate|ftruncate|link|symlink|flock|kill|fork|vfork|clone)' /run/trace |
            grep -v 'ENOENT\|F_GETFL')
        [ -z "$changes" ] || fail "it calls $changes"
    fi
    chmod 755 .
    "$program" stop >/dev/null || fail stop
    ;;
esac
exit $((failures > 0))
