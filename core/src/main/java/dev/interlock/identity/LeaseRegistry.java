package dev.interlock.identity;

import dev.interlock.action.Lease;
import dev.interlock.action.LoopThreads;
import dev.interlock.identity.LeaseStore.StoredLease;
import dev.interlock.identity.Leases.LeaseResult.DeniedLease;
import dev.interlock.store.StoreUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Holds every lease that is in force or ended lately, by the hash of its token. The store is authoritative. Everything
 * that still matters is also in memory, so that recognising a call needs no query.
 *
 * <p>Threading: {@link #find} takes no lock. Changes take turns on this object's monitor, but a revocation is visible
 * in memory before it waits for its turn.
 */
final class LeaseRegistry {

    /** Maximum depth of sub-agents. In a deeper chain nobody can say any more who works for whom. */
    static final int MAX_GENERATIONS = 4;

    /** Maximum children in force at once, enough for the sub-agents of one person's task. */
    static final int MAX_CHILDREN = 64;

    /** Maximum children of a root lease over its day of life, in memory and on disk. */
    static final int MAX_CHILDREN_EVER = 1_000;

    /** Maximum root leases of one agent that have not ended: many sessions at once, and few enough to list. */
    static final int MAX_ROOTS = 200;

    /** Maximum unknown tokens that are looked up in a second. A lease is seldom used before it is heard of. */
    static final int MAX_LOOKUPS = 50;

    /** The order of lists. Nothing else sorts, since it takes longer than all the rest of a kill. */
    static final Comparator<LeaseEntry> YOUNGEST_FIRST =
            Comparator.comparing((LeaseEntry entry) -> entry.lease().id()).reversed();

    /** For at least this long after its end, a lease is reported as expired rather than unknown. */
    private static final Duration DEFAULT_MEMORY = Duration.ofDays(1);

    /** The time between two searches for leases to forget: issuing one must not take longer for each that exists. */
    private static final Duration BETWEEN_SWEEPS = Duration.ofHours(1);

    private static final System.Logger LOG = System.getLogger(LeaseRegistry.class.getName());

    private final LeaseStore store;
    private final Map<String, LeaseEntry> byHash = new ConcurrentHashMap<>();

    /** The unknown tokens that were looked up in this second. Guarded by itself. */
    private final Set<String> asked = new HashSet<>();

    private long askedSince = System.nanoTime();

    /** Leases of which a look-up found that they ended: whoever follows still cuts off their calls. */
    private final List<LeaseEntry> found = new ArrayList<>();

    private final Map<String, LeaseEntry> spent = new ConcurrentHashMap<>();

    private final Map<String, String> hashes = new ConcurrentHashMap<>();

    private final Map<String, String> places = new ConcurrentHashMap<>();

    /** All leases that are bound to each place. */
    private final Map<String, Set<String>> bound = new ConcurrentHashMap<>();

    /** The root leases that a kill would stop, but for one of everything; of an agent those that ended may lack. */
    private final Map<Kill.KillTarget, Set<String>> roots = new ConcurrentHashMap<>();

    /** All leases derived from each root lease. Changed under the monitor alone. */
    private final Map<String, Set<String>> children = new ConcurrentHashMap<>();

    private Instant nextSweep;

    /** Ends of leases that the store does not hold yet, by the lease's identifier. */
    private final Map<String, LeaseEntry.LeaseEnd> unwritten = new ConcurrentHashMap<>();

    LeaseRegistry(LeaseStore store, Instant now) {
        this.store = store;
        this.nextSweep = now.plus(BETWEEN_SWEEPS);
        follow(Set.of(), now);
    }

    /** Takes up what other gateways did to the leases {@code ids}, or to any if there are none; returns the ended. */
    synchronized List<LeaseEntry> follow(Set<String> ids, Instant now) {
        List<LeaseEntry> ended = ids.isEmpty() ? takeUpAll(now) : takeUp(stored(ids));
        ended.addAll(found);
        found.clear();
        return ended;
    }

    /** Ends what the store lacks: its database has forgotten the commit, and no other gateway knows the lease. */
    private List<LeaseEntry> takeUpAll(Instant now) {
        Set<String> lost = new HashSet<>(ids());
        List<StoredLease> rows = store.leases(now.minus(DEFAULT_MEMORY));
        rows.forEach(row -> lost.remove(row.entry().lease().id()));
        List<LeaseEntry> ended = takeUp(rows);
        ended.addAll(endHere(
                lost,
                entry -> isLive(entry, now),
                new LeaseEntry.LeaseEnd(now.truncatedTo(ChronoUnit.SECONDS), "the store has lost it")));
        return ended;
    }

    private List<StoredLease> stored(Set<String> ids) {
        // Who issues a lease names it. Of many that were ended at once, those that are in force here matter.
        Stream<String> more = ids.contains(LeaseStore.MANY)
                ? entries()
                        .filter(entry -> entry.end().isEmpty())
                        .map(entry -> entry.lease().id())
                : Stream.empty();
        return store.leases(Stream.concat(ids.stream(), more).collect(Collectors.toSet()));
    }

    /**
     * Under the monitor, so that this gateway writes nothing between the reading of {@code rows} and this. Parents come
     * before children: whoever finds a lease looks at its ancestors, and waits for nobody.
     */
    private List<LeaseEntry> takeUp(List<StoredLease> rows) {
        List<LeaseEntry> ended = new ArrayList<>();
        List<StoredLease> left = new ArrayList<>(rows);
        boolean more = true;
        while (more) {
            more = left.removeIf(row ->
                    row.entry().parent().filter(id -> !hashes.containsKey(id)).isEmpty() && takeUp(row, ended));
        }
        // Who ended a lease may not have known all that descend from it.
        rows.stream()
                .map(row -> row.entry().lease().root())
                .distinct()
                .flatMap(root -> children.getOrDefault(root, Set.of()).stream())
                .flatMap(id -> byId(id).stream())
                .filter(child -> child.end().isEmpty())
                .forEach(child -> ancestors(child).stream()
                        .flatMap(ancestor -> ancestor.end().stream())
                        .findFirst()
                        .ifPresent(
                                end -> ended.addAll(endHere(Set.of(child.lease().id()), end))));
        return ended;
    }

    /** Of an end and none, the end stays, and is written again. */
    private boolean takeUp(StoredLease row, List<LeaseEntry> ended) {
        LeaseEntry entry = row.entry();
        byHash.compute(row.hash(), (_, known) -> {
            if (known != null && known.end().isPresent() && entry.end().isEmpty()) {
                unwritten.putIfAbsent(entry.lease().id(), known.end().get());
                return entry.ended(known.end().get());
            }
            if (entry.end().isPresent()) {
                unwritten.remove(entry.lease().id());
                if (known != null && known.end().isEmpty()) {
                    ended.add(entry);
                }
            }
            return entry;
        });
        index(row.hash(), entry);
        return true;
    }

    Optional<LeaseEntry> find(String tokenHash) {
        return Optional.ofNullable(byHash.get(tokenHash)).or(() -> Optional.ofNullable(spent.get(tokenHash)));
    }

    /**
     * Returns the lease of a token that is unknown here, if another gateway has just issued it. The store is asked
     * seldom: anybody may send tokens that nobody issued.
     */
    Optional<LeaseEntry> lookUp(String tokenHash) {
        synchronized (asked) {
            if (System.nanoTime() - askedSince > Duration.ofSeconds(1).toNanos()) {
                askedSince = System.nanoTime();
                asked.clear();
            }
            if (asked.size() >= MAX_LOOKUPS || !asked.add(tokenHash)) {
                return Optional.empty();
            }
        }
        LoopThreads.leave();
        try {
            Set<String> line = store.lineOf(tokenHash);
            if (!line.isEmpty()) {
                synchronized (this) {
                    found.addAll(takeUp(store.leases(line)));
                }
            }
        } catch (StoreUnavailableException e) {
            LOG.log(System.Logger.Level.DEBUG, "a token could not be looked up: {0}", e.getMessage());
        }
        return find(tokenHash);
    }

    /** Adds a lease that ended before anybody had it. It is in no store and no list, and is known only by its token. */
    void addSpent(String tokenHash, LeaseEntry entry) {
        spent.put(tokenHash, entry);
    }

    Optional<LeaseEntry> byId(String id) {
        return Optional.ofNullable(hashes.get(id)).flatMap(this::find);
    }

    Optional<LeaseEntry> byPlace(String place) {
        return Optional.ofNullable(places.get(place)).flatMap(this::byId);
    }

    Set<String> ids() {
        return hashes.keySet();
    }

    /** Returns all, in no order. */
    Stream<LeaseEntry> entries() {
        return byHash.values().stream();
    }

    /** Returns those that a kill of {@code target} stops, and looks at no others: what descends from them is alike. */
    Stream<LeaseEntry> entriesOf(Kill.KillTarget target) {
        return target.equals(Kill.KillTarget.EVERYTHING)
                ? entries()
                : families(roots.getOrDefault(target, Set.of())).stream().flatMap(id -> byId(id).stream());
    }

    /** Adds a root lease durably, before anybody gets its token. Returns why it was not added. */
    synchronized Optional<DeniedLease> addRoot(String tokenHash, LeaseEntry entry) {
        Optional<DeniedLease> objection = rootObjection(entry.lease());
        if (objection.isEmpty()) {
            add(tokenHash, entry);
        }
        return objection;
    }

    private void add(String tokenHash, LeaseEntry entry) {
        store.add(tokenHash, entry);
        remember(tokenHash, entry);
    }

    private Optional<DeniedLease> rootObjection(Lease lease) {
        Set<String> ids = rootsOf(new Kill.KillTarget(Kill.KillScope.AGENT, lease.agent()));
        ids.removeIf(
                id -> byId(id).filter(entry -> isLive(entry, lease.issued())).isEmpty());
        return ids.size() < MAX_ROOTS
                ? Optional.empty()
                : Optional.of(new DeniedLease(
                        "`" + lease.agent() + "` has " + ids.size()
                                + " leases that have not ended, which is the limit.",
                        "`interlock lease list` shows them, and `interlock lease revoke LEASE` ends one."));
    }

    private Set<String> rootsOf(Kill.KillTarget target) {
        return roots.computeIfAbsent(target, _ -> ConcurrentHashMap.newKeySet());
    }

    private static boolean isLive(LeaseEntry entry, Instant now) {
        return entry.end().isEmpty() && now.isBefore(entry.lease().expires());
    }

    /** Adds a root lease by a signed statement, unless that was used before. Returns why it was not added. */
    synchronized Optional<DeniedLease> addOnce(String tokenHash, LeaseEntry entry, String nonce) {
        Optional<DeniedLease> objection = rootObjection(entry.lease());
        if (objection.isPresent()) {
            return objection; // and the statement stays good
        }
        if (!store.addOnce(tokenHash, entry, nonce)) {
            return Optional.of(new DeniedLease("The lease request has been used already.", "Request the lease again."));
        }
        remember(tokenHash, entry);
        return Optional.empty();
    }

    /** Adds a child, or returns why not, under the monitor: if its parent ends meanwhile, so does the child. */
    synchronized Optional<String> addChild(String tokenHash, LeaseEntry entry) {
        Optional<String> objection = objection(entry);
        if (objection.isEmpty()) {
            add(tokenHash, entry);
        }
        return objection;
    }

    private Optional<String> objection(LeaseEntry child) {
        List<LeaseEntry> ancestors = ancestors(child);
        if (ancestors.isEmpty() || ancestors.stream().anyMatch(a -> a.end().isPresent())) {
            return Optional.of("The parent lease has ended.");
        }
        if (ancestors.size() > MAX_GENERATIONS) {
            return Optional.of(
                    "The parent lease is itself derived over " + MAX_GENERATIONS + " generations, which is the limit.");
        }
        Lease lease = child.lease();
        Set<String> kin = children.getOrDefault(lease.root(), Set.of());
        long now = kin.stream()
                .flatMap(id -> byId(id).stream())
                .filter(entry -> isLive(entry, lease.issued()))
                .count();
        if (now >= MAX_CHILDREN) {
            return Optional.of("There are " + MAX_CHILDREN + " leases derived from `" + lease.root()
                    + "` in force, which is the limit at once.");
        }
        return kin.size() < MAX_CHILDREN_EVER
                ? Optional.empty()
                : Optional.of("From `" + lease.root() + "`, " + MAX_CHILDREN_EVER
                        + " leases were derived, which is the limit in total.");
    }

    List<LeaseEntry> ancestors(LeaseEntry entry) {
        List<LeaseEntry> ancestors = new ArrayList<>();
        Optional<String> id = entry.parent();
        while (id.isPresent()) {
            LeaseEntry parent = byId(id.get()).orElseThrow(); // a parent is remembered longer
            ancestors.add(parent);
            id = parent.parent();
        }
        return ancestors;
    }

    boolean isOrDescendsFrom(LeaseEntry entry, String id) {
        Optional<LeaseEntry> at = Optional.of(entry);
        while (at.isPresent() && !at.get().lease().id().equals(id)) {
            at = at.get().parent().flatMap(this::byId);
        }
        return at.isPresent();
    }

    private void remember(String tokenHash, LeaseEntry entry) {
        Instant now = entry.lease().issued();
        if (!now.isBefore(nextSweep)) {
            nextSweep = now.plus(BETWEEN_SWEEPS);
            forgetBefore(now.minus(DEFAULT_MEMORY));
        }
        byHash.put(tokenHash, entry);
        index(tokenHash, entry);
    }

    private void forgetBefore(Instant end) {
        byHash.values().removeIf(old -> old.lease().expires().isBefore(end));
        hashes.values().removeIf(hash -> !byHash.containsKey(hash));
        places.values().removeIf(id -> !hashes.containsKey(id));
        for (Map<?, Set<String>> kin : List.of(roots, children, bound)) {
            kin.values().forEach(ids -> ids.removeIf(id -> !hashes.containsKey(id)));
            kin.values().removeIf(Set::isEmpty);
        }
    }

    private void index(String tokenHash, LeaseEntry entry) {
        hashes.put(entry.lease().id(), tokenHash);
        if (entry.parent().isPresent()) {
            children.computeIfAbsent(entry.lease().root(), _ -> ConcurrentHashMap.newKeySet())
                    .add(entry.lease().id());
        } else {
            KillSwitch.targets(entry).stream()
                    .filter(target -> target.scope() != Kill.KillScope.ALL)
                    .forEach(target -> rootsOf(target).add(entry.lease().id()));
            entry.lease()
                    .place()
                    .ifPresent(place -> places.put(place, entry.lease().id()));
        }
        entry.lease()
                .place()
                .ifPresent(place -> bound.computeIfAbsent(place, _ -> ConcurrentHashMap.newKeySet())
                        .add(entry.lease().id()));
    }

    /** The ended leases, and whether their end would survive a restart. */
    record EndedEntries(List<LeaseEntry> entries, boolean durable) {}

    /** Returns the lease {@code id} and all of one root with it. */
    Set<String> familyOf(String id) {
        return byId(id).map(entry -> families(Set.of(entry.lease().root()))).orElse(Set.of());
    }

    /** Returns {@code roots} and all leases derived from them. */
    Set<String> families(Set<String> roots) {
        return roots.stream()
                .flatMap(root -> Stream.concat(Stream.of(root), children.getOrDefault(root, Set.of()).stream()))
                .collect(Collectors.toSet());
    }

    Set<String> at(Set<String> places) {
        return places.stream()
                .flatMap(place -> bound.getOrDefault(place, Set.of()).stream())
                .collect(Collectors.toSet());
    }

    /**
     * Ends leases in memory, even if the store fails; {@link #settle} tries again. Returns those that were in force.
     *
     * @param among where to look for {@code which}; no other lease is looked at
     * @param cut is run once they have ended, and before this waits for the store
     */
    EndedEntries revoke(
            Supplier<Set<String>> among, Predicate<LeaseEntry> which, LeaseEntry.LeaseEnd end, Runnable cut) {
        Set<LeaseEntry> ended = new LinkedHashSet<>();
        unwritten.keySet().stream()
                .flatMap(id -> byId(id).stream())
                .filter(which)
                .forEach(ended::add);
        ended.addAll(endHere(among.get(), which, end)); // at once, without waiting for the monitor
        cut.run();
        return revokeDurably(among, which, end, ended);
    }

    /** Ends the leases {@code ids} in memory alone, until {@link #settle}. Returns those that were in force. */
    List<LeaseEntry> endHere(Set<String> ids, LeaseEntry.LeaseEnd end) {
        return endHere(ids, _ -> true, end);
    }

    private List<LeaseEntry> endHere(Set<String> among, Predicate<LeaseEntry> which, LeaseEntry.LeaseEnd end) {
        List<LeaseEntry> ended = new ArrayList<>();
        for (String id : among) {
            String hash = hashes.get(id);
            LeaseEntry seen = hash == null ? null : byHash.get(hash);
            if (hash == null || seen == null || seen.end().isPresent()) {
                continue; // an end is for good
            }
            byHash.computeIfPresent(hash, (_, entry) -> {
                if (!which.test(entry) || entry.revoked().isPresent()) {
                    return entry;
                }
                LeaseEntry revoked = entry.ended(end);
                ended.add(revoked);
                unwritten.putIfAbsent(revoked.lease().id(), end);
                return revoked;
            });
        }
        return ended;
    }

    /** Runs again under the monitor, so that a lease that was being issued meanwhile is ended too. */
    private synchronized EndedEntries revokeDurably(
            Supplier<Set<String>> among, Predicate<LeaseEntry> which, LeaseEntry.LeaseEnd end, Set<LeaseEntry> ended) {
        ended.addAll(endHere(among.get(), which, end));
        return new EndedEntries(List.copyOf(ended), settle());
    }

    /** Writes every end that the store does not hold yet. False if that fails. */
    synchronized boolean settle() {
        Map<String, LeaseEntry.LeaseEnd> owed = Map.copyOf(unwritten);
        if (owed.isEmpty()) {
            return true;
        }
        try {
            store.end(owed);
            unwritten.keySet().removeAll(owed.keySet());
            return true;
        } catch (StoreUnavailableException e) {
            LOG.log(System.Logger.Level.WARNING, "the revocation of leases could not be stored: {0}", e.getMessage());
            return false;
        }
    }

    /** Moves a lease's expiry and returns the lease; empty if it is revoked or unknown. */
    synchronized Optional<LeaseEntry> extend(String id, Instant expires) {
        Optional<LeaseEntry> longer =
                byId(id).filter(e -> e.revoked().isEmpty()).map(e -> e.until(expires));
        if (longer.filter(store::extend).isEmpty()) {
            return Optional.empty(); // another gateway may have ended it
        }
        String hash = Objects.requireNonNull(hashes.get(id));
        // A revocation that came in between stays.
        byHash.computeIfPresent(hash, (_, entry) -> entry.until(expires));
        index(hash, longer.get()); // a newer lease of its agent may have found it expired
        return longer;
    }

    void open(String nonce, String statement, Instant expires, Instant now) {
        store.open(nonce, statement, expires, now);
    }

    boolean wasOpened(String nonce, String statement) {
        return store.opened(nonce).filter(statement::equals).isPresent();
    }
}
