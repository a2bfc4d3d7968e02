// SPDX-License-Identifier: BSL-1.0
// Which descriptors the process inherited over execve(2), and which ones the program opened itself. The first are
// recorded before any constructor of the program or of a shared library runs. The daemon closes those only.
//
// Only a record can tell the two apart: a program may open a descriptor without close-on-exec, and may get the number
// of an inherited one that it closed. A number is inherited if it was recorded, is not close-on-exec now, and has the
// same file and access mode as then. In every doubt it is the program's.
//
// The record is made by raw calls: the C library and sanitizers are not ready before constructors run.
//
// Code compiled with -fPIC may become part of a shared object, which cannot have a .preinit_array. It makes the record
// in a constructor. What was opened before without close-on-exec then counts as inherited: by constructors of shared
// libraries, and by the program before dlopen(3).
#pragma once

#include "../descriptors.hpp"
#include "call.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace daemonkit::sys {

/// The record of this process, and what is done with it.
class inherited_descriptors
{
public:
    /// Makes the record, once. `late`: constructors may have run before. Opens /dev/null on each of 0, 1 and 2 that is
    /// closed: otherwise the program's first file would become a standard stream, which a daemon redirects.
    static void record(bool late) noexcept
    {
        if (std::exchange(recorded, true)) return;
        may_be_own = late;
        const unsigned open = find_open();
        for (int fd = 0; fd <= STDERR_FILENO; ++fd)
            if ((open >> static_cast<unsigned>(fd) & 1U) == 0) {
                const long null =
                    raw::call(SYS_openat, AT_FDCWD, raw::address("/dev/null"), O_RDWR | O_CLOEXEC | O_NOCTTY);
                if (null != fd) return raw::close(static_cast<int>(null));
            }
    }

    /// In the daemon: closes every inherited descriptor above 2 that is in none of the ranges `kept`. What is left
    /// belongs to the program, and no later call closes it. Returns 0, or -1 and errno.
    template <class... KeptDescriptors>
    static int close_except(const KeptDescriptors&... kept) noexcept
    {
        if (all == nullptr) return 0;
        const memory& before = *std::exchange(all, nullptr);
        for (auto [first, last] : std::span(before.ranges, count)) {
            for (int fd = first; fd <= last && fd < identified; ++fd) {
                if (is_plain(fd) && file_of(fd) == before.files[fd]) continue;
                if (first < fd && close_between(first, fd - 1, kept...) == -1) return -1;
                first = fd + 1;
            }
            // Without its file, a number is inherited if the program closed neither end of the rest.
            if (last >= identified &&
                !(is_plain(std::max(first, identified)) && is_plain(before.ranges[count - 1].last)))
                last = identified - 1;
            if (first <= last && close_between(first, last, kept...) == -1) return -1;
        }
        raw::call(SYS_munmap, raw::address(&before), sizeof before);
        return 0;
    }

private:
    static constexpr int identified = 1024; ///< the file is recorded for numbers below: the usual limit

    struct range
    {
        int first;
        int last;
    };
    struct memory
    {
        std::uint64_t files[identified];
        range ranges[524'288]; // Linux allows 1 048 576 descriptors, unless it is told otherwise
    };

    /// Adds every open descriptor. Returns a bit for each of 0, 1 and 2 that is open. Reading /proc/self/fd takes 1 µs
    /// for each descriptor, ppoll(2) 20 ns. So from the 30th on, the directory only says where the next ones are.
    static unsigned find_open() noexcept
    {
        constexpr unsigned standard = 7;
        const auto directory = static_cast<int>(
            raw::call(SYS_openat, AT_FDCWD, raw::address("/proc/self/fd"), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (directory < 0) {
            add_open(STDERR_FILENO + 1);
            return standard;
        }
        unsigned open = 0;
        alignas(dirent64) char entries[1024] = {};
        long size = sizeof entries;
        for (int next = 0;;) {
            const long length = raw::call(SYS_getdents64, directory, raw::address(entries), size);
            const int before = next;
            for (long at = 0; at < length;) {
                const auto* const entry = reinterpret_cast<const dirent64*>(entries + at); // NOLINT(*-reinterpret-cast)
                at += entry->d_reclen;
                int number = 0;
                const char* digit = entry->d_name;
                for (; *digit >= '0' && *digit <= '9'; ++digit) number = number * 10 + (*digit - '0');
                if (*digit != '\0' || number < next) continue; // "." and ".."
                next = number + 1;
                if (number <= STDERR_FILENO)
                    open |= 1U << static_cast<unsigned>(number);
                else if (number != directory)
                    add(number);
            }
            if (length <= 0 || (next == before && size != sizeof entries)) break;
            if (size == sizeof entries && length < size * 3 / 4) continue;
            next = add_open(next, directory);
            size = 32;                                           // of one entry
            raw::call(SYS_lseek, directory, next + 2, SEEK_SET); // "." and ".." come first
        }
        if (directory <= STDERR_FILENO) open &= ~(1U << static_cast<unsigned>(directory));
        raw::close(directory);
        return open;
    }

    /// Adds the open ones of 512 numbers. Returns the number after these.
    static int add_open(int first, int directory = -1) noexcept
    {
        pollfd numbers[512];
        for (int fd = first; auto& one : numbers) one = {fd++, 0, 0};
        __kernel_timespec no_time{0, 0};
        // It fails if the limit on descriptors is lower.
        const bool told = raw::poll(numbers, std::size(numbers), &no_time) >= 0;
        for (const auto& one : numbers)
            if (one.fd != directory &&
                (told ? (one.revents & POLLNVAL) == 0 : raw::call(SYS_fcntl, one.fd, F_GETFD) >= 0))
                add(one.fd);
        return numbers[std::size(numbers) - 1].fd + 1;
    }

    /// In ascending order. What cannot be recorded is the program's.
    static void add(int fd) noexcept
    {
        if (all == nullptr && !make_room()) return;
        if (fd < identified) {
            if (may_be_own && !is_plain(fd)) return; // nothing inherited is close-on-exec
            all->files[fd] = file_of(fd);
            if (all->files[fd] == unknown) return;
        }
        auto* const next = all->ranges + count;
        if (count != 0 && next[-1].last + 1 == fd)
            next[-1].last = fd;
        else if (count < std::size(all->ranges))
            *next = {fd, fd}, ++count;
    }

    static bool make_room() noexcept
    {
#ifdef SYS_mmap2
        constexpr long map = SYS_mmap2;
#else
        constexpr long map = SYS_mmap;
#endif
        const long pages =
            raw::call(map, 0, sizeof(memory), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
        if (pages < 0 && pages > -4096) return false;
        all = reinterpret_cast<memory*>(pages); // NOLINT(*-reinterpret-cast,*-int-to-ptr)
        return true;
    }

    /// Open and not close-on-exec.
    static bool is_plain(int fd) noexcept { return raw::call(SYS_fcntl, fd, F_GETFD) == 0; }

    static constexpr std::uint64_t unknown = 0;

    /// A number made of device, inode and access mode; never waits for a server.
    static std::uint64_t file_of(int fd) noexcept
    {
        const auto mode = static_cast<std::uint64_t>(raw::call(SYS_fcntl, fd, F_GETFL)) & O_ACCMODE;
        const auto made_of = [mode](std::uint64_t major, std::uint64_t minor, std::uint64_t inode) {
            return inode + (mode << 60U | major << 32U | minor) * 0x9E37'79B9'7F4A'7C15U;
        };
        struct statx status = {};
        if (raw::call(SYS_statx, fd, raw::address(""), AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO,
                      raw::address(&status)) == 0)
            return made_of(status.stx_dev_major, status.stx_dev_minor, status.stx_ino);
        struct stat plain = {};
        return ::fstat(fd, &plain) == 0 ? made_of(major(plain.st_dev), minor(plain.st_dev), plain.st_ino) : unknown;
    }

    static inline bool recorded = false;
    static inline bool may_be_own = false;
    static inline memory* all = nullptr; // pages of the kernel; null: nothing was inherited
    static inline std::size_t count = 0; // of ranges
};

#if defined(__GLIBC__) && (defined(__PIE__) || !defined(__PIC__))
/// A program that contains a call of this function makes the record before any constructor runs. Internal linkage,
/// because GCC gives the variable of an inline function the wrong type of section.
[[maybe_unused]] static void record_descriptors_before_main() noexcept
{
    [[maybe_unused, gnu::used, gnu::section(".preinit_array")]] static void (*const entry)() noexcept = []() noexcept {
        inherited_descriptors::record(false);
    };
}
#else
/// A template, because then only a program that uses it has the constructor.
template <int>
struct constructor_of_record
{
    /// Runs when the program or the shared object is loaded.
    [[gnu::constructor(101)]] static void run() noexcept { inherited_descriptors::record(true); }
};
/// A program that contains a call of this function makes the record before the constructors of its own run.
inline void record_descriptors_before_main() noexcept
{
    [[maybe_unused]] static void (*const volatile entry)() noexcept = constructor_of_record<0>::run;
}
#endif

} // namespace daemonkit::sys
