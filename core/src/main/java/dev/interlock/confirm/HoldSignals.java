package dev.interlock.confirm;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The signals of all waiters: one for each waiting agent, whose number the gate limits. */
final class HoldSignals {

    private final Set<HoldSignal> registered = ConcurrentHashMap.newKeySet();

    HoldSignal open() {
        HoldSignal signal = new HoldSignal(registered);
        registered.add(signal);
        return signal;
    }

    /** Never call it inside a transaction: the woken thread reads committed data. */
    void signal(String id) {
        registered.stream().filter(signal -> signal.isFor(id)).forEach(HoldSignal::signal);
    }
}
