package dev.interlock.listeners;

import dev.interlock.front.http.RefusalRecorder;
import dev.interlock.gate.CallHandler;

/** Writes receipts for requests that the front refused by itself. */
public final class RejectedRequestRecorder implements RefusalRecorder {

    private final CallHandler handler;

    public RejectedRequestRecorder(CallHandler handler) {
        this.handler = handler;
    }

    @Override
    public String refused(UnreadRequest unread) {
        return handler.unread(unread.presented(), unread.place(), unread.asked(), unread.refusal(), unread.at());
    }
}
