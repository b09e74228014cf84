package dev.interlock.identity;

import com.github.f4b6a3.ulid.Ulid;
import dev.interlock.action.ClockWatch;
import dev.interlock.action.Elevation;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.PasskeyRegistry;
import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Issues, renews and revokes leases: the administrative side, which no agent reaches. The caller writes a receipt for
 * every call.
 *
 * <p>Every method that needs the store throws {@link dev.interlock.store.StoreUnavailableException} if that fails.
 * Ending leases does not need the store.
 */
public final class Leases {

    /** The SSHSIG namespace for lease statements, and for nothing else. */
    public static final String NAMESPACE = LeaseRules.NAMESPACE;

    /** Long enough to fetch a hardware key, short enough that nobody signs yesterday's request. */
    private static final Duration DEFAULT_SIGNING_TIME = Duration.ofMinutes(10);

    private static final String STATEMENT_TYPE = "interlock-lease-request@v1";
    private static final int NONCE_BYTES = 32;
    private static final int ULID_RANDOM_BYTES = 10;

    /** Maximum leases of one remote machine at once: some for each of its jobs. */
    static final int MAX_OF_MACHINE = 32;

    private static final String ADD_AGAIN = "Ask the person who runs Interlock to add the machine again.";

    /** The answer to a request. */
    public sealed interface LeaseResult {
        /**
         * The lease is issued. The token is shown once and stored nowhere; the signer widened it, if one was needed.
         */
        record IssuedLease(Lease lease, Secret token, Optional<PersonSignatures.VerifiedPersonSignature> signer)
                implements LeaseResult {}

        /** A person must sign first, for each of {@code reasons}; {@link Leases#prepare} makes the statement. */
        record SignatureNeeded(List<String> reasons) implements LeaseResult {}

        record DeniedLease(String reason, String next) implements LeaseResult {
            DeniedLease(String reason) {
                this(reason, "Ask for less, or change the seal.");
            }
        }
    }

    /** A lease that has not ended. If the seal in force does not support it, {@code suspended} says why. */
    public record CurrentLease(Lease lease, Optional<String> suspended) {}

    public record ListedLease(Lease lease, Optional<String> signer, Optional<Instant> revoked) {}

    private final LeaseRegistry book;
    private final PersonSignatures signatures;
    private final LeaseRules rules;
    private final KillSwitch kills;
    private final LeaseElevations widenings;
    private final RemoteMachines machines;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final ClockWatch watch;

    public Leases(LeaseStore store, InstantSource clock, RandomGenerator random, PasskeyRegistry passkeys) {
        this(store, clock, random, passkeys, ClockWatch.strict(clock.instant()));
    }

    /** {@code random} must be secure: tokens and nonces come from it. */
    public Leases(
            LeaseStore store, InstantSource clock, RandomGenerator random, PasskeyRegistry passkeys, ClockWatch watch) {
        this.watch = watch;
        this.book = new LeaseRegistry(store, clock.instant());
        this.signatures = new PersonSignatures(passkeys);
        this.rules = new LeaseRules(signatures);
        this.kills = new KillSwitch(store, book, signatures, clock, random);
        this.widenings = new LeaseElevations(store, clock);
        this.machines = new RemoteMachines(store, clock, random);
        this.clock = clock;
        this.random = random;
    }

    /** Returns the verifier of people's signatures, also for other things that they sign. */
    public PersonSignatures signatures() {
        return signatures;
    }

    public ClockWatch clockWatch() {
        return watch;
    }

    public ClockCorrection clockCorrection() {
        return new ClockCorrection(kills.orders());
    }

    /** Ends the leases that were issued after {@code now}, by a clock that was ahead: they would last too long. */
    public EndedLeases revokeIssuedAfter(Instant now) {
        return ended(book.revoke(
                book::ids,
                entry -> entry.lease().issued().isAfter(now),
                new LeaseEntry.LeaseEnd(now, "it was issued while the gateway's clock was ahead"),
                Leases::cutNothing));
    }

    LeaseRules rules() {
        return rules;
    }

    /**
     * Tokens for the gateway's own probes, which must be refused: of no lease, and of one that ended before anybody had
     * it.
     */
    public record ProbeTokens(Secret unknown, Secret ended, Lease lease) {}

    /** Makes tokens that must be refused: the lease has ended, no seal names its agent, and it covers nothing. */
    public ProbeTokens makeProbeTokens() {
        String id = "L-" + new Ulid(0, bytes(ULID_RANDOM_BYTES));
        Lease lease = new Lease(
                id,
                id,
                Receipt.PROBE,
                "nobody",
                LeaseSigners.NOBODY,
                "probe",
                Optional.empty(),
                Set.of("nowhere"),
                Set.of(Impact.READ),
                Set.of(),
                Optional.empty(),
                Instant.EPOCH,
                Instant.EPOCH);
        Secret ended = LeaseToken.make(random);
        book.addSpent(
                LeaseToken.hash(ended),
                new LeaseEntry(lease, Duration.ZERO, Optional.empty(), Optional.empty(), Optional.empty()));
        return new ProbeTokens(LeaseToken.make(random), ended, lease);
    }

    LeaseRegistry book() {
        return book;
    }

    public LeaseElevations widenings() {
        return widenings;
    }

    /** Ends for good the elevations that {@code kill} has stopped, by their lease or by a signer. */
    public void endElevations(Kill kill) {
        widenings.end(widening -> isStopped(kill, widening.lease())
                || widening.signers().stream().anyMatch(signer -> kill.target().isPerson(signer.person())));
    }

    /** Returns whether {@code kill} may have stopped the lease {@code id}. Any may reach an upstream. */
    public boolean isStopped(Kill kill, String id) {
        return kill.target().scope() == Kill.KillScope.UPSTREAM
                || book.byId(id)
                        .map(entry -> KillSwitch.targets(entry).contains(kill.target()))
                        .orElse(true);
    }

    /** Returns why no signature could grant it, as a whole sentence; empty if one could. */
    public Optional<String> objection(Seal seal, Lease lease, Elevation elevation) {
        return LeaseElevations.impossible(seal, lease, elevation);
    }

    /** Returns the kills, which stop leases until people lift them. */
    public KillSwitch kills() {
        return kills;
    }

    public LeaseResult issue(Seal seal, LeaseRequest request) {
        Optional<Kill> kill = kills.killFor(seal, request);
        if (kill.isPresent()) {
            return denied(kill.get());
        }
        return switch (LeaseRules.rule(seal, request)) {
            case LeaseRules.LeaseRuling.LeaseImpossible impossible ->
                throw new IllegalArgumentException(impossible.reason());
            case LeaseRules.LeaseRuling.SignatureRequired signed -> new LeaseResult.SignatureNeeded(signed.reasons());
            case LeaseRules.LeaseRuling.NoSignatureNeeded _ -> {
                Secret token = LeaseToken.make(random);
                LeaseEntry entry = entry(seal, request, Optional.empty());
                yield book.addRoot(LeaseToken.hash(token), entry)
                        .<LeaseResult>map(denied -> denied)
                        .orElseGet(() -> new LeaseResult.IssuedLease(entry.lease(), token, Optional.empty()));
            }
        };
    }

    /** Returns the machines elsewhere whose certificates are accepted. */
    public RemoteMachines machines() {
        return machines;
    }

    /** Returns why a person would have to sign for {@code request}, as whole sentences. */
    public List<String> signatureReasons(Seal seal, LeaseRequest request) {
        return switch (LeaseRules.rule(seal, request)) {
            case LeaseRules.LeaseRuling.LeaseImpossible impossible ->
                throw new IllegalArgumentException(impossible.reason());
            case LeaseRules.LeaseRuling.SignatureRequired signed -> signed.reasons();
            case LeaseRules.LeaseRuling.NoSignatureNeeded _ -> List.of();
        };
    }

    /**
     * Issues a lease to the machine {@code id}, which has proved itself: bound to it, and no longer than its
     * certificate.
     */
    public LeaseResult issueToMachine(Seal seal, String id) {
        Optional<RemoteMachine> found = machines.find(id);
        if (found.isEmpty()) {
            return new LeaseResult.DeniedLease("The certificate of this machine has ended.", ADD_AGAIN);
        }
        RemoteMachine machine = found.get();
        LeaseRequest request = machine.request().at(id).within(Duration.between(now(), machine.expires()));
        Set<String> users = Optional.ofNullable(seal.agents().get(request.agent()))
                .map(Seal.Agent::users)
                .orElse(Set.of());
        if (!users.isEmpty() && !users.contains(machine.addedBy())) {
            return new LeaseResult.DeniedLease(
                    "The seal does not let `" + machine.addedBy() + "`, who added this machine, take leases of `"
                            + request.agent() + "`.",
                    ADD_AGAIN);
        }
        if (at(Set.of(id)).filter(entry -> entry.parent().isEmpty()).count() >= MAX_OF_MACHINE) {
            return new LeaseResult.DeniedLease(
                    "This machine has " + MAX_OF_MACHINE + " leases that have not ended, which is the limit.",
                    "Use one of them; they end by themselves.");
        }
        try {
            return issue(seal, request);
        } catch (IllegalArgumentException e) {
            return new LeaseResult.DeniedLease(String.valueOf(e.getMessage()), ADD_AGAIN);
        }
    }

    /** Ends the machine {@code id} and its leases, at once and even if the store fails. */
    public EndedLeases endMachine(String id, String reason) {
        boolean stored = machines.end(id);
        EndedLeases ended = ended(book.revoke(
                () -> book.at(Set.of(id)),
                entry -> entry.lease().place().equals(Optional.of(id)),
                end(reason),
                Leases::cutNothing));
        return new EndedLeases(ended.leases(), ended.durable() && stored);
    }

    private static LeaseResult.DeniedLease denied(Kill kill) {
        return new LeaseResult.DeniedLease(
                "`" + kill.by() + "` has stopped " + kill.target().words() + " at " + kill.since() + ": " + kill.why()
                        + ".",
                KillSwitch.WHO_MAY_LIFT + " `interlock kill --lift " + kill.id() + " --key KEY`.");
    }

    /**
     * Returns the statement to sign in namespace {@code interlock-lease@v1} within ten minutes.
     *
     * @throws IllegalArgumentException if no signature could help; the message says why
     */
    public byte[] prepare(Seal seal, LeaseRequest request) {
        if (LeaseRules.rule(seal, request) instanceof LeaseRules.LeaseRuling.LeaseImpossible impossible) {
            throw new IllegalArgumentException(impossible.reason());
        }
        Instant now = now();
        Instant expires = now.plus(DEFAULT_SIGNING_TIME);
        String nonce = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(NONCE_BYTES));
        Json.Members statement = LeaseJson.write(request)
                .with("type", STATEMENT_TYPE)
                .with("person", owner(seal, request))
                .with("seal", seal.id())
                .with("nonce", nonce)
                .with("opened_at", now.toString())
                .with("expires", expires.toString());
        book.open(nonce, statement.canonicalText(), expires, now);
        return statement.canonical();
    }

    /**
     * Issues the lease of {@code statement}, which {@link #prepare} opened under the seal in force. Each works once.
     * {@code listener} narrows it to one listener.
     */
    public LeaseResult issue(Seal seal, byte[] statement, String armored, Optional<String> listener) {
        try {
            Json.Members asked = Json.readObject(statement);
            String nonce = asked.text("nonce");
            // The statement must equal, byte by byte, the one that was opened here. Nothing else of it needs a check.
            if (!book.wasOpened(nonce, new String(statement, StandardCharsets.UTF_8))) {
                return new LeaseResult.DeniedLease("No such lease request is open.");
            }
            if (!asked.text("seal").equals(seal.id())) {
                return new LeaseResult.DeniedLease(
                        "The seal has changed since the lease was requested; request it again.");
            }
            if (!now().isBefore(Instant.parse(asked.text("expires")))) {
                return new LeaseResult.DeniedLease("The lease request has expired; request the lease again.");
            }
            LeaseRequest signed = LeaseJson.readRequest(asked);
            LeaseRequest request = listener.map(signed::at).orElse(signed);
            Optional<Kill> kill = kills.killFor(seal, request);
            if (kill.isPresent()) {
                return denied(kill.get());
            }
            PersonSignatures.VerifiedPersonSignature by = rules.verify(seal, request.agent(), statement, armored);
            if (kills.isKilled(by.person().name())) {
                return new LeaseResult.DeniedLease(
                        "`" + by.person().name() + "` is stopped by a kill and cannot sign.");
            }
            return issueOnce(entry(seal, request, Optional.of(by)), nonce, by);
        } catch (MalformedException e) {
            return new LeaseResult.DeniedLease("The lease request cannot be read: " + e.getMessage() + ".");
        } catch (BadSignatureException e) {
            return new LeaseResult.DeniedLease("The signature does not count: " + e.getMessage() + ".");
        }
    }

    /**
     * Derives a child that is no wider. No seal is checked: each use of the child checks it, with all its ancestors.
     */
    public LeaseResult derive(Lease parent, ChildLeaseScope asked, Optional<String> place) {
        Optional<LeaseEntry> known = book.byId(parent.id());
        if (known.isEmpty()) {
            return notDerived("The parent lease has ended.");
        }
        Instant now = now();
        Optional<String> excess = asked.missingFromParent(known.get().lease(), now);
        if (excess.isPresent()) {
            return notDerived(excess.get());
        }
        Lease child = asked.child("L-" + new Ulid(now.toEpochMilli(), bytes(ULID_RANDOM_BYTES)), parent, place, now);
        LeaseEntry entry = new LeaseEntry(
                child,
                Duration.between(now, child.expires()),
                known.get().signature(),
                Optional.empty(),
                Optional.of(parent.id()));
        Secret token = LeaseToken.make(random);
        return book.addChild(LeaseToken.hash(token), entry)
                .<LeaseResult>map(Leases::notDerived)
                .orElseGet(() -> new LeaseResult.IssuedLease(child, token, Optional.empty()));
    }

    private static LeaseResult.DeniedLease notDerived(String reason) {
        return new LeaseResult.DeniedLease(
                reason,
                "Ask for no more than your own lease has; for more, ask the owner of this task for an elevation.");
    }

    private LeaseResult issueOnce(LeaseEntry entry, String nonce, PersonSignatures.VerifiedPersonSignature by) {
        Secret token = LeaseToken.make(random);
        return book.addOnce(LeaseToken.hash(token), entry, nonce)
                .<LeaseResult>map(denied -> denied)
                .orElseGet(() -> new LeaseResult.IssuedLease(entry.lease(), token, Optional.of(by)));
    }

    /**
     * Returns the lease as {@link #extend} would make it, within the maximum lifetime; empty if it may not be renewed.
     */
    public Optional<Lease> renewal(Seal seal, String id) {
        Instant now = now();
        return book.byId(id)
                .filter(entry -> entry.signature().isEmpty() && entry.revoked().isEmpty())
                .filter(entry -> entry.parent().isEmpty()) // a child ends no later than its parent
                .filter(entry -> now.isBefore(entry.lease().expires()))
                .filter(entry -> entry.lease().expires().isBefore(LeaseRules.latest(entry.lease())))
                .filter(entry -> rules.objection(Optional.of(seal), entry).isEmpty())
                .filter(entry -> kills.killFor(entry).isEmpty())
                .map(entry -> entry.until(earlier(now.plus(entry.ttl()), LeaseRules.latest(entry.lease()))))
                .map(LeaseEntry::lease);
    }

    /** Moves the end of a lease to that of its {@link #renewal}; false if it was ended meanwhile. */
    public boolean extend(Lease renewal) {
        return book.extend(renewal.id(), renewal.expires()).isPresent();
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    /** The ended leases. If not durable, a restart before {@link #settle} brings them back. */
    public record EndedLeases(List<Lease> leases, boolean durable) {
        public EndedLeases {
            leases = List.copyOf(leases);
        }
    }

    /**
     * Ends the lease {@code id} and all that descend from it, at once and even if the store fails.
     *
     * @param cut is run once they have ended, and before this waits for the store
     */
    public EndedLeases revoke(String id, String reason, Runnable cut) {
        return ended(book.revoke(() -> book.familyOf(id), entry -> book.isOrDescendsFrom(entry, id), end(reason), cut));
    }

    /** Does the same where no call is in flight, or the caller cuts them off. */
    public EndedLeases revoke(String id, String reason) {
        return revoke(id, reason, Leases::cutNothing);
    }

    /** Ends the lease {@code id} and all that descend from it, without a reason. */
    public EndedLeases revoke(String id) {
        return revoke(id, "");
    }

    /** Ends the leases of {@code roots} and all that descend from them, at once and even if the store fails. */
    public EndedLeases revoke(Set<String> roots, String reason) {
        return ended(book.revoke(
                () -> book.families(roots),
                entry -> roots.contains(entry.lease().root()),
                end(reason),
                Leases::cutNothing));
    }

    /** Ends every lease, at once and even if the store fails. */
    public EndedLeases revokeAll(String reason) {
        return ended(book.revoke(book::ids, _ -> true, end(reason), Leases::cutNothing));
    }

    /** Returns the roots of the runs among {@code stopped}: lifting a kill must not wake an agent. */
    public static Set<String> runs(List<Lease> stopped) {
        return stopped.stream()
                .filter(lease -> lease.place().isPresent())
                .map(Lease::root)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Takes up what other gateways did to these rows, or to all of {@code kind} if there are none. It loosens nothing
     * that this gateway did and could not write, and writes nothing itself: {@link #settle} does. Once something ended
     * or is killed, {@code cut} is run. Returns the places where something ended.
     */
    public Set<String> follow(String kind, Set<String> keys, Runnable cut) {
        Set<String> left = new HashSet<>();
        List<LeaseEntry> ended = switch (kind) {
            case LeaseStore.LEASE -> book.follow(keys, clock.instant());
            case LeaseStore.KILL -> endedByKills(cut);
            case LeaseStore.MACHINE -> {
                left.addAll(machines.follow());
                yield book.endHere(book.at(left), end("its machine was ended"));
            }
            case LeaseStore.ELEVATION -> {
                widenings.follow();
                yield List.of();
            }
            default -> List.of();
        };
        if (!ended.isEmpty()) {
            cut.run();
        }
        ended.forEach(entry -> entry.lease().place().ifPresent(left::add));
        return left;
    }

    /** Ends what a new kill ends where it was made: that gateway may not know all that was issued here. */
    private List<LeaseEntry> endedByKills(Runnable cut) {
        List<LeaseEntry> ended = new ArrayList<>();
        for (Kill kill : kills.follow()) {
            cut.run(); // first: there may be many leases
            ended.addAll(book.endHere(
                    kill.target().equals(Kill.KillTarget.EVERYTHING)
                            ? book.ids()
                            : book.families(runs(kills.stopped(kill))),
                    new LeaseEntry.LeaseEnd(kill.since(), kill.reason())));
        }
        return ended;
    }

    private LeaseEntry.LeaseEnd end(String reason) {
        return new LeaseEntry.LeaseEnd(now(), Kill.oneLine(reason));
    }

    /** Writes the ends and the kills that the store could not take. False if it still cannot. */
    public boolean settle() {
        boolean kept = kills.settle();
        boolean ended = machines.settle();
        return book.settle() && kept && ended;
    }

    /** Returns the lease that {@code place} was opened for, whether it has ended or not. */
    public Optional<Lease> at(String place) {
        return book.byPlace(place).map(LeaseEntry::lease);
    }

    /** Returns whether a lease that has not ended is bound to {@code place}. */
    public boolean isUsed(String place) {
        return at(Set.of(place)).findAny().isPresent();
    }

    private Stream<LeaseEntry> at(Set<String> places) {
        return book.at(places).stream()
                .flatMap(id -> book.byId(id).stream())
                .filter(entry -> hasNotEnded(entry, now()));
    }

    public Set<String> places() {
        return notEnded().flatMap(entry -> entry.lease().place().stream()).collect(Collectors.toUnmodifiableSet());
    }

    /** Returns the leases that have not ended, the youngest first. */
    public List<CurrentLease> current(Optional<Seal> seal) {
        return notEnded()
                .sorted(LeaseRegistry.YOUNGEST_FIRST)
                .map(entry -> new CurrentLease(
                        entry.lease(),
                        kills.killFor(entry)
                                .map(kill -> kill.refusal().reason())
                                .or(() -> rules.objection(seal, entry))))
                .toList();
    }

    public boolean isInForce(Optional<Seal> seal, String id) {
        Instant now = now();
        return book.byId(id)
                .filter(entry -> hasNotEnded(entry, now))
                .filter(entry -> rules.objection(seal, entry).isEmpty())
                .isPresent();
    }

    /** Returns whether there is or was a lease {@code id}, as far as this gateway has heard by now. */
    public boolean isKnown(String id) {
        return book.byId(id).isPresent();
    }

    public boolean isKilled(String id) {
        return book.byId(id).flatMap(kills::killFor).isPresent();
    }

    /** Returns the lease {@code id}, unless it has ended. */
    public Optional<Lease> notEnded(String id) {
        Instant now = now();
        return book.byId(id).filter(entry -> hasNotEnded(entry, now)).map(LeaseEntry::lease);
    }

    private Stream<LeaseEntry> notEnded() {
        Instant now = now();
        return book.entries().filter(entry -> hasNotEnded(entry, now));
    }

    private static boolean hasNotEnded(LeaseEntry entry, Instant now) {
        return entry.revoked().isEmpty() && now.isBefore(entry.lease().expires());
    }

    /** Leaves out those that had expired: they were ended too, so that a clock that is set back cannot revive them. */
    private EndedLeases ended(LeaseRegistry.EndedEntries ended) {
        Instant now = now();
        return new EndedLeases(
                ended.entries().stream()
                        .map(LeaseEntry::lease)
                        .filter(lease -> now.isBefore(lease.expires()))
                        .toList(),
                ended.durable());
    }

    /** Returns the leases in force and those that ended lately, the youngest first. */
    public List<ListedLease> list() {
        return book.entries()
                .sorted(LeaseRegistry.YOUNGEST_FIRST)
                .map(entry -> new ListedLease(
                        entry.lease(), entry.signature().map(LeaseEntry.Signature::person), entry.revoked()))
                .toList();
    }

    private LeaseEntry entry(
            Seal seal, LeaseRequest request, Optional<PersonSignatures.VerifiedPersonSignature> signed) {
        Instant now = now();
        String id = "L-" + new Ulid(now.toEpochMilli(), bytes(ULID_RANDOM_BYTES));
        Lease lease = new Lease(
                id,
                id,
                request.agent(),
                owner(seal, request),
                LeaseSigners.NOBODY,
                request.task(),
                request.template(),
                request.environments(),
                request.impacts(),
                request.resources(),
                request.place(),
                now,
                now.plus(request.ttl()));
        return LeaseEntry.issued(lease, request.ttl(), signed, seal.namesUsers(request.agent()));
    }

    private static String owner(Seal seal, LeaseRequest request) {
        return Optional.ofNullable(seal.agents().get(request.agent()))
                .map(Seal.Agent::owner)
                .orElseThrow();
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    /** For a lease of which no call is in flight, or whose calls the caller cuts off. */
    private static void cutNothing() {}
}
