// SPDX-License-Identifier: BSL-1.0
// Deadlines of an owner against the expiry at the store, as include/daemonkit/lease/detail/engine.hpp has them, for
// spin(1). Time goes on in ticks, and in between everything may happen in every order: requests reach the store late,
// twice, out of order or never, answers are read late, and processes are frozen. A time in the model is a whole number
// of ticks, so the parts of the TTL are coarser than those of lease/timing.hpp; their order is the same.
//
//   TTL KILL SOFT RENEW TIMEOUT   in ticks
//   DRIFT    by how many ticks the clock of an owner may fall behind that of the store within one lease
//   BREAK    a deliberate fault, which must be refuted: 1 deadlines count from the answer, 2 the kernel does not kill,
//            3 no soft loss, 4 an answer that is read after the soft loss makes an owner, 5 a kill without a margin
//
// There are never two owners: the assertion in becomes_owner(). An owner acts until it is dead or run() has ended,
// whatever it was told. No owner is killed that could have known: the assertion in the tick.

#ifndef DRIFT
#define DRIFT 1
#endif
#ifndef BREAK
#define BREAK 0
#endif
#ifndef DAEMONS
#define DAEMONS 2
#endif
#define TTL 6
#if BREAK == 5
#define KILL TTL
#else
#define KILL 5
#endif
#define SOFT 4
#define RENEW 2
#define TIMEOUT 1
#define NET 2 /* requests on their way, each with its daemon: more are lost */

mtype = { acquire, renew, release };
mtype = { campaigning, owner, lost, gone };

mtype state[DAEMONS + 1] = campaigning;
bool acts[DAEMONS + 1];
bool frozen[DAEMONS + 1];
byte age[DAEMONS + 1];   /* of an owner: ticks of its clock since the send of the request that was answered last */
byte since[DAEMONS + 1]; /* ticks of its clock since the send of the request in flight */
byte slips[DAEMONS + 1]; /* ticks that its clock has missed in `age` */
byte missed[DAEMONS + 1]; /* and in `since` */
mtype asks[DAEMONS + 1]; /* the request in flight; 0: none */
bit number[DAEMONS + 1]; /* of the request in flight */
byte answer[DAEMONS + 1]; /* to it: 0 none, 1 yes, 2 no */
byte holder;             /* at the store; 0: the lease is free */
byte left;               /* ticks until the store ends it */
bit doubled;             /* one request was doubled */
chan net = [NET] of { byte, mtype, bit };

inline send(what)
{
    d_step {
        asks[me] = what;
        number[me] = 1 - number[me];
        answer[me] = 0;
        since[me] = 0; missed[me] = 0;
        if
        :: nfull(net) -> net ! me, what, number[me]
        :: full(net) /* lost */
        fi
    }
}

inline becomes_owner()
{
    i = 1;
    do
    :: i <= DAEMONS -> assert(i == me || !acts[i]); i++ /* never two owners */
    :: else -> break
    od;
    i = 0;
    state[me] = owner;
    acts[me] = true
}

/* No request is in flight. */
inline done()
{
    asks[me] = 0; answer[me] = 0; since[me] = 0; missed[me] = 0;
    if
    :: !acts[me] -> slips[me] = 0
    :: else
    fi
}

inline extend()
{
#if BREAK == 1
    age[me] = 0;
#else
    age[me] = since[me];
#endif
    slips[me] = missed[me];
    done()
}

proctype daemon(byte me)
{
    byte i;
end:
    do
    :: atomic { state[me] == campaigning && asks[me] == 0 && !frozen[me] -> send(acquire) }
    :: atomic { state[me] == owner && asks[me] == 0 && age[me] >= RENEW && age[me] < SOFT && !frozen[me] -> send(renew) }
    :: atomic { asks[me] != 0 && answer[me] == 1 && !frozen[me] ->
        if
        :: state[me] == campaigning && (since[me] < SOFT || BREAK == 4) -> becomes_owner(); extend()
        :: state[me] == owner && (age[me] < SOFT || BREAK == 3) -> extend()
        :: else -> done()
        fi }
    :: atomic { asks[me] != 0 && answer[me] == 2 && !frozen[me] ->
        if
        :: state[me] == owner -> state[me] = lost
        :: else
        fi;
        done() }
    :: atomic { asks[me] != 0 && since[me] >= TIMEOUT && answer[me] == 0 && !frozen[me] -> done() }
    :: atomic { acts[me] && !frozen[me] -> /* run() ends, told or not */
        acts[me] = false; state[me] = gone; send(release); done(); age[me] = 0 }
    :: atomic { acts[me] && !frozen[me] -> frozen[me] = true }
    :: atomic { frozen[me] -> frozen[me] = false }
    :: state[me] == gone -> break
    od
}

/* The store, and the network before it. */
proctype store()
{
    byte from;
    mtype what;
    bit which;
    bool yes;
end:
    do
    :: atomic { net ?? from, what, which ->
        yes = false;
        if
        :: what == acquire && holder == 0 -> holder = from; left = TTL; yes = true
        :: what != release && holder == from -> left = TTL; yes = true
        :: what == release && holder == from -> holder = 0; left = 0
        :: else
        fi;
        if
        :: what == asks[from] && which == number[from] && answer[from] == 0 -> answer[from] = (yes -> 1 : 2)
        :: else
        fi;
        if
        :: doubled == 0 && nfull(net) -> doubled = 1; net ! from, what, which
        :: true
        fi;
        from = 0; what = 0; which = 0; yes = false }
    :: atomic { net ?? from, what, which -> from = 0; what = 0; which = 0 } /* lost */
    od
}

/* One tick. What must happen by then happens before: the soft loss of a daemon that runs, and the kill. */
proctype time()
{
    byte p;
    bool slip;
end:
    do
    :: atomic {
        p = 1;
        do
        :: p <= DAEMONS ->
            slip = false;
            if
            :: slips[p] < DRIFT && missed[p] < DRIFT && (acts[p] || asks[p] != 0) ->
                slip = true; slips[p]++; missed[p]++
            :: true
            fi;
            if
            :: acts[p] && !slip && age[p] < TTL -> age[p]++
            :: else
            fi;
            if
            :: asks[p] != 0 && !slip && since[p] < TTL -> since[p]++
            :: else
            fi;
            if
            :: state[p] == owner && !frozen[p] && age[p] >= SOFT && BREAK != 3 -> state[p] = lost
            :: else
            fi;
            if
            :: acts[p] && age[p] >= KILL && BREAK != 2 ->
                assert(frozen[p] || state[p] == lost); /* it could have known */
                acts[p] = false; frozen[p] = false; state[p] = gone; asks[p] = 0; answer[p] = 0;
                since[p] = 0; missed[p] = 0; slips[p] = 0; age[p] = 0
            :: else
            fi;
            p++
        :: else -> break
        od;
        p = 0; slip = false;
        if
        :: left > 0 -> left--
        :: else
        fi;
        if
        :: left == 0 -> holder = 0
        :: else
        fi }
    od
}

init
{
    atomic {
        byte n = 1;
        do
        :: n <= DAEMONS -> run daemon(n); n++
        :: else -> break
        od;
        run store();
        run time()
    }
}
