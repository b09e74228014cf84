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
import dev.interlock.evidence.SshPublicKey;
import dev.interlock.evidence.SshSignature;
import dev.interlock.evidence.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
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
     * A summary of a hold. {@code alike} is the same for holds that a person would take for the same; {@code asked} is
     * the statement without its nonce; {@code ending} says why it ended, or by which intent it was used.
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

    /** The time in which a fully signed hold may be used. */
    public record UsableWindow(Instant from, Instant until) {}

    /**
     * Everything that a person sees before signing, with the nonce: it is for people, never for an agent. The bytes are
     * signed in namespace {@code interlock-confirm@v1}. The body is not signed; texts that the statement does not show
     * are masked.
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

    /** The owner of a genuine signature's key; the person is empty if it is nobody's. */
    public record SignatureOwner(Optional<String> person, KeyClass keyClass, String fingerprint) {}

    public sealed interface SignatureResult {

        /** It counts; the ticket has what is still missing. */
        record AcceptedSignature(String person, SignatureOwner owner, HoldTicket ticket, boolean complete)
                implements SignatureResult {}

        /** It does not count, and nothing has changed unless the hold ended. Without an owner it was not genuine. */
        record RejectedSignature(String reason, Optional<SignatureOwner> owner) implements SignatureResult {}
    }

    /** Receives the result of a signature before it takes effect. If it throws, the signature has no effect. */
    @FunctionalInterface
    public interface SignatureWitness {
        void receive(SignatureResult signing);
    }

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

    /** Returns a page of the live holds after {@code after}, the oldest first, {@link #MAX_LISTED} at most. */
    public List<HoldSummary> live(Seal seal, Optional<String> after, int most) {
        return lines(seal, rows -> rows.live(after.orElse(""), Math.min(most, MAX_LISTED)));
    }

    /** Returns a page of the ended holds after {@code after}, the latest first, {@link #MAX_LISTED} at most. */
    public List<HoldSummary> ended(Seal seal, Optional<String> after, int most) {
        int limit = Math.min(most, MAX_LISTED);
        return lines(seal, rows -> after.isPresent() ? rows.endedBefore(after.get(), limit) : rows.ended(limit));
    }

    /** Viewing is a read: readers and writers do not wait for each other. */
    private List<HoldSummary> lines(Seal seal, Function<HoldRows, List<Hold>> selection) {
        SealDocument signatories = SealConversion.of(seal);
        Instant now = clock.now();
        List<Hold> holds = store.read(selection);
        HoldSettler settling = settling(signatories, now);
        return holds.stream()
                .map(settling::seen)
                .map(hold -> line(hold, signatories, now))
                .toList();
    }

    /** The numbers of holds that are not over: waiting for signatures, and signed and unused. */
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

    /** Records which holds are over because their lease is, or because another seal is in force. */
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

    public Optional<HoldSheet> show(Seal seal, String id) {
        SealDocument signatories = SealConversion.of(seal);
        Instant now = clock.now();
        Optional<Hold> hold = store.read(rows -> rows.find(id));
        Optional<Json> body = store.read(rows -> rows.body(id));
        KeptTexts texts = texts(id);
        return hold.map(found -> sheet(settling(signatories, now).seen(found), signatories, now, texts, body));
    }

    /** A hold that waits for signatures; {@code people} could confirm it and have not. */
    public record WaitingHold(String id, String summary, Instant signBy, Set<String> people) {
        public WaitingHold {
            people = Set.copyOf(people);
        }
    }

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

    /** Accepts an SSHSIG or an assertion; {@code witness} receives the result before it is durable. */
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

    /** Records that {@code peer} was shown hold {@code id}, to tell whether they can have read it. */
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

    private static SignatureOwner signatureOwner(SealDocument seal, SshPublicKey key) {
        return new SignatureOwner(seal.owner(key).map(SealDocument.Signatory::name), key.keyClass(), key.fingerprint());
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
                hold.signers(),
                hold.signBy(),
                hold.usableFrom().map(from -> new UsableWindow(from, from.plus(Hold.USABLE))));
    }

    /**
     * What time, a new seal or the end of its lease has made of a hold. INVARIANT: one that is seen as over stays over.
     */
    static final class HoldSettler {

        private static final String LEASE_OVER = "The lease that requested it is no longer valid.";

        private final String seal;
        private final Instant now;
        private final Predicate<String> leases;
        private final Map<String, Boolean> asked = new HashMap<>();

        HoldSettler(String seal, Instant now, Predicate<String> leases) {
            this.seal = seal;
            this.now = now;
            this.leases = leases;
        }

        Hold seen(Hold hold) {
            Hold timely = hold.seenAt(now);
            if (!timely.state().isLive()) {
                return timely;
            }
            if (!timely.statement().seal().equals(seal)) {
                return timely.ended(HoldState.VOID, HoldMatcher.SEALED_ANEW);
            }
            // Must be called after reading the hold: a lease is in force before a hold can be opened under it.
            return isInForce(timely.statement().lease()) ? timely : timely.ended(HoldState.VOID, LEASE_OVER);
        }

        Hold of(HoldRows rows, Hold hold) {
            return rows.settle(hold, seen(hold));
        }

        /** Returns whether the state in {@code glance} may still be right, apart from time. */
        boolean isCurrent(HoldRows.HoldHead glance) {
            return glance.seal().equals(seal) && isInForce(glance.lease());
        }

        private boolean isInForce(String lease) {
            return asked.computeIfAbsent(lease, leases::test);
        }
    }
}
