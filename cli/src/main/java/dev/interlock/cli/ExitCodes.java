package dev.interlock.cli;

/** Exit codes, after sysexits.h where it has one. */
final class ExitCodes {

    /** Done, or the answer is positive. */
    static final int OK = 0;
    /** The answer is negative: refused, red, or not verified. */
    static final int NO = 1;
    /** The command line is wrong; picocli's own code. */
    static final int USAGE = 2;
    /** EX_DATAERR: an input file is not what it should be. */
    static final int DATA = 65;
    /** EX_UNAVAILABLE: no daemon answers, or a program is missing. */
    static final int UNAVAILABLE = 69;
    /** EX_SOFTWARE: a bug in this program. */
    static final int SOFTWARE = 70;
    /** EX_TEMPFAIL: the lease ended before the agent did; the agent can be started again. */
    static final int LOST = 75;
    /** EX_NOPERM: this user has no permission. */
    static final int NOT_ENTITLED = 77;

    private ExitCodes() {}
}
