package dev.interlock.policy;

import dev.interlock.action.Bytes;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.SshPublicKey;
import dev.interlock.store.StoreUnavailableException;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Holds the one seal in force. It adopts a new seal on three conditions. Enough of the pinned keys signed it, it is
 * younger than every seal that this store or the ledger has seen, and all of it is understood.
 *
 * <p>Threading: {@link #current} takes no lock; adoptions take turns.
 */
public final class SealsInForce {

    /** The keys that may sign seals by {@code gateway.yaml}, which root owns, and how many of them must. */
    public record SealSigners(Set<SshPublicKey> keys, int quorum) {
        public SealSigners {
            keys = Set.copyOf(keys);
            if (quorum < 1 || quorum > keys.size()) {
                throw new IllegalArgumentException(
                        "a quorum of " + quorum + " cannot be met by " + keys.size() + " pinned keys");
            }
        }
    }

    /** A second record of seal sequences, so that restoring an older store brings back no older seal. */
    public interface SequenceRecord {

        /** Returns the highest sequence on record, 0 if there is none. If it throws, the seal is rejected. */
        long highest();

        /** Records a verified seal durably; if that fails, the seal is rejected. */
        void anchor(Seal seal) throws IOException;
    }

    /** The outcome for an envelope. */
    public sealed interface AdoptionResult {
        /** The seal is in force, signed by the pinned keys with these fingerprints. */
        record AdoptedSeal(Seal seal, Set<String> signers) implements AdoptionResult {}

        /** The seal was rejected, for a whole sentence; the one before it, if any, stays in force. */
        record RejectedSeal(RejectionReason why, String reason) implements AdoptionResult {}

        enum RejectionReason {
            UNSIGNED,
            ROLLBACK,
            EXPIRED,
            /** Made with catalogs other than those loaded, or not wholly understood. */
            NOT_UNDERSTOOD,
            UNAVAILABLE
        }
    }

    private final SealStore store;
    private final SealSigners signers;
    private final SequenceRecord anchor;
    private final CatalogFacts catalogs;
    private final Policies policies;
    private final InstantSource clock;
    private final AtomicReference<Optional<Seal>> inForce = new AtomicReference<>(Optional.empty());
    private byte[] envelope = {}; // of the seal that was put in force last; guarded by the monitor

    /** No seal is in force before {@link #restore} or {@link #adopt}; {@code anchor} is the ledger's record. */
    public SealsInForce(
            SealStore store,
            SealSigners signers,
            SequenceRecord anchor,
            CatalogFacts catalogs,
            Policies policies,
            InstantSource clock) {
        this.store = store;
        this.signers = signers;
        this.anchor = anchor;
        this.catalogs = catalogs;
        this.policies = policies;
        this.clock = clock;
    }

    /** Returns the seal in force; empty if there is none or it has expired. */
    public Optional<Seal> current() {
        return inForce.get().filter(seal -> clock.instant().isBefore(seal.expires()));
    }

    /** Returns the seal that was put in force last, even if it has expired since. */
    public Optional<Seal> last() {
        return inForce.get();
    }

    /** Returns the envelope of the seal {@code id}; empty if that is not the youngest. */
    public Optional<Bytes> envelope(String id) {
        return store.latest().filter(kept -> kept.id().equals(id)).map(SealStore.StoredSeal::envelope);
    }

    /** Returns the refusal to send while {@link #current} is empty. */
    public Refusal refusalWithoutSeal() {
        String why = inForce.get()
                .map(seal -> "The seal in force expired at " + seal.expires())
                .orElse("No seal is in force");
        return Refusal.unavailable(
                why + ", and nothing is permitted without one.",
                "Wait until the organisation has sealed its policy. Nothing was sent.");
    }

    /** Returns the lowest sequence that the next seal may have. */
    public long nextSequence() {
        return highest() + 1;
    }

    /** Restores the seal that was in force before a restart, if it is still valid. Empty if there never was one. */
    public synchronized Optional<AdoptionResult> restore() {
        try {
            return store.latest()
                    .map(kept -> examine(kept.envelope().toArray(), seal -> seal.sequence() >= highest(), _ -> {}));
        } catch (RuntimeException e) {
            return Optional.of(unavailable(e));
        }
    }

    /**
     * Puts the seal in force that another gateway adopted. If that is rejected here, no seal is in force: the one
     * before is older. Empty if the store has no newer one. One that the store has forgotten is stored again, or the
     * next gateway would start by an older one.
     */
    public synchronized Optional<AdoptionResult> follow() {
        inForce.get().ifPresent(seal -> {
            if (store.latest()
                    .filter(kept -> kept.sequence() >= seal.sequence())
                    .isEmpty()) {
                store.keep(seal.sequence(), seal.id(), envelope);
            }
        });
        long here = inForce.get().map(Seal::sequence).orElse(0L);
        Optional<SealStore.StoredSeal> kept = store.latest().filter(one -> one.sequence() > here);
        Optional<AdoptionResult> taken = kept.isEmpty() ? Optional.empty() : restore();
        if (taken.filter(AdoptionResult.RejectedSeal.class::isInstance).isPresent()) {
            inForce.set(Optional.empty());
        }
        return taken;
    }

    /**
     * Puts {@code envelope} in force, at once and durably, or says why not. The seal stored last may be adopted again:
     * a crash may have cut its first adoption off between store and ledger, and only this completes it.
     */
    public synchronized AdoptionResult adopt(byte[] envelope) {
        Predicate<Seal> isYoung = seal -> seal.sequence() > highest() || (isKept(seal) && seal.sequence() >= highest());
        return examine(envelope, isYoung, seal -> {
            if (!isKept(seal) && !store.keep(seal.sequence(), seal.id(), envelope)) {
                throw new StoreUnavailableException("the store has recorded a newer seal in the meantime");
            }
        });
    }

    private boolean isKept(Seal seal) {
        return store.latest().filter(kept -> kept.id().equals(seal.id())).isPresent();
    }

    private AdoptionResult examine(byte[] told, Predicate<Seal> isYoungEnough, Consumer<Seal> keeping) {
        try {
            Envelope.VerifiedEnvelope opened = Envelope.read(told)
                    .verify(SealDocument.PAYLOAD_TYPE, SealDocument.NAMESPACE, signers.keys(), signers.quorum());
            Seal seal = understood(opened.payload());
            if (!isYoungEnough.test(seal)) {
                return rejected(
                        AdoptionResult.RejectionReason.ROLLBACK,
                        "seal " + seal.sequence() + " is not newer than seal " + highest() + ", which was in force");
            }
            if (!clock.instant().isBefore(seal.expires())) {
                return rejected(AdoptionResult.RejectionReason.EXPIRED, "the seal expired at " + seal.expires());
            }
            policies.prepare(seal);
            keeping.accept(seal);
            // The ledger records the seal before the seal takes effect. The next start makes good a crash between the
            // lines above and below, because the seal is in the store. In the other order, a crash would use up a
            // sequence for a lost seal.
            if (seal.sequence() > anchor.highest()) {
                anchor.anchor(seal);
            }
            inForce.set(Optional.of(seal));
            envelope = told.clone();
            return new AdoptionResult.AdoptedSeal(seal, fingerprints(opened));
        } catch (BadSignatureException e) {
            return rejected(
                    AdoptionResult.RejectionReason.UNSIGNED,
                    e.getMessage() + ": `seal-signers` in gateway.yaml names who may sign and how many must");
        } catch (MalformedException e) {
            return rejected(AdoptionResult.RejectionReason.NOT_UNDERSTOOD, String.valueOf(e.getMessage()));
        } catch (IOException | RuntimeException e) {
            return unavailable(e);
        }
    }

    private static AdoptionResult rejected(AdoptionResult.RejectionReason why, String reason) {
        return new AdoptionResult.RejectedSeal(why, "The seal was not adopted: " + reason + ".");
    }

    private static AdoptionResult unavailable(Exception e) {
        return rejected(
                AdoptionResult.RejectionReason.UNAVAILABLE,
                "the previous seal cannot be read (" + e.getMessage() + ")");
    }

    /** Both readers of a payload must agree that it is a seal, and no rule may object. */
    private Seal understood(byte[] payload) {
        SealDocument document = SealDocument.read(payload);
        Seal seal = SealJson.read(payload);
        if (!document.id().equals(seal.id())) {
            throw new MalformedException("the seal has two identifiers");
        }
        SealRules.check(seal, catalogs).stream().findFirst().ifPresent(issue -> {
            throw new MalformedException(issue.toString());
        });
        PolicyChecks.check(seal, catalogs).stream().findFirst().ifPresent(problem -> {
            throw new MalformedException(problem.toString());
        });
        return seal;
    }

    private static Set<String> fingerprints(Envelope.VerifiedEnvelope opened) {
        Set<String> fingerprints = new TreeSet<>();
        opened.signers().forEach(key -> fingerprints.add(key.fingerprint()));
        return fingerprints;
    }

    private long highest() {
        long kept = store.latest().map(SealStore.StoredSeal::sequence).orElse(0L);
        return Math.max(kept, anchor.highest());
    }
}
