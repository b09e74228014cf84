package dev.interlock.front.http;

import java.time.Duration;

/**
 * The limits for upstreams: how long one may take, and how many connections it gets.
 *
 * @param connect for TCP, again for TLS, and again for the settings of HTTP/2
 * @param head from the request to the head of its answer
 * @param connections calls at once to one upstream, and so at most as many connections
 */
record UpstreamLimits(Duration connect, Duration head, Duration piece, Duration idle, int connections) {

    static final UpstreamLimits DEFAULT = new UpstreamLimits(
            Duration.ofSeconds(7), // three retransmissions of a SYN
            Duration.ofMinutes(2), // slow control-plane operations answer within a minute; nobody waits longer
            Duration.ofMinutes(5), // event streams send a comment sooner, so that middle boxes keep them open
            // Below the keep-alive of every common server (Node has 5 s): one that dies under a request is unknown.
            Duration.ofSeconds(4),
            128); // more than the agents of one machine have in flight; a stuck upstream cannot take all descriptors
}
