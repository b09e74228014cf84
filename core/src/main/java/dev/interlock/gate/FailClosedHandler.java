package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.ledger.LedgerUnavailableException;

/**
 * Hands each attempt to {@link Gate}, and turns every failure of the ledger or of our own code into a refusal. The
 * refusal is recorded if that still works. Failures after the intent do not get here: they have an outcome already.
 *
 * <p>Threading: any.
 */
final class FailClosedHandler implements Handler {

    private static final System.Logger LOG = System.getLogger(FailClosedHandler.class.getName());

    private final Gate gate;
    private final AttemptResolver senses;
    private final AuditRecorder records;
    private final Observer observer;

    FailClosedHandler(Gate gate, AttemptResolver senses, AuditRecorder records, Observer observer) {
        this.gate = gate;
        this.senses = senses;
        this.records = records;
        this.observer = observer;
    }

    @Override
    public <R> Outcome<R> handle(Attempt attempt, Upstream<R> upstream) {
        ObservedUpstream<R> observed = ObservedUpstream.of(attempt, upstream, observer);
        return observed.ended(handled(attempt, observed));
    }

    private <R> Outcome<R> handled(Attempt attempt, ObservedUpstream<R> upstream) {
        try {
            return gate.handle(attempt, upstream);
        } catch (LedgerUnavailableException e) {
            LOG.log(System.Logger.Level.ERROR, "refused, because the ledger cannot append", e);
            return new Outcome.Refused<>("", Refusals.noLedger(e));
        } catch (RuntimeException
                | StackOverflowError e) { // an agent's input may be nested deeply, and must leave a receipt
            LOG.log(System.Logger.Level.ERROR, "refused, because of an internal failure", e);
            return ours(attempt);
        }
    }

    // It failed before the commit point, so it is certain that nothing left. It is recorded like any other attempt.
    private <R> Outcome<R> ours(Attempt attempt) {
        try {
            return records.refused(attempt, whoever(attempt));
        } catch (LedgerUnavailableException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a refusal could not be recorded", e);
            return new Outcome.Refused<>("", Refusals.ours());
        }
    }

    private Resolution.Rejected whoever(Attempt attempt) {
        try {
            return senses.identify(attempt.presented(), attempt.place(), Refusals.ours(), attempt.at());
        } catch (RuntimeException | StackOverflowError e) {
            LOG.log(System.Logger.Level.ERROR, "the lease of an attempt could not be determined", e);
            return Resolution.Rejected.of(Refusals.ours());
        }
    }

    /** Refuses {@code attempt}, whose wait for people is over, and records that if it works. */
    <R> Outcome<R> refused(Attempt attempt, Resolution.Rejected rejected) {
        try {
            return records.refused(attempt, rejected);
        } catch (LedgerUnavailableException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "refused, and the end of a hold's wait could not be recorded", e);
            return new Outcome.Refused<>("", Refusals.noLedger());
        }
    }
}
