/* One association with NTS as src/nts/client.c and the engine keep it, through changes of the server's keys, as a model for spin.
 *
 * A request uses a cookie up; an authentic answer to the request that waits brings one back. A NAK to the request that waits refuses the client's cookies: it
 * asks no more until a key establishment has succeeded, of which there is one at a time. The server turns its keys when it likes and opens cookies of the newest
 * and of the one before. The attacker is on the path: he loses what he likes, repeats every answer he ever heard, and makes NAKs, which nobody authenticates,
 * for every request he saw; what he cannot do is make an authentic answer.
 *
 * Checked: no request leaves without a cookie; an answer is heeded once, for the request that waits, when the server made it for that request and with the keys
 * that the client has; there are no more establishments than times that cookies ran out or were refused, however many NAKs come. */
#define REQUESTS 3      /* so many are followed */
#define TURNS 3         /* and so many changes of the server's keys */
#define COOKIES 2       /* so many are kept */

mtype = { AUTHENTIC, NAK };

chan to_server = [1] of { byte, byte };             /* the request's unique identifier, the keys its cookie was sealed with */
chan to_client = [2] of { mtype, byte, byte };      /* kind, identifier, keys */

byte asked;                     /* requests so far: the newest one's identifier */
bool waits;                     /* the newest is not answered yet */
byte keys;                      /* which keys of the server's the client's cookies are sealed with; 0: none yet */
byte cookies;
bool refused;
byte established, reasons = 1;  /* key establishments, and what led to them: the first one is for the start */
byte current = 1;               /* the server's newest keys */
byte measured[REQUESTS + 1];
byte said[REQUESTS + 1];        /* with which keys the server answered it; 0: not */

#define READY (keys > 0 && cookies > 0 && !refused)

active proctype client()
{
    mtype kind;
    byte id, with;

end:
    do
    :: atomic { READY && asked < REQUESTS ->
           assert(cookies > 0 && keys > 0);
           asked++;
           cookies--;
           waits = true;
           if
           :: cookies == 0 -> reasons++
           :: else
           fi;
           if
           :: to_server ! asked, keys
           :: skip                                  /* lost, or full */
           fi
       }
    :: atomic { !READY && established <= REQUESTS + 1 ->    /* succeeds, or is tried again */
           if
           :: established++;
              assert(established <= reasons);
              keys = current;
              cookies = COOKIES;
              refused = false;
              waits = false
           :: skip
           fi
       }
    :: atomic { to_client ? kind, id, with ->
           if
           :: waits && id == asked && kind == AUTHENTIC && with == keys ->
               waits = false;
               assert(said[id] == keys);
               measured[id]++;
               assert(measured[id] == 1);
               if
               :: cookies == 0 && !refused -> reasons--     /* just in time */
               :: else
               fi;
               if
               :: cookies < COOKIES -> cookies++
               :: else
               fi
           :: waits && id == asked && kind == NAK && !refused ->
               refused = true;
               if
               :: cookies > 0 -> reasons++
               :: else
               fi
           :: else                                  /* counted, and nothing else changes */
           fi;
           kind = AUTHENTIC;
           id = 0;
           with = 0
       }
    od
}

active proctype server()
{
    byte id, with;

end:
    do
    :: atomic { current < TURNS -> current++ }
    :: atomic { to_server ? id, with ->
           if
           :: with + 1 >= current -> said[id] = with; to_client ! AUTHENTIC, id, with
           :: else -> to_client ! NAK, id, 0
           fi;
           id = 0;
           with = 0
       }
    od
}

active proctype attacker()
{
    byte n;

end:
    do
    :: atomic { n < REQUESTS -> n++ }
    :: atomic { n > 0 -> n-- }
    :: atomic { said[n] > 0 -> to_client ! AUTHENTIC, n, said[n] }
    :: atomic { n > 0 && n <= asked -> to_client ! NAK, n, 0 }
    od
}
