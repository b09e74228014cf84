package dev.interlock.watch;

import dev.interlock.action.Bytes;
import java.time.Duration;

/**
 * A channel that delivers alerts to people. It accepts a message or not, in bounded time, and stores nothing.
 *
 * <p>INVARIANT: its report of a delivery contains nothing of its address, its secret or the response.
 */
public interface AlertChannel {

    record AlertMessage(String id, Bytes json) {}

    /** The result of one delivery, in words for people such as {@code status 500}; the receiver may ask to wait. */
    record DeliveryResult(boolean taken, String words, Duration later) {

        DeliveryResult(boolean taken, String words) {
            this(taken, words, Duration.ZERO);
        }
    }

    /** Sends {@code message} once. */
    DeliveryResult deliver(AlertMessage message) throws InterruptedException;

    String kind();
}
