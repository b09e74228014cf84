package dev.interlock.action;

import dev.interlock.evidence.Keyword;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The effect of an operation on the world. An operation may have several; each must be permitted by itself. */
public enum Impact implements Keyword {
    /** Reads, and reveals no secret. */
    READ,
    /** Changes something that can be changed back. */
    WRITE,
    /** Loses data, or the means of getting it back. */
    DESTROY,
    /** Reveals, mints or replaces a secret. */
    CREDENTIAL,
    /** Widens access, or changes a fact that decisions rest on. */
    PRIVILEGE,
    /** Runs code. It counts as everything that the executor can reach. */
    EXECUTE,
    /** Unclassified. It belongs to no group, so that no policy about known impacts permits it. */
    UNKNOWN;

    private static final Map<String, Impact> BY_WORD =
            Stream.of(values()).collect(Collectors.toUnmodifiableMap(Impact::word, impact -> impact));

    /** Returns the impact with the name {@code word}; throws {@link IllegalArgumentException} if there is none. */
    public static Impact of(String word) {
        return Optional.ofNullable(BY_WORD.get(word))
                .orElseThrow(() -> new IllegalArgumentException("`" + word + "` is not an impact; impacts are "
                        + Stream.of(values()).map(Impact::word).collect(Collectors.joining(", "))));
    }
}
