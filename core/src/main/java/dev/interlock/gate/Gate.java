package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.QueueTimeoutException;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.confirm.Confirmation;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.HoldPlans;
import dev.interlock.confirm.HoldReadiness;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.WitnessRules;
import dev.interlock.gate.CallPhase.OpenedCall;
import dev.interlock.gate.CallPhase.PermittedCall;
import dev.interlock.gate.CallPhase.RecordedCall;
import dev.interlock.gate.CallPhase.ReleasedCall;
import dev.interlock.gate.CallPhase.ResolvedCall;
import dev.interlock.gate.CallPhase.WitnessedCall;
import dev.interlock.gate.Observer.Step;
import dev.interlock.gate.PreparedDecisions.PreparedDecision;
import dev.interlock.inventory.Freshness;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.limits.LimitEnforcer;
import dev.interlock.limits.LimitEnforcer.ReleaseResult;
import dev.interlock.undo.UndoStore;
import dev.interlock.vault.CredentialKeeper;
import dev.interlock.vault.CredentialResult;
import dev.interlock.vault.SecretMatcher;
import dev.interlock.vault.Vault;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The one path that every call takes. Its methods are the phases, in their order: resolve, decide, confirm, record the
 * intent, release, await witnesses, open the credential, forward. {@link CallPhase} is the call as it grows on the way.
 *
 * <p>The commit point is the durable intent. Before it, every failure refuses. After it and before forwarding, every
 * failure refuses too, and is recorded as the intent's outcome. From the first byte sent on, a failure means that the
 * call may have happened: the outcome is {@code unknown}, and nobody sends the call again. A call that only reads has
 * failed then, and no more.
 *
 * <p>Threading: one virtual thread an attempt, on the event loop of its connection until {@link LoopThreads#leave}.
 * Every package behind it may be used by any thread.
 */
final class Gate {

    private static final System.Logger LOG = System.getLogger(Gate.class.getName());

    private final AttemptResolver resolver;
    private final DecisionPoint decisions;
    private final LimitEnforcer limits;
    private final Confirmations confirmations;
    private final HoldPlans plans;
    private final CredentialKeeper keys;
    private final AuditRecorder records;
    private final Rejections rejections;
    private final Observer observer;
    private final InFlightCalls inFlight = new InFlightCalls();
    private final UndoStore states;
    private final LeaseAlerts leaseAlerts;
    private final VaultRefusalCache vaultRefusals = new VaultRefusalCache();

    Gate(
            AttemptResolver resolver,
            DecisionPoint decisions,
            LimitEnforcer limits,
            Confirmations confirmations,
            CredentialKeeper keys,
            AuditRecorder records,
            Rejections rejections,
            Observer observer,
            UndoStore states) {
        this.resolver = resolver;
        this.decisions = decisions;
        this.limits = limits;
        this.confirmations = confirmations;
        this.plans = confirmations.plans();
        this.keys = keys;
        this.records = records;
        this.rejections = rejections;
        this.observer = observer;
        this.states = states;
        this.leaseAlerts = new LeaseAlerts(keys, resolver.secrets, records);
    }

    /** Every failure of the ledger or of our own code is a refusal, which is recorded if that still works. */
    <R> Outcome<R> handle(Attempt attempt, Upstream<R> upstream) {
        ObservedUpstream<R> observed = ObservedUpstream.of(attempt, upstream, observer);
        return observed.ended(decided(attempt, observed));
    }

    private <R> Outcome<R> decided(Attempt attempt, ObservedUpstream<R> upstream) {
        try {
            return resolve(attempt, Freshness.CACHED, Optional.empty(), upstream);
        } catch (LedgerUnavailableException e) {
            LOG.log(System.Logger.Level.ERROR, "refused, because the ledger cannot append", e);
            return new Outcome.Refused<>("", Refusals.noLedger(e));
        } catch (RuntimeException
                | StackOverflowError e) { // an agent's input may be nested deeply, and must leave a receipt
            // It failed before the commit point, so it is certain that nothing left.
            LOG.log(System.Logger.Level.ERROR, "refused, because of an internal failure", e);
            return refuse(attempt, sender(attempt), Refusals.OURS);
        }
    }

    private Resolution.Rejected sender(Attempt attempt) {
        try {
            return resolver.callers.identify(attempt.presented(), attempt.place(), Refusals.OURS, attempt.at());
        } catch (RuntimeException | StackOverflowError e) {
            LOG.log(System.Logger.Level.ERROR, "the lease of an attempt could not be determined", e);
            return Resolution.Rejected.of(Refusals.OURS);
        }
    }

    /** Refuses {@code attempt}, whose wait for people is over, and records that if it works. */
    <R> Outcome<R> refuse(Attempt attempt, Resolution.Rejected rejected) {
        return refuse(attempt, rejected, Refusals.NO_LEDGER);
    }

    private <R> Outcome<R> refuse(Attempt attempt, Resolution.Rejected rejected, Refusal unrecorded) {
        try {
            return records.refused(attempt, rejected);
        } catch (LedgerUnavailableException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a refusal could not be recorded", e);
            return new Outcome.Refused<>("", unrecorded);
        }
    }

    int cutStopped() {
        return inFlight.cutStopped();
    }

    /** Finds out who calls, what the call means, and what it would cost. */
    private <R> Outcome<R> resolve(
            Attempt attempt, Freshness freshness, Optional<Confirmation> found, ObservedUpstream<R> upstream)
            throws LedgerUnavailableException {
        upstream.enter(Step.SENSE);
        switch (resolver.resolve(attempt, freshness)) {
            case Resolution.Rejected rejected -> {
                LoopThreads.leave();
                upstream.enter(Step.SECURE);
                return rejections.refused(attempt, rejected);
            }
            case Resolution.Resolved resolved -> {
                if (!resolved.isShort()) {
                    LoopThreads.leave();
                }
                if (resolved.noticed().isPresent()) {
                    leaseAlerts.raiseOnce(
                            resolved.resolved().lease(), resolved.noticed().get());
                }
                upstream.redactAnswerBy(resolved.redactor());
                Resolution.Resolved advised = resolved.prepared().isPresent()
                        ? resolved
                        : resolved.with(decisions.recommending(
                                resolved.seal(),
                                resolved.resolved(),
                                action -> resolver.safer(resolved.seal(), attempt.upstream(), action)));
                return decide(new ResolvedCall<>(advised, freshness, found, upstream, records));
            }
        }
    }

    private <R> Outcome<R> decide(ResolvedCall<R> call) throws LedgerUnavailableException {
        ResolvedAttempt sensed = call.sensed;
        // Other calls may have used up the lookups. A call that people have signed has some of its own.
        if (!call.gaps.isEmpty() && call.freshness == Freshness.CACHED && confirmations.isSigned(sensed)) {
            return resolve(sensed.attempt(), Freshness.FRESH, Optional.empty(), call.upstream);
        }
        call.upstream.enter(Step.DECIDE);
        Verdict verdict = verdict(call);
        if (sensed.attempt().isDryRun()) {
            call.upstream.enter(Step.SECURE);
            return records.tried(sensed, verdict, call.gaps);
        }
        if (!(verdict instanceof Verdict.Permit)
                && call.gaps.isEmpty()
                && decisions.dependsOnCounts(call.seal, sensed)) {
            boolean hasRoom = resolver.hasRoom(call.seal, sensed.lease());
            return measured(call.measured(call.seal.undo().filter(_ -> hasRoom), states.nextReading()));
        }
        return secure(call, verdict);
    }

    /** What people were asked about with greater numbers is decided by these: their answer holds for it. */
    private <R> Outcome<R> measured(ResolvedCall<R> call) throws LedgerUnavailableException {
        Verdict verdict = verdict(call);
        ResolvedAttempt asked = verdict instanceof Verdict.Hold ? confirmations.asked(call.sensed) : call.sensed;
        if (asked.equals(call.sensed)) {
            return secure(call, verdict);
        }
        ResolvedCall<R> confirmed = call.with(asked);
        return secure(confirmed, verdict(confirmed));
    }

    private Verdict verdict(ResolvedCall<?> call) {
        boolean isByPlaces = call.prepared.isEmpty() && decisions.judgesByPlaces(call.seal, call.sensed);
        Optional<Verdict.Permit> before = isByPlaces
                ? resolver.prepared.findAlike(call.seal, call.sensed)
                : call.prepared.map(PreparedDecision::permit);
        Verdict decided = before.map(permit -> decisions.decideAgain(call.seal, call.sensed, permit))
                .orElseGet(() -> decisions.decide(call.seal, call.sensed));
        if (!(decided instanceof Verdict.Permit permit)) {
            LoopThreads.leave(); // people may be asked, and the vault
        } else if (call.prepared.isEmpty()) {
            decisions
                    .argumentsRead(call.seal)
                    .ifPresent(read -> resolver.prepared.prepare(call, permit, read, isByPlaces && before.isEmpty()));
        }
        try {
            return possible(call, planned(call.sensed, decided));
        } catch (QueueTimeoutException _) {
            return new Verdict.Refuse(decided.grounds(), Refusals.BUSY);
        }
    }

    private <R> Outcome<R> secure(ResolvedCall<R> call, Verdict verdict) throws LedgerUnavailableException {
        ResolvedAttempt sensed = call.sensed;
        call.upstream.enter(Step.SECURE);
        return switch (verdict) {
            case Verdict.Refuse(VerdictReasons _, Refusal refusal) ->
                call.refuse(
                        verdict,
                        decisions.isBeyondLease(call.seal, sensed, refusal)
                                ? Refusals.withoutUncertainElevation(sensed, refusal, call.gaps)
                                : refusal);
            case Verdict.Permit permit -> recordIntent(call.permitted(permit));
            // A provider that does not answer must not change what people are asked, or void what they signed.
            case Verdict.Hold hold when !call.gaps.isEmpty() -> call.refuse(hold, Refusals.uncertain(call.gaps));
            case Verdict.Hold hold when !isStored(sensed) -> call.refuse(hold, Refusals.UNSEEN);
            case Verdict.Hold hold -> confirm(call, hold);
        };
    }

    /** Stores a body that would be passed on unread, because people sign for its bytes. */
    private static boolean isStored(ResolvedAttempt sensed) {
        if (sensed.outgoing().isWhole()) {
            return true;
        }
        LoopThreads.leave();
        try {
            return sensed.outgoing().receive().isEmpty();
        } catch (IOException _) {
            return false;
        }
    }

    /** A step of a plan needs the plan's confirmation, and any other call may end one. What only reads does neither. */
    private Verdict planned(ResolvedAttempt sensed, Verdict verdict) {
        return sensed.attempt().isDryRun() || sensed.isPureRead() ? verdict : plans.planned(sensed, verdict);
    }

    /** Refuses for good a call about which people would be asked although the vault has no secret for it. */
    private Verdict possible(ResolvedCall<?> call, Verdict verdict) {
        boolean wouldAsk = switch (verdict) {
            case Verdict.Permit _ -> false;
            case Verdict.Hold _ -> true;
            case Verdict.Refuse(VerdictReasons _, Refusal refusal) ->
                refusal.elevation().isPresent() && !call.sensed.impacts().equals(Set.of(Impact.READ));
        };
        if (!wouldAsk || !call.gaps.isEmpty()) {
            return verdict;
        }
        try {
            return keys.obstacle(call.seal.id(), call.sensed)
                    .<Verdict>map(reason -> impossible(verdict, reason))
                    .orElse(verdict);
        } catch (IOException _) {
            return verdict;
        }
    }

    private static Verdict.Refuse impossible(Verdict verdict, String reason) {
        return verdict instanceof Verdict.Refuse(VerdictReasons grounds, Refusal refusal)
                ? new Verdict.Refuse(grounds, Refusals.vainElevation(refusal, reason))
                : new Verdict.Refuse(verdict.grounds(), Refusals.credentialRefused(reason));
    }

    /** Goes on with a call that people have confirmed, and asks them about any other. */
    private <R> Outcome<R> confirm(ResolvedCall<R> call, Verdict.Hold hold) throws LedgerUnavailableException {
        HoldReadiness readiness;
        try {
            readiness = confirmations.ready(call.seal, call.sensed, hold, call.found);
        } catch (QueueTimeoutException _) { // recorded in the receipt only: an agent could fill a log
            return call.refuse(hold, Refusals.BUSY);
        }
        Optional<Duration> ahead = confirmations.ahead();
        return switch (readiness) {
            // The keys process would refuse it, and the signatures would be used up.
            case HoldReadiness.ReadyHold _
            when ahead.isPresent() -> call.refuse(hold, Refusals.clockAhead(ahead.get()));
            // People signed for what was true then. So all of it is resolved and decided anew before it is acted on.
            case HoldReadiness.ReadyHold(Confirmation found)
            when call.freshness == Freshness.CACHED ->
                resolve(call.sensed.attempt(), Freshness.FRESH, Optional.of(found), call.upstream);
            case HoldReadiness.ReadyHold ready -> recordIntent(call.permitted(hold, ready));
            case HoldReadiness.DeniedHold denied -> call.refuse(hold, Refusals.of(denied));
            case HoldReadiness.WaitingHold _,
                    HoldReadiness.VoidedHold _,
                    HoldReadiness.ExpiredHold _,
                    HoldReadiness.NoHoldYet _ -> openHold(call, hold);
        };
    }

    /** Opens a hold: people are asked to confirm the call, and the agent gets the answer at once. */
    private <R> Outcome<R> openHold(ResolvedCall<R> call, Verdict.Hold hold) throws LedgerUnavailableException {
        Confirmations.ParkResult parking;
        try {
            parking = confirmations.open(call.seal, call.sensed, hold);
        } catch (QueueTimeoutException _) {
            return call.refuse(hold, Refusals.BUSY);
        }
        return switch (parking) {
            case Confirmations.ParkResult.ParkedAttempt parked -> records.held(call.sensed, hold, parked);
            case Confirmations.ParkResult.DeniedAttempt(HoldReadiness.DeniedHold denied) ->
                call.refuse(hold, Refusals.of(denied));
            case Confirmations.ParkResult.UnaskableAttempt(String reason) ->
                call.refuse(hold, Refusals.unaskable(reason));
            case Confirmations.ParkResult.LimitReached reached -> call.refuse(hold, Refusals.of(reached));
            case Confirmations.ParkResult.ElevationsUsedUp usedUp -> call.refuse(hold, Refusals.of(usedUp));
        };
    }

    /** Gives the call a place in flight, and makes its intent durable: the commit point. */
    private <R> Outcome<R> recordIntent(PermittedCall<R> call) throws LedgerUnavailableException {
        Optional<String> refusal = call.confirmation.isPresent()
                ? Optional.empty()
                : vaultRefusals.reason(call.grounds.seal(), call.sensed);
        if (refusal.isPresent()) {
            return call.refuse(Refusals.credentialRefused(refusal.get()));
        }
        // Before the intent: a call that gets no place in flight must not take up one of the ledger's, which all share.
        Optional<InFlightCalls.Entry> flight = inFlight.admit(
                call.sensed.lease(),
                call.sensed.outgoing().authority(),
                call.upstream::cut,
                confirmedBy -> decisions.stopReason(call, confirmedBy));
        if (flight.isEmpty()) {
            return call.refuse(Refusals.TOO_MANY_IN_FLIGHT);
        }
        Outcome<R> outcome = null;
        try {
            // The intent is durable before anything leaves. A crash may leave evidence of a call that never left, but
            // never a call without evidence.
            Instant at = records.now();
            Optional<Refusal> over = decisions.coverageEnded(call, at);
            if (over.isPresent()) {
                return call.refuse(over.get());
            }
            Optional<AuditRecorder.Intent> intent =
                    records.recordIntent(call.sensed, call.grounds, call.told(), call.confirmation, at);
            intent.ifPresent(durable -> call.confirmation
                    .filter(Confirmation::mayBeStep)
                    .ifPresent(used -> durable.tell(
                            result -> plans.ended(used.hold(), durable.id(), result == Receipt.Result.DONE))));
            outcome = intent.isPresent()
                    ? release(call.recorded(flight.get(), intent.get()))
                    : call.refuse(Refusals.TOO_LARGE);
            return outcome;
        } finally {
            if (!(outcome instanceof Outcome.Forwarded)) {
                flight.get().close();
            }
        }
    }

    /** Checks once more whether the call may go, and counts it against the limits. */
    private <R> Outcome<R> release(RecordedCall<R> call) {
        try {
            // Checked once more, now that a kill would find this call in flight: one may have come since the lease was
            // checked. Checked before the confirmation is used, which therefore stays good.
            Optional<Refusal> stopped = call.flight.stopReason();
            if (stopped.isPresent()) {
                return call.refuse(stopped.get());
            }
            call.upstream.enter(Step.OPEN);
            // Counted before the confirmation is used: of racing copies, no more get past this line than the limits
            // allow.
            return switch (limits.release(call.seal, call.sensed, call.grounds, call.intent.id())) {
                case ReleaseResult.LimitedRelease(String limit, Refusal refusal) -> call.intent.overran(limit, refusal);
                case ReleaseResult.RefusedRelease(Refusal refusal) -> call.refuse(refusal);
                case ReleaseResult.GrantedRelease granted -> awaitWitnesses(call.released(granted));
            };
        } catch (RuntimeException | StackOverflowError e) {
            // Nothing of the call has left: forward() records what fails from there on. No intent stays without an
            // outcome.
            LOG.log(System.Logger.Level.ERROR, "refused after the intent, because of an internal failure", e);
            return call.refuse(Refusals.OURS);
        }
    }

    /** Waits until the witnesses whom the seal names have seen the intent. No confirmation is used before. */
    private <R> Outcome<R> awaitWitnesses(ReleasedCall<R> call) {
        Optional<WitnessRules> rules = call.watching();
        if (rules.isEmpty()) {
            return openCredential(call.witnessed(Optional.empty()));
        }
        LoopThreads.leave(); // they are on other machines
        AuditRecorder.WitnessResult seen;
        try {
            seen = call.intent.awaitWitnesses(rules.get());
        } catch (IOException | RuntimeException e) {
            logUnsent("what witnesses saw could not be recorded", e);
            return unsent(call, Refusals.NO_LEDGER);
        }
        Optional<Refusal> stopped = call.flight // a stop may have come meanwhile, or the end of the lease
                .stopReason()
                .or(() -> decisions.coverageEnded(call, records.now()));
        return switch (seen) {
            case AuditRecorder.UnwitnessedIntent(Refusal refusal) -> unsent(call, stopped.orElse(refusal));
            case AuditRecorder.WitnessedIntent intent ->
                stopped.isPresent() ? unsent(call, stopped.get()) : openCredential(call.witnessed(Optional.of(intent)));
        };
    }

    /** Arranges that the answer is searched, uses up the confirmation, and opens the credential. */
    private <R> Outcome<R> openCredential(WitnessedCall<R> call) {
        Optional<Refusal> unkept = keepPriorState(call);
        if (unkept.isPresent()) {
            return unsent(call, unkept.get());
        }
        CredentialResult opening;
        try {
            Optional<Refusal> unsearchable = searchAnswer(call); // before the confirmation is used
            if (unsearchable.isPresent()) {
                return unsent(call, unsearchable.get());
            }
            opening = unlock(call);
        } catch (IOException | RuntimeException e) {
            logUnsent("the vault opened no credential", e);
            return unsent(call, Refusals.unopened(call.confirmation.isPresent()));
        } catch (StackOverflowError e) {
            unsent(call);
            throw e;
        }
        return switch (opening) {
            case CredentialResult.CredentialRefused refusal -> {
                if (call.confirmation.isEmpty()) {
                    vaultRefusals.add(call.grounds.seal(), call.sensed, refusal.reason());
                }
                yield unsent(call, Refusals.credentialRefused(refusal.reason()));
            }
            case CredentialResult.NoCredentialNeeded unneeded -> forward(call.opened(unneeded));
            case CredentialResult.CredentialOpened opened -> forward(call.opened(opened));
        };
    }

    /** Keeps the state that the call changes, durably, before anything leaves. Returns why that did not work. */
    private Optional<Refusal> keepPriorState(ReleasedCall<?> call) {
        if (call.prior.isEmpty()) {
            return Optional.empty();
        }
        PriorState prior = call.prior.get();
        try {
            return switch (states.keep(prior.kept(call.intent.id(), call.sensed), prior.reading())) {
                case KEPT -> Optional.empty();
                case CHANGED -> Optional.of(Refusals.CHANGED_MEANWHILE);
                case FULL -> Optional.of(Refusals.NO_ROOM_FOR_STATE);
            };
        } catch (IOException | RuntimeException e) {
            logUnsent("the state before it could not be kept", e);
            return Optional.of(Refusals.UNKEPT);
        }
    }

    private Optional<Refusal> searchAnswer(ReleasedCall<?> call) {
        try {
            call.upstream.scanAnswerBy(leaseAlerts.answerScanner(call.sensed, resolver.hidden(call.seal, call.sensed)));
            screen(call).ifPresent(call.upstream::screenAnswerBy);
            return Optional.empty();
        } catch (IOException | RuntimeException e) {
            logUnsent("its answer could not be scanned", e);
            return Optional.of(Refusals.UNSEARCHED);
        }
    }

    /** Returns the screen of the answer to {@code call}, if it shows files about which the policy decides by name. */
    private Optional<AnswerScreen> screen(ReleasedCall<?> call) {
        boolean isScreened = resolver.showsFiles(call.seal, call.sensed)
                && decisions.argumentsRead(call.seal).stream().allMatch(read -> read.contains(Fact.FILE));
        return isScreened
                ? Optional.of(new PolicyScreen(decisions, call.seal, call.sensed, call.confirmation.isPresent()))
                : Optional.empty();
    }

    /** Uses up the confirmation, if one is needed, and asks the vault for the credential. */
    private CredentialResult unlock(WitnessedCall<?> call) throws IOException {
        Optional<Vault.ConfirmationProof> proof = Optional.empty();
        if (call.confirmation.isPresent()) {
            // Single use: of any number of racing copies, one gets past this line.
            Optional<Confirmation.ConsumedConfirmation> used =
                    confirmations.consume(call.confirmation.get(), call.intent.id());
            if (used.isEmpty()) {
                return new CredentialResult.CredentialRefused(
                        "The confirmation is no longer valid: another copy of this request used it, or it has expired.");
            }
            // The people are registered before they are checked: a stop of one of them from here on finds this call in
            // flight, and cuts it off.
            call.flight.confirmedBy(used.get().people());
            if (decisions.disownedReason(used.get().people()).isPresent()) {
                return new CredentialResult.CredentialRefused(Refusals.DISOWNED_REASON);
            }
            proof = used.map(good -> proof(good, call.sensed));
        }
        return keys.open(call.grounds.seal(), call.sensed, proof, call.seen);
    }

    private static Vault.ConfirmationProof proof(Confirmation.ConsumedConfirmation used, ResolvedAttempt sensed) {
        Optional<Vault.GrantUse> use = used.use().isPresent()
                ? Optional.of(new Vault.GrantUse(
                        used.use().getAsLong(),
                        Bytes.of(sensed.meaning().canonical()),
                        Bytes.of(sensed.request().canonical())))
                : Optional.empty();
        return new Vault.ConfirmationProof(used.statement(), used.signatures(), use);
    }

    /** Sends the call, once, and records its outcome. */
    private <R> Outcome<R> forward(OpenedCall<R> call) {
        InFlightCalls.Entry flight = call.flight;
        AuditRecorder.Intent intent = call.intent;
        // The process may have stood still since it was checked, and who cuts off then is not faster than this thread.
        Optional<Refusal> stopped = flight.stopReason();
        if (stopped.isPresent()) {
            return unsent(call, stopped.get());
        }
        if (call.sensed.isPureRead()) {
            call.upstream.markReadOnly();
        }
        try {
            R answer = call.upstream.forward(call);
            // The head says whether the upstream refused it. Whether it succeeded is known at the end of the answer.
            boolean isFailed = intent.result(call.upstream.ending(answer)) == Receipt.Result.FAILED;
            if (isFailed) {
                limits.liftAfterFailure(call.granted);
                settleState(call, () -> states.drop(intent.id()));
            }
            call.upstream.whenEnded(answer, () -> {
                if (!isFailed) {
                    settleState(call, () -> states.end(intent.id())); // servers may answer before they have done it
                }
                intent.answered(call.upstream.ending(answer));
            });
            return new Outcome.Forwarded<>(intent.id(), answer, flight);
        } catch (NotSentException e) {
            limits.undoRelease(call.granted);
            settleState(call, () -> states.drop(intent.id()));
            LOG.log(System.Logger.Level.WARNING, "nothing was sent: {0}", e.getMessage());
            return flight.cutReason().or(e::refusal).map(intent::<R>refused).orElseGet(intent::notSent);
        } catch (IOException | RuntimeException | StackOverflowError e) {
            // A call that does more than read may have happened. The answer says so, and the gateway never sends a call
            // again by itself.
            LOG.log(System.Logger.Level.WARNING, "the connection broke after sending: {0}", e.getMessage());
            settleState(call, () -> states.end(intent.id()));
            return flight.cutReason().map(intent::<R>cut).orElseGet(intent::unanswered);
        }
    }

    private <R> Outcome<R> unsent(ReleasedCall<R> call, Refusal refusal) {
        unsent(call);
        return call.refuse(refusal);
    }

    private void unsent(ReleasedCall<?> call) {
        limits.undoRelease(call.granted);
        settleState(call, () -> states.drop(call.intent.id()));
    }

    /** Says what became of a call whose prior state is kept. If that fails, calls that change the same are refused. */
    private static void settleState(CallPhase<?> call, Runnable how) {
        if (call.prior.isPresent()) {
            try {
                how.run();
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "the end of a call could not be stored", e);
            }
        }
    }

    /** If the keys process has stopped, its message says enough without a trace. */
    private static void logUnsent(String why, Exception e) {
        LOG.log(
                System.Logger.Level.ERROR,
                "refused after the intent, because " + why + ": " + e,
                e instanceof RuntimeException ? e : null);
    }

    /** Alerts people once for each lease, because an agent may cause the same often. Threading: any. */
    static final class LeaseAlerts {

        private static final System.Logger LOG = System.getLogger(LeaseAlerts.class.getName());

        private final CredentialKeeper keys;
        private final CarriedSecrets secrets;
        private final AuditRecorder records;

        LeaseAlerts(CredentialKeeper keys, CarriedSecrets secrets, AuditRecorder records) {
            this.keys = keys;
            this.secrets = secrets;
            this.records = records;
        }

        /** Raises {@code alarm}. If it cannot be recorded, the next such call raises it again. */
        void raiseOnce(Lease lease, Resolution.ResolutionAlert alarm) throws LedgerUnavailableException {
            try {
                records.recordAlert(lease, alarm);
            } catch (LedgerUnavailableException | RuntimeException e) {
                secrets.forgetAlerts(lease); // otherwise the next such call would go, and nobody would ever be alerted
                throw e;
            }
        }

        /** Returns the search of the answer to {@code sensed}: the agent must not hold what it may not send. */
        ResponseScanner answerScanner(ResolvedAttempt sensed, HiddenMembers hidden) throws IOException {
            SecretMatcher traces = keys.secretMatcher();
            return new ResponseScanner() {
                @Override
                public boolean passes(byte[] text, boolean closely) {
                    Set<String> found = (closely ? traces.find(text) : traces.findPlain(text)).credentials();
                    if (!found.isEmpty()) {
                        tellOf(sensed, found);
                    }
                    return found.isEmpty();
                }

                @Override
                public void starOut(byte[] text) {
                    hidden.starOut(text);
                }
            };
        }

        private void tellOf(ResolvedAttempt sensed, Set<String> found) {
            LOG.log(System.Logger.Level.WARNING, "an answer contained a credential of the vault: {0}", found);
            secrets.leakAlert(sensed.lease(), sensed.attempt().upstream(), found)
                    .ifPresent(alarm -> tellQuietly(sensed.lease(), alarm));
        }

        private void tellQuietly(Lease lease, Resolution.ResolutionAlert alarm) {
            try {
                raiseOnce(lease, alarm);
            } catch (LedgerUnavailableException | RuntimeException e) {
                LOG.log(System.Logger.Level.ERROR, "an alert about a credential in an answer could not be recorded", e);
            }
        }
    }

    /**
     * The openings that the vault has just refused, without a confirmation. The same call is refused at once, with one
     * receipt instead of two, so that an agent cannot fill a disk. Threading: any.
     */
    static final class VaultRefusalCache {

        /** A person who has just filled a slot waits no longer than this. */
        static final Duration REMEMBERED = Duration.ofSeconds(5);

        /** Maximum entries. Impacts and environments come in a few sets; beyond this all are forgotten. */
        private static final int MOST = 1_000;

        private record Key(String seal, String upstream, Set<Impact> impacts, Set<String> environments) {}

        private record Entry(String reason, Instant at) {}

        private final Map<Key, Entry> known = new ConcurrentHashMap<>();

        private static Key asked(String seal, ResolvedAttempt sensed) {
            return new Key(seal, sensed.attempt().upstream(), sensed.impacts(), sensed.environments());
        }

        Optional<String> reason(String seal, ResolvedAttempt sensed) {
            if (known.isEmpty()) {
                return Optional.empty();
            }
            Instant now = sensed.attempt().at();
            return Optional.ofNullable(known.get(asked(seal, sensed)))
                    .filter(entry -> Duration.between(entry.at(), now).abs().compareTo(REMEMBERED) < 0)
                    .map(Entry::reason);
        }

        void add(String seal, ResolvedAttempt sensed, String reason) {
            if (known.size() >= MOST) {
                known.clear();
            }
            known.put(asked(seal, sensed), new Entry(reason, sensed.attempt().at()));
        }
    }
}
