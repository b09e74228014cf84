package dev.interlock.evidence;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

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
    private final Set<String> ids = new HashSet<>();
    private final Set<String> intents = new HashSet<>();
    private final Map<String, Long> open = new LinkedHashMap<>(); // the leaf of each intent without an outcome
    private final Set<String> sessions = new HashSet<>();
    private final Map<Long, LogFinding> unfounded = new HashMap<>(); // problems with acts of administration, by leaf
    private final ConfirmedIntents deeds = new ConfirmedIntents();
    private final ElevationPass elevations;
    private final SealPass adoptions = new SealPass();
    private final LeasePass leases = new LeasePass();

    ReceiptPass(
            Checkpoint checkpoint,
            Map<String, SealDocument> seals,
            Consumer<LogFinding> problems,
            ReceiptReader reader) {
        this.origin = checkpoint.origin();
        this.vouched = checkpoint.size();
        this.seals = Map.copyOf(seals);
        this.problems = problems;
        this.reader = reader;
        this.elevations = new ElevationPass(this.seals);
    }

    List<String> openIntents() {
        return List.copyOf(open.keySet());
    }

    LogReport.ConfirmationTotals confirmations() {
        return deeds.confirmations(unfounded);
    }

    void accept(String file, long leaf, byte[] entry) {
        try {
            Receipt receipt = Receipt.read(entry);
            Function<String, LogFinding> finding = finding(file, leaf, receipt.id());
            inOrder(leaf, receipt).map(finding).ifPresent(problems);
            if (receipt.kind() == Receipt.Kind.ADMIN) {
                adoptions
                        .accept(receipt)
                        .or(() -> leases.accept(receipt))
                        .or(() -> RehearsalAttestation.objection(receipt, seals))
                        .or(() -> RestoreAttestation.objection(receipt, seals))
                        .ifPresent(problem -> unfounded.put(leaf, finding.apply(problem)));
                elevations.accept(receipt).ifPresent(verdict -> deeds.add(leaf, finding, Optional.empty(), verdict));
            }
            Optional<ConfirmedIntents.IntentVerdict> verdict =
                    receipt.kind() == Receipt.Kind.INTENT ? verdict(receipt) : Optional.empty();
            verdict.ifPresent(judged -> deeds.add(leaf, finding, new IntentConfirmation(receipt).used(), judged));
            reader.receipt(leaf, receipt, verdict);
        } catch (MalformedException e) {
            problems.accept(new LogFinding(
                    file, OptionalLong.of(leaf), Optional.empty(), "it is not a receipt: " + e.getMessage()));
        }
    }

    private static Function<String, LogFinding> finding(String file, long leaf, String receipt) {
        return problem -> new LogFinding(file, OptionalLong.of(leaf), Optional.of(receipt), problem);
    }

    private Optional<String> inOrder(long leaf, Receipt receipt) {
        if (!ids.add(receipt.id())) {
            return Optional.of("the id occurs twice");
        }
        if (!receipt.origin().equals(origin)) {
            return Optional.of("it was made for log `" + receipt.origin() + "`");
        }
        if (receipt.kind() == Receipt.Kind.INTENT) {
            intents.add(receipt.id());
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
        return sessions.add(lease.get())
                ? Optional.empty()
                : Optional.of("it records the session of `" + lease.get() + "` a second time");
    }

    private Optional<String> close(String intent, long at, Receipt outcome) {
        if (!intents.contains(intent)) {
            return Optional.of("it is the outcome of `" + intent + "`, which is not an earlier intent");
        }
        Long leaf = open.remove(intent);
        if (leaf == null) {
            return Optional.of("it is a second outcome of `" + intent + "`");
        }
        reader.outcome(leaf, outcome);
        // Nothing was sent, so nothing had to be signed and no hold was used. Racing copies have an intent each.
        if (outcome.result().equals(Optional.of(Receipt.Result.REFUSED))) {
            deeds.refused(leaf, at < vouched || leaf >= vouched);
        }
        return Optional.empty();
    }

    /** Returns the verdict on an intent; empty if it needed no confirmation, and nothing is wrong with it. */
    private Optional<ConfirmedIntents.IntentVerdict> verdict(Receipt intent) {
        Optional<ConfirmedIntents.IntentVerdict> own = new IntentConfirmation(intent).verdict(seals);
        List<String> problems = new ArrayList<>(objections(intent));
        if (own.isPresent() && own.get() instanceof ConfirmedIntents.IntentVerdict.UnmetIntent(String problem)) {
            problems.addFirst(problem);
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
        } catch (MalformedException e) {
            objections.add("it cannot be read as an intent: " + e.getMessage());
        }
        return objections;
    }

    /** Checks, in the order of the receipts, which seal was in force when a call was judged. */
    private static final class SealPass {

        /** When each seal was replaced; the far future for the last one. */
        private final Map<String, Instant> replaced = new HashMap<>();

        private Optional<String> last = Optional.empty();
        private long highest;

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
            Instant end = replaced.get(seal);
            if (end == null) {
                return Optional.of("no earlier receipt puts its seal in force");
            }
            return end.equals(Instant.MAX) || at.isBefore(end.plus(IntentMeaning.COMING))
                    ? Optional.empty()
                    : Optional.of("its seal was no longer in force");
        }
    }
}
