// SPDX-License-Identifier: BSL-1.0
// The protocol on the pid file as include/daemonkit/pid/detail/pid_file_claim.hpp and pid_file_guard.hpp have it, for
// spin(1). Each step is one system
// call, the processes take turns in every order, and each of them may be killed between any two of its steps.
//
//   FLOCK     1: the lock is held for life (flock_pid_file); 0: until published (pid_file)
//   NAME      1: a daemon has an abstract socket (abstract_socket.hpp); 0: it has the locks only
//   STRANGER  how often another process may delete the file
//   TOUCH     how often another process may touch the file of a running daemon, so that its stamp is lost
//   READERS   how often a process that may only read the file locks it by flock(2)
//   CRASHES   how many processes may be killed
//   BREAK     a deliberate fault, which must be refuted: 1 no check of the path after locking, 2 nobody takes the life
//             lock, 3 a start removes the file that it made and another has claimed, 4 a daemon goes on without its
//             abstract socket, 5 a loser that does not check again
//
// There are never two owners: the assertion in becomes_owner(). No other process removes a daemon's file, unless a
// stranger has changed it before: the assertion in unlink(). A crash blocks no start: every process that is not killed
// ends or runs. A process that waits for ever is an invalid end state; an endless loop is a cycle, which spin searches
// for too (it calls it non-progress; there is no progress label here, so every cycle counts).
//
// A starter stands for the launcher and for the daemon, which share the open file and so the lock (flock(2)). Polling
// every millisecond is modelled as waiting for the condition. Left out: the limit of five seconds for a lock that is
// not released; children that keep the locks of a dead daemon; readers that lock nothing; further lines of the file,
// which are kept with the line of the pid and prove nothing: to append one is a TOUCH.

#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef STARTERS
#define STARTERS 3
#endif
#define FILES 5 /* one for each starter that has one open, one at the path, and one that is being made */

byte path;                 /* the file at the path of the pid file; 0: none */
byte opens[FILES + 1];     /* by how many it is open: a file that is not open is made anew */
byte lock[FILES + 1];      /* the starter that has the lock of flock(2); READER: a process that may only read */
byte life[FILES + 1];      /* the starter that has the life lock */
#define READER 9
byte record[FILES + 1];    /* 0: empty; a starter: its line and its stamp; UNSTAMPED: a line that proves nothing */
#define UNSTAMPED 9
#ifndef READERS
#define READERS 0
#endif
#define LIVE(of) (of != 0 && of != UNSTAMPED && alive[of]) /* find_holder() */
#define NAMED (name != 0 && holder[name]) /* abstract_socket::find() */
byte name;                 /* the starter that has the abstract socket of the path */
bool holder[STARTERS + 1]; /* which starters have the second socket, which names its process */
bool alive[STARTERS + 1];
bool doomed[STARTERS + 1];
byte daemon_file[STARTERS + 1]; /* of an owner */
byte owners;
byte deletions;
byte touches;
byte readings;

/* open(2), O_CREAT | O_EXCL, and if it exists open(2): a file that is there, or a fresh one */
inline open_file()
{
    d_step {
        made = false;
        if
        :: path != 0 -> f = path
        :: else ->
            f = 1;
            do
            :: opens[f] == 0 -> break
            :: else -> f++
            od;
            assert(f <= FILES);
            lock[f] = 0; life[f] = 0; record[f] = 0; path = f; made = true
        fi;
        opens[f]++
    }
}

/* close(2), and the end of a process: the lock goes with the open file */
inline close_file()
{
    d_step {
        if
        :: f != 0 ->
            if
            :: lock[f] == _pid -> lock[f] = 0
            :: else
            fi;
            if
            :: life[f] == _pid -> life[f] = 0
            :: else
            fi;
            opens[f]--; f = 0
        :: else
        fi
    }
}

/* unlink(2): removes whatever file is at the path now */
inline unlink()
{
    d_step {
        i = 1;
        do
        :: i <= STARTERS ->
            assert(i == _pid || daemon_file[i] == 0 || daemon_file[i] != path || deletions > 0);
            i++
        :: else -> break
        od;
        path = 0; i = 0
    }
}

inline becomes_owner()
{
    d_step {
        daemon_file[_pid] = f;
        if
        :: !named -> owners++; assert(owners == 1) /* never two owners */
        :: else
        fi;
        named = false
    }
}

inline release_name()
{
    d_step {
        if
        :: name == _pid -> name = 0
        :: else
        fi;
        holder[_pid] = false
    }
}

inline is_no_owner()
{
    d_step {
        if
        :: daemon_file[_pid] != 0 -> daemon_file[_pid] = 0; owners--
        :: else
        fi
    }
}

proctype starter()
{
    byte f;       /* the open file */
    byte read;    /* what was read in it */
    byte i;
    bool made;    /* sys::made_file: it is removed if the claim is refused */
    bool named;   /* repair(): an owner claims anew */
    bool lives;   /* it has the life lock */

    {
        skip; /* a label cannot begin a block */
try_claim:
        atomic { read = 0; lives = false; open_file() };
        atomic { /* sys::lock_bytes() */
            if
#if BREAK == 2
            :: lives = true
#else
            :: life[f] == 0 -> life[f] = _pid; lives = true
            :: else
#endif
            fi
        };
        if
        :: lives
        :: else -> /* wait_for_another() */
#if BREAK != 3
            made = false;
#endif
            atomic {
                read = record[f];
                if
                :: LIVE(read) -> goto undo
                :: else -> read = 0
                fi
            };
            atomic {
                if
                :: NAME && !named && NAMED -> goto undo
                :: else
                fi
            };
            atomic { /* sleep_for(1ms) and again: until a check would see something else */
#if BREAK == 5
                (LIVE(record[f]) || (NAME && !named && NAMED));
#else
                (path != f || life[f] == 0 || LIVE(record[f]) || (NAME && !named && NAMED));
#endif
                close_file();
                goto try_claim
            }
        fi;
        atomic { /* sys::try_lock() */
            if
            :: lock[f] == 0 -> lock[f] = _pid; goto locked
            :: else -> made = false
            fi
        };
        /* pass_by(): with the life lock, only a reader can have the other lock */
        atomic {
            if
            :: LIVE(record[f]) || (NAME && !named && NAMED) -> goto undo
            :: else
            fi
        };
        atomic {
            if
            :: path != f -> close_file(); goto try_claim
            :: else
            fi
        };
        unlink();
        atomic { close_file(); goto try_claim };

locked:
#if BREAK != 1
        atomic { /* sys::leads_to() */
            if
            :: path != f -> made = false; close_file(); goto try_claim
            :: else
            fi
        };
#endif
        atomic {
            read = record[f]; /* read_pid_file() */
            made = made && read == 0
        };
        atomic { /* find_holder() */
            if
            :: LIVE(read) && read != _pid -> goto undo
            :: else
            fi
        };
        atomic { /* find_by_name() */
            if
            :: NAME && !named && NAMED -> goto undo
            :: else
            fi
        };
        if
        :: read == 0
        :: read != 0 -> /* stale: a fresh file instead */
            unlink();
            atomic { close_file(); goto try_claim }
        fi;
        /* publish(), in the daemon: the line, then its stamp */
        atomic { made = false; read = 0; record[f] = UNSTAMPED };
        record[f] = _pid;
#if !FLOCK
        atomic { lock[f] == _pid -> lock[f] = 0 };
#endif
#if NAME
        /* abstract_socket_guard: two calls of bind(2) */
        if
        :: named
        :: !named ->
            holder[_pid] = true;
            do
            :: atomic { name == 0 -> name = _pid; break }
            :: name != 0 ->
                atomic { /* find_by_name() */
                    if
                    :: NAMED -> holder[_pid] = false; goto remove
#if BREAK == 4
                    :: else -> holder[_pid] = false; break
#else
                    :: else /* the holder is exiting: once more */
#endif
                    fi
                }
            od
        fi;
#endif
        becomes_owner();

        /* run() */
end_running:
        if
        :: true
#if FLOCK
        :: atomic { path != f -> close_file(); named = true }; goto try_claim /* keep(), repair() */
#endif
        fi;
remove:
        is_no_owner();
        release_name();
        if
        :: path == f -> unlink() /* leads_to(), and then unlink(2) */
        :: path != f -> record[f] = 0
        fi;
        close_file();
        goto gone;

undo:   /* already_running is thrown: the destructors of try_claim() */
        if
        :: made -> unlink()
        :: else
        fi;
        close_file();
        if
        :: named -> goto remove_name /* an owner that another process has replaced stops */
        :: else -> goto gone
        fi;
remove_name:
        is_no_owner();
        release_name();
gone:   skip
    } unless {
        /* The kernel ends a process: it closes its files one after the other, and then it is dead. */
        doomed[_pid] ->
        is_no_owner();
        if
        :: close_file(); release_name()
        :: release_name(); close_file()
        fi
    };
    alive[_pid] = false
}

/* SIGKILL, at any time. All starters are alike, so it may as well be the first that is killed first. */
proctype killer()
{
    byte n;
end:
    do
    :: atomic { n < CRASHES -> n++; doomed[n] = alive[n] }
    :: break
    od
}

/* Another process that may write in the directory. */
proctype stranger()
{
end:
    do
    :: atomic { deletions < STRANGER && path != 0 -> path = 0; deletions++ }
    :: atomic {
        touches < TOUCH && path != 0 && record[path] != 0 && record[path] != UNSTAMPED &&
            daemon_file[record[path]] == path ->
        record[path] = UNSTAMPED; touches++
    }
    :: atomic { readings < READERS && path != 0 && lock[path] == 0 -> lock[path] = READER; readings++ }
    :: break
    od
}

init
{
    atomic {
        byte n = 1;
        do
        :: n <= STARTERS -> alive[n] = true; run starter(); n++
        :: else -> break
        od;
        run killer();
        run stranger()
    }
}
