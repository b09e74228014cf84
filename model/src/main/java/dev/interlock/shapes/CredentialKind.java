package dev.interlock.shapes;

import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A kind of credential, as {@code credentials.yaml} describes it.
 *
 * @param opens what its holder can reach, in words
 * @param renew what a person does at the provider after a leak
 * @param literals one of which stands in or before each, in lower case
 * @param lead characters before the literal at which a match may begin
 * @param reach characters from the literal on that may belong to it
 * @param check the condition in addition to the pattern
 * @param files in which it is looked for; everywhere if there are none
 * @param isCertain whether a text of this form is a credential wherever it stands
 */
public record CredentialKind(
        String id,
        String opens,
        Danger danger,
        String renew,
        Pattern pattern,
        List<String> literals,
        int lead,
        int reach,
        double entropy,
        MatchCheck check,
        List<PathMatcher> files,
        boolean isCertain) {

    public record SecretSpan(int from, int to) {}

    public CredentialKind {
        literals = List.copyOf(literals);
        files = List.copyOf(files);
    }

    /** Returns how many characters at its beginning are the same for all of this kind. */
    public int prefixOf(String text) {
        String folded = text.toLowerCase(Locale.ROOT);
        return literals.stream()
                .filter(folded::startsWith)
                .mapToInt(String::length)
                .max()
                .orElse(0);
    }

    public boolean isLookedForIn(Path file) {
        return files.isEmpty() || files.stream().anyMatch(names -> names.matches(file));
    }

    /** Returns the secret that a literal at {@code at} belongs to, if there is one. */
    public Optional<SecretSpan> around(CharSequence text, int at) {
        Matcher matcher = pattern.matcher(text).useTransparentBounds(true).useAnchoringBounds(false);
        int end = Math.min(text.length(), at + reach);
        for (int start = Math.max(0, at - lead); start <= at; start++) {
            if (matcher.region(start, end).lookingAt() && matcher.end() > at) {
                return group(matcher).filter(span -> isSecret(text.subSequence(span.from(), span.to())));
            }
        }
        return Optional.empty();
    }

    private boolean isSecret(CharSequence found) {
        String text = found.toString();
        return bitsPerCharacter(text) >= entropy
                && !Placeholders.isOne(text, check)
                && (check != MatchCheck.MIXED || isMixed(text));
    }

    private static double bitsPerCharacter(String text) {
        int[] counts = new int[128];
        for (int i = 0; i < text.length(); i++) {
            counts[text.charAt(i) & 0x7f]++;
        }
        double bits = 0;
        for (int count : counts) {
            if (count > 0) {
                double share = (double) count / text.length();
                bits -= share * Math.log(share) / Math.log(2);
            }
        }
        return bits;
    }

    /** Whether it has letters and digits, and is not just a word with a number behind it, a path or a call. */
    private static boolean isMixed(String text) {
        boolean digits = text.chars().anyMatch(Character::isDigit);
        boolean letters = text.chars().anyMatch(Character::isLetter);
        return digits
                && letters
                && !text.matches("[A-Za-z]+(?:[_.-][A-Za-z]+)*[_.-]?\\d{1,3}")
                && !text.matches("(?:\\.{0,2}/|[A-Za-z]:\\\\|https?:).*")
                && !text.matches("(?i)(?:sha(?:1|256|384|512)[-:]|v?\\d+\\.\\d+).*")
                && !text.matches("[A-Za-z_$][\\w$]*(?:\\.[A-Za-z_$][\\w$]*)+");
    }

    private static Optional<SecretSpan> group(Matcher matcher) {
        for (int group = 1; group <= matcher.groupCount(); group++) {
            if (matcher.start(group) >= 0) {
                return Optional.of(new SecretSpan(matcher.start(group), matcher.end(group)));
            }
        }
        return Optional.empty();
    }

    /** Recognises the placeholders for credentials in documentation. */
    static final class Placeholders {

        /** Texts that never occur in random text of a credential's length. */
        private static final List<String> ANYWHERE = List.of(
                "example xxxx placeholder redacted changeme change_me change-me **** .... ${ {{ <your your_ your- yourtoken yourkey 0123456789 1234567890 abcdefgh deadbeef"
                        .split(" ", -1));

        /** Texts that exclude a match for which only the name before it suggests a credential. */
        private static final List<String> IN_WORDS = List.of(
                "test fake dummy sample mock secret password token process.env os.environ getenv localhost default undefined null none"
                        .split(" ", -1));

        private static final Set<String> WORDS =
                Set.of("auth foo bar guest pass passwd password pwd root secret test token user".split(" ", -1));

        private static final int LONGEST_RUN = 6;

        /**
         * Above this length only the share of the longest run counts: encoded data has runs of zeros, and long random
         * text contains any four letters.
         */
        private static final int LONG = 200;

        private static final int SHARE_OF_LONG = 8;

        private Placeholders() {}

        static boolean isOne(String text, MatchCheck check) {
            if (text.length() > LONG) {
                return longestRun(text) >= text.length() / SHARE_OF_LONG;
            }
            String folded = text.toLowerCase(Locale.ROOT);
            return ANYWHERE.stream().anyMatch(folded::contains)
                    || longestRun(text) >= LONGEST_RUN
                    || switch (check) {
                        case FORM -> false;
                        case NAMED -> WORDS.contains(folded);
                        case MIXED -> IN_WORDS.stream().anyMatch(folded::contains);
                    };
        }

        private static int longestRun(String text) {
            int longest = 0;
            int run = 0;
            for (int i = 0; i < text.length(); i++) {
                run = i > 0 && text.charAt(i) == text.charAt(i - 1) ? run + 1 : 1;
                longest = Math.max(longest, run);
            }
            return longest;
        }
    }
}
