// SPDX-License-Identifier: BSL-1.0
// What the contract cases of a PidPolicy have in common: what find() says, and whole lives.
#pragma once

#include "../../pid/concept.hpp"
#include "../../pid/requirements.hpp"
#include "other_process.hpp"
#include "snapshot.hpp"
#include "suite.hpp"

#include <memory>

namespace daemonkit::testing::detail {

template <class PidPolicy>
inline constexpr bool recorded = daemonkit::detail::records_pid<PidPolicy>;

inline constexpr const char* records_nothing = "P::records_pid is false: no process can find the daemon";

inline std::string named(pid_t pid) { return pid == 0 ? "no process" : "process " + std::to_string(pid); }

/// What find() says; empty after a failure.
template <class PidPolicy>
pid_holder found(const PidPolicy& policy, const std::string& when)
{
    if constexpr (recorded<PidPolicy>) try {
            auto holder = policy.find();
            if (holder)
                expect(holder.process && !sys::has_exited(holder.process.get()),
                       when + ": find() returns a holder without the pidfd of a live process");
            return holder;
        } catch (const std::exception& e) {
            fail(when + ": find() throws: " + e.what());
        }
    return {};
}

/// find() has to name this process; 0: none.
template <class PidPolicy>
void expect_found(const PidPolicy& policy, pid_t pid, const std::string& when)
{
    if constexpr (recorded<PidPolicy>) {
        const auto holder = found(policy, when);
        expect(holder.pid == pid, when + ": find() names " + named(holder.pid) + " instead of " + named(pid));
    }
}

/// claim() has to throw already_running with this pid, and to change nothing.
template <class PidPolicy>
void expect_lost_claim(const place<PidPolicy>& at, pid_t holder, const std::string& when)
{
    const auto before = snapshot(at.directory);
    const auto descriptors = open_descriptors(::getpid());
    try {
        (void)at.policy.claim();
        fail(when + ": claim() succeeds");
    } catch (const already_running& e) {
        expect(e.pid() == holder, when + ": already_running names " + named(e.pid()) + " instead of " + named(holder));
    } catch (const std::exception& e) {
        fail(when + ": claim() throws no already_running: " + e.what());
    }
    expect(snapshot(at.directory) == before, when + ": a claim that fails changes files");
    expect(open_descriptors(::getpid()) == descriptors, when + ": a claim that fails leaves descriptors open");
}

/// The identity is free: a life from claim() to the end works, and leaves no file beside `files`.
template <class PidPolicy>
void expect_free(const place<PidPolicy>& at, const std::set<std::string>& files, const std::string& when)
{
    expect_found(at.policy, 0, when);
    try {
        auto guard = at.policy.claim();
        guard.publish(::getpid());
        expect_found(at.policy, ::getpid(), when + ", in the next life");
        expect(guard.keep(), when + ", in the next life: keep() returns false");
    } catch (const std::exception& e) {
        fail(when + ": the next life fails: " + e.what());
    }
    expect_found(at.policy, 0, when + ", after the next life");
    const auto left = added(files, files_below(at.directory));
    if (!expect(left.empty(), when + ", after the next life: left behind: " + left))
        for (const auto& name : files_below(at.directory))
            if (files.count(name) == 0) boost::filesystem::remove(name);
}

/// A daemon in a process of its own, from claim() to the end of the guard.
template <class PidPolicy>
class holder_process
{
public:
    explicit holder_process(const PidPolicy& policy)
        : process_([policy](const other_process& self) {
              auto guard = policy.claim();
              guard.publish(::getpid());
              self.say(1);
              self.await();
              self.say(guard.keep() ? 1 : 0);
              self.await();
              return 0;
          }),
          up_(expect(process_.hear() == 1, "a daemon cannot claim and publish"))
    {
    }

    [[nodiscard]] explicit operator bool() const noexcept { return up_; }
    [[nodiscard]] pid_t pid() const noexcept { return process_.pid(); }
    /// What keep() returns; once.
    bool keeps()
    {
        process_.go();
        return process_.hear() == 1;
    }
    /// After keeps(): it ends in good order.
    void end()
    {
        process_.go();
        expect(process_.status() == 0, "a daemon ends badly");
    }
    void kill() { process_.kill(); }

private:
    other_process process_;
    bool up_;
};

} // namespace daemonkit::testing::detail
