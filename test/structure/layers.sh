#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# layers.sh SOURCE_DIR: which room below include/daemonkit may include which, and which system headers may appear where.
# Prints each violation, and how many pairs of rooms include each other.
cd "$1/include/daemonkit" || exit 1
violations=0
violation() {
    echo "include/daemonkit/$1: $2"
    violations=$((violations + 1))
}

# Own headers as paths from here, whether written "../sys/file.hpp" or <daemonkit/sys/file.hpp>.
own_includes() {
    local folder=.
    [[ $1 != */* ]] || folder=${1%/*}
    sed -n 's|^ *# *include *<daemonkit/\([^>]*\)>.*|\1|p; s|^ *# *include *"\([^"]*\)".*|'"$folder"'/\1|p' "$1" |
        xargs -r realpath -m --relative-to=.
}
system_includes() { sed -n 's|^ *# *include *<\([^>]*\)>.*|\1|p' "$1" | grep -v '^daemonkit/'; }

# The room of a header, what it may include beside its own room, as patterns. A family's concept.hpp is a room of its
# own: what only knows concepts cannot depend on a policy. The first line that fits counts.
below='core/*.hpp sys/raw/*.hpp sys/*.hpp text/*.hpp compiled.hpp'
concepts='fork/concept.hpp pid/concept.hpp pid/requirements.hpp signal/concept.hpp stdio/concept.hpp notify/concept.hpp'
table="
compiled.hpp                -
text/*.hpp                  compiled.hpp
sys/raw/*.hpp               sys/*.hpp text/*.hpp
sys/*.hpp                   text/*.hpp compiled.hpp
core/detail/*.hpp           $below
core/*.hpp                  sys/raw/*.hpp sys/*.hpp text/*.hpp compiled.hpp
fork/detail/*.hpp           $below
pid/detail/*.hpp            $below
signal/detail/*.hpp         $below
stdio/detail/*.hpp          $below
notify/detail/*.hpp         $below
fork/concept.hpp            $below
pid/concept.hpp             $below
signal/concept.hpp          $below
stdio/concept.hpp           $below
notify/concept.hpp          $below
fork/*.hpp                  fork/concept.hpp fork/detail/*.hpp $below
pid/requirements.hpp        pid/concept.hpp
pid/*.hpp                   pid/concept.hpp pid/requirements.hpp pid/detail/*.hpp $below
signal/*.hpp                signal/concept.hpp signal/detail/*.hpp $below
stdio/*.hpp                 stdio/concept.hpp stdio/detail/*.hpp $below
notify/*.hpp                notify/concept.hpp notify/detail/*.hpp $below
control/detail/*.hpp        control/*.hpp $concepts $below
control/*.hpp               $below
lifecycle/detail/*.hpp      lifecycle/*.hpp control/detail/*.hpp control/*.hpp $concepts $below
lifecycle/*.hpp             core/detail/*.hpp $below
command_line/detail/*.hpp   command_line/*.hpp instance.hpp signal/concept.hpp lifecycle/detail/check.hpp control/*.hpp control/detail/*.hpp $below
command_line/*.hpp          $below
lease/detail/*.hpp          lease/*.hpp $below
lease/store/*.hpp           lease/detail/*.hpp lease/*.hpp $below
lease/verbs.hpp             lease/*.hpp command_line/*.hpp $below
lease/*.hpp                 $below
etcd.hpp                    lease/store/*.hpp lease/verbs.hpp leased.hpp $below
leased.hpp                  lease/*.hpp lease/detail/*.hpp pid/*.hpp $below
settings.hpp                control/*.hpp lifecycle/*.hpp notify/no_notify.hpp $below
basic_daemon.hpp            settings.hpp control/detail/*.hpp lifecycle/detail/*.hpp $below
socket_activation.hpp       $below
stderr_log.hpp              $below
instance.hpp                $below
daemonkit.hpp               basic_daemon.hpp presets.hpp version.hpp fork.hpp pid.hpp signal.hpp stdio.hpp notify.hpp $below
presets/*.hpp               basic_daemon.hpp lifecycle/detail/*.hpp fork/*.hpp pid/*.hpp signal/*.hpp stdio/*.hpp notify/*.hpp $below
presets.hpp                 presets/*.hpp fork.hpp pid.hpp signal.hpp stdio.hpp notify.hpp $below
command_line.hpp            basic_daemon.hpp instance.hpp version.hpp command_line/*.hpp command_line/detail/*.hpp $below
artefacts.hpp               version.hpp artefacts/*.hpp command_line/*.hpp $below
artefacts/facts_of.hpp      artefacts/*.hpp command_line/*.hpp command_line/detail/*.hpp lifecycle/*.hpp lifecycle/detail/heard_signals.hpp lifecycle/detail/hooks.hpp $concepts $below
artefacts/man.hpp           artefacts/*.hpp command_line/detail/json.hpp control/*.hpp $below
artefacts/doctor.hpp        artefacts/*.hpp command_line/detail/json.hpp control/*.hpp $below
artefacts/*.hpp             control/*.hpp $below
version.hpp                 -
testing/detail/*.hpp        $concepts $below
testing/*.hpp               testing/detail/*.hpp $concepts $below
*.hpp                       fork/*.hpp pid/*.hpp signal/*.hpp stdio/*.hpp notify/*.hpp $below
"

# A pattern stands for the files of one folder, not for those below it.
# shellcheck disable=SC2053 # the right side is a pattern
fits() { [[ $1 == $2 && ${1%"${1##*/}"} == ${2%"${2##*/}"} ]]; }

room_of() {
    local pattern rest
    while read -r pattern rest; do
        if [ -n "$pattern" ] && fits "$1" "$pattern"; then
            echo "$pattern $rest"
            return
        fi
    done <<<"$table"
}

may_include() {
    local pattern
    for pattern in $2; do
        if fits "$1" "$pattern"; then return 0; fi
    done
    return 1
}

declare -A pairs
set -f
for header in $(find . -name '*.hpp' | sed 's|^\./||' | sort); do
    allowed=$(room_of "$header")
    [ -n "$allowed" ] || violation "$header" "is in no room of the table in test/structure/layers.sh"
    for include in $(own_includes "$header"); do
        [ -f "$include" ] || violation "$header" "includes $include, which does not exist"
        may_include "$include" "$allowed" || violation "$header" "may not include $include: see the table in test/structure/layers.sh"
        from=${header%/*} to=${include%/*} # a header of the top folder is a room of its own
        [ "$from" = "$to" ] || pairs["$from $to"]=1
    done

    while IFS= read -r include; do
        [[ $header != testing/* ]] || continue # test programs only
        case $include in
        iostream | functional | thread | filesystem)
            violation "$header" "<$include> costs every user compile time and start-up"
            ;;
        getopt.h)
            [ "$header" = command_line/detail/options.hpp ] || violation "$header" "only command_line/detail/options.hpp may use <getopt.h>"
            ;;
        curl/*)
            [ "$header" = lease/detail/http_client.hpp ] || violation "$header" "only lease/detail/http_client.hpp may use <$include>"
            ;;
        boost/*)
            [[ $header == pid/* || $header == stdio/log_file_stdio.hpp || $header == stdio/configured_stdio.hpp ||
                $header == lease/detail/json.hpp ]] ||
                violation "$header" "<$include>: what names no path needs no Boost"
            ;;
        signal.h | sys/types.h) ;;
        unistd.h | fcntl.h | poll.h | sched.h | spawn.h | dirent.h | pwd.h | grp.h | pthread.h | termios.h | \
            syslog.h | dlfcn.h | sys/* | linux/* | asm/*)
            [[ $header == sys/* ]] || violation "$header" "only sys/ makes system calls, but here <$include>"
            ;;
        esac
    done < <(system_includes "$header")

    if [[ $header != sys/* && $header != testing/* ]]; then
        calls='fork|vfork|clone|execve?|_exit|wait(pid|id)?|kill|getp?pid|setsid|open(at)?|close|close_range'
        calls+='|p?read|p?write|dup[23]?|pipe2?|fcntl|flock|l?stat|fstat(at)?|unlink(at)?|rename|link|mkdir|chdir'
        calls+='|chroot|chmod|fchmod|chown|umask|ftruncate|setuid|setgid|setgroups|setres[ug]id|prctl|poll|ppoll'
        calls+='|sigaction|sigprocmask|pthread_sigmask|signalfd|eventfd|socket|sendto|sendmsg|syscall'
        while IFS=: read -r line text; do
            violation "$header:$line" "only sys/ makes system calls, but here: ${text#"${text%%[! ]*}"}"
        done < <(sed 's|//.*||' "$header" | grep -nE "(^|[^A-Za-z0-9_>:])::($calls)\(")
    fi
done

both_ways=0
for pair in "${!pairs[@]}"; do
    read -r from to <<<"$pair"
    if [ -n "${pairs["$to $from"]:-}" ] && [[ $from < $to ]]; then
        violation "$from" "and $to include each other"
        both_ways=$((both_ways + 1))
    fi
done
echo "$both_ways pairs of rooms include each other"
echo "$violations violations of the layers"
[ "$violations" -eq 0 ]
