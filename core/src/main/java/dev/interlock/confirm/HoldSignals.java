package dev.interlock.confirm;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The signals of all waiters: one for each waiting agent, whose number the gate limits. */
final class HoldSignals {

    private final Set<HoldSignal> hung = ConcurrentHashMap.newKeySet();

    HoldSignal open() {
        HoldSignal bell = new HoldSignal(hung);
        hung.add(bell);
        return bell;
    }

    /**
     * Reports that hold {@code id} has changed. Never call it inside a transaction: the woken thread reads committed
     * data.
     */
    void signal(String id) {
        hung.stream().filter(bell -> bell.isFor(id)).forEach(HoldSignal::signal);
    }
}
