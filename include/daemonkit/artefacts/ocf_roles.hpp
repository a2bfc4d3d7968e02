// SPDX-License-Identifier: BSL-1.0
// What the OCF agent of a daemon with a lease has besides: the roles of a promotable clone. A program without a lease
// does not contain these texts.
#pragma once

#include "../core/require_cxx20.hpp"

#include "facts.hpp"

namespace daemonkit::detail {

/// The actions, the functions and the cases of such an agent.
inline constexpr artefact_roles ocf_roles{
    R"(<action name="promote" timeout="@start@"/>
<action name="demote" timeout="@demote@"/>
<action name="monitor" timeout="20" interval="10" depth="0" role="Unpromoted"/>
<action name="monitor" timeout="20" interval="9" depth="0" role="Promoted"/>)",
    R"(# For a promotable clone. The store of the lease decides which node owns it, and the cluster follows. It promotes
# the owner, because no other node has a promotion score.
ocf_running_promoted=8

# The promotion score of this node; none without a word. It is nothing outside of a cluster.
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
    for _ in 1 2 3 4 5 6 7 8; do@?holder@
        call --quiet holder@?holder@
        if [ $? -ne 3 ]; then break; fi # a node has it, or the store cannot be asked@?holder@
        sleep 0.2@?holder@
    done@?holder@
    sleep 1@?no_holder@
    start
}
)",
    R"(reload) validate_all && call --timeout $patience reload ;;@?reloads@
start | stop | promote | demote | monitor) validate_all && "$1" ;;)"};

} // namespace daemonkit::detail
