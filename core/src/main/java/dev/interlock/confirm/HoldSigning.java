package dev.interlock.confirm;

import dev.interlock.action.Bytes;
import dev.interlock.action.DigestPhrase;
import dev.interlock.action.Elevation;
import dev.interlock.action.KeptTexts;
import dev.interlock.action.PasskeyRegistry;
import dev.interlock.action.Seal;
import dev.interlock.action.SealConversion;
import dev.interlock.action.VisibleText;
import dev.interlock.evidence.Assertion;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.ConfirmationCheck;
import dev.interlock.evidence.ConfirmationResult;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.PersonSignature;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.Signer;
import dev.interlock.evidence.SshSignature;
import dev.interlock.evidence.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The people's side of holds: lists what waits, shows exactly what is signed, and accepts signatures and denials.
 *
 * <p>The caller has made sure, by the administrative socket, that a person asks. A signature proves itself. A denial
 * needs no proof, because it only restricts.
 */
public final class HoldSigning {

    /** The maximum number of ended holds in {@link #list(Seal)}; it lists all live ones. */
    public static final int MAX_ENDED_LISTED = 50;

    /** The maximum number of holds in one page. */
    public static final int MAX_LISTED = 200;

    static final String UNREADABLE =
            "The store no longer has a text of this request as the agent sent it, so nobody can know what they sign. Deny the hold, and let the agent ask again.";

    private static final int MAX_REASON = 300;

    /** Leaves space for the other members of the intent that carries the confirmation. */
    private static final int MAX_CONFIRMATION = Receipt.MAX_BYTES - 3 * 1024;

    /**
     * A summary of a hold.
     *
     * @param ticket the part that the agent knows too
     * @param isElevation whether it is about the rights of a lease, and not about a call
     * @param alike a key that is the same for holds that a person would take for the same
     * @param asked the statement without its nonce: what is asked for, and by whom
     * @param state the state, as {@code docs/design/lifecycle.md} names it
     * @param ending why it ended, or the intent that used it; empty if it is live
     * @param signers who has signed
     * @param signBy when it ends unless all needed signatures are there
     * @param usable when it may be used, if all needed signatures are there
     */
    public record HoldSummary(
            HoldTicket ticket,
            boolean isElevation,
            String alike,
            Json.Members asked,
            String state,
            String ending,
            List<Confirmation.ConfirmationSigner> signers,
            Instant signBy,
            Optional<UsableWindow> usable) {
        public HoldSummary {
            signers = List.copyOf(signers);
        }
    }

    /**
     * The time in which a fully signed hold may be used.
     *
     * @param from the end of the cooldown
     * @param until when it ends, unused
     */
    public record UsableWindow(Instant from, Instant until) {}

    /**
     * Everything that a person sees before signing. It contains the nonce: it is for people, and never for an agent.
     *
     * @param line the summary
     * @param statement the exact bytes to sign, in the namespace {@code interlock-confirm@v1}
     * @param text the statement in words, complete, with every doubtful character made visible
     * @param words the digest of the statement, to compare on another channel
     * @param actsOn the resource that it acts on, as one name
     * @param typed whether a signer must type that name
     * @param texts the texts of which the statement has only digests
     * @param body what would be sent, in pieces of a {@code kind} and a {@code text}. Every text is masked that the
     *     statement does not show. It is not signed, and empty if it cannot be shown
     */
    public record HoldSheet(
            HoldSummary line,
            Bytes statement,
            String text,
            String words,
            String actsOn,
            boolean typed,
            KeptTexts texts,
            Optional<Json> body) {

        /** Returns the name that a signer must type, if they must. */
        public Optional<String> nameToType() {
            return typed ? Optional.of(actsOn) : Optional.empty();
        }
    }

    /**
     * The owner of the key of a genuine signature.
     *
     * @param person as in the seal; empty if the key belongs to nobody
     * @param keyClass a {@code software} key is weak, and is to be reported so
     * @param fingerprint of the key
     */
    public record SignatureOwner(Optional<String> person, KeyClass keyClass, String fingerprint) {}

    /** The result of a signature. */
    public sealed interface SignatureResult {

        /** It counts; the ticket has what is still missing. */
        record AcceptedSignature(String person, SignatureOwner owner, HoldTicket ticket, boolean complete)
                implements SignatureResult {}

        /** It does not count, and nothing has changed unless the hold ended. Without an owner it was not genuine. */
        record RejectedSignature(String reason, Optional<SignatureOwner> owner) implements SignatureResult {}
    }

    /**
     * A callback that receives the result of a signature before it takes effect. If it throws, the signature has no
     * effect.
     */
    @FunctionalInterface
    public interface SignatureWitness {
        void receive(SignatureResult signing);
    }

    /** The result of a denial. */
    public sealed interface DenialResult {

        record DeniedAndEnded(HoldTicket ticket) implements DenialResult {}

        record NothingToDeny(String reason) implements DenialResult {}
    }

    private final HoldStore store;
    private final SteadyClock clock;
    private final Predicate<String> leases;
    private final PasskeyRegistry passkeys;

    HoldSigning(HoldStore store, SteadyClock clock, Predicate<String> leases, PasskeyRegistry passkeys) {
        this.passkeys = passkeys;
        this.store = store;
        this.clock = clock;
        this.leases = leases;
    }

    /** Returns every live hold, the oldest first, and the latest that ended. */
    public List<HoldSummary> list(Seal seal) {
        return lines(seal, rows -> {
            List<Hold> holds = new ArrayList<>(rows.live("", Integer.MAX_VALUE));
            holds.addAll(rows.ended(MAX_ENDED_LISTED));
            return holds;
        });
    }

    /**
     * Returns a page of the live holds, the oldest first.
     *
     * @param after the last that is known already; empty to begin with the oldest
     * @param most how many, {@link #MAX_LISTED} at most
     */
    public List<HoldSummary> live(Seal seal, Optional<String> after, int most) {
        return lines(seal, rows -> rows.live(after.orElse(""), Math.min(most, MAX_LISTED)));
    }

    /**
     * Returns a page of the ended holds, the latest first.
     *
     * @param after the last that is known already; empty to begin with the latest
     * @param most how many, {@link #MAX_LISTED} at most
     */
    public List<HoldSummary> ended(Seal seal, Optional<String> after, int most) {
        int limit = Math.min(most, MAX_LISTED);
        return lines(seal, rows -> after.isPresent() ? rows.endedBefore(after.get(), limit) : rows.ended(limit));
    }

    /** Selects holds from the store. */
    @FunctionalInterface
    private interface Selection {
        List<Hold> of(HoldRows rows);
    }

    /** Viewing is a read: readers and writers do not wait for each other. */
    private List<HoldSummary> lines(Seal seal, Selection selection) {
        SealDocument signatories = SealConversion.of(seal);
        Instant now = clock.now();
        List<Hold> holds = store.read(rows -> selection.of(rows));
        HoldSettler settling = settling(signatories, now);
        return holds.stream()
                .map(settling::seen)
                .map(hold -> line(hold, signatories, now))
                .toList();
    }

    /**
     * The numbers of holds that are not over.
     *
     * @param open waiting for signatures
     * @param signed fully signed and unused
     */
    public record HoldCount(long open, long signed) {}

    /** Counts the holds that are not over, without reading their statements. */
    public HoldCount count(Seal seal) {
        Instant now = clock.now();
        HoldSettler settling = settling(SealConversion.of(seal), now);
        long open = glances().stream()
                .filter(glance -> glance.state() == HoldState.OPEN && now.isBefore(glance.signBy()))
                .filter(settling::isCurrent)
                .count();
        // These are few and end soon.
        long signed = store.read(rows -> rows.signed()).stream()
                .filter(hold -> settling.seen(hold).state() == HoldState.SIGNED)
                .count();
        return new HoldCount(open, signed);
    }

    private List<HoldRows.HoldHead> glances() {
        return store.read(rows -> rows.liveHeads());
    }

    /**
     * Records which holds are over because their lease is, or because another seal is in force. Expiry by time is
     * recorded by {@link Confirmations#expire}.
     *
     * @param seals the one in force
     */
    public void settle(Supplier<Optional<Seal>> seals) {
        List<HoldRows.HoldHead> live = glances();
        // Must be called after reading the holds: a seal is in force before a hold can be opened under it.
        Optional<Seal> seal = seals.get();
        if (seal.isEmpty()) {
            return;
        }
        HoldSettler settling = settling(SealConversion.of(seal.get()), clock.now());
        List<String> over = live.stream()
                .filter(glance -> !settling.isCurrent(glance))
                .map(HoldRows.HoldHead::id)
                .toList();
        if (!over.isEmpty()) {
            store.write(rows -> {
                for (String id : over) {
                    settling.of(rows, rows.find(id).orElseThrow());
                }
                return true;
            });
        }
    }

    /** Returns all of one hold. */
    public Optional<HoldSheet> show(Seal seal, String id) {
        SealDocument signatories = SealConversion.of(seal);
        Instant now = clock.now();
        Optional<Hold> hold = store.read(rows -> rows.find(id));
        Optional<Json> body = store.read(rows -> rows.body(id));
        KeptTexts texts = texts(id);
        return hold.map(found -> sheet(settling(signatories, now).seen(found), signatories, now, texts, body));
    }

    /**
     * A hold that waits for signatures.
     *
     * @param summary one plain sentence
     * @param signBy when it ends unless all needed signatures are there
     * @param people those whose signatures could confirm it and are not there yet
     */
    public record WaitingHold(String id, String summary, Instant signBy, Set<String> people) {
        public WaitingHold {
            people = Set.copyOf(people);
        }
    }

    /** Returns hold {@code id}, if it waits for signatures. */
    public Optional<WaitingHold> waiting(Seal seal, String id) {
        SealDocument signatories = SealConversion.of(seal);
        HoldSettler settling = settling(signatories, clock.now());
        return store.read(rows -> rows.find(id))
                .map(settling::seen)
                .filter(hold -> hold.state() == HoldState.OPEN)
                .map(hold -> waiting(hold, signatories));
    }

    private static WaitingHold waiting(Hold hold, SealDocument seal) {
        Set<String> people = ConfirmationCheck.possibleSigners(seal, hold.statement());
        hold.signatures().forEach(signature -> people.remove(signature.person()));
        return new WaitingHold(hold.id(), hold.statement().summary(), hold.signBy(), people);
    }

    /** Returns the texts of which the log has only digests, of the request of hold {@code id}. */
    public KeptTexts texts(String id) {
        return store.read(rows -> rows.texts(id));
    }

    /**
     * Accepts a person's signature.
     *
     * @param armored an SSHSIG over the statement's bytes, or an assertion by a passkey with its enrolment
     * @param typed the name as the person typed it, if the hold asks for it
     * @param witness receives the result before it is durable
     */
    public SignatureResult sign(
            Seal seal, String id, String armored, Optional<String> typed, SignatureWitness witness) {
        SealDocument signatories = SealConversion.of(seal);
        return store.write(rows -> {
            Instant now = clock.now();
            rows.reach(now);
            Optional<Hold> hold = rows.find(id);
            SignatureResult signing = hold.isEmpty()
                    ? new SignatureResult.RejectedSignature("There is no hold with that name.", Optional.empty())
                    : sign(rows, settled(rows, hold.get(), signatories, now), signatories, armored, typed, now);
            // Before the commit: a signature that counts is on record even after a crash.
            witness.receive(signing);
            return signing;
        });
    }

    /**
     * Records that {@code peer} was shown hold {@code id}. The time until they sign tells whether they can have read
     * it.
     */
    public void recordView(String id, String peer) {
        store.write(rows -> {
            rows.recordView(id, peer, clock.now());
            return true;
        });
    }

    /** Returns how long ago {@code peer} was first shown the current version of hold {@code id}; empty if never. */
    public Optional<Duration> timeSinceView(String id, String peer) {
        return store.read(rows -> rows.firstView(id, peer).map(first -> Duration.between(first, clock.now())));
    }

    /** Returns whether {@code person} has reached the seal's limit of signatures within an hour. */
    public boolean hasSignedEnough(Seal seal, String person) {
        return store.read(rows -> rows.signedSince(person, clock.now().minus(Duration.ofHours(1)))
                >= seal.approvals().signaturesPerHour());
    }

    /** Returns the elevation of an open hold, if it is about one. */
    public Optional<Elevation> elevation(String id) {
        return store.read(rows -> rows.find(id))
                .filter(Hold::isElevation)
                .map(hold -> ElevationStatements.given(hold.statement()));
    }

    /** Returns the root lease of hold {@code id}. */
    public Optional<String> lease(String id) {
        return store.read(rows -> rows.find(id)).map(hold -> hold.statement().lease());
    }

    /** Records a person's denial, before or after others have signed. */
    public DenialResult deny(Seal seal, String id, String by, String reason) {
        SealDocument signatories = SealConversion.of(seal);
        return store.write(rows -> {
            Instant now = clock.now();
            rows.reach(now);
            Optional<Hold> found = rows.find(id);
            if (found.isEmpty()) {
                return new DenialResult.NothingToDeny("There is no hold with that name.");
            }
            Hold hold = settled(rows, found.get(), signatories, now);
            if (!hold.state().isLive()) {
                return new DenialResult.NothingToDeny(
                        "The hold is " + hold.state().word() + ".");
            }
            HoldState as = hold.state() == HoldState.OPEN ? HoldState.DENIED : HoldState.CANCELLED;
            Hold ended = hold.ended(as, no(by, reason));
            rows.step(hold, ended);
            return new DenialResult.DeniedAndEnded(HoldPhrases.ticket(ended, signatories, now));
        });
    }

    private SignatureResult sign(
            HoldRows rows, Hold hold, SealDocument seal, String armored, Optional<String> typed, Instant now) {
        Optional<SignatureOwner> hand = signatureOwner(hold, seal, armored);
        if (hold.state() != HoldState.OPEN) {
            String why = "The hold is " + hold.state().word() + ", so it takes no more signatures."
                    + hold.ending().map(end -> " " + end).orElse("");
            return new SignatureResult.RejectedSignature(why.endsWith(".") ? why : why + ".", hand);
        }
        ConfirmationResult alone = ConfirmationCheck.check(seal, hold.statement(), List.of(armored), now);
        if (alone.signers().isEmpty()) {
            return new SignatureResult.RejectedSignature(
                    "The signature does not count: " + String.join("; ", alone.rejected()) + ".", hand);
        }
        Signer signer = alone.signers().getFirst();
        if (!passkeys.counts(signer.key())) {
            return new SignatureResult.RejectedSignature(
                    "This passkey is not enrolled or was revoked, so it does not count.", hand);
        }
        Optional<String> objection = ElevationStatements.objection(hold.statement(), seal, signer);
        if (objection.isPresent()) {
            return new SignatureResult.RejectedSignature(objection.get(), hand);
        }
        if (hold.signatures().stream().anyMatch(signed -> signed.person().equals(signer.person()))) {
            return new SignatureResult.RejectedSignature(
                    signer.person() + " has signed already, and each person counts once.", hand);
        }
        if (!isReadable(rows, hold)) {
            return new SignatureResult.RejectedSignature(UNREADABLE, hand);
        }
        // Checked after the key: a person whose signature cannot count should not be asked to type more carefully.
        Optional<String> slip = typedNameProblem(hold, typed);
        return slip.isPresent()
                ? new SignatureResult.RejectedSignature(slip.get(), hand)
                : accept(rows, hold, seal, signed(hold, signer, armored, now), now);
    }

    /** Returns the owner of the key that made it; empty if it is no signature of this statement. */
    static Optional<SignatureOwner> signatureOwner(Hold hold, SealDocument seal, String made) {
        try {
            PersonSignature signature = PersonSignature.parse(made);
            byte[] statement = hold.statement().canonical();
            return switch (signature) {
                case SshSignature ssh -> Optional.of(signatureOwner(seal, ssh.verify(statement, Statement.NAMESPACE)));
                case Assertion assertion -> {
                    Signer signer = assertion.signer(seal, statement, Statement.NAMESPACE);
                    yield Optional.of(
                            new SignatureOwner(Optional.of(signer.person()), signer.keyClass(), signer.key()));
                }
            };
        } catch (BadSignatureException | MalformedException _) {
            return Optional.empty();
        }
    }

    private static SignatureOwner signatureOwner(SealDocument seal, SshSignature.VerifiedSshSignature verified) {
        return new SignatureOwner(
                seal.owner(verified.key()).map(SealDocument.Signatory::name),
                verified.keyClass(),
                verified.key().fingerprint());
    }

    /** Returns whether people can read each text of which they sign a digest. */
    static boolean isReadable(HoldRows rows, Hold hold) {
        return hold.isElevation() || rows.texts(hold.id()).hasAllOf(hold.statement());
    }

    static Optional<String> typedNameProblem(Hold hold, Optional<String> typed) {
        if (!hold.asksForName()) {
            return Optional.empty();
        }
        String name = NameToType.of(hold.statement());
        if (typed.filter(said -> !said.isBlank()).isEmpty()) {
            return Optional.of("This hold requires each signer to type `" + name + "`; pass it with `--type-name`.");
        }
        return typed.get().equals(name)
                ? Optional.empty()
                : Optional.of("The typed name does not match. This hold requires each signer to type exactly: " + name);
    }

    Hold settled(HoldRows rows, Hold hold, SealDocument seal, Instant now) {
        return settling(seal, now).of(rows, hold);
    }

    HoldSettler settling(SealDocument seal, Instant now) {
        return new HoldSettler(seal.id(), now, leases);
    }

    private SignatureResult accept(
            HoldRows rows, Hold hold, SealDocument seal, Hold.HoldSignature signed, Instant now) {
        List<String> all = new ArrayList<>(HoldPhrases.armored(hold));
        all.add(signed.armored());
        if (!fits(hold, all)) {
            return new SignatureResult.RejectedSignature(
                    "With this signature the confirmation would be too long for a receipt, so nobody could prove it. Sign with an OpenSSH key, or with a passkey that an OpenSSH key has endorsed.",
                    Optional.of(
                            new SignatureOwner(Optional.of(signed.person()), signed.keyClass(), signed.fingerprint())));
        }
        ConfirmationResult together = ConfirmationCheck.check(seal, hold.statement(), all, now);
        Hold next = hold.signed(signed, together.isSatisfied());
        SignatureOwner hand = new SignatureOwner(Optional.of(signed.person()), signed.keyClass(), signed.fingerprint());
        return rows.step(hold, next)
                ? new SignatureResult.AcceptedSignature(
                        signed.person(), hand, HoldPhrases.ticket(next, seal, now), next.state() == HoldState.SIGNED)
                : new SignatureResult.RejectedSignature("The hold has changed in the meantime.", Optional.of(hand));
    }

    /** Returns whether an intent can carry the statement and {@code signatures} in addition to its own members. */
    static boolean fits(Hold hold, List<String> signatures) {
        return Json.object()
                        .with("statement", hold.statement().json())
                        .withTexts("signatures", signatures)
                        .canonical()
                        .length
                <= MAX_CONFIRMATION;
    }

    static Hold.HoldSignature signed(Hold hold, Signer signer, String armored, Instant now) {
        String typed = hold.asksForName() ? NameToType.of(hold.statement()) : "";
        return new Hold.HoldSignature(signer.person(), signer.keyClass(), signer.key(), armored, typed, now);
    }

    /** The agent reads the reason of a denial: it must not become a channel for pages of text. */
    static String no(String by, String reason) {
        String said = reason.strip();
        String clipped = said.length() > MAX_REASON ? said.substring(0, MAX_REASON) + "..." : said;
        return VisibleText.unambiguous(by)
                + (clipped.isEmpty()
                        ? " denied it without a reason."
                        : " denied it: " + VisibleText.unambiguous(clipped)
                                + (clipped.matches("(?s).*[.!?]") ? "" : "."));
    }

    private static HoldSheet sheet(Hold hold, SealDocument seal, Instant now, KeptTexts texts, Optional<Json> body) {
        Bytes statement = Bytes.of(hold.statement().canonical());
        return new HoldSheet(
                line(hold, seal, now),
                statement,
                StatementText.of(hold.statement(), texts),
                DigestPhrase.of(statement.sha256()),
                NameToType.of(hold.statement()),
                hold.asksForName(),
                texts,
                body);
    }

    private static HoldSummary line(Hold hold, SealDocument seal, Instant now) {
        return new HoldSummary(
                HoldPhrases.ticket(hold, seal, now),
                hold.isElevation(),
                VisibleText.unambiguous(hold.similarityKey()),
                hold.statement().json().without(Set.of("nonce")),
                hold.state().word(),
                hold.ending().orElse(""),
                hold.signatures().stream()
                        .map(signed -> new Confirmation.ConfirmationSigner(
                                signed.person(), signed.keyClass(), signed.fingerprint(), signed.typed()))
                        .toList(),
                hold.signBy(),
                hold.usableFrom().map(from -> new UsableWindow(from, from.plus(Hold.USABLE))));
    }
}
