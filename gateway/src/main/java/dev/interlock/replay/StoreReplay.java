package dev.interlock.replay;

import dev.interlock.action.Lease;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits;
import dev.interlock.confirm.Confirmations;
import dev.interlock.evidence.Json;
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
    private final Duration patience;
    /** The size of the ledger at the last call of {@link #mark}. */
    private long seen;

    private long written;
    private Instant writtenAt = Instant.MIN;
    /** Since it is back, and does not serve yet. */
    private Optional<ComingBack> back = Optional.empty();

    /**
     * What this gateway waits for.
     *
     * @param until when others may come back
     * @param began the machine's nanoseconds when the copies of their ledgers began to be read
     * @param isOlder whether the store is older than the own ledger, so that nobody is waited for
     */
    private record ComingBack(Instant until, long began, boolean isOlder, List<LedgerReading> readings) {}

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
        this(ledger, origin, clock, store, others, COMING_BACK);
    }

    /** {@code patience} is how long a gateway that is back lets the copies be read. */
    StoreReplay(
            Ledger ledger,
            String origin,
            InstantSource clock,
            Restorable store,
            OtherGateways others,
            Duration patience) {
        this.patience = patience;
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
        StoreState state = state();
        List<LedgerReading.SilentLedger> silent = new ArrayList<>();
        for (LedgerReading reading : begin(state, serving())) {
            silent.add(reading.end(Optional.empty()));
        }
        return restore(state, silent);
    }

    /**
     * Does it again with a store that comes back, but first with this gateway's own ledger alone: others that come back
     * too do the same, and answer for theirs. If the own one is ahead of the store, nobody is waited for, and
     * {@link #finish} does all of it. The copies of the other ledgers are read meanwhile.
     */
    public synchronized Optional<StoreLag> again() throws IOException {
        back.ifPresent(before -> before.readings().forEach(LedgerReading::stop));
        back = Optional.empty(); // unless it can be compared
        StoreState state = state();
        List<LedgerReading> readings = begin(state, Set.of());
        back = Optional.of(
                new ComingBack(clock.instant().plus(COMING_BACK), System.nanoTime(), state.isOlder(), readings));
        return state.isOlder() ? Optional.empty() : restore(state, List.of());
    }

    /** Returns the ledgers whose gateways may still come back to answer for them, or that are still read. */
    public synchronized List<String> awaited() {
        Optional<ComingBack> waiting = back.filter(now -> clock.instant().isBefore(now.until()));
        if (waiting.isEmpty()) {
            return List.of();
        }
        Set<String> serving = serving();
        if (waiting.get().isOlder()) {
            return waiting.get().readings().stream()
                    .filter(reading -> !reading.isDone())
                    .map(reading -> reading.mark().origin())
                    .filter(name -> !serving.contains(name))
                    .toList();
        }
        Map<String, LedgerReplicas.LedgerReplica> copies = others.replicas().all();
        return store.marks().all().stream()
                .filter(mark -> copies.containsKey(mark.origin())
                        && copies.get(mark.origin()).size() > mark.size())
                .map(LedgerMark::origin)
                .filter(name -> !serving.contains(name))
                .toList();
    }

    /**
     * Compares the ledgers of those that did not come back. What was not read of them by now may hold anything that
     * people had stopped: then everything is.
     */
    public synchronized Optional<StoreLag> finish() throws IOException {
        if (back.isEmpty()) {
            return Optional.empty();
        }
        StoreState state = state();
        Set<String> serving = serving();
        List<LedgerReading.SilentLedger> silent = new ArrayList<>();
        for (LedgerReading reading : back.get().readings()) {
            String name = reading.mark().origin();
            // Another mark than at the beginning: somebody has answered for it, also in the store.
            if (!serving.contains(name) && reading.mark().equals(state.others().getOrDefault(name, unknown(name)))) {
                long waited = System.nanoTime() - back.get().began();
                silent.add(reading.end(Optional.of(patience.minusNanos(waited))));
            }
        }
        Optional<StoreLag> lag = restore(state, silent);
        back.get().readings().forEach(LedgerReading::stop);
        back = Optional.empty();
        return lag;
    }

    /** The store beside this gateway's ledger: their marks, the size of the ledger, and whether the store is older. */
    private record StoreState(Optional<LedgerMark> own, long size, Map<String, LedgerMark> others, boolean isOlder) {}

    private StoreState state() throws IOException {
        long size = ledger.status().size();
        Map<String, LedgerMark> marks = new TreeMap<>();
        store.marks().all().forEach(each -> marks.put(each.origin(), each));
        Optional<LedgerMark> mark = Optional.ofNullable(marks.remove(origin));
        requireAll(mark, size);
        // A store of a version without marks has one that names no ledger.
        boolean isNew = mark.isEmpty() && marks.remove("") == null && size > 0 && !ledger.isNew();
        boolean isOld = mark.filter(this::isLongAgo).isPresent();
        return new StoreState(mark, size, marks, isNew || isOld);
    }

    /** Begins to read the copies of all ledgers but of those of {@code serving}. */
    private List<LedgerReading> begin(StoreState state, Set<String> serving) {
        Map<String, LedgerReplicas.LedgerReplica> copies = others.replicas().all();
        copies.keySet().forEach(name -> state.others().putIfAbsent(name, unknown(name)));
        return state.others().values().stream()
                .filter(mark -> !serving.contains(mark.origin()))
                .map(mark -> LedgerReading.begin(mark, Optional.ofNullable(copies.get(mark.origin())), this::since))
                .toList();
    }

    private static LedgerMark unknown(String name) {
        return new LedgerMark(name, 0, UNKNOWN, "");
    }

    private Optional<StoreLag> restore(StoreState state, List<LedgerReading.SilentLedger> silent) throws IOException {
        boolean isBehind = state.isOlder() || silent.stream().anyMatch(other -> other.isAhead(IN_STEP));
        Tightening since = since();
        Optional<LedgerMark> mark = state.own();
        ledger.read(mark.map(LedgerMark::size).orElse(0L), since::take);
        long behind = state.size() - mark.map(LedgerMark::size).orElse(0L);
        for (LedgerReading.SilentLedger other : silent) {
            since.add(other.since());
            behind += other.more();
        }
        List<String> restored = restore(since, isBehind);
        List<LedgerReading.SilentLedger> missing =
                silent.stream().filter(other -> isMissing(other, isBehind)).toList();
        Optional<Json.Members> stopped = Optional.empty();
        Optional<Seal> seal = store.seal().get();
        if (!missing.isEmpty()) {
            stopped = Optional.of(stop(
                    "the store may be older than the ledgers, and nobody knows what people had stopped at "
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
        seen = state.size();
        write();
        return isBehind || !restored.isEmpty()
                ? Optional.of(new StoreLag(behind, mark.map(LedgerMark::at), restored, stopped))
                : Optional.empty();
    }

    /** What counts against limits is compared up to the longest window. */
    private Tightening since() {
        Instant oldest = clock.instant().minus(SealLimits.MAX_WITHIN);
        return new Tightening(intent -> intent.at().isAfter(oldest) && isCounted(intent));
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

    /** Returns whether it may hold what an older store has forgotten, and people were not told so before. */
    private static boolean isMissing(LedgerReading.SilentLedger other, boolean isBehind) {
        return (other.isLate() || (isBehind && !other.isRead()))
                && !other.mark().at().equals(TOLD);
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

    /** Marks what was read of {@code other}, or that nothing was: then all of it counts once it can be read. */
    private void mark(LedgerReading.SilentLedger other, boolean isBehind) {
        LedgerMark old = other.mark();
        if (isMissing(other, isBehind)) {
            store.marks().write(new LedgerMark(old.origin(), other.isLate() ? old.size() : 0, TOLD, old.key()));
        } else if (other.more() > 0) {
            store.marks().write(new LedgerMark(old.origin(), other.size(), other.newest(), old.key()));
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
        LedgerReading.SilentLedger lost =
                LedgerReading.begin(mark.get(), Optional.of(copy), this::since).end(Optional.empty());
        long lacks = mark.get().size() - copy.size();
        if (!lost.isRead() && lacks <= 0) {
            throw new IOException("it cannot be read to its end: the log of this gateway says why");
        }
        Tightening since = since();
        since.add(lost.since());
        List<String> restored = restore(since, lost.isAhead(IN_STEP));
        var _ = stopForErased(since, restored);
        mark(lost, false);
        if (lacks > 0) {
            restored.add("This copy is old: it lacks " + lacks + " receipts that the store knows.");
        }
        return new LostLedger(copy, open, restored);
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

    private List<Receipt> readable(Tightening since) {
        List<Receipt> readable = new ArrayList<>();
        List<String> erased = new ArrayList<>();
        for (Receipt intent : since.released()) {
            if (SealedTexts.number(intent).isEmpty()) {
                readable.add(intent);
            } else {
                erased.add(intent.id());
            }
        }
        since.erased.addAll(store.limits().uncounted(erased));
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
        if (back.isPresent()) {
            return; // it is not compared yet
        }
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
        List<String> used = used(since, isBehind);
        List<String> frozen = frozen(since);
        say(restored, used, "These holds count as used again: ");
        say(restored, frozen, "These resources are frozen again: ");
        say(restored, grants(since), "Less is left of these grants, or nothing: ");
        say(restored, denials(since), "These holds count as denied again: ");
        say(restored, passkeys(since), "These passkeys are revoked again: ");
        List<String> counted = store.seal()
                .get()
                .map(seal -> store.limits().restore(seal, readable(since)))
                .orElse(List.of());
        // A crash leaves calls that were on the way to be counted. One that was answered had been.
        if (isBehind ? !counted.isEmpty() : counted.stream().anyMatch(since::isAnswered)) {
            restored.add(counted.size() + " calls count against the limits again.");
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

    /** Restores which holds were used. */
    private List<String> used(Tightening since, boolean isBehind) {
        List<String> again = new ArrayList<>();
        for (Receipt use : since.uses.values()) {
            String hold = use.hold().orElseThrow();
            Confirmations.RestoredHold was = store.confirmations().restoreUse(hold, use.id());
            if (was == Confirmations.RestoredHold.ENDED) {
                again.add(hold);
            }
            boolean isForgotten =
                    was == Confirmations.RestoredHold.ENDED || (was == Confirmations.RestoredHold.MISSING && isBehind);
            boolean isErased = SealedTexts.number(use).isPresent();
            if (isForgotten && isErased && use.kind() == Receipt.Kind.INTENT && since.mayFreeze(use)) {
                since.erased.add(use.id());
            }
        }
        return again;
    }

    /** Restores what calls may have destroyed, also those that needed no confirmation. */
    private List<String> frozen(Tightening since) {
        List<String> again = new ArrayList<>();
        since.destroyed().forEach((intent, lost) -> {
            if (store.limits().freezes().restore(intent, lost.resources(), lost.agent(), lost.person())) {
                lost.resources().forEach(resource -> again.add(resource.toString()));
            }
        });
        return again;
    }

    /** Restores which grants were used or revoked. */
    private List<String> grants(Tightening since) {
        Set<String> again = new TreeSet<>();
        since.grantUses.forEach((intent, grant) -> {
            if (store.confirmations().restoreGrantUse(grant, intent)) {
                again.add(grant);
            }
        });
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
