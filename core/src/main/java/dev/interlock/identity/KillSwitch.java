package dev.interlock.identity;

import com.github.f4b6a3.ulid.Ulid;
import dev.interlock.action.Lease;
import dev.interlock.action.Seal;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import dev.interlock.store.StoreUnavailableException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * The kill switch. A kill stops every lease that it matches, and each new one, at once until people lift it. It
 * survives restarts. It ends no lease by itself.
 *
 * <p>Threading: any. Calls see a kill at once, even while another thread writes to the store.
 */
public final class KillSwitch {

    /** The SSHSIG namespace for statements that lift a kill, and for nothing else. */
    public static final String NAMESPACE = "interlock-kill@v1";

    static final String WHO_MAY_LIFT = "A person in `owners` who is not stopped by a kill can lift it with";

    /** Long enough to fetch a hardware key, short enough that nobody lifts a kill with yesterday's statement. */
    static final Duration SIGNING_TIME = Duration.ofMinutes(10);

    private static final String STATEMENT_TYPE = "interlock-kill-lift@v1";
    private static final int ULID_RANDOM_BYTES = 10;

    private final KillBook book;
    private final LeaseRegistry leases;
    private final PersonSignatures signatures;
    private final InstantSource clock;
    private final RandomGenerator random;

    KillSwitch(
            LeaseStore store,
            LeaseRegistry leases,
            PersonSignatures signatures,
            InstantSource clock,
            RandomGenerator random) {
        this.book = new KillBook(store);
        this.leases = leases;
        this.signatures = signatures;
        this.clock = clock;
        this.random = random;
    }

    /** A kill in force, and whether it would survive a restart. */
    public record ActiveKill(Kill kill, boolean durable) {}

    /**
     * Stops {@code target} at once, even if the store fails. A target that is stopped already is stopped anew: refusals
     * show the new administrator and reason, and no signature for the earlier kill lifts the new one.
     */
    public ActiveKill kill(Kill.KillTarget target, String reason, String by) {
        byte[] bytes = new byte[ULID_RANDOM_BYTES];
        random.nextBytes(bytes);
        Instant now = now();
        String id = "K-" + new Ulid(now.toEpochMilli(), bytes);
        Kill kill = new Kill(id, target, Kill.oneLine(reason), by, now);
        book.add(kill);
        book.settle();
        return new ActiveKill(kill, book.isDurable(kill));
    }

    /**
     * Puts {@code kill}, which the ledger knows, in force again; false if the store knows it, or a later one of the
     * same target.
     *
     * @throws StoreUnavailableException if the store fails: a restart would forget the kill once more
     */
    public boolean restore(Kill kill) {
        Optional<Kill> standing = book.of(kill.target());
        if (standing.filter(known -> known.id().compareTo(kill.id()) >= 0).isPresent()) {
            return false;
        }
        book.add(kill);
        if (!book.settle()) {
            throw new StoreUnavailableException("the kill `" + kill.id() + "` could not be stored");
        }
        return true;
    }

    /** Returns the kills in force, the oldest first. */
    public List<ActiveKill> active() {
        return book.all().stream()
                .map(kill -> new ActiveKill(kill, book.isDurable(kill)))
                .toList();
    }

    /** Returns whether {@code target} exists, in the seal or among the remembered leases. */
    public boolean isKnown(Optional<Seal> seal, Kill.KillTarget target) {
        String name = target.name();
        return switch (target.scope()) {
            case AGENT -> seal.filter(s -> s.agents().containsKey(name)).isPresent() || anyLease(target);
            case TASK -> seal.filter(s -> s.tasks().containsKey(name)).isPresent() || anyLease(target);
            case PERSON -> seal.filter(s -> s.people().containsKey(name)).isPresent() || anyLease(target);
            case UPSTREAM -> seal.isEmpty() || seal.get().upstreams().containsKey(name);
            case ALL -> true;
        };
    }

    private boolean anyLease(Kill.KillTarget target) {
        return leases.all().stream().anyMatch(entry -> targets(entry).contains(target));
    }

    /** Returns the leases that {@code kill} stops now. */
    public List<Lease> stopped(Kill kill) {
        Instant now = now();
        Predicate<LeaseEntry> lives =
                entry -> entry.end().isEmpty() && now.isBefore(entry.lease().expires());
        return leases.all().stream()
                .filter(lives)
                .filter(entry -> targets(entry).contains(kill.target()))
                .map(LeaseEntry::lease)
                .toList();
    }

    /** Writes the kills that the store could not take. False if it still cannot. */
    boolean settle() {
        return book.settle();
    }

    /** Returns the kill that stops {@code entry}, if any. */
    Optional<Kill> killFor(LeaseEntry entry) {
        if (book.isEmpty()) { // the usual case, and every call asks
            return Optional.empty();
        }
        return first(targets(entry));
    }

    /** Returns the kill that prevents {@code request} from being granted, if any. */
    Optional<Kill> killFor(Seal seal, LeaseRequest request) {
        Set<Kill.KillTarget> targets = targets(request.agent(), request.task(), request.template());
        Optional.ofNullable(seal.agents().get(request.agent())).ifPresent(agent -> targets.add(person(agent.owner())));
        return first(targets);
    }

    /** Returns the kill that prevents any lease of {@code agent}: one of the agent, of its owner, or of everything. */
    public Optional<Kill> killFor(Seal.Agent agent) {
        Set<Kill.KillTarget> targets = new LinkedHashSet<>();
        targets.add(Kill.KillTarget.EVERYTHING);
        targets.add(new Kill.KillTarget(Kill.KillScope.AGENT, agent.id()));
        targets.add(person(agent.owner()));
        return first(targets);
    }

    /** Returns the kill that stops a lease of {@code agent} under {@code task}, if any; an empty task is none. */
    Optional<Kill> killFor(Seal.Agent agent, Optional<String> task) {
        return killFor(agent)
                .or(() -> task.flatMap(name -> first(Set.of(new Kill.KillTarget(Kill.KillScope.TASK, name)))));
    }

    /** Returns the kill that stops every call to {@code upstream}, if any. */
    Optional<Kill> killForUpstream(String upstream) {
        if (book.isEmpty()) {
            return Optional.empty();
        }
        return first(Set.of(Kill.KillTarget.EVERYTHING, new Kill.KillTarget(Kill.KillScope.UPSTREAM, upstream)));
    }

    /** Returns whether {@code person} is killed; until that is lifted their signatures do not count. */
    public boolean isKilled(String person) {
        return book.of(person(person)).isPresent();
    }

    private Optional<Kill> first(Set<Kill.KillTarget> targets) {
        return targets.stream().flatMap(target -> book.of(target).stream()).findFirst();
    }

    private static Set<Kill.KillTarget> targets(LeaseEntry entry) {
        Lease lease = entry.lease();
        Set<Kill.KillTarget> targets = targets(lease.agent(), lease.task(), lease.template());
        targets.add(person(lease.person()));
        entry.signature().ifPresent(signature -> targets.add(person(signature.person())));
        return targets;
    }

    private static Set<Kill.KillTarget> targets(String agent, String task, Optional<String> template) {
        Set<Kill.KillTarget> targets = new LinkedHashSet<>();
        targets.add(Kill.KillTarget.EVERYTHING);
        targets.add(new Kill.KillTarget(Kill.KillScope.AGENT, agent));
        targets.add(new Kill.KillTarget(Kill.KillScope.TASK, task));
        template.ifPresent(name -> targets.add(new Kill.KillTarget(Kill.KillScope.TASK, name)));
        return targets;
    }

    private static Kill.KillTarget person(String name) {
        return new Kill.KillTarget(Kill.KillScope.PERSON, name);
    }

    /**
     * Returns the statement by which a person lifts the kill {@code id}. It is canonical JSON, to be signed in
     * namespace {@code interlock-kill@v1} within ten minutes. Empty if no such kill is in force.
     *
     * <p>It needs no nonce: a kill is lifted once, and its identifier is never used again.
     */
    public Optional<byte[]> prepare(Seal seal, String id) {
        return byId(id).map(kill -> statement(seal, kill, now()));
    }

    /** Whoever killed is named as that: the person who reads and signs this is another. */
    private static byte[] statement(Seal seal, Kill kill, Instant opened) {
        return Json.object()
                .with("type", STATEMENT_TYPE)
                .with("kill", kill.id())
                .with("scope", kill.target().scope().word())
                .with("name", kill.target().name())
                .with("killed_by", kill.by())
                .with("killed_since", kill.since().toString())
                .with("killed_because", kill.reason())
                .with("seal", seal.id())
                .with("opened_at", opened.toString())
                .with("expires", opened.plus(SIGNING_TIME).toString())
                .canonical();
    }

    /** The result of checking a signed statement. */
    public sealed interface KillLiftResult {
        /** An entitled person signed it; {@link KillSwitch#lift} carries it out. */
        record SignedKillLift(Kill kill, String person, String key, KeyClass keyClass) implements KillLiftResult {}

        /** The statement does not count; the reason is a whole sentence. */
        record DeniedKillLift(String reason) implements KillLiftResult {}
    }

    /** Verifies {@code statement}: the kill that it names, its signer, and their right to lift it. */
    public KillLiftResult lifting(Seal seal, byte[] statement, String armored) {
        try {
            Json.Members asked = Json.readObject(statement);
            Optional<Kill> kill = byId(asked.text("kill"));
            if (kill.isEmpty()) {
                return new KillLiftResult.DeniedKillLift(gone(asked));
            }
            Instant opened = Instant.parse(asked.text("opened_at"));
            // The statement must equal, byte by byte, the one for this kill under this seal. Nothing else of it needs a
            // check.
            if (!Arrays.equals(statement, statement(seal, kill.get(), opened))) {
                return new KillLiftResult.DeniedKillLift(
                        "The statement does not match this kill and the seal in force; request it again.");
            }
            if (now().isBefore(opened.minus(Identity.MAX_STEP_BACK)) || !now().isBefore(opened.plus(SIGNING_TIME))) {
                return new KillLiftResult.DeniedKillLift("The time to sign it has expired; request it again.");
            }
            PersonSignatures.VerifiedPersonSignature signed = signatures.verify(seal, NAMESPACE, statement, armored);
            return objection(seal, kill.get(), signed)
                    .<KillLiftResult>map(KillLiftResult.DeniedKillLift::new)
                    .orElseGet(() -> new KillLiftResult.SignedKillLift(
                            kill.get(), signed.person().name(), signed.key(), signed.keyClass()));
        } catch (MalformedException | DateTimeException e) {
            return new KillLiftResult.DeniedKillLift("The statement cannot be read: " + e.getMessage() + ".");
        } catch (BadSignatureException e) {
            return new KillLiftResult.DeniedKillLift("The signature does not count: " + e.getMessage() + ".");
        }
    }

    private String gone(Json.Members asked) {
        return book.all().stream()
                .filter(kill -> asked.optionalText("scope")
                                .equals(Optional.of(kill.target().scope().word()))
                        && asked.optionalText("name")
                                .equals(Optional.of(kill.target().name())))
                .findFirst()
                .map(kill -> "`" + kill.by() + "` has issued the kill again since: " + kill.why() + ".")
                .orElse("No such kill is in force.");
    }

    // Two rules: a killed person cannot lift it, and nobody can with a key within reach of an agent that it stops.
    private Optional<String> objection(Seal seal, Kill kill, PersonSignatures.VerifiedPersonSignature signed) {
        String person = signed.person().name();
        if (isKilled(person)) {
            return Optional.of("`" + person + "` is stopped by a kill and cannot lift anything.");
        }
        List<Seal.Agent> own = seal.agents().values().stream()
                .filter(agent -> agent.owner().equals(person))
                .filter(agent -> stops(kill, agent))
                .toList();
        boolean ownsTheKilled = kill.target().scope() == Kill.KillScope.AGENT && !own.isEmpty();
        if (!signed.person().groups().contains(SealDocument.OWNERS) && !ownsTheKilled) {
            return Optional.of("`" + person + "` is not in `" + SealDocument.OWNERS + "`.");
        }
        if (signed.keyClass() == KeyClass.SOFTWARE && !own.isEmpty()) {
            return Optional.of("`" + person + "` owns `" + own.getFirst().id()
                    + "`, which this kill stops and which may be able to use their software key: sign with a passkey in the console (the first is made by `sudo interlock key invite " + person
                    + "`) or with a hardware key, or ask another person.");
        }
        return Optional.empty();
    }

    /**
     * Returns whether {@code kill} may stop {@code agent}; true in doubt, since a task or an upstream may be any
     * agent's.
     */
    private static boolean stops(Kill kill, Seal.Agent agent) {
        String name = kill.target().name();
        return switch (kill.target().scope()) {
            case AGENT -> agent.id().equals(name);
            case PERSON -> agent.owner().equals(name);
            case TASK, UPSTREAM, ALL -> true;
        };
    }

    /**
     * Lifts a kill, durably before it takes effect.
     *
     * @return false if it was lifted meanwhile, its target was stopped again, or the kill is not stored yet
     * @throws dev.interlock.store.StoreUnavailableException if the store fails; the kill stays in force
     */
    public boolean lift(KillLiftResult.SignedKillLift signed) {
        return book.lift(signed.kill(), signed.person(), now());
    }

    private Optional<Kill> byId(String id) {
        return book.all().stream().filter(kill -> kill.id().equals(id)).findFirst();
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }
}
