// SPDX-License-Identifier: BSL-1.0
// One failed step as one sentence: what could not be done, to which path, why. Thrown where the operation
// failed and caught once, where the lifecycle can still tell the person at the terminal. The exit status
// follows from the error: a missing permission is 4, everything else 1 unless the thrower knows better.
//
// A daemon fails at most once, and could in many places: what throws is out of line, so that each of them costs
// the program one call.
#pragma once

#include "require_cxx20.hpp"

#include "../text/joined.hpp"
#include "exit_status.hpp"

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

namespace daemonkit {

class startup_error : public std::system_error
{
public:
    /// The sentence is `cannot STEP PATH: REASON`; without a reason of the thrower's it is the text of `code`.
    [[gnu::cold]] startup_error(std::error_code code, std::string_view step, std::string_view path = {},
                                std::string_view reason = {})
        : std::system_error(code), sentence_(sys::joined({beginning, step, path.empty() ? "" : " ", path, ": ",
                                                          reason.empty() ? std::system_error::what() : reason})),
          step_(step.size()), path_(path.size()), status_(denied(code) ? exit_status::no_privilege : exit_status::error)
    {
    }

    /// A setting that can never work, whoever starts the daemon: exit status 6, not configured.
    [[nodiscard]] static startup_error bad_setting(std::string_view step, std::string_view path,
                                                   std::string_view reason)
    {
        startup_error e(std::make_error_code(std::errc::invalid_argument), step, path, reason);
        e.status_ = exit_status::not_configured;
        return e;
    }

    [[nodiscard]] const char* what() const noexcept override { return sentence_.c_str(); }

    /// What was being done, in words that follow "cannot".
    [[nodiscard]] std::string_view step() const noexcept { return {sentence_.data() + beginning.size(), step_}; }

    /// The file, directory, user or command it was done to; empty if there is none.
    [[nodiscard]] std::string_view path() const noexcept
    {
        return {step().data() + step_ + (path_ != 0 ? 1 : 0), path_};
    }

    /// The status for the shell, LSB 3.1, section 20.2.
    [[nodiscard]] int status() const noexcept { return status_; }

private:
    [[nodiscard]] static bool denied(std::error_code code) noexcept
    {
        return code == std::errc::permission_denied || code == std::errc::operation_not_permitted;
    }

    static constexpr std::string_view beginning = "cannot ";

    std::string sentence_;
    std::size_t step_; // how long it is in there
    std::size_t path_; // the same
    int status_;
};

/// The current errno as an error_code.
[[nodiscard]] inline std::error_code last_error() noexcept { return {errno, std::system_category()}; }

/// Throws the startup_error of errno.
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_errno(const char* step, std::string_view path = {},
                                                               std::string_view reason = {})
{
    throw startup_error(last_error(), step, path, reason);
}

/// The same for a mistake in the settings.
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_bad_setting(const char* step, std::string_view path,
                                                                     std::string_view reason)
{
    throw startup_error::bad_setting(step, path, reason);
}

/// Passes the result of a system call on; -1 becomes a startup_error made of errno, `step` and `path`.
template <class Result>
Result check_call(Result result, const char* step, std::string_view path = {})
{
    if (result == Result(-1)) throw_errno(step, path);
    return result;
}

} // namespace daemonkit
