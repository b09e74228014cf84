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
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.ConfirmationCheck;
import dev.interlock.evidence.ConfirmationResult;
import dev.interlock.evidence.ConfirmationSignature;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.Signer;
import dev.interlock.evidence.SshPublicKey;
import dev.interlock.evidence.SshSignature;
import dev.interlock.evidence.Statement;
import dev.interlock.evidence.StatementList;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
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

    private static final String CHANGED =
            HoldSet.CHANGED + " One of its calls was answered, has changed or is over. " + HoldSet.AGAIN;

    private static final String TOO_LONG =
            "With this signature the confirmation would be too long for a receipt, so nobody could prove it. Sign with an OpenSSH key, with a passkey that an OpenSSH key has endorsed, or each hold alone.";

    private static final int MAX_REASON = 300;

    /** Leaves space for the other members of the intent that carries the confirmation. */
    private static final int MAX_CONFIRMATION = Receipt.MAX_BYTES - 3 * 1024;

    /**
     * A summary of a hold, and of the set in which people may answer it; {@code asked} is the statement without its
     * nonce; {@code ending} says why it ended, or by which intent it was used.
     */
    public record HoldSummary(
            HoldTicket ticket,
            boolean isElevation,
            HoldSetName set,
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

    /** A set of holds that people answer at once: its name, what it asks, and the number of holds. */
    public record HoldSetName(String id, String question, int size) {
        static HoldSetName of(HoldSet set) {
            return new HoldSetName(set.shownAs(), set.question(), set.holds().size());
        }
    }

    /** The time in which a fully signed hold may be used. */
    public record UsableWindow(Instant from, Instant until) {}

    /**
     * Everything that a person sees before signing, with the nonce: it is for people, never for an agent. The bytes are
     * signed in namespace {@code interlock-confirm@v1}. The body is not signed; texts that the statement does not show
     * are masked. If the seal lets people grant more calls, {@code noOffer} says why not of this one.
     */
    public record HoldSheet(
            HoldSummary line,
            Bytes statement,
            String text,
            String words,
            Optional<String> nameToType,
            KeptTexts texts,
            Optional<Json> body,
            Optional<GrantOffer> offer,
            Optional<String> noOffer) {}

    /** What a signer may grant besides: at most so many calls, for at most so long, and what these must be like. */
    public record GrantOffer(long calls, Duration time, String like) {}

    public record GrantSummary(
            String id,
            String hold,
            String like,
            Statement confirmed,
            List<String> people,
            long calls,
            long used,
            Instant until) {
        public GrantSummary {
            people = List.copyOf(people);
        }
    }

    /**
     * Everything that people see before they sign the holds of a set by one signature. {@code statement} is signed, and
     * lists the statements of {@code holds} in their order; of a set of one it is the hold's own.
     */
    public record SetSheet(
            HoldSetName name, Bytes statement, String words, Optional<String> nameToType, List<HoldSheet> holds) {
        public SetSheet {
            holds = List.copyOf(holds);
        }
    }

    /** The owner of a genuine signature's key; the person is empty if it is nobody's. */
    public record SignatureOwner(Optional<String> person, KeyClass keyClass, String fingerprint) {}

    public sealed interface SignatureResult {

        /** It counts, for each hold of {@code set}; each ticket has what is still missing. It may grant more calls. */
        record AcceptedSignature(
                String person,
                SignatureOwner owner,
                String set,
                List<HoldTicket> tickets,
                boolean complete,
                Optional<GrantSummary> granted)
                implements SignatureResult {
            public AcceptedSignature {
                tickets = List.copyOf(tickets);
            }

            public HoldTicket ticket() {
                return tickets.getFirst();
            }
        }

        /** It does not count, and nothing has changed unless the hold ended. Without an owner it was not genuine. */
        record RejectedSignature(String reason, Optional<SignatureOwner> owner) implements SignatureResult {}
    }

    /** Receives the result of a signature before it takes effect. If it throws, the signature has no effect. */
    @FunctionalInterface
    public interface SignatureWitness {
        void receive(SignatureResult signing);
    }

    public sealed interface DenialResult {

        record DeniedAndEnded(List<HoldTicket> tickets) implements DenialResult {
            public DeniedAndEnded {
                tickets = List.copyOf(tickets);
            }
        }

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
        HoldSettler settling = settling(signatories, now);
        return store.read(rows -> {
            HoldSetFinder sets = new HoldSetFinder(rows, settling::seen);
            return selection.apply(rows).stream()
                    .map(settling::seen)
                    .map(hold -> line(hold, sets.of(hold), signatories, now))
                    .toList();
        });
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
        return showSet(seal, id, Optional.empty())
                .map(set -> set.holds().getFirst())
                .filter(sheet -> sheet.line().ticket().id().equals(id));
    }

    /**
     * Returns the set {@code id} as it is now, or a hold as a set of one, to be signed with a grant if {@code more}.
     */
    public Optional<SetSheet> showSet(Seal seal, String id, Optional<CallGrant> more) {
        SealDocument signatories = SealConversion.of(seal);
        Instant now = clock.now();
        return store.read(rows -> {
            HoldSetFinder sets = new HoldSetFinder(rows, settling(signatories, now)::seen);
            return sets.find(id).map(set -> {
                Bytes signed = Bytes.of(set.signed(more));
                return new SetSheet(
                        HoldSetName.of(set),
                        signed,
                        DigestPhrase.of(signed.sha256()),
                        set.nameToType(),
                        set.holds().stream()
                                .map(hold -> sheet(
                                        line(hold, sets.of(hold), signatories, now),
                                        hold,
                                        rows.texts(hold.id()),
                                        rows.body(hold.id()),
                                        signatories))
                                .toList());
            });
        });
    }

    /** A hold that waits for signatures; {@code people} could confirm it and have not. */
    public record WaitingHold(String id, String summary, Instant signBy, Set<String> people) {
        public WaitingHold {
            people = Set.copyOf(people);
        }
    }

    /** Returns the set in which hold {@code id} waits, or that hold alone. */
    public Optional<WaitingHold> waiting(Seal seal, String id) {
        SealDocument signatories = SealConversion.of(seal);
        HoldSettler settling = settling(signatories, clock.now());
        return store.read(rows -> rows.find(id)
                .map(settling::seen)
                .filter(hold -> hold.state() == HoldState.OPEN)
                .map(hold -> waiting(new HoldSetFinder(rows, settling::seen).of(hold), signatories)));
    }

    private static WaitingHold waiting(HoldSet set, SealDocument seal) {
        Hold hold = set.first();
        Set<String> people = ConfirmationCheck.possibleSigners(seal, hold.statement());
        hold.signatures().forEach(signature -> people.remove(signature.person()));
        String summary = set.holds().size() == 1 ? hold.statement().summary() : set.question();
        return new WaitingHold(set.id(), summary, hold.signBy(), people);
    }

    /** Returns the texts of which the log has only digests, of the request of hold {@code id}. */
    public KeptTexts texts(String id) {
        return store.read(rows -> rows.texts(id));
    }

    /**
     * Accepts a {@link ConfirmationSignature} for a hold, or for those of a set that its list names; {@code witness}
     * receives the result before it is durable. It counts for all of these, or for none.
     */
    public SignatureResult sign(
            Seal seal, String id, String signature, Optional<String> typed, SignatureWitness witness) {
        SealDocument signatories = SealConversion.of(seal);
        return store.write(rows -> {
            Instant now = clock.now();
            rows.reach(now);
            HoldSettler settling = settling(signatories, now);
            Optional<HoldSet> set = new HoldSetFinder(rows, hold -> settling.of(rows, hold)).find(id);
            SignatureResult signing = set.isEmpty()
                    ? new SignatureResult.RejectedSignature("There is no hold with that name.", Optional.empty())
                    : listed(id, set.get(), signature)
                            .map(holds -> holds.contradiction(id)
                                    .<SignatureResult>map(
                                            why -> new SignatureResult.RejectedSignature(why, Optional.empty()))
                                    .orElseGet(() -> sign(rows, holds, signatories, signature, typed, now)))
                            .orElseGet(() -> new SignatureResult.RejectedSignature(CHANGED, Optional.empty()));
            // Before the commit: a signature that counts is on record even after a crash.
            witness.receive(signing);
            return signing;
        });
    }

    /**
     * Returns the holds that the signed list names, or all without one; empty if it names another, which has changed.
     */
    private static Optional<HoldSet> listed(String id, HoldSet set, String signature) {
        Optional<StatementList> list = list(signature);
        if (list.isEmpty()) {
            return HoldSet.isSet(id) ? Optional.empty() : Optional.of(set);
        }
        List<Hold> holds = set.holds().stream()
                .filter(hold -> list.get().contains(hold.statement()))
                .toList();
        // INVARIANT: a signature counts for all that it was shown for, or for nothing.
        return list.get().statements().size() == holds.size() ? Optional.of(new HoldSet(holds)) : Optional.empty();
    }

    private static Optional<StatementList> list(String signature) {
        try {
            return ConfirmationSignature.parse(signature).list();
        } catch (MalformedException _) {
            return Optional.empty();
        }
    }

    /** Returns the grants that may still be used, the oldest first. */
    public List<GrantSummary> grants(Seal seal) {
        Instant now = clock.now();
        return store.read(rows -> rows.grants(Optional.empty(), now).stream()
                .flatMap(grant -> rows.find(grant.hold()).stream()
                        .filter(hold -> hold.statement().seal().equals(seal.id()))
                        .filter(hold -> (hold.state().isLive() || hold.mayGrant(now))
                                && leases.test(hold.statement().lease()))
                        .map(hold -> summary(hold, grant)))
                .toList());
    }

    private static GrantSummary summary(Hold hold, HoldGrant grant) {
        return new GrantSummary(
                CallGrant.name(hold.id()),
                hold.id(),
                HoldPhrases.like(hold),
                hold.statement(),
                hold.signatures().stream().map(Hold.HoldSignature::person).toList(),
                grant.calls(),
                grant.used(),
                grant.until());
    }

    /** Ends the grant {@code id}; false if nothing is left of it. Each further call is asked about again. */
    public boolean revoke(String id, String by, String reason) {
        return id.startsWith("G-")
                && store.<Boolean>write(rows -> rows.endGrant(Confirmations.holdOfGrant(id), no(by, reason)));
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
            HoldSettler settling = settling(signatories, now);
            Optional<HoldSet> found = new HoldSetFinder(rows, hold -> settling.of(rows, hold)).find(id);
            if (found.isEmpty()) {
                return new DenialResult.NothingToDeny("There is no hold with that name.");
            }
            List<HoldTicket> ended = new ArrayList<>();
            // INVARIANT: all are denied before the rest of a plan ends: a denial covers variants, and an end does not.
            for (Hold hold : found.get().holds()) {
                if (!hold.state().isLive()) {
                    return new DenialResult.NothingToDeny(
                            "The hold is " + hold.state().word() + ".");
                }
                HoldState as = hold.state() == HoldState.OPEN ? HoldState.DENIED : HoldState.CANCELLED;
                Hold denied = hold.ended(as, no(by, reason));
                rows.move(hold, denied);
                endGrants(rows, denied, now);
                ended.add(HoldPhrases.ticket(denied, signatories, now));
            }
            rows.endRest(found.get().first(), no(by, reason));
            return new DenialResult.DeniedAndEnded(ended);
        });
    }

    /**
     * Ends for good what people granted under the lease of {@code denied} for calls that it covers, in the transaction
     * of the denial: a use of such a grant comes before the denial, or not at all.
     */
    static void endGrants(HoldRows rows, Hold denied, Instant now) {
        for (HoldGrant grant : rows.grants(Optional.of(denied.statement().lease()), now)) {
            rows.find(grant.hold())
                    .filter(denied::meets)
                    .ifPresent(hold -> rows.endGrant(hold.id(), denied.ending().orElse("")));
        }
    }

    private SignatureResult sign(
            HoldRows rows, HoldSet set, SealDocument seal, String signature, Optional<String> typed, Instant now) {
        Optional<SignatureOwner> hand = signatureOwner(set.first(), seal, signature);
        if (!set.isWhole()) {
            return new SignatureResult.RejectedSignature(PlanOrder.signedWhole(set.first()), hand);
        }
        List<Signer> signers = new ArrayList<>();
        for (Hold hold : set.holds()) {
            ConfirmationResult alone = ConfirmationCheck.check(seal, hold.statement(), List.of(signature), now);
            Optional<String> objection = objection(rows, hold, seal, alone);
            if (objection.isPresent()) {
                return new SignatureResult.RejectedSignature(objection.get(), hand);
            }
            signers.add(alone.signers().getFirst());
        }
        // Checked after the key: a person whose signature cannot count should not be asked to type more carefully.
        return typedNameProblem(set, typed)
                .or(() -> grantProblem(set, seal, signature, now))
                .or(() -> set.holds().stream().allMatch(hold -> fits(hold, signature))
                        ? Optional.empty()
                        : Optional.of(TOO_LONG))
                .<SignatureResult>map(problem -> new SignatureResult.RejectedSignature(problem, hand))
                .orElseGet(() -> accept(rows, set, seal, signers.getFirst(), signature, now));
    }

    /** Returns why what {@code signature} would grant cannot be granted; empty if it can, or grants nothing. */
    private static Optional<String> grantProblem(HoldSet set, SealDocument seal, String signature, Instant now) {
        Optional<CallGrant> more = list(signature).flatMap(StatementList::more);
        if (more.isEmpty()) {
            return Optional.empty();
        }
        Optional<String> obstacle = CallGrant.obstacle(seal, set.first().statement());
        if (obstacle.isPresent()) {
            return Optional.of("No more calls can be granted with it: " + obstacle.get() + ".");
        }
        CallGrant.GrantLimit limit = seal.grants().orElseThrow();
        boolean isWithin = more.get().calls() <= limit.calls()
                && now.isBefore(more.get().until())
                && !more.get().until().isAfter(now.plus(limit.time()));
        return isWithin
                ? Optional.empty()
                : Optional.of("The seal lets a signature grant at most " + limit.calls() + " calls for "
                        + limit.time().toMinutes() + " minutes.");
    }

    /** Returns why a signature, of which {@code alone} is what it proves by itself, does not count for {@code hold}. */
    private Optional<String> objection(HoldRows rows, Hold hold, SealDocument seal, ConfirmationResult alone) {
        if (hold.state() != HoldState.OPEN) {
            String why = "The hold is " + hold.state().word() + ", so it takes no more signatures."
                    + hold.ending().map(end -> " " + end).orElse("");
            return Optional.of(why.endsWith(".") ? why : why + ".");
        }
        if (alone.signers().isEmpty()) {
            return Optional.of("The signature does not count: " + String.join("; ", alone.rejected()) + ".");
        }
        Signer signer = alone.signers().getFirst();
        if (!passkeys.counts(signer.key())) {
            return Optional.of("This passkey is not enrolled or was revoked, so it does not count.");
        }
        Optional<String> objection = ElevationStatements.objection(hold.statement(), seal, signer);
        if (objection.isPresent()) {
            return objection;
        }
        if (hold.signatures().stream().anyMatch(signed -> signed.person().equals(signer.person()))) {
            return Optional.of(signer.person() + " has signed already, and each person counts once.");
        }
        return isReadable(rows, hold) ? Optional.empty() : Optional.of(UNREADABLE);
    }

    /** Returns the owner of the key that made it; empty if it is no signature of this statement. */
    static Optional<SignatureOwner> signatureOwner(Hold hold, SealDocument seal, String made) {
        try {
            ConfirmationSignature signature = ConfirmationSignature.parse(made);
            byte[] signed = signature.signed(hold.statement());
            return switch (signature.by()) {
                case SshSignature ssh -> Optional.of(signatureOwner(seal, ssh.verify(signed, Statement.NAMESPACE)));
                case Assertion assertion -> {
                    Signer signer = assertion.signer(seal, signed, Statement.NAMESPACE);
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

    static Optional<String> typedNameProblem(HoldSet set, Optional<String> typed) {
        if (set.nameToType().isEmpty()) {
            return typed.filter(said -> !said.isBlank() && !set.isNamed(said))
                    .map(_ ->
                            "The typed name is of something else than what this hold asks about; nothing was signed.");
        }
        if (typed.filter(said -> !said.isBlank()).isEmpty()) {
            return Optional.of("This hold requires each signer to type `"
                    + set.nameToType().get() + "`; pass it with `--type-name`.");
        }
        return set.isNamed(typed.get())
                ? Optional.empty()
                : Optional.of("This hold requires each signer to type exactly: "
                        + set.nameToType().get() + " - the typed name does not match.");
    }

    HoldSettler settling(SealDocument seal, Instant now) {
        return new HoldSettler(seal.id(), now, leases);
    }

    private static SignatureResult accept(
            HoldRows rows, HoldSet set, SealDocument seal, Signer signer, String signature, Instant now) {
        Hold.HoldSignature signed = new Hold.HoldSignature(
                signer.person(),
                signer.keyClass(),
                signer.key(),
                signature,
                set.nameToType().orElse(""),
                now);
        List<HoldTicket> tickets = new ArrayList<>();
        boolean complete = true;
        Optional<GrantSummary> granted = Optional.empty();
        for (Hold hold : set.holds()) {
            List<String> all = with(hold, signature);
            Hold next = hold.signed(
                    signed,
                    ConfirmationCheck.check(seal, hold.statement(), all, now).isSatisfied());
            if (!rows.step(hold, next)) {
                throw new IllegalStateException("a hold has changed within a transaction");
            }
            tickets.add(HoldPhrases.ticket(next, seal, now));
            complete &= next.state() == HoldState.SIGNED;
            Optional<CallGrant> more =
                    next.state() == HoldState.SIGNED ? CallGrant.of(hold.statement(), all) : Optional.empty();
            if (more.isPresent()) {
                HoldGrant grant =
                        new HoldGrant(hold.id(), more.get().calls(), more.get().until(), 0);
                rows.grant(hold.statement().lease(), grant);
                endCovered(rows, next, grant, seal, now);
                granted = Optional.of(summary(next, grant));
            }
        }
        SignatureOwner hand = new SignatureOwner(Optional.of(signed.person()), signed.keyClass(), signed.fingerprint());
        return new SignatureResult.AcceptedSignature(signed.person(), hand, set.id(), tickets, complete, granted);
    }

    /** Ends questions whose calls {@code grant} covers. Whoever waits for one tries it again, and is checked again. */
    private static void endCovered(HoldRows rows, Hold granting, HoldGrant grant, SealDocument seal, Instant now) {
        Statement statement = granting.statement();
        rows.questionsOf(statement.agent(), now).stream()
                .filter(asked -> asked.statement().lease().equals(statement.lease())
                        && asked.place().isEmpty()
                        && asked.statement().obligations().equals(statement.obligations())
                        && CallGrant.objection(
                                        seal,
                                        statement,
                                        HoldPhrases.armored(granting),
                                        CallGrant.GrantedCall.of(
                                                asked.statement().meaning(),
                                                asked.statement().request()),
                                        now)
                                .isEmpty())
                .limit(grant.calls())
                .forEach(asked -> rows.step(
                        asked, asked.ended(HoldState.VOID, CallGrant.name(granting.id()) + " covers it now.")));
    }

    private static List<String> with(Hold hold, String signature) {
        List<String> all = new ArrayList<>(HoldPhrases.armored(hold));
        all.add(signature);
        return all;
    }

    /** Returns whether an intent can carry the statement, its signatures and {@code signature} besides its members. */
    private static boolean fits(Hold hold, String signature) {
        return Json.object()
                        .with("statement", hold.statement().json())
                        .withTexts("signatures", with(hold, signature))
                        .canonical()
                        .length
                <= MAX_CONFIRMATION;
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

    private static HoldSheet sheet(
            HoldSummary line, Hold hold, KeptTexts texts, Optional<Json> body, SealDocument seal) {
        Optional<String> obstacle = CallGrant.obstacle(seal, hold.statement());
        Bytes statement = Bytes.of(hold.statement().canonical());
        return new HoldSheet(
                line,
                statement,
                StatementText.of(hold.statement(), texts),
                DigestPhrase.of(statement.sha256()),
                hold.asksForName() ? Optional.of(NameToType.of(hold.statement())) : Optional.empty(),
                texts,
                body,
                seal.grants()
                        .filter(_ -> obstacle.isEmpty())
                        .map(limit -> new GrantOffer(limit.calls(), limit.time(), HoldPhrases.like(hold))),
                obstacle.filter(_ -> seal.grants().isPresent() && !hold.isElevation()));
    }

    private static HoldSummary line(Hold hold, HoldSet set, SealDocument seal, Instant now) {
        return new HoldSummary(
                HoldPhrases.ticket(hold, seal, now),
                hold.isElevation(),
                HoldSetName.of(set),
                hold.statement().json().without(Set.of("nonce")),
                hold.state().word(),
                hold.ending().orElse(""),
                hold.signers(),
                hold.signBy(),
                hold.usableFrom().map(from -> new UsableWindow(from, from.plus(Hold.USABLE))));
    }
}
