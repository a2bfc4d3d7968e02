#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# doctor.sh CASE BUILD_DIR: plants faults on a host of its own, and expects a finding for each, worst first. The host has
# the files of this machine; its /etc/systemd/system, /etc/logrotate.d, users and /run are its own.
# shellcheck disable=SC2015,SC2016 # fail() always fails
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
    command -v python3 >/dev/null || skip "there is no python3"
    python3 -c '
import json, sys
said = json.loads(sys.argv[1])
assert said["name"] == "planted" and said["healthy"] is True, said
assert {f["severity"] for f in said["findings"]} == {"note"}, said' "$said" || fail "JSON"
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
    says 'error: the user planted does not exist: /run/planted-program print sysusers >'
    install_all >/dev/null
    printf '[Service]\nType=forking\nExecStart=/run/planted-program run\n' >/etc/systemd/system/planted.service
    rm /etc/logrotate.d/planted
    doctor 1
    says 'error: line 7 has no colon: correct the configuration'
    says 'error: /run/planted, on the way to /run/planted/planted.pid, is not safe: group planted (54321) and others may write'
    says 'error: /run/planted/planted.pid is a symbolic link: remove it'
    says 'error: /run/planted/planted.log has other names (hard links)'
    says 'error: /etc/systemd/system/planted.service:2: Type=forking waits'
    says "warning: /run/planted/planted.log is also written by sleep (pid $!)"
    says 'warning: no rule of logrotate names /run/planted/planted.log'
    silent 'nothing is wrong'
    [ "$(wc -l <<<"$said")" -ge 7 ] || fail "a finding is more than a line: $said"
    worst_first
    grep -q 'error:' <<<"$(head -n 1 <<<"$said")" || fail "the worst is not first: $said"
    lines=$(wc -l <<<"$said")
    doctor 1 --json
    command -v python3 >/dev/null || skip "there is no python3"
    python3 -c '
import json, sys
said = json.loads(sys.argv[1])
assert said["healthy"] is False and len(said["findings"]) == int(sys.argv[2]), said
order = ["error", "warning", "note"]
rank = [order.index(f["severity"]) for f in said["findings"]]
assert rank == sorted(rank), rank' "$said" "$lines" || fail "JSON"
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
    # Each line that disagrees, by its number; drop-ins count, and the last assignment.
    install_all
    unit() {
        printf '[Unit]\nDescription=x\n[Service]\n' >/etc/systemd/system/planted.service
        printf '%s\n' "$@" >>/etc/systemd/system/planted.service
        doctor "$status"
    }
    status=1
    unit 'Type=notify' 'ExecStart=/usr/bin/other run'
    says 'planted.service:5: ExecStart= does not start this program, /run/planted-program'
    unit 'Type=notify' 'ExecStart=/run/planted-program start'
    says 'planted.service:5: ExecStart= calls start, which detaches'
    unit 'ExecStart=/run/planted-program run' 'Type=simple'
    says 'warning: /etc/systemd/system/planted.service:5: Type=simple does not wait'
    unit 'Type=forking' 'ExecStart=/run/planted-program start' 'PIDFile=/run/x.pid' 'WatchdogSec=5'
    says 'planted.service:6: PIDFile=/run/x.pid, but the daemon records its pid in /run/planted/planted.pid'
    says 'planted.service:7: WatchdogSec= is set, but the daemon sends no pings'
    unit 'Type=notify' 'ExecStart=/run/planted-program run' 'TimeoutStopSec=2s' 'User=root' 'ProcSubset=pid' \
        'SystemCallFilter=~@privileged @resources'
    says 'planted.service:6: TimeoutStopSec=2s kills the daemon earlier than its stop schedule, 7 s: set TimeoutStopSec=7s'
    says 'planted.service:7: User=root, but the program is made for planted'
    says 'planted.service:8: ProcSubset=pid'
    says 'planted.service:9: SystemCallFilter=~@resources'
    worst_first
    status=0
    unit 'Type=simple' 'Type=notify' 'ExecStart=/run/planted-program run' '# User=root' ';ProcSubset=pid'
    mkdir /etc/systemd/system/planted.service.d
    printf '[Service]\nTimeoutStopSec=1s\n' >/etc/systemd/system/planted.service.d/stop.conf
    doctor 1
    says 'planted.service.d/stop.conf:2: TimeoutStopSec=1s'
    # A program that notifies nothing and records nothing.
    rm -r /etc/systemd/system/planted.service.d
    cp "$build/planted_supervised" "$program"
    "$program" print systemd >/etc/systemd/system/planted.service
    doctor 0
    ;;
hidden)
    install_all
    mount -o remount,hidepid=2 /proc 2>/dev/null || mount -t proc -o hidepid=2 proc /proc || skip "cannot mount /proc so"
    doctor 1
    says 'warning: /proc hides the processes of other users (hidepid)'
    mount -t proc -o subset=pid proc /proc || skip "this kernel has no subset=pid"
    doctor 1
    says 'error: /proc/sys/kernel/random/boot_id does not exist'
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
