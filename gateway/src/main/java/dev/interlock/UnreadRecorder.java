package dev.interlock;

import dev.interlock.front.http.Recorder;
import dev.interlock.gate.CallHandler;

/** Receipts for what the front refused by itself. */
final class UnreadRecorder implements Recorder {

    private final CallHandler handler;

    UnreadRecorder(CallHandler handler) {
        this.handler = handler;
    }

    @Override
    public String refused(Unread unread) {
        return handler.unread(unread.presented(), unread.place(), unread.asked(), unread.refusal(), unread.at());
    }
}
