package dev.interlock.watch;

import java.time.Instant;
import java.util.Optional;

/**
 * The status of a receiver of alerts.
 *
 * @param name in the seal and in {@code gateway.yaml}
 * @param kind {@code webhook}, {@code slack} or {@code exec}
 * @param waiting messages that it has not accepted yet
 * @param last when it last accepted one
 * @param failing why it has accepted none for a while, or why messages for it cannot be stored
 */
public record ReceiverStatus(String name, String kind, int waiting, Optional<Instant> last, Optional<String> failing) {}
