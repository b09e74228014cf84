package dev.interlock.policy;

import dev.interlock.config.FilePosition;

/**
 * A mistake in a policy directory that its author has to correct.
 *
 * @param position where it is; the file's name is that in the directory
 */
public record PolicyProblem(FilePosition position, String message) {

    /** Makes the problem of a whole line, counted from 1; 0 if unknown. */
    public PolicyProblem(String file, int line, String message) {
        this(new FilePosition(file, line, 0), message);
    }

    public String file() {
        return position.file();
    }

    /** Returns the line, counted from 1; 0 if unknown. */
    public int line() {
        return position.line();
    }

    @Override
    public String toString() {
        return position + ": " + message;
    }
}
