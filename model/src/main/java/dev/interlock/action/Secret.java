package dev.interlock.action;

import java.util.function.Function;

/** A value that must never be printed. It is only reached through {@link #use}, so that every use can be found. */
public final class Secret {

    private final String value;

    public Secret(String value) {
        this.value = value;
    }

    /** Passes the value to {@code purpose} and returns its result. */
    public <R> R use(Function<String, R> purpose) {
        return purpose.apply(value);
    }

    @Override
    public String toString() {
        return "[redacted]";
    }
}
