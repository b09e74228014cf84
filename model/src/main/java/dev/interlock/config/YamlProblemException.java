package dev.interlock.config;

/** A mistake in a YAML file, in the file's own terms. */
public final class YamlProblemException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final int line;
    private final int column;
    private final String problem;

    YamlProblemException(int line, String problem) {
        this(line, 0, problem);
    }

    YamlProblemException(int line, int column, String problem) {
        super("line " + line + ": " + problem);
        this.line = line;
        this.column = column;
        this.problem = problem;
    }

    public FilePosition position(String file) {
        return new FilePosition(file, line, column);
    }

    /** Returns the message without the position. */
    public String problem() {
        return problem;
    }
}
