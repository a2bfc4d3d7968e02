// SPDX-License-Identifier: BSL-1.0
// The host on which README.md installs clientd: the program, its user, and a directory that belongs to this user.
#pragma once

#include "deployment/host.hpp"
#include "support/file.hpp"
#include "support/skip.hpp"
#include "support/text.hpp"

namespace deployment {

namespace fs = boost::filesystem;

class clientd_host : public private_host
{
public:
    /// `manager` is the program that the test needs.
    explicit clientd_host(const std::string& manager) : private_host(DAEMONKIT_SUPERVISORS)
    {
        if (::geteuid() != 0)
            missing_ = "needs root";
        else if (!reason().empty())
            missing_ = reason();
        else if (!has(manager))
            missing_ = manager + " is neither installed nor in " DAEMONKIT_SUPERVISORS;
        if (!missing_.empty()) return;
        copy(DAEMONKIT_EXAMPLE_DIR "/clientd", "usr/local/bin");
        good("useradd --system --user-group --home-dir /var/lib/clientd clientd");
        good("install --directory --owner=clientd --group=clientd /var/lib/clientd");
    }

    /// Why the test cannot run on this machine.
    [[nodiscard]] const std::string& missing() const noexcept { return missing_; }

    /// Copies a file or folder of the room to the place that its first lines name.
    void install(const std::string& source, const std::string& where) const
    {
        copy(DAEMONKIT_DEPLOYMENT_DIR "/" + source, where);
    }

    /// Installs what `clientd print KIND` prints, in its directory.
    void install_printed(const std::string& kind, const std::string& where, const std::string& mode = "644") const
    {
        good("cd /var/lib/clientd && clientd print " + kind + " >/tmp/printed && install -D --mode=" + mode +
             " /tmp/printed " + where);
    }

    /// Runs a command that must succeed; returns its output.
    std::string good(const std::string& line) const
    {
        const auto said = (*this)(line);
        BOOST_TEST(said.status == 0, line << ": status " << said.status << ": " << said.out << said.err);
        return said.out;
    }
    /// A verb of clientd, called by its user in its directory.
    outcome verb(const std::string& word) const
    {
        return (*this)("cd /var/lib/clientd && setpriv --reuid=clientd --regid=clientd --clear-groups clientd " + word);
    }

    /// Whether a file of the host contains this text before the bound.
    [[nodiscard]] bool reads(const std::string& file, const std::string& text) const
    {
        return eventually([&] { return contains(read_file(*this / file), text); });
    }

    /// The daemon's pid outside; 0 if its pid file holds none.
    [[nodiscard]] pid_t daemon() const { return outside(pid_in((*this / "var/lib/clientd/clientd.pid").string())); }
    /// Waits for a daemon other than `before` that works.
    pid_t works(pid_t before = 0) const
    {
        pid_t now = 0;
        BOOST_TEST(eventually([&] {
            now = daemon();
            return now != 0 && now != before && fs::exists(log());
        }));
        BOOST_TEST(proc_status(now, "Name") == "clientd");
        BOOST_TEST(eventually([&] { return processes("clientd") == std::vector{now}; }), "there are others beside it");
        return now;
    }
    /// Checks that a start from a shell reports the running daemon.
    void refuses_a_second(pid_t first) const
    {
        const auto said = verb("start");
        BOOST_TEST(said.status == 0);
        BOOST_TEST(contains(said.out, "already running (pid "), said.out);
        BOOST_TEST(works() == first);
    }
    pid_t crash() const
    {
        const pid_t pid = works();
        ::kill(pid, SIGKILL);
        BOOST_TEST(ends(pid));
        return pid;
    }
    /// Checks that the daemon writes to a new clientd.log after `reload`, and is still the same process.
    template <class Reload>
    void rotates(Reload reload) const
    {
        const pid_t pid = works();
        fs::rename(log(), *this / "var/lib/clientd/clientd.log.1");
        reload();
        BOOST_TEST(eventually([&] { return fs::exists(log()) && fs::file_size(log()) > 0; }));
        BOOST_TEST(works() == pid);
    }
    /// Checks that the daemon keeps the old log file if `reload` finds no new one. `reload` returns after the refusal.
    template <class Reload>
    void keeps_the_old_file(Reload reload) const
    {
        const pid_t pid = works();
        const auto old = *this / "var/lib/clientd/clientd.log.old";
        fs::rename(log(), old);
        fs::create_directory(log());
        reload();
        const auto size = fs::file_size(old);
        BOOST_TEST(eventually([&] { return fs::file_size(old) > size; }));
        BOOST_TEST(works() == pid);
        fs::remove(log());
        fs::rename(old, log());
    }
    /// Checks that nothing of the daemon is left, not even its pid file.
    void gone() const
    {
        BOOST_TEST(eventually([&] { return processes("clientd").empty(); }));
        BOOST_TEST(!fs::exists(*this / "var/lib/clientd/clientd.pid"));
    }
    [[nodiscard]] fs::path log() const { return *this / "var/lib/clientd/clientd.log"; }

private:
    void copy(const std::string& source, const std::string& where) const
    {
        const auto said = run({"cp", "-R", source, (*this / where).string()});
        BOOST_TEST(said.status == 0, said.err);
    }

    std::string missing_{};
};

} // namespace deployment
