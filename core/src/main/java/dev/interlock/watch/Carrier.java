package dev.interlock.watch;

import dev.interlock.action.Bytes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A way to people. It takes a message or does not, in bounded time, and keeps nothing.
 *
 * <p>INVARIANT: what it says of a try holds nothing of its address, its secret or what came back.
 */
public sealed interface Carrier permits Webhook, Slack, Program {

    /**
     * One message, as it is kept.
     *
     * @param id by which a receiver knows one that comes twice
     * @param file where it lies; empty if it could not be written
     * @param json what it says
     */
    record Message(String id, Optional<Path> file, Bytes json) {}

    /**
     * What came of one try.
     *
     * @param taken whether the receiver has it now
     * @param words what it said, for people, such as {@code status 500}
     * @param later how long it asked to be left alone; zero if it did not
     */
    record Tried(boolean taken, String words, Duration later) {

        Tried(boolean taken, String words) {
            this(taken, words, Duration.ZERO);
        }
    }

    /** Sends {@code message} once. */
    Tried deliver(Message message) throws InterruptedException;

    /** The word for its kind. */
    String kind();
}
