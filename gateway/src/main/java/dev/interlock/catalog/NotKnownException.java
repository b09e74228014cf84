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

    /** A name that an agent sent, cut and cleaned to what fits into a sentence. */
    static String shown(String name) {
        String plain = name.replaceAll("[^A-Za-z0-9_.+/:@-]", "?");
        return "`" + (plain.length() > 80 ? plain.substring(0, 80) + "..." : plain) + "`";
    }

    Explanation.NotUnderstood notUnderstood() {
        return new Explanation.NotUnderstood(reason, next);
    }
}
