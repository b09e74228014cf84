package dev.interlock.people;

import dev.interlock.store.StoreUnavailableException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Every passkey that ever existed. A change that grants rights is stored before it takes effect. A revocation takes
 * effect first, and its write is retried until it succeeds. Threading: any; reads take no lock.
 */
final class PasskeyBook {

    /** Maximum of waiting passkeys for one person by one maker; a new one replaces an old one of that maker. */
    static final int MAX_WAITING = 4;

    private final PasskeyStore store;
    private final Map<String, Passkey> keys = new ConcurrentHashMap<>();
    private final Map<String, Passkey.PasskeyEnd> untold = new HashMap<>(); // guarded by this; not stored yet

    PasskeyBook(PasskeyStore store) {
        this.store = store;
        follow(Set.of());
    }

    /** Takes up what other gateways did to the passkeys {@code names}, or to any. What was revoked here stays so. */
    synchronized void follow(Set<String> names) {
        Set<String> gone = new HashSet<>(names.isEmpty() ? keys.keySet() : names); // those were never enrolled
        for (Passkey key : names.isEmpty() ? store.all() : store.named(names)) {
            gone.remove(key.name());
            Optional<Passkey.PasskeyEnd> end = byName(key.name()).flatMap(Passkey::end);
            if (key.end().isEmpty()) {
                end.ifPresent(revoked -> untold.put(key.name(), revoked)); // the store lacks it
            }
            keys.put(key.name(), key.end().or(() -> end).map(key::ended).orElse(key));
        }
        keys.keySet().removeAll(gone);
    }

    Optional<Passkey> byName(String name) {
        return Optional.ofNullable(keys.get(name));
    }

    Optional<Passkey> byCredential(String credential) {
        return keys.values().stream()
                .filter(key -> key.statement().credential().equals(credential))
                .findFirst();
    }

    List<Passkey> of(String person) {
        return all().stream()
                .filter(key -> key.statement().person().equals(person))
                .toList();
    }

    List<Passkey> all() {
        return keys.values().stream()
                .sorted(Comparator.comparing((Passkey key) -> key.statement().madeAt())
                        .thenComparing(Passkey::name))
                .toList();
    }

    /** Of too many by one maker for one person, the one with the fewest endorsements goes; among equals, the oldest. */
    Optional<Passkey> givesWay(Passkey key) {
        List<Passkey> beside = of(key.statement().person()).stream()
                .filter(Passkey::isWaiting)
                .filter(other -> other.maker().equals(key.maker()))
                .toList();
        return key.isWaiting() && beside.size() >= MAX_WAITING
                ? beside.stream()
                        .min(Comparator.comparingInt(
                                other -> other.endorsements().size())) // the first of equals
                : Optional.empty();
    }

    /** Stores a new passkey. False if its credential or key is known, or another would have to go by now. */
    synchronized boolean add(Passkey key, Optional<Passkey> instead) {
        if (keys.containsKey(key.name())
                || byCredential(key.statement().credential()).isPresent()
                || !givesWay(key).equals(instead)) {
            return false;
        }
        store.add(key, instead);
        instead.ifPresent(gone -> keys.remove(gone.name()));
        keys.put(key.name(), key);
        return true;
    }

    /** Stores the endorsements of {@code key}. Returns false if it was changed or revoked since {@code before}. */
    synchronized boolean storeEndorsements(Passkey before, Passkey key) {
        if (!before.equals(keys.get(before.name()))) {
            return false;
        }
        if (!store.storeEndorsements(before, key)) {
            return false;
        }
        keys.put(key.name(), key);
        return true;
    }

    /** False if the counter was already there: the passkey exists twice (WebAuthn Level 3 §6.1.1). */
    synchronized boolean count(String name, long counter) {
        if (!keys.containsKey(name) || !store.count(name, counter)) {
            return false;
        }
        keys.computeIfPresent(name, (_, key) -> key.at(counter));
        return true;
    }

    /** Revokes {@code key} at once. Returns whether the revocation is stored and survives a restart. */
    synchronized boolean end(Passkey key, Passkey.PasskeyEnd end) {
        keys.computeIfPresent(key.name(), (_, known) -> known.ended(end));
        untold.put(key.name(), end);
        return settle();
    }

    /** Stores the revocations that could not be written before. Returns whether all are stored now. */
    synchronized boolean settle() {
        if (untold.isEmpty()) {
            return true;
        }
        try {
            store.end(untold);
            untold.clear();
            return true;
        } catch (StoreUnavailableException _) {
            return false;
        }
    }

    /** Deletes a waiting passkey. Nobody endorsed it, so it never belonged to anybody. */
    synchronized void drop(Passkey waiting) {
        store.drop(waiting);
        keys.remove(waiting.name());
    }
}
