package dev.interlock.front.http;

import java.time.Duration;

/**
 * The limits for upstreams: how long one may take, and how many connections it gets.
 *
 * @param connect for TCP, again for TLS, and again for the settings of HTTP/2
 * @param head from the request to the head of its answer
 * @param piece from one piece of the answer to the next
 * @param idle how long a connection is kept for the next call
 * @param connections calls at once to one upstream, and so at most as many connections
 */
record UpstreamLimits(Duration connect, Duration head, Duration piece, Duration idle, int connections) {

    /** Time for three retransmissions of a SYN. */
    static final Duration DEFAULT_CONNECT = Duration.ofSeconds(7);

    /** Slow control-plane operations answer within a minute; beyond two nobody waits any more. */
    static final Duration DEFAULT_HEAD = Duration.ofMinutes(2);

    /** Event streams send a comment at least every few minutes, so that middle boxes keep them open. */
    static final Duration DEFAULT_PIECE = Duration.ofMinutes(5);

    /**
     * Below the keep-alive of every common server (Node has 5 s). If a connection dies under a request, the result is
     * "unknown".
     */
    static final Duration DEFAULT_IDLE = Duration.ofSeconds(4);

    /** More than the agents of one machine have in flight. A stuck upstream cannot take all file descriptors. */
    static final int DEFAULT_CONNECTIONS = 128;

    static final UpstreamLimits DEFAULT =
            new UpstreamLimits(DEFAULT_CONNECT, DEFAULT_HEAD, DEFAULT_PIECE, DEFAULT_IDLE, DEFAULT_CONNECTIONS);
}
