/* Keeps the page live: each event holds its parts as they are now; those that changed are put in place. The server has made text of all that is in them. */
"use strict";

(() => {
    const RETRY_MS = 5000;
    const live = document.getElementById("live");
    const shown = {};
    let source = null, again = 0;

    function say(words, good) {
        if (live.textContent !== words)
            live.textContent = words;
        live.className = good ? "good" : "bad";
    }

    /* What is there already is not said again to those who listen. */
    function replace(element, html) {
        if (element.innerHTML !== html)
            element.innerHTML = html;
    }

    function show(parts) {
        for (const [name, html] of Object.entries(parts)) {
            if (shown[name] === html)
                continue;
            shown[name] = html;
            if (name === "title")
                document.title = `${html} - simple-utcd`;
            else
                replace(document.getElementById(name), html);
        }
    }

    function listen() {
        source = new EventSource("/v1/events");
        source.onmessage = (event) => {
            show(JSON.parse(event.data));
            say("live", true);
        };
        source.onerror = () => {
            say("connection lost, trying again", false);
            if (source.readyState === EventSource.CLOSED)
                again = setTimeout(listen, RETRY_MS);
        };
    }

    function leave() {
        clearTimeout(again);
        if (source)
            source.close();
    }

    /* A browser gives one place six connections for all its tabs: only a page that is seen takes one. */
    function attend() {
        leave();
        if (document.hidden)
            say("waits until it is seen", false);
        else
            listen();
    }

    document.addEventListener("visibilitychange", attend);
    attend();
})();
