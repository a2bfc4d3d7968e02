// SPDX-License-Identifier: BSL-1.0
// The host on which README.md installs clientd: the program, a user for it, and a directory that belongs to this user.
#pragma once

#include "deployment/host.hpp"
#include "support/skip.hpp"

#include <fstream>

namespace deployment {

namespace fs = boost::filesystem;

inline std::string text_of(const fs::path& file)
{
    std::ifstream in(file.string());
    return {std::istreambuf_iterator<char>(in), {}};
}

class clientd_host : public private_host
{
public:
    /// `manager` is the program without which there is nothing to test.
    explicit clientd_host(const std::string& manager) : private_host(DAEMONKIT_SUPERVISORS)
    {
        if (::geteuid() != 0)
            missing_ = "needs root";
        else if (!reason().empty())
            missing_ = reason();
        else if (!has(manager))
            missing_ = manager + " is neither installed nor in " DAEMONKIT_SUPERVISORS;
        if (!missing_.empty()) return;
        fs::copy_file(DAEMONKIT_EXAMPLE_DIR "/clientd", *this / "usr/local/bin/clientd",
                      fs::copy_option::overwrite_if_exists);
        good("useradd --system --user-group --home-dir /var/lib/clientd clientd");
        good("install --directory --owner=clientd --group=clientd /var/lib/clientd");
    }

    /// Why the test cannot run here.
    [[nodiscard]] const std::string& missing() const noexcept { return missing_; }

    /// Copies a file or folder of the room to where its first lines say that it belongs.
    void install(const std::string& source, const std::string& where) const
    {
        BOOST_TEST(run({"cp", "-a", "--no-preserve=ownership", DAEMONKIT_DEPLOYMENT_DIR "/" + source,
                        (*this / where).string()})
                       .status == 0);
    }

    /// A command that succeeds; what it says.
    std::string good(const std::string& line) const
    {
        const auto said = (*this)(line);
        BOOST_TEST(said.status == 0, line << ": status " << said.status << ": " << said.out << said.err);
        return said.out;
    }
    /// A verb of clientd, called by its user in its directory.
    outcome verb(const std::string& words) const
    {
        return (*this)("cd /var/lib/clientd && setpriv --reuid=clientd --regid=clientd --clear-groups clientd " +
                       words);
    }

    /// The daemon by its number outside; 0 if its pid file names nobody.
    [[nodiscard]] pid_t daemon() const { return outside(pid_in((*this / "var/lib/clientd/clientd.pid").string())); }
    /// A daemon other than `before` that does its work.
    [[nodiscard]] pid_t works(pid_t before = 0) const
    {
        pid_t now = 0;
        BOOST_TEST(eventually([&] {
            now = daemon();
            return now != 0 && now != before && fs::exists(log());
        }));
        BOOST_TEST(proc_status(now, "Name") == "clientd");
        BOOST_TEST(processes("clientd") == std::vector<pid_t>{now}, boost::test_tools::per_element());
        return now;
    }
    [[nodiscard]] pid_t crash() const
    {
        const pid_t pid = works();
        ::kill(pid, SIGKILL);
        BOOST_TEST(ends(pid));
        return pid;
    }
    /// That the daemon writes to a new clientd.log after `reload`, and is the same one.
    template <class Reload>
    void rotates(Reload reload) const
    {
        const pid_t pid = works();
        fs::rename(log(), *this / "var/lib/clientd/clientd.log.1");
        reload();
        BOOST_TEST(eventually([&] { return fs::exists(log()) && fs::file_size(log()) > 0; }));
        BOOST_TEST(works() == pid);
    }
    /// That nothing of the daemon is left, not even its pid file.
    void gone(pid_t pid) const
    {
        BOOST_TEST(ends(pid));
        BOOST_TEST(processes("clientd").empty());
        BOOST_TEST(!fs::exists(*this / "var/lib/clientd/clientd.pid"));
    }
    [[nodiscard]] fs::path log() const { return *this / "var/lib/clientd/clientd.log"; }

private:
    std::string missing_{};
};

} // namespace deployment
