// SPDX-License-Identifier: BSL-1.0
// A store in a Lease of Kubernetes, coordination.k8s.io/v1: a second store for the engine, and as unlike etcd as it can
// be. The server compares the resource version of each write with the stored one, and ends no lease. Every observer
// judges by its own clock: a lease that was not written for its duration since it was seen first has ended. The token is
// the number of changes of the holder, leaseTransitions.
#pragma once

#include <daemonkit/lease/concept.hpp>
#include <daemonkit/lease/detail/http_client.hpp>
#include <daemonkit/lease/detail/json.hpp>
#include <daemonkit/sys/read_file.hpp>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <utility>

struct kubernetes_settings
{
    std::string server{};
    std::string name_space = "default";
    std::string name{};
    std::string token_file{}; ///< of the service account; it is read anew for each request, because it is replaced
    daemonkit::tls_files tls{};
};

class kubernetes_session
{
    using clock = daemonkit::sys::boot_clock;
    using time = clock::time_point;
    using json_tree = daemonkit::detail::json_tree;

public:
    kubernetes_session(kubernetes_settings settings, const daemonkit::lease_terms& terms)
        : settings_(std::move(settings)), seconds_(std::chrono::ceil<std::chrono::seconds>(terms.ttl)),
          client_(settings_.tls, terms.wake)
    {
    }

    daemonkit::lease_answer acquire(const daemonkit::lease_holder& self, time until)
    {
        mine_ = daemonkit::detail::text_of(self);
        if (!look(until)) {
            const auto body =
                daemonkit::sys::joined({R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":")",
                                        settings_.name, R"("},"spec":)", spec(1, true), "}"});
            const auto made = request("POST", {}, body, until);
            if (made.status == conflict) throw_again(); // another daemon has made it
            observe(expect(made));
        } else if (seen_.holder != mine_ || !seen_.live()) {
            if (seen_.live()) return {0, seen_.as_holder()};
            if (!write(spec(seen_.transitions + 1, true), until)) throw_again();
        } else if (!write(spec(seen_.transitions, false), until)) {
            throw_again();
        }
        return {seen_.transitions, {}};
    }

    daemonkit::lease_renewal renew(time until)
    {
        using daemonkit::lease_renewal;
        if (write(spec(seen_.transitions, false), until)) return lease_renewal::renewed;
        // Another daemon has it; or an earlier answer was lost.
        const auto token = seen_.transitions;
        if (!look(until) || seen_.holder != mine_ || seen_.transitions != token) return lease_renewal::lost;
        if (!write(spec(token, false), until)) throw_again();
        return lease_renewal::renewed;
    }

    void release(time until)
    {
        if (!look(until, false) || seen_.holder != mine_) return;
        (void)write(R"({"holderIdentity":"","leaseDurationSeconds":1})", until, false);
        mine_.clear();
    }

    std::optional<daemonkit::lease_holder> holder(time until)
    {
        return look(until) && seen_.live() ? std::optional(seen_.as_holder()) : std::nullopt;
    }

    void watch(time until)
    {
        const auto url = daemonkit::sys::joined(
            {"?watch=1&fieldSelector=metadata.name=", settings_.name, "&resourceVersion=", seen_.version});
        std::size_t read = 0;
        const auto changed = [&](const std::string& all) {
            for (std::size_t end; (end = all.find('\n', read)) != std::string::npos; read = end + 1) {
                const auto event = daemonkit::detail::parse_json(all.substr(read, end - read));
                const auto before = seen_.holder;
                if (event.get("type", "") != "MODIFIED") return true;
                observe(event.get_child("object", {}));
                if (seen_.holder != before) return true;
            }
            return clock::now() >= end_; // a renewal moves it
        };
        const daemonkit::sys::function_ref<bool(const std::string&)> hear(changed);
        while (clock::now() < std::min(until, end_)) {
            read = 0;
            const auto left = std::min(until, end_);
            try {
                (void)client_.perform({"GET", place(url), {}, authorization(), ""}, left, true, &hear);
                return;
            } catch (const std::system_error& e) {
                if (e.code() != std::errc::timed_out) throw;
            }
        }
    }

private:
    static constexpr long conflict = 409;
    static constexpr long missing = 404;

    struct record
    {
        std::string version{};
        std::string holder{};
        std::uint64_t transitions = 0;
        std::chrono::seconds duration{};
        time first_seen{};
        [[nodiscard]] bool live() const
        {
            return !holder.empty() && holder != "null" && clock::now() < first_seen + duration;
        }
        [[nodiscard]] daemonkit::lease_holder as_holder() const
        {
            return daemonkit::detail::holder_in(holder, transitions);
        }
    };

    [[noreturn]] static void throw_again()
    {
        throw daemonkit::startup_error(std::make_error_code(std::errc::resource_unavailable_try_again), "write",
                                       "the lease", "another daemon has written it meanwhile");
    }

    [[nodiscard]] std::string place(const std::string& end) const
    {
        return daemonkit::sys::joined(
            {settings_.server, "/apis/coordination.k8s.io/v1/namespaces/", settings_.name_space, "/leases", end});
    }
    [[nodiscard]] std::string authorization() const
    {
        std::string token;
        if (settings_.token_file.empty()) return token;
        daemonkit::sys::read_file(settings_.token_file.c_str(), token, 65536);
        while (token.ends_with('\n')) token.pop_back();
        return "Bearer " + token;
    }
    daemonkit::detail::http_answer request(const char* method, const std::string& end, const std::string& body,
                                           time until, bool heed_wake = true)
    {
        const char* const type =
            std::string_view(method) == "PATCH" ? "application/merge-patch+json" : "application/json";
        return client_.perform({method, place(end), body, authorization(), type}, until, heed_wake);
    }
    [[nodiscard]] json_tree expect(const daemonkit::detail::http_answer& answer) const
    {
        if (answer.status / 100 != 2)
            throw daemonkit::startup_error(std::make_error_code(std::errc::protocol_error), "use", place({}),
                                           daemonkit::sys::joined({"HTTP status ", answer.status}));
        return daemonkit::detail::parse_json(answer.body);
    }

    /// The fields of an owner.
    [[nodiscard]] std::string spec(std::uint64_t transitions, bool acquires) const
    {
        timespec now{};
        ::clock_gettime(CLOCK_REALTIME, &now);
        tm parts{};
        ::gmtime_r(&now.tv_sec, &parts);
        char text[40];
        const auto length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000000Z", &parts);
        const std::string_view at(text, length);
        return daemonkit::sys::joined(
            {R"({"holderIdentity":)", daemonkit::detail::json_text(mine_), R"(,"leaseDurationSeconds":)",
             seconds_.count(), R"(,"leaseTransitions":)", transitions, R"(,"renewTime":")", at, "\"",
             acquires ? R"(,"acquireTime":")" : "", acquires ? at : std::string_view(), acquires ? "\"" : "", "}"});
    }

    // false: it was written since it was seen.
    bool write(const std::string& spec, time until, bool heed_wake = true)
    {
        const auto answer = request(
            "PATCH", "/" + settings_.name,
            daemonkit::sys::joined({R"({"metadata":{"resourceVersion":")", seen_.version, R"("},"spec":)", spec, "}"}),
            until, heed_wake);
        if (answer.status == conflict) return false;
        observe(expect(answer));
        return true;
    }

    // false: there is none.
    bool look(time until, bool heed_wake = true)
    {
        const auto answer = request("GET", "/" + settings_.name, {}, until, heed_wake);
        if (answer.status == missing) return false;
        observe(expect(answer));
        return true;
    }

    void observe(const json_tree& lease)
    {
        const auto version = lease.get("metadata.resourceVersion", "");
        if (version != seen_.version) seen_.first_seen = clock::now();
        seen_.version = version;
        seen_.holder = lease.get("spec.holderIdentity", "");
        seen_.transitions = lease.get<std::uint64_t>("spec.leaseTransitions", 0);
        seen_.duration = std::chrono::seconds(lease.get("spec.leaseDurationSeconds", 0L));
        end_ = seen_.live() && seen_.holder != mine_ ? seen_.first_seen + seen_.duration : clock::never;
    }

    kubernetes_settings settings_;
    std::chrono::seconds seconds_;
    daemonkit::detail::http_client client_;
    std::string mine_{};
    record seen_{};
    time end_ = clock::never; // of another daemon's lease
};

struct kubernetes_store : kubernetes_settings
{
    static constexpr bool expires = true;

    [[nodiscard]] std::string where() const
    {
        return daemonkit::sys::joined({"lease ", name_space, "/", name, " at ", server});
    }
    [[nodiscard]] kubernetes_session open(const daemonkit::lease_terms& terms) const { return {*this, terms}; }
};

static_assert(daemonkit::lease_store<kubernetes_store>);
