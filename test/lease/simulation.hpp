// SPDX-License-Identifier: BSL-1.0
// Daemons that want one lease, a store and a network in virtual time. Times of the world are in milliseconds; the clock of
// a process runs at a rate of its own.
#pragma once

#include "choices.hpp"

#include <algorithm>
#include <string>

namespace simulation {

/// One run of the world. what() says what was wrong.
class world
{
public:
    /// `slow`: by how many percent the clocks of the processes run slower than that of the store; negative: faster.
    world(choices& chosen, fault with, int slow, trouble first_owner)
        : chosen_(chosen), fault_(with), trouble_(first_owner)
    {
        for (int i = 0; i < 2; ++i) processes_.push_back(process(i, with, with == fault::fast_store ? 15 : slow));
        processes_[1].wakes = 100;
    }

    void run()
    {
        while (problem_.empty()) {
            long next = never;
            for (const auto& p : processes_)
                for (const long at : {p.kills, p.alive ? p.thaws : never, p.runs() ? p.wakes : never})
                    next = std::min(next, at);
            for (const auto& m : messages_) next = std::min(next, m.at);
            if (owner_ != -1) next = std::min(next, expires_);
            if (next > 8 * ttl) break;
            now_ = std::max(now_, next);
            step();
        }
        for (const auto& p : processes_)
            if (problem_.empty() && owner_ == -1 && p.runs() &&
                (p.engine.state() == lease_state::campaigning || p.engine.state() == lease_state::standing_by))
                problem_ = "the lease is free, and a daemon waits for it";
    }

    [[nodiscard]] const std::string& what() const { return problem_; }
    [[nodiscard]] long changes() const { return changes_; }

private:
    void step()
    {
        if (owner_ != -1 && now_ >= expires_) {
            owner_ = -1;
            wake_watchers();
        }
        for (auto& p : processes_) {
            if (p.alive && p.kills <= now_) kill(p);
            if (p.alive && p.thaws <= now_) {
                p.frozen = false;
                p.thaws = never;
                p.wakes = now_;
            }
        }
        for (std::size_t i = 0; i < messages_.size(); ++i) {
            const auto m = messages_[i];
            if (m.at > now_) continue;
            auto& p = processes_[static_cast<std::size_t>(m.to)];
            if (m.what != kind::arrives && p.alive && p.frozen) { // it waits for its reader
                messages_[i].at = p.thaws == never ? 100 * ttl : p.thaws;
                continue;
            }
            messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(i--));
            if (m.what == kind::arrives)
                arrive(m);
            else if (p.alive && p.request == m.request)
                answer(p, m);
        }
        for (auto& p : processes_)
            if (p.runs() && p.wakes <= now_) drive(p);
    }

    // The store.
    void arrive(const message& m)
    {
        bool yes = false;
        if (m.of == lease_request::acquire && owner_ == -1) {
            owner_ = m.to;
            ++token_;
        }
        if (m.of == lease_request::release) {
            if (owner_ == m.to) owner_ = -1;
            yes = true;
        } else if (owner_ == m.to) {
            expires_ = now_ + ttl;
            yes = true;
        }
        if (m.read != never)
            messages_.push_back({std::max(m.read, now_), kind::answers, m.to, m.request, m.of, never, yes});
        if (m.of == lease_request::release) wake_watchers();
    }

    void send(process& p, lease_request what, long until)
    {
        p.request = ++requests_;
        p.what = what;
        p.until = until;
        p.engine.sent(what, p.local(now_));
        if (what == lease_request::watch) {
            p.wakes = until;
            return;
        }
        p.wakes = never;
        const auto arrives = [&](long at, long read) {
            messages_.push_back({at, kind::arrives, p.id, p.request, what, read, false});
        };
        const auto fails = [&] { messages_.push_back({until, kind::fails, p.id, p.request, what, never, false}); };
        const long answered = now_ + 2 * travel;
        switch (static_cast<fate>(chosen_.choose(static_cast<int>(fate::count)))) {
        case fate::fine:
        case fate::count: arrives(now_ + travel, answered); break;
        case fate::lost: fails(); break;
        case fate::answer_lost:
            arrives(now_ + travel, never);
            fails();
            break;
        case fate::answer_late: arrives(now_ + travel, now_ + ttl * 8 / 10); break;
        case fate::answer_slow: arrives(now_ + travel, until); break;
        case fate::slow: arrives(std::max(now_, until - travel), until); break;
        case fate::delayed:
            arrives(now_ + ttl / 2, never);
            fails();
            break;
        case fate::doubled:
            arrives(now_ + travel, answered);
            arrives(now_ + ttl / 2, never);
            break;
        }
    }

    void answer(process& p, const message& m)
    {
        const auto now = p.local(now_);
        p.request = 0;
        p.wakes = now_;
        if (fault_ == fault::from_answer && m.yes) p.engine.sent(m.of, now);
        switch (m.what == kind::fails ? lease_request::none : m.of) {
        case lease_request::acquire:
            if (m.yes) {
                p.engine.owned(now);
                if (p.engine.owns()) becomes_owner(p);
            } else {
                p.engine.held();
            }
            break;
        case lease_request::renew:
            if (m.yes)
                p.engine.renewed(now, false);
            else
                p.engine.taken(now);
            break;
        case lease_request::release: p.engine.released(); break;
        case lease_request::watch:
        case lease_request::none: p.engine.failed(now); break;
        }
        arm(p);
    }

    void arm(process& p) { p.kills = fault_ == fault::no_kill ? never : p.world(p.engine.kill_at()); }

    void becomes_owner(process& p)
    {
        ++changes_;
        if (token_ <= last_token_) problem_ = "a token that does not rise";
        last_token_ = token_;
        for (const auto& other : processes_)
            if (other.id != p.id && other.acts) problem_ = "two owners";
        p.acts = true;
        if (p.id != 0 || changes_ != 1) return;
        // What befalls the first owner, and when.
        constexpr long times[] = {1, ttl / 3 + travel, ttl / 2};
        if (trouble_ == trouble::stuck) p.stuck = true;
        if (trouble_ != trouble::none && trouble_ != trouble::stuck) p.run_ends = now_ + times[chosen_.choose(3)];
    }

    void befall(process& p)
    {
        p.run_ends = never;
        p.frozen = trouble_ == trouble::frozen || trouble_ == trouble::frozen_short || trouble_ == trouble::frozen_long;
        if (trouble_ == trouble::frozen_short) p.thaws = now_ + ttl / 9;
        if (trouble_ == trouble::frozen_long) p.thaws = now_ + ttl * 7 / 10;
        if (!p.frozen) stop(p);
    }

    void stop(process& p)
    {
        p.acts = false; // run() has ended
        p.engine.stop(p.local(now_));
        p.request = 0; // the driver wakes its session
        arm(p);
    }

    void drive(process& p)
    {
        const auto now = p.local(now_);
        p.wakes = never;
        if (p.run_ends <= now_) befall(p);
        if (p.frozen) return;
        if (p.request != 0 && p.what == lease_request::watch) {
            p.request = 0;
            p.engine.watched(now);
        }
        p.engine.pass(now);
        if (p.acts && !p.engine.owns() && !p.told) { // run() is to end, and needs some time
            p.told = true;
            if (!p.stuck) p.run_ends = now_ + (chosen_.choose(2) == 0 ? 200 : 10 * ttl);
        }
        arm(p);
        if (p.request == 0) {
            const auto order = p.engine.next(now, p.stuck);
            if (order.what == lease_request::none)
                p.wakes = p.world(order.at);
            else
                send(p, order.what, p.world(order.until));
        }
        if (p.engine.owns()) p.wakes = std::min(p.wakes, p.world(p.engine.act_until()));
        p.wakes = std::min(p.wakes, p.run_ends);
    }

    void kill(process& p)
    {
        if (!p.frozen && !p.stuck && p.engine.owns() && p.acts && !p.told)
            problem_ = "an owner is killed that was not told to end";
        p.alive = false;
        p.acts = false;
        p.kills = never;
    }

    void wake_watchers()
    {
        for (auto& p : processes_)
            if (p.request != 0 && p.what == lease_request::watch) p.wakes = std::min(p.wakes, now_ + travel);
    }

    static constexpr long travel = 10;

    choices& chosen_;
    fault fault_;
    trouble trouble_;
    std::vector<process> processes_{};
    std::vector<message> messages_{};
    long now_ = 0;
    int requests_ = 0;
    int owner_ = -1;
    long expires_ = 0;
    std::uint64_t token_ = 0;
    std::uint64_t last_token_ = 0;
    long changes_ = 0;
    std::string problem_{};
};

} // namespace simulation
