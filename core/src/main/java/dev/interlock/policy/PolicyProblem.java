package dev.interlock.policy;

/**
 * A mistake in a policy directory that its author has to correct.
 *
 * @param file the file's name in the directory
 * @param line counted from 1; 0 where Cedar does not report it
 * @param message the mistake, and what to write instead
 */
public record PolicyProblem(String file, int line, String message) {
    @Override
    public String toString() {
        return file + (line > 0 ? ":" + line : "") + ": " + message;
    }
}
