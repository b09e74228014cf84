package dev.interlock.adopt;

import dev.interlock.action.Secret;
import java.util.BitSet;
import java.util.Locale;
import java.util.Random;

/**
 * A credential that opens nothing and looks like the one whose place it takes: as long, with the same fixed parts, and
 * a letter for a letter, so that no program that reads the file stumbles over it.
 */
final class Decoy {

    private static final String DIGITS = "0123456789";

    /** In forms that write letters for the other digits. */
    private static final String BASE32_DIGITS = "234567";

    private static final String LOWER = "abcdefghijklmnopqrstuvwxyz";

    /** Of shorter ones, even which characters occur would tell something. */
    private static final int LONG = 32;

    private Decoy() {}

    static Secret of(Kind kind, Secret original, Random random) {
        return original.use(text -> {
            String decoy = text;
            while (decoy.equals(text)) {
                decoy = drawn(text, fixed(kind, text), random);
            }
            return new Secret(decoy);
        });
    }

    private static String drawn(String text, BitSet fixed, Random random) {
        StringBuilder decoy = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            decoy.append(fixed.get(i) ? text.charAt(i) : like(text.charAt(i), text, random));
        }
        return decoy.toString();
    }

    /** What makes it one of its kind: the literals in it, the lines around a key, and escapes. */
    private static BitSet fixed(Kind kind, String text) {
        BitSet fixed = new BitSet();
        String folded = text.toLowerCase(Locale.ROOT);
        for (String literal : kind.literals()) {
            for (int at = folded.indexOf(literal); at >= 0; at = folded.indexOf(literal, at + 1)) {
                fixed.set(at, at + literal.length());
            }
        }
        if (text.startsWith("-----")) {
            fixed.set(0, text.indexOf("-----", 5) + 5);
            fixed.set(text.lastIndexOf("-----END"), text.length());
        }
        for (int at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at + 2)) {
            fixed.set(at, Math.min(at + 2, text.length()));
        }
        return fixed;
    }

    private static char like(char c, String text, Random random) {
        String alphabet = alphabet(c, text);
        if (alphabet.indexOf(c) < 0) {
            return c;
        }
        // Some forms know fewer letters than the alphabet has: those that occur are known to be among them.
        while (true) {
            char drawn = alphabet.charAt(random.nextInt(alphabet.length()));
            if (text.length() < LONG || text.indexOf(drawn) >= 0) {
                return drawn;
            }
        }
    }

    private static String alphabet(char c, String text) {
        if (Character.isDigit(c)) {
            boolean base32 = text.length() < LONG && text.chars().noneMatch(other -> "0189".indexOf(other) >= 0);
            return base32 ? BASE32_DIGITS : DIGITS;
        }
        return Character.isUpperCase(c) ? LOWER.toUpperCase(Locale.ROOT) : LOWER;
    }
}
