// SPDX-License-Identifier: BSL-1.0
// The kind ocf: a resource agent of Pacemaker, OCF 1.1.
#pragma once

#include "../core/require_cxx20.hpp"

#include "facts.hpp"
#include "fill.hpp"
#include "lsb.hpp"

namespace daemonkit::detail {

/// Functions of an agent whose daemon is the owner of a lease or stands by.
inline constexpr std::string_view ocf_roles =
    R"(# The promotion score of this node; none without a word. It is nothing outside of a cluster.
score() {
    if [ -z "${OCF_RESOURCE_INSTANCE-}" ] || ! command -v crm_attribute >/dev/null; then return; fi
    if [ $# -eq 1 ]; then set -- --update "$1"; else set -- --delete; fi
    crm_attribute --quiet --promotion "$OCF_RESOURCE_INSTANCE" --lifetime reboot "$@" >/dev/null 2>&1
}

# What the daemon is on this node. If the store is down, an owner remains it until its lease ends.
state() {
    answer=$(call --json status)
    status=$?
    case $status:$answer in
    0:*'"role": "owner"'*)
        score 100
        return $ocf_running_promoted
        ;;
    esac
    score
    case $status in
    0) return $ocf_success ;;
    1 | 2 | 3) return $ocf_not_running ;;
    *) return $ocf_err_generic ;;
    esac
}

# The cluster would take an owner that it has not promoted yet for failed, and stop it. It promotes it by the score.
monitor() {
    state
    status=$?
    case $status:${OCF_RESKEY_CRM_meta_role-} in
    "$ocf_running_promoted":Unpromoted | "$ocf_running_promoted":Slave) return $ocf_success ;;
    esac
    return $status
}

# The cluster may promote an owner as soon as it has started.
start() {
    call --timeout $patience start || return
    state
    return $ocf_success
}

stop() {
    score
    call --timeout $patience stop
}

# Waits until the daemon on this node owns the lease.
promote() {
    end=$(($(date +%s) + patience))
    while now=$(date +%s) && [ "$now" -le $end ]; do
        state
        status=$?
        case $status in
        "$ocf_running_promoted") return $ocf_success ;;
        "$ocf_success") sleep 1 ;;
        *) return $status ;;
        esac
    done
    call status
    echo "the store decides which node owns the lease, and it is not this one" >&2
    return $ocf_err_generic
}

# An owner gives its lease back as it stops. Then it stands by, or owns the lease again if no other node has taken it.
demote() {
    state
    status=$?
    if [ $status -ne $ocf_running_promoted ]; then return $status; fi
    stop || return
@holder@
    start
}
)";

/// The agent. "Unknown" must not become "not running": the cluster would start the daemon on another node too. That of a
/// daemon with a lease has the roles of a promotable clone: the owner of the lease is the promoted one.
[[nodiscard, gnu::cold]] inline std::string ocf_agent(const artefact_facts& f)
{
    require_found(f, "ocf");
    const bool other = f.becomes.empty() && !f.user.empty();
    const auto seconds = [](std::chrono::nanoseconds time) { return std::to_string(whole_seconds(time) + 5); };
    const char* const monitor = f.has_role ? R"(start | stop | promote | demote | monitor) validate_all && "$1" ;;)"
                                           : R"(start | stop) validate_all && call --timeout $patience "$1" ;;
monitor)
    validate_all || exit
    call --quiet status
    case $? in
    0) exit $ocf_success ;;
    1 | 2 | 3) exit $ocf_not_running ;;
    *) exit $ocf_err_generic ;;
    esac
    ;;)";
    const char* const holder = f.has_verb("holder") ? R"(    for _ in 1 2 3 4 5 6 7 8; do
        call --quiet holder
        if [ $? -ne 3 ]; then break; fi # a node has it, or the store cannot be asked
        sleep 0.2
    done)"
                                                    : "    sleep 1";
    const auto usage = sys::joined({"start|stop", f.reloads ? "|reload" : "", f.has_role ? "|promote|demote" : ""});
    return filled(R"(#!/bin/sh
# /usr/lib/ocf/resource.d/PROVIDER/@name@: @name@ as a resource of a Pacemaker cluster, ocf:PROVIDER:@name@.
# The verbs of @name@ do the work. Their exit statuses are those of an OCF agent, except for `status`: "unknown" must
# not become "not running", because the cluster would start @name@ on another node too.
#@?roles@
# For a promotable clone. The lease decides which node owns it, and the cluster follows: the owner is promoted. The others@?roles@
# have no promotion score, so the cluster does not choose among them.@?roles@
program=@program@
user=@user@
group=@group@
directory=@directory@
if [ -n "${OCF_RESKEY_program-}" ]; then program=$OCF_RESKEY_program; fi
if [ -n "${OCF_RESKEY_user-}" ]; then user=$OCF_RESKEY_user group=$OCF_RESKEY_user; fi@?user@
if [ -n "${OCF_RESKEY_directory-}" ]; then directory=$OCF_RESKEY_directory; fi

ocf_success=0
ocf_err_generic=1
ocf_err_unimplemented=3
ocf_err_installed=5
ocf_not_running=7
ocf_running_promoted=8@?roles@

# The cluster's time-out of this action in seconds, minus @reserve@: after this time the stop schedule goes on, and ends
# in time. If a stop is late, the cluster fences the whole node.
patience=$((${OCF_RESKEY_CRM_meta_timeout:-20000} / 1000 - @reserve@))
if [ $patience -lt 1 ]; then patience=1; fi

meta_data() {
    cat <<'END'
<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
<resource-agent name="@xml_name@" version="1.0">
<version>1.0</version>
<longdesc lang="en">@xml_title@</longdesc>
<shortdesc lang="en">@xml_name@</shortdesc>
<parameters>
<parameter name="program" unique="0" required="0">
<longdesc lang="en">The path of @xml_name@.</longdesc>
<shortdesc lang="en">program</shortdesc>
<content type="string" default="@xml_program@"/>
</parameter>
<parameter name="user" unique="0" required="0">@?user@
<longdesc lang="en">The user that @xml_name@ runs as.</longdesc>@?user@
<shortdesc lang="en">user</shortdesc>@?user@
<content type="string" default="@xml_user@"/>
</parameter>@?user@
<parameter name="directory" unique="1" required="0">
<longdesc lang="en">The directory in which @xml_name@ is called.</longdesc>
<shortdesc lang="en">directory</shortdesc>
<content type="string" default="@xml_directory@"/>
</parameter>
</parameters>
<actions>
<action name="start" timeout="@start@"/>
<action name="stop" timeout="@stop@"/>
<action name="reload" timeout="@reload@"/>
<action name="promote" timeout="@promote@"/>
<action name="demote" timeout="@demote@"/>
<action name="monitor" timeout="20" interval="10" depth="0"/>@?single@
<action name="monitor" timeout="20" interval="10" depth="0" role="Unpromoted"/>@?roles@
<action name="monitor" timeout="20" interval="9" depth="0" role="Promoted"/>@?roles@
<action name="validate-all" timeout="5"/>
<action name="meta-data" timeout="5"/>
</actions>
</resource-agent>
END
}

# What the daemon needs on this node. Another node may have it.
validate_all() {
    if [ ! -x "$program" ]; then
        echo "$program is not installed" >&2
    elif ! id "$user" >/dev/null; then@?user@
        echo "the user $user does not exist" >&2@?user@
    elif ! setpriv --reuid="$user" --regid="$group" --init-groups true; then@?user@
        echo "cannot become $user with the group $group" >&2@?user@
    elif ! cd "$directory"; then
        echo "the directory $directory does not exist" >&2
    else
        return $ocf_success
    fi
    return $ocf_err_installed
}

call() {
    setpriv --reuid="$user" --regid="$group" --init-groups "$program" @instance@"$@"@?user@
    "$program" @instance@"$@"@?root@
}

@roles@
# If the directory is on a disk that is not mounted here, nothing runs in it.
if [ ! -d "$directory" ]; then
    case ${1-} in
    monitor) exit $ocf_not_running ;;
    stop) exit $ocf_success ;;
    esac
fi

case ${1-} in
reload) validate_all && call --timeout $patience reload ;;@?reloads@
@monitor@
validate-all) validate_all ;;
meta-data) meta_data ;;
*)
    echo "usage: $0 {@usage@|monitor|validate-all|meta-data}" >&2
    exit $ocf_err_unimplemented
    ;;
esac
)",
                  {{"name", f.name},
                   {"instance", options_of(f, shell_word), true},
                   {"program", shell_word(f.program)},
                   {"user", other ? shell_word(f.user) : ""},
                   {"group", other ? shell_word(f.worker_group()) : ""},
                   {"directory", shell_word(f.directory)},
                   {"?user", other},
                   {"?root", !other},
                   {"?reloads", f.reloads},
                   {"?roles", f.has_role},
                   {"?single", !f.has_role},
                   {"roles", f.has_role ? filled(ocf_roles, {{"holder", holder}}) : ""},
                   {"monitor", monitor},
                   {"usage", usage},
                   {"promote", f.has_role ? "35" : ""},
                   {"demote", f.has_role ? seconds(stop_time(f.stop) + f.start_deadline) : ""},
                   {"reserve", std::to_string(whole_seconds(stop_time(f.stop) - f.stop.begin()->patience) + 1)},
                   {"xml_name", xml(f.name)},
                   {"xml_title", xml(f.title())},
                   {"xml_program", xml(f.program)},
                   {"xml_user", other ? xml(f.user) : ""},
                   {"xml_directory", xml(f.directory)},
                   {"start", seconds(f.start_deadline)},
                   {"stop", seconds(stop_time(f.stop))},
                   {"reload", f.reloads ? seconds(f.reload_deadline) : ""}});
}

} // namespace daemonkit::detail
