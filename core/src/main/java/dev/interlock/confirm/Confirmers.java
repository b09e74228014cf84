package dev.interlock.confirm;

import dev.interlock.action.Bytes;
import dev.interlock.action.DigestWords;
import dev.interlock.action.Elevation;
import dev.interlock.action.EnrolledKeys;
import dev.interlock.action.Seal;
import dev.interlock.action.Signatories;
import dev.interlock.evidence.Assertion;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.ConfirmationCheck;
import dev.interlock.evidence.Confirmed;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.PersonSignature;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.Signer;
import dev.interlock.evidence.SshSignature;
import dev.interlock.evidence.Statement;
import dev.interlock.store.Database;
import dev.interlock.store.Sql;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The people's side of holds: what waits, what exactly is signed, and their yes or no.
 *
 * <p>Whoever calls has made sure that it is a person who asks, by the administrative socket. A signature proves itself;
 * a no needs none, because it only tightens.
 */
public final class Confirmers {

    /** As many ended holds as {@link #list(Seal)} tells of, beside all that live. */
    public static final int MAX_ENDED_LISTED = 50;

    /** As many as are read at once, where somebody asks for some of them. */
    public static final int MAX_LISTED = 200;

    private static final int MAX_REASON = 300;

    /** Leaves room in the intent that carries it for what else an intent must say. */
    private static final int MAX_CONFIRMATION = Receipt.MAX_BYTES - 3 * 1024;

    /**
     * A hold at a glance.
     *
     * @param ticket what the agent knows as well
     * @param isElevation whether it is about what a lease may do, and not about a call
     * @param alike what it has in common with holds that a person would take for the same
     * @param asked the statement without its nonce: what is asked for, and by whom
     * @param state where it stands, as {@code docs/design/lifecycle.md} names it
     * @param ending why it ended, or the intent that used it; empty if it lives
     * @param signers who has signed
     * @param signBy when it ends unless everybody needed has signed
     * @param usable when it may be used, if everybody needed has signed
     */
    public record Line(
            HoldTicket ticket,
            boolean isElevation,
            String alike,
            Json.Members asked,
            String state,
            String ending,
            List<Confirmation.Signer> signers,
            Instant signBy,
            Optional<Usable> usable) {
        public Line {
            signers = List.copyOf(signers);
        }
    }

    /**
     * When what everybody needed has signed may be used.
     *
     * @param from the end of the cooldown
     * @param until when it ends, unused
     */
    public record Usable(Instant from, Instant until) {}

    /**
     * All that a person sees before signing. It holds the nonce: it is for people, and never for an agent.
     *
     * @param line at a glance
     * @param statement the exact bytes to sign, in the namespace {@code interlock-confirm@v1}
     * @param text the same in words, whole, with every doubtful character made visible
     * @param words the digest of the statement, to compare on another channel
     * @param actsOn what is acted on, in one name
     * @param typed whether a signer must type that name
     * @param body what would be sent, in pieces of a {@code kind} and a {@code text}, with every text masked that the
     *     statement does not show; not signed, and empty where it is not shown
     */
    public record Sheet(
            Line line, Bytes statement, String text, String words, String actsOn, boolean typed, Optional<Json> body) {

        /** What a signer must type, if they must. */
        public Optional<String> nameToType() {
            return typed ? Optional.of(actsOn) : Optional.empty();
        }
    }

    /**
     * Whose hand it was, where the signature is genuine.
     *
     * @param person as in the seal; empty if the key is nobody's
     * @param keyClass a {@code software} key is weak, and is to be reported so
     * @param fingerprint of the key
     */
    public record Hand(Optional<String> person, KeyClass keyClass, String fingerprint) {}

    /** What came of a signature. */
    public sealed interface Signing {

        /**
         * It counts.
         *
         * @param ticket with what is still missing
         * @param complete whether with it everybody needed has signed
         */
        record Accepted(String person, Hand hand, HoldTicket ticket, boolean complete) implements Signing {}

        /**
         * It does not, for {@code reason}; nothing has changed, unless the hold ended.
         *
         * @param hand empty if the signature is not genuine, or was not looked at
         */
        record Rejected(String reason, Optional<Hand> hand) implements Signing {}
    }

    /** Hears what is about to come of a signature. If it throws, nothing comes of it. */
    @FunctionalInterface
    public interface Witness {
        void hear(Signing signing);
    }

    /** What came of a no. */
    public sealed interface Ending {

        /** The hold is over, and variants of it are refused for as long as it would have lived. */
        record Ended(HoldTicket ticket) implements Ending {}

        /** There was nothing to end. */
        record Unmoved(String reason) implements Ending {}
    }

    private final Database database;
    private final SteadyClock clock;
    private final Predicate<String> leases;
    private final Bells bells;
    private final EnrolledKeys passkeys;

    Confirmers(Database database, SteadyClock clock, Predicate<String> leases, Bells bells, EnrolledKeys passkeys) {
        this.passkeys = passkeys;
        this.database = database;
        this.clock = clock;
        this.leases = leases;
        this.bells = bells;
    }

    /** Every hold that lives, the oldest first, and the latest that ended. */
    public List<Line> list(Seal seal) {
        return lines(seal, rows -> {
            List<Hold> holds = new ArrayList<>(rows.live("", Integer.MAX_VALUE));
            holds.addAll(rows.ended(MAX_ENDED_LISTED));
            return holds;
        });
    }

    /**
     * Some of those that wait, the oldest first.
     *
     * @param after the last that is known already; empty to begin with the oldest
     * @param most how many, {@link #MAX_LISTED} at most
     */
    public List<Line> live(Seal seal, Optional<String> after, int most) {
        return lines(seal, rows -> rows.live(after.orElse(""), Math.min(most, MAX_LISTED)));
    }

    /**
     * Some of those that have ended, the latest first.
     *
     * @param after the last that is known already; empty to begin with the latest
     * @param most how many, {@link #MAX_LISTED} at most
     */
    public List<Line> ended(Seal seal, Optional<String> after, int most) {
        int limit = Math.min(most, MAX_LISTED);
        return lines(seal, rows -> after.isPresent() ? rows.endedBefore(after.get(), limit) : rows.ended(limit));
    }

    /** Some holds, as they are in the store. */
    @FunctionalInterface
    private interface Selection {
        List<Hold> of(HoldRows rows) throws SQLException;
    }

    /** To look is a read: it waits for nobody who writes, and nobody who writes waits for it. */
    private List<Line> lines(Seal seal, Selection selection) {
        SealDocument signatories = Signatories.of(seal);
        Instant now = clock.now();
        List<Hold> holds = database.read(sql -> selection.of(rows(sql)));
        Settling settling = settling(signatories, now);
        return holds.stream()
                .map(settling::seen)
                .map(hold -> line(hold, signatories, now))
                .toList();
    }

    /**
     * How many holds are not over.
     *
     * @param open that wait for signatures
     * @param signed that everybody needed has signed, and nobody has used
     */
    public record Count(long open, long signed) {}

    /** How many holds are not over, without a look at what they are about. */
    public Count count(Seal seal) {
        Instant now = clock.now();
        Settling settling = settling(Signatories.of(seal), now);
        long open = glances().stream()
                .filter(glance -> glance.state() == HoldState.OPEN && now.isBefore(glance.signBy()))
                .filter(settling::isCurrent)
                .count();
        // Few, and soon over.
        long signed = database.read(sql -> rows(sql).signed()).stream()
                .filter(hold -> settling.seen(hold).state() == HoldState.SIGNED)
                .count();
        return new Count(open, signed);
    }

    private List<HoldRows.Glance> glances() {
        return database.read(sql -> rows(sql).glances());
    }

    /**
     * Writes down which holds are over because their lease is, or because another seal is in force. What time has ended
     * {@link Confirmations#expire} writes down.
     *
     * @param seals the one in force
     */
    public void settle(Supplier<Optional<Seal>> seals) {
        List<HoldRows.Glance> live = glances();
        // Asked after the holds were read: a seal is in force before anybody can open a hold under it.
        Optional<Seal> seal = seals.get();
        if (seal.isEmpty()) {
            return;
        }
        Settling settling = settling(Signatories.of(seal.get()), clock.now());
        List<String> over = live.stream()
                .filter(glance -> !settling.isCurrent(glance))
                .map(HoldRows.Glance::id)
                .toList();
        if (!over.isEmpty()) {
            database.write(sql -> {
                HoldRows rows = rows(sql);
                for (String id : over) {
                    settling.of(rows, rows.find(id).orElseThrow());
                }
                return true;
            });
        }
    }

    /** One hold, whole. */
    public Optional<Sheet> show(Seal seal, String id) {
        SealDocument signatories = Signatories.of(seal);
        Instant now = clock.now();
        Optional<Hold> hold = database.read(sql -> rows(sql).find(id));
        Optional<Json> body = database.read(sql -> rows(sql).body(id));
        return hold.map(found -> sheet(settling(signatories, now).seen(found), signatories, now, body));
    }

    /**
     * Takes a person's signature.
     *
     * @param armored an SSHSIG over the statement's bytes, or an assertion by a passkey with its enrolment
     * @param typed the name as the person typed it, where the hold asks for it
     * @param witness hears the result before anything of it is durable
     */
    public Signing sign(Seal seal, String id, String armored, Optional<String> typed, Witness witness) {
        SealDocument signatories = Signatories.of(seal);
        return database.write(sql -> {
            Instant now = clock.now();
            SteadyClock.keep(sql, now);
            HoldRows rows = rows(sql);
            Optional<Hold> hold = rows.find(id);
            Signing signing = hold.isEmpty()
                    ? new Signing.Rejected("There is no hold of that name.", Optional.empty())
                    : sign(rows, settled(rows, hold.get(), signatories, now), signatories, armored, typed, now);
            // Before the commit: a signature that counts is on record, whatever happens next.
            witness.hear(signing);
            return signing;
        });
    }

    /**
     * {@code peer} has been shown hold {@code id}: how soon they sign after that tells whether they can have read it.
     */
    public void looked(String id, String peer) {
        database.write(sql -> {
            rows(sql).looked(id, peer, clock.now());
            return true;
        });
    }

    /** How long ago {@code peer} was first shown hold {@code id} as it is now; empty if they never were. */
    public Optional<Duration> sinceLook(String id, String peer) {
        return database.read(sql -> rows(sql).firstLook(id, peer).map(first -> Duration.between(first, clock.now())));
    }

    /** Whether {@code person} has signed as often within an hour as the seal lets count. */
    public boolean hasSignedEnough(Seal seal, String person) {
        return database.read(sql -> rows(sql).signedSince(person, clock.now().minus(Duration.ofHours(1)))
                >= seal.asking().signaturesPerHour());
    }

    /** What the elevation of an open hold would give, if it is one. */
    public Optional<Elevation> elevation(String id) {
        return database.read(sql -> rows(sql).find(id))
                .filter(Hold::isElevation)
                .map(hold -> Elevations.given(hold.statement()));
    }

    /** The root lease that hold {@code id} is about. */
    public Optional<String> lease(String id) {
        return database.read(sql -> rows(sql).find(id))
                .map(hold -> hold.statement().lease());
    }

    /** A person's no, before or after others have signed. */
    public Ending deny(Seal seal, String id, String by, String reason) {
        SealDocument signatories = Signatories.of(seal);
        return database.write(sql -> {
            Instant now = clock.now();
            SteadyClock.keep(sql, now);
            HoldRows rows = rows(sql);
            Optional<Hold> found = rows.find(id);
            if (found.isEmpty()) {
                return new Ending.Unmoved("There is no hold of that name.");
            }
            Hold hold = settled(rows, found.get(), signatories, now);
            if (!hold.state().isLive()) {
                return new Ending.Unmoved("The hold is " + hold.state().word() + ".");
            }
            HoldState as = hold.state() == HoldState.OPEN ? HoldState.DENIED : HoldState.CANCELLED;
            Hold ended = hold.ended(as, no(by, reason));
            rows.step(hold, ended);
            return new Ending.Ended(Wording.ticket(ended, signatories, now));
        });
    }

    HoldRows rows(Sql sql) {
        return new HoldRows(sql, passkeys, bells::ring);
    }

    private Signing sign(
            HoldRows rows, Hold hold, SealDocument seal, String armored, Optional<String> typed, Instant now)
            throws SQLException {
        Optional<Hand> hand = hand(hold, seal, armored);
        if (hold.state() != HoldState.OPEN) {
            String why = "The hold is " + hold.state().word() + ", and takes no more signatures."
                    + hold.ending().map(end -> " " + end).orElse("");
            return new Signing.Rejected(why.endsWith(".") ? why : why + ".", hand);
        }
        Confirmed alone = ConfirmationCheck.check(seal, hold.statement(), List.of(armored), now);
        if (alone.signers().isEmpty()) {
            return new Signing.Rejected(
                    "The signature does not count: " + String.join("; ", alone.rejected()) + ".", hand);
        }
        Signer signer = alone.signers().getFirst();
        if (!passkeys.counts(signer.key())) {
            return new Signing.Rejected("This passkey is not enrolled, or was revoked: it counts for nothing.", hand);
        }
        Optional<String> objection = Elevations.objection(hold.statement(), seal, signer);
        if (objection.isPresent()) {
            return new Signing.Rejected(objection.get(), hand);
        }
        if (hold.signatures().stream().anyMatch(signed -> signed.person().equals(signer.person()))) {
            return new Signing.Rejected(signer.person() + " has signed already, and people count once.", hand);
        }
        // After the key: somebody whose signature cannot count is told that, and not to type more carefully.
        Optional<String> slip = slip(hold, typed);
        return slip.isPresent()
                ? new Signing.Rejected(slip.get(), hand)
                : accept(rows, hold, seal, signed(hold, signer, armored, now), now);
    }

    /** Whose key made {@code made}, if it is a signature of this statement at all; counting is another matter. */
    static Optional<Hand> hand(Hold hold, SealDocument seal, String made) {
        try {
            PersonSignature signature = PersonSignature.parse(made);
            byte[] statement = hold.statement().canonical();
            return switch (signature) {
                case SshSignature ssh -> Optional.of(hand(seal, ssh.verify(statement, Statement.NAMESPACE)));
                case Assertion assertion -> {
                    Signer signer = assertion.signer(seal, statement, Statement.NAMESPACE);
                    yield Optional.of(new Hand(Optional.of(signer.person()), signer.keyClass(), signer.key()));
                }
            };
        } catch (BadSignatureException | MalformedException _) {
            return Optional.empty();
        }
    }

    private static Hand hand(SealDocument seal, SshSignature.Verified verified) {
        return new Hand(
                seal.owner(verified.key()).map(SealDocument.Signatory::name),
                verified.keyClass(),
                verified.key().fingerprint());
    }

    static Optional<String> slip(Hold hold, Optional<String> typed) {
        if (!hold.asksForName()) {
            return Optional.empty();
        }
        String name = NameToType.of(hold.statement());
        if (typed.filter(said -> !said.isBlank()).isEmpty()) {
            return Optional.of("Nothing was typed, and this hold asks each signer to type `" + name
                    + "`; `--type-name` gives it.");
        }
        return typed.get().equals(name)
                ? Optional.empty()
                : Optional.of("What was typed is not what this hold asks each signer to type, exactly: " + name);
    }

    /** What has become of {@code hold}, written down. */
    Hold settled(HoldRows rows, Hold hold, SealDocument seal, Instant now) throws SQLException {
        return settling(seal, now).of(rows, hold);
    }

    /** A look at holds as they are now. */
    Settling settling(SealDocument seal, Instant now) {
        return new Settling(seal.id(), now, leases);
    }

    private Signing accept(HoldRows rows, Hold hold, SealDocument seal, Hold.Signed signed, Instant now)
            throws SQLException {
        List<String> all = new ArrayList<>(Wording.armored(hold));
        all.add(signed.armored());
        if (!fits(hold, all)) {
            return new Signing.Rejected(
                    "With this signature the confirmation would be longer than a receipt can carry, and nobody could"
                            + " prove it. Sign with a key that less stands behind: one of OpenSSH, or a passkey that such a"
                            + " key has endorsed.",
                    Optional.of(new Hand(Optional.of(signed.person()), signed.keyClass(), signed.fingerprint())));
        }
        Confirmed together = ConfirmationCheck.check(seal, hold.statement(), all, now);
        Hold next = hold.signed(signed, together.isSatisfied());
        Hand hand = new Hand(Optional.of(signed.person()), signed.keyClass(), signed.fingerprint());
        return rows.step(hold, next)
                ? new Signing.Accepted(
                        signed.person(), hand, Wording.ticket(next, seal, now), next.state() == HoldState.SIGNED)
                : new Signing.Rejected("The hold changed in the meantime.", Optional.of(hand));
    }

    /** Whether an intent can carry the statement and {@code signatures}, beside what it must say itself. */
    static boolean fits(Hold hold, List<String> signatures) {
        return Json.object()
                        .with("statement", hold.statement().json())
                        .withTexts("signatures", signatures)
                        .canonical()
                        .length
                <= MAX_CONFIRMATION;
    }

    static Hold.Signed signed(Hold hold, Signer signer, String armored, Instant now) {
        String typed = hold.asksForName() ? NameToType.of(hold.statement()) : "";
        return new Hold.Signed(signer.person(), signer.keyClass(), signer.key(), armored, typed, now);
    }

    /** The agent reads it: a person's note, never a channel for pages of text. A no without a reason is one too. */
    private static String no(String by, String reason) {
        String said = reason.strip();
        String clipped = said.length() > MAX_REASON ? said.substring(0, MAX_REASON) + "..." : said;
        return Visible.text(by)
                + (clipped.isEmpty()
                        ? " said no, and gave no reason."
                        : " said no: " + Visible.text(clipped) + (clipped.matches("(?s).*[.!?]") ? "" : "."));
    }

    private static Sheet sheet(Hold hold, SealDocument seal, Instant now, Optional<Json> body) {
        Bytes statement = Bytes.of(hold.statement().canonical());
        return new Sheet(
                line(hold, seal, now),
                statement,
                Rendering.of(hold.statement()),
                DigestWords.of(statement.sha256()),
                NameToType.of(hold.statement()),
                hold.asksForName(),
                body);
    }

    private static Line line(Hold hold, SealDocument seal, Instant now) {
        return new Line(
                Wording.ticket(hold, seal, now),
                hold.isElevation(),
                Visible.text(hold.alike()),
                hold.statement().json().without(Set.of("nonce")),
                hold.state().word(),
                hold.ending().orElse(""),
                hold.signatures().stream()
                        .map(signed -> new Confirmation.Signer(
                                signed.person(), signed.keyClass(), signed.fingerprint(), signed.typed()))
                        .toList(),
                hold.signBy(),
                hold.usableFrom().map(from -> new Usable(from, from.plus(Hold.USABLE))));
    }
}
