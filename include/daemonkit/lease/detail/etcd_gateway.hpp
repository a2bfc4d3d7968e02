// SPDX-License-Identifier: BSL-1.0
// The JSON gateway of etcd 3.4 and later: requests to the first endpoint that answers, authentication, errors as
// exceptions. An answer that is not etcd's, as of a load balancer without a backend, is the failure of its endpoint.
// https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/
#pragma once

#include "../../sys/boot_clock.hpp"
#include "../../text/joined.hpp"
#include "http_client.hpp"
#include "json.hpp"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace daemonkit::detail {

/// An error that etcd answered. `code` is that of gRPC.
class etcd_error : public startup_error
{
public:
    etcd_error(int code, std::string_view url, std::string_view reason)
        : startup_error(std::make_error_code(std::errc::protocol_error), "use", url, reason), code_(code)
    {
    }
    [[nodiscard]] int code() const noexcept { return code_; }
    /// Whether another member can answer: this one is about to stop, is too slow, or has no leader.
    [[nodiscard]] bool of_member() const noexcept
    {
        return code_ == cancelled || code_ == deadline_exceeded || code_ == unavailable;
    }

    static constexpr int cancelled = 1;
    static constexpr int deadline_exceeded = 4;
    static constexpr int not_found = 5;
    static constexpr int unavailable = 14;
    static constexpr int unauthenticated = 16; ///< the last code of gRPC

private:
    int code_;
};

class etcd_gateway
{
    using time = sys::boot_clock::time_point;

public:
    etcd_gateway(std::vector<std::string> endpoints, std::string user, std::string password, const tls_files& tls,
                 int wake)
        : endpoints_(std::move(endpoints)), user_(std::move(user)), password_(std::move(password)), client_(tls, wake)
    {
    }

    /// Calls a function of the gateway, for example "/v3/kv/range", with this JSON. `heed_wake` as in http_client.
    json_tree call(const char* function, const std::string& body, time until, bool heed_wake = true)
    {
        return try_endpoints(until, [&](time end) { return authenticated(function, body, end, heed_wake); });
    }

    /// Opens a stream and returns when `heard` returns true for an answer, or at `until`.
    void stream(const char* function, const std::string& body, time until,
                const sys::function_ref<bool(const json_tree&)>& heard)
    {
        std::size_t read = 0;
        bool answered = false;
        const auto each_line = [&](const std::string& all) {
            for (std::size_t end; (end = all.find('\n', read)) != std::string::npos; read = end + 1) {
                const auto line = result_of({200, all.substr(read, end - read)}, function);
                answered = true;
                if (heard(line)) return true;
            }
            return false;
        };
        const sys::function_ref<bool(const std::string&)> hear(each_line);
        try {
            log_in(until);
            const auto last = client_.perform({"POST", url(function), body, token_}, until, true, &hear);
            if (!answered) (void)result_of(last, function);
        } catch (const etcd_error& e) {
            forget_token(e);
            if (e.of_member()) next_endpoint();
            throw;
        } catch (const std::system_error& e) {
            if (e.code() == std::errc::timed_out && until <= sys::boot_clock::now()) return;
            if (e.code() != std::errc::operation_canceled) next_endpoint();
            throw;
        }
    }

private:
    [[nodiscard]] std::string url(const char* function) const
    {
        auto base = endpoints_[at_];
        while (base.ends_with('/')) base.pop_back();
        return sys::joined({base, function});
    }
    void next_endpoint() noexcept { at_ = (at_ + 1) % endpoints_.size(); }

    // Each endpoint gets an equal part of the time that is left. An endpoint that answers is asked first the next time.
    template <class Request>
    json_tree try_endpoints(time until, const Request& request)
    {
        std::exception_ptr failed;
        for (auto left = endpoints_.size(); left > 0; --left) {
            const auto now = sys::boot_clock::now();
            try {
                return request(now + std::max(until - now, time::duration::zero()) / static_cast<long>(left));
            } catch (const etcd_error& e) {
                if (!e.of_member()) throw;
                failed = std::current_exception();
            } catch (const std::system_error& e) {
                if (e.code() == std::errc::operation_canceled) throw;
                failed = std::current_exception();
            }
            next_endpoint();
        }
        std::rethrow_exception(failed);
    }

    json_tree authenticated(const char* function, const std::string& body, time until, bool heed_wake)
    {
        for (bool again = true;; again = false) {
            log_in(until, heed_wake);
            try {
                return once(function, body, until, heed_wake);
            } catch (const etcd_error& e) {
                if (!forget_token(e) || !again) throw;
            }
        }
    }

    // The token of another endpoint can be of no use, and one can expire: then etcd says so, and a new one is asked for.
    bool forget_token(const etcd_error& e) noexcept
    {
        const std::string_view text = e.what();
        if (user_.empty() || (e.code() != etcd_error::unauthenticated && text.find("auth") == text.npos &&
                              text.find("user name is empty") == text.npos))
            return false;
        return !std::exchange(token_, {}).empty();
    }

    void log_in(time until, bool heed_wake = true)
    {
        if (user_.empty() || !token_.empty()) return;
        const auto body = sys::joined({"{\"name\":", json_text(user_), ",\"password\":", json_text(password_), "}"});
        token_ = once("/v3/auth/authenticate", body, until, heed_wake).get("token", "");
    }

    json_tree once(const char* function, const std::string& body, time until, bool heed_wake)
    {
        return result_of(client_.perform({"POST", url(function), body, token_}, until, heed_wake), function);
    }

    // The JSON of an answer, or of a line of a stream: `result` has it there. Throws etcd_error if etcd answers an error,
    // and startup_error if the answer is not etcd's: every answer of the functions that a lease needs has a header, every
    // error a code of gRPC.
    [[nodiscard]] json_tree result_of(const http_answer& answer, const char* function) const
    {
        json_tree tree;
        try {
            tree = parse_json(answer.body);
        } catch (const startup_error&) {
            throw_not_of_etcd(answer.status, function);
        }
        const auto error = tree.get_child_optional("error"); // etcd 3.6: of a stream only
        const auto code =
            error ? error->get("grpc_code", error->get("code", tree.get("code", 0))) : tree.get("code", 0);
        if (code > 0 && code <= etcd_error::unauthenticated)
            throw etcd_error(code, url(function),
                             error ? error->get("message", error->data()) : tree.get("message", ""));
        if (auto result = tree.get_child_optional("result")) tree = json_tree(*result);
        if (answer.status != 200 || !tree.get_child_optional("header")) throw_not_of_etcd(answer.status, function);
        return tree;
    }
    [[noreturn, gnu::cold]] void throw_not_of_etcd(long status, const char* function) const
    {
        throw startup_error(std::make_error_code(std::errc::protocol_error), "use", url(function),
                            sys::joined({"HTTP status ", status, status == 200 ? ", but no answer of etcd" : ""}));
    }

    std::vector<std::string> endpoints_;
    std::string user_;
    std::string password_;
    std::string token_{};
    std::size_t at_ = 0;
    http_client client_;
};

} // namespace daemonkit::detail
