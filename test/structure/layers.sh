#!/bin/bash
# SPDX-License-Identifier: BSL-1.0
# Who may include whom below include/daemonkit:
#
#   sys <- startup_error <- family/concept <- family/policy      basic_daemon sees concepts only
#
# and which system headers may appear where. Prints each violation.
cd "$1/include/daemonkit" || exit 1
violations=0
violation() {
    echo "include/daemonkit/$1: $2"
    violations=$((violations + 1))
}

# Own headers as paths from here, whether written "../sys/file.hpp" or <daemonkit/sys/file.hpp>.
own_includes() {
    local written
    sed -n 's|^ *# *include *<daemonkit/\([^>]*\)>.*|\1|p' "$1"
    for written in $(sed -n 's|^ *# *include *"\([^"]*\)".*|\1|p' "$1"); do
        realpath -m --relative-to=. "$(dirname "$1")/$written"
    done
}
system_includes() { sed -n 's|^ *# *include *<\([^>]*\)>.*|\1|p' "$1" | grep -v '^daemonkit/'; }

# A policy is named after its family; every other file of a family belongs to the concept.
is_policy() {
    case $1 in
    fork/*_fork.hpp | pid/*pid_file.hpp | signal/*_signals.hpp | stdio/*_stdio.hpp) true ;;
    *) false ;;
    esac
}
family_of() {
    case $1 in
    fork/* | pid/* | signal/* | stdio/*) echo "${1%%/*}" ;;
    esac
}

# Everything that a header includes, directly or not.
closure() {
    local seen=" " todo=("$1") next include
    while [ ${#todo[@]} -gt 0 ]; do
        next=${todo[0]}
        todo=("${todo[@]:1}")
        for include in $(own_includes "$next"); do
            if [[ $seen != *" $include "* && -f $include ]]; then
                seen+="$include "
                todo+=("$include")
            fi
        done
    done
    echo "$seen"
}

for header in $(find . -name '*.hpp' | sed 's|^\./||' | sort); do
    family=$(family_of "$header")
    for include in $(own_includes "$header"); do
        if [ ! -f "$include" ]; then
            violation "$header" "includes $include, which does not exist"
        fi
        case $header in
        sys/*)
            [[ $include == sys/* ]] || violation "$header" "sys/ includes nothing outside sys/, but here $include"
            ;;
        startup_error.hpp)
            for reached in $include $(closure "$include"); do
                [ -z "$(family_of "$reached")" ] ||
                    violation "$header" "stands below the families, but $include leads to $reached"
            done
            ;;
        daemonkit.hpp)
            [[ $include != command_line*.hpp ]] ||
                violation "$header" "command_line.hpp is not behind the door: only its users pay for it"
            ;;
        esac
        if [ -n "$family" ]; then
            other=$(family_of "$include")
            if [ -n "$other" ] && [ "$other" != "$family" ]; then
                violation "$header" "families never include each other, but here $include"
            elif ! is_policy "$header" && is_policy "$include"; then
                violation "$header" "belongs to the concept, which knows no policy, but includes $include"
            elif [ -z "$other" ]; then
                # What a family builds on must not lead back to a family.
                for reached in $include $(closure "$include"); do
                    if [ -n "$(family_of "$reached")" ] || [ "$reached" = basic_daemon.hpp ]; then
                        violation "$header" "a family stands below $include, which leads to $reached"
                    fi
                done
            fi
        fi
    done

    while IFS= read -r include; do
        case $include in
        iostream | functional | thread | filesystem)
            violation "$header" "<$include> costs every user compile time and start-up"
            ;;
        getopt.h)
            [ "$header" = command_line_options.hpp ] || violation "$header" "only command_line_options.hpp may use <getopt.h>"
            ;;
        signal.h | sys/types.h) ;;
        unistd.h | fcntl.h | poll.h | sched.h | spawn.h | dirent.h | pwd.h | grp.h | pthread.h | termios.h | \
            syslog.h | dlfcn.h | sys/* | linux/* | asm/*)
            [[ $header == sys/* ]] || violation "$header" "only sys/ makes system calls, but here <$include>"
            ;;
        esac
    done < <(system_includes "$header")

    if [[ $header != sys/* ]]; then
        calls='fork|vfork|clone|execve?|_exit|wait(pid|id)?|kill|getp?pid|setsid|open(at)?|close|close_range'
        calls+='|p?read|p?write|dup[23]?|pipe2?|fcntl|flock|l?stat|fstat(at)?|unlink(at)?|rename|link|mkdir|chdir'
        calls+='|chroot|chmod|fchmod|chown|umask|ftruncate|setuid|setgid|setgroups|setres[ug]id|prctl|poll|ppoll'
        calls+='|sigaction|sigprocmask|pthread_sigmask|signalfd|eventfd|socket|sendto|sendmsg|syscall'
        while IFS=: read -r line text; do
            violation "$header:$line" "only sys/ makes system calls, but here: ${text#"${text%%[! ]*}"}"
        done < <(sed 's|//.*||' "$header" | grep -nE "(^|[^A-Za-z0-9_>:])::($calls)\(")
    fi
done

if [ -f basic_daemon.hpp ]; then
    for reached in $(closure basic_daemon.hpp); do
        case $reached in
        fork/no_fork.hpp | stdio/inherit_stdio.hpp) ;;
        *)
            is_policy "$reached" &&
                violation basic_daemon.hpp "sees concepts and the two null policies of the foreground, but reaches $reached"
            ;;
        esac
    done
fi

echo "$violations violations of the layers"
[ "$violations" -eq 0 ]
