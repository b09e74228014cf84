package dev.interlock.front.http;

import java.time.Duration;

/**
 * How long and how much a client may keep us busy.
 *
 * @param idle how long a connection may lie between two requests
 * @param head how long a connection may take to its first request, and each request's head to arrive
 * @param handshake how long a client that speaks TLS may take to shake hands
 * @param request how long one request may take to arrive, from its first byte to its last
 * @param write how long a client may refuse to take the next piece of an answer
 * @param quiet after how long without a byte for it we look whether a client of HTTP/1.1 is still there
 * @param linger how long we listen after a refusal that closes, so that the client reads it before a reset
 * @param drain how long requests in flight may take once the front closes
 * @param connections how many there may be at once, at each door
 * @param handshakes how many of these may not have shaken hands yet
 * @param answering how many requests of HTTP/2 may be answered at once, at each door; of HTTP/1.1 a connection has one
 * @param body the longest body, in bytes
 * @param bodies what all bodies together may take in memory, in bytes
 */
record Limits(
        Duration idle,
        Duration head,
        Duration handshake,
        Duration request,
        Duration write,
        Duration quiet,
        Duration linger,
        Duration drain,
        int connections,
        int handshakes,
        int answering,
        int body,
        int bodies) {

    /** Longer than agents pause between two calls; shorter than NAT tables forget. */
    static final Duration DEFAULT_IDLE = Duration.ofSeconds(60);

    /** Whoever connects has something to say: a head is one packet or two. */
    static final Duration DEFAULT_HEAD = Duration.ofSeconds(10);

    /** Two round trips. */
    static final Duration DEFAULT_HANDSHAKE = Duration.ofSeconds(10);

    /** 1 MiB over a poor link; a slow sender holds a connection, never a thread. */
    static final Duration DEFAULT_REQUEST = Duration.ofSeconds(30);

    /** A reader that takes nothing for so long is gone. */
    static final Duration DEFAULT_WRITE = Duration.ofSeconds(60);

    /** Whoever ends its side and still wants an answer gets it sooner; a place at an upstream is held no longer. */
    static final Duration DEFAULT_QUIET = Duration.ofSeconds(10);

    /** Time for one round trip and a little more. */
    static final Duration DEFAULT_LINGER = Duration.ofSeconds(2);

    /** Below the ten seconds that process supervisors usually wait. */
    static final Duration DEFAULT_DRAIN = Duration.ofSeconds(8);

    /** Far above what the agents of one machine open, below the usual limit of open files. */
    static final int DEFAULT_CONNECTIONS = 512;

    /** Agents open a few connections at once, and shake hands in milliseconds. */
    static final int DEFAULT_HANDSHAKES = 64;

    /**
     * With those of HTTP/1.1, 2,048 at most at a door, whatever they wait for, people too: some 20 MiB of threads and
     * heads. Agents ask for a handful at once, and 512 connections could each ask for dozens.
     */
    static final int DEFAULT_ANSWERING = 3 * DEFAULT_CONNECTIONS;

    /**
     * An eighth of the daemon's heap: a body lies there up to three times, as received, as understood and as written
     * anew. 512 connections with a whole body each would be 512 MiB.
     */
    static final int DEFAULT_BODIES = 32 * Framing.DEFAULT_MAX_BODY;

    static final Limits DEFAULT = new Limits(
            DEFAULT_IDLE,
            DEFAULT_HEAD,
            DEFAULT_HANDSHAKE,
            DEFAULT_REQUEST,
            DEFAULT_WRITE,
            DEFAULT_QUIET,
            DEFAULT_LINGER,
            DEFAULT_DRAIN,
            DEFAULT_CONNECTIONS,
            DEFAULT_HANDSHAKES,
            DEFAULT_ANSWERING,
            Framing.DEFAULT_MAX_BODY,
            DEFAULT_BODIES);
}
