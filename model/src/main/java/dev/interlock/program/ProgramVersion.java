package dev.interlock.program;

/** The version of this program. */
public final class ProgramVersion {

    public static final String VERSION = "0.1.0";

    /** Set by the launchers; absent or empty if the program was built outside of git. */
    public static final String COMMIT = "interlock.commit";

    /** Enough digits for people to tell two commits apart. */
    private static final int DIGITS = 12;

    private ProgramVersion() {}

    public static String withCommit() {
        String commit = System.getProperty(COMMIT, "");
        return commit.isEmpty() ? VERSION : VERSION + "+" + commit.substring(0, Math.min(DIGITS, commit.length()));
    }
}
