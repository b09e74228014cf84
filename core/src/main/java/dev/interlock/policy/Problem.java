package dev.interlock.policy;

/**
 * Something in a policy directory that its author has to change.
 *
 * @param file its name in the directory
 * @param line counted from 1; 0 where Cedar does not say it
 * @param message what is wrong and what to write instead
 */
public record Problem(String file, int line, String message) {
    @Override
    public String toString() {
        return file + (line > 0 ? ":" + line : "") + ": " + message;
    }
}
