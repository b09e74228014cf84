package dev.interlock.front.http;

import java.time.Duration;
import java.util.function.Consumer;

/** Limits that a test changes by name. */
final class TestingLimits {

    Duration idle;
    Duration head;
    Duration handshake;
    Duration request;
    Duration write;
    Duration quiet;
    Duration linger;
    Duration drain;
    int connections;
    int handshakes;
    int answering;
    int body;
    int bodies;

    private TestingLimits(ClientLimits all) {
        idle = all.idle();
        head = all.head();
        handshake = all.handshake();
        request = all.request();
        write = all.write();
        quiet = all.quiet();
        linger = all.linger();
        drain = all.drain();
        connections = all.connections();
        handshakes = all.handshakes();
        answering = all.answering();
        body = all.body();
        bodies = all.bodies();
    }

    /** Returns the usual limits with {@code change}. */
    static ClientLimits usual(Consumer<TestingLimits> change) {
        return changed(new TestingLimits(ClientLimits.DEFAULT), change);
    }

    /** Returns limits with {@code patience} for every timeout and little memory, with {@code change}. */
    static ClientLimits patient(Duration patience, Consumer<TestingLimits> change) {
        TestingLimits parts = new TestingLimits(ClientLimits.DEFAULT);
        parts.idle = patience;
        parts.head = patience;
        parts.handshake = patience;
        parts.request = patience;
        parts.write = patience;
        parts.quiet = patience;
        parts.linger = patience;
        parts.drain = patience;
        parts.connections = 9;
        parts.handshakes = 9;
        parts.body = 1024;
        parts.bodies = 1024;
        return changed(parts, change);
    }

    private static ClientLimits changed(TestingLimits parts, Consumer<TestingLimits> change) {
        change.accept(parts);
        return new ClientLimits(
                parts.idle,
                parts.head,
                parts.handshake,
                parts.request,
                parts.write,
                parts.quiet,
                parts.linger,
                parts.drain,
                parts.connections,
                parts.handshakes,
                parts.answering,
                parts.body,
                parts.bodies);
    }
}
