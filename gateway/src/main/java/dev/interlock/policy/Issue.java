package dev.interlock.policy;

/**
 * Something that a seal must not say.
 *
 * @param path where, as keys joined by {@code >}
 * @param message what is wrong and what to write instead
 */
record Issue(String path, String message) {
    @Override
    public String toString() {
        return path + ": " + message;
    }
}
