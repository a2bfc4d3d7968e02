#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""The Python class that is passed on from blog to blog as "a generic daemon class", in Python 3 and otherwise as it is
found: two forks, the pid file last and unlocked, stop by kill() every 100 ms until the pid is gone."""
import atexit
import os
import signal
import sys
import time

from ready import tell_ready


class CDaemon:
    def __init__(self, save_path, stdin=os.devnull, stdout=os.devnull, stderr=os.devnull, home_dir=".", umask=0o22,
                 verbose=1):
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.pidfile = save_path
        self.home_dir = home_dir
        self.verbose = verbose
        self.umask = umask
        self.daemon_alive = True

    def daemonize(self):
        try:
            pid = os.fork()
            if pid > 0:
                sys.exit(0)
        except OSError as e:
            sys.stderr.write("fork #1 failed: %d (%s)\n" % (e.errno, e.strerror))
            sys.exit(1)

        os.chdir(self.home_dir)
        os.setsid()
        os.umask(self.umask)

        try:
            pid = os.fork()
            if pid > 0:
                sys.exit(0)
        except OSError as e:
            sys.stderr.write("fork #2 failed: %d (%s)\n" % (e.errno, e.strerror))
            sys.exit(1)

        sys.stdout.flush()
        sys.stderr.flush()

        si = open(self.stdin, "r")
        so = open(self.stdout, "a+")
        if self.stderr:
            se = open(self.stderr, "ab+", 0)  # unbuffered is for binary files in Python 3
        else:
            se = so

        os.dup2(si.fileno(), sys.stdin.fileno())
        os.dup2(so.fileno(), sys.stdout.fileno())
        os.dup2(se.fileno(), sys.stderr.fileno())

        def sig_handler(signum, frame):
            self.daemon_alive = False

        signal.signal(signal.SIGTERM, sig_handler)
        signal.signal(signal.SIGINT, sig_handler)

        if self.verbose >= 1:
            print("daemon process started ...")

        atexit.register(self.del_pid)
        pid = str(os.getpid())
        with open(self.pidfile, "w+") as f:
            f.write("%s\n" % pid)

    def get_pid(self):
        try:
            pf = open(self.pidfile, "r")
            pid = int(pf.read().strip())
            pf.close()
        except IOError:
            pid = None
        except SystemExit:
            pid = None
        return pid

    def del_pid(self):
        if os.path.exists(self.pidfile):
            os.remove(self.pidfile)

    def start(self, *args, **kwargs):
        if self.verbose >= 1:
            print("ready to starting ......")
        pid = self.get_pid()
        if pid:
            msg = "pid file %s already exists, is it already running?\n"
            sys.stderr.write(msg % self.pidfile)
            sys.exit(1)
        self.daemonize()
        self.run(*args, **kwargs)

    def stop(self):
        if self.verbose >= 1:
            print("stopping ...")
        pid = self.get_pid()
        if not pid:
            msg = "pid file [%s] does not exist. Not running?\n" % self.pidfile
            sys.stderr.write(msg)
            if os.path.exists(self.pidfile):
                os.remove(self.pidfile)
            return
        try:
            i = 0
            while 1:
                os.kill(pid, signal.SIGTERM)
                time.sleep(0.1)
                i = i + 1
                if i % 10 == 0:
                    os.kill(pid, signal.SIGHUP)
        except OSError as err:
            err = str(err)
            if err.find("No such process") > 0:
                if os.path.exists(self.pidfile):
                    os.remove(self.pidfile)
            else:
                print(str(err))
                sys.exit(1)
            if self.verbose >= 1:
                print("Stopped!")

    def is_running(self):
        pid = self.get_pid()
        return pid and os.path.exists("/proc/%d" % pid)

    def run(self, *args, **kwargs):
        print("base class run()")


class WaitingDaemon(CDaemon):
    """Its example wakes once a second; this one waits for its end, so that the class is measured and not its sleep."""

    def run(self):
        tell_ready()
        while self.daemon_alive:
            signal.pause()


if __name__ == "__main__":
    seed = WaitingDaemon(os.environ["PID_FILE"])
    if sys.argv[1] == "start":
        seed.start()
    elif sys.argv[1] == "stop":
        seed.stop()
    elif sys.argv[1] == "status":
        sys.exit(0 if seed.is_running() else 3)
