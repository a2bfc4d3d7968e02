#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# kinds.sh KIND BUILD_DIR SUPERVISORS: prints one kind of file from a program and in a directory whose names need quotes.
# The checker of the format accepts the file, and what the file says is done with exactly these names.
# shellcheck disable=SC2015,SC2016 # texts for other shells; fail() always fails
set -u
kind=$1 build=$2 supervisors=$3
base=$(mktemp -d) || exit 1
chmod 755 "$base"
failures=0
pid_file=
finish() {
    if [ -n "$pid_file" ] && [ -s "$pid_file" ]; then kill -KILL "$(head -n 1 "$pid_file")"; fi
    rm -rf "$base"
    exit $((failures > 0))
}
trap finish EXIT
fail() {
    echo "$kind: $1"
    failures=$((failures + 1))
}
skip() {
    echo "SKIPPED: $1"
    exit 0
}
need() { command -v "$1" >/dev/null || skip "$1 is not installed"; }
# expect WHAT STATUS WANTED…: the command before it had this status.
expect() { [ "$1" -eq "$2" ] || fail "$3: status $1, not $2"; }

# What a user installs: the program and its directory, which belongs to its user.
place=$base/"a %n \$HOME 'q' &"
# shellcheck disable=SC1003
case $kind in
monit | controls | directory) place=$base/plain ;;
logrotate | supervisord) ;;
*) place=$place'"x\' ;;
esac
program=$place/planted
if [ "$kind" = systemd ]; then program=$base/"b %n \$HOME &"/planted; fi # it starts no program with quotes in its path
mkdir -p "$place" "${program%/*}"
cp "$build/planted" "$program"
cd "$place" || exit 1
print() { "$program" print "$kind"; }
file=$base/file
# As the user that the class names, where this user exists.
as_root() { [ "$(id -u)" -eq 0 ] || skip "needs root"; }

case $kind in
systemd)
    need systemd-analyze
    print >"$base/planted.service" || fail "status $?"
    said=$(systemd-analyze verify --man=no "$base/planted.service" 2>&1)
    expect $? 0 "systemd-analyze verify"
    # Other units of this machine may have faults of their own.
    said=$(grep planted <<<"$said")
    [ -z "$said" ] || fail "systemd-analyze verify: $said"
    said=$(systemd-analyze security --offline=true --threshold=49 "$base/planted.service" 2>&1)
    expect $? 0 "systemd-analyze security"
    grep 'Overall exposure' <<<"$said"
    for line in 'Type=notify' 'WatchdogSec=20s' 'TimeoutStopSec=7s' 'TimeoutStartSec=30s' 'UMask=0027' 'User=planted' \
        'LimitNOFILE=512:1024'; do
        grep -qx "$line" "$base/planted.service" || fail "no $line"
    done
    grep -q '^ExecReload=.* reload$' "$base/planted.service" || fail "no ExecReload="
    # A daemon that changes to its user by itself is started as root, with the capabilities for it.
    USER_OF_DAEMON=nobody print >"$base/planted.service"
    ! grep -q '^User=' "$base/planted.service" || fail "User= for a daemon that changes to its user"
    grep -q '^CapabilityBoundingSet=.*CAP_SETUID' "$base/planted.service" || fail "no CAP_SETUID"
    said=$(systemd-analyze verify --man=no "$base/planted.service" 2>&1 | grep planted)
    [ -z "$said" ] || fail "systemd-analyze verify: $said"
    # systemd sets what its user may not set.
    cp "$build/planted_realtime" "$program"
    print >"$base/planted.service"
    for line in User=daemon Nice=-5 OOMScoreAdjust=-500 CPUSchedulingPolicy=fifo CPUSchedulingPriority=10 \
        IOSchedulingClass=2 IOSchedulingPriority=2 CapabilityBoundingSet=; do
        grep -qx "$line" "$base/planted.service" || fail "no $line"
    done
    ! grep RestrictRealtime "$base/planted.service" || fail "RestrictRealtime= for a daemon with a real-time policy"
    said=$(systemd-analyze verify --man=no "$base/planted.service" 2>&1 | grep planted)
    [ -z "$said" ] || fail "systemd-analyze verify: $said"
    # Without a pid file and a log: the signal is the reload of nothing.
    (cd / && "$build/planted_supervised" print systemd) >"$base/planted.service"
    ! grep -qE '^(ExecReload|PIDFile|WorkingDirectory|ReadWritePaths)=' "$base/planted.service" ||
        fail "settings of a daemon that has none"
    ;;
systemd-socket)
    need systemd-analyze
    cp "$build/planted_activated" "$base/planted" && cd "$base" || exit 1
    "$base/planted" print systemd >"$base/planted.service" || fail "status $?"
    "$base/planted" print systemd-socket >"$base/planted.socket" || fail "status $?"
    grep -qx 'ListenStream=127.0.0.1:7778' "$base/planted.socket" || fail "no ListenStream="
    grep -qx 'FileDescriptorStoreMax=64' "$base/planted.service" || fail "no FileDescriptorStoreMax="
    said=$(systemd-analyze verify --man=no "$base/planted.socket" 2>&1)
    expect $? 0 "systemd-analyze verify"
    said=$(grep planted <<<"$said")
    [ -z "$said" ] || fail "systemd-analyze verify: $said"
    cd "$place" || exit 1
    said=$(print 2>&1)
    expect $? 6 "a program without sockets"
    [[ $said == *"does not derive from socket_activation"* ]] || fail "$said"
    ;;
lsb | openrc | runit | s6 | ocf)
    need shellcheck
    print >"$file" || fail "status $?"
    shellcheck -s sh -e SC1003,SC2016 "$file" || fail "shellcheck"
    sh -n "$file" || fail "sh -n"
    case $kind in
    runit | s6) # the script makes a directory
        ! sh "$file" 2>/dev/null || fail "it needs no directory"
        sh "$file" "$base/service" || fail "it makes no directory"
        cd "$base/service" || exit 1
        shellcheck -s sh -e SC1003,SC2016 run finish log/run || fail "shellcheck"
        for one in run finish log/run; do [ -x $one ] || fail "$one cannot be executed"; done
        [ "$(sh ./finish 256 9)" = "planted: ended with exit status 256, signal 9" ] || fail "finish"
        [ "$kind" = runit ] || [ "$(cat notification-fd)" = 3 ] || fail "notification-fd"
        file=$base/service/run
        ;;
    esac
    as_root
    # Root stands for the user of the class: the tools that change the user get its name as a word, and run the rest.
    mkdir "$base/bin"
    for tool in setpriv chpst s6-setuidgid su id; do
        printf '#!/bin/sh\n. %s/%s.sh\n' "$base/bin" "$tool" >"$base/bin/$tool"
        chmod +x "$base/bin/$tool"
    done
    printf '%s\n' 'while case $1 in -*) true ;; *) false ;; esac; do shift; done; exec "$@"' >"$base/bin/setpriv.sh"
    printf '%s\n' '[ "$1 $2" = "-u planted" ] || exit 99; shift 2; exec "$@"' >"$base/bin/chpst.sh"
    printf '%s\n' '[ "$1" = planted ] || exit 99; shift; exec "$@"' >"$base/bin/s6-setuidgid.sh"
    printf '%s\n' '[ "$1 $2 $3 $5" = "-s /bin/sh -c planted" ] || exit 99; exec sh -c "$4"' >"$base/bin/su.sh"
    printf '%s\n' 'if [ "$1" = -un ]; then echo root; fi' >"$base/bin/id.sh"
    export PATH=$base/bin:$PATH
    pid_file=$place/planted.pid
    verb="sh"
    if [ "$kind" = openrc ]; then # what openrc-run does with a script
        printf '%s\n' 'ebegin() { :; }' 'einfo() { :; }' 'eerror() { :; }' 'eend() { return "$1"; }' \
            'RC_SVCNAME=planted' '. "$1"' '"$2"' >"$base/openrc-run"
        verb="sh $base/openrc-run"
    fi
    cd / || exit 1
    case $kind in
    runit | s6)
        mkfifo "$base/told"
        cat "$base/told" >"$base/ready" &
        cat=$!
        sh "$file" 3>"$base/told" &
        for ((i = 0; i < 1000; i++)); do
            if [ -s "$pid_file" ]; then break; fi
            sleep 0.01
        done
        (cd "$place" && "$program" status) || fail "it does not run"
        [ "$kind" = s6 ] || { grep -q "^exec .* --quiet status$" "$base/service/check" && sh "$base/service/check"; } || fail "check"
        (cd "$place" && "$program" stop) || fail "it does not stop"
        wait $! || fail "the script ends with status $?"
        [ "$kind" = s6 ] || ! sh "$base/service/check" || fail "check of a daemon that does not run"
        wait $cat
        [ "$kind" = runit ] || [ "$(wc -c <"$base/ready")" -eq 1 ] || fail "readiness was not reported"
        ;;
    lsb | openrc)
        $verb "$file" status
        expect $? 3 "status before"
        $verb "$file" start
        expect $? 0 start
        $verb "$file" status
        expect $? 0 status
        $verb "$file" reload
        expect $? 0 reload
        $verb "$file" stop
        expect $? 0 stop
        $verb "$file" status
        expect $? 3 "status after"
        ;;
    ocf)
        sh "$file" monitor
        expect $? 7 "monitor before"
        sh "$file" start
        expect $? 0 start
        sh "$file" monitor
        expect $? 0 monitor
        sh "$file" stop
        expect $? 0 stop
        sh "$file" monitor
        expect $? 7 "monitor after"
        need python3
        sh "$file" meta-data | python3 -c '
import sys, xml.etree.ElementTree as t
root = t.fromstring(sys.stdin.read())
said = {p.get("name"): p.find("content").get("default") for p in root.iter("parameter")}
assert said == {"program": sys.argv[1], "user": "planted", "directory": sys.argv[2]}, said
assert [a.get("timeout") for a in root.iter("action")][:2] == ["35", "17"]' "$program" "$place" || fail "meta-data"
        ;;
    esac
    ;;
dinit)
    print >"$file" || fail "status $?"
    grep -qx 'ready-notification = pipefd:3' "$file" || fail "no readiness"
    grep -qx 'stop-timeout = 7' "$file" || fail "no stop-timeout"
    need dinitcheck
    mkdir "$base/dinit" && cp "$file" "$base/dinit/planted"
    dinitcheck --services-dir "$base/dinit" planted || fail "dinitcheck"
    ;;
supervisord)
    need python3
    print >"$file" || fail "status $?"
    export PYTHONPATH=$supervisors/usr/lib/python3/dist-packages
    python3 -c 'import supervisor' 2>/dev/null || unset PYTHONPATH
    python3 -c 'import supervisor' 2>/dev/null || skip "supervisord is neither installed nor in $supervisors"
    python3 -W ignore -c '
import getpass, os, shlex, sys
from supervisor.options import ServerOptions
path = sys.argv[1] + ".conf"
text = open(sys.argv[1]).read().replace("user=planted\n", "").replace("/var/log/", sys.argv[4] + "/")
open(path, "w").write("[supervisord]\nlogfile=" + sys.argv[4] + "/log\n" + text)
options = ServerOptions()
options.realize(["-c", path])
p = options.configroot.supervisord.process_group_configs[0].process_configs[0]
assert shlex.split(p.command) == [sys.argv[2], "run"], p.command
assert p.directory == sys.argv[3], p.directory
assert p.stopwaitsecs == 7 and p.umask == 0o27, (p.stopwaitsecs, p.umask)' "$file" "$program" "$place" "$base" ||
        fail "the parser of supervisord"
    mkdir "$base/a ;b" && cd "$base/a ;b" || exit 1
    said=$(print 2>&1)
    expect $? 6 "a directory that the format cannot quote"
    cd "$place" || exit 1
    said=$("$program" --text "a ;b" print supervisord 2>&1)
    expect $? 6 "an option that the format cannot quote"
    ;;
monit)
    monit=$(PATH=$PATH:$supervisors/usr/bin command -v monit) || skip "monit is neither installed nor in $supervisors"
    as_root
    getent passwd nobody >/dev/null || skip "there is no user nobody"
    print >"$file" || fail "status $?"
    grep -q "pidfile \"$place/planted.pid\"" "$file" || fail "no pid file"
    sed 's/as uid "planted" and gid "planted"/as uid "nobody" and gid "nogroup"/' "$file" >"$base/monitrc"
    printf 'set daemon 30\nset idfile %s/id\nset statefile %s/state\n' "$base" "$base" >>"$base/monitrc"
    chmod 600 "$base/monitrc"
    said=$("$monit" -t -c "$base/monitrc" 2>&1)
    expect $? 0 "monit -t: $said"
    # A user whose name is a word of monit, and options.
    getent passwd daemon >/dev/null || skip "there is no user daemon"
    cp "$build/planted_realtime" "$program"
    sed '/^check/,$d' -i "$base/monitrc"
    "$program" --text a,b print monit >>"$base/monitrc" || fail "status $?"
    said=$("$monit" -v -t -c "$base/monitrc" 2>&1)
    expect $? 0 "monit -t, user daemon: $said"
    grep -q "Start program .* exec $program --text=a,b start' as uid $(id -u daemon) as gid $(id -g daemon)" <<<"$said" ||
        fail "monit reads $said"
    for text in 'a b' 'q"' "q'" 'a\b' '$x'; do
        said=$("$program" --text "$text" print monit 2>&1)
        expect $? 6 "an option that the format cannot quote"
        [ "$said" = "planted: cannot print monit: its format cannot quote a character in --text=$text" ] || fail "$said"
    done
    mkdir "$base/a b" && cd "$base/a b" || exit 1
    print >/dev/null 2>&1
    expect $? 6 "a directory that the format cannot quote"
    ;;
logrotate)
    need logrotate
    as_root
    print >"$file" || fail "status $?"
    pid_file=$place/planted.pid
    grep -qx '    su planted planted' "$file" || fail "no su"
    # The directory of a daemon that changes to its user by itself belongs to root.
    ! USER_OF_DAEMON=nobody print | grep '^    su ' || fail "su without need"
    sed -i 's/^    su .*//; s/^    create .*/    create 0640 root root/' "$file" # the user of the class does not exist here
    logrotate -d -s "$base/state" "$file" >"$base/said" 2>&1
    expect $? 0 "logrotate -d"
    ! grep -i '^error' "$base/said" || fail "logrotate -d"
    "$program" start || fail "start"
    echo line >>planted.log
    (cd / && logrotate -f -s "$base/state" "$file") || fail "logrotate -f"
    [ -s planted.log.1 ] || fail "the log was not rotated"
    [ "$(readlink "/proc/$(head -n 1 planted.pid)/fd/1")" = "$place/planted.log" ] || fail "the daemon writes to the old log"
    "$program" stop || fail "stop"
    (cd / && logrotate -f -s "$base/state" "$file") || fail "a rotation fails if the daemon does not run"
    ;;
tmpfiles)
    need systemd-tmpfiles
    as_root
    print >"$base/planted.conf" || fail "status $?"
    mkdir -p "$base/root/etc"
    printf 'root:x:0:0::/:/bin/sh\nplanted:x:777:778::/:/bin/sh\n' >"$base/root/etc/passwd"
    printf 'root:x:0:\nplanted:x:778:\n' >"$base/root/etc/group"
    systemd-tmpfiles --create --root="$base/root" "$base/planted.conf" || fail "systemd-tmpfiles"
    [ "$(stat -c '%u %g %a' "$base/root$place")" = "777 778 755" ] || fail "the directory was not made"
    ;;
sysusers)
    need systemd-sysusers
    as_root
    print >"$base/planted.conf" || fail "status $?"
    mkdir -p "$base/root/etc"
    systemd-sysusers --root="$base/root" "$base/planted.conf" || fail "systemd-sysusers"
    IFS=: read -r name _ _ _ gecos home _ < <(grep ^planted "$base/root/etc/passwd")
    [ "$name" = planted ] || fail "no user"
    [ "$home" = "$place" ] || fail "its home is $home"
    [ "$gecos" = "planted, tests 100% of \"what\", it's <given>" ] || fail "its description is $gecos"
    ;;
man)
    need mandoc
    file=$base/planted.8
    print >"$file" || fail "status $?"
    said=$(mandoc -T lint -W style "$file")
    expect $? 0 "mandoc -T lint: $said"
    mandoc -T utf8 "$file" | sed 's/.\x08//g' >"$base/text"
    for text in "tests 100% of \"what\": it's <given>" "$place/planted.pid" '-p, --port N' '-l LEVEL' '-- FILE...' 'VERB [-- FILE...]' "files that it doesn't read" SIGHUP 'planted 1.2' 'print [KIND]' try-restart; do
        grep -qF -- "$text" "$base/text" || fail "the page does not say $text"
    done
    # "." and "'" at the beginning of a line are requests.
    ! grep -qF -- "-l, --" "$base/text" || fail "a letter without a long name has one"
    ! grep -qE "^['.][a-z]" "$file" || fail "a text is taken for a request"
    ;;
bash)
    need shellcheck
    print >"$file" || fail "status $?"
    shellcheck "$file" || fail "shellcheck"
    bash -n "$file" || fail "bash -n"
    # shellcheck disable=SC1090
    source "$file"
    completes() { # WORDS… = WANTED
        COMP_WORDS=("${@:1:$#-1}") COMP_CWORD=$(($# - 2)) COMPREPLY=()
        _planted
        [ "${COMPREPLY[*]}" = "${*: -1}" ] || fail "'${*:1:$#-1}' completes to '${COMPREPLY[*]}', not '${*: -1}'"
    }
    completes planted sta "start status"
    completes planted --po "--port"
    completes planted status --js "--json"
    completes planted print sys "systemd systemd-socket sysusers"
    completes planted start s ""
    completes planted -l "-l"
    cd "$base" && touch some-file && mkdir some-directory || exit 1
    completes planted -l some "some-directory some-file"
    completes planted start -- some-f "some-file"
    completes planted start -- --js ""
    completes planted start some ""
    ;;
zsh)
    need zsh
    print >"$base/_planted" || fail "status $?"
    zsh -n "$base/_planted" || fail "zsh -n"
    # What the function passes to _arguments, and the verbs.
    zsh -f -c '_arguments() { print -rl -- "$@"; print -rl -- $verbs }; source $1' zsh "$base/_planted" >"$base/said" ||
        fail "it does not run"
    for line in '-l[how much it says]:LEVEL:_files' '*:FILE:_files' '--port[the port, \[1\:65535\], that it doesn'"'"'t use]:N:_files' '--json[status, doctor\: print one JSON object]' \
        'start:start the daemon, and return when it is ready'; do
        grep -qxF -- "$line" "$base/said" || fail "no $line"
    done
    ;;
fish)
    need fish
    print >"$base/planted.fish" || fail "status $?"
    fish -n "$base/planted.fish" || fail "fish -n"
    export HOME=$base XDG_CONFIG_HOME=$base XDG_DATA_HOME=$base
    completes() {
        said=$(fish -N -c 'source $argv[1]; complete -C $argv[2]' "$base/planted.fish" "$1" | cut -f 1 | sort | xargs)
        [ "$said" = "$2" ] || fail "'$1' completes to '$said', not '$2'"
    }
    completes "planted sta" "start status"
    completes "planted --po" "--port"
    completes "planted print sys" "systemd systemd-socket sysusers"
    cd "$base" && touch some-file || exit 1
    completes "planted start some" ""
    completes "planted start -- some" "some-file"
    completes "planted -l some" "some-file"
    fish -N -c 'source $argv[1]; complete -C "planted --po"' "$base/planted.fish" | grep -qF "the port, [1:65535], that it doesn't use" ||
        fail "the option is not described"
    ;;
usage)
    for words in "print" "print nothing"; do
        # shellcheck disable=SC2086
        said=$("$program" $words 2>&1 >/dev/null)
        expect $? 2 "$words"
        [[ $said == *"systemd systemd-socket lsb openrc"*" fish" ]] || fail "$words: $said"
        [ "$(wc -l <<<"$said")" -eq 1 ] || fail "$words: more than a line"
    done
    "$program" --help | grep -q '^  print \[KIND\]' || fail "print is not in --help"
    "$program" print man >/dev/full 2>"$base/said"
    expect $? 1 "print to a full disk"
    grep -q 'cannot write to standard output: No space' "$base/said" || fail "$(cat "$base/said")"
    "$program" print man >&- 2>"$base/said"
    expect $? 1 "print to a closed output"
    grep -q 'cannot write to standard output: Bad file' "$base/said" || fail "$(cat "$base/said")"
    "$program" print man >/dev/null || fail "print to /dev/null"
    mkdir $'a\nb' && cd $'a\nb' || exit 1
    "$program" print systemd >/dev/null 2>"$base/said"
    expect $? 6 "a path with a line feed"
    ;;
controls)
    # No option adds a line to a file, or text that a terminal obeys.
    for one in $("$program" print 2>&1 | sed 's/.*one of: //'); do
        for text in $'a"\nUser=root\nX="' $'a\rb' $'a\eb' $'a\tb' $'a\x7fb'; do
            said=$("$program" --text "$text" print "$one" 2>&1 >"$base/out")
            expect $? 6 "$one with a control character"
            [ "$said" = "planted: cannot print $one: the option --text has a control character" ] || fail "$one: $said"
            [ ! -s "$base/out" ] || fail "$one: something was printed"
        done
    done
    said=$("$program" --text a print systemd) || fail "status $?"
    grep -q ' --text=a run$' <<<"$said" || fail "no option: $said"
    ;;
directory)
    # The paths of this program are relative to the directory of the call. What is printed there is called there, too.
    program=$base/relayd
    cp "$build/../example/relayd" "$program"
    mkdir sub
    for words in "" "--state sub"; do
        # shellcheck disable=SC2086
        "$program" --instance a --from 7123 $words print lsb >"$file" || fail "status $?"
        (cd / && sh "$file" start) || fail "start"
        pid_file=$place/${words#--state}/relayd-a.pid
        pid_file=${pid_file// /}
        [ -s "$pid_file" ] || fail "no pid file in the directory of the call"
        (cd / && sh "$file" stop) || fail "stop"
    done
    "$program" print systemd | grep -qx "WorkingDirectory=$place" || fail "no WorkingDirectory="
    # Paths that do not depend on it do not bring it in.
    (cd / && "$program" --instance a --state "$place/sub" print systemd) >"$file"
    ! grep '^WorkingDirectory=' "$file" || fail "WorkingDirectory= without need"
    ;;
refused)
    # Without a pid file, a log and a fork: one sentence, and nothing on standard output.
    for kind in lsb openrc monit ocf logrotate systemd-socket; do
        said=$(cd / && "$build/planted_supervised" print $kind 2>&1 >"$base/out")
        expect $? 6 "a daemon without a pid file"
        [[ $said == "planted: cannot print $kind: "* ]] && [ "$(wc -l <<<"$said")" -eq 1 ] || fail "$said"
        [ ! -s "$base/out" ] || fail "something was printed"
        [ $kind = logrotate ] || [ $kind = systemd-socket ] || [[ $said == *"has no pid file"* ]] || fail "$said"
    done
    for kind in systemd runit s6 dinit supervisord sysusers man bash zsh fish; do
        (cd / && "$build/planted_supervised" print $kind >"$base/out") || fail "not printed"
        [ -s "$base/out" ] || fail "nothing was printed"
    done
    ;;
esac
