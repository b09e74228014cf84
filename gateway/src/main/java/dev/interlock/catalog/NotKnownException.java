package dev.interlock.catalog;

/**
 * Ends a classification from deep inside a request. {@link Catalog} turns it into a value; it never leaves the room.
 */
final class NotKnownException extends RuntimeException {

    private final String reason;
    private final String next;

    NotKnownException(String reason, String next) {
        super(reason, null, false, false); // no stack trace: an agent decides how often this is thrown
        this.reason = reason;
        this.next = next;
    }

    /** A name that GraphQL allows, cut to what fits into a sentence. */
    static String shown(String name) {
        return "`" + (name.length() > 80 ? name.substring(0, 80) + "..." : name) + "`";
    }

    Reading.NotUnderstood notUnderstood() {
        return new Reading.NotUnderstood(reason, next);
    }
}
