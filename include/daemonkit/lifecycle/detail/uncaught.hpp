// SPDX-License-Identifier: BSL-1.0
// An exception that no code catches, in any thread of the daemon, ends the process by std::terminate(). No destructor
// runs then. So a terminate handler reports the reason and undoes what can be undone from here, while other threads run
// on. Then it calls the handler that was set before, which aborts.
#pragma once

#include "../../compiled.hpp"
#include "../../text/short_text.hpp"

#include <exception>
#include <string_view>

namespace daemonkit::detail {

/// Sets the handler while the object lives. One at a time in a process; a second one does nothing.
class uncaught_exceptions
{
public:
    using action = void (*)(void* object, std::string_view reason) noexcept; ///< in the thread that ends the process

    uncaught_exceptions(action act, void* object) noexcept;
    uncaught_exceptions(const uncaught_exceptions&) = delete;
    uncaught_exceptions& operator=(const uncaught_exceptions&) = delete;
    ~uncaught_exceptions()
    {
        if (!first_) return;
        present_act = nullptr;
        if (std::get_terminate() == ended) std::set_terminate(handler_before);
    }

private:
    static void ended() noexcept;

    static void describe(sys::short_text<1024>& reason) noexcept;

    static inline action present_act = nullptr;
    static inline void* present_object = nullptr;
    static inline std::terminate_handler handler_before = nullptr;

    bool first_;
};

#if DAEMONKIT_DEFINES

DAEMONKIT_INLINE uncaught_exceptions::uncaught_exceptions(action act, void* object) noexcept
    : first_(present_act == nullptr)
{
    if (!first_) return;
    present_act = act;
    present_object = object;
    handler_before = std::set_terminate(ended);
}

DAEMONKIT_INLINE void uncaught_exceptions::ended() noexcept
{
    if (const auto act = present_act) {
        present_act = nullptr; // also if it ends here again
        sys::short_text<1024> reason("ended by ");
        describe(reason);
        act(present_object, reason);
    }
    handler_before();
}

DAEMONKIT_INLINE void uncaught_exceptions::describe(sys::short_text<1024>& reason) noexcept
try {
    const auto exception = std::current_exception();
    if (exception == nullptr) {
        reason += "std::terminate()";
        return;
    }
    reason += "an exception that was not caught: ";
    std::rethrow_exception(exception);
} catch (const std::exception& e) {
    reason += e.what();
} catch (...) {
    reason += "no std::exception";
}

#endif

} // namespace daemonkit::detail
