// SPDX-License-Identifier: BSL-1.0
// A failed step as one sentence: the step, the object, the reason. Thrown where the step failed. Caught once, by the
// lifecycle, which passes it to the launcher or the service manager. The exit status follows from the error: 4 for a
// missing permission, 6 for a bad setting, 1 for everything else.
//
// The functions that throw are not inline: many places can fail, and each then costs only one call.
#pragma once

#include "require_cxx20.hpp"

#include "../sys/refusal.hpp"
#include "../text/joined.hpp"
#include "exit_status.hpp"

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

namespace daemonkit {

namespace detail {

inline constexpr const char* some_call_refused =
    "a system call for it is refused here, probably by the seccomp profile of a container or of a service manager: "
    "allow it there";
inline constexpr std::string_view refused_here = std::string_view(some_call_refused).substr(20); // from " is" on

} // namespace detail

/// The failure of one step of a start, a hook or a verb.
class startup_error : public std::system_error
{
public:
    /// The sentence is `cannot STEP PATH: REASON`. Without `reason` the text of `code` is the reason. ENOSYS is said to
    /// come from a sandbox, because every supported kernel has the calls that the library needs.
    [[gnu::cold]] startup_error(std::error_code code, std::string_view step, std::string_view path = {},
                                std::string_view reason = {})
        : std::system_error(code), sentence_(sys::joined({beginning, step, path.empty() ? "" : " ", path, ": ",
                                                          reason.empty() ? reason_of(code) : reason})),
          step_(step.size()), path_(path.size()), status_(denied(code) ? exit_status::no_privilege : exit_status::error)
    {
    }

    /// An error with exit status 6, not configured: a setting that can never work, whichever user starts the daemon.
    [[nodiscard]] static startup_error bad_setting(std::string_view step, std::string_view path,
                                                   std::string_view reason)
    {
        startup_error e(std::make_error_code(std::errc::invalid_argument), step, path, reason);
        e.status_ = exit_status::not_configured;
        return e;
    }

    /// An error with exit status 3, not implemented: the daemon does not have this function with its settings.
    [[nodiscard]] static startup_error not_implemented(std::string_view step, std::string_view path,
                                                       std::string_view reason)
    {
        startup_error e(std::make_error_code(std::errc::not_supported), step, path, reason);
        e.status_ = exit_status::not_implemented;
        return e;
    }

    [[nodiscard]] const char* what() const noexcept override { return sentence_.c_str(); } ///< the sentence

    /// The step that failed, in words that follow "cannot".
    [[nodiscard]] std::string_view step() const noexcept { return {sentence_.data() + beginning.size(), step_}; }

    /// The object of the step: a file, directory, user or command; empty if there is none.
    [[nodiscard]] std::string_view path() const noexcept
    {
        return {step().data() + step_ + (path_ != 0 ? 1 : 0), path_};
    }

    /// Why it failed: what follows the colon.
    [[nodiscard]] const char* reason() const noexcept { return path().data() + path_ + 2; }

    /// The exit status for the shell, LSB 3.1, section 20.2.
    [[nodiscard]] int status() const noexcept { return status_; }

private:
    [[nodiscard]] static bool denied(std::error_code code) noexcept
    {
        return code == std::errc::permission_denied || code == std::errc::operation_not_permitted;
    }

    [[nodiscard]] const char* reason_of(std::error_code code) const noexcept
    {
        return code == std::errc::function_not_supported ? detail::some_call_refused : std::system_error::what();
    }

    static constexpr std::string_view beginning = "cannot ";

    std::string sentence_;
    std::size_t step_; // length in sentence_
    std::size_t path_; // length in sentence_
    int status_;
};

/// The present errno as an error_code.
[[nodiscard]] inline std::error_code last_error() noexcept { return {errno, std::system_category()}; }

/// Throws startup_error with the present errno; `reason` as in its constructor.
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_errno(const char* step, std::string_view path = {},
                                                               std::string_view reason = {})
{
    throw startup_error(last_error(), step, path, reason);
}

/// Throws startup_error::bad_setting(), exit status 6.
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_bad_setting(const char* step, std::string_view path,
                                                                     std::string_view reason)
{
    throw startup_error::bad_setting(step, path, reason);
}

/// Returns `result`, the result of a system call. Throws startup_error with errno, `step` and `path` if it is -1.
template <class CallResult>
CallResult check_call(CallResult result, const char* step, std::string_view path = {})
{
    if (result == CallResult(-1)) throw_errno(step, path);
    return result;
}

namespace detail {

/// The error of `call`, a system call that never fails with EPERM by itself. If a sandbox refuses it, the sentence names
/// the call, and the exit status is 1, because no permission of the user is missing.
[[nodiscard, gnu::cold, gnu::noinline]] inline startup_error call_error(std::error_code code, const char* call,
                                                                        const char* step, std::string_view path = {})
{
    if (!sys::is_refusal(code.value())) return {code, step, path};
    return {std::make_error_code(std::errc::function_not_supported), step, path,
            sys::joined({"the system call ", call, refused_here})};
}

/// Throws it, for the present errno.
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_call_error(const char* call, const char* step,
                                                                    std::string_view path = {})
{
    throw call_error(last_error(), call, step, path);
}

/// check_call() for such a system call.
template <class CallResult>
CallResult check_call_of(const char* call, CallResult result, const char* step, std::string_view path = {})
{
    if (result == CallResult(-1)) throw_call_error(call, step, path);
    return result;
}

} // namespace detail

} // namespace daemonkit
