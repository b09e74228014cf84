package dev.interlock.confirm;

import dev.interlock.action.Bytes;
import dev.interlock.action.DigestPhrase;
import dev.interlock.action.KeptTexts;
import dev.interlock.action.PasskeyRegistry;
import dev.interlock.action.Seal;
import dev.interlock.action.SealConversion;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.BreakGlass;
import dev.interlock.evidence.BreakGlassReview;
import dev.interlock.evidence.ConfirmationCheck;
import dev.interlock.evidence.ConfirmationResult;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.Signer;
import dev.interlock.evidence.Statement;
import dev.interlock.store.Database;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Break-glass: in an emergency one person of the group that the seal names stands in, for one hold, for the people and
 * the waiting time of policy.
 *
 * <p>INVARIANT: only that person's hardware signature, over a statement that says so, triggers it. Asking for the
 * statement changes nothing. So a process that runs as that person's user cannot start anything.
 *
 * <p>Threading: any thread; each call is one transaction.
 */
public final class BreakGlassHolds {

    /** The maximum number of uses in {@link #list}. */
    public static final int MAX_LISTED = 50;

    /** The tolerated step back of the wall clock, so that a correction of the clock does not invalidate a signature. */
    private static final Duration MAX_STEP_BACK = Duration.ofMinutes(1);

    /**
     * One use of break-glass.
     *
     * @param hold the hold that was released
     * @param statement the SHA-256 of what was signed
     * @param summary the action, in one sentence
     * @param person who signed
     * @param reason why, in their words
     * @param reviewed the review since then, if any
     */
    public record BreakGlassRecord(
            String hold,
            String statement,
            String summary,
            String person,
            String reason,
            Instant at,
            Optional<ReviewRecord> reviewed) {}

    /** A review: who made it, when, and its finding. */
    public record ReviewRecord(String by, Instant at, String finding) {}

    /**
     * Everything that a person sees before they sign.
     *
     * @param statement the bytes to sign, in the namespace {@code interlock-confirm@v1}
     * @param text the statement in words
     * @param words its digest, to compare on another channel
     * @param nameToType the name that they must type
     * @param texts the texts of which the statement has only digests
     */
    public record BreakGlassSheet(Bytes statement, String text, String words, String nameToType, KeptTexts texts) {}

    /** The answer to a request for break-glass. */
    public sealed interface BreakGlassOffer {

        /** It is allowed, and this is to be signed; nothing has changed. */
        record OfferedSheet(BreakGlassSheet sheet) implements BreakGlassOffer {}

        /** It is not allowed; a whole sentence says why. */
        record RefusedOffer(String reason) implements BreakGlassOffer {}
    }

    /**
     * A callback that receives the result of a signature, and the statement, before it takes effect. If it throws, the
     * signature has no effect.
     */
    @FunctionalInterface
    public interface BreakGlassWitness {
        void receive(HoldSigning.SignatureResult signing, Optional<Statement> signed);
    }

    /** The result of a signed review. */
    public sealed interface ReviewResult {
        /** It counts: {@link BreakGlassHolds#recordReview} records it. */
        record AllowedReview(BreakGlassReview review, Signer signer) implements ReviewResult {}

        /** It does not count; a whole sentence says why. */
        record DeniedReview(String reason) implements ReviewResult {}
    }

    private final Database database;
    private final SteadyClock clock;
    private final HoldSigning confirmers;
    private final PasskeyRegistry passkeys;

    BreakGlassHolds(Database database, SteadyClock clock, HoldSigning confirmers, PasskeyRegistry passkeys) {
        this.database = database;
        this.clock = clock;
        this.confirmers = confirmers;
        this.passkeys = passkeys;
    }

    /** Returns the latest uses, the newest first. */
    public List<BreakGlassRecord> list() {
        return database.read(sql -> new BreakGlassRows(sql).latest(MAX_LISTED));
    }

    /** Returns the uses that nobody has reviewed, the oldest first. */
    public List<BreakGlassRecord> unreviewed() {
        return database.read(sql -> new BreakGlassRows(sql).unreviewed());
    }

    /** Returns the uses that nobody has reviewed, each at most once in {@code every}. */
    public List<BreakGlassRecord> remind(Duration every) {
        return database.write(sql -> {
            Instant now = clock.now();
            SteadyClock.keep(sql, now);
            return new BreakGlassRows(sql).remind(now.minus(every), now);
        });
    }

    /** Returns the statement that one person would sign to release {@code hold} alone. */
    public BreakGlassOffer ask(Seal seal, String hold, String reason) {
        SealDocument signatories = SealConversion.of(seal);
        return database.read(sql -> {
            Instant now = clock.now();
            HoldRows rows = confirmers.rows(sql);
            Optional<Hold> found = rows.find(hold);
            if (found.isEmpty()) {
                return new BreakGlassOffer.RefusedOffer("There is no hold with that name.");
            }
            Hold settled = confirmers.settling(signatories, now).seen(found.get());
            Optional<String> objection = objection(new BreakGlassRows(sql), settled, signatories, now);
            if (objection.isPresent()) {
                return new BreakGlassOffer.RefusedOffer(objection.get());
            }
            try {
                return new BreakGlassOffer.OfferedSheet(
                        sheet(broken(settled, signatories, reason).statement(), rows.texts(hold)));
            } catch (MalformedException e) {
                return new BreakGlassOffer.RefusedOffer("This hold cannot be signed: " + e.getMessage() + ".");
            }
        });
    }

    private static BreakGlassSheet sheet(Statement statement, KeptTexts texts) {
        Bytes bytes = Bytes.of(statement.canonical());
        return new BreakGlassSheet(
                bytes,
                StatementText.of(statement, texts),
                DigestPhrase.of(bytes.sha256()),
                NameToType.of(statement),
                texts);
    }

    private static Hold broken(Hold hold, SealDocument seal, String reason) {
        return hold.withObligations(
                hold.statement().breakGlass(seal.breakGlass().orElseThrow(), reason));
    }

    /** Returns why nobody can use break-glass here; empty if somebody can. */
    private static Optional<String> objection(BreakGlassRows rows, Hold hold, SealDocument seal, Instant now)
            throws SQLException {
        if (seal.breakGlass().isEmpty()) {
            return Optional.of("The seal in force has no break-glass.");
        }
        if (hold.isElevation()) {
            return Optional.of("One person signs an elevation anyway, so it needs no break-glass.");
        }
        if (hold.state() != HoldState.OPEN && hold.state() != HoldState.SIGNED) {
            return Optional.of("The hold is " + hold.state().word() + ", so it takes no signatures.");
        }
        if (!hold.unprovable().isEmpty()) {
            return Optional.of("Break-glass cannot replace " + String.join(", ", hold.unprovable()) + ".");
        }
        BreakGlass glass = seal.breakGlass().get();
        if (hold.state() == HoldState.SIGNED && hold.isUsable(now)) {
            return Optional.of(
                    "Every required person has signed, and the agent may send it: break-glass is not" + " needed.");
        }
        if (hold.state() == HoldState.SIGNED && !glass.waives().contains(BreakGlass.COOLDOWN)) {
            return Optional.of("Every required person has signed, and the break-glass of this seal does not waive"
                    + " the cooldown.");
        }
        long unreviewed = rows.unreviewed().size();
        return unreviewed < glass.atMost()
                ? Optional.empty()
                : Optional.of("Break-glass has reached its limit of uses without a review (" + unreviewed + "):"
                        + " another person must review one of them first (`interlock break-glass review`).");
    }

    /**
     * Accepts the signature by which one person releases {@code id}.
     *
     * @param signature over the statement of {@link #ask}, for the same reason
     * @param typed the name as they typed it
     * @param witness receives the result before it is durable
     */
    public HoldSigning.SignatureResult sign(
            Seal seal, String id, String reason, String signature, Optional<String> typed, BreakGlassWitness witness) {
        SealDocument signatories = SealConversion.of(seal);
        return database.write(sql -> {
            Instant now = clock.now();
            SteadyClock.keep(sql, now);
            HoldRows rows = confirmers.rows(sql);
            BreakGlassRows glass = new BreakGlassRows(sql);
            Optional<Hold> found = rows.find(id);
            if (found.isEmpty()) {
                return told(witness, rejected("There is no hold with that name.", Optional.empty()));
            }
            Hold hold = confirmers.settled(rows, found.get(), signatories, now);
            Optional<String> objection = objection(glass, hold, signatories, now);
            if (objection.isPresent()) {
                return told(witness, rejected(objection.get(), Optional.empty()));
            }
            Hold broken;
            try {
                broken = broken(hold, signatories, reason);
            } catch (MalformedException e) {
                return told(witness, rejected("This hold cannot be signed: " + e.getMessage() + ".", Optional.empty()));
            }
            HoldSigning.SignatureResult signing = HoldSigning.isReadable(rows, hold)
                    ? weigh(broken, signatories, signature, typed, now)
                    : rejected(HoldSigning.UNREADABLE, HoldSigning.signatureOwner(broken, signatories, signature));
            witness.receive(signing, Optional.of(broken.statement()));
            if (signing instanceof HoldSigning.SignatureResult.AcceptedSignature(String person, var _, var _, var _)) {
                Signer signer =
                        check(broken, signatories, signature, now).signers().getFirst();
                rows.replace(hold, broken);
                rows.step(broken, broken.signed(HoldSigning.signed(broken, signer, signature, now), true));
                glass.insert(new BreakGlassRecord(
                        id,
                        Bytes.of(broken.statement().canonical()).sha256(),
                        hold.statement().summary(),
                        person,
                        reason,
                        now,
                        Optional.empty()));
            }
            return signing;
        });
    }

    private static HoldSigning.SignatureResult told(BreakGlassWitness witness, HoldSigning.SignatureResult signing) {
        witness.receive(signing, Optional.empty());
        return signing;
    }

    private static HoldSigning.SignatureResult rejected(String why, Optional<HoldSigning.SignatureOwner> hand) {
        return new HoldSigning.SignatureResult.RejectedSignature(why, hand);
    }

    private static ConfirmationResult check(Hold broken, SealDocument seal, String signature, Instant now) {
        return ConfirmationCheck.check(seal, broken.statement(), List.of(signature), now);
    }

    /** Judges the signature, with the same check as the vault and auditors. */
    private HoldSigning.SignatureResult weigh(
            Hold broken, SealDocument seal, String signature, Optional<String> typed, Instant now) {
        Optional<HoldSigning.SignatureOwner> hand = HoldSigning.signatureOwner(broken, seal, signature);
        ConfirmationResult confirmed = check(broken, seal, signature, now);
        if (!confirmed.isSatisfied()) {
            List<String> why = new ArrayList<>(confirmed.rejected());
            why.addAll(confirmed.unmet());
            return rejected("The signature does not open break-glass: " + String.join("; ", why) + ".", hand);
        }
        Signer signer = confirmed.signers().getFirst();
        if (!passkeys.counts(signer.key())) {
            return rejected("This passkey is not enrolled or was revoked, so it does not count.", hand);
        }
        Optional<String> slip = HoldSigning.typedNameProblem(broken, typed);
        if (slip.isPresent()) {
            return rejected(slip.get(), hand);
        }
        if (!HoldSigning.fits(broken, List.of(signature))) {
            return rejected("With this signature the statement would be too long for a receipt.", hand);
        }
        return new HoldSigning.SignatureResult.AcceptedSignature(
                signer.person(), hand.orElseThrow(), HoldPhrases.ticket(broken, seal, now), true);
    }

    /** Returns the review of {@code hold} that a person signs, in the namespace {@link BreakGlassReview#NAMESPACE}. */
    public Optional<BreakGlassReview> review(Seal seal, String hold, String finding) {
        return database.read(sql -> new BreakGlassRows(sql).find(hold))
                .filter(broken -> broken.reviewed().isEmpty())
                .map(broken -> review(seal, broken, finding, now()));
    }

    private static BreakGlassReview review(Seal seal, BreakGlassRecord broken, String finding, Instant opened) {
        return new BreakGlassReview(broken.hold(), broken.statement(), broken.person(), finding, seal.id(), opened);
    }

    /** Returns who reviewed which use by {@code statement}, and whether that counts. */
    public ReviewResult checkReview(Seal seal, byte[] statement, String signature) {
        try {
            BreakGlassReview review = BreakGlassReview.of(Json.readObject(statement));
            Optional<BreakGlassRecord> broken = database.read(sql -> new BreakGlassRows(sql).find(review.hold()));
            if (broken.isEmpty() || broken.get().reviewed().isPresent()) {
                return new ReviewResult.DeniedReview("No hold with that name waits for a review.");
            }
            if (!review.equals(review(seal, broken.get(), review.finding(), review.openedAt()))) {
                return new ReviewResult.DeniedReview(
                        "The review does not match this hold and the seal in force;" + " request it again.");
            }
            Instant now = now();
            if (now.isBefore(review.openedAt().minus(MAX_STEP_BACK))
                    || !now.isBefore(review.openedAt().plus(BreakGlassReview.SIGNING_TIME))) {
                return new ReviewResult.DeniedReview("The time to sign it has expired; request it again.");
            }
            Signer signer = review.check(SealConversion.of(seal), signature);
            return passkeys.counts(signer.key())
                    ? new ReviewResult.AllowedReview(review, signer)
                    : new ReviewResult.DeniedReview(
                            "This passkey is not enrolled or was revoked, so it does not" + " count.");
        } catch (MalformedException e) {
            return new ReviewResult.DeniedReview("The review cannot be read: " + e.getMessage() + ".");
        } catch (BadSignatureException e) {
            return new ReviewResult.DeniedReview("The signature does not count: " + e.getMessage() + ".");
        }
    }

    private Instant now() {
        return clock.now().truncatedTo(ChronoUnit.SECONDS);
    }

    /** Records the review; false if it was reviewed in the meantime. */
    public boolean recordReview(ReviewResult.AllowedReview allowed) {
        return database.write(sql -> {
            Instant now = clock.now();
            SteadyClock.keep(sql, now);
            return new BreakGlassRows(sql)
                    .review(
                            allowed.review().hold(),
                            allowed.signer().person(),
                            allowed.review().finding(),
                            now);
        });
    }
}
