// SPDX-License-Identifier: BSL-1.0
// crun(1) with the bundle of this folder: config.json, and a root directory that contains only the daemon.
#include "contained.hpp"
#include "support/file.hpp"
#include "support/text.hpp"

#include <boost/algorithm/string/join.hpp>
#include <boost/algorithm/string/replace.hpp>
#include <boost/filesystem/operations.hpp>

#include <optional>

using namespace std::string_literals;

namespace {

const std::string crun = "/usr/bin/crun";

std::string quoted(const strings& list) { return "[\"" + boost::join(list, "\", \"") + "\"]"; }

class container
{
public:
    explicit container(const std::string& program, const strings& arguments = {"run"}, const strings& environment = {})
    {
        for (const char* const place : {"usr/local/bin", "var/lib/clientd", "proc", "dev"})
            fs::create_directories(root_ / place);
        // Not copy_file(): in Boost 1.74 it fails between two file systems on newer kernels.
        const auto copied =
            ::run({"cp", DAEMONKIT_STATIC_DIR "/" + program, (root_ / "usr/local/bin/clientd").string()});
        BOOST_TEST_REQUIRE(copied.status == 0, copied.err);
        auto config = read_file(DAEMONKIT_DEPLOYMENT_DIR "/config.json");
        boost::replace_first(config, quoted(strings{"/usr/local/bin/clientd", "run"}),
                             quoted(strings{"/usr/local/bin/clientd"} + arguments) +
                                 (environment.empty() ? "" : ", \"env\": " + quoted(environment)));
        write_file(bundle_ / "config.json", config);
        // In a container of systemd, no keyring can be created.
        process_.emplace(
            [this] { return become(command({"run", "--no-new-keyring", "--bundle", bundle_.path().string(), name})); });
    }

    /// The output of crun for `exec NAME ...`, `kill NAME SIGNAL`.
    [[nodiscard]] outcome operator()(const strings& verb) const { return ::run(command(verb)); }
    [[nodiscard]] int ends_on(const std::string& signal)
    {
        const stop_watch watch("the container");
        BOOST_TEST((*this)({"kill", name, signal}).status == 0);
        return process_->status();
    }
    child_process* operator->() noexcept { return &*process_; }

    static constexpr const char* name = "clientd";

private:
    /// Hides the machine's control groups: crun refuses some of them, and needs none.
    [[nodiscard]] strings command(const strings& verb) const
    {
        return strings{"/usr/bin/unshare",
                       "--mount",
                       "sh",
                       "-c",
                       "mount -t tmpfs tmpfs /sys/fs/cgroup && exec \"$0\" \"$@\"",
                       crun,
                       "--root",
                       state_.path().string(),
                       "--cgroup-manager=disabled"} +
               verb;
    }

    temporary_directory bundle_{};
    temporary_directory state_{};
    fs::path root_ = bundle_ / "rootfs";
    std::optional<child_process> process_{};
};

std::string missing()
{
    if (::geteuid() != 0) return "crun needs root for the namespaces of config.json";
    if (!fs::exists(crun)) return "crun is not installed";
    if (!fs::exists(DAEMONKIT_STATIC_DIR "/clientd_container")) return "no static archive of Boost.Filesystem to link";
    // Checks that any container runs at all, so that a later failure is ours.
    container any("clientd_container", {"--version"});
    return any->status() == 0 ? "" : "crun runs no container here: " + any->everything();
}

#define NEEDS_CRUN() \
    if (const std::string reason = missing(); !reason.empty()) DAEMONKIT_SKIP(reason)

} // namespace

BOOST_AUTO_TEST_SUITE(by_crun, *boost::unit_test::label("container") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(clientd_as_the_documentation_shows_it)
{
    NEEDS_CRUN();
    for (const char* const program : {"clientd_container", "clientd"})
        for (const char* const verb : {"run", "start"}) BOOST_TEST_CONTEXT(program << ' ' << verb)
            {
                container daemon(program, {verb});
                BOOST_TEST_REQUIRE(daemon->says("writing the time to /var/lib/clientd/clientd.log\n"), daemon->heard());
                const bool explained = contains(daemon->heard(), "pid 1 does not fork");
                BOOST_TEST(explained == (verb == "start"s && program == "clientd"s), daemon->heard());
                BOOST_TEST(daemon.ends_on("TERM") == 0);
            }
}

BOOST_AUTO_TEST_CASE(verbs_inside_the_container)
{
    NEEDS_CRUN();
    container daemon("clientd");
    const auto clientd = [&](const std::string& verb) {
        return daemon({"exec", "--cwd", "/var/lib/clientd", container::name, "/usr/local/bin/clientd", verb});
    };
    BOOST_TEST_REQUIRE(eventually([&] { return clientd("status").status == 0; }));
    const auto status = clientd("status");
    BOOST_TEST(status.out.starts_with("clientd: running (pid 1)"), status.out << status.err);
    const auto second = clientd("start");
    BOOST_TEST(second.status == 0);
    BOOST_TEST(second.out.find("clientd: already running (pid 1") == 0U, second.out << second.err);
    const auto reload = clientd("reload");
    BOOST_TEST(reload.status == 0, reload.out << reload.err);
    (void)clientd("stop"); // which ends with its container
    BOOST_TEST(daemon->status() == 0);
}

BOOST_AUTO_TEST_CASE(exit_status_signals_output_and_orphans)
{
    NEEDS_CRUN();
    for (const auto& deployment : each_preset) BOOST_TEST_CONTEXT(deployment)
        {
            container daemon("daemon_contained", {deployment, "run"},
                             {"RETURNS=42", "ORPHANS=20", "PID_FILE=/var/lib/clientd/contained.pid"});
            for (int n = 0; n < 21; ++n) BOOST_TEST(daemon->says("collected "), daemon->heard());
            BOOST_TEST(daemon.ends_on("TERM") == 42);
        }
    container daemon("daemon_contained", {"container", "run"});
    BOOST_TEST_REQUIRE(daemon->says("running as 1\n"), daemon->heard());
    BOOST_TEST(daemon({"kill", container::name, "HUP"}).status == 0);
    BOOST_TEST(daemon->says("reloaded, "), daemon->heard());
    BOOST_TEST(daemon.ends_on("KILL") == 128 + SIGKILL);
}

BOOST_AUTO_TEST_SUITE_END()
