package dev.interlock.action;

/**
 * About how many bytes things take in memory, for whoever keeps what agents sent: what is made of a short call may be
 * long. Texts that no Latin alphabet has take up to twice what is said here.
 */
public final class Weight {

    /** An object, its place in what holds it, and half of what an empty text takes. */
    private static final long OBJECT = 48;

    private Weight() {}

    /** Of {@code call}, with the fields that go no further: the digest of the request says them. */
    public static long of(HttpCall call) {
        long weight = OBJECT + of(call.path()) + call.body().length();
        for (HttpCall.Parameter parameter : call.query()) {
            weight += OBJECT + of(parameter.name()) + of(parameter.value());
        }
        for (Header header : call.headers()) {
            weight += OBJECT + of(header.name()) + of(header.value());
        }
        for (Header header : call.withheld()) {
            weight += OBJECT + of(header.name()) + of(header.value());
        }
        return weight;
    }

    /** Of {@code action}, with all that it names. */
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

    /** Of {@code text}. */
    public static long of(String text) {
        return OBJECT + text.length();
    }
}
