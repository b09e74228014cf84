package dev.interlock.adopt;

import dev.interlock.action.Secret;
import dev.interlock.shapes.CredentialKind;
import java.util.BitSet;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A credential that opens nothing and looks like the one that it replaces. It has the same length, the same fixed
 * parts, and a letter for each letter, so that programs can still parse the file.
 */
final class DecoyGenerator {

    private static final String DIGITS = "0123456789";
    private static final String BASE32_DIGITS = "234567";
    private static final String LOWER = "abcdefghijklmnopqrstuvwxyz";

    /** From here on only characters of the original are drawn. In shorter texts their set would reveal something. */
    private static final int LONG = 32;

    private static final int HEX_PART = 8;
    private static final Pattern PROVIDER = Pattern.compile("[A-Za-z]{2,10}[-_]");

    /** The beginning of every OpenSSH key in base64: {@code openssh-key-v1} and a NUL. */
    private static final String OPENSSH = "b3BlbnNzaC1rZXktdjEA";

    private static final int TRIES = 100;

    private DecoyGenerator() {}

    static Secret of(CredentialKind kind, Secret original, Random random) {
        return original.use(text -> {
            String decoy = text;
            for (int tries = 0; tries < TRIES && decoy.equals(text); tries++) {
                // If all of the text is fixed, no draw would change anything.
                BitSet fixed = tries < TRIES / 2 ? fixed(kind, text) : new BitSet();
                decoy = drawn(text, fixed, random);
            }
            // The text has only separators, or letters of no known alphabet. The real one must not stay.
            return new Secret(decoy.equals(text) ? letters(text.length(), random) : decoy);
        });
    }

    private static String letters(int length, Random random) {
        return random.ints(length, 0, LOWER.length())
                .mapToObj(LOWER::charAt)
                .map(String::valueOf)
                .collect(Collectors.joining());
    }

    private static String drawn(String text, BitSet fixed, Random random) {
        StringBuilder decoy = new StringBuilder(text.length());
        boolean hex = isHex(free(text, fixed, 0, text.length()));
        int from = 0;
        for (int i = 0; i <= text.length(); i++) {
            // Each part between separators may have an alphabet of its own.
            if (i == text.length() || !Character.isLetterOrDigit(text.charAt(i))) {
                String part = free(text, fixed, from, i);
                for (int at = from; at < i; at++) {
                    char c = text.charAt(at);
                    decoy.append(fixed.get(at) ? c : like(c, part, hex, random));
                }
                decoy.append(text, i, Math.min(i + 1, text.length()));
                from = i + 1;
            }
        }
        return decoy.toString();
    }

    private static String free(String text, BitSet fixed, int from, int to) {
        StringBuilder free = new StringBuilder();
        for (int i = from; i < to; i++) {
            free.append(fixed.get(i) ? "" : text.charAt(i));
        }
        return free.toString();
    }

    private static boolean isHex(String text) {
        return text.chars().filter(Character::isLetter).allMatch(c -> c >= 'a' && c <= 'f');
    }

    /** The characters that identify the kind: its literals, the lines around a key, and escapes. */
    private static BitSet fixed(CredentialKind kind, String text) {
        BitSet fixed = new BitSet();
        String folded = text.toLowerCase(Locale.ROOT);
        for (String literal : kind.literals()) {
            for (int at = folded.indexOf(literal); at >= 0; at = folded.indexOf(literal, at + 1)) {
                fixed.set(at, at + literal.length());
            }
        }
        Matcher provider = PROVIDER.matcher(text);
        if (provider.lookingAt()) {
            fixed.set(0, provider.end());
        }
        if (text.startsWith("-----")) {
            fixed.set(0, text.indexOf("-----", 5) + 5);
            fixed.set(text.lastIndexOf("-----END"), text.length());
            int magic = text.indexOf(OPENSSH);
            fixed.set(Math.max(magic, 0), magic < 0 ? 0 : magic + OPENSSH.length());
        }
        for (int at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at + 2)) {
            fixed.set(at, Math.min(at + 2, text.length()));
        }
        return fixed;
    }

    private static char like(char c, String part, boolean hex, Random random) {
        String alphabet = alphabet(c, part, hex);
        if (alphabet.indexOf(c) < 0) {
            return c;
        }
        // Some forms allow fewer letters than the alphabet; the letters that occur are certainly allowed.
        while (true) {
            char drawn = alphabet.charAt(random.nextInt(alphabet.length()));
            if (part.length() < LONG || part.indexOf(drawn) >= 0) {
                return drawn;
            }
        }
    }

    private static String alphabet(char c, String part, boolean hex) {
        if (Character.isDigit(c)) {
            boolean base32 = part.length() < LONG && part.chars().noneMatch(other -> "0189".indexOf(other) >= 0);
            return base32 ? BASE32_DIGITS : DIGITS;
        }
        String letters = hex || (part.length() >= HEX_PART && isHex(part)) ? "abcdef" : LOWER;
        return Character.isUpperCase(c) ? LOWER.toUpperCase(Locale.ROOT) : letters;
    }
}
