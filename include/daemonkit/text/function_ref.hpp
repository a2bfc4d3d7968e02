// SPDX-License-Identifier: BSL-1.0
// Something that can be called, by reference: a function that takes one is in the program once, and not once for each
// of its callers.
#pragma once

namespace daemonkit::sys {

template <class Signature>
class function_ref;

/// Lives no longer than the call that it is an argument of.
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
