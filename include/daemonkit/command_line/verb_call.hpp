// SPDX-License-Identifier: BSL-1.0
// Verbs that a class adds to those of command_line(): `using more_verbs = artefacts;`, or a class of your own.
//
//   expression               promise
//   M::verbs                 array of verb_help
//   M::carry_out(call)       executes the verb in `call`, a verb_call<Derived>; returns the exit status. An exception is
//                            the message, with exit status 1, or that of a startup_error
//   M::no_settings_json(asked, reason)
//                            optional: what the verb prints with --json if the settings cannot be made; empty: the reason
#pragma once

#include "../core/require_cxx20.hpp"

#include "../text/function_ref.hpp"
#include "program_option.hpp"
#include "verb.hpp"

#include <string>

namespace daemonkit {

/// What an additional verb is given, in the process that executes it.
template <class Derived>
struct verb_call
{
    const typename Derived::settings& settings; ///< after --timeout and --instance
    const std::string& name;                    ///< of the daemon, in messages
    verb asked;                                 ///< the verb and its operand
    const verb_options& options;                ///< the library's
    const program_options& more;                ///< the program's
    sys::function_ref<void()> check;            ///< calls the hook check(args...), if there is one
};

} // namespace daemonkit
