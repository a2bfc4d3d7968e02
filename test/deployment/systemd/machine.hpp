// SPDX-License-Identifier: BSL-1.0
// A real systemd, booted in a container within a second. It shares /usr with the host, read-only, and nothing else. Any
// number of them run at once. None is left, whatever the result of the test. DAEMONKIT_SYSTEMD_ROOT may name a
// directory with another operating system to boot, as debootstrap(8) makes it.
#pragma once

#include "support/child_process.hpp"
#include "support/skip.hpp"

#include <boost/filesystem/path.hpp>

#include <functional>
#include <string>
#include <vector>

/// eventually() for conditions that only another process can tell: it sleeps longer between two checks.
bool comes_true(const std::function<bool()>& condition);

class machine
{
public:
    machine();
    machine(const machine&) = delete;
    machine& operator=(const machine&) = delete;
    ~machine();

    /// Why there is no machine; empty if there is one.
    [[nodiscard]] const std::string& absent_because() const noexcept { return absent_because_; }

    /// Runs a command inside, as root and outside of every unit.
    outcome operator()(const std::vector<std::string>& command) const;
    /// The same by a shell.
    outcome shell(const std::string& script) const { return (*this)({"sh", "-c", script}); }
    outcome systemctl(std::vector<std::string> words) const;

    /// A property of a unit, systemctl(1) `show`.
    [[nodiscard]] std::string property(const std::string& unit, const std::string& name) const;
    /// The journal of the unit so far: its own output and systemd's messages about it.
    [[nodiscard]] std::string journal(const std::string& unit) const;

    /// Copies a program to /usr/local/bin.
    void install(const boost::filesystem::path& program) const;
    /// Copies these files of the deployment, unchanged, to /etc/systemd/system.
    void install_units(const std::vector<std::string>& names) const;
    /// Copies clientd, makes its user and its directory, and installs the unit and the files that it prints.
    void install_printed() const;
    /// Writes a unit or a drop-in: "x.service.d/y.conf".
    void write_unit(const std::string& name, const std::string& text) const;
    /// The path outside of a path inside; and the text of a file, empty if it does not exist.
    [[nodiscard]] boost::filesystem::path path(const std::string& inside) const;
    [[nodiscard]] std::string text(const std::string& inside) const;
    /// The version of its systemd, such as 252.
    [[nodiscard]] int version() const;

private:
    [[nodiscard]] bool booted();
    void end();
    void bring_libraries(const std::string& program) const;

    std::string root_;
    std::string name_;
    std::string absent_because_{};
    child_process keeper_;
    bool kept_ = false;
    pid_t leader_ = 0; // the pid of systemd itself, outside
};

#define DAEMONKIT_BOOT(m) \
    const machine m;      \
    if (!(m).absent_because().empty()) DAEMONKIT_SKIP((m).absent_because())
