package dev.interlock.front.http;

import io.netty.handler.codec.http.FullHttpRequest;

/** A slot for one call on a connection to an upstream: all of the connection, or one stream of it. */
sealed interface UpstreamSlot extends AnswerQueue.AnswerSource permits UpstreamConnection, UpstreamStream {

    /**
     * Sends {@code request}, unless the connection has already ended or {@code pull} was cut off. In that case
     * {@code pull} learns that nothing was used; otherwise it gets the answer.
     */
    void send(FullHttpRequest request, AnswerQueue pull);

    /** Gives the slot back unused. */
    void close();
}
