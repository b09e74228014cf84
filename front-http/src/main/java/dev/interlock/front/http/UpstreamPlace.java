package dev.interlock.front.http;

import io.netty.handler.codec.http.FullHttpRequest;

/** Room for one call on a connection to an upstream: all of the connection, or one stream of it. */
sealed interface UpstreamPlace extends Pull.Source permits UpstreamConnection, UpstreamStream {

    /**
     * Sends {@code request}, unless the connection has already ended, or {@code pull} was cut off: then that it was not
     * used is what arrives there. Otherwise the answer does.
     */
    void send(FullHttpRequest request, Pull pull);

    /** Nobody has used it, and nobody will. */
    void close();
}
