// SPDX-License-Identifier: BSL-1.0
#include "machine.hpp"

#include "support/file.hpp"
#include "support/mounts.hpp"
#include "support/pid_namespace.hpp"
#include "support/process.hpp"

#include <boost/algorithm/string/trim.hpp>
#include <boost/filesystem/operations.hpp>

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <utility>

namespace fs = boost::filesystem;

namespace {

/// The container runs in a cgroup of its own: two containers in one cgroup would confuse each other's units.
[[noreturn]] void execute_container(const std::string& name, const std::string& root)
{
    if (!write_file("/sys/fs/cgroup/" + name + "/cgroup.procs", "0")) ::_exit(impossible("enter a cgroup"));
    ::_exit(execute({"systemd-nspawn", "--quiet", "--directory=" + root, "--volatile=yes", "--tmpfs=/usr/local/bin",
                     "--register=no", "--keep-unit", "--private-network", "--machine=" + name, "--boot",
                     // Arguments of systemd. D-Bus is not needed: systemctl(1) uses a private socket for root.
                     "systemd.unit=basic.target", "systemd.mask=dbus.socket", "systemd.firstboot=off",
                     "systemd.show_status=no"}));
}

/// Runs the container until the test ends it or ends itself. The mounts end with this process: directories for files
/// that a killed systemd-nspawn leaves, and cgroups of version 2 on every host.
int keep(const std::string& name, const std::string& root)
{
    if (!unshare_mounts()) return impossible("make a mount namespace");
    const bool elsewhere = root != "/"; // and it may be below a directory that is mounted over now
    if (elsewhere && ::mount(root.c_str(), "/mnt", nullptr, MS_BIND, nullptr) == -1) return impossible("mount " + root);
    const auto cgroup = "/sys/fs/cgroup/" + name;
    if (::mount("tmpfs", "/tmp", "tmpfs", 0, nullptr) == -1 || ::mount("tmpfs", "/run", "tmpfs", 0, nullptr) == -1 ||
        ::mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, nullptr) == -1 || ::mkdir(cgroup.c_str(), 0755) == -1)
        return impossible("mount cgroups of version 2");
    const pid_t container = ::fork();
    if (container == 0) execute_container(name, elsewhere ? "/mnt" : "/");
    child_process::say("container " + std::to_string(container));
    child_process::await();
    write_file(cgroup + "/cgroup.kill", "1");
    ::waitpid(container, nullptr, 0);
    return eventually([&] { return run({"find", cgroup, "-type", "d", "-delete"}).status == 0; }) ? 0 : 1;
}

std::string unique_name()
{
    static int count = 0;
    return "daemonkit-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

std::string chosen_root()
{
    const char* const root = std::getenv("DAEMONKIT_SYSTEMD_ROOT");
    return root != nullptr ? root : "/";
}

bool is_one_of(const std::string& word, std::initializer_list<const char*> words)
{
    return std::find(words.begin(), words.end(), word) != words.end();
}

} // namespace

bool comes_true(const std::function<bool()>& condition)
{
    return eventually([&] { return condition() || (::usleep(20'000), false); });
}

machine::machine() : root_(chosen_root()), name_(unique_name()), keeper_([this] { return keep(name_, root_); })
{
    if (booted()) return;
    end();
    absent_because_ = "no systemd boots in a container here: " + keeper_.everything();
}

machine::~machine()
{
    end();
    keeper_.status();
}

void machine::end()
{
    if (std::exchange(kept_, false)) keeper_.go();
}

bool machine::booted()
{
    kept_ = keeper_.says("container ");
    if (!kept_) return false;
    const auto container = keeper_.rest_of_line();
    const auto up = [&] {
        const auto children = children_of(std::stoi(container));
        if (children.empty()) return false;
        leader_ = children.front();
        return proc_status(leader_, "Name") == "systemd" &&
               is_one_of(systemctl({"is-system-running", "--wait"}).out, {"running\n", "degraded\n"});
    };
    bool is_up = false;
    comes_true([&] { return (is_up = up()) || !alive(std::stoi(container)); });
    // systemd-nspawn mounts a boot id of its own over the kernel's. A host has only one.
    if (is_up) (*this)({"umount", "/proc/sys/kernel/random/boot_id"});
    return is_up;
}

outcome machine::operator()(const std::vector<std::string>& command) const
{
    std::vector<std::string> words{"nsenter", "--target", std::to_string(leader_), "--all", "--"};
    words.insert(words.end(), command.begin(), command.end());
    return run(words);
}

outcome machine::systemctl(std::vector<std::string> words) const
{
    words.insert(words.begin(), "systemctl");
    return (*this)(words);
}

std::string machine::property(const std::string& unit, const std::string& name) const
{
    return boost::trim_right_copy(systemctl({"show", "--value", "--property", name, unit}).out);
}

std::string machine::journal(const std::string& unit) const
{
    return (*this)({"journalctl", "--quiet", "--output=cat", "--unit=" + unit}).out;
}

void machine::install(const fs::path& program) const
{
    run({"cp", program.string(), path("/usr/local/bin").string()});
    if (root_ != "/") bring_libraries(program.string());
}

/// Another operating system has other versions of Boost, or none.
void machine::bring_libraries(const std::string& program) const
{
    run({"sh", "-c",
         "ldd " + program + " | awk '/boost/ { print $3 }' | xargs -r cp -t " + path("/usr/local/bin").string()});
    shell("echo /usr/local/bin >/etc/ld.so.conf && ldconfig");
}

void machine::install_units(const std::vector<std::string>& names) const
{
    for (const auto& name : names)
        run({"cp", DAEMONKIT_DEPLOYMENT_DIR "/" + name, path("/etc/systemd/system").string()});
    systemctl({"daemon-reload"});
}

void machine::install_printed() const
{
    install(DAEMONKIT_EXAMPLE_DIR "/clientd");
    shell("mkdir --parents /var/lib/clientd && cd /var/lib/clientd && clientd print sysusers | systemd-sysusers - && "
          "clientd print tmpfiles | systemd-tmpfiles --create - && "
          "clientd print systemd >/etc/systemd/system/clientd.service && systemctl daemon-reload");
}

void machine::write_unit(const std::string& name, const std::string& text) const
{
    const auto file = path("/etc/systemd/system") / name;
    fs::create_directories(file.parent_path());
    write_file(file, text);
    systemctl({"daemon-reload"});
}

fs::path machine::path(const std::string& inside) const
{
    return "/proc/" + std::to_string(leader_) + "/root" + inside;
}

std::string machine::text(const std::string& inside) const { return read_file(path(inside)); }

int machine::version() const
{
    const auto said = systemctl({"--version"}).out; // "systemd 252 (252.39-1~deb12u2)"
    return std::stoi(said.substr(said.find(' ') + 1));
}
