// SPDX-License-Identifier: BSL-1.0
// A reference to something callable. A function with such a parameter is compiled once; a template would be compiled
// for each caller.
#pragma once

namespace daemonkit::sys {

template <class Signature>
class function_ref;

/// Only for function parameters: it must not outlive the callable that it refers to.
template <class Result, class... Args>
class function_ref<Result(Args...)>
{
public:
    template <class Function>
    function_ref(const Function& function) noexcept // NOLINT(*-explicit-*)
        : function_(&function),
          call_([](const void* f, Args... args) -> Result { return (*static_cast<const Function*>(f))(args...); })
    {
    }

    Result operator()(Args... args) const { return call_(function_, args...); }

private:
    const void* function_;
    Result (*call_)(const void*, Args...);
};

} // namespace daemonkit::sys
