package dev.interlock.confirm;

import dev.interlock.action.Bytes;
import dev.interlock.action.DigestWords;
import dev.interlock.action.EnrolledKeys;
import dev.interlock.action.Seal;
import dev.interlock.action.Signatories;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.BreakGlass;
import dev.interlock.evidence.ConfirmationCheck;
import dev.interlock.evidence.Confirmed;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Review;
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
public final class Glass {

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
    public record Broken(
            String hold,
            String statement,
            String summary,
            String person,
            String reason,
            Instant at,
            Optional<Reviewed> reviewed) {}

    /** A review: who made it, when, and its finding. */
    public record Reviewed(String by, Instant at, String finding) {}

    /**
     * Everything that a person sees before they sign.
     *
     * @param statement the bytes to sign, in the namespace {@code interlock-confirm@v1}
     * @param text the statement in words
     * @param words its digest, to compare on another channel
     * @param nameToType the name that they must type
     */
    public record Sheet(Bytes statement, String text, String words, String nameToType) {}

    /** The answer to a request for break-glass. */
    public sealed interface Asking {

        /** It is allowed, and this is to be signed; nothing has changed. */
        record May(Sheet sheet) implements Asking {}

        /** It is not allowed; a whole sentence says why. */
        record MayNot(String reason) implements Asking {}
    }

    /**
     * A callback that receives the result of a signature, and the statement, before it takes effect. If it throws, the
     * signature has no effect.
     */
    @FunctionalInterface
    public interface Witness {
        void hear(Confirmers.Signing signing, Optional<Statement> signed);
    }

    /** The result of a signed review. */
    public sealed interface Reviewing {
        /** It counts: {@link Glass#reviewed} records it. */
        record Allowed(Review review, Signer signer) implements Reviewing {}

        /** It does not count; a whole sentence says why. */
        record Denied(String reason) implements Reviewing {}
    }

    private final Database database;
    private final SteadyClock clock;
    private final Confirmers confirmers;
    private final EnrolledKeys passkeys;

    Glass(Database database, SteadyClock clock, Confirmers confirmers, EnrolledKeys passkeys) {
        this.database = database;
        this.clock = clock;
        this.confirmers = confirmers;
        this.passkeys = passkeys;
    }

    /** Returns the latest uses, the newest first. */
    public List<Broken> list() {
        return database.read(sql -> new GlassRows(sql).latest(MAX_LISTED));
    }

    /** Returns the uses that nobody has reviewed, the oldest first. */
    public List<Broken> unreviewed() {
        return database.read(sql -> new GlassRows(sql).unreviewed());
    }

    /** Returns the uses that nobody has reviewed, each at most once in {@code every}. */
    public List<Broken> remind(Duration every) {
        return database.write(sql -> {
            Instant now = clock.now();
            SteadyClock.keep(sql, now);
            return new GlassRows(sql).remind(now.minus(every), now);
        });
    }

    /** Returns the statement that one person would sign to release {@code hold} alone. */
    public Asking ask(Seal seal, String hold, String reason) {
        SealDocument signatories = Signatories.of(seal);
        return database.read(sql -> {
            Instant now = clock.now();
            Optional<Hold> found = confirmers.rows(sql).find(hold);
            if (found.isEmpty()) {
                return new Asking.MayNot("There is no hold of that name.");
            }
            Hold settled = confirmers.settling(signatories, now).seen(found.get());
            Optional<String> objection = objection(new GlassRows(sql), settled, signatories, now);
            if (objection.isPresent()) {
                return new Asking.MayNot(objection.get());
            }
            try {
                return new Asking.May(sheet(broken(settled, signatories, reason).statement()));
            } catch (MalformedException e) {
                return new Asking.MayNot("That cannot be signed: " + e.getMessage() + ".");
            }
        });
    }

    private static Sheet sheet(Statement statement) {
        Bytes bytes = Bytes.of(statement.canonical());
        return new Sheet(bytes, Rendering.of(statement), DigestWords.of(bytes.sha256()), NameToType.of(statement));
    }

    private static Hold broken(Hold hold, SealDocument seal, String reason) {
        return hold.anew(hold.statement().broken(seal.glass().orElseThrow(), reason));
    }

    /** Returns why nobody can use break-glass here; empty if somebody can. */
    private static Optional<String> objection(GlassRows rows, Hold hold, SealDocument seal, Instant now)
            throws SQLException {
        if (seal.glass().isEmpty()) {
            return Optional.of("The seal in force has no break-glass.");
        }
        if (hold.isElevation()) {
            return Optional.of("An elevation is signed by one person anyway.");
        }
        if (hold.state() != HoldState.OPEN && hold.state() != HoldState.SIGNED) {
            return Optional.of("The hold is " + hold.state().word() + ", and takes no signatures.");
        }
        if (!hold.unprovable().isEmpty()) {
            return Optional.of("Nobody stands in for " + String.join(", ", hold.unprovable()) + ".");
        }
        BreakGlass glass = seal.glass().get();
        if (hold.state() == HoldState.SIGNED && hold.isUsable(now)) {
            return Optional.of("Everybody needed has signed, and the agent may send it: there is no glass to break.");
        }
        if (hold.state() == HoldState.SIGNED && !glass.waives().contains(BreakGlass.COOLDOWN)) {
            return Optional.of("Everybody needed has signed, and the break-glass of this seal is not for the wait"
                    + " afterwards.");
        }
        long unreviewed = rows.unreviewed().size();
        return unreviewed < glass.atMost()
                ? Optional.empty()
                : Optional.of("Glass was broken " + unreviewed + " times since anybody has looked, and no more often"
                        + " than that: somebody else reviews one of them first (`interlock break-glass review`).");
    }

    /**
     * Accepts the signature by which one person releases {@code id}.
     *
     * @param signature over the statement of {@link #ask}, for the same reason
     * @param typed the name as they typed it
     * @param witness receives the result before it is durable
     */
    public Confirmers.Signing sign(
            Seal seal, String id, String reason, String signature, Optional<String> typed, Witness witness) {
        SealDocument signatories = Signatories.of(seal);
        return database.write(sql -> {
            Instant now = clock.now();
            SteadyClock.keep(sql, now);
            HoldRows rows = confirmers.rows(sql);
            GlassRows glass = new GlassRows(sql);
            Optional<Hold> found = rows.find(id);
            if (found.isEmpty()) {
                return told(witness, rejected("There is no hold of that name.", Optional.empty()));
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
                return told(witness, rejected("That cannot be signed: " + e.getMessage() + ".", Optional.empty()));
            }
            Confirmers.Signing signing = weigh(broken, signatories, signature, typed, now);
            witness.hear(signing, Optional.of(broken.statement()));
            if (signing instanceof Confirmers.Signing.Accepted(String person, var _, var _, var _)) {
                Signer signer =
                        check(broken, signatories, signature, now).signers().getFirst();
                rows.replace(hold, broken);
                rows.step(broken, broken.signed(Confirmers.signed(broken, signer, signature, now), true));
                glass.insert(new Broken(
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

    private static Confirmers.Signing told(Witness witness, Confirmers.Signing signing) {
        witness.hear(signing, Optional.empty());
        return signing;
    }

    private static Confirmers.Signing rejected(String why, Optional<Confirmers.Hand> hand) {
        return new Confirmers.Signing.Rejected(why, hand);
    }

    private static Confirmed check(Hold broken, SealDocument seal, String signature, Instant now) {
        return ConfirmationCheck.check(seal, broken.statement(), List.of(signature), now);
    }

    /** Judges the signature, with the same check as the vault and auditors. */
    private Confirmers.Signing weigh(
            Hold broken, SealDocument seal, String signature, Optional<String> typed, Instant now) {
        Optional<Confirmers.Hand> hand = Confirmers.hand(broken, seal, signature);
        Confirmed confirmed = check(broken, seal, signature, now);
        if (!confirmed.isSatisfied()) {
            List<String> why = new ArrayList<>(confirmed.rejected());
            why.addAll(confirmed.unmet());
            return rejected("It breaks no glass: " + String.join("; ", why) + ".", hand);
        }
        Signer signer = confirmed.signers().getFirst();
        if (!passkeys.counts(signer.key())) {
            return rejected("This passkey is not enrolled, or was revoked: it counts for nothing.", hand);
        }
        Optional<String> slip = Confirmers.slip(broken, typed);
        if (slip.isPresent()) {
            return rejected(slip.get(), hand);
        }
        if (!Confirmers.fits(broken, List.of(signature))) {
            return rejected("With this signature it would be longer than a receipt can carry.", hand);
        }
        return new Confirmers.Signing.Accepted(
                signer.person(), hand.orElseThrow(), Wording.ticket(broken, seal, now), true);
    }

    /** Returns the review of {@code hold} that a person signs, in the namespace {@link Review#NAMESPACE}. */
    public Optional<Review> review(Seal seal, String hold, String finding) {
        return database.read(sql -> new GlassRows(sql).find(hold))
                .filter(broken -> broken.reviewed().isEmpty())
                .map(broken -> review(seal, broken, finding, now()));
    }

    private static Review review(Seal seal, Broken broken, String finding, Instant opened) {
        return new Review(broken.hold(), broken.statement(), broken.person(), finding, seal.id(), opened);
    }

    /** Returns who reviewed which use by {@code statement}, and whether that counts. */
    public Reviewing reviewing(Seal seal, byte[] statement, String signature) {
        try {
            Review review = Review.of(Json.readObject(statement));
            Optional<Broken> broken = database.read(sql -> new GlassRows(sql).find(review.hold()));
            if (broken.isEmpty() || broken.get().reviewed().isPresent()) {
                return new Reviewing.Denied("No review of such a hold is missing.");
            }
            if (!review.equals(review(seal, broken.get(), review.finding(), review.openedAt()))) {
                return new Reviewing.Denied("It is not what this hold and the seal in force say; ask again.");
            }
            Instant now = now();
            if (now.isBefore(review.openedAt().minus(MAX_STEP_BACK))
                    || !now.isBefore(review.openedAt().plus(Review.SIGNING_TIME))) {
                return new Reviewing.Denied("The time to sign it is over; ask again.");
            }
            Signer signer = review.check(Signatories.of(seal), signature);
            return passkeys.counts(signer.key())
                    ? new Reviewing.Allowed(review, signer)
                    : new Reviewing.Denied("This passkey is not enrolled, or was revoked: it counts for nothing.");
        } catch (MalformedException e) {
            return new Reviewing.Denied("The review cannot be read: " + e.getMessage() + ".");
        } catch (BadSignatureException e) {
            return new Reviewing.Denied("The signature does not count: " + e.getMessage() + ".");
        }
    }

    private Instant now() {
        return clock.now().truncatedTo(ChronoUnit.SECONDS);
    }

    /** Records the review; false if it was reviewed in the meantime. */
    public boolean reviewed(Reviewing.Allowed allowed) {
        return database.write(sql -> {
            Instant now = clock.now();
            SteadyClock.keep(sql, now);
            return new GlassRows(sql)
                    .review(
                            allowed.review().hold(),
                            allowed.signer().person(),
                            allowed.review().finding(),
                            now);
        });
    }
}
