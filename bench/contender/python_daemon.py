#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""python-daemon: DaemonContext with the pid file class that it brings, and the verbs of its runner."""
import os
import signal
import sys

import daemon
import daemon.pidfile

from ready import tell_ready

pid_file = daemon.pidfile.TimeoutPIDLockFile(os.environ["PID_FILE"], acquire_timeout=-1)


def is_stale():
    """As its runner asks, which costs more to import: an empty file is not stale."""
    pid = pid_file.read_pid()
    try:
        return pid is not None and os.kill(pid, 0) is not None
    except ProcessLookupError:
        return True


def start():
    if is_stale():
        pid_file.break_lock()
    with daemon.DaemonContext(pidfile=pid_file):
        tell_ready()
        while True:
            signal.pause()


def stop():
    os.kill(pid_file.read_pid(), signal.SIGTERM)
    return 0


def status():
    return 0 if pid_file.is_locked() and not is_stale() else 3


sys.exit({"start": start, "stop": stop, "status": status}[sys.argv[1]]())
