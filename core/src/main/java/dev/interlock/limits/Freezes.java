package dev.interlock.limits;

import com.github.f4b6a3.ulid.Ulid;
import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.evidence.IntentMeaning;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.identity.SignedOrders;
import dev.interlock.store.StoreListener;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/**
 * Keeps destroyed resources read-only until people lift the freeze. Freezes survive restarts and new seals. Threading:
 * any.
 */
public final class Freezes implements StoreListener {

    /** The SSHSIG namespace for statements that lift a freeze, and nothing else. */
    public static final String NAMESPACE = "interlock-freeze@v1";

    private static final String STATEMENT_TYPE = "interlock-freeze-lift@v1";
    private static final int ULID_RANDOM_BYTES = 10;

    private final LimitStore store;
    /** By identifier. A freeze is stored before its resources can be destroyed, and lifted in the store first. */
    private final Map<String, Freeze> standing = new ConcurrentHashMap<>();

    private final SignedOrders orders;
    private final InstantSource clock;
    private final RandomGenerator random;

    Freezes(LimitStore store, SignedOrders orders, InstantSource clock, RandomGenerator random) {
        this.store = store;
        this.orders = orders;
        this.clock = clock;
        this.random = random;
        reload();
    }

    @Override
    public void changed(String kind, Set<String> ids) {
        if (kind.equals(LimitStore.FREEZE) && !ids.stream().allMatch(this::isKnown)) {
            reload();
        }
    }

    /** A gateway need not read what it has frozen itself. */
    private boolean isKnown(String key) {
        return key.endsWith(LimitStore.ADDED)
                && standing.containsKey(key.substring(0, key.length() - LimitStore.ADDED.length()));
    }

    /** Takes up what other gateways did. A freeze that is not stored yet stays: its resources may be destroyed soon. */
    @Override
    public void reload() {
        LimitStore.StoredFreezes stored = store.freezes(Set.copyOf(standing.keySet()));
        stored.standing().forEach(freeze -> standing.put(freeze.id(), freeze));
        standing.keySet().removeAll(stored.lifted());
    }

    /** Returns the freezes in force, the oldest first. */
    public List<Freeze> active() {
        return standing.values().stream()
                .sorted(Comparator.comparing(Freeze::id))
                .toList();
    }

    Optional<LimitOverrun> against(ResolvedAttempt sensed) {
        return standing.isEmpty() // the usual case, and every call comes through here
                ? Optional.empty()
                : against(active(), sensed);
    }

    static Optional<LimitOverrun> against(List<Freeze> freezes, ResolvedAttempt sensed) {
        return freezes.stream()
                .flatMap(freeze -> freeze.against(sensed).stream())
                .findFirst();
    }

    /** Returns the freeze that releasing {@code sensed} causes; empty if it destroys nothing. */
    Optional<Freeze> freezeFor(ResolvedAttempt sensed, String intent) {
        return leftBehind(sensed)
                .map(freeze -> new Freeze(newId(), intent, freeze.resources(), freeze.agent(), freeze.person(), now()));
    }

    /** Does the same as {@link #freezeFor}, for rehearsals. */
    static Optional<Freeze> leftBehind(ResolvedAttempt sensed) {
        if (sensed.actions().stream().noneMatch(action -> action.has(Impact.DESTROY))) {
            return Optional.empty();
        }
        Set<Resource> gone = gone(sensed);
        return gone.isEmpty()
                ? Optional.empty()
                : Optional.of(new Freeze(
                        "F-rehearsed",
                        "R-rehearsed",
                        gone,
                        sensed.lease().agent(),
                        sensed.lease().person(),
                        Instant.EPOCH));
    }

    private static Set<Resource> gone(ResolvedAttempt sensed) {
        Set<Resource> whole = new TreeSet<>();
        Set<Resource> parts = new TreeSet<>();
        for (Action action : sensed.actions()) {
            if (action.impacts().contains(Impact.DESTROY)) {
                (action.destroysAPart() ? parts : whole).addAll(action.resources());
            }
        }
        return gone(whole, parts, sensed.radius().lost());
    }

    /**
     * Returns what is gone of {@code lost}: nobody need be kept from what lost a part only, nor from a whole account
     * because the call named nothing smaller.
     */
    private static Set<Resource> gone(Set<Resource> whole, Set<Resource> parts, Collection<Resource> lost) {
        Set<Resource> gone = new TreeSet<>(lost);
        gone.removeIf(resource -> resource.isWholeAccount() || (parts.contains(resource) && !whole.contains(resource)));
        return gone;
    }

    /** Returns what the call of {@code intent} freezes, as {@link #gone}, by its receipt. */
    public static Set<Resource> frozenBy(Receipt intent) {
        Json.Members meaning = IntentMeaning.members(intent);
        Set<Resource> whole = new TreeSet<>();
        Set<Resource> parts = new TreeSet<>();
        for (Json.Members action : meaning.objects("actions")) {
            if (action.texts("impacts").contains(Impact.DESTROY.word())) {
                boolean isPart = Action.destroysAPart(
                        action.objects("facts").stream().map(UsageEvent::fact).toList());
                action.objects("resources")
                        .forEach(resource -> (isPart ? parts : whole).add(Resource.parse(resource.text("id"))));
            }
        }
        List<Resource> lost = meaning.object("radius").texts("lost").stream()
                .map(Resource::parse)
                .toList();
        return whole.isEmpty() && parts.isEmpty() ? Set.of() : gone(whole, parts, lost);
    }

    /** Freezes again what {@code intent} may have destroyed by the ledger. False if the store knows a freeze by it. */
    public boolean restore(String intent, Set<Resource> resources, String agent, String person) {
        Freeze freeze = new Freeze(newId(), intent, resources, agent, person, now());
        return store.write(rows -> {
            if (rows.hasFrozen(intent)) {
                return false;
            }
            add(rows, freeze);
            return true;
        });
    }

    private String newId() {
        byte[] bytes = new byte[ULID_RANDOM_BYTES];
        random.nextBytes(bytes);
        return "F-" + new Ulid(now().toEpochMilli(), bytes);
    }

    /** Puts {@code freeze} in force at once. Call {@link #forget} if the transaction of {@code rows} fails. */
    void add(LimitRows rows, Freeze freeze) {
        rows.addFreeze(freeze);
        stand(freeze);
    }

    void stand(Freeze freeze) {
        standing.put(freeze.id(), freeze);
    }

    void forget(Freeze freeze) {
        standing.remove(freeze.id());
    }

    /** Lifts a freeze because the action did not happen; {@code why} is stored. The store is written first. */
    void liftUnexecuted(Freeze freeze, String why) {
        store.write(rows -> {
            rows.liftFreeze(freeze, why, now());
            return true;
        });
        standing.remove(freeze.id());
    }

    /**
     * Returns the statement to sign in namespace {@code interlock-freeze@v1} within ten minutes; empty if there is no
     * such freeze. It needs no nonce: a freeze is lifted once, and its identifier is never used again.
     */
    public Optional<byte[]> prepare(Seal seal, String id) {
        return byId(id).map(freeze -> orders.prepare(seal, order(seal, freeze)));
    }

    private static SignedOrders.Order<Freeze> order(Seal seal, Freeze freeze) {
        return new SignedOrders.Order<>(
                freeze,
                NAMESPACE,
                "this freeze",
                Json.object()
                        .with("type", STATEMENT_TYPE)
                        .with("freeze", freeze.id())
                        .with("intent", freeze.intent())
                        .withTexts("resources", freeze.resources().stream().map(Resource::toString))
                        .with("agent", freeze.agent())
                        .with("person", freeze.person())
                        .with("since", freeze.since().toString()),
                _ -> false,
                person -> Optional.of(freeze.agent()).filter(_ -> actsFor(seal, freeze, person)));
    }

    /** Returns in words who can lift the freeze {@code id}; empty if nobody can. */
    public Optional<String> lifters(Seal seal, String id) {
        return byId(id).flatMap(freeze -> orders.signers(seal, order(seal, freeze)));
    }

    /** Returns whether the agent that destroyed it could sign as {@code person}. */
    private static boolean actsFor(Seal seal, Freeze freeze, String person) {
        Seal.Agent agent = seal.agents().get(freeze.agent());
        return person.equals(freeze.person()) || (agent != null && agent.owner().equals(person));
    }

    /** Checks who asks by {@code statement} to lift which freeze, and whether they may. */
    public SignedOrders.OrderResult<Freeze> lifting(Seal seal, byte[] statement, String signature) {
        return orders.check(
                seal,
                statement,
                signature,
                asked -> byId(asked.text("freeze")).map(freeze -> order(seal, freeze)),
                _ -> "No such freeze is in force.");
    }

    /** Lifts the freeze, in the store first. False if it is not in force any more. */
    public boolean lift(SignedOrders.OrderResult.SignedOrder<Freeze> signed) {
        if (byId(signed.subject().id()).isEmpty()) {
            return false;
        }
        store.write(rows -> {
            rows.liftFreeze(signed.subject(), signed.person(), now());
            return true;
        });
        return standing.remove(signed.subject().id(), signed.subject());
    }

    private Optional<Freeze> byId(String id) {
        return Optional.ofNullable(standing.get(id));
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }
}
