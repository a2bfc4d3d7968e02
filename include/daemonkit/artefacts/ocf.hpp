// SPDX-License-Identifier: BSL-1.0
// The kind ocf: a resource agent of Pacemaker, OCF 1.1.
#pragma once

#include "../core/require_cxx20.hpp"

#include "../compiled.hpp"
#include "facts.hpp"
#include "fill.hpp"
#include "lsb.hpp"

namespace daemonkit::detail {

/// The parts that have other texts in ocf_roles.
inline constexpr artefact_roles ocf_plain{R"(<action name="monitor" timeout="20" interval="10" depth="0"/>)", "",
                                          R"(@verbs@) validate_all && call --timeout $patience "$1" ;;
monitor)
    validate_all || exit
    call --quiet status
    case $? in
    0) exit $ocf_success ;;
    1 | 2 | 3) exit $ocf_not_running ;;
    *) exit $ocf_err_generic ;;
    esac
    ;;)"};

/// The agent. "Unknown" must not become "not running": the cluster would start the daemon on another node too. With a
/// lease, the agent has the roles of a promotable clone: the owner of the lease is the promoted one.
[[nodiscard, gnu::cold]] DAEMONKIT_INLINE std::string ocf_agent(const artefact_facts& f);

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE std::string ocf_agent(const artefact_facts& f)
{
    require_found(f, "ocf");
    const bool other = f.becomes.empty() && !f.user.empty();
    const auto seconds = [](std::chrono::nanoseconds time) { return std::to_string(whole_seconds(time) + 5); };
    const auto& parts = f.roles != nullptr ? *f.roles : ocf_plain;
    const auto part = [&](std::string_view text) {
        return filled(text, {{"start", seconds(f.start_deadline)},
                             {"demote", seconds(stop_time(f.stop) + f.start_deadline)},
                             {"?holder", f.has_verb("holder")},
                             {"?no_holder", !f.has_verb("holder")},
                             {"?reloads", f.reloads},
                             {"verbs", f.reloads ? "start | stop | reload" : "start | stop"}});
    };
    return filled(R"(#!/bin/sh
# /usr/lib/ocf/resource.d/PROVIDER/@name@: @name@ as a resource of a Pacemaker cluster, ocf:PROVIDER:@name@.
# The verbs of @name@ do the work. Their exit statuses are those of an OCF agent, except for `status`: "unknown" must
# not become "not running", because the cluster would start @name@ on another node too.
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
@actions@
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

@functions@
# If the directory is on a disk that is not mounted here, nothing runs in it.
if [ ! -d "$directory" ]; then
    case ${1-} in
    monitor) exit $ocf_not_running ;;
    stop) exit $ocf_success ;;
    esac
fi

case ${1-} in
@cases@
validate-all) validate_all ;;
meta-data) meta_data ;;
*)
    echo "usage: $0 {start|stop|reload|@more@monitor|validate-all|meta-data}" >&2@?reloads@
    echo "usage: $0 {start|stop|@more@monitor|validate-all|meta-data}" >&2@?fixed@
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
                   {"?fixed", !f.reloads},
                   {"more", f.roles != nullptr ? "promote|demote|" : "", true},
                   {"actions", part(parts.actions)},
                   {"functions", part(parts.functions)},
                   {"cases", part(parts.cases)},
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

#endif

} // namespace daemonkit::detail
