package dev.interlock.adopt;

/** Measures how random a text is, as opposed to written by a person. */
final class Randomness {

    private static final double LN_2 = Math.log(2);

    private Randomness() {}

    /** Returns Shannon's entropy of the characters of {@code text}, in bits for each. */
    static double bits(String text) {
        int[] counts = new int[128];
        for (int i = 0; i < text.length(); i++) {
            counts[text.charAt(i) & 0x7f]++;
        }
        double bits = 0;
        for (int count : counts) {
            if (count > 0) {
                double share = (double) count / text.length();
                bits -= share * Math.log(share) / LN_2;
            }
        }
        return bits;
    }

    /** Returns whether it has letters and digits, and is not just a word with a number behind it, a path or a call. */
    static boolean isMixed(String text) {
        boolean digits = text.chars().anyMatch(Character::isDigit);
        boolean letters = text.chars().anyMatch(Character::isLetter);
        return digits
                && letters
                && !text.matches("[A-Za-z]+(?:[_.-][A-Za-z]+)*[_.-]?\\d{1,3}")
                && !text.matches("(?:\\.{0,2}/|[A-Za-z]:\\\\|https?:).*")
                && !text.matches("(?i)(?:sha(?:1|256|384|512)[-:]|v?\\d+\\.\\d+).*")
                && !text.matches("[A-Za-z_$][\\w$]*(?:\\.[A-Za-z_$][\\w$]*)+");
    }
}
