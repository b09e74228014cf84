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
 * Break-glass: on a bad day one person of the group that the seal names stands in, for one hold, for the people and the
 * time that policy asks for.
 *
 * <p>INVARIANT: nothing begins it but that person's signature with hardware, over a statement that says so. Asking what
 * it would be changes nothing, so that whoever runs as the user of a person has nothing to start.
 *
 * <p>Threading: any thread; each call is one transaction.
 */
public final class Glass {

    /** As many as {@link #list} tells of. */
    public static final int MAX_LISTED = 50;

    /** A wall clock that is put right by so much does not spoil a signature. */
    private static final Duration MAX_STEP_BACK = Duration.ofMinutes(1);

    /**
     * What was done.
     *
     * @param hold for which hold
     * @param statement the SHA-256 of what was signed
     * @param summary what went, in one sentence
     * @param person who signed
     * @param reason why, in their words
     * @param reviewed who has looked at it since
     */
    public record Broken(
            String hold,
            String statement,
            String summary,
            String person,
            String reason,
            Instant at,
            Optional<Reviewed> reviewed) {}

    /** Who looked at it, when, and what they say of it. */
    public record Reviewed(String by, Instant at, String finding) {}

    /**
     * All that a person sees before they sign.
     *
     * @param statement the bytes to sign, in the namespace {@code interlock-confirm@v1}
     * @param text the same in words
     * @param words its digest, to compare on another channel
     * @param nameToType what they must type
     */
    public record Sheet(Bytes statement, String text, String words, String nameToType) {}

    /** What came of asking. */
    public sealed interface Asking {

        /** This is to be signed; nothing has changed. */
        record May(Sheet sheet) implements Asking {}

        /** A whole sentence says why not. */
        record MayNot(String reason) implements Asking {}
    }

    /** Hears what is about to come of a signature, and under which statement. If it throws, nothing comes of it. */
    @FunctionalInterface
    public interface Witness {
        void hear(Confirmers.Signing signing, Optional<Statement> signed);
    }

    /** What a signed review comes to. */
    public sealed interface Reviewing {
        /** It counts: {@link Glass#reviewed} writes it down. */
        record Allowed(Review review, Signer signer) implements Reviewing {}

        /** It does not; a whole sentence says why. */
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

    /** The latest that were broken, the newest first. */
    public List<Broken> list() {
        return database.read(sql -> new GlassRows(sql).latest(MAX_LISTED));
    }

    /** Those that nobody has reviewed, the oldest first. */
    public List<Broken> unreviewed() {
        return database.read(sql -> new GlassRows(sql).unreviewed());
    }

    /** Those that nobody has reviewed, each once in {@code every}. */
    public List<Broken> remind(Duration every) {
        return database.write(sql -> {
            Instant now = clock.now();
            SteadyClock.keep(sql, now);
            return new GlassRows(sql).remind(now.minus(every), now);
        });
    }

    /** What somebody would sign so that {@code hold} goes by their word alone. */
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

    /** Why nobody's signature breaks glass here, whoever's it is. */
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
     * Takes the signature by which one person lets {@code id} go.
     *
     * @param signature over the statement of {@link #ask}, for the same reason
     * @param typed the name as they typed it
     * @param witness hears the result before anything of it is durable
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

    /** What the one signature is worth, by the check that vault and auditors make as well. */
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

    /** What somebody signs, in the namespace {@link Review#NAMESPACE}, to say that they have looked at {@code hold}. */
    public Optional<Review> review(Seal seal, String hold, String finding) {
        return database.read(sql -> new GlassRows(sql).find(hold))
                .filter(broken -> broken.reviewed().isEmpty())
                .map(broken -> review(seal, broken, finding, now()));
    }

    private static Review review(Seal seal, Broken broken, String finding, Instant opened) {
        return new Review(broken.hold(), broken.statement(), broken.person(), finding, seal.id(), opened);
    }

    /** Who has reviewed what by {@code statement}, and whether that counts. */
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

    /** Writes it down; false if somebody has reviewed it in the meantime. */
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
