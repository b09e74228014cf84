package dev.interlock.limits;

import com.github.f4b6a3.ulid.Ulid;
import dev.interlock.action.Action;
import dev.interlock.action.Impact;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * Keeps destroyed resources read-only until people lift the freeze. Freezes survive restarts and new seals.
 *
 * <p>Threading: any.
 */
public final class Freezes {

    /** The SSHSIG namespace for statements that lift a freeze, and nothing else. */
    public static final String NAMESPACE = "interlock-freeze@v1";

    private static final String STATEMENT_TYPE = "interlock-freeze-lift@v1";

    /**
     * The time for signing, as for kills. It is enough to fetch a hardware key, and too short for a statement of
     * yesterday.
     */
    private static final Duration SIGNING_TIME = Duration.ofMinutes(10);

    /** The tolerated step back of the wall clock, so that a correction of the clock does not invalidate a signature. */
    private static final Duration MAX_STEP_BACK = Duration.ofMinutes(1);

    private static final int ULID_RANDOM_BYTES = 10;

    /** Verifies signatures against a seal, and knows which people are killed. */
    public interface SignatureVerifier {

        /** Returns who signed {@code statement}. Throws if nobody of the seal did, or the key does not count. */
        FreezeSignature verify(Seal seal, String namespace, byte[] statement, String armored)
                throws BadSignatureException;

        /** Returns whether signatures of {@code person} do not count now. */
        boolean isKilled(String person);
    }

    /** A genuine signature. */
    public record FreezeSignature(Seal.Person person, String key, KeyClass keyClass) {}

    private final LimitStore store;
    private final FreezeBook book;
    private final SignatureVerifier signatures;
    private final InstantSource clock;
    private final RandomGenerator random;

    Freezes(LimitStore store, SignatureVerifier signatures, InstantSource clock, RandomGenerator random) {
        this.store = store;
        this.book = new FreezeBook(store.read(LimitRows::freezes));
        this.signatures = signatures;
        this.clock = clock;
        this.random = random;
    }

    /** Returns the freezes in force, the oldest first. */
    public List<Freeze> active() {
        return book.all();
    }

    /** Returns why a freeze stops {@code sensed}; empty if none does. */
    Optional<LimitOverrun> against(ResolvedAttempt sensed) {
        if (book.isEmpty()) { // the usual case, and every call comes through here
            return Optional.empty();
        }
        return book.all().stream()
                .flatMap(freeze -> freeze.against(sensed).stream())
                .findFirst();
    }

    /** Returns the freeze that releasing {@code sensed} causes; empty if it destroys nothing. */
    Optional<Freeze> freezeFor(ResolvedAttempt sensed, String intent) {
        return leftBehind(sensed)
                .map(freeze -> new Freeze(newId(), intent, freeze.resources(), freeze.agent(), freeze.person(), now()));
    }

    /** Does the same as {@link #freezeFor}, for rehearsals. */
    static Optional<Freeze> leftBehind(ResolvedAttempt sensed) {
        if (sensed.actions().stream().noneMatch(action -> action.has(Impact.DESTROY))) {
            return Optional.empty();
        }
        Set<Resource> gone = gone(sensed);
        return gone.isEmpty()
                ? Optional.empty()
                : Optional.of(new Freeze(
                        "F-rehearsed",
                        "R-rehearsed",
                        gone,
                        sensed.lease().agent(),
                        sensed.lease().person(),
                        Instant.EPOCH));
    }

    /** Returns what would be lost, without resources of which the catalog knows that only a part would be. */
    private static Set<Resource> gone(ResolvedAttempt sensed) {
        Set<Resource> whole = new TreeSet<>();
        Set<Resource> parts = new TreeSet<>();
        for (Action action : sensed.actions()) {
            if (action.impacts().contains(Impact.DESTROY)) {
                (action.destroysAPart() ? parts : whole).addAll(action.resources());
            }
        }
        parts.removeAll(whole);
        Set<Resource> gone = new TreeSet<>(sensed.radius().lost());
        gone.removeAll(parts);
        return gone;
    }

    /**
     * Freezes {@code resources} again, which {@code intent} may have destroyed according to the ledger. False if the
     * store knows a freeze by that intent, in force or lifted.
     */
    public boolean restore(String intent, Set<Resource> resources, String agent, String person) {
        Freeze freeze = new Freeze(newId(), intent, resources, agent, person, now());
        return store.write(rows -> {
            if (rows.hasFrozen(intent)) {
                return false;
            }
            add(rows, freeze);
            return true;
        });
    }

    private String newId() {
        byte[] bytes = new byte[ULID_RANDOM_BYTES];
        random.nextBytes(bytes);
        return "F-" + new Ulid(now().toEpochMilli(), bytes);
    }

    /** Puts {@code freeze} in force at once. Call {@link #forget} if the transaction of {@code rows} fails. */
    void add(LimitRows rows, Freeze freeze) {
        rows.addFreeze(freeze);
        book.add(freeze);
    }

    /** Removes a freeze from memory because its transaction failed: nothing was destroyed. */
    void forget(Freeze freeze) {
        book.forget(freeze);
    }

    /**
     * Lifts a freeze because the action did not happen after all; {@code why} is the store's code for the reason. The
     * store is written first.
     */
    void liftUnexecuted(Freeze freeze, String why) {
        store.write(rows -> {
            rows.liftFreeze(freeze, why, now());
            return true;
        });
        book.forget(freeze);
    }

    /**
     * Returns the statement by which a person lifts the freeze {@code id}. It is canonical JSON, to be signed in
     * namespace {@code interlock-freeze@v1} within ten minutes. Empty if no such freeze is in force.
     *
     * <p>It needs no nonce: a freeze is lifted once, and its identifier is never used again.
     */
    public Optional<byte[]> prepare(Seal seal, String id) {
        return byId(id).map(freeze -> statement(seal, freeze, now()));
    }

    private static byte[] statement(Seal seal, Freeze freeze, Instant opened) {
        return Json.object()
                .with("type", STATEMENT_TYPE)
                .with("freeze", freeze.id())
                .with("intent", freeze.intent())
                .withTexts("resources", freeze.resources().stream().map(Resource::toString))
                .with("agent", freeze.agent())
                .with("person", freeze.person())
                .with("since", freeze.since().toString())
                .with("seal", seal.id())
                .with("opened_at", opened.toString())
                .with("expires", opened.plus(SIGNING_TIME).toString())
                .canonical();
    }

    /** The result of checking a signed statement. */
    public sealed interface LiftResult {
        /** The signer may lift it: {@link Freezes#lift} does it. */
        record AllowedLift(Freeze freeze, String person, String key, KeyClass keyClass) implements LiftResult {}

        /** It does not count; a whole sentence says why. */
        record DeniedLift(String reason) implements LiftResult {}
    }

    /** Checks who asks by {@code statement} to lift which freeze, and whether they may. */
    public LiftResult lifting(Seal seal, byte[] statement, String armored) {
        try {
            Json.Members asked = Json.readObject(statement);
            Optional<Freeze> freeze = byId(asked.text("freeze"));
            if (freeze.isEmpty()) {
                return new LiftResult.DeniedLift("No such freeze is in force.");
            }
            Instant opened = Instant.parse(asked.text("opened_at"));
            // The statement must equal, byte for byte, what this freeze and this seal produce. So nothing else needs to
            // be checked.
            if (!Arrays.equals(statement, statement(seal, freeze.get(), opened))) {
                return new LiftResult.DeniedLift(
                        "The statement does not match this freeze and the seal in force; request it again.");
            }
            if (now().isBefore(opened.minus(MAX_STEP_BACK)) || !now().isBefore(opened.plus(SIGNING_TIME))) {
                return new LiftResult.DeniedLift("The time to sign it has expired; request it again.");
            }
            FreezeSignature signed = signatures.verify(seal, NAMESPACE, statement, armored);
            return objection(seal, freeze.get(), signed)
                    .<LiftResult>map(LiftResult.DeniedLift::new)
                    .orElseGet(() -> new LiftResult.AllowedLift(
                            freeze.get(), signed.person().name(), signed.key(), signed.keyClass()));
        } catch (MalformedException | DateTimeException e) {
            return new LiftResult.DeniedLift("The statement cannot be read: " + e.getMessage() + ".");
        } catch (BadSignatureException e) {
            return new LiftResult.DeniedLift("The signature does not count: " + e.getMessage() + ".");
        }
    }

    // The same rule as for kills: a person as whom the destroying agent could sign cannot lift the freeze.
    private Optional<String> objection(Seal seal, Freeze freeze, FreezeSignature signed) {
        String person = signed.person().name();
        if (signatures.isKilled(person)) {
            return Optional.of("`" + person + "` is stopped by a kill and cannot lift anything.");
        }
        if (!signed.person().groups().contains(SealDocument.OWNERS)) {
            return Optional.of("`" + person + "` is not in `" + SealDocument.OWNERS + "`.");
        }
        Seal.Agent agent = seal.agents().get(freeze.agent());
        boolean own = person.equals(freeze.person())
                || (agent != null && agent.owner().equals(person));
        if (signed.keyClass() == KeyClass.SOFTWARE && own) {
            return Optional.of("`" + person + "` owns `" + freeze.agent() + "`, which destroyed it and may be able to use their software key: sign with a passkey in the console (the first is made by `sudo interlock key invite " + person + "`) or with a hardware key, or ask another person.");
        }
        return Optional.empty();
    }

    /**
     * Lifts the freeze, in the store first. False if it is not in force any more.
     *
     * @throws dev.interlock.store.StoreUnavailableException if the store fails; the freeze stays
     */
    public boolean lift(LiftResult.AllowedLift allowed) {
        if (byId(allowed.freeze().id()).isEmpty()) {
            return false;
        }
        store.write(rows -> {
            rows.liftFreeze(allowed.freeze(), allowed.person(), now());
            return true;
        });
        return book.forget(allowed.freeze());
    }

    private Optional<Freeze> byId(String id) {
        return book.all().stream().filter(freeze -> freeze.id().equals(id)).findFirst();
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }
}
