package dev.interlock.gate;

import dev.interlock.action.Alert;
import dev.interlock.action.Alert.AlertKind;
import dev.interlock.action.Alert.Severity;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Headline;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.Obligations;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.action.VisibleText;
import dev.interlock.confirm.Confirmation;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.HoldPlans;
import dev.interlock.confirm.HoldTicket;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SeenIntent;
import dev.interlock.evidence.WitnessRules;
import dev.interlock.inventory.LossDescription;
import dev.interlock.ledger.CosignedTrees;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerUnavailableException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Records what happened before it is answered: no outcome leaves this class before its receipt is durable, or queued.
 */
public final class AuditRecorder {

    /** The text that a receipt holds instead of a kind of refusal. */
    private static final String DRY_RUN = "dry_run";

    private static final System.Logger LOG = System.getLogger(AuditRecorder.class.getName());

    private final Ledger ledger;
    private final ReceiptWriter writer;
    private final Consumer<Alert> alerts;
    private final Function<String, Optional<Lease>> places;
    private final SaltedDigests digests;

    public AuditRecorder(
            Ledger ledger,
            String origin,
            InstantSource clock,
            Consumer<Alert> alerts,
            Function<String, Optional<Lease>> places,
            SaltedDigests digests) {
        this.digests = digests;
        this.ledger = ledger;
        this.writer = new ReceiptWriter(ledger, origin, clock);
        this.alerts = alerts;
        this.places = places;
    }

    Instant now() {
        return writer.now();
    }

    <R> Outcome<R> refused(Attempt attempt, Resolution.Rejected rejected) throws LedgerUnavailableException {
        Json.Members call = Json.object()
                .with("upstream", attempt.upstream())
                .with("protocol", attempt.call().protocol())
                .with("request_digest", digest(attempt.call()));
        return new Outcome.Refused<>(
                attempt.isProbe()
                        ? probed(rejected.refusal(), ReceiptMembers.together(rejected.observed(), call))
                        : refused(rejected, attempt.place(), call),
                rejected.refusal());
    }

    /** Returns a digest of {@code call}, of which nobody knows what may be a secret. */
    private String digest(Call call) {
        return digests.of(Bytes.of(call.canonical(digests).canonical()));
    }

    /** Records a refused probe as expected: with a receipt, under a name that no agent has, and without an alert. */
    String probed(Refusal refusal, Json.Members known) throws LedgerUnavailableException {
        return writer.appendShortened(
                Receipt.Kind.REFUSED, ReceiptMembers.of(refusal, known).with("agent", Receipt.PROBE));
    }

    String refused(Resolution.Rejected rejected, Optional<String> place) throws LedgerUnavailableException {
        return refused(rejected, place, Json.object());
    }

    private String refused(Resolution.Rejected rejected, Optional<String> place, Json.Members call)
            throws LedgerUnavailableException {
        Optional<Lease> other = place.flatMap(places)
                .filter(its -> rejected.lease()
                        .map(Lease::root)
                        .filter(its.id()::equals)
                        .isEmpty());
        Json.Members members = ReceiptMembers.of(rejected.refusal(), ReceiptMembers.together(rejected.observed(), call))
                .withOptional("place", other.map(Lease::id));
        String caller = rejected.lease().map(Lease::root).or(() -> place).orElse("nobody");
        Json.Members named = rejected.lease()
                .map(lease -> ReceiptMembers.of(lease, members))
                .or(() -> other.map(its -> ReceiptMembers.ofHolder(its, members)))
                .orElse(members);
        Optional<String> id = Optional.empty();
        boolean isOnlyCounted = false;
        try {
            id = writer.appendTallied(Receipt.Kind.REFUSED, caller, named);
            isOnlyCounted = id.isEmpty();
        } finally {
            // Raised also while the ledger is down: an attack on the one must not silence the other.
            if (rejected.alarm().isPresent()) {
                // Many alerts whose texts a sender chose would hide other ones.
                Json.Members told = isOnlyCounted ? named.without(Set.of("actions", "fingerprint")) : named;
                alert(rejected.alarm().get(), rejected.lease(), other, told, id);
            }
        }
        return id.orElse("");
    }

    /** Records an alert about a call that may go, or may be refused for something else. */
    void recordAlert(Lease lease, Resolution.ResolutionAlert alarm) throws LedgerUnavailableException {
        Optional<String> id = Optional.empty();
        try {
            id = Optional.of(writer.append(
                    Receipt.Kind.ADMIN,
                    ReceiptMembers.of(
                            lease,
                            Json.object().with("command", alarm.rule().word()).with("reason", alarm.summary()))));
        } finally {
            alert(alarm.rule(), Severity.ALARM, alarm.summary(), Optional.of(lease), id);
        }
    }

    /** Records a lease that the gateway has ended. The lease ends first: a ledger that fails must not keep it. */
    void ended(Lease lease, String reason) {
        try {
            writer.appendReserved(
                    Receipt.Kind.ADMIN,
                    ReceiptMembers.of(lease, Json.object())
                            .with("command", "decoy.kill")
                            .with("peer", "the gateway itself")
                            .with("reason", reason)
                            .withTexts("leases", List.of(lease.root())));
        } catch (LedgerUnavailableException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "the revocation of a lease could not be recorded", e);
        }
        alert(AlertKind.KILL, Severity.ALARM, "A lease was ended: " + reason, Optional.of(lease), Optional.empty());
    }

    <R> Outcome<R> refused(ResolvedAttempt sensed, VerdictReasons grounds, Refusal why)
            throws LedgerUnavailableException {
        Refusal refusal = Refusals.offering(sensed, why, !grounds.limits().isEmpty());
        Json.Members members = ReceiptMembers.of(refusal, ReceiptMembers.of(sensed, grounds));
        Optional<String> id =
                writer.appendTallied(Receipt.Kind.REFUSED, sensed.lease().root(), members);
        if (sensed.impacts().contains(Impact.DESTROY)) {
            String deed = Headline.of(members.objects("actions"), members.object("radius"));
            String summary = deed + ": denied. " + refusal.reason();
            alert(AlertKind.DENIED_DESTROY, Severity.WARNING, summary, Optional.of(sensed.lease()), id);
        }
        tellOfLimits(sensed, grounds, id);
        return new Outcome.Refused<>(id.orElse(""), refusal);
    }

    /** Records an agent's dry run, because questions show it where the limits are. One of the gateway's own is none. */
    <R> Outcome<R> tried(ResolvedAttempt sensed, Verdict verdict, List<String> gaps) throws LedgerUnavailableException {
        DryRun trial = DryRun.of(sensed, verdict, LossDescription.describe(sensed, now()), gaps);
        Json.Members members = ReceiptMembers.of(sensed, verdict.grounds())
                .with("refusal", DRY_RUN)
                .with("verdict", trial.would().word())
                .with("reason", trial.reason());
        Optional<String> id = sensed.attempt().isProbe()
                ? Optional.empty()
                : writer.appendTallied(Receipt.Kind.REFUSED, sensed.lease().root(), members);
        return new Outcome.DryRunOutcome<>(id.orElse(""), trial, Optional.of(new Outcome.JudgedCall(sensed, verdict)));
    }

    <R> Outcome<R> held(ResolvedAttempt sensed, Verdict.Hold hold, Confirmations.ParkResult.ParkedAttempt parked)
            throws LedgerUnavailableException {
        HoldTicket ticket = parked.ticket();
        String consequences = LossDescription.describe(sensed, now());
        Refusal refusal = Refusals.offering(sensed, Refusals.held(ticket, hold.grounds(), consequences), false);
        Json.Members members = held(sensed, hold.grounds(), refusal, ticket, hold.obligations());
        Optional<String> id = Optional.empty();
        try {
            id = parked.fresh()
                    ? Optional.of(writer.appendShortened(Receipt.Kind.HELD, members))
                    : writer.appendTallied(Receipt.Kind.HELD, sensed.lease().root(), members);
        } finally {
            // Alerted also if it could not be recorded: the hold waits, and is no longer fresh when the agent asks
            // again.
            if (parked.fresh()) {
                tellOfHold(sensed, ticket, id);
                tellOfLimits(sensed, hold.grounds(), id);
            }
        }
        return new Outcome.Held<>(id.orElse(""), sensed.lease(), ticket.id(), refusal, ticket.expires());
    }

    private static Json.Members held(
            ResolvedAttempt sensed,
            VerdictReasons grounds,
            Refusal refusal,
            HoldTicket ticket,
            Obligations obligations) {
        return ReceiptMembers.of(refusal, ReceiptMembers.of(sensed, grounds))
                .with("hold", ticket.id())
                .with("expires", ticket.expires().toString())
                .with("obligations", obligations.canonical());
    }

    /** Records that people are asked about a plan, step by step, and alerts them once. */
    void held(List<Outcome.JudgedCall> steps, Obligations obligations, HoldPlans.PlanResult.AskedPlan plan)
            throws LedgerUnavailableException {
        Lease lease = steps.getFirst().resolved().lease();
        Optional<String> id = Optional.empty();
        try {
            for (int i = 0; i < steps.size(); i++) {
                VerdictReasons grounds = steps.get(i).verdict().grounds();
                HoldTicket ticket = plan.tickets().get(i);
                Refusal refusal = Refusals.held(ticket, grounds, "");
                Json.Members members = held(steps.get(i).resolved(), grounds, refusal, ticket, obligations);
                String written = writer.appendShortened(Receipt.Kind.HELD, members);
                id = id.or(() -> Optional.of(written));
            }
        } finally {
            Map<String, String> facts = new TreeMap<>(facts(Optional.of(lease)));
            facts.putAll(facts(plan.tickets().getFirst()));
            facts.put("words", plan.words());
            alert(AlertKind.HOLD_OPENED, Severity.INFO, plan.question(), facts, id);
        }
    }

    /** Records that people are asked to widen {@code lease} by {@code scope}. Returns the receipt's identifier. */
    String asked(Lease lease, HoldTicket ticket, Json.Members scope) throws LedgerUnavailableException {
        Optional<String> id = Optional.empty();
        try {
            id = Optional.of(writer.append(
                    Receipt.Kind.ADMIN,
                    ReceiptMembers.of(lease, scope)
                            .with("command", "elevation.ask")
                            .with("hold", ticket.id())
                            .with("expires", ticket.expires().toString())));
            return id.get();
        } finally {
            alert(AlertKind.HOLD_OPENED, Severity.INFO, ticket.summary(), facts(ticket), id);
        }
    }

    /** Returns the facts of a hold. People compare its words with those on the page that they sign. */
    private static Map<String, String> facts(HoldTicket ticket) {
        Map<String, String> facts = new TreeMap<>(Map.of(Alert.HOLD, ticket.id(), "words", ticket.words()));
        ticket.reason().ifPresent(reason -> facts.put("reason_not_checked", VisibleText.unambiguous(reason)));
        return facts;
    }

    private void tellOfHold(ResolvedAttempt sensed, HoldTicket ticket, Optional<String> receipt) {
        Map<String, String> facts = new TreeMap<>(facts(Optional.of(sensed.lease())));
        facts.putAll(facts(ticket));
        alert(AlertKind.HOLD_OPENED, Severity.INFO, ticket.summary(), facts, receipt);
    }

    private void tellOfLimits(ResolvedAttempt sensed, VerdictReasons grounds, Optional<String> receipt) {
        for (VerdictReasons.ReachedLimit limited : grounds.limits()) {
            tellOfLimit(sensed, limited.name(), limited.reason(), receipt);
        }
    }

    private void tellOfLimit(ResolvedAttempt sensed, String limit, String reason, Optional<String> receipt) {
        Map<String, String> facts = new TreeMap<>(facts(Optional.of(sensed.lease())));
        facts.put("limit", limit);
        alert(AlertKind.VELOCITY, Severity.WARNING, reason, facts, receipt);
    }

    /** The intent of {@code at} is durable when this returns. Empty if no receipt can hold it: then nothing may go. */
    Optional<Intent> recordIntent(
            ResolvedAttempt sensed,
            VerdictReasons grounds,
            Json.Members members,
            Optional<Confirmation> confirmation,
            Instant at)
            throws LedgerUnavailableException {
        Optional<String> id = confirmation.isPresent()
                ? appendConfirmed(confirmation.get(), ReceiptMembers.of(confirmation.get(), sensed, members), at)
                : writer.appendIntent(members, at);
        grounds.observed()
                .ifPresent(refusal -> alert(
                        AlertKind.OBSERVING,
                        Severity.WARNING,
                        sensed.headline() + ": permitted, because the seal only observes. " + refusal.reason(),
                        Optional.of(sensed.lease()),
                        id));
        return id.map(written -> new Intent(written, sensed));
    }

    /** Appends a confirmed intent. If both do not fit, what its signed statement says as well is left out. */
    private Optional<String> appendConfirmed(Confirmation confirmation, Json.Members members, Instant at)
            throws LedgerUnavailableException {
        Optional<String> twice = writer.appendIntent(members, at);
        return twice.isPresent() || confirmation.isGranted() // its statement is about another call
                ? twice
                : writer.appendIntent(ReceiptMembers.saidOnce(members), at);
    }

    /**
     * Records an outcome for each intent that a crash left open: {@code unknown}, unless it only reads, or
     * {@code unused} says that its hold was certainly not used by it, or its witnesses had not seen it. People are not
     * alerted once more about those {@code told}, whose end another gateway has recorded meanwhile.
     */
    public void closeAfterCrash(List<Receipt> intents, BiPredicate<String, String> unused, Set<String> told)
            throws IOException {
        for (Receipt intent : intents) {
            Receipt.Result result = resultAfterCrash(intent, isUnwitnessed(intent) || isUnused(intent, unused));
            Json.Members outcome = ReceiptMembers.outcome(intent.id(), intent.agent(), result);
            String id = writer.appendReserved(
                    Receipt.Kind.OUTCOME,
                    switch (result) {
                        case REFUSED -> ReceiptMembers.of(Refusals.STOPPED_BEFORE, outcome);
                        case FAILED -> ReceiptMembers.of(Refusals.ENDED_WHILE_READING, outcome);
                        case UNKNOWN, DONE -> outcome;
                    });
            if (!told.contains(intent.id())) {
                tellAfterCrash("The gateway", intent.id(), result, id);
            }
        }
    }

    /** Returns what became of an intent whose gateway stopped before its outcome. */
    private static Receipt.Result resultAfterCrash(Receipt intent, boolean isUnsent) {
        if (isUnsent) {
            return Receipt.Result.REFUSED;
        }
        return ReceiptMembers.onlyLooks(intent.members()) ? Receipt.Result.FAILED : Receipt.Result.UNKNOWN;
    }

    private static boolean isUnused(Receipt intent, BiPredicate<String, String> unused) {
        return intent.hold().filter(hold -> unused.test(hold, intent.id())).isPresent();
    }

    /** Returns whether the gateway stopped while witnesses had not seen {@code intent} yet: then nothing was sent. */
    private boolean isUnwitnessed(Receipt intent) throws IOException {
        return intent.members().get(WitnessRules.DEMAND).isPresent() && !ledger.isWitnessed(intent);
    }

    private void tellAfterCrash(String gateway, String intent, Receipt.Result result, String receipt) {
        if (result == Receipt.Result.UNKNOWN) {
            alerts.accept(new Alert(
                    AlertKind.UNKNOWN_OUTCOME,
                    Severity.ALARM,
                    gateway + " stopped after it sent a call and before it read the answer.",
                    Map.of("intent", intent),
                    Optional.of(receipt)));
        }
    }

    /**
     * Records, in the log of this gateway, what became of an intent of another one that does not come back. What its
     * witnesses had not seen stays unknown: a copy of its log may lack that. Returns the receipt's identifier.
     */
    public String closeLost(Receipt intent, BiPredicate<String, String> unused, Json.Members asked)
            throws LedgerUnavailableException {
        Receipt.Result result = resultAfterCrash(intent, isUnused(intent, unused));
        String id = recordAdministration(asked.with("node", intent.origin())
                .with("closed", intent.id())
                .with("outcome", result.word())
                .withOptional("agent", intent.agent()));
        tellAfterCrash("The gateway `" + intent.origin() + "`", intent.id(), result, id);
        return id;
    }

    /** Records refusals that were only counted, of windows that are over. Never throws. */
    void recordOverdue() {
        writer.tellOverdue();
    }

    public void recordAllCounted() {
        writer.tellCounted();
    }

    /** Records an administrative act, which is durable when this returns. */
    public String recordAdministration(Json.Members members) throws LedgerUnavailableException {
        return writer.appendReserved(Receipt.Kind.ADMIN, members);
    }

    /**
     * Records an administrative act without the right to it; it may not use the disk space reserved for people's acts.
     */
    public String recordDeniedAdministration(Json.Members members) throws LedgerUnavailableException {
        return writer.append(Receipt.Kind.ADMIN, members);
    }

    /** Records a derived lease. Such a receipt may not use the disk space that is reserved for people's acts. */
    String derived(Lease parent, Lease child) throws LedgerUnavailableException {
        return writer.append(Receipt.Kind.ADMIN, ReceiptMembers.derived(parent, child));
    }

    String issued(Lease lease) throws LedgerUnavailableException {
        return writer.append(Receipt.Kind.ADMIN, ReceiptMembers.issued(lease));
    }

    /** Whether the witnesses whom the seal names have seen an intent. */
    sealed interface WitnessResult {}

    /** They have, and a durable receipt says so. Only {@link Intent} makes one. */
    static final class WitnessedIntent implements WitnessResult {
        private final SeenIntent seen;

        private WitnessedIntent(SeenIntent seen) {
            this.seen = seen;
        }

        /** Returns what shows it to the keys process. */
        SeenIntent seen() {
            return seen;
        }
    }

    record UnwitnessedIntent(Refusal refusal) implements WitnessResult {}

    /** A durable intent, which is followed by exactly one outcome. */
    final class Intent {
        private final String id;
        private final ResolvedAttempt sensed;
        private volatile Consumer<Receipt.Result> then = _ -> {};

        private Intent(String id, ResolvedAttempt sensed) {
            this.id = id;
            this.sensed = sensed;
        }

        String id() {
            return id;
        }

        /** Sets who learns of the outcome, once it is recorded. */
        void tell(Consumer<Receipt.Result> observer) {
            then = observer;
        }

        /** Waits for the witnesses that {@code rules} name, and records durably what they saw. */
        WitnessResult awaitWitnesses(WitnessRules rules) throws IOException {
            CosignedTrees seen = ledger.awaitWitnesses(rules);
            if (seen.by().size() < rules.quorum()) {
                return new UnwitnessedIntent(Refusals.unwitnessed(rules, seen.by()));
            }
            Json.Members act = ReceiptMembers.of(sensed.lease(), Json.object())
                    .with("command", WitnessRules.ACT)
                    .with("intent", id)
                    .withTexts(
                            WitnessRules.CHECKPOINTS,
                            seen.notes().stream().map(note -> new String(note.write(), StandardCharsets.UTF_8)));
            writer.append(Receipt.Kind.ADMIN, act);
            return new WitnessedIntent(ledger.seen(id, seen.notes()));
        }

        <R> Outcome<R> refused(Refusal refusal) {
            end(Receipt.Result.REFUSED, refusal);
            return new Outcome.Refused<>(id, refusal);
        }

        /** Records that racing copies of the call have used up a limit. */
        <R> Outcome<R> overran(String limit, Refusal refusal) {
            tellOfLimit(sensed, limit, refusal.reason(), Optional.of(id));
            return refused(refusal);
        }

        <R> Outcome<R> notSent() {
            return failed(Refusals.NOT_SENT);
        }

        <R> Outcome<R> unanswered() {
            return sensed.isPureRead() ? failed(Refusals.NO_ANSWER) : unknown(Refusals.UNKNOWN);
        }

        <R> Outcome<R> cut(Refusal why) {
            return sensed.isPureRead() ? failed(why) : unknown(Refusals.cut(why));
        }

        private <R> Outcome<R> failed(Refusal refusal) {
            end(Receipt.Result.FAILED, refusal);
            return new Outcome.Refused<>(id, refusal);
        }

        private <R> Outcome<R> unknown(Refusal refusal) {
            end(Receipt.Result.UNKNOWN, refusal);
            tellUnknown(refusal.reason());
            return new Outcome.Refused<>(id, refusal);
        }

        void answered(Upstream.AnswerOutcome ending) {
            Receipt.Result result = result(ending);
            Json.Members outcome = ReceiptMembers.outcome(
                            id, Optional.of(sensed.lease().agent()), result)
                    .with("answer", ending.members());
            end(
                    result,
                    ending.sent()
                            .map(sent -> outcome.with("sent", ReceiptMembers.sent(sent, digests)))
                            .orElse(outcome));
            if (result == Receipt.Result.UNKNOWN && (ending.result() == result || !onlyWrites())) {
                tellUnknown("The upstream's answer does not say whether the call happened.");
            }
        }

        /** A call that only reads has changed nothing. If a call of several actions is refused, some may be done. */
        Receipt.Result result(Upstream.AnswerOutcome ending) {
            if (ending.result() == Receipt.Result.DONE) {
                return Receipt.Result.DONE;
            }
            if (sensed.isPureRead()) {
                return Receipt.Result.FAILED;
            }
            return sensed.isAtomic() ? ending.result() : Receipt.Result.UNKNOWN;
        }

        /** A call that only reads and writes is mostly refused for a slip in its text, which people need not check. */
        private boolean onlyWrites() {
            return EnumSet.of(Impact.READ, Impact.WRITE).containsAll(sensed.impacts());
        }

        private void tellUnknown(String summary) {
            String what = sensed.headline() + ": nobody knows whether it happened. " + summary;
            alert(AlertKind.UNKNOWN_OUTCOME, Severity.ALARM, what, Optional.empty(), Optional.of(id));
        }

        private void end(Receipt.Result result, Refusal refusal) {
            end(
                    result,
                    ReceiptMembers.of(
                            refusal,
                            ReceiptMembers.outcome(
                                    id, Optional.of(sensed.lease().agent()), result)));
        }

        /** Appends the outcome without waiting: a lost one is recovered as {@code unknown}. */
        private void end(Receipt.Result result, Json.Members members) {
            append(members);
            try {
                then.accept(result);
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "the end of a call could not be told to its plan", e);
            }
        }

        private void append(Json.Members members) {
            try {
                writer.appendOwed(Receipt.Kind.OUTCOME, members);
            } catch (LedgerUnavailableException | RuntimeException e) {
                // Not even a bug of ours may make the answer say that the call did not happen.
                LOG.log(System.Logger.Level.ERROR, "an outcome could not be recorded", e);
                alert(
                        AlertKind.LEDGER_TROUBLE,
                        Severity.ALARM,
                        "An outcome could not be recorded.",
                        Optional.empty(),
                        Optional.of(id));
            }
        }
    }

    /** Raises {@code alarm}. The listener's lease names the sender where none was presented. */
    private void alert(
            Resolution.ResolutionAlert alarm,
            Optional<Lease> lease,
            Optional<Lease> place,
            Json.Members members,
            Optional<String> receipt) {
        Map<String, String> facts = new TreeMap<>(facts(lease));
        place.ifPresent(its -> facts.put("place", its.id()));
        List<String> summary = new ArrayList<>(List.of(alarm.summary()));
        for (String name : List.of("agent", "task", "fingerprint")) {
            members.optionalText(name).ifPresent(text -> facts.put(name, text));
        }
        members.optionalText("agent").ifPresent(agent -> summary.add("It came from `" + agent + "`."));
        List<Json.Members> actions = members.objects("actions");
        if (!actions.isEmpty()) {
            String operations = actions.stream()
                    .map(action -> action.text("operation"))
                    .distinct()
                    .collect(Collectors.joining("`, `"));
            summary.add("It asked for `" + operations + "`: " + Headline.of(actions, Json.object()) + ".");
        }
        alert(alarm.rule(), Severity.ALARM, String.join(" ", summary), facts, receipt);
    }

    private void alert(
            AlertKind rule, Severity severity, String summary, Optional<Lease> lease, Optional<String> receipt) {
        alert(rule, severity, summary, facts(lease), receipt);
    }

    private static Map<String, String> facts(Optional<Lease> lease) {
        return lease.map(l -> Map.of("agent", l.agent(), "task", l.task(), "lease", l.id()))
                .orElse(Map.of());
    }

    private void alert(
            AlertKind rule, Severity severity, String summary, Map<String, String> facts, Optional<String> receipt) {
        LoopThreads.leave(); // alerts go to the disk
        try {
            alerts.accept(new Alert(rule, severity, summary, facts, receipt));
        } catch (RuntimeException e) {
            // The alert may be lost. The receipt stands, and so does the answer to the agent.
            LOG.log(System.Logger.Level.ERROR, "an alert could not be raised", e);
        }
    }
}
