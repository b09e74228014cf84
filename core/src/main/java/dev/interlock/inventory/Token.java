package dev.interlock.inventory;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A token that a provider honours, without its value.
 *
 * @param kind what the provider calls it
 * @param id the provider's identifier
 * @param name what its maker called it, which is no proof of anything
 * @param reach what it opens, in words
 * @param marks what is to be said of it
 */
public record Token(String kind, String id, String name, String reach, Dates dates, Set<Mark> marks) {

    /** Nobody who works with a token leaves it alone for so long. */
    static final Duration UNUSED = Duration.ofDays(90);

    /** A token this old has been in more hands than anybody remembers. */
    static final Duration OLD = Duration.ofDays(365);

    /** Red ones first, then by name. */
    static final Comparator<Token> ORDER = Comparator.comparing((Token token) -> !token.isRed())
            .thenComparing(Token::kind)
            .thenComparing(Token::name)
            .thenComparing(Token::id);

    /**
     * What the provider tells of a token's life; empty where it tells nothing.
     *
     * @param used when it was used last
     * @param expires when it ends by itself
     * @param tellsUse whether an empty {@code used} means never
     */
    public record Dates(
            Optional<Instant> created, Optional<Instant> used, Optional<Instant> expires, boolean tellsUse) {

        /** Since when it has lain about, as far as the provider tells. */
        Optional<Instant> idleSince() {
            return used.or(() -> tellsUse ? created : Optional.empty());
        }
    }

    /** What there is to say of a token. */
    public enum Mark {
        /** It is called like one of the vault's slots, and nothing else is. */
        KNOWN,
        /** It is called like none of the vault's slots, or another one is called so, too. */
        UNKNOWN,
        /** It reaches a protected environment, or everything. */
        BROAD,
        /** It was not used for a long time. */
        UNUSED,
        /** It was made long ago. */
        OLD,
        /** It does not end by itself. */
        NEVER_EXPIRES;

        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    public Token {
        marks = Set.copyOf(marks);
    }

    /** Whether somebody should do something about it: the vault's own may be broad, for nobody else has them. */
    public boolean isRed() {
        return marks.contains(Mark.UNKNOWN) || marks.contains(Mark.UNUSED);
    }

    /** In the order in which they are declared. */
    public List<Mark> sortedMarks() {
        return marks.stream().sorted().toList();
    }

    /**
     * What is to be said of a token.
     *
     * @param known whether it is the vault's
     * @param broad whether it reaches what is protected
     */
    static Set<Mark> marks(boolean known, boolean broad, Dates dates, Instant now) {
        Set<Mark> marks = EnumSet.of(known ? Mark.KNOWN : Mark.UNKNOWN);
        if (broad) {
            marks.add(Mark.BROAD);
        }
        if (dates.idleSince().filter(since -> since.isBefore(now.minus(UNUSED))).isPresent()) {
            marks.add(Mark.UNUSED);
        }
        if (dates.created().filter(made -> made.isBefore(now.minus(OLD))).isPresent()) {
            marks.add(Mark.OLD);
        }
        if (dates.expires().isEmpty()) {
            marks.add(Mark.NEVER_EXPIRES);
        }
        return marks;
    }
}
