// SPDX-License-Identifier: BSL-1.0
// A store for the processes of one host: a file. While DIRECTORY/down exists, every request fails.
#pragma once

#include <daemonkit/lease/concept.hpp>
#include <daemonkit/sys/deadline.hpp>
#include <daemonkit/sys/unique_fd.hpp>

#include <boost/filesystem/operations.hpp>

#include <fstream>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

struct file_store
{
    static constexpr bool expires = true;
    boost::filesystem::path directory{};

    using time = daemonkit::sys::boot_clock::time_point;

    class session
    {
    public:
        session(boost::filesystem::path directory, const daemonkit::lease_terms& terms)
            : directory_(std::move(directory)), terms_(terms)
        {
        }

        daemonkit::lease_answer acquire(const daemonkit::lease_holder& self, time)
        {
            const locked file(directory_);
            auto now = record();
            seen_ = state_of(now);
            if (now.live() && !mine(now)) return {0, now.holder};
            if (!mine(now) || !now.live()) now.asked = false;
            if (!mine(now)) {
                now.holder = self;
                now.holder.token = now.tokens = now.tokens + 1;
                now.session = id();
            }
            write(now);
            seen_ = state_of(record());
            return {now.holder.token, {}};
        }
        daemonkit::lease_renewal renew(time)
        {
            const locked file(directory_);
            const auto now = record();
            if (!mine(now) || !now.live()) return daemonkit::lease_renewal::lost;
            write(now);
            seen_ = state_of(record());
            return now.asked ? daemonkit::lease_renewal::asked : daemonkit::lease_renewal::renewed;
        }
        void release(time)
        {
            const locked file(directory_);
            auto now = record();
            if (!mine(now)) return;
            now.session = "-";
            write(now);
        }
        std::optional<daemonkit::lease_holder> holder(time)
        {
            const locked file(directory_);
            const auto now = record();
            return now.live() ? std::optional(now.holder) : std::nullopt;
        }
        void ask_release(time)
        {
            const locked file(directory_);
            auto now = record();
            now.asked = true;
            write(now, false);
        }
        /// Until the state is another one than acquire() or renew() saw last.
        void watch(time until)
        {
            while (look() == seen_ && time::clock::now() < until)
                if (daemonkit::sys::readable_within(terms_.wake, std::chrono::milliseconds(5)))
                    throw std::system_error(ECANCELED, std::system_category());
        }

    private:
        struct content
        {
            std::string session = "-";
            long long expires = 0;
            std::uint64_t tokens = 0;
            bool asked = false;
            daemonkit::lease_holder holder{};
            [[nodiscard]] bool live() const
            {
                return session != "-" && time::clock::now().time_since_epoch().count() < expires;
            }
        };
        class locked
        {
        public:
            explicit locked(const boost::filesystem::path& directory)
                : fd_(::open((directory / "lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600))
            {
                if (boost::filesystem::exists(directory / "down"))
                    throw std::system_error(EHOSTDOWN, std::system_category(), "reach the store");
                ::flock(fd_.get(), LOCK_EX);
            }

        private:
            daemonkit::sys::unique_fd fd_;
        };

        [[nodiscard]] std::string id() const { return std::to_string(::getpid()); }
        [[nodiscard]] bool mine(const content& now) const { return now.session == id(); }
        [[nodiscard]] content record() const
        {
            content now;
            std::ifstream in((directory_ / "lease").string());
            in >> now.session >> now.expires >> now.tokens >> now.asked >> now.holder.host >> now.holder.boot >>
                now.holder.pid >> now.holder.start >> now.holder.token;
            return now;
        }
        void write(content now, bool renews = true) const
        {
            if (renews) now.expires = (time::clock::now() + terms_.ttl).time_since_epoch().count();
            std::ofstream((directory_ / "lease.new").string())
                << now.session << ' ' << now.expires << ' ' << now.tokens << ' ' << now.asked << ' ' << now.holder.host
                << ' ' << now.holder.boot << ' ' << now.holder.pid << ' ' << now.holder.start << ' ' << now.holder.token
                << '\n';
            boost::filesystem::rename(directory_ / "lease.new", directory_ / "lease");
        }
        [[nodiscard]] std::string look() const
        {
            const locked file(directory_);
            return state_of(record());
        }
        [[nodiscard]] static std::string state_of(const content& now)
        {
            return now.session + std::to_string(now.tokens) + (now.live() ? "live" : "") + (now.asked ? "asked" : "");
        }

        boost::filesystem::path directory_;
        daemonkit::lease_terms terms_;
        std::string seen_{};
    };

    [[nodiscard]] std::string where() const { return directory.string(); }
    [[nodiscard]] session open(const daemonkit::lease_terms& terms) const { return {directory, terms}; }
};
