// SPDX-License-Identifier: BSL-1.0
// podman(1) with the Containerfile of this folder, on a private host: without registries, network and control groups.
#include "contained.hpp"
#include "deployment/host.hpp"
#include "notify/service_manager.hpp"
#include "support/text.hpp"

#include <memory>

namespace {

const std::string options = "--network=none --cgroups=disabled --ulimit=nofile=1024:1024 --ulimit=nproc=1024:1024 ";

class podman
{
public:
    podman()
    {
        missing_ = ::geteuid() != 0          ? "needs root, to make a private host"
                   : !host_.reason().empty() ? host_.reason()
                   : !host_.has("podman")    ? "podman is not installed"
                   : !fs::exists(DAEMONKIT_STATIC_DIR "/clientd_container")
                       ? "no static archive of Boost.Filesystem to link"
                       : "";
        if (!missing_.empty()) return;
        const auto prepared = host_("mkdir -p /sys/fs/cgroup && mount -t tmpfs tmpfs /sys/fs/cgroup &&"
                                    " mount -t tmpfs tmpfs /dev/shm");
        for (const char* const source : {DAEMONKIT_STATIC_DIR, DAEMONKIT_DEPLOYMENT_DIR "/Containerfile"})
            ::run({"cp", "-R", source, (host_ / "tmp").string()});
        const auto built = (*this)("build -t clientd -f /tmp/Containerfile /tmp/static");
        if (prepared.status != 0 || built.status != 0)
            missing_ = "podman builds nothing here: " + prepared.err + built.err;
        if (!missing_.empty()) return;
        const auto any = (*this)("run --rm " + options + "clientd --version");
        if (any.status != 0) missing_ = "podman runs no container here: " + any.err;
    }

    /// Why the test cannot run here.
    [[nodiscard]] const std::string& missing() const noexcept { return missing_; }
    [[nodiscard]] const private_host& host() const noexcept { return host_; }

    outcome operator()(const std::string& words, const std::string& environment = {}) const
    {
        return host_(environment + " podman --storage-driver=vfs --cgroup-manager=cgroupfs --events-backend=none " +
                     words);
    }
    /// What succeeds, and what it says.
    std::string good(const std::string& words, const std::string& environment = {}) const
    {
        const auto said = (*this)(words, environment);
        BOOST_TEST(said.status == 0, words << ": status " << said.status << ": " << said.err);
        return said.out;
    }
    [[nodiscard]] bool logs(const std::string& text) const
    {
        return eventually([&] { return contains((*this)("logs clientd").out, text); });
    }
    /// The exit status of a container that is told to stop.
    [[nodiscard]] std::string stopped() const
    {
        {
            const stop_watch watch("podman stop");
            good("stop clientd");
        }
        const auto status = good("inspect --format '{{.State.ExitCode}}' clientd");
        good("rm clientd");
        return status;
    }

private:
    private_host host_{DAEMONKIT_SUPERVISORS};
    std::string missing_{};
};

/// A program of /tmp/static in the place of the one in the image.
std::string instead(const std::string& program)
{
    return "--volume=/tmp/static/" + program + ":/usr/local/bin/clientd:ro ";
}

} // namespace

BOOST_AUTO_TEST_SUITE(by_podman, *boost::unit_test::label("container") * boost::unit_test::label("root"))

BOOST_AUTO_TEST_CASE(the_image_of_the_documentation)
{
    const podman podman;
    if (!podman.missing().empty()) DAEMONKIT_SKIP(podman.missing());
    const std::string detached = "run --detach --name clientd " + options;

    for (const char* const verb : {"", "run", "start"}) BOOST_TEST_CONTEXT('\'' << verb << '\'')
        {
            podman.good(detached + "clientd " + verb);
            BOOST_TEST(podman.logs("writing the time to /var/lib/clientd/clientd.log\n"));
            BOOST_TEST(podman.stopped() == "0\n");
        }

    // Its own exit status, and its children.
    podman.good(detached + instead("daemon_contained") + "--env=RETURNS=42 --env=ORPHANS=20 clientd container run");
    BOOST_TEST(podman.logs("running as 1\n"));
    BOOST_TEST(eventually([&] { return count_of(podman("logs clientd").out, "collected") == 21; }));
    podman.good("kill --signal=HUP clientd");
    BOOST_TEST(podman.logs("reloaded, "));
    BOOST_TEST(podman.stopped() == "42\n");

    // One binary for all deployments: its verbs in the container, and --sdnotify=container.
    service_manager manager((podman.host() / "run/notify").string());
    podman.good(detached + "--sdnotify=container " + instead("clientd") + "clientd", "NOTIFY_SOCKET=/run/notify");
    message heard;
    do heard = manager.next();
    while (!heard.text.empty() && !heard.has("READY=1"));
    BOOST_TEST(heard.has("READY=1"));
    BOOST_TEST(contains(podman.good("exec clientd /usr/local/bin/clientd status"), "running (pid 1)"));
    BOOST_TEST(podman.good("exec clientd /usr/local/bin/clientd reload") == "clientd: reloaded (pid 1)\n");
    BOOST_TEST(podman.stopped() == "0\n");
}

BOOST_AUTO_TEST_SUITE_END()
