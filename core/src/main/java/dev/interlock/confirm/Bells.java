package dev.interlock.confirm;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The bells of all who wait: as many as there are waiting agents, which the gate bounds. */
final class Bells {

    private final Set<Bell> hung = ConcurrentHashMap.newKeySet();

    Bell hang() {
        Bell bell = new Bell(hung);
        hung.add(bell);
        return bell;
    }

    /**
     * Something has become of hold {@code id}. Never inside a transaction: whoever wakes looks at what is committed.
     */
    void ring(String id) {
        hung.stream().filter(bell -> bell.isFor(id)).forEach(Bell::ring);
    }
}
