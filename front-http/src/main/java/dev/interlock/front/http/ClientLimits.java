package dev.interlock.front.http;

import java.time.Duration;

/**
 * The limits for clients: how long and how much one may occupy the front.
 *
 * @param head the longest time for a connection's first request to begin, and for each request's head to arrive
 * @param request the longest time for one request to arrive, from its first byte to its last
 * @param write the longest time a client may refuse to take the next piece of an answer
 * @param quiet the time without a byte for an HTTP/1.1 client, after which its presence is checked
 * @param linger the time to read on after a refusal that closes, so that the client reads it before a reset
 * @param handshakes the most of these with an unfinished handshake
 * @param answering the most HTTP/2 requests answered at once, at each listener; an HTTP/1.1 connection has one
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

    private static final int DEFAULT_CONNECTIONS = 512;

    static final ClientLimits DEFAULT = new ClientLimits(
            Duration.ofSeconds(60), // longer than agents pause between two calls, and shorter than NAT tables forget
            Duration.ofSeconds(10), // a connecting client has a request to send, and a head is one packet or two
            Duration.ofSeconds(10), // two round trips
            Duration.ofSeconds(30), // for 1 MiB over a poor link: a slow sender holds a connection, never a thread
            Duration.ofSeconds(60), // a reader that takes nothing for so long is gone
            Duration.ofSeconds(10), // a client that closed its side and still wants its answer gets it sooner
            Duration.ofSeconds(2), // one round trip and a little more
            Duration.ofSeconds(8), // below the ten seconds that process supervisors usually wait
            DEFAULT_CONNECTIONS, // far above what the agents of one machine open, below the limit of open files
            64, // agents open a few connections at once, and finish a handshake in milliseconds
            // Together with HTTP/1.1 at most 2,048 at a listener, including those that wait for people: some 20 MiB of
            // threads and heads. Agents send a handful at once, but 512 connections could each send dozens.
            3 * DEFAULT_CONNECTIONS,
            BodyFraming.DEFAULT_MAX_BODY,
            // An eighth of the daemon's heap. A body lies there up to three times: as received, as understood and as
            // written anew. 512 connections with a whole body each would take 512 MiB.
            32 * BodyFraming.DEFAULT_MAX_BODY);
}
