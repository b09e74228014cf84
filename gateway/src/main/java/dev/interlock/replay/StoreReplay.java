package dev.interlock.replay;

import dev.interlock.action.Lease;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits;
import dev.interlock.confirm.Confirmations;
import dev.interlock.evidence.IntentMeaning;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SealedTexts;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.identity.Kill;
import dev.interlock.identity.KillSwitch;
import dev.interlock.identity.Leases;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerReplicas;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.people.PasskeyRefusedException;
import dev.interlock.people.Passkeys;
import dev.interlock.store.LedgerMark;
import dev.interlock.store.LedgerMarkStore;
import dev.interlock.store.StoreUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Compares the store with the ledgers at the start, and restores what the store has forgotten of everything that
 * tightens: ended leases, kills, used and denied holds, used and revoked grants, revoked passkeys, freezes, and what
 * counts against limits. Nothing is loosened: what people have lifted since stays, and they lift it again.
 *
 * <p>Each gateway has a ledger and a mark of its own, and answers for it while it serves. The ledgers of those that do
 * not serve are read from their copies. If the store is older than one of them, and another one cannot be read,
 * everything is stopped until people have lifted that: nobody can know what they had stopped.
 *
 * <p>Threading: any, but {@link #run} only while nothing is served.
 */
public final class StoreReplay {

    /** The age of a mark up to which a store is in step: marks are written every few seconds, with crashes between. */
    static final Duration IN_STEP = Duration.ofMinutes(1);
    /** The time in which a gateway that joins has compared its own ledger. */
    private static final Duration JOINING = Duration.ofMinutes(1);
    /** How long a gateway that is back waits for the others: it takes them as long to find out about a lost session. */
    private static final Duration COMING_BACK = Duration.ofSeconds(10);
    /** The age at which a mark is written anew: also a gateway that has nothing to do is in step. */
    private static final Duration FRESH = IN_STEP.dividedBy(2);

    private static final System.Logger LOG = System.getLogger(StoreReplay.class.getName());

    private static final String BY = "the gateway itself";

    /** The time in the mark of a ledger of which people were told that it cannot be read. */
    private static final Instant TOLD = Instant.EPOCH;
    /** The same of one that has never marked this store. */
    private static final Instant UNKNOWN = TOLD.plusMillis(1);

    private static final String ADVICE =
            ". Put a copy of each such ledger below `replicas` of gateway.yaml, start again, and lift the kill. If a ledger is lost, deny and revoke again what people had denied and revoked there before you lift it.";

    /** The number of names in one sentence. The receipts have all of them. */
    private static final int MAX_NAMES = 8;

    private final Ledger ledger;
    private final String origin;
    private final InstantSource clock;
    private final Restorable store;
    private final OtherGateways others;
    /** The size of the ledger at the last call of {@link #mark}. */
    private long seen;

    private long written;
    private Instant writtenAt = Instant.MIN;
    /** Until when others may come back; empty if their ledgers need not be compared any more. */
    private Optional<Instant> awaits = Optional.empty();

    /**
     * What the store lacked at the start, compared with the ledger.
     *
     * @param receipts how many receipts of the ledgers are younger than the store
     * @param from the time of the store's last mark; empty for a new store, and for one of a version without marks
     * @param restored what was restored from these receipts, in whole sentences
     * @param stopped the kill of everything, and the leases that it ended, if a ledger could not be read, or names a
     *     younger seal
     */
    public record StoreLag(
            long receipts, Optional<Instant> from, List<String> restored, Optional<Json.Members> stopped) {

        public StoreLag {
            restored = List.copyOf(restored);
        }

        /** Describes it for people, in whole sentences. */
        public String words() {
            String age = from.map(at -> "The store was older than the ledger: it was last in step at " + at + ", and "
                            + receipts + " receipts came after that.")
                    .orElseGet(() -> "The store is new, or of a version that did not compare it, and the ledger has "
                            + receipts + " receipts.");
            String taken = restored.isEmpty() ? "Nothing in them had to be restored." : String.join(" ", restored);
            return age + " " + taken
                    + " Leases, holds and passkeys of that time that the store does not have are not valid any more.";
        }
    }

    /**
     * The gateways that may share the store.
     *
     * @param replicas copies of their ledgers
     * @param members how long those that reach the store have shared it. One that has just joined may still compare its
     *     own ledger, and serves nothing meanwhile
     * @param seen the file with the time of the last mark, by which this gateway knows an older store although its
     *     ledger has not grown
     */
    public record OtherGateways(LedgerReplicas replicas, Supplier<Map<String, Duration>> members, Path seen) {}

    /** What can be restored. */
    public record Restorable(
            LedgerMarkStore marks,
            Leases leases,
            Confirmations confirmations,
            Passkeys passkeys,
            LimitEnforcer limits,
            Supplier<Optional<Seal>> seal) {}

    public StoreReplay(Ledger ledger, String origin, InstantSource clock, Restorable store, OtherGateways others) {
        this.others = others;
        this.ledger = ledger;
        this.origin = origin;
        this.clock = clock;
        this.store = store;
    }

    /**
     * Brings the store up to the ledger.
     *
     * @return how far the store was behind; empty if it was in step
     * @throws IOException if the ledger cannot be read, or lacks receipts that the store knows
     * @throws StoreUnavailableException if the store cannot be written. Then nothing may be served: it would be by
     *     rules that people have tightened since
     */
    public synchronized Optional<StoreLag> run() throws IOException {
        return run(true);
    }

    /**
     * Does it again with a store that comes back, but first with this gateway's own ledger alone: others that come back
     * too do the same, and answer for theirs. If the own one is ahead of the store, nobody is waited for.
     */
    public synchronized Optional<StoreLag> again() throws IOException {
        return run(false);
    }

    /** Returns who may still come back to answer for a ledger of which the store does not know all. */
    public synchronized List<String> awaited() {
        if (awaits.filter(clock.instant()::isBefore).isEmpty()) {
            return List.of();
        }
        Map<String, LedgerReplicas.LedgerReplica> copies = others.replicas().all();
        Set<String> serving = serving();
        return store.marks().all().stream()
                .filter(mark -> copies.containsKey(mark.origin())
                        && copies.get(mark.origin()).size() > mark.size())
                .map(LedgerMark::origin)
                .filter(name -> !serving.contains(name))
                .toList();
    }

    /** Compares the ledgers of those that did not come back, unless {@link #again} has done so. */
    public synchronized Optional<StoreLag> finish() throws IOException {
        return awaits.isPresent() ? run(true) : Optional.empty();
    }

    private Optional<StoreLag> run(boolean isWhole) throws IOException {
        long size = ledger.status().size();
        Map<String, LedgerMark> marks = new TreeMap<>();
        store.marks().all().forEach(each -> marks.put(each.origin(), each));
        Optional<LedgerMark> mark = Optional.ofNullable(marks.remove(origin));
        requireAll(mark, size);
        // A store of a version without marks has one that names no ledger.
        boolean isNew = mark.isEmpty() && marks.remove("") == null && size > 0 && !ledger.isNew();
        boolean isOld = mark.filter(this::isLongAgo).isPresent();
        boolean isLast = isWhole || isNew || isOld;
        List<SilentLedger> silent = isLast ? silent(marks) : List.of();
        boolean isBehind = isNew || isOld || silent.stream().anyMatch(SilentLedger::isAhead);
        Tightening since = since(isBehind);
        ledger.read(mark.map(LedgerMark::size).orElse(0L), receipt -> take(receipt, since));
        long behind = size - mark.map(LedgerMark::size).orElse(0L);
        for (SilentLedger other : silent) {
            other.read(receipt -> take(receipt, since));
            behind += other.more();
        }
        List<String> restored = restore(since, isBehind);
        List<SilentLedger> missing =
                silent.stream().filter(other -> isBehind && other.isMissing()).toList();
        Optional<Json.Members> stopped = Optional.empty();
        Optional<Seal> seal = store.seal().get();
        if (!missing.isEmpty()) {
            stopped = Optional.of(stop(
                    "the store is older than the ledgers, and nobody knows what people had stopped at "
                            + missing.stream()
                                    .map(other -> other.mark().origin())
                                    .collect(Collectors.joining(", ")),
                    ADVICE,
                    restored));
        } else if (seal.filter(known -> known.sequence() < since.seal()).isPresent()) {
            stopped = Optional.of(stop(
                    "seal " + since.seal() + " was in force, and the store has only seal "
                            + seal.get().sequence(),
                    ". Seal again, and lift the kill.",
                    restored));
        }
        stopped = stopped.or(() -> stopForErased(since, restored));
        silent.forEach(other -> mark(other, isBehind));
        seen = size;
        write();
        awaits = isLast ? Optional.empty() : Optional.of(clock.instant().plus(COMING_BACK));
        return isBehind || !restored.isEmpty()
                ? Optional.of(new StoreLag(behind, mark.map(LedgerMark::at), restored, stopped))
                : Optional.empty();
    }

    /** What counts against limits is compared only if the store is behind: a crash loses a few seconds at most. */
    private Tightening since(boolean isBehind) {
        Instant oldest = clock.instant().minus(SealLimits.MAX_WITHIN);
        return new Tightening(intent -> isBehind && intent.at().isAfter(oldest) && isCounted(intent));
    }

    /** What this start has written says nothing of how old the store is: another gateway may have served until now. */
    private boolean isLongAgo(LedgerMark mark) {
        Instant inStep = mark.at().plus(IN_STEP);
        return ledger.newestBefore().filter(inStep::isBefore).isPresent()
                || lastMark().filter(inStep::isBefore).isPresent();
    }

    private Optional<Instant> lastMark() {
        try {
            return Optional.of(Instant.parse(Files.readString(others.seen())));
        } catch (IOException | DateTimeException _) {
            return Optional.empty(); // the first start, or a crash has cut it off
        }
    }

    /** The ledger of a gateway that does not serve, and its copy if that can be read and is sound. */
    private record SilentLedger(LedgerMark mark, Optional<LedgerReplicas.LedgerReplica> copy, Instant newest) {

        boolean isAhead() {
            return newest.isAfter(mark.at().plus(IN_STEP));
        }

        /** Returns whether it may hold what an older store has forgotten, and people were not told so before. */
        boolean isMissing() {
            return copy.isEmpty() && !mark.at().equals(TOLD);
        }

        long more() {
            return copy.map(found -> Math.max(0, found.size() - mark.size())).orElse(0L);
        }

        void read(Consumer<Receipt> receipts) throws IOException {
            if (more() > 0) {
                copy.orElseThrow().read(mark.size(), receipts);
            }
        }
    }

    private List<SilentLedger> silent(Map<String, LedgerMark> marks) {
        Map<String, LedgerReplicas.LedgerReplica> copies = others.replicas().all();
        copies.keySet().forEach(name -> marks.putIfAbsent(name, new LedgerMark(name, 0, UNKNOWN, "")));
        Set<String> serving = serving();
        return marks.values().stream()
                .filter(mark -> !serving.contains(mark.origin()))
                .map(mark -> silent(mark, Optional.ofNullable(copies.get(mark.origin()))))
                .toList();
    }

    private Set<String> serving() {
        Set<String> serving = new TreeSet<>();
        others.members().get().forEach((name, age) -> {
            if (age.compareTo(JOINING) > 0) {
                serving.add(name);
            }
        });
        return serving;
    }

    /**
     * Verifies a copy that has more than its mark says: that takes minutes for a long ledger. One that has less is old.
     */
    private static SilentLedger silent(LedgerMark mark, Optional<LedgerReplicas.LedgerReplica> any) {
        Optional<LedgerReplicas.LedgerReplica> copy = any.filter(found -> found.size() >= mark.size());
        try {
            boolean hasMore = copy.isPresent() && copy.get().size() > mark.size();
            if (hasMore) {
                copy.get().verify(VerifierKey.parse(mark.key()));
            }
            return new SilentLedger(mark, copy, hasMore ? copy.get().newest() : Instant.EPOCH);
        } catch (IOException | MalformedException e) {
            LOG.log(System.Logger.Level.WARNING, "the copy of the ledger `" + mark.origin() + "` cannot be used", e);
            return new SilentLedger(mark, Optional.empty(), Instant.EPOCH);
        }
    }

    /** Marks what was read of {@code other}, or that nothing was: then all of it counts once it can be read. */
    private void mark(SilentLedger other, boolean isBehind) {
        LedgerMark old = other.mark();
        if (isBehind && other.isMissing()) {
            store.marks().write(new LedgerMark(old.origin(), 0, TOLD, old.key()));
        } else if (other.more() > 0) {
            store.marks().write(new LedgerMark(old.origin(), old.size() + other.more(), other.newest(), old.key()));
        }
    }

    /** Stops everything if nobody can read any more what must be frozen, or counted. */
    private Optional<Json.Members> stopForErased(Tightening since, List<String> restored) {
        return since.erased.isEmpty()
                ? Optional.empty()
                : Optional.of(stop(
                        "the store is older than the ledger, and the texts of calls that may have to be frozen or counted are erased, such as of "
                                + since.erased.getFirst(),
                        ". See `interlock receipts`, and lift the kill.",
                        restored));
    }

    /** Stops everything, as {@code interlock kill --all}, and returns what its receipt says. */
    private Json.Members stop(String why, String advice, List<String> restored) {
        KillSwitch.ActiveKill kill = store.leases().kills().kill(Kill.KillTarget.EVERYTHING, why, BY);
        Leases.EndedLeases ended = store.leases().revokeAll(why);
        if (!kill.durable() || !ended.durable()) {
            throw new StoreUnavailableException("the kill `" + kill.kill().id() + "` could not be stored");
        }
        restored.add("Everything is stopped by " + kill.kill().id() + ": " + why + advice);
        return Json.object()
                .with("command", "kill")
                .with("peer", BY)
                .with("kill", kill.kill().id())
                .with("scope", Kill.KillScope.ALL.word())
                .with("name", "")
                .with("reason", why)
                .withTexts("leases", ended.leases().stream().map(Lease::id));
    }

    /** Returns whether the gateway {@code name} does not reach the store, so that another one may answer for it. */
    boolean isSilent(String name) {
        return !name.equals(origin) && !others.members().get().containsKey(name);
    }

    LedgerMarkStore marks() {
        return store.marks();
    }

    /** A ledger that was taken up: its open intents, and what was restored, in whole sentences. */
    record LostLedger(LedgerReplicas.LedgerReplica copy, List<Receipt> open, List<String> restored) {}

    /**
     * Takes up a ledger beyond its mark: its gateway does not come back, and may have ended work that it could not
     * store.
     *
     * @param directory the copy; that among the replicas unless given
     * @throws IOException if there is no copy that is sound by the ledger's key; the message says why
     */
    LostLedger takeUp(String name, Optional<Path> directory) throws IOException {
        LedgerReplicas.LedgerReplica copy = directory.isPresent()
                ? LedgerReplicas.LedgerReplica.at(directory.get())
                : others.replicas().all().get(name);
        Optional<LedgerMark> mark = store.marks().all().stream()
                .filter(each -> each.origin().equals(name) && !each.key().isEmpty())
                .findFirst();
        if (copy == null || !copy.origin().equals(name) || mark.isEmpty()) {
            throw new IOException(
                    "there is none of `" + name + "`, or no gateway of that name has served from this store");
        }
        List<Receipt> open = copy.openIntents(VerifierKey.parse(mark.get().key()));
        SilentLedger lost = silent(mark.get(), Optional.of(copy));
        Tightening since = since(lost.isAhead());
        lost.read(receipt -> take(receipt, since));
        List<String> restored = restore(since, lost.isAhead());
        var _ = stopForErased(since, restored);
        mark(lost, false);
        long lacks = mark.get().size() - copy.size();
        if (lacks > 0) {
            restored.add("This copy is old: it lacks " + lacks + " receipts that the store knows.");
        }
        return new LostLedger(copy, open, restored);
    }

    private static void take(Receipt receipt, Tightening since) {
        try {
            since.accept(receipt);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "the store is older than the ledger, and the receipt `" + receipt.id()
                            + "` cannot be read to restore what it says (" + e.getMessage()
                            + "): start once with the version that wrote it",
                    e);
        }
    }

    /** What is erased may count against any limit. */
    private boolean isCounted(Receipt intent) {
        return store.seal()
                .get()
                .filter(seal -> SealedTexts.number(intent).isPresent()
                        ? !seal.limits().equals(SealLimits.NONE)
                        : LimitEnforcer.isCounted(seal, intent))
                .isPresent();
    }

    private static List<Receipt> readable(Tightening since) {
        List<Receipt> readable = new ArrayList<>();
        for (Receipt intent : since.released()) {
            if (SealedTexts.number(intent).isEmpty()) {
                readable.add(intent);
            } else {
                since.erased.add(intent.id());
            }
        }
        return readable;
    }

    private void requireAll(Optional<LedgerMark> mark, long size) throws IOException {
        if (mark.isPresent() && mark.get().size() > size) {
            throw new IOException(
                    "the ledger was truncated: the store knows "
                            + mark.get().size() + " receipts of it, but it has " + size
                            + "; compare with the replica by `interlock verify --replica`, and copy the newer files from there");
        }
    }

    /**
     * Marks the store as in step with the ledger as it was at the last call. What receipts say from before that is in
     * the store by now; ends and kills that could not be stored yet keep the mark where it is. To be called every few
     * seconds, and when the gateway ends.
     */
    public synchronized void mark() {
        long size = ledger.status().size();
        boolean isDue = seen > written || clock.instant().isAfter(writtenAt.plus(FRESH));
        if (isDue && store.leases().settle() && store.passkeys().settle()) {
            write();
        }
        seen = size;
    }

    private void write() {
        Instant now = clock.instant();
        store.marks()
                .write(new LedgerMark(origin, seen, now, ledger.verifierKey().toString()));
        written = seen;
        writtenAt = now;
        try {
            Files.writeString(others.seen(), now.toString());
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "`" + others.seen() + "` cannot be written", e);
        }
    }

    private List<String> restore(Tightening since, boolean isBehind) {
        List<String> restored = new ArrayList<>();
        say(restored, kills(since), "These kills are in force again: ");
        say(restored, leases(since), "These leases are ended again: ");
        say(restored, machines(since), "These remote machines are ended again: ");
        List<String> used = new ArrayList<>();
        List<String> frozen = new ArrayList<>();
        since.uses.values().forEach(use -> used(use, since, isBehind, used, frozen));
        say(restored, used, "These holds count as used again: ");
        say(restored, frozen, "These resources are frozen again: ");
        say(restored, grants(since, isBehind), "Less is left of these grants, or nothing: ");
        say(restored, denials(since), "These holds count as denied again: ");
        say(restored, passkeys(since), "These passkeys are revoked again: ");
        int counted = isBehind
                ? store.seal()
                        .get()
                        .map(seal -> store.limits().restore(seal, readable(since)))
                        .orElse(0)
                : 0;
        if (counted > 0) {
            restored.add(counted + " calls count against the limits again.");
        }
        return restored;
    }

    private static void say(List<String> restored, List<String> names, String what) {
        if (!names.isEmpty()) {
            String more = names.size() > MAX_NAMES ? ", and " + (names.size() - MAX_NAMES) + " more" : "";
            restored.add(what + String.join(", ", names.subList(0, Math.min(names.size(), MAX_NAMES))) + more + ".");
        }
    }

    private List<String> kills(Tightening since) {
        List<String> again = new ArrayList<>();
        for (Kill kill : since.kills()) {
            if (store.leases().kills().restore(kill)) {
                again.add(kill.id() + " (" + kill.target().words() + ")");
            }
        }
        return again;
    }

    private List<String> machines(Tightening since) {
        List<String> again = new ArrayList<>();
        since.machines.forEach((machine, reason) -> {
            boolean isKnown = store.leases().machines().find(machine).isPresent();
            if (!store.leases().endMachine(machine, reason).durable()) {
                throw new StoreUnavailableException("the end of the machine `" + machine + "` could not be stored");
            }
            if (isKnown) {
                again.add(machine);
            }
        });
        return again;
    }

    private List<String> leases(Tightening since) {
        List<String> again = new ArrayList<>();
        since.ends.forEach((lease, reason) -> {
            Leases.EndedLeases ended = store.leases().revoke(lease, reason);
            if (!ended.durable()) {
                throw new StoreUnavailableException("the end of the lease `" + lease + "` could not be stored");
            }
            ended.leases().forEach(one -> again.add(one.id()));
        });
        return again;
    }

    /** Restores that {@code use} used its hold, and what it may have destroyed. */
    private void used(Receipt use, Tightening since, boolean isBehind, List<String> used, List<String> frozen) {
        String hold = use.hold().orElseThrow();
        Confirmations.RestoredHold was = store.confirmations().restoreUse(hold, use.id());
        if (was == Confirmations.RestoredHold.ENDED) {
            used.add(hold);
        }
        // A store that knew of the use has decided about the freeze as well.
        boolean isForgotten =
                was == Confirmations.RestoredHold.ENDED || (was == Confirmations.RestoredHold.MISSING && isBehind);
        if (isForgotten && use.kind() == Receipt.Kind.INTENT && since.mayFreeze(use)) {
            if (SealedTexts.number(use).isPresent()) {
                since.erased.add(use.id());
                return;
            }
            Set<Resource> lost = lost(use);
            if (!lost.isEmpty()
                    && store.limits()
                            .freezes()
                            .restore(
                                    use.id(),
                                    lost,
                                    use.members().text("agent"),
                                    use.members().text("person"))) {
                lost.forEach(resource -> frozen.add(resource.toString()));
            }
        }
    }

    private static Set<Resource> lost(Receipt intent) {
        Set<Resource> lost = new TreeSet<>();
        try {
            Json.Members meaning = IntentMeaning.members(intent);
            meaning.object("radius").texts("lost").forEach(text -> lost.add(Resource.parse(text)));
        } catch (MalformedException e) {
            throw new IllegalStateException("the ledger's receipt `" + intent.id() + "` does not say what was lost", e);
        }
        return lost;
    }

    /** Restores which grants were revoked, and, in an older store, how often they were used. */
    private List<String> grants(Tightening since, boolean isBehind) {
        Set<String> again = new TreeSet<>();
        if (isBehind) {
            since.grantUses().forEach((grant, uses) -> {
                if (store.confirmations().restoreGrantUses(grant, uses)) {
                    again.add(grant);
                }
            });
        }
        since.revokedGrants.forEach((grant, members) -> {
            String reason = members.optionalText("reason").orElse("");
            if (store.confirmations().restoreRevocation(grant, administrator(members), reason)) {
                again.add(grant);
            }
        });
        return List.copyOf(again);
    }

    private static String administrator(Json.Members members) {
        return "the administrator `" + members.optionalText("peer").orElse("") + "`";
    }

    private List<String> denials(Tightening since) {
        List<String> again = new ArrayList<>();
        since.denials.forEach((hold, members) -> {
            String reason = members.optionalText("reason").orElse("");
            if (store.confirmations().restoreDenial(hold, administrator(members), reason)
                    == Confirmations.RestoredHold.ENDED) {
                again.add(hold);
            }
        });
        return again;
    }

    private List<String> passkeys(Tightening since) {
        List<String> again = new ArrayList<>();
        since.revokedPasskeys.forEach((key, members) -> {
            try {
                String reason = members.optionalText("reason").orElse("");
                String by = members.optionalText("peer").orElse("");
                if (!store.passkeys().revoke(key, by, reason).durable()) {
                    throw new StoreUnavailableException("the revocation of `" + key + "` could not be stored");
                }
                again.add(key);
            } catch (PasskeyRefusedException e) {
                return; // the store has no such passkey, or it is revoked there as well
            }
        });
        return again;
    }
}
