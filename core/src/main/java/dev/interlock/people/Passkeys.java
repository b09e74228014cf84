package dev.interlock.people;

import dev.interlock.action.Bytes;
import dev.interlock.action.Obligations;
import dev.interlock.action.PasskeyRegistry;
import dev.interlock.action.Seal;
import dev.interlock.action.SealConversion;
import dev.interlock.action.Secret;
import dev.interlock.config.Suggestions;
import dev.interlock.evidence.Assertion;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Enrolment;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.KeyStatement;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.PasskeyAlgorithm;
import dev.interlock.evidence.PersonSignature;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.Signer;
import dev.interlock.store.StoreListener;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The passkeys of people: creates, endorses, verifies and revokes them.
 *
 * <p>An operation that grants rights has two steps, so that the caller can record it between them. The first step
 * checks whether it is allowed; the second is {@link #keep}. Every method that writes throws
 * {@link dev.interlock.store.StoreUnavailableException} if the store fails. Only {@link #revoke} takes effect all the
 * same. Threading: any.
 */
public final class Passkeys implements PasskeyRegistry, StoreListener {

    /** Lifetime of a challenge: long enough to look for a key, too short to carry the challenge elsewhere. */
    static final Duration CHALLENGE_LIFE = Duration.ofMinutes(2);

    /** The namespace of statements that are signed to sign in. No SSHSIG is made for it. */
    static final String LOGIN = "interlock-login@v1";

    /** Maximum of enrolled passkeys per person: laptop, telephone, safe, and plenty to spare. */
    static final int MAX_KEYS = 16;

    private static final Duration WAITING = Duration.ofHours(24);

    /** Maximum of ceremonies that one maker may have open within {@link #CHALLENGE_LIFE}. */
    static final int MAX_BEGUN = 16;

    private static final int RANDOM_BYTES = 32;
    /** Maximum length of an enrolment. It leaves room for the assertion that contains the enrolment. */
    private static final int MAX_ENROLMENT = PersonSignature.MAX_LENGTH - 2048;

    /** A one-time code, the person whom it invites, and its expiry. */
    public record Invitation(String person, Secret code, Instant expires) {}

    /** A ceremony that a browser continues: our name for it, and the options in the form that browsers read. */
    public record PasskeyCeremony(String name, Json.Members options) {}

    /** A verified signature: an SSHSIG as received, or an assertion together with the stored enrolment. */
    public record VerifiedSignature(String text, Signer signer) {}

    /** The person who signed in, and the passkey that they used. */
    public record PasskeyLogin(Signer signer, Passkey key) {}

    /** A passkey, and its signer according to the seal; no signer if the seal does not accept it. */
    public record PasskeyStatus(Passkey key, Optional<Signer> standing) {}

    /** A revoked passkey, and the valid keys that it had endorsed. */
    public record PasskeyRevocation(Passkey key, List<Passkey> vouchedFor, boolean durable) {}

    private record PasskeyCreation(String person, String maker, Json.Members options, boolean byCode, Instant at) {}

    private record KeySigners(String seal, Map<String, Optional<Signer>> byKey) {}

    private final PasskeySite site;
    private final PasskeyBook book;
    private final Ceremony ceremony;
    private final Invitations invitations;

    /** Ceremonies that were begun, by name, the oldest first; in memory alone. Guarded by itself. */
    private final Map<String, PasskeyCreation> begun = new LinkedHashMap<>();

    private final LoginChallenges logins;
    private final InstantSource clock;
    private final RandomGenerator random;
    private volatile KeySigners standings = new KeySigners("", Map.of());

    /** {@code random} must be secure: challenges and codes come from it. */
    public Passkeys(PasskeyStore store, PasskeySite site, InstantSource clock, RandomGenerator random) {
        this.site = site;
        this.book = new PasskeyBook(store);
        this.ceremony = new Ceremony(site, book);
        this.invitations = new Invitations(clock, random);
        this.logins = new LoginChallenges(CHALLENGE_LIFE, clock, random);
        this.clock = clock;
        this.random = random;
    }

    public PasskeySite site() {
        return site;
    }

    /** Issues a one-time code with which {@code person} enrols a first passkey. */
    public Invitation invite(Seal seal, String person) throws PasskeyRefusedException {
        if (!seal.people().containsKey(person)) { // only root asks, so names may be told
            throw new PasskeyRefusedException("The policy has no person `" + person + "`"
                    + Suggestions.after(person, seal.people().keySet())
                    + " Somebody new is added under `people` in interlock.yaml, and the policy sealed again.");
        }
        requireFirst(seal, person);
        Instant expires = now().plus(Invitations.LIFE);
        return new Invitation(person, invitations.invite(person), expires);
    }

    private void requireFirst(Seal seal, String person) throws PasskeyRefusedException {
        if (!seal.passkeys().firstByCode()) {
            throw new PasskeyRefusedException(
                    "The seal requires endorsed passkeys, so a code is not enough: enrol one without a code, and endorse it.");
        }
        List<Passkey> good = book.of(person).stream().filter(Passkey::isGood).toList();
        if (good.stream().anyMatch(key -> isUsable(seal, key))) {
            throw new PasskeyRefusedException(
                    "`" + person + "` has a passkey already, and must endorse another one with it.");
        }
        if (!good.isEmpty()) {
            Passkey first = good.getFirst();
            String why = isHere(first)
                    ? "that the seal in force does not accept"
                    : "that was made for `" + first.statement().origin() + "`";
            throw new PasskeyRefusedException("`" + person + "` has a passkey " + why
                    + ", so it cannot endorse another one here. Revoke it first: interlock key revoke " + first.name()
                    + ".");
        }
    }

    /** Returns whether the passkey was made for the console's current origin. Browsers offer it nowhere else. */
    public boolean isHere(Passkey key) {
        return key.statement().origin().equals(site.origin());
    }

    private boolean isUsable(Seal seal, Passkey key) {
        return isHere(key) && standing(seal, key.name()).isPresent();
    }

    private static void requireKnown(Seal seal, String person) throws PasskeyRefusedException {
        if (!seal.people().containsKey(person)) {
            throw new PasskeyRefusedException("The seal does not know `" + person + "`.");
        }
    }

    /**
     * Starts the creation of a passkey. Without a code it waits for signatures. Ceremonies of one {@code maker} never
     * displace those of another.
     */
    public PasskeyCeremony begin(Seal seal, String person, String maker, Optional<String> code)
            throws PasskeyRefusedException {
        requireKnown(seal, person);
        if (code.isPresent() && !invitations.isGood(person, code.get())) {
            throw new PasskeyRefusedException(
                    "The code is wrong or has expired. A person who may invite must request another one.");
        }
        forgetOld();
        List<Passkey> own = book.of(person);
        if (own.stream().filter(key -> key.end().isEmpty() && !key.isWaiting()).count() >= MAX_KEYS) {
            throw new PasskeyRefusedException("`" + person + "` has " + MAX_KEYS + " passkeys. Revoke one.");
        }
        Json.Members options = ceremony.creation(person, bytes(), own);
        PasskeyCreation creation = new PasskeyCreation(person, maker, options, code.isPresent(), clock.instant());
        return new PasskeyCeremony(begun(creation), options);
    }

    /** Remembers {@code creation} under the returned name, in place of its maker's oldest if there are too many. */
    private String begun(PasskeyCreation creation) {
        String name = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes());
        synchronized (begun) {
            begun.values().removeIf(this::isOver);
            List<String> theirs = begun.entrySet().stream()
                    .filter(one -> one.getValue().maker().equals(creation.maker()))
                    .map(Map.Entry::getKey)
                    .toList();
            theirs.stream().limit(Math.max(0, theirs.size() - MAX_BEGUN + 1)).forEach(begun::remove);
            begun.put(name, creation);
        }
        return name;
    }

    private Optional<PasskeyCreation> taken(String name) {
        synchronized (begun) {
            return Optional.ofNullable(begun.remove(name)).filter(found -> !isOver(found));
        }
    }

    /** Returns whether it has expired. A clock that was set back does not extend its life. */
    private boolean isOver(PasskeyCreation creation) {
        Instant now = clock.instant();
        return now.isBefore(creation.at()) || !now.isBefore(creation.at().plus(CHALLENGE_LIFE));
    }

    private void forgetOld() {
        Instant oldest = now().minus(WAITING);
        book.all().stream()
                .filter(Passkey::isWaiting)
                .filter(key -> key.statement().madeAt().isBefore(oldest))
                .forEach(book::drop);
    }

    /** Accepts the passkey that a browser made, and consumes the code. {@link #keep} stores it. */
    public Passkey acceptRegistration(Seal seal, String name, String response, Optional<String> code)
            throws PasskeyRefusedException {
        PasskeyCreation making = taken(name)
                .orElseThrow(() -> new PasskeyRefusedException("The time to create it has expired. Begin again."));
        requireKnown(seal, making.person());
        if (making.byCode() != code.isPresent()) {
            throw new PasskeyRefusedException(
                    "The enrolment must be finished in the same way as it was begun: with or without a code.");
        }
        Passkey key = passkey(making, ceremony.made(making.options(), response));
        if (book.byName(key.name()).isPresent()
                || book.byCredential(key.statement().credential()).isPresent()) {
            throw new PasskeyRefusedException("This passkey is enrolled already.");
        }
        if (code.isEmpty()) {
            return key;
        }
        requireFirst(seal, making.person());
        if (!invitations.use(making.person(), code.get())) {
            throw new PasskeyRefusedException("The code is no longer valid.");
        }
        return key.enrolled(new Enrolment(key.statement(), new Enrolment.EnrolmentBasis.Code()));
    }

    private Passkey passkey(PasskeyCreation making, Ceremony.NewCredential made) throws PasskeyRefusedException {
        try {
            KeyStatement statement = new KeyStatement(
                    making.person(),
                    made.credential(),
                    PasskeyAlgorithm.ofKey(made.key().toArray()),
                    Base64.getEncoder().encodeToString(made.key().toArray()),
                    site.rp(),
                    site.origin(),
                    now(),
                    Base64.getUrlEncoder().withoutPadding().encodeToString(bytes()));
            return new Passkey(
                    statement,
                    making.maker(),
                    made.cose(),
                    made.transports(),
                    made.counter(),
                    Optional.empty(),
                    List.of(),
                    Optional.empty());
        } catch (MalformedException e) {
            throw new PasskeyRefusedException("The passkey cannot be used here: " + e.getMessage() + ".");
        }
    }

    /** Returns the waiting passkey of the same maker that is dropped when the new {@code key} is stored. */
    public Optional<Passkey> displacedBy(Passkey key) {
        return book.givesWay(key);
    }

    /** Stores an accepted passkey; {@code instead} is what {@link #displacedBy} returned, which is on record. */
    public void keep(Passkey key, Optional<Passkey> instead) throws PasskeyRefusedException {
        requireKept(book.add(key, instead));
    }

    /** Stores the passkey that {@link #addEndorsement} returned. */
    public void keep(Passkey key) throws PasskeyRefusedException {
        Optional<Passkey> before = book.byName(key.name()).filter(Passkey::isWaiting);
        requireKept(before.isPresent() && book.storeEndorsements(before.get(), key));
    }

    private void requireKept(boolean kept) throws PasskeyRefusedException {
        if (!kept) {
            throw new PasskeyRefusedException("It has changed in the meantime. Begin again.");
        }
        forgetStandings();
    }

    public Optional<Passkey> find(String name) {
        return book.byName(name);
    }

    /** Returns the passkey with one more endorsement, enrolled if that suffices. {@link #keep} stores it. */
    public Passkey addEndorsement(Seal seal, String name, VerifiedSignature signature) throws PasskeyRefusedException {
        Passkey key = book.byName(name)
                .filter(Passkey::isWaiting)
                .orElseThrow(() -> new PasskeyRefusedException("No passkey with that name waits to be endorsed."));
        return signature.signer().person().equals(key.statement().person())
                ? enrolled(seal, key, new Enrolment.EnrolmentBasis.Signatures(parsed(List.of(signature.text()))))
                : vouchedByOther(seal, key, signature);
    }

    private static Passkey vouchedByOther(Seal seal, Passkey key, VerifiedSignature signature)
            throws PasskeyRefusedException {
        if (seal.passkeys().recovery().isEmpty()) {
            throw new PasskeyRefusedException(
                    "The seal permits only `" + key.statement().person() + "` to endorse this key.");
        }
        Obligations.Quorum quorum = seal.passkeys().recovery().get();
        Signer signer = signature.signer();
        boolean counts = signer.keyClass() == KeyClass.HARDWARE || seal.softwareKeys();
        boolean isOfGroup = Optional.ofNullable(seal.people().get(signer.person()))
                .filter(person -> person.groups().contains(quorum.group()))
                .isPresent();
        if (!counts || !isOfGroup) {
            throw new PasskeyRefusedException("`" + signer.person() + "` is not in `" + quorum.group()
                    + "`, or signed with a key that the seal does not accept.");
        }
        SealDocument document = SealConversion.of(seal);
        List<String> all = new ArrayList<>();
        for (String earlier : key.endorsements()) {
            // Keeps one signature per person, and drops those that the seal does not accept any more.
            if (isByAnother(document, key, earlier, signer.person())) {
                all.add(earlier);
            }
        }
        all.add(signature.text());
        try {
            return enrolled(seal, key, new Enrolment.EnrolmentBasis.Recovery(parsed(all)));
        } catch (MoreEndorsementsException _) {
            return key.withEndorsements(all);
        }
    }

    private static boolean isByAnother(SealDocument seal, Passkey key, String signature, String person) {
        try {
            return !PersonSignature.parse(signature)
                    .signer(seal, key.statement().canonical(), KeyStatement.NAMESPACE)
                    .person()
                    .equals(person);
        } catch (BadSignatureException _) {
            return false;
        }
    }

    private static final class MoreEndorsementsException extends PasskeyRefusedException {

        private static final long serialVersionUID = 1L;

        private MoreEndorsementsException(String reason) {
            super(reason);
        }
    }

    private static List<PersonSignature> parsed(List<String> signatures) {
        return signatures.stream().map(PersonSignature::parse).toList();
    }

    private static Passkey enrolled(Seal seal, Passkey key, Enrolment.EnrolmentBasis basis)
            throws PasskeyRefusedException {
        try {
            Enrolment enrolment = new Enrolment(key.statement(), basis);
            String text = enrolment.json().canonicalText();
            if (text.length() > MAX_ENROLMENT) {
                throw new PasskeyRefusedException(
                        "The endorsements behind this key are too long for its signatures. Have it endorsed by a key of the seal.");
            }
            Enrolment.PasskeyValue standing = Enrolment.parse(text).standing(SealConversion.of(seal));
            if (standing.keyClass() == KeyClass.SOFTWARE && !seal.softwareKeys()) {
                throw new PasskeyRefusedException(
                        "A software key endorses it, which would make it as weak, and the seal accepts no software key.");
            }
            return key.enrolled(enrolment);
        } catch (BadSignatureException e) {
            throw new MoreEndorsementsException("It is not enrolled yet: " + e.getMessage() + ".");
        } catch (MalformedException e) {
            throw new PasskeyRefusedException(
                    "The enrolment cannot be stored in a readable form: " + e.getMessage() + ".");
        }
    }

    /**
     * Returns the signer of {@code message} by an SSHSIG for {@code namespace}, or by an assertion, which is valid only
     * once. A passkey that may exist twice is a {@link PasskeyCopiedException}.
     */
    public VerifiedSignature verifySignature(Seal seal, String namespace, byte[] message, String signature)
            throws PasskeyRefusedException {
        try {
            return signature.stripLeading().startsWith("{")
                    ? asserted(seal, namespace, message, signature)
                    : new VerifiedSignature(
                            signature,
                            PersonSignature.parse(signature).signer(SealConversion.of(seal), message, namespace));
        } catch (BadSignatureException | MalformedException e) {
            throw new PasskeyRefusedException("The signature does not count: " + e.getMessage() + ".");
        }
    }

    private VerifiedSignature asserted(Seal seal, String namespace, byte[] message, String signature)
            throws PasskeyRefusedException, BadSignatureException {
        Ceremony.PresentedAssertion presented = Ceremony.presented(signature);
        Passkey key = book.byCredential(presented.credential())
                .orElseThrow(() -> new PasskeyRefusedException("This passkey is not enrolled here."));
        if (key.end().isPresent()) {
            throw new PasskeyRefusedException("This passkey was revoked, so its signatures no longer count.");
        }
        Enrolment enrolment = key.enrolment()
                .orElseThrow(() -> new PasskeyRefusedException("This passkey still waits for an endorsement."));
        Assertion assertion = presented.by(enrolment);
        Signer signer = assertion.signer(SealConversion.of(seal), message, namespace);
        ceremony.agree(key, message, presented);
        if (!book.count(key.name(), presented.counter())) {
            throw new PasskeyCopiedException(key);
        }
        return new VerifiedSignature(assertion.json().canonicalText(), signer);
    }

    public Json.Members toSign(Seal seal, String person, byte[] message) throws PasskeyRefusedException {
        List<Passkey> usable =
                book.of(person).stream().filter(key -> isUsable(seal, key)).toList();
        if (usable.isEmpty()) {
            throw new PasskeyRefusedException("`" + person + "` has no valid passkey here. They must enrol one first.");
        }
        return ceremony.request(message, usable);
    }

    /** Starts a sign-in with a passkey. It takes no memory, so one caller never blocks another. */
    public PasskeyCeremony login() {
        byte[] statement = Json.object()
                .with("type", LOGIN)
                .with("origin", site.origin())
                .with("opened_at", now().toString())
                .with("nonce", Base64.getUrlEncoder().withoutPadding().encodeToString(bytes()))
                .canonical();
        return new PasskeyCeremony(logins.name(statement), ceremony.request(statement, List.of()));
    }

    /** Returns who signed in with {@code assertion} in the ceremony {@code name}. This succeeds only once. */
    public PasskeyLogin login(Seal seal, String name, String assertion) throws PasskeyRefusedException {
        byte[] statement = logins.find(name).orElseThrow(Passkeys::over);
        if (!assertion.stripLeading().startsWith("{")) {
            throw new PasskeyRefusedException("Only a passkey can sign in.");
        }
        VerifiedSignature given = verifySignature(seal, LOGIN, statement, assertion);
        if (!logins.use(statement)) { // another request used it while this one was verified
            throw over();
        }
        return new PasskeyLogin(
                given.signer(), book.byName(given.signer().key()).orElseThrow());
    }

    private static PasskeyRefusedException over() {
        return new PasskeyRefusedException("The time to sign in has expired. Begin again.");
    }

    /** Returns every passkey that ever existed, oldest first. */
    public List<PasskeyStatus> list(Seal seal) {
        return book.all().stream()
                .map(key -> new PasskeyStatus(key, standing(seal, key.name())))
                .toList();
    }

    /**
     * Revokes a passkey for ever. Its endorsements stay valid; after a theft check
     * {@link PasskeyRevocation#vouchedFor}.
     */
    public PasskeyRevocation revoke(String name, String by, String reason) throws PasskeyRefusedException {
        Passkey key = book.byName(name)
                .filter(found -> found.end().isEmpty())
                .orElseThrow(() -> new PasskeyRefusedException("There is no passkey with that name."));
        boolean durable = book.end(key, new Passkey.PasskeyEnd(now(), by, reason));
        forgetStandings();
        List<Passkey> vouchedFor = book.all().stream()
                .filter(Passkey::isGood)
                .filter(other ->
                        other.enrolment().filter(it -> restsOn(it, name)).isPresent())
                .toList();
        return new PasskeyRevocation(key, vouchedFor, durable);
    }

    /** Stores the revocations that could not be written before. Returns whether all are stored now. */
    public boolean settle() {
        return book.settle();
    }

    @Override
    public void changed(String kind, Set<String> names) {
        if (kind.equals(PasskeyStore.PASSKEY)) {
            book.follow(names);
            forgetStandings();
        }
    }

    @Override
    public void reload() {
        changed(PasskeyStore.PASSKEY, Set.of());
    }

    private static boolean restsOn(Enrolment enrolment, String name) {
        List<PersonSignature> made = switch (enrolment.basis()) {
            case Enrolment.EnrolmentBasis.Signatures(List<PersonSignature> signatures) -> signatures;
            case Enrolment.EnrolmentBasis.Recovery(List<PersonSignature> signatures) -> signatures;
            case Enrolment.EnrolmentBasis.Code() -> List.of();
        };
        return made.stream()
                .anyMatch(signature -> signature instanceof Assertion assertion
                        && (assertion.enrolment().statement().name().equals(name)
                                || restsOn(assertion.enrolment(), name)));
    }

    @Override
    public boolean isGood(String passkey) {
        return book.byName(passkey).filter(Passkey::isGood).isPresent();
    }

    @Override
    public Optional<Signer> standing(Seal seal, String passkey) {
        KeySigners known = standings;
        if (!known.seal().equals(seal.id())) {
            known = new KeySigners(seal.id(), new ConcurrentHashMap<>());
            standings = known;
        }
        // A seal never changes, and neither do the endorsements of a key. So each pair is judged only once.
        return isGood(passkey) ? known.byKey().computeIfAbsent(passkey, name -> judged(seal, name)) : Optional.empty();
    }

    public Optional<String> person(Seal seal, String credential) {
        return book.byCredential(credential)
                .flatMap(key -> standing(seal, key.name()))
                .map(Signer::person);
    }

    private Optional<Signer> judged(Seal seal, String name) {
        return book.byName(name).flatMap(Passkey::enrolment).flatMap(enrolment -> {
            try {
                Enrolment.PasskeyValue standing = enrolment.standing(SealConversion.of(seal));
                return Optional.of(
                        new Signer(enrolment.statement().person(), standing.keyClass(), name, standing.basis()));
            } catch (BadSignatureException _) {
                return Optional.empty();
            }
        });
    }

    private void forgetStandings() {
        standings = new KeySigners("", Map.of());
    }

    private byte[] bytes() {
        byte[] bytes = new byte[RANDOM_BYTES];
        random.nextBytes(bytes);
        return bytes;
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }

    /** One-time codes for a person's first passkey, by their hashes in memory alone. Threading: any. */
    static final class Invitations {

        /** Lifetime of a code: long enough to walk to a browser with it. */
        static final Duration LIFE = Duration.ofMinutes(15);

        /** Length of a code: 160 bits cannot be guessed. */
        private static final int CODE_BYTES = 20;

        private record PendingCode(String hash, Instant at) {}

        private final Map<String, PendingCode> byPerson = new HashMap<>(); // guarded by this
        private final InstantSource clock;
        private final RandomGenerator random;

        Invitations(InstantSource clock, RandomGenerator random) {
            this.clock = clock;
            this.random = random;
        }

        /** Issues a new code for {@code person}. An earlier code of that person becomes invalid. */
        synchronized Secret invite(String person) {
            byte[] bytes = new byte[CODE_BYTES];
            random.nextBytes(bytes);
            String code = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
            byPerson.put(person, new PendingCode(Bytes.utf8(code).sha256(), clock.instant()));
            return new Secret(code);
        }

        synchronized boolean isGood(String person, String code) {
            PendingCode invitation = byPerson.get(person);
            Instant now = clock.instant();
            // Compares hashes, so that the comparison time reveals nothing about the code.
            return invitation != null
                    && invitation.hash().equals(Bytes.utf8(code).sha256())
                    && !now.isBefore(invitation.at())
                    && now.isBefore(invitation.at().plus(LIFE));
        }

        /** Consumes {@code code}. Returns false if it is not valid, or if somebody else used it first. */
        synchronized boolean use(String person, String code) {
            return isGood(person, code) && byPerson.remove(person) != null;
        }
    }

    /**
     * The challenges that browsers sign to sign in. One that was begun takes no memory: its name is the statement with
     * an HMAC (RFC 2104). Only those that somebody signed in with are remembered. Threading: any.
     */
    static final class LoginChallenges {

        private static final String ALGORITHM = "HmacSHA256";
        private static final int KEY_BYTES = 32;

        /** Maximum length of a name. Ours take a third of it. */
        private static final int LONGEST_NAME = 2_048;

        private final Map<String, Instant> used = new HashMap<>(); // by digest; guarded by this
        private final SecretKeySpec key;
        private final Duration life;
        private final InstantSource clock;

        /** @param random must be secure */
        LoginChallenges(Duration life, InstantSource clock, RandomGenerator random) {
            byte[] bytes = new byte[KEY_BYTES];
            random.nextBytes(bytes);
            this.key = new SecretKeySpec(bytes, ALGORITHM);
            this.life = life;
            this.clock = clock;
        }

        /** Returns the name under which the sign-in for {@code statement}, which is unique, is finished. */
        String name(byte[] statement) {
            Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
            return encoder.encodeToString(statement) + "." + encoder.encodeToString(authenticator(statement));
        }

        /** Returns the statement for {@code name} if this process issued it, it has not expired, and it is unused. */
        synchronized Optional<byte[]> find(String name) {
            return genuine(name)
                    .filter(statement -> !isOver(opened(statement)) && !used.containsKey(digest(statement)));
        }

        /** Marks {@code statement} as used. Returns false if it was used before. */
        synchronized boolean use(byte[] statement) {
            used.values().removeIf(this::isOver);
            return used.putIfAbsent(digest(statement), opened(statement)) == null;
        }

        private Optional<byte[]> genuine(String name) {
            String[] parts = name.length() > LONGEST_NAME ? new String[0] : name.split("\\.", -1);
            if (parts.length != 2) {
                return Optional.empty();
            }
            try {
                byte[] statement = Base64.getUrlDecoder().decode(parts[0]);
                byte[] said = Base64.getUrlDecoder().decode(parts[1]);
                return MessageDigest.isEqual(authenticator(statement), said)
                        ? Optional.of(statement)
                        : Optional.empty();
            } catch (IllegalArgumentException e) {
                return Optional.empty(); // not Base64
            }
        }

        private byte[] authenticator(byte[] statement) {
            try {
                Mac mac = Mac.getInstance(ALGORITHM); // not shared: a Mac is not thread-safe
                mac.init(key);
                return mac.doFinal(statement);
            } catch (NoSuchAlgorithmException | InvalidKeyException e) {
                throw new IllegalStateException("every JDK has " + ALGORITHM, e);
            }
        }

        private static Instant opened(byte[] statement) {
            return Instant.parse(Json.readObject(statement).text("opened_at"));
        }

        private static String digest(byte[] statement) {
            return Bytes.of(statement).sha256();
        }

        /** Returns whether the challenge has expired. A clock that was set back does not extend its life. */
        private boolean isOver(Instant opened) {
            Instant now = clock.instant();
            return now.isBefore(opened) || !now.isBefore(opened.plus(life));
        }
    }
}
