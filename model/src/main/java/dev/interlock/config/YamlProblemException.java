package dev.interlock.config;

/** A mistake in a YAML file, in the file's own terms. */
public final class YamlProblemException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final int line;
    private final String problem;

    YamlProblemException(int line, String problem) {
        super("line " + line + ": " + problem);
        this.line = line;
        this.problem = problem;
    }

    /** Returns the line, counted from 1. */
    public int line() {
        return line;
    }

    /** Returns the message without the line. */
    public String problem() {
        return problem;
    }
}
