// SPDX-License-Identifier: BSL-1.0
// A thread pool. A file that is moved into in/ is a letter. A thread of the pool writes it to out/, below the text of
// the file `letterhead`. A reload reads the letterhead again.
#include <daemonkit/command_line.hpp>
#include <daemonkit/daemonkit.hpp>

#include <boost/filesystem/operations.hpp>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace fs = boost::filesystem;
using namespace std::chrono_literals;

std::string text_of(const fs::path& file)
{
    std::ifstream in(file.string());
    if (!in) throw daemonkit::startup_error(daemonkit::last_error(), "open", file.string());
    return {std::istreambuf_iterator<char>(in), {}};
}

struct pooled : daemonkit::sysv_daemon<pooled, daemonkit::log_file_stdio>
{
    void on_start()
    {
        for (const char* const directory : {"in", "work", "out"}) fs::create_directory(directory);
        on_reload();
    }

    //! [pool]
    static constexpr bool announces_ready = true; // start fails if a thread cannot be made

    /// In the thread of run(), while the workers write. A letter that was begun keeps its letterhead.
    void on_reload()
    {
        auto text = std::make_shared<const std::string>(text_of("letterhead"));
        const std::lock_guard lock(mutex_);
        letterhead_ = std::move(text);
    }

    int run(int workers)
    {
        std::vector<std::jthread> pool; // its destructor joins the threads, after an exception too
        for (int i = 0; i < workers; ++i) pool.emplace_back([this](const std::stop_token& stop) { work(stop); });
        ready();
        enqueue("work"); // letters that the previous daemon did not finish
        do enqueue("in");
        while (wait_for(200ms));
        for (auto& worker : pool) worker.request_stop(); // all, before the first one is joined
        return EXIT_SUCCESS;
    }
    //! [pool]

private:
    void enqueue(const fs::path& from)
    {
        for (const auto& entry : fs::directory_iterator(from)) {
            const auto letter = entry.path().filename();
            boost::system::error_code gone;
            fs::rename(entry.path(), "work" / letter, gone);
            if (gone) continue;
            const std::lock_guard lock(mutex_);
            letters_.push_back(letter);
            changed_.notify_one();
        }
    }

    //! [worker]
    void work(const std::stop_token& stop)
    {
        for (std::unique_lock lock(mutex_);;) {
            changed_.wait(lock, stop, [this] { return !letters_.empty(); }); // or a stop
            if (stop.stop_requested()) return;                               // queued letters stay in work/
            const auto letter = std::move(letters_.front());
            letters_.pop_front();
            const auto letterhead = letterhead_;
            lock.unlock();
            try {
                write(letter, *letterhead);
            } catch (const std::exception& e) { // would be std::terminate()
                std::fprintf(stderr, "pooled: %s\n", e.what());
            }
            lock.lock();
        }
    }
    //! [worker]

    static void write(const fs::path& letter, const std::string& letterhead)
    {
        const auto unfinished = "out" / fs::path("." + letter.string());
        std::ofstream out(unfinished.string());
        out << letterhead << text_of("work" / letter) << std::flush;
        if (!out) throw daemonkit::startup_error(daemonkit::last_error(), "write", unfinished.string());
        fs::rename(unfinished, "out" / letter);
        fs::remove("work" / letter);
    }

    std::mutex mutex_{};
    std::condition_variable_any changed_{};
    std::deque<fs::path> letters_{};
    std::shared_ptr<const std::string> letterhead_{};
};

int main(int argc, char** argv)
{
    const auto settings = []() -> pooled::settings {
        const auto here = fs::current_path();
        return {.pid = {.path = here / "pooled.pid"},
                .stdio = {.output = here / "pooled.log"},
                .process = {.working_directory = here.string()}};
    };
    return daemonkit::command_line<pooled>(argc, argv, settings, 4);
}
