package dev.interlock.action;

import java.util.ArrayList;
import java.util.List;

/**
 * A digest in words that people can read out and compare on another channel. Each word has five letters for 16 bits,
 * consonants and vowels in turn. Eight words are 128 bits; the nonce inside prevents a search for a collision.
 */
public final class DigestPhrase {

    private static final String CONSONANTS = "bdfghjklmnprstvz";
    private static final String VOWELS = "aiou";
    private static final int WORDS = 8;

    private DigestPhrase() {}

    /** Returns the words for the first {@value #WORDS} × 16 bits of a lower-case hexadecimal digest. */
    public static String of(String hex) {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < WORDS; i++) {
            words.add(word(Integer.parseInt(hex.substring(4 * i, 4 * i + 4), 16)));
        }
        return String.join("-", words);
    }

    private static String word(int bits) {
        return "" + CONSONANTS.charAt(bits >> 12 & 15)
                + VOWELS.charAt(bits >> 10 & 3)
                + CONSONANTS.charAt(bits >> 6 & 15)
                + VOWELS.charAt(bits >> 4 & 3)
                + CONSONANTS.charAt(bits & 15);
    }
}
