package dev.interlock.front.http;

import java.time.Duration;

/**
 * The limits for clients: how long and how much one may occupy the front.
 *
 * @param idle the longest time a connection may lie between two requests
 * @param head the longest time for a connection's first request to begin, and for each request's head to arrive
 * @param handshake the longest time for a TLS handshake
 * @param request the longest time for one request to arrive, from its first byte to its last
 * @param write the longest time a client may refuse to take the next piece of an answer
 * @param quiet the time without a byte for an HTTP/1.1 client, after which its presence is checked
 * @param linger the time to read on after a refusal that closes, so that the client reads it before a reset
 * @param drain the longest time for requests in flight once the front closes
 * @param connections the most connections at once, at each listener
 * @param handshakes the most of these with an unfinished handshake
 * @param answering the most HTTP/2 requests answered at once, at each listener; an HTTP/1.1 connection has one
 * @param body the longest body, in bytes
 * @param bodies the most memory for all bodies together, in bytes
 */
record ClientLimits(
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

    /** Longer than agents pause between two calls, and shorter than NAT tables forget. */
    static final Duration DEFAULT_IDLE = Duration.ofSeconds(60);

    /** A connecting client has a request to send, and a head is one packet or two. */
    static final Duration DEFAULT_HEAD = Duration.ofSeconds(10);

    /** Two round trips. */
    static final Duration DEFAULT_HANDSHAKE = Duration.ofSeconds(10);

    /** Enough for 1 MiB over a poor link. A slow sender holds a connection, never a thread. */
    static final Duration DEFAULT_REQUEST = Duration.ofSeconds(30);

    /** A reader that takes nothing for so long is gone. */
    static final Duration DEFAULT_WRITE = Duration.ofSeconds(60);

    /**
     * A client that closes its side and still wants an answer gets it sooner. A connection to an upstream is held no
     * longer.
     */
    static final Duration DEFAULT_QUIET = Duration.ofSeconds(10);

    /** Time for one round trip and a little more. */
    static final Duration DEFAULT_LINGER = Duration.ofSeconds(2);

    /** Below the ten seconds that process supervisors usually wait. */
    static final Duration DEFAULT_DRAIN = Duration.ofSeconds(8);

    /** Far above what the agents of one machine open, and below the usual limit of open files. */
    static final int DEFAULT_CONNECTIONS = 512;

    /** Agents open a few connections at once, and finish a handshake in milliseconds. */
    static final int DEFAULT_HANDSHAKES = 64;

    /**
     * Together with those of HTTP/1.1 at most 2,048 at a listener, including requests that wait for people. That is
     * some 20 MiB of threads and heads. Agents send a handful at once, but 512 connections could each send dozens.
     */
    static final int DEFAULT_ANSWERING = 3 * DEFAULT_CONNECTIONS;

    /**
     * An eighth of the daemon's heap. A body lies there up to three times: as received, as understood and as written
     * anew. 512 connections with a whole body each would take 512 MiB.
     */
    static final int DEFAULT_BODIES = 32 * BodyFraming.DEFAULT_MAX_BODY;

    static final ClientLimits DEFAULT = new ClientLimits(
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
            BodyFraming.DEFAULT_MAX_BODY,
            DEFAULT_BODIES);
}
