package dev.interlock.program;

/** Exit codes, after sysexits.h where it has one. */
public final class ExitCodes {

    /** Done, or the answer is positive. */
    public static final int OK = 0;
    /** The answer is negative: refused, red, or not verified. */
    public static final int NO = 1;
    /** The command line is wrong; picocli's own code. */
    public static final int USAGE = 2;
    /** The answer is positive as far as it can be known here; something that could change it is not known. */
    public static final int UNCERTAIN = 3;
    /** EX_DATAERR: an input file is not what it should be. */
    public static final int DATA = 65;
    /** EX_UNAVAILABLE: no daemon answers, or a program is missing. */
    public static final int UNAVAILABLE = 69;
    /** EX_SOFTWARE: a bug in this program. */
    public static final int SOFTWARE = 70;
    /** EX_TEMPFAIL: the lease ended before the agent did; the agent can be started again. */
    public static final int LOST = 75;
    /** EX_NOPERM: this user has no permission. */
    public static final int NOT_ENTITLED = 77;

    private ExitCodes() {}
}
