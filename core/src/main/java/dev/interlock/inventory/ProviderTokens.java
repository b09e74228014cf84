package dev.interlock.inventory;

import dev.interlock.action.Seal;
import dev.interlock.evidence.Keyword;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The tokens of one provider.
 *
 * @param all red ones first
 * @param unread lists that could not be read, with the reason
 */
public record ProviderTokens(List<ProviderToken> all, List<String> unread) {

    public ProviderTokens {
        all = List.copyOf(all);
        unread = List.copyOf(unread);
    }

    record ListedToken(String kind, String id, String name, String reach, boolean broad, ProviderToken.Dates dates) {}

    /** Marks {@code listed}. Providers reveal no values, so only the name shows whose a token is. */
    static ProviderTokens mark(Seal.Upstream upstream, List<ListedToken> listed, List<String> unread, Instant now) {
        Set<String> once = new HashSet<>();
        Set<String> twice = listed.stream()
                .map(ListedToken::name)
                .filter(name -> !once.add(name))
                .collect(Collectors.toSet());
        List<ProviderToken> all = new ArrayList<>();
        for (ListedToken one : listed) {
            boolean known = !twice.contains(one.name())
                    && upstream.credentials().stream()
                            .anyMatch(slot -> slot.name().equals(one.name()));
            all.add(new ProviderToken(
                    one.kind(),
                    one.id(),
                    one.name(),
                    one.reach(),
                    one.dates(),
                    ProviderToken.marks(known, one.broad(), one.dates(), now)));
        }
        all.sort(ProviderToken.ORDER);
        return new ProviderTokens(all, unread);
    }

    /**
     * A token that a provider honours, without its value.
     *
     * @param kind the provider's kind
     * @param id the provider's identifier
     * @param name the name that its maker chose, which proves nothing
     * @param reach what it opens, in words
     * @param marks our remarks about it
     */
    public record ProviderToken(String kind, String id, String name, String reach, Dates dates, Set<TokenMark> marks) {

        /** A token that is unused for this long is unlikely to be needed. */
        static final Duration UNUSED = Duration.ofDays(90);

        /** A token of this age has been in more hands than anybody remembers. */
        static final Duration OLD = Duration.ofDays(365);

        /** Red tokens first, then by name. */
        static final Comparator<ProviderToken> ORDER = Comparator.comparing((ProviderToken token) -> !token.isRed())
                .thenComparing(ProviderToken::kind)
                .thenComparing(ProviderToken::name)
                .thenComparing(ProviderToken::id);

        /**
         * The times that the provider reports of a token; empty where it reports none.
         *
         * @param used the time of its last use
         * @param expires the time of its expiry
         * @param tellsUse whether an empty {@code used} means never
         */
        public record Dates(
                Optional<Instant> created, Optional<Instant> used, Optional<Instant> expires, boolean tellsUse) {

            /** Returns the time since which it is unused, if the provider reports that. */
            Optional<Instant> idleSince() {
                return used.or(() -> tellsUse ? created : Optional.empty());
            }
        }

        /** The remarks about a token. */
        public enum TokenMark implements Keyword {
            /** Its name is that of one of the vault's slots, and no other token has it. */
            KNOWN,
            /** Its name is none of the vault's slots, or another token has it too. */
            UNKNOWN,
            /** It reaches a protected environment, or everything. */
            BROAD,
            /** It was not used for a long time. */
            UNUSED,
            /** It was made long ago. */
            OLD,
            /** It has no expiry. */
            NEVER_EXPIRES;
        }

        public ProviderToken {
            marks = Set.copyOf(marks);
        }

        /**
         * Returns whether somebody should act on it. The vault's own tokens may be broad, because nobody else has them.
         */
        public boolean isRed() {
            return marks.contains(TokenMark.UNKNOWN) || marks.contains(TokenMark.UNUSED);
        }

        /** Returns the marks in the order of their declaration. */
        public List<TokenMark> sortedMarks() {
            return marks.stream().sorted().toList();
        }

        static Set<TokenMark> marks(boolean known, boolean broad, Dates dates, Instant now) {
            Set<TokenMark> marks = EnumSet.of(known ? TokenMark.KNOWN : TokenMark.UNKNOWN);
            if (broad) {
                marks.add(TokenMark.BROAD);
            }
            if (dates.idleSince()
                    .filter(since -> since.isBefore(now.minus(UNUSED)))
                    .isPresent()) {
                marks.add(TokenMark.UNUSED);
            }
            if (dates.created().filter(made -> made.isBefore(now.minus(OLD))).isPresent()) {
                marks.add(TokenMark.OLD);
            }
            if (dates.expires().isEmpty()) {
                marks.add(TokenMark.NEVER_EXPIRES);
            }
            return marks;
        }
    }
}
