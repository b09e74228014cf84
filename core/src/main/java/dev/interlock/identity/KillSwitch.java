package dev.interlock.identity;

import com.github.f4b6a3.ulid.Ulid;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.store.StoreUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * The kill switch. A kill stops every lease that it matches, and each new one, at once until people lift it. It
 * survives restarts. It ends no lease by itself.
 *
 * <p>Threading: any. Calls see a kill at once, even while another thread writes to the store.
 */
public final class KillSwitch {

    /** The SSHSIG namespace for statements that lift a kill, and for nothing else. */
    public static final String NAMESPACE = "interlock-kill@v1";

    static final String WHO_MAY_LIFT = "A person in `owners` who is not stopped by a kill can lift it with";
    private static final String STATEMENT_TYPE = "interlock-kill-lift@v1";
    private static final int ULID_RANDOM_BYTES = 10;

    private static final Optional<Refusal> STANDSTILL = Optional.of(
            Refusal.unavailable(
                    "This gateway does not serve this at present: it cannot reach its store, so it does not know what people have stopped.",
                    "Send the identical request again in some seconds: another gateway answers it, or this one once it can. Nothing was sent."));

    private final KillBook book;
    private final LeaseRegistry leases;
    private final SignedOrders orders;
    private final InstantSource clock;
    private final RandomGenerator random;
    private volatile Predicate<Duration> serving = _ -> true;
    private volatile Predicate<Kill> ending = _ -> true;

    KillSwitch(
            LeaseStore store,
            LeaseRegistry leases,
            PersonSignatures signatures,
            InstantSource clock,
            RandomGenerator random) {
        this.book = new KillBook(store);
        this.leases = leases;
        this.orders = new SignedOrders(signatures, this::isKilled, clock);
        this.clock = clock;
        this.random = random;
    }

    /**
     * Stops every call, without a kill, while {@code serving} says no: others may have killed something then. It is
     * asked about calls that may go for a while after that.
     */
    public void serveWhile(Predicate<Duration> serving) {
        this.serving = serving;
    }

    /** Has {@code ending} end, before a kill is lifted, what must not come back with that; if it cannot, none is. */
    public void endBeforeLift(Predicate<Kill> ending) {
        this.ending = ending;
    }

    Optional<Refusal> standstill(Duration grace) {
        return serving.test(grace) ? Optional.empty() : STANDSTILL;
    }

    /** A kill in force, and whether it would survive a restart. */
    public record ActiveKill(Kill kill, boolean durable) {}

    /**
     * Stops {@code target} at once, even if the store fails; anew if it was stopped, so that no older signature lifts
     * it.
     *
     * @param cut is run once it stands, and before this waits for the store
     */
    public ActiveKill kill(Kill.KillTarget target, String reason, String by, Runnable cut) {
        byte[] bytes = new byte[ULID_RANDOM_BYTES];
        random.nextBytes(bytes);
        Instant now = now();
        String id = "K-" + new Ulid(now.toEpochMilli(), bytes);
        Kill kill = new Kill(id, target, Kill.oneLine(reason), by, now);
        book.add(kill);
        cut.run();
        book.settle();
        return new ActiveKill(kill, book.isDurable(kill));
    }

    /** Does the same where no call is in flight. */
    public ActiveKill kill(Kill.KillTarget target, String reason, String by) {
        return kill(target, reason, by, () -> {});
    }

    /** Puts a kill of the ledger in force again; false if the store knows it, or a later one of the same target. */
    public boolean restore(Kill kill) {
        Optional<Kill> standing = book.of(kill.target());
        if (standing.filter(known -> known.id().compareTo(kill.id()) >= 0).isPresent()) {
            return false;
        }
        book.add(kill);
        if (!book.settle()) {
            throw new StoreUnavailableException("the kill `" + kill.id() + "` could not be stored");
        }
        return true;
    }

    /** Returns the kills in force, the oldest first. */
    public List<ActiveKill> active() {
        return book.all().stream()
                .map(kill -> new ActiveKill(kill, book.isDurable(kill)))
                .toList();
    }

    /** Returns whether {@code target} exists, in the seal or among the remembered leases. */
    public boolean isKnown(Optional<Seal> seal, Kill.KillTarget target) {
        String name = target.name();
        return switch (target.scope()) {
            case AGENT -> seal.filter(s -> s.agents().containsKey(name)).isPresent() || anyLease(target);
            case TASK -> seal.filter(s -> s.tasks().containsKey(name)).isPresent() || anyLease(target);
            case PERSON -> seal.filter(s -> s.people().containsKey(name)).isPresent() || anyLease(target);
            case UPSTREAM -> seal.isEmpty() || seal.get().upstreams().containsKey(name);
            case ALL -> true;
        };
    }

    private boolean anyLease(Kill.KillTarget target) {
        return leases.entriesOf(target).findAny().isPresent();
    }

    public List<Lease> stopped(Kill kill) {
        Instant now = now();
        Predicate<LeaseEntry> lives =
                entry -> entry.end().isEmpty() && now.isBefore(entry.lease().expires());
        return leases.entriesOf(kill.target())
                .filter(lives)
                .map(LeaseEntry::lease)
                .toList();
    }

    /** Takes up the kills that other gateways made or lifted. Returns those that are new here. */
    List<Kill> follow() {
        return book.follow();
    }

    /** Writes the kills that the store could not take. False if it still cannot. */
    boolean settle() {
        return book.settle();
    }

    Optional<Kill> killFor(LeaseEntry entry) {
        if (book.isEmpty()) { // the usual case, and every call asks
            return Optional.empty();
        }
        return first(targets(entry));
    }

    Optional<Kill> killFor(Seal seal, LeaseRequest request) {
        Set<Kill.KillTarget> targets = targets(request.agent(), request.task(), request.template());
        Optional.ofNullable(seal.agents().get(request.agent())).ifPresent(agent -> targets.add(person(agent.owner())));
        return first(targets);
    }

    /** Returns the kill that prevents any lease of {@code agent}: one of the agent, of its owner, or of everything. */
    public Optional<Kill> killFor(Seal.Agent agent) {
        Set<Kill.KillTarget> targets = new LinkedHashSet<>();
        targets.add(Kill.KillTarget.EVERYTHING);
        targets.add(new Kill.KillTarget(Kill.KillScope.AGENT, agent.id()));
        targets.add(person(agent.owner()));
        return first(targets);
    }

    /** Returns the kill that stops a lease of {@code agent} under {@code task}, if any; an empty task is none. */
    Optional<Kill> killFor(Seal.Agent agent, Optional<String> task) {
        return killFor(agent)
                .or(() -> task.flatMap(name -> first(Set.of(new Kill.KillTarget(Kill.KillScope.TASK, name)))));
    }

    Optional<Kill> killForUpstream(String upstream) {
        if (book.isEmpty()) {
            return Optional.empty();
        }
        return first(Set.of(Kill.KillTarget.EVERYTHING, new Kill.KillTarget(Kill.KillScope.UPSTREAM, upstream)));
    }

    /** Returns whether {@code person} is killed; until that is lifted their signatures do not count. */
    public boolean isKilled(String person) {
        return book.of(person(person)).isPresent();
    }

    private Optional<Kill> first(Set<Kill.KillTarget> targets) {
        return targets.stream().flatMap(target -> book.of(target).stream()).findFirst();
    }

    static Set<Kill.KillTarget> targets(LeaseEntry entry) {
        Lease lease = entry.lease();
        Set<Kill.KillTarget> targets = targets(lease.agent(), lease.task(), lease.template());
        targets.add(person(lease.person()));
        entry.signature().ifPresent(signature -> targets.add(person(signature.person())));
        return targets;
    }

    private static Set<Kill.KillTarget> targets(String agent, String task, Optional<String> template) {
        Set<Kill.KillTarget> targets = new LinkedHashSet<>();
        targets.add(Kill.KillTarget.EVERYTHING);
        targets.add(new Kill.KillTarget(Kill.KillScope.AGENT, agent));
        targets.add(new Kill.KillTarget(Kill.KillScope.TASK, task));
        template.ifPresent(name -> targets.add(new Kill.KillTarget(Kill.KillScope.TASK, name)));
        return targets;
    }

    private static Kill.KillTarget person(String name) {
        return new Kill.KillTarget(Kill.KillScope.PERSON, name);
    }

    /**
     * Returns the statement to sign in namespace {@code interlock-kill@v1} within ten minutes; empty if there is no
     * such kill. It needs no nonce: a kill is lifted once, and its identifier is never used again.
     */
    public Optional<byte[]> prepare(Seal seal, String id) {
        return byId(id).map(kill -> orders.prepare(seal, order(seal, kill)));
    }

    /** Whoever killed is named as that: the person who reads and signs this is another. */
    private static SignedOrders.Order<Kill> order(Seal seal, Kill kill) {
        return new SignedOrders.Order<>(
                kill,
                NAMESPACE,
                "this kill",
                Json.object()
                        .with("type", STATEMENT_TYPE)
                        .with("kill", kill.id())
                        .with("scope", kill.target().scope().word())
                        .with("name", kill.target().name())
                        .with("killed_by", kill.by())
                        .with("killed_since", kill.since().toString())
                        .with("killed_because", kill.reason()),
                person -> kill.target().scope() == Kill.KillScope.AGENT
                        && stopped(seal, kill, person).isPresent(),
                person -> stopped(seal, kill, person));
    }

    /** Returns in words who can lift the kill {@code id}; empty if nobody can. */
    public Optional<String> lifters(Seal seal, String id) {
        return byId(id).flatMap(kill -> orders.signers(seal, order(seal, kill)));
    }

    /** In doubt {@code kill} may stop any agent of {@code person}: a task or an upstream may be any agent's. */
    private static Optional<String> stopped(Seal seal, Kill kill, String person) {
        return seal.agents().values().stream()
                .filter(agent -> agent.owner().equals(person))
                .filter(agent -> kill.target().scope() != Kill.KillScope.AGENT
                        || agent.id().equals(kill.target().name()))
                .filter(agent -> kill.target().scope() != Kill.KillScope.PERSON
                        || agent.owner().equals(kill.target().name()))
                .map(Seal.Agent::id)
                .findFirst();
    }

    /** Verifies {@code statement}: the kill that it names, its signer, and their right to lift it. */
    public SignedOrders.OrderResult<Kill> lifting(Seal seal, byte[] statement, String signature) {
        return orders.check(
                seal,
                statement,
                signature,
                asked -> byId(asked.text("kill")).map(kill -> order(seal, kill)),
                this::gone);
    }

    /** Returns the check of statements that undo a protection, which heeds these kills. */
    public SignedOrders orders() {
        return orders;
    }

    private String gone(Json.Members asked) {
        return book.all().stream()
                .filter(kill -> asked.optionalText("scope")
                                .equals(Optional.of(kill.target().scope().word()))
                        && asked.optionalText("name")
                                .equals(Optional.of(kill.target().name())))
                .findFirst()
                .map(kill -> "`" + kill.by() + "` has issued the kill again since: " + kill.why() + ".")
                .orElse("No such kill is in force.");
    }

    /** Lifts a kill, durably first. False if it was lifted or replaced meanwhile, or is not stored yet. */
    public boolean lift(SignedOrders.OrderResult.SignedOrder<Kill> signed) {
        if (!ending.test(signed.subject())) {
            throw new StoreUnavailableException("what the kill has stopped cannot be ended");
        }
        return book.lift(signed.subject(), signed.person(), now());
    }

    private Optional<Kill> byId(String id) {
        return book.all().stream().filter(kill -> kill.id().equals(id)).findFirst();
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }

    /**
     * Holds every kill in force. A new kill counts in memory first, even if the store fails; a lifted one is removed
     * from the store first. The youngest kill of a target replaces the one before, with which signatures to lift that
     * end.
     *
     * <p>Threading: {@link #of} takes no lock, and {@link #add} none that is held while waiting for the store.
     */
    static final class KillBook {

        private static final System.Logger LOG = System.getLogger(KillBook.class.getName());

        private final LeaseStore store;
        private final Map<Kill.KillTarget, Kill> standing = new ConcurrentHashMap<>();

        /** Kills that the store does not hold yet. One that is replaced before it is written is never written. */
        private final Set<Kill> unwritten = ConcurrentHashMap.newKeySet();

        private final Object coming = new Object();

        KillBook(LeaseStore store) {
            this.store = store;
            store.kills().forEach(kill -> standing.put(kill.target(), kill));
        }

        Optional<Kill> of(Kill.KillTarget target) {
            return Optional.ofNullable(standing.get(target));
        }

        boolean isEmpty() {
            return standing.isEmpty();
        }

        List<Kill> all() {
            return standing.values().stream()
                    .sorted(Comparator.comparing(Kill::id))
                    .toList();
        }

        /** Returns whether {@code kill}, or the one that replaced it before it was written, would survive a restart. */
        boolean isDurable(Kill kill) {
            return !unwritten.contains(kill);
        }

        void add(Kill kill) {
            synchronized (coming) {
                unwritten.add(kill); // before it is visible, so that nobody takes it for durable
                standing.put(kill.target(), kill);
            }
        }

        /** Writes every kill that the store does not hold yet. False if that fails. */
        synchronized boolean settle() {
            List<Kill> owed;
            List<Kill> stand;
            synchronized (coming) {
                owed = List.copyOf(unwritten);
                stand = owed.stream()
                        .filter(kill -> kill.equals(standing.get(kill.target())))
                        .toList();
            }
            if (owed.isEmpty()) {
                return true;
            }
            try {
                store.addKills(stand);
                owed.forEach(unwritten::remove);
                return true;
            } catch (StoreUnavailableException e) {
                LOG.log(System.Logger.Level.WARNING, "a kill could not be stored: {0}", e.getMessage());
                return false;
            }
        }

        /** Lifts {@code kill}, in the store first. False if it is not in force, or pending kills cannot be written. */
        synchronized boolean lift(Kill kill, String by, Instant at) {
            if (!kill.equals(standing.get(kill.target())) || !settle()) {
                return false;
            }
            try {
                if (!store.liftKill(kill, by, at)) {
                    return false; // another gateway has lifted or replaced it
                }
            } catch (StoreUnavailableException e) {
                unwritten.add(kill); // the kill stays in force, although the commit may have taken effect
                throw e;
            }
            return standing.remove(kill.target(), kill); // not a kill that has replaced it meanwhile
        }

        /**
         * Takes up what other gateways did, which is little enough to read as a whole. Returns the kills that are new
         * here. A kill leaves only if the store says so, and not while it has to be written.
         */
        synchronized List<Kill> follow() {
            Map<Kill.KillTarget, Kill> stored = new HashMap<>();
            store.kills().forEach(kill -> stored.put(kill.target(), kill));
            List<Kill> others = standing.values().stream()
                    .filter(kill -> !kill.equals(stored.get(kill.target())))
                    .toList();
            Set<String> lifted = store.lifted(others.stream().map(Kill::id).collect(Collectors.toSet()));
            List<Kill> fresh = new ArrayList<>();
            synchronized (coming) {
                for (Kill kill : stored.values()) {
                    Kill known = standing.get(kill.target());
                    boolean isYounger = known != null
                            && unwritten.contains(known)
                            && known.id().compareTo(kill.id()) > 0;
                    if (!kill.equals(known) && !isYounger) {
                        standing.put(kill.target(), kill);
                        fresh.add(kill);
                    }
                }
                for (Kill kill : others) {
                    if (!lifted.contains(kill.id())) {
                        unwritten.add(kill); // the store has lost it
                    } else if (!unwritten.contains(kill)) {
                        standing.remove(kill.target(), kill);
                    }
                }
            }
            return fresh;
        }
    }
}
