package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Lease;
import dev.interlock.action.Refusal;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Records requests that were rejected before anything was decided about them. It ends the lease behind one where the
 * seal says that such a request ends it. Threading: any.
 */
final class Rejections {

    private static final System.Logger LOG = System.getLogger(Rejections.class.getName());

    private final AttemptResolver resolver;
    private final AuditRecorder records;
    private final Consumer<Lease> ending;
    private final Runnable cutStopped;
    private final Observer observer;

    Rejections(
            AttemptResolver resolver,
            AuditRecorder records,
            Consumer<Lease> ending,
            Runnable cutStopped,
            Observer observer) {
        this.resolver = resolver;
        this.records = records;
        this.ending = ending;
        this.cutStopped = cutStopped;
        this.observer = observer;
    }

    <R> Outcome<R> refused(Attempt attempt, Resolution.Rejected rejected) throws LedgerUnavailableException {
        try {
            return records.refused(attempt, rejected);
        } finally {
            if (!attempt.isProbe()) {
                end(rejected);
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
            Resolution.Rejected rejected = resolver.secrets.withRecordableReason(
                    resolver.callers.identify(presented, place, refusal, at), asked);
            ObservedUpstream.unread(refusal, observer);
            return recorded(rejected, place);
        } catch (LedgerUnavailableException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a refusal could not be recorded", e);
            return "";
        }
    }

    /** Records a probe that a front refused by itself, as {@link CallHandler#unreadProbe} says. */
    String unreadProbe(Refusal refusal) {
        try {
            return records.probed(refusal, Json.object());
        } catch (LedgerUnavailableException | RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a probe's refusal could not be recorded", e);
            return "";
        }
    }

    /** Searches a text to the gateway itself. Empty if it may be read; otherwise the refusal was recorded. */
    Optional<Outcome.Refused<Void>> searched(Lease lease, Optional<String> place, Bytes text)
            throws LedgerUnavailableException {
        Optional<Resolution.Rejected> rejected = resolver.secrets.search(lease, text.toArray());
        return rejected.isEmpty()
                ? Optional.empty()
                : Optional.of(new Outcome.Refused<>(
                        recorded(rejected.get(), place), rejected.get().refusal()));
    }

    private String recorded(Resolution.Rejected rejected, Optional<String> place) throws LedgerUnavailableException {
        try {
            return records.refused(rejected, place);
        } finally {
            end(rejected);
        }
    }

    /** Ends the lease behind it where the seal says so, whether or not the rejection could be recorded. */
    private void end(Resolution.Rejected rejected) {
        Optional<Resolution.ResolutionAlert> alarm = rejected.alarm().filter(Resolution.ResolutionAlert::ends);
        if (alarm.isPresent() && rejected.lease().isPresent()) {
            ending.accept(rejected.lease().get());
            cutStopped.run();
            records.ended(rejected.lease().get(), alarm.get().summary());
        }
    }
}
