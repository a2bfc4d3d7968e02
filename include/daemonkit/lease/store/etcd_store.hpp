// SPDX-License-Identifier: BSL-1.0
// A store in etcd 3.4 or later, over its JSON gateway, with libcurl: daemonkit::etcd in CMake.
//
// Two keys belong to one lease of etcd. KEY says who owns the lease, as JSON: host, boot, pid, start. KEY/lease is what
// counts: the daemon that created it owns it, and the revision of the creation is the token. To delete KEY asks the owner
// to step down; no other daemon can own the lease before the owner has released it, is dead, or has expired.
//
// A renewal keeps the lease alive, which etcd does without consensus: a leader that was replaced and does not know it
// would answer, too (https://github.com/etcd-io/etcd/issues/15247). Therefore a read with consensus follows, and both
// answers must come from the same term.
#pragma once

#include "../../core/required_setting.hpp"
#include "../../text/base64.hpp"
#include "../../text/joined.hpp"
#include "../concept.hpp"
#include "../detail/etcd_gateway.hpp"
#include "../tls_files.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace daemonkit {

namespace detail {

/// A session: see lease/concept.hpp.
class etcd_session
{
    using time = sys::boot_clock::time_point;

public:
    etcd_session(const std::string& key, etcd_gateway gateway, std::chrono::nanoseconds ttl)
        : key_(sys::to_base64(key)), lease_key_(sys::to_base64(key + "/lease")),
          range_end_(sys::to_base64(key + std::string("/lease\0", 7))), gateway_(std::move(gateway)),
          ttl_(std::chrono::ceil<std::chrono::seconds>(ttl).count())
    {
    }

    lease_answer acquire(const lease_holder& self, time until)
    {
        if (const auto there = owner(until)) return answer_for(*there, until);
        if (lease_.empty() || !keep_alive(until)) grant(until);
        const auto answer = create_keys(sys::to_base64(text_of(self)), until);
        if (const auto other = owner_in(answer)) return answer_for(*other, until);
        if (!answer.get("succeeded", false)) return {};
        token_ = revision(answer);
        expect_term(answer);
        return {token_, {}};
    }

    lease_renewal renew(time until)
    {
        if (lease_.empty() || !keep_alive(until)) return lease_renewal::lost;
        return look(until);
    }

    void release(time until)
    {
        if (lease_.empty()) return;
        try {
            gateway_.call("/v3/lease/revoke", sys::joined({"{\"ID\":\"", lease_, "\"}"}), until, false);
        } catch (const etcd_error& e) {
            if (e.code() != etcd_error::not_found) throw;
        }
        lease_.clear();
    }

    std::optional<lease_holder> holder(time until)
    {
        const auto found = owner(until);
        asks_ = found ? found->holder.token : 0;
        return found ? std::optional(found->holder) : std::nullopt;
    }

    // Only the owner that holder() has seen.
    void ask_release(time until)
    {
        if (asks_ == 0) (void)holder(until);
        call("/v3/kv/txn",
             {"{\"compare\":[{\"key\":\"", lease_key_,
              "\",\"target\":\"CREATE\",\"result\":\"EQUAL\",\"create_revision\":\"", asks_,
              "\"}],\"success\":[{\"request_delete_range\":{\"key\":\"", key_, "\"}}],\"failure\":[]}"},
             until);
    }

    void watch(time until)
    {
        const auto body = sys::joined({"{\"create_request\":{\"key\":\"", key_, "\",\"range_end\":\"", range_end_,
                                       "\",\"start_revision\":\"", seen_ + 1, "\"}}"});
        gateway_.stream("/v3/watch", body, until, [](const json_tree& line) {
            return line.get("canceled", false) || line.get_child_optional("events").has_value();
        });
    }

private:
    struct owner_entry
    {
        lease_holder holder{};
        std::string lease{}; // of etcd
    };

    json_tree call(const char* function, std::initializer_list<sys::piece> body, time until)
    {
        auto answer = gateway_.call(function, sys::joined(body), until);
        seen_ = std::max(seen_, revision(answer));
        return answer;
    }
    [[nodiscard]] static std::uint64_t revision(const json_tree& answer)
    {
        return answer.get<std::uint64_t>("header.revision", 0);
    }
    [[nodiscard]] static std::string range(const std::string& key)
    {
        return sys::joined({"{\"request_range\":{\"key\":\"", key, "\"}}"});
    }
    [[noreturn]] static void throw_changed(const char* how)
    {
        throw startup_error(std::make_error_code(std::errc::resource_unavailable_try_again), "own the lease", {}, how);
    }

    std::optional<owner_entry> owner(time until)
    {
        return entry_in(call("/v3/kv/range", {"{\"key\":\"", lease_key_, "\"}"}, until));
    }
    [[nodiscard]] static std::optional<owner_entry> owner_in(const json_tree& transaction)
    {
        const auto responses = transaction.get_child_optional("responses");
        if (!responses || responses->empty()) return {};
        return entry_in(responses->front().second.get_child("response_range", {}));
    }
    [[nodiscard]] static std::optional<owner_entry> entry_in(const json_tree& range)
    {
        const auto all = range.get_child_optional("kvs");
        if (!all || all->empty()) return {};
        const auto& entry = all->front().second;
        return owner_entry{
            holder_in(sys::from_base64(entry.get("value", "")), entry.get<std::uint64_t>("create_revision", 0)),
            entry.get("lease", "")};
    }

    // Another session owns the lease; or this one does, because the answer to an earlier request was lost.
    lease_answer answer_for(const owner_entry& there, time until)
    {
        if (lease_.empty() || there.lease != lease_) return {0, there.holder};
        token_ = there.holder.token;
        if (renew(until) == lease_renewal::lost) throw_changed("it has ended");
        return {token_, {}};
    }

    json_tree create_keys(const std::string& value, time until)
    {
        const auto put = [&](const std::string& key) {
            return sys::joined(
                {"{\"request_put\":{\"key\":\"", key, "\",\"value\":\"", value, "\",\"lease\":\"", lease_, "\"}}"});
        };
        return call("/v3/kv/txn",
                    {"{\"compare\":[{\"key\":\"", lease_key_,
                     "\",\"target\":\"CREATE\",\"result\":\"EQUAL\",\"create_revision\":\"0\"}],\"success\":[",
                     put(key_), ",", put(lease_key_), "],\"failure\":[", range(lease_key_), "]}"},
                    until);
    }

    void grant(time until)
    {
        const auto answer = call("/v3/lease/grant", {"{\"TTL\":\"", ttl_, "\"}"}, until);
        lease_ = answer.get("ID", "");
        term_ = answer.get("header.raft_term", "");
    }

    // false: the lease has ended.
    bool keep_alive(time until)
    {
        const auto answer = call("/v3/lease/keepalive", {"{\"ID\":\"", lease_, "\"}"}, until);
        term_ = answer.get("header.raft_term", "");
        return answer.get("TTL", 0LL) >= ttl_;
    }

    // A lease that was kept alive in another term may have been kept alive by no leader.
    void expect_term(const json_tree& answer) const
    {
        if (answer.get("header.raft_term", "") != term_) throw_changed("etcd has elected a leader meanwhile");
    }

    // Who owns the lease, and whether KEY is still as this owner has written it.
    lease_renewal look(time until)
    {
        const auto answer =
            call("/v3/kv/txn",
                 {"{\"compare\":[{\"key\":\"", lease_key_,
                  "\",\"target\":\"CREATE\",\"result\":\"EQUAL\",\"create_revision\":\"", token_, "\"},{\"key\":\"",
                  lease_key_, "\",\"target\":\"LEASE\",\"result\":\"EQUAL\",\"lease\":\"", lease_, "\"}],\"success\":[",
                  range(key_), "],\"failure\":[]}"},
                 until);
        if (!answer.get("succeeded", false)) return lease_renewal::lost;
        expect_term(answer);
        const auto named = owner_in(answer);
        return named && named->lease == lease_ ? lease_renewal::renewed : lease_renewal::asked;
    }

    std::string key_;       // in base64, like the next two
    std::string lease_key_; // KEY/lease
    std::string range_end_; // the key after KEY/lease
    etcd_gateway gateway_;
    long long ttl_;           // in seconds
    std::string lease_{};     // the lease of etcd; empty: none
    std::string term_{};      // of the answer that kept it alive
    std::uint64_t token_ = 0; // as owner
    std::uint64_t asks_ = 0;  // the token of the owner that holder() returned last
    std::uint64_t seen_ = 0;  // revision of the newest answer
};

} // namespace detail

/// A lease in etcd.
struct etcd_store
{
    static constexpr bool expires = true; ///< etcd ends a lease after its TTL
    /// The same for every daemon that wants the lease; no other key begins with it.
    required_setting<std::string> key;
    /// URLs of members; tried in turn until etcd answers.
    std::vector<std::string> endpoints{"http://127.0.0.1:2379"};
    std::string user{};     ///< of etcd; empty: no authentication by password
    std::string password{}; ///< of that user
    tls_files tls{};        ///< for endpoints with https; read by the daemon after it has dropped its privileges

    /// "etcd key KEY at ENDPOINT".
    [[nodiscard]] std::string where() const
    {
        return sys::joined({"etcd key ", key, " at ", endpoints.empty() ? "" : endpoints.front()});
    }

    /// Throws startup_error if the settings can never work.
    void check_settings() const
    {
        constexpr const char* step = "use the store,";
        if (key.empty() || endpoints.empty()) throw_bad_setting(step, where(), "a key and an endpoint are needed");
        for (const auto& url : endpoints) {
            const auto scheme = url.find("://") + 3;
            if (!(url.starts_with("http://") || url.starts_with("https://")) || scheme >= url.size())
                throw_bad_setting(step, where(), sys::joined({"'", url, "' is no URL with http:// or https://"}));
        }
        for (const auto* file : {&tls.ca, &tls.cert, &tls.key})
            if (!file->empty() && file->front() != '/') // the daemon changes its working directory
                throw_bad_setting(step, where(), sys::joined({"the path '", *file, "' is not absolute"}));
    }

    /// A session: see lease/concept.hpp. Throws startup_error if the settings can never work.
    [[nodiscard]] detail::etcd_session open(const lease_terms& terms) const
    {
        check_settings();
        return {key, {endpoints, user, password, tls, terms.wake}, terms.ttl};
    }
};
static_assert(lease_store<etcd_store>);

} // namespace daemonkit
