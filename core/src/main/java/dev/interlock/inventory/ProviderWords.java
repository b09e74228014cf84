package dev.interlock.inventory;

import dev.interlock.action.LruMap;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * The words that providers have said of things in the last minutes, such as the default branch of a repository.
 *
 * <p>Threading: any; the monitor guards what is remembered, and no query is made under it.
 */
final class ProviderWords {

    /** Maximum age of a word that is relied on: what it says changes seldom, but it can. */
    static final Duration MAX_AGE = Duration.ofMinutes(2);

    private static final int MAX_REMEMBERED = 10_000;

    private record Asked(String upstream, String question, Resource about) {}

    private record RememberedWord(String word, Instant at) {}

    private final Clock clock;
    private final Map<Asked, RememberedWord> remembered = new LruMap<>(MAX_REMEMBERED);

    ProviderWords(Clock clock) {
        this.clock = clock;
    }

    Optional<String> find(Seal.Upstream upstream, String question, Resource about) {
        synchronized (remembered) {
            return Optional.ofNullable(remembered.get(key(upstream, question, about)))
                    .filter(known -> !known.at().isBefore(clock.instant().minus(MAX_AGE)))
                    .map(RememberedWord::word);
        }
    }

    /** Replaces what is remembered by {@code word}, which was asked for at {@code begun}; none forgets it. */
    void keep(Seal.Upstream upstream, String question, Resource about, Optional<String> word, Instant begun) {
        synchronized (remembered) {
            Asked key = key(upstream, question, about);
            word.ifPresentOrElse(
                    said -> remembered.put(key, new RememberedWord(said, begun)), () -> remembered.remove(key));
        }
    }

    private static Asked key(Seal.Upstream upstream, String question, Resource about) {
        return new Asked(TopologyCache.key(upstream), question, about);
    }
}
