package dev.interlock.evidence;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Reads the receipts in order: each must be well-formed, be of this log, and fit those before it. Receipts that no
 * checkpoint covers yet are read too. They can add problems, but remove none from the covered part.
 */
final class ReceiptPass {

    private final String origin;
    private final long vouched;
    private final Map<String, SealDocument> seals;
    private final Consumer<LogFinding> problems;
    private final ReceiptReader reader;
    private final TextKeys texts;
    private final ReceiptIds ids = new ReceiptIds(); // with the number of the agent of each intent
    private final Map<String, Integer> agents = new HashMap<>(); // the number of each, from 1; no name is one too
    private final Map<String, Long> open = new LinkedHashMap<>(); // the leaf of each intent without an outcome
    private final Set<String> sessions = new HashSet<>();
    private final Map<Long, LogFinding> unfounded = new HashMap<>(); // problems with acts of administration, by leaf
    private final ConfirmedIntents deeds = new ConfirmedIntents();
    private final ElevationPass elevations;
    private final SealPass adoptions;
    private final LeasePass leases;
    private final PlanPass plans;
    private final WitnessPass witnesses = new WitnessPass();
    /** What gateways recorded here of intents of others that did not come back. */
    private final Map<String, Receipt> closings = new HashMap<>();

    private final OtherLogs others;

    /**
     * The first passes over the logs of a fleet, of which the one at {@code own} is read again: its calls can rest on
     * what another log says. The clocks of machines do not order these closely, so what is signed counts some minutes
     * ahead.
     */
    record OtherLogs(List<ReceiptPass> logs, int own, boolean isFirst) {

        /** Of one log alone. */
        static final OtherLogs NONE = new OtherLogs(List.of(), 0, false);

        /** Of a first pass. Nothing in another log rests on what no checkpoint covers. */
        static final OtherLogs UNREAD = new OtherLogs(List.of(), 0, true);

        private <T> List<T> map(Function<ReceiptPass, T> part) {
            return logs.stream().filter(log -> log != logs.get(own)).map(part).toList();
        }

        private Map<String, ConfirmedIntents> deeds(int from, int to) {
            Map<String, ConfirmedIntents> deeds = new LinkedHashMap<>();
            logs.stream().limit(to).skip(from).forEach(log -> deeds.put(log.origin, log.deeds));
            return deeds;
        }
    }

    ReceiptPass(
            Checkpoint checkpoint,
            Map<String, SealDocument> seals,
            Consumer<LogFinding> problems,
            ReceiptReader reader,
            OtherLogs others,
            TextKeys texts) {
        this.texts = texts;
        this.origin = checkpoint.origin();
        this.vouched = checkpoint.size();
        this.seals = Map.copyOf(seals);
        this.problems = problems;
        this.reader = reader;
        this.others = others;
        this.elevations = new ElevationPass(this.seals, others.map(log -> log.elevations));
        this.adoptions = new SealPass(others.map(log -> log.adoptions));
        this.leases = new LeasePass(others.map(log -> log.leases));
        this.plans = new PlanPass(others.map(log -> log.plans));
    }

    /** Closes the intents without an outcome here that another gateway of {@code logs} has recorded one for. */
    void close(List<ReceiptPass> logs) {
        logs.forEach(log -> log.closings.forEach((intent, act) -> Optional.ofNullable(open.remove(intent))
                .ifPresent(leaf -> {
                    reader.outcome(leaf, act);
                    if (act.members().textIfAny("outcome").equals(Optional.of(Receipt.Result.REFUSED.word()))) {
                        deeds.refused(leaf, true);
                    }
                })));
    }

    List<String> openIntents() {
        return List.copyOf(open.keySet());
    }

    void compareSeen(StaticLog log) {
        witnesses.compare(log, problems);
    }

    LogReport.ConfirmationTotals confirmations() {
        return deeds.confirmations(
                unfounded,
                others.deeds(0, others.own()),
                others.deeds(others.own() + 1, others.logs().size()));
    }

    /**
     * An entry, and what can be said of it without those before it.
     *
     * @param receipt empty if it is none, because of {@code problem}
     * @param own the verdict on an intent itself
     */
    record ReadEntry(Optional<Receipt> receipt, Optional<ConfirmedIntents.IntentVerdict> own, String problem) {}

    /** Reads an entry, for {@link #accept}. Threading: any. */
    ReadEntry read(byte[] entry) {
        try {
            Receipt receipt = SealedTexts.open(Receipt.read(entry), texts);
            return new ReadEntry(
                    Optional.of(receipt),
                    receipt.kind() == Receipt.Kind.INTENT
                            ? new IntentConfirmation(receipt).verdict(seals)
                            : Optional.empty(),
                    "");
        } catch (MalformedException e) {
            return new ReadEntry(Optional.empty(), Optional.empty(), String.valueOf(e.getMessage()));
        }
    }

    void accept(String file, long leaf, ReadEntry entry) {
        try {
            Receipt receipt = entry.receipt().orElseThrow(() -> new MalformedException(entry.problem()));
            if (others.isFirst() && leaf >= vouched && !receipt.isUnsent()) {
                return;
            }
            Function<String, LogFinding> finding = finding(file, leaf, receipt.id());
            inOrder(leaf, receipt).map(finding).ifPresent(problems);
            if (receipt.kind() == Receipt.Kind.ADMIN) {
                deeds.erased(receipt);
                if (receipt.isAct("fleet.close")
                        && receipt.members().get("result").isEmpty()) { // or it is an attempt that failed
                    Objects.requireNonNull(
                            Receipt.Result.of(receipt.members().text("outcome"))); // throws if it is none
                    closings.putIfAbsent(receipt.members().text("closed"), receipt);
                }
                adoptions
                        .accept(receipt)
                        .or(() -> leases.accept(receipt))
                        .or(() -> attestationObjection(receipt, seals))
                        .ifPresent(problem -> unfounded.put(leaf, finding.apply(problem)));
                unsealed(receipt, seals)
                        .ifPresent(seal -> deeds.add(
                                leaf,
                                finding,
                                Optional.empty(),
                                new ConfirmedIntents.IntentVerdict.UncheckedIntent(Optional.of(seal))));
                elevations.accept(receipt).ifPresent(verdict -> deeds.add(leaf, finding, Optional.empty(), verdict));
            }
            Optional<ConfirmedIntents.IntentVerdict> verdict =
                    receipt.kind() == Receipt.Kind.INTENT ? verdict(receipt, entry.own()) : Optional.empty();
            verdict.ifPresent(judged -> deeds.add(leaf, finding, new IntentConfirmation(receipt).used(), judged));
            witnesses
                    .accept(leaf, receipt, finding, seals)
                    .ifPresent(problem -> unfounded.put(leaf, finding.apply(problem)));
            reader.receipt(leaf, receipt, verdict);
        } catch (MalformedException e) {
            problems.accept(new LogFinding(
                    file, OptionalLong.of(leaf), Optional.empty(), "it is not a receipt: " + e.getMessage()));
        }
    }

    private static boolean isEarlier(Instant there, Instant here) {
        return there.isBefore(here.plus(IntentMeaning.COMING));
    }

    private static Function<String, LogFinding> finding(String file, long leaf, String receipt) {
        return problem -> new LogFinding(file, OptionalLong.of(leaf), Optional.of(receipt), problem);
    }

    /** Returns the seal by which an attestation would be judged, if it was not given. */
    static Optional<String> unsealed(Receipt act, Map<String, SealDocument> seals) {
        boolean attests =
                (act.isAct("backup.rehearsal") && act.members().get("rehearsal").isPresent())
                        || (act.isAct("backup.attest")
                                && act.members().get("attestation").isPresent());
        return attests ? act.members().textIfAny("seal").filter(seal -> !seals.containsKey(seal)) : Optional.empty();
    }

    /** Returns what is wrong with an attestation in {@code act}, as far as {@code seals} tell. */
    static Optional<String> attestationObjection(Receipt act, Map<String, SealDocument> seals) {
        return RehearsalAttestation.objection(act, seals).or(() -> RestoreAttestation.objection(act, seals));
    }

    private Optional<String> inOrder(long leaf, Receipt receipt) {
        if (!ids.add(receipt.id())) {
            return Optional.of("the id occurs twice");
        }
        if (!receipt.origin().equals(origin)) {
            return Optional.of("it was made for log `" + receipt.origin() + "`");
        }
        if (receipt.kind() == Receipt.Kind.INTENT) {
            ids.number(receipt.id(), agents.computeIfAbsent(receipt.agent().orElse(""), name -> agents.size() + 1));
            open.put(receipt.id(), leaf);
        }
        return receipt.kind() == Receipt.Kind.ADMIN
                ? session(receipt)
                : receipt.intent().flatMap(intent -> close(intent, leaf, receipt));
    }

    /** Checks that each session has one digest. A recording that was changed afterwards would need a second one. */
    private Optional<String> session(Receipt act) {
        Json.Members members = act.members();
        if (!act.isAct("session.record") || members.get("result").isPresent()) { // a failed attempt
            return Optional.empty();
        }
        Optional<String> lease = members.optionalText("lease");
        Optional<String> digest = members.optionalText("manifest_sha256").filter(StrictFields::isDigest);
        if (lease.isEmpty() || digest.isEmpty()) {
            return Optional.of("it records a session but names no lease or no digest");
        }
        if (!sessions.add(lease.get())) {
            return Optional.of("it records the session of `" + lease.get() + "` a second time");
        }
        return others.map(log -> log.sessions).stream().anyMatch(other -> other.contains(lease.get()))
                ? Optional.of("it records the session of `" + lease.get() + "`, as another log does")
                : Optional.empty();
    }

    private Optional<String> close(String intent, long at, Receipt outcome) {
        int asker = ids.number(intent);
        if (asker == 0) {
            return Optional.of("it is the outcome of `" + intent + "`, which is not an earlier intent");
        }
        Long leaf = open.remove(intent);
        if (leaf == null) {
            return Optional.of("it is a second outcome of `" + intent + "`");
        }
        if (outcome.agent()
                .filter(agent -> agents.getOrDefault(agent, 0) != asker)
                .isPresent()) { // older ones name none
            return Optional.of("it is the outcome of `" + intent + "`, which another agent asked for");
        }
        reader.outcome(leaf, outcome);
        if (outcome.result().equals(Optional.of(Receipt.Result.DONE))) {
            plans.succeeded(intent);
        }
        // Nothing was sent, so nothing had to be signed and no hold was used. Racing copies have an intent each.
        if (outcome.isUnsent()) {
            deeds.refused(leaf, at < vouched || leaf >= vouched);
        }
        return Optional.empty();
    }

    /** Returns the verdict on an intent; empty if it needed no confirmation, and nothing is wrong with it. */
    private Optional<ConfirmedIntents.IntentVerdict> verdict(
            Receipt intent, Optional<ConfirmedIntents.IntentVerdict> own) {
        List<String> problems = new ArrayList<>(objections(intent));
        if (own.isPresent() && own.get() instanceof ConfirmedIntents.IntentVerdict.UnmetIntent unmet) {
            problems.add(0, unmet.problem());
        }
        return problems.isEmpty()
                ? own
                : Optional.of(new ConfirmedIntents.IntentVerdict.UnmetIntent(String.join("; ", problems)));
    }

    private List<String> objections(Receipt intent) {
        List<String> objections = new ArrayList<>();
        try {
            IntentMeaning meaning = IntentMeaning.of(intent);
            String named = intent.members().text("seal");
            Optional<SealDocument> seal = Optional.ofNullable(seals.get(named));
            adoptions.objection(named, intent.at()).ifPresent(objections::add);
            leases.objection(intent, meaning, seal).ifPresent(objections::add);
            elevations.objection(intent, meaning, seal).ifPresent(objections::add);
            plans.objection(intent).ifPresent(objections::add);
        } catch (MalformedException e) {
            objections.add("it cannot be read as an intent: " + e.getMessage());
        }
        return objections;
    }

    /** Checks, in the order of the receipts, that a step of a plan left after the one before it had succeeded. */
    private static final class PlanPass {

        private final Map<String, String> marks = new HashMap<>(); // what the use of each intent's step leaves behind
        private final Set<String> done = new HashSet<>();
        private boolean isAnySealed; // then nobody knows what its next step names

        private PlanPass(List<PlanPass> others) {
            others.forEach(log -> done.addAll(log.done));
        }

        Optional<String> objection(Receipt intent) {
            IntentConfirmation confirmation = new IntentConfirmation(intent);
            if (!confirmation.isPresent() || confirmation.isGranted()) {
                return Optional.empty();
            }
            if (SealedTexts.number(intent).isPresent()) {
                isAnySealed = true;
                return Optional.empty();
            }
            Statement statement = confirmation.statement();
            if (statement.plan().isEmpty()) {
                return Optional.empty();
            }
            marks.put(intent.id(), PlanStep.mark(statement));
            PlanStep place = statement.plan().get();
            return place.after().isEmpty()
                            || isAnySealed
                            || done.contains(place.after().get())
                    ? Optional.empty()
                    : Optional.of("it is step " + place.step() + " of a plan, and step " + (place.step() - 1)
                            + " had not succeeded");
        }

        void succeeded(String intent) {
            Optional.ofNullable(marks.get(intent)).ifPresent(done::add);
        }
    }

    /** Checks, in the order of the receipts, which seal was in force when a call was judged. */
    private static final class SealPass {

        /** When each seal was replaced; the far future for the last one. */
        private final Map<String, Instant> replaced = new HashMap<>();

        private final Map<String, Adoption> adopted = new HashMap<>();
        private final List<SealPass> logs;
        private Optional<String> last = Optional.empty();
        private long highest;

        private record Adoption(long sequence, Instant at) {}

        private SealPass(List<SealPass> others) {
            this.logs = Stream.concat(Stream.of(this), others.stream()).toList();
        }

        /** Returns what is wrong with {@code act}; empty if nothing is, or it adopts no seal. */
        Optional<String> accept(Receipt act) {
            Json.Members members = act.members();
            if (!act.isAct("seal.adopt")
                    || members.get("sequence").isEmpty()) { // an order, which the gateway may have rejected
                return Optional.empty();
            }
            try {
                long sequence = new StrictFields(members).count("sequence");
                String seal = members.text("seal");
                last.ifPresent(before -> replaced.put(before, act.at()));
                replaced.put(seal, Instant.MAX);
                adopted.putIfAbsent(seal, new Adoption(sequence, act.at()));
                last = Optional.of(seal);
                boolean isOlder = sequence <= highest;
                highest = Math.max(highest, sequence);
                return isOlder
                        ? Optional.of("it adopts a seal that is not newer than the one before")
                        : Optional.empty();
            } catch (MalformedException e) {
                return Optional.of("its adoption of a seal cannot be read: " + e.getMessage());
            }
        }

        /** Returns why {@code seal} could not decide about what was recorded at {@code at}; empty if it could. */
        Optional<String> objection(String seal, Instant at) {
            Optional<Adoption> adoption = logs.stream()
                    .flatMap(log -> Stream.ofNullable(log.adopted.get(seal))
                            .filter(one -> log == this || isEarlier(one.at(), at)))
                    .findFirst();
            if (adoption.isEmpty()) {
                return Optional.of("no earlier receipt puts its seal in force");
            }
            Instant end = logs.stream()
                    .flatMap(log -> log.adopted.values().stream())
                    .filter(other -> other.sequence() > adoption.get().sequence())
                    .map(Adoption::at)
                    .reduce(
                            replaced.getOrDefault(seal, Instant.MAX),
                            (one, other) -> one.isBefore(other) ? one : other);
            return end.equals(Instant.MAX) || at.isBefore(end.plus(IntentMeaning.COMING))
                    ? Optional.empty()
                    : Optional.of("its seal was no longer in force");
        }
    }

    /** Checks, in the order of the receipts, what each lease covered, and whether intents stayed within that. */
    static final class LeasePass {

        private static final String DERIVE = "lease.derive";
        private static final Set<String> ISSUING = Set.of("lease.issue", "run.open", DERIVE);
        private static final List<String> HOLDER = List.of("agent", "person", "task");
        private static final String ROOT = "root";

        private record IssuedLease(
                Instant at, Json.Members receipt, Set<String> environments, Set<String> impacts, Instant expires) {

            static IssuedLease read(Instant at, Json.Members receipt) {
                return new IssuedLease(
                        at,
                        receipt,
                        new TreeSet<>(receipt.texts("environments")),
                        new TreeSet<>(receipt.texts("impacts")),
                        new StrictFields(receipt).instant("expires"));
            }

            IssuedLease until(Instant later) {
                return new IssuedLease(at, receipt, environments, impacts, later);
            }

            boolean isWithin(IssuedLease wider) {
                return wider.environments().containsAll(environments)
                        && wider.impacts().containsAll(impacts)
                        && !expires.isAfter(wider.expires());
            }

            boolean isOf(Json.Members holder) {
                return HOLDER.stream().allMatch(name -> SealedTexts.perhapsSame(holder.get(name), receipt.get(name)));
            }
        }

        private final Map<String, IssuedLease> leases = new HashMap<>();
        private final Map<String, Instant> renewals = new HashMap<>();
        private final List<LeasePass> logs;

        private LeasePass(List<LeasePass> others) {
            this.logs = Stream.concat(Stream.of(this), others.stream()).toList();
        }

        private Optional<IssuedLease> find(String id, Instant at) {
            Optional<IssuedLease> issued = logs.stream()
                    .flatMap(log -> Stream.ofNullable(log.leases.get(id))
                            .filter(lease -> log == this || isEarlier(lease.at(), at)))
                    .findFirst();
            for (LeasePass log : logs) {
                Optional<Instant> later = Optional.ofNullable(log.renewals.get(id));
                issued = issued.map(lease -> later.filter(lease.expires()::isBefore)
                        .map(lease::until)
                        .orElse(lease));
            }
            return issued;
        }

        Optional<String> accept(Receipt act) {
            Json.Members members = act.members();
            if (members.get("expires").isEmpty()) { // an attempt that failed
                return Optional.empty();
            }
            try {
                if (ISSUING.stream().anyMatch(act::isAct)) {
                    return issued(members.text("lease"), IssuedLease.read(act.at(), members), act.isAct(DERIVE));
                }
                return act.isAct("run.renew") ? renewed(act) : Optional.empty();
            } catch (MalformedException e) {
                return Optional.of("its lease cannot be read: " + e.getMessage());
            }
        }

        private Optional<String> issued(String id, IssuedLease lease, boolean isDerived) {
            if (leases.putIfAbsent(id, lease) != null) {
                return Optional.of("it issues the lease `" + id + "` a second time");
            }
            if (logs.stream().skip(1).anyMatch(log -> log.leases.containsKey(id))) {
                return Optional.of("it issues the lease `" + id + "`, which another log issues too");
            }
            if (!isDerived) {
                return Optional.empty();
            }
            String parent = lease.receipt().text("parent");
            return find(parent, lease.at())
                            .filter(above -> lease.isWithin(above) && above.isOf(lease.receipt()))
                            .filter(above -> above.receipt()
                                    .optionalText(ROOT)
                                    .or(() -> Optional.of(parent))
                                    .equals(lease.receipt().optionalText(ROOT)))
                            .isPresent()
                    ? Optional.empty()
                    : Optional.of("it derives a lease that is wider than `" + parent + "`, or of somebody else");
        }

        private Optional<String> renewed(Receipt act) {
            Json.Members members = act.members();
            Instant later = new StrictFields(members).instant("expires");
            renewals.merge(members.text("lease"), later, (one, other) -> one.isBefore(other) ? other : one);
            return find(members.text("lease"), act.at()).isEmpty()
                    ? Optional.of("it renews a lease that no earlier receipt issues")
                    : Optional.empty();
        }

        /**
         * Returns why the lease of {@code intent} does not cover it. If it names an elevation, that covers it instead.
         */
        Optional<String> objection(Receipt intent, IntentMeaning meaning, Optional<SealDocument> seal) {
            Json.Members members = intent.members();
            String id = members.text("lease");
            Optional<IssuedLease> issued = find(id, intent.at());
            if (issued.isEmpty()) {
                return Optional.of("no earlier receipt issues its lease `" + id + "`");
            }
            IssuedLease lease = issued.get();
            if (!lease.isOf(members)
                    || !members.get(ROOT).equals(lease.receipt().get(ROOT))) {
                return Optional.of("its lease was issued to somebody else");
            }
            if (!intent.at().isBefore(lease.expires().plus(IntentMeaning.COMING))) {
                return Optional.of("its lease had expired");
            }
            if (members.get(ElevationPass.ELEVATION).isPresent()
                    || meaning.isWithin(lease.impacts(), lease.environments(), seal)) {
                return Optional.empty();
            }
            return Optional.of("its lease does not cover it");
        }
    }
}
