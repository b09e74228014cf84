package dev.interlock.confirm;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The signals of all waiters: one for each waiting agent, whose number the gate limits. */
final class Bells {

    private final Set<Bell> hung = ConcurrentHashMap.newKeySet();

    Bell hang() {
        Bell bell = new Bell(hung);
        hung.add(bell);
        return bell;
    }

    /**
     * Reports that hold {@code id} has changed. Never call it inside a transaction: the woken thread reads committed
     * data.
     */
    void ring(String id) {
        hung.stream().filter(bell -> bell.isFor(id)).forEach(Bell::ring);
    }
}
