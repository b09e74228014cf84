package dev.interlock.front.http;

/** A connection to an upstream, in the protocol that the upstream picked. */
sealed interface UpstreamTransport permits UpstreamConnection, UpstreamStreams {

    /** Runs {@code then} once it has ended. */
    void whenClosed(Runnable then);
}
