package dev.interlock.watch;

import java.time.Instant;
import java.util.Optional;

/**
 * How a receiver of alerts stands.
 *
 * @param name in the seal and in {@code gateway.yaml}
 * @param kind {@code webhook}, {@code slack} or {@code exec}
 * @param waiting messages that it has not taken yet
 * @param last when it last took one
 * @param failing why it takes none, if it has not for a while, or why nothing can be kept for it
 */
public record Standing(String name, String kind, int waiting, Optional<Instant> last, Optional<String> failing) {}
