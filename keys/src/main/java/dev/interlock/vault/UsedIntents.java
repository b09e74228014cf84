package dev.interlock.vault;

import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SeenIntent;
import java.time.Instant;
import java.util.HashSet;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The intents in {@code log} that opened a credential because witnesses had seen them. Threading: any.
 *
 * <p>INVARIANT: one intent opens one credential. Memory is enough: what is from before {@link #earliest} opens nothing,
 * and neither a restart nor a clock that is set back moves that back.
 */
final class UsedIntents {

    private final String log;
    private final NavigableMap<Instant, Set<String>> used = new TreeMap<>(); // guarded by this, like the next
    private Instant earliest;

    UsedIntents(String log, Instant start) {
        this.log = log;
        this.earliest = start;
    }

    String log() {
        return log;
    }

    /** Uses {@code intent} up, or returns why it opens nothing. The gateway has the same clock, so none is of later. */
    synchronized Optional<String> use(Receipt intent, Instant now) {
        Instant oldest = now.minus(SeenIntent.FRESH);
        earliest = oldest.isAfter(earliest) ? oldest : earliest;
        used.headMap(earliest).clear();
        if (intent.at().isBefore(earliest) || intent.at().isAfter(now)) {
            return Optional.of("the intent that they saw is not of now");
        }
        return used.computeIfAbsent(intent.at(), _ -> new HashSet<>()).add(intent.id())
                ? Optional.empty()
                : Optional.of("the intent that they saw has opened a credential already");
    }
}
