// SPDX-License-Identifier: BSL-1.0
// HTTP requests with an absolute deadline, over libcurl: one at a time, in one thread. Names are looked up in here, so
// never before the fork.
#pragma once

#include "../../core/startup_error.hpp"
#include "../../sys/boot_clock.hpp"
#include "../../sys/boot_timer.hpp"
#include "../../text/function_ref.hpp"
#include "../../text/joined.hpp"
#include "../tls_files.hpp"

#include <curl/curl.h>

#include <cerrno>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace daemonkit::detail {

/// A failure of a request: "cannot reach URL: REASON".
[[noreturn, gnu::cold]] inline void throw_unreachable(int error, std::string_view url, std::string_view reason = {})
{
    throw startup_error({error, std::system_category()}, "reach", url, reason);
}

/// One request.
struct http_request
{
    const char* method = "POST";           ///< GET, POST, PUT, ...
    std::string url{};                     ///< with the scheme
    std::string body{};                    ///< empty: none
    std::string authorization{};           ///< the value of this header; empty: none
    const char* type = "application/json"; ///< of the body
};

struct http_answer
{
    long status = 0; ///< 200, 404, ...
    std::string body{};
};

class http_client
{
    using time = sys::boot_clock::time_point;

public:
    /// `wake`: ends requests when it becomes readable; -1: none.
    http_client(tls_files tls, int wake) : tls_(std::move(tls)), wake_(wake)
    {
        static const CURLcode prepared = ::curl_global_init(CURL_GLOBAL_DEFAULT);
        if (prepared != CURLE_OK) fail(prepared);
        multi_.reset(::curl_multi_init());
        easy_.reset(::curl_easy_init());
        if (!multi_ || !easy_) throw std::bad_alloc();
        check_call(timer_.create(), "make a timer");
    }

    /// Sends it and returns the answer. Throws std::system_error if there is none by `until`. `heed_wake`: whether
    /// `wake` ends it. `hear` is for a stream of answers with status 200: it gets the body so far after each part, until
    /// it returns true.
    http_answer perform(const http_request& request, time until, bool heed_wake,
                        const sys::function_ref<bool(const std::string&)>* hear = nullptr)
    {
        const transfer running(*this, request);
        timer_.set(until);
        for (int active = 1; active != 0;) {
            check(::curl_multi_perform(multi_.get(), &active));
            ::curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &answer_.status);
            if (hear != nullptr && answer_.status == 200 && !answer_.body.empty()) {
                if ((*hear)(answer_.body)) return std::move(answer_);
            }
            if (active == 0) break;
            if (sys::boot_clock::now() >= until) throw_unreachable(ETIMEDOUT, request.url);
            curl_waitfd also[] = {{timer_.fd(), CURL_WAIT_POLLIN, 0}, {wake_, CURL_WAIT_POLLIN, 0}};
            const bool heeds = heed_wake && wake_ >= 0;
            check(::curl_multi_poll(multi_.get(), also, heeds ? 2 : 1, most_wait, nullptr));
            if (heeds && also[1].revents != 0) throw_unreachable(ECANCELED, request.url, "the daemon is to stop");
        }
        int left = 0;
        const auto* const message = ::curl_multi_info_read(multi_.get(), &left);
        if (message != nullptr && message->data.result != CURLE_OK) fail(message->data.result, request.url);
        return std::move(answer_);
    }

private:
    static constexpr std::size_t most = 1 << 20; // bytes of an answer
    static constexpr int most_wait = 3'600'000;  // milliseconds; the timer ends a wait

    struct easy_cleanup
    {
        void operator()(CURL* easy) const noexcept { ::curl_easy_cleanup(easy); }
    };
    struct list_cleanup
    {
        void operator()(curl_slist* list) const noexcept { ::curl_slist_free_all(list); }
    };
    struct multi_cleanup
    {
        void operator()(CURLM* multi) const noexcept { ::curl_multi_cleanup(multi); }
    };

    // A request that is under way. Connections are kept for the next one.
    class transfer
    {
    public:
        transfer(http_client& client, const http_request& request) : client_(client)
        {
            auto* const easy = client.easy_.get();
            client.answer_ = {};
            client.error_[0] = '\0';
            ::curl_easy_reset(easy);
            set(CURLOPT_URL, request.url.c_str());
            set(CURLOPT_CUSTOMREQUEST, request.method);
            if (!request.body.empty()) {
                set(CURLOPT_POSTFIELDS, request.body.c_str());
                set(CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
                add_header(sys::joined({"Content-Type: ", request.type}));
            }
            if (!request.authorization.empty()) add_header("Authorization: " + request.authorization);
            set(CURLOPT_HTTPHEADER, headers_.get());
            set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
            set(CURLOPT_NOSIGNAL, 1L);
            set(CURLOPT_PROXY, ""); // not that of the environment
            set(CURLOPT_ERRORBUFFER, client.error_);
            set(CURLOPT_WRITEFUNCTION, &write);
            set(CURLOPT_WRITEDATA, &client.answer_.body);
            if (!client.tls_.ca.empty()) set(CURLOPT_CAINFO, client.tls_.ca.c_str());
            if (!client.tls_.cert.empty()) set(CURLOPT_SSLCERT, client.tls_.cert.c_str());
            if (!client.tls_.key.empty()) set(CURLOPT_SSLKEY, client.tls_.key.c_str());
            client.check(::curl_multi_add_handle(client.multi_.get(), easy));
        }
        transfer(const transfer&) = delete;
        transfer& operator=(const transfer&) = delete;
        ~transfer() { ::curl_multi_remove_handle(client_.multi_.get(), client_.easy_.get()); }

    private:
        template <class OptionValue>
        void set(CURLoption option, OptionValue value)
        {
            if (const auto result = ::curl_easy_setopt(client_.easy_.get(), option, value); result != CURLE_OK)
                client_.fail(result);
        }
        void add_header(const std::string& line)
        {
            auto* const before = headers_.release();
            auto* const longer = ::curl_slist_append(before, line.c_str());
            headers_.reset(longer != nullptr ? longer : before);
            if (longer == nullptr) throw std::bad_alloc();
        }

        http_client& client_;
        std::unique_ptr<curl_slist, list_cleanup> headers_{};
    };

    static std::size_t write(const char* bytes, std::size_t one, std::size_t count, void* body) noexcept
    {
        auto& all = *static_cast<std::string*>(body);
        if (all.size() + one * count > most) return 0;
        try {
            all.append(bytes, one * count);
        } catch (...) {
            return 0; // curl fails
        }
        return one * count;
    }

    static void check(CURLMcode result)
    {
        if (result != CURLM_OK) throw_unreachable(EIO, {}, ::curl_multi_strerror(result));
    }
    [[noreturn]] void fail(CURLcode result, std::string_view url = {}) const
    {
        throw_unreachable(result == CURLE_OPERATION_TIMEDOUT ? ETIMEDOUT : EHOSTUNREACH, url,
                          error_[0] != '\0' ? error_ : ::curl_easy_strerror(result));
    }

    tls_files tls_;
    int wake_;
    sys::boot_timer timer_{};
    http_answer answer_{};
    char error_[CURL_ERROR_SIZE] = {};
    std::unique_ptr<CURLM, multi_cleanup> multi_{};
    std::unique_ptr<CURL, easy_cleanup> easy_{};
};

} // namespace daemonkit::detail
