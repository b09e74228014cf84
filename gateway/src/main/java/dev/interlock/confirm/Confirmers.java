package dev.interlock.confirm;

import dev.interlock.action.Bytes;
import dev.interlock.action.Seal;
import dev.interlock.evidence.ConfirmationCheck;
import dev.interlock.evidence.Confirmed;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.SealDocument;
import dev.interlock.store.Database;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The people's side of holds: what waits, what exactly is signed, and their yes or no.
 *
 * <p>Whoever calls has made sure that it is a person who asks, by the administrative socket. A signature proves itself;
 * a no needs none, because it only tightens.
 */
public final class Confirmers {

    /** As many ended holds as {@link #list} tells of, beside all that live. */
    public static final int MAX_ENDED_LISTED = 50;

    private static final int MAX_REASON = 300;

    /**
     * A hold at a glance.
     *
     * @param ticket what the agent knows as well
     * @param state where it stands, as {@code docs/design/lifecycle.md} names it
     * @param ending why it ended, or the intent that used it; empty if it lives
     * @param signers who has signed
     */
    public record Line(HoldTicket ticket, String state, String ending, List<Confirmation.Signer> signers) {
        public Line {
            signers = List.copyOf(signers);
        }
    }

    /**
     * All that a person sees before signing. It holds the nonce: it is for people, and never for an agent.
     *
     * @param line at a glance
     * @param statement the exact bytes to sign, in the namespace {@code interlock-confirm@v1}
     * @param text the same in words, whole, with every doubtful character made visible
     * @param words the digest of the statement, to compare on another channel
     * @param nameToType what a signer must type, if they must
     */
    public record Sheet(Line line, Bytes statement, String text, String words, Optional<String> nameToType) {}

    /** What came of a signature. */
    public sealed interface Signing {

        /**
         * It counts.
         *
         * @param keyClass a {@code software} key is weak, and is to be reported so
         * @param ticket with what is still missing
         */
        record Accepted(String person, KeyClass keyClass, HoldTicket ticket) implements Signing {}

        /** It does not, for {@code reason}; nothing has changed, unless the hold ended. */
        record Rejected(String reason) implements Signing {}
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

    Confirmers(Database database, SteadyClock clock) {
        this.database = database;
        this.clock = clock;
    }

    /** Every hold that lives, the oldest first, and the latest that ended. */
    public List<Line> list(Seal seal) {
        SealDocument signatories = Signatories.of(seal);
        return database.write(sql -> {
            Instant now = clock.now();
            HoldRows rows = new HoldRows(sql);
            List<Line> lines = new ArrayList<>();
            for (Hold hold : rows.live()) {
                lines.add(line(Expiry.of(rows, hold, now), signatories, now));
            }
            for (Hold hold : rows.ended(MAX_ENDED_LISTED)) {
                lines.add(line(hold, signatories, now));
            }
            return lines.stream().distinct().toList();
        });
    }

    /** One hold, whole. */
    public Optional<Sheet> show(Seal seal, String id) {
        SealDocument signatories = Signatories.of(seal);
        return database.write(sql -> {
            Instant now = clock.now();
            HoldRows rows = new HoldRows(sql);
            Optional<Hold> hold = rows.find(id);
            return hold.isEmpty()
                    ? Optional.empty()
                    : Optional.of(sheet(Expiry.of(rows, hold.get(), now), signatories, now));
        });
    }

    /**
     * Takes a person's signature.
     *
     * @param armored an SSHSIG over the statement's bytes
     * @param typed the resource's name as the person typed it, where the hold asks for it
     */
    public Signing sign(Seal seal, String id, String armored, Optional<String> typed) {
        SealDocument signatories = Signatories.of(seal);
        return database.write(sql -> {
            Instant now = clock.now();
            SteadyClock.keep(sql, now);
            HoldRows rows = new HoldRows(sql);
            Optional<Hold> hold = rows.find(id);
            return hold.isEmpty()
                    ? new Signing.Rejected("There is no hold of that name.")
                    : sign(rows, Expiry.of(rows, hold.get(), now), signatories, armored, typed, now);
        });
    }

    /** A person's no, before or after others have signed. */
    public Ending deny(Seal seal, String id, String by, String reason) {
        SealDocument signatories = Signatories.of(seal);
        return database.write(sql -> {
            Instant now = clock.now();
            SteadyClock.keep(sql, now);
            HoldRows rows = new HoldRows(sql);
            Optional<Hold> found = rows.find(id);
            if (found.isEmpty()) {
                return new Ending.Unmoved("There is no hold of that name.");
            }
            Hold hold = Expiry.of(rows, found.get(), now);
            if (!hold.state().isLive()) {
                return new Ending.Unmoved("The hold is " + hold.state().word() + ".");
            }
            HoldState as = hold.state() == HoldState.OPEN ? HoldState.DENIED : HoldState.CANCELLED;
            Hold ended = hold.ended(as, Visible.text(by) + " said no: " + clipped(reason));
            rows.step(hold, ended);
            return new Ending.Ended(Wording.ticket(ended, signatories, now));
        });
    }

    private Signing sign(
            HoldRows rows, Hold hold, SealDocument seal, String armored, Optional<String> typed, Instant now)
            throws SQLException {
        Optional<String> obstacle = obstacle(rows, hold, seal, typed);
        if (obstacle.isPresent()) {
            return new Signing.Rejected(obstacle.get());
        }
        Confirmed alone = ConfirmationCheck.check(seal, hold.statement(), List.of(armored), now);
        if (alone.signers().isEmpty()) {
            return new Signing.Rejected("The signature does not count: " + String.join("; ", alone.rejected()) + ".");
        }
        Confirmed.Signer signer = alone.signers().getFirst();
        if (hold.signatures().stream().anyMatch(signed -> signed.person().equals(signer.person()))) {
            return new Signing.Rejected(signer.person() + " has signed already, and people count once.");
        }
        return accept(rows, hold, seal, signed(hold, signer, armored, now), now);
    }

    private Optional<String> obstacle(HoldRows rows, Hold hold, SealDocument seal, Optional<String> typed)
            throws SQLException {
        if (hold.state() != HoldState.OPEN) {
            return Optional.of("The hold is " + hold.state().word() + ", and takes no more signatures.");
        }
        if (!hold.statement().seal().equals(seal.id())) {
            String why = "The policy was sealed anew since this hold was opened.";
            rows.step(hold, hold.ended(HoldState.VOID, why));
            return Optional.of(why);
        }
        boolean named = typed.equals(Optional.of(Wording.nameToType(hold.statement())));
        return hold.asksForName() && !named
                ? Optional.of("The name that was typed is not the name of what is at stake.")
                : Optional.empty();
    }

    private Signing accept(HoldRows rows, Hold hold, SealDocument seal, Hold.Signed signed, Instant now)
            throws SQLException {
        List<String> all = new ArrayList<>(Wording.armored(hold));
        all.add(signed.armored());
        Confirmed together = ConfirmationCheck.check(seal, hold.statement(), all, now);
        Hold next = hold.signed(signed, together.isSatisfied());
        return rows.step(hold, next)
                ? new Signing.Accepted(signed.person(), signed.keyClass(), Wording.ticket(next, seal, now))
                : new Signing.Rejected("The hold changed in the meantime.");
    }

    private static Hold.Signed signed(Hold hold, Confirmed.Signer signer, String armored, Instant now) {
        String typed = hold.asksForName() ? Wording.nameToType(hold.statement()) : "";
        return new Hold.Signed(signer.person(), signer.keyClass(), signer.fingerprint(), armored, typed, now);
    }

    /** The agent reads it: a person's note, never a channel for pages of text. */
    private static String clipped(String reason) {
        return Visible.text(reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) + "..." : reason);
    }

    private static Sheet sheet(Hold hold, SealDocument seal, Instant now) {
        Bytes statement = Bytes.of(hold.statement().canonical());
        return new Sheet(
                line(hold, seal, now),
                statement,
                Rendering.of(hold.statement()),
                DigestWords.of(statement.sha256()),
                hold.asksForName() ? Optional.of(Wording.nameToType(hold.statement())) : Optional.empty());
    }

    private static Line line(Hold hold, SealDocument seal, Instant now) {
        return new Line(
                Wording.ticket(hold, seal, now),
                hold.state().word(),
                hold.ending().orElse(""),
                hold.signatures().stream()
                        .map(signed -> new Confirmation.Signer(signed.person(), signed.keyClass(), signed.typed()))
                        .toList());
    }
}
