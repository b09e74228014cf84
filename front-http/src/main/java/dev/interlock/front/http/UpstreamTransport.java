package dev.interlock.front.http;

/** A connection to an upstream, in the protocol that the upstream picked. */
sealed interface UpstreamTransport permits UpstreamConnection, UpstreamStreams {

    void whenClosed(Runnable then);
}
