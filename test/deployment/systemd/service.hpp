// SPDX-License-Identifier: BSL-1.0
// A unit of a machine; and serviced, a daemon whose faults a test controls.
#pragma once

#include "machine.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

#include <boost/filesystem/operations.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>

class service
{
public:
    service(const machine& on, std::string named) : host(on), unit(std::move(named)) {}

    /// "start", "stop", "reload": the exit status of systemctl(1).
    [[nodiscard]] int operator()(const std::string& verb) const { return host.systemctl({verb, unit}).status; }
    [[nodiscard]] std::string operator[](const std::string& property) const { return host.property(unit, property); }
    [[nodiscard]] bool becomes(const std::string& property, const std::string& value) const
    {
        return comes_true([&] { return (*this)[property] == value; });
    }
    /// Whether this text appears in the journal of the unit.
    [[nodiscard]] bool says(const std::string& text) const
    {
        return comes_true([&] { return contains(host.journal(unit), text); });
    }
    /// Requests something of systemd without waiting for the result.
    void ask(const std::string& verb) const { host.systemctl({verb, "--no-block", unit}); }
    /// Sends a signal to the daemon, unknown to systemd.
    void kill(const std::string& signal) const
    {
        host.systemctl({"kill", "--kill-who=main", "--signal=" + signal, unit});
    }

    const machine& host;
    const std::string unit;
};

/// Restart=on-failure: a crash is a failure, an end by TERM is not.
inline void expect_restart_after_a_crash_only(const service& daemon)
{
    BOOST_REQUIRE(daemon("start") == 0);
    const auto first = daemon["MainPID"];
    daemon.kill("KILL");
    BOOST_TEST(daemon.becomes("NRestarts", "1"));
    BOOST_TEST(daemon.becomes("ActiveState", "active"));
    BOOST_TEST(daemon["MainPID"] != first);
    daemon.kill("TERM");
    BOOST_TEST(daemon.becomes("ActiveState", "inactive"));
    BOOST_TEST(daemon["SubState"] == "dead");
}

class serviced : public service
{
public:
    /// `settings` are added to the [Service] section of its unit.
    explicit serviced(const machine& on, const std::string& settings = "") : service(on, "serviced.service")
    {
        host.install(DAEMONKIT_DEPLOYMENT_PROGRAMS "/serviced");
        host.write_unit(unit, "[Service]\nType=notify\nExecStart=/usr/local/bin/serviced run\n"
                              "ExecReload=/usr/local/bin/serviced reload\nRuntimeDirectory=serviced\n" +
                                  settings);
        boost::filesystem::create_directory(host.path("/run/knobs"));
    }

    void set(const std::string& knob, const std::string& text = "\n") const
    {
        write_file(host.path("/run/knobs/" + knob), text);
    }
    void reset(const std::string& knob) const { boost::filesystem::remove(host.path("/run/knobs/" + knob)); }

    /// The pid in its pid file, as the value of a unit property.
    [[nodiscard]] std::string recorded_pid() const
    {
        const auto line = host.text("/run/serviced/serviced.pid");
        return line.substr(0, line.find('\n'));
    }
};
