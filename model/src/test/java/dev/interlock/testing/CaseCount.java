package dev.interlock.testing;

/**
 * The number of cases that a test draws at random. The system property {@code interlock.cases} scales it: with 0.1 a
 * tenth of them is tried.
 */
public final class CaseCount {

    private static final double SCALE = Double.parseDouble(System.getProperty("interlock.cases", "1"));

    private CaseCount() {}

    /** Returns {@code all} times the scale, and at least one. */
    public static int of(int all) {
        return Math.max(1, (int) Math.round(all * SCALE));
    }

    /** Returns whether enough cases are tried to include rare ones. */
    public static boolean includeRare() {
        return SCALE >= 1;
    }
}
