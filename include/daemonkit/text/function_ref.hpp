// SPDX-License-Identifier: BSL-1.0
// A reference to something callable. A function with such a parameter is compiled once; a template would be compiled
// for each caller.
#pragma once

namespace daemonkit::sys {

template <class FunctionType>
class function_ref;

/// Only for function parameters: it must not outlive the callable that it refers to.
template <class ReturnType, class... Args>
class function_ref<ReturnType(Args...)>
{
public:
    /// The caller keeps the function alive.
    template <class FunctionObject>
    function_ref(const FunctionObject& function) noexcept // NOLINT(*-explicit-*)
        : function_(&function), call_([](const void* f, Args... args) -> ReturnType {
              return (*static_cast<const FunctionObject*>(f))(args...);
          })
    {
    }

    ReturnType operator()(Args... args) const { return call_(function_, args...); } ///< calls the function

private:
    const void* function_;
    ReturnType (*call_)(const void*, Args...);
};

} // namespace daemonkit::sys
