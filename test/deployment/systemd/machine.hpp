// SPDX-License-Identifier: BSL-1.0
// A real systemd, booted in a container within a second: it shares /usr with the host and cannot write to it, and has
// nothing else of it. Any number of them run at once. Whatever becomes of the test, nothing of it stays.
// DAEMONKIT_SYSTEMD_ROOT may name a directory with another operating system to boot, as debootstrap(8) makes it.
#pragma once

#include "support/child_process.hpp"
#include "support/skip.hpp"

#include <boost/filesystem/path.hpp>

#include <functional>
#include <string>
#include <vector>

/// eventually(), for what only a process can tell: it leaves the processor to others between two looks.
bool comes_true(const std::function<bool()>& condition);

class machine
{
public:
    machine();
    machine(const machine&) = delete;
    machine& operator=(const machine&) = delete;
    ~machine();

    /// Empty, or why there is no machine.
    [[nodiscard]] const std::string& absent_because() const noexcept { return absent_because_; }

    /// Runs a command in there, as root and outside of every unit.
    outcome operator()(const std::vector<std::string>& command) const;
    /// The same by a shell.
    outcome shell(const std::string& script) const { return (*this)({"sh", "-c", script}); }
    outcome systemctl(std::vector<std::string> words) const;

    /// A property of a unit, systemctl(1) `show`.
    [[nodiscard]] std::string property(const std::string& unit, const std::string& name) const;
    /// What the unit has said, and what systemd said of it, so far.
    [[nodiscard]] std::string journal(const std::string& unit) const;

    /// Copies a program to /usr/local/bin.
    void install(const boost::filesystem::path& program) const;
    /// Copies these files of the deployment to /etc/systemd/system, as they are.
    void install_units(const std::vector<std::string>& names) const;
    /// Writes a unit, or a change to one: "x.service.d/y.conf".
    void write_unit(const std::string& name, const std::string& text) const;
    /// A path in there as the test sees it, and the text of a file; empty if there is none.
    [[nodiscard]] boost::filesystem::path path(const std::string& inside) const;
    [[nodiscard]] std::string text(const std::string& inside) const;
    /// Of its systemd, such as 252.
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
    pid_t leader_ = 0; // systemd itself, as the host counts
};

#define DAEMONKIT_BOOT(m) \
    const machine m;      \
    if (!(m).absent_because().empty()) DAEMONKIT_SKIP((m).absent_because())
