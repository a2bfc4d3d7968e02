# SPDX-License-Identifier: BSL-1.0
"""What ready.h does, for the contenders in Python."""
import os


def tell_ready():
    name = os.environ.get("READY_PIPE")
    if name is None:
        return
    try:
        pipe = os.open(name, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:  # nobody listens
        return
    os.write(pipe, b"%d\n" % os.getpid())
    os.close(pipe)
