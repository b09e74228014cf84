package dev.interlock.action;

/**
 * Estimates the memory that stored requests take, in bytes. A short call may expand to long objects. Texts in non-Latin
 * alphabets take up to twice the estimate.
 */
public final class MemoryEstimate {

    /** An object, its slot in its container, and half of the size of an empty text. */
    private static final long OBJECT = 48;

    private MemoryEstimate() {}

    /** Returns the size of {@code action} and of all that it names. */
    public static long of(Action action) {
        long weight = 4 * OBJECT + of(action.operation().name());
        for (Resource resource : action.resources()) {
            weight += 2 * OBJECT + of(resource.id());
        }
        for (Fact fact : action.facts()) {
            weight += OBJECT + of(fact.name()) + of(fact.value());
        }
        return weight;
    }

    public static long of(String text) {
        return OBJECT + text.length();
    }

    static long of(String name, String value) {
        return OBJECT + of(name) + of(value);
    }
}
