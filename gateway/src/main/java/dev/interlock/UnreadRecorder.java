package dev.interlock;

import dev.interlock.front.http.Recorder;
import dev.interlock.gate.Gate;

/** Receipts for what the front refused by itself. */
final class UnreadRecorder implements Recorder {

    private final Gate gate;

    UnreadRecorder(Gate gate) {
        this.gate = gate;
    }

    @Override
    public String refused(Unread unread) {
        return gate.unread(unread.presented(), unread.place(), unread.asked(), unread.refusal(), unread.at());
    }
}
