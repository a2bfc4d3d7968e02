// SPDX-License-Identifier: BSL-1.0
// A function in a child made by fork() that exchanges lines with the test while it runs (in_child() only waits for its
// end). It has two descriptors that survive detaching if a daemon keeps them: one to print lines, one to wait for the
// test.
#pragma once

#include "support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <string>
#include <vector>

class child_process
{
public:
    /// The result of `body` is the exit status. says() reads its standard output and error too.
    explicit child_process(const std::function<int()>& body)
    {
        int out[2];
        int in[2];
        // Daemons of the child become children of the test when it ends: the test can wait for them.
        ::prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
        if (::pipe2(out, O_CLOEXEC) == -1 || ::pipe2(in, O_CLOEXEC) == -1) std::abort();
        std::fflush(nullptr);
        pid_ = ::fork();
        if (pid_ == -1) std::abort(); // a signal to -1 would reach every process of the machine
        if (pid_ == 0) {
            voice = out[1];
            gate = in[0];
            ::close(out[0]);
            ::close(in[1]);
            ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
            ::dup2(voice, 1);
            ::dup2(voice, 2);
            int status = 125;
            try {
                status = body();
            } catch (const std::exception& e) {
                say(std::string("exception out of the child: ") + e.what());
            }
            std::fflush(nullptr);
            ::_exit(status);
        }
        ::close(out[1]);
        ::close(in[0]);
        ear_ = out[0];
        key_ = in[1];
    }
    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;
    /// Ends the child and all processes that it left to this one.
    ~child_process()
    {
        end_children();
        ::close(ear_);
        ::close(key_);
    }

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    void signal(int number) const { ::kill(pid_, number); }
    /// Lets one await() in the child return.
    void go() const
    {
        if (::write(key_, "", 1) != 1) std::abort();
    }

    /// Waits for the text, after all text found before; false if it does not come.
    bool says(const std::string& text) { return comes(text, from_); }
    /// Waits for the text, or finds it in the output so far: for lines of two processes in either order.
    bool said(const std::string& text)
    {
        std::size_t from = 0;
        return comes(text, from);
    }
    /// The rest of the line whose beginning says() found.
    std::string rest_of_line()
    {
        const auto begin = from_;
        return says("\n") ? heard_.substr(begin, from_ - 1 - begin) : std::string();
    }
    /// All output until every process that could print has ended.
    const std::string& everything()
    {
        while (listen(std::chrono::milliseconds(generous).count())) {}
        return heard_;
    }
    /// All output so far, for messages.
    [[nodiscard]] const std::string& heard() const noexcept { return heard_; }

    /// The exit status; 128 + N if signal N ended it; -1 if it did not end within the bound.
    int status() { return status_of(pid_); }
    /// The same for a process that became a child of this one.
    static int status_of(pid_t child)
    {
        int status = 0;
        if (child <= 0 || !ends(child) || ::waitpid(child, &status, 0) != child) return -1;
        return shell_status(status);
    }

    // In the child and its children.
    static inline int voice = -1;
    static inline int gate = -1;
    static std::vector<int> descriptors() { return {voice, gate}; }
    static void say(const std::string& line)
    {
        const std::string whole = line + "\n";
        if (::write(voice, whole.data(), whole.size()) == -1) ::_exit(124);
    }
    static void await()
    {
        char byte = 0;
        while (::read(gate, &byte, 1) == -1 && errno == EINTR) {}
    }

private:
    bool comes(const std::string& text, std::size_t& from)
    {
        using clock = std::chrono::steady_clock;
        for (const auto end = clock::now() + generous;;) {
            if (const auto at = heard_.find(text, from); at != std::string::npos) {
                from = at + text.size();
                return true;
            }
            if (!listen(std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now()).count()))
                return false;
        }
    }

    bool listen(long long milliseconds)
    {
        std::array<char, 65536> bytes;
        pollfd p{ear_, POLLIN, 0};
        if (milliseconds <= 0 || ::poll(&p, 1, static_cast<int>(milliseconds)) != 1) return false;
        const auto n = ::read(ear_, bytes.data(), bytes.size());
        if (n <= 0) return false;
        heard_.append(bytes.data(), static_cast<std::size_t>(n));
        return true;
    }

    pid_t pid_ = -1;
    int ear_ = -1;
    int key_ = -1;
    std::string heard_{};
    std::size_t from_ = 0;
};
