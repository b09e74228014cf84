package dev.interlock.identity;

import com.github.f4b6a3.ulid.Ulid;
import dev.interlock.action.Lease;
import dev.interlock.store.StoreUnavailableException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/**
 * Holds the machines elsewhere whose certificates are accepted. The store is authoritative; those that have not ended
 * are also in memory. Threading: any. Ending a machine takes effect in memory before it waits for the store.
 */
public final class RemoteMachines {

    /** Maximum machines at once: a small fleet, and few enough to list. */
    static final int MOST = 500;

    private static final int ULID_RANDOM_BYTES = 10;
    private static final System.Logger LOG = System.getLogger(RemoteMachines.class.getName());

    private final LeaseStore store;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Map<String, RemoteMachine> byId = new ConcurrentHashMap<>();

    /** Machines that this process has ended. */
    private final Set<String> ended = ConcurrentHashMap.newKeySet();

    /** Machines that have ended, while the store does not hold that yet. */
    private final Set<String> unwritten = ConcurrentHashMap.newKeySet();

    RemoteMachines(LeaseStore store, InstantSource clock, RandomGenerator random) {
        this.store = store;
        this.clock = clock;
        this.random = random;
        follow();
    }

    public String newId() {
        byte[] bytes = new byte[ULID_RANDOM_BYTES];
        random.nextBytes(bytes);
        return Lease.REMOTE + new Ulid(clock.millis(), bytes);
    }

    /** Adds {@code machine} durably, before anybody gets its certificate. */
    public synchronized void add(RemoteMachine machine) {
        if (all().size() >= MOST) {
            throw new IllegalArgumentException("there are " + MOST + " remote machines, which is the limit");
        }
        store.addMachine(machine);
        byId.values().removeIf(known -> !isCurrent(known));
        byId.put(machine.id(), machine);
    }

    /** Replaces the certificate durably, before anybody gets it. A machine that ended meanwhile stays ended. */
    public synchronized void renew(RemoteMachine renewed) {
        if (!store.renewMachine(renewed)) {
            throw new IllegalArgumentException("another gateway has renewed or ended this machine meanwhile");
        }
        byId.computeIfPresent(renewed.id(), (_, _) -> renewed);
    }

    /** Returns the machines that have not ended, the youngest first. */
    public List<RemoteMachine> all() {
        return byId.values().stream()
                .filter(this::isCurrent)
                .sorted(Comparator.comparing(RemoteMachine::id).reversed())
                .toList();
    }

    /** Returns the machine {@code id}, unless it has ended. */
    public Optional<RemoteMachine> find(String id) {
        return Optional.ofNullable(byId.get(id)).filter(this::isCurrent);
    }

    /** Returns the machine whose certificate has this SHA-256, unless it has ended. */
    public Optional<RemoteMachine> withCertificate(String fingerprint) {
        return byId.values().stream()
                .filter(machine -> isOf(machine, fingerprint))
                .filter(this::isCurrent)
                .findFirst();
    }

    private boolean isOf(RemoteMachine machine, String fingerprint) {
        return machine.fingerprint().equals(fingerprint)
                || machine.earlier()
                        .filter(earlier -> earlier.fingerprint().equals(fingerprint))
                        .filter(earlier -> now().isBefore(earlier.expires()))
                        .isPresent();
    }

    private boolean isCurrent(RemoteMachine machine) {
        return now().isBefore(machine.expires());
    }

    /** Ends the machine {@code id} at once, even if the store fails. False if the store does not hold that yet. */
    boolean end(String id) {
        ended.add(id); // before it is removed: what another thread has read before does not bring it back
        byId.remove(id);
        unwritten.add(id);
        return settle();
    }

    /** Takes up what other gateways did. Returns the machines that ended by it. */
    synchronized Set<String> follow() {
        Set<String> gone = new HashSet<>(byId.keySet());
        for (RemoteMachine machine : store.machines(clock.instant())) {
            gone.remove(machine.id());
            byId.compute(machine.id(), (id, _) -> ended.contains(id) ? null : machine);
        }
        byId.keySet().removeAll(gone);
        return gone;
    }

    boolean settle() {
        for (String id : List.copyOf(unwritten)) {
            try {
                store.endMachine(id);
                unwritten.remove(id);
            } catch (StoreUnavailableException e) {
                LOG.log(System.Logger.Level.WARNING, "the end of a machine could not be stored: {0}", e.getMessage());
                return false;
            }
        }
        return true;
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }
}
