package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.ledger.LedgerUnavailableException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Records requests that were rejected before anything was decided about them. It ends the lease behind one where the
 * seal says that such a request ends it.
 *
 * <p>Threading: any.
 */
final class Rejections {

    private static final System.Logger LOG = System.getLogger(Rejections.class.getName());

    private final AttemptResolver senses;
    private final AuditRecorder records;
    private final Consumer<Lease> ending;
    private final Runnable cutStopped;
    private final Observer observer;

    /**
     * Creates the handling of rejections.
     *
     * @param ending ends a lease and all that descend from it
     * @param cutStopped cuts off the calls that may not go on since then
     */
    Rejections(
            AttemptResolver senses,
            AuditRecorder records,
            Consumer<Lease> ending,
            Runnable cutStopped,
            Observer observer) {
        this.senses = senses;
        this.records = records;
        this.ending = ending;
        this.cutStopped = cutStopped;
        this.observer = observer;
    }

    /** Records that {@code attempt} was rejected. */
    <R> Outcome<R> refused(Attempt attempt, Resolution.Rejected unheard) throws LedgerUnavailableException {
        try {
            return records.refused(attempt, unheard);
        } finally {
            if (!attempt.isProbe()) {
                end(unheard);
            }
        }
    }

    /** Records what a front refused by itself, as {@link CallHandler#unread} says. */
    String unread(
            List<Attempt.PresentedCredential> presented,
            Optional<String> place,
            String asked,
            Refusal refusal,
            Instant at) {
        try {
            Resolution.Rejected unheard =
                    senses.withRecordableReason(senses.identify(presented, place, refusal, at), asked);
            ObservedUpstream.unread(refusal, observer);
            return recorded(unheard, place);
        } catch (LedgerUnavailableException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a refusal could not be recorded", e);
            return "";
        }
    }

    /**
     * Searches {@code text}, which the holder of {@code lease} sends to the gateway itself, as a call is searched.
     * Returns empty if it may be read. Otherwise the refusal is recorded and returned.
     */
    Optional<Outcome.Refused<Void>> searched(Lease lease, Optional<String> place, Bytes text)
            throws LedgerUnavailableException {
        Optional<Resolution.Rejected> unheard = senses.searched(lease, text.toArray());
        return unheard.isEmpty()
                ? Optional.empty()
                : Optional.of(new Outcome.Refused<>(
                        recorded(unheard.get(), place), unheard.get().refusal()));
    }

    private String recorded(Resolution.Rejected unheard, Optional<String> place) throws LedgerUnavailableException {
        try {
            return records.refused(unheard, place);
        } finally {
            end(unheard);
        }
    }

    /** Ends the lease behind it where the seal says so, whether or not the rejection could be recorded. */
    private void end(Resolution.Rejected unheard) {
        Optional<Resolution.ResolutionAlert> alarm = unheard.alarm().filter(Resolution.ResolutionAlert::ends);
        if (alarm.isPresent() && unheard.lease().isPresent()) {
            ending.accept(unheard.lease().get());
            cutStopped.run();
            records.ended(unheard.lease().get(), alarm.get().summary());
        }
    }
}
