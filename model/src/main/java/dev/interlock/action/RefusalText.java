package dev.interlock.action;

/**
 * The text of a refusal, written once and whole, so that a reader who has the sentence finds it. Names and numbers
 * stand for {@code %s} in it.
 *
 * @param reason what happened and why, as one or two whole sentences
 */
public record RefusalText(String reason, String next) {

    /** Returns the text with {@code values}. The next step uses them by their positions, as {@code %2$s}. */
    public RefusalText with(Object... values) {
        return values.length == 0 ? this : new RefusalText(reason.formatted(values), next.formatted(values));
    }

    public Refusal notUnderstood(Object... values) {
        RefusalText said = with(values);
        return Refusal.notUnderstood(said.reason, said.next);
    }

    /** Returns the refusal because Interlock cannot do its part now. */
    public Refusal unavailable(Object... values) {
        RefusalText said = with(values);
        return Refusal.unavailable(said.reason, said.next);
    }
}
