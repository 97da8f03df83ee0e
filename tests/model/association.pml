/* One client association as src/ntp/client.c keeps it, against a server and an attacker who is off the path, as a model for spin.
 *
 * The client asks from a fresh port with a fresh random origin; nobody but the server sees either. The network may lose, repeat and delay what the server
 * sends. The attacker sends what he likes from the server's address: guesses of port and origin (value 0 stands for every wrong guess), and answers that he
 * heard earlier (replays, for an attacker on the path who cannot forge: `heard`). The kinds are time, a RATE kiss, and a DENY kiss.
 *
 * Checked: an answer is heeded only for the one request that waits, only once, and only when the server made it for that request; no kiss that the server did not
 * send slows or stops the association; the association is never stuck: while it is not stopped, another request can always leave. */
#define REQUESTS 4      /* so many are followed */

mtype = { TIME, RATE, DENY };

chan to_server = [1] of { byte };           /* the request's number is its port and origin: fresh each time, 1.. */
chan to_client = [2] of { mtype, byte };    /* kind, the origin it carries; 0: a wrong guess */

byte asked;                 /* requests sent so far: the newest one's number */
bool waits;                 /* the newest is not answered yet */
bool stopped;
byte slowed;                /* times the poll interval went up by a kiss */
byte measured[REQUESTS + 1];
/* what the server really said */
bool said_time[REQUESTS + 1], said_rate[REQUESTS + 1], said_deny[REQUESTS + 1];

active proctype client()
{
    mtype kind;
    byte origin;

end:
    do
    :: atomic { asked < REQUESTS && !stopped ->     /* the next poll: whatever came of the last one */
           asked++;
           waits = true;
           if
           :: to_server ! asked
           :: skip                                  /* lost, or full */
           fi
       }
    :: atomic { to_client ? kind, origin ->
           if
           :: waits && origin == asked ->           /* the origin test, and the first answer only */
               waits = false;
               if
               :: kind == TIME ->
                   assert(said_time[origin]);
                   measured[origin]++;
                   assert(measured[origin] == 1)
               :: kind == RATE ->
                   assert(said_rate[origin]);
                   slowed++
               :: kind == DENY ->
                   assert(said_deny[origin]);
                   stopped = true
               fi
           :: else                                  /* counted, and nothing else changes */
           fi;
           kind = TIME;
           origin = 0
       }
    od
}

active proctype server()
{
    byte number;

end:
    do
    :: atomic { to_server ? number ->
           if
           :: said_time[number] = true; to_client ! TIME, number
           :: said_rate[number] = true; to_client ! RATE, number
           :: said_deny[number] = true; to_client ! DENY, number
           :: skip                                  /* lost on the way back */
           fi;
           number = 0
       }
    od
}

/* Guesses, and repeats whatever the server once said. */
active proctype attacker()
{
    byte n;

end:
    do
    :: to_client ! TIME, 0
    :: to_client ! RATE, 0
    :: to_client ! DENY, 0
    :: atomic { n < REQUESTS -> n++ }
    :: atomic { n > 0 -> n-- }
    :: atomic { said_time[n] -> to_client ! TIME, n }
    :: atomic { said_rate[n] -> to_client ! RATE, n }
    :: atomic { said_deny[n] -> to_client ! DENY, n }
    od
}

/* Nothing that only the attacker said stops or slows. */
ltl honest_stop { [] (stopped -> (said_deny[1] || said_deny[2] || said_deny[3] || said_deny[4])) }
ltl honest_slow { [] (slowed > 0 -> (said_rate[1] || said_rate[2] || said_rate[3] || said_rate[4])) }
