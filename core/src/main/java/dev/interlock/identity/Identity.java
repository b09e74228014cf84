package dev.interlock.identity;

import dev.interlock.action.Attempt;
import dev.interlock.action.ClockWatch;
import dev.interlock.action.Lease;
import dev.interlock.action.MaskedCredential;
import dev.interlock.action.Refusal;
import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Identifies the caller by the credentials of the call. They must be exactly one lease, in as many carriers as the
 * client likes, and nothing else. A call without any is its place's: only one sandbox can connect there. Threading: any
 * thread may ask; only what comes with an unknown token waits.
 */
public final class Identity {

    /** Clocks are set back by fractions of a second every day; after a larger step no expiry can be trusted. */
    static final Duration MAX_STEP_BACK = ClockWatch.TOLERANCE;

    /** Each is a request to the keys process, for a call that is refused anyway. */
    static final int MOST_ASKED_ABOUT = 16;

    /** What Claude Code and others send for a variable that is not set. */
    private static final Pattern UNSET = Pattern.compile("\\$\\{[A-Za-z_][A-Za-z0-9_]{0,100}\\}");

    /** Minimum length of a credential that is looked for in a text: shorter ones would be found by accident. */
    private static final int SHORTEST_SECRET = 8;

    private final LeaseRegistry book;
    private final KillSwitch kills;
    private final LeaseElevations widenings;
    private final LeaseRules rules;
    private final PersonSignatures signatures;
    private final KeyedFingerprints fingerprints;
    private final KnownSecrets secrets;
    private final Supplier<Optional<Seal>> seals;
    private final ClockWatch clock;

    /**
     * What is known of texts that are no lease.
     *
     * @param wouldOpen the name of what a foreign credential would open
     * @param maskedKind at a place, the kind of the credential for which a text stands in its agent's workspace
     */
    public record KnownSecrets(
            Function<Secret, Optional<String>> wouldOpen, BiFunction<String, Secret, Optional<String>> maskedKind) {}

    public Identity(
            Leases leases, KeyedFingerprints fingerprints, KnownSecrets secrets, Supplier<Optional<Seal>> seals) {
        this.book = leases.book();
        this.kills = leases.kills();
        this.widenings = leases.widenings();
        this.rules = leases.rules();
        this.signatures = leases.signatures();
        this.clock = leases.clockWatch();
        this.fingerprints = fingerprints;
        this.secrets = secrets;
        this.seals = seals;
    }

    /** Returns whether {@code text} holds one of the {@code presented} credentials, in any way that it may be read. */
    public boolean holdsPresented(String text, List<Attempt.PresentedCredential> presented) {
        return CarrierContent.read(presented, LeaseToken::looksLike).stream()
                .flatMap(carried -> carried.readings().stream())
                .anyMatch(reading ->
                        reading.<Boolean>use(secret -> secret.length() >= SHORTEST_SECRET && text.contains(secret)));
    }

    public boolean holdsLease(byte[] text) {
        return LeaseToken.in(text)
                .anyMatch(token -> book.find(LeaseToken.hash(token)).isPresent());
    }

    /** At its own place, a decoy for a credential of the upstream that is called counts as the place's lease. */
    public CallIdentity recognise(Attempt attempt, Instant now) {
        StandIns standIns = attempt.place()
                .flatMap(place -> standIns(place, attempt.upstream()))
                .orElse(StandIns.NONE);
        return recognise(attempt.presented(), standIns, attempt.place(), now);
    }

    /**
     * Texts that stand for a lease.
     *
     * @param holds whether a text is one
     */
    private record StandIns(Predicate<String> holds, Optional<LeaseEntry> lease) {
        static final StandIns NONE = new StandIns(_ -> false, Optional.empty());

        boolean isToken(String text) {
            return LeaseToken.looksLike(text) || holds.test(text);
        }
    }

    private Optional<StandIns> standIns(String place, String upstream) {
        Optional<String> catalog =
                seals.get().map(seal -> seal.upstreams().get(upstream)).map(Seal.Upstream::catalog);
        return book.byPlace(place)
                .filter(_ -> catalog.isPresent())
                .map(entry -> new StandIns(
                        text -> secrets.maskedKind()
                                .apply(place, new Secret(text))
                                .filter(kind -> MaskedCredential.isOf(kind, catalog.orElseThrow()))
                                .isPresent(),
                        Optional.of(entry)));
    }

    /** Identifies the presenter of these credentials at {@code place}, even if they came with no attempt. */
    public CallIdentity recognise(List<Attempt.PresentedCredential> presented, Optional<String> place, Instant now) {
        return recognise(presented, StandIns.NONE, place, now);
    }

    private CallIdentity recognise(
            List<Attempt.PresentedCredential> presented, StandIns standIns, Optional<String> place, Instant now) {
        List<CarrierContent> carried =
                withoutWiderOfTunnel(CarrierContent.read(presented, standIns::isToken), standIns);
        Optional<LeaseEntry> own = place.filter(name -> !Lease.isRemote(name)).flatMap(book::byPlace);
        if (carried.isEmpty()) {
            return own.map(entry -> standing(entry, place, now)).orElseGet(CallIdentity.NoCredential::new);
        }
        Optional<KnownCarrier> lease = firstKnown(carried, standIns);
        Optional<Secret> token = lease.map(KnownCarrier::carried)
                .or(() -> carried.stream().filter(c -> c.lease().isPresent()).findFirst())
                .flatMap(CarrierContent::lease);
        // INVARIANT: every carrier holds this one token, or what stands for it, and nothing else; or the call is
        // refused as foreign.
        List<CarrierContent> others = carried.stream()
                .filter(c -> !isSame(c.lease(), token) && !isEntry(lease, known(c, standIns)))
                .toList();
        if (!others.isEmpty() && others.stream().allMatch(Identity::isUnset)) {
            return new CallIdentity.UnsetVariable();
        }
        if (!others.isEmpty()) {
            return foreign(others, lease.map(KnownCarrier::entry).or(() -> own).filter(e -> inForce(e, now)));
        }
        return lease.map(found -> standing(found.entry(), place, now))
                .or(() -> token.map(unknown -> new CallIdentity.UnknownToken(fingerprints.of(unknown))))
                .orElseGet(CallIdentity.NoCredential::new);
    }

    /** Returns whether a client's settings name a variable there that has no value. */
    private static boolean isUnset(CarrierContent carried) {
        return carried.readings().stream()
                .anyMatch(reading ->
                        reading.<Boolean>use(text -> UNSET.matcher(text).matches()));
    }

    private record KnownCarrier(CarrierContent carried, LeaseEntry entry) {}

    private Optional<KnownCarrier> firstKnown(List<CarrierContent> carried, StandIns standIns) {
        for (CarrierContent one : carried) {
            Optional<LeaseEntry> entry = known(one, standIns);
            if (entry.isPresent()) {
                return Optional.of(new KnownCarrier(one, entry.get()));
            }
        }
        return Optional.empty();
    }

    /** A sandbox's proxy is asked with the lease of the whole place; a child in the request inside then counts. */
    private List<CarrierContent> withoutWiderOfTunnel(List<CarrierContent> carried, StandIns standIns) {
        return carried.stream()
                .filter(one ->
                        !one.isForProxy() || carried.stream().noneMatch(other -> isNarrower(other, one, standIns)))
                .toList();
    }

    private boolean isNarrower(CarrierContent other, CarrierContent one, StandIns standIns) {
        Optional<LeaseEntry> wider = known(one, standIns);
        return !other.isForProxy()
                && wider.isPresent()
                && known(other, standIns).stream()
                        .anyMatch(entry ->
                                book.isOrDescendsFrom(entry, wider.get().lease().id()));
    }

    private CallIdentity standing(LeaseEntry entry, Optional<String> place, Instant now) {
        Lease lease = entry.lease();
        Optional<Kill> kill = kills.killFor(entry);
        if (entry.end().isPresent()) {
            return kill.<CallIdentity>map(by -> new CallIdentity.KilledLease(lease, by))
                    .orElse(new CallIdentity.RevokedLease(
                            lease, entry.end().get().reason()));
        }
        if (clockWentBack(lease, now)) {
            return new CallIdentity.ClockSetBack();
        }
        if (!now.isBefore(lease.expires()) || clock.hadExpired(lease.issued(), lease.expires())) {
            return new CallIdentity.ExpiredLease(lease);
        }
        if (!lease.isAcceptedAt(place)) {
            return new CallIdentity.MisplacedLease(lease);
        }
        if (kill.isPresent()) {
            return new CallIdentity.KilledLease(lease, kill.get());
        }
        return rules.objection(seals.get(), entry)
                .<CallIdentity>map(why -> new CallIdentity.UnsupportedLease(lease, why))
                .or(() -> fallen(entry))
                .orElseGet(() -> new CallIdentity.KnownCaller(lease));
    }

    /** Rejects a child whose ancestors are not all in force, even where the seal would support the child by itself. */
    private Optional<CallIdentity> fallen(LeaseEntry child) {
        for (LeaseEntry ancestor : book.ancestors(child)) {
            if (ancestor.end().isPresent()) {
                return Optional.of(new CallIdentity.RevokedLease(
                        child.lease(), ancestor.end().get().reason()));
            }
            Optional<String> objection = rules.objection(seals.get(), ancestor);
            if (objection.isPresent()) {
                return objection.map(why -> new CallIdentity.UnsupportedLease(child.lease(), why));
            }
        }
        return Optional.empty();
    }

    /** Returns the leases that {@code lease} descends from, the nearest first; none for most. */
    public List<Lease> ancestors(Lease lease) {
        if (lease.id().equals(lease.root())) { // the usual case, and every call asks
            return List.of();
        }
        return book.byId(lease.id()).stream()
                .flatMap(entry -> book.ancestors(entry).stream())
                .map(LeaseEntry::lease)
                .toList();
    }

    /** Returns the elevations at {@code now}, without those with a signer who is killed or whose key was revoked. */
    public List<LeaseElevation> widenings(Lease lease, Seal seal, Instant now) {
        return widenings.of(lease, seal, now).stream()
                .filter(widening -> stands(widening, seal))
                .toList();
    }

    /** Returns whether the elevation by {@code hold} is void under {@code seal}, although it may not have expired. */
    public boolean isWithdrawn(String hold, Seal seal) {
        return widenings
                .by(hold)
                .filter(widening -> widening.isEnded() || !widening.seal().equals(seal.id()) || !stands(widening, seal))
                .isPresent();
    }

    /** Returns the end of the elevation by {@code hold}, as far as it is known. */
    public Optional<Instant> elevatedUntil(String hold) {
        return widenings.by(hold).map(LeaseElevation::until);
    }

    private boolean stands(LeaseElevation widening, Seal seal) {
        return !widening.signers().isEmpty()
                && widening.signers().stream()
                        .allMatch(signer -> !kills.isKilled(signer.person())
                                && signatures.stillCounts(seal, signer.person(), signer.key()));
    }

    /**
     * Returns why a call in flight must stop: its lease was ended, a kill stops it, or this gateway serves no more.
     * Expiry and new seals stop none.
     */
    public Optional<Refusal> stopReason(Lease lease, String upstream) {
        return stopReason(lease, upstream, Duration.ZERO);
    }

    /** Does the same for a call that may go for {@code grace} after this gateway serves no other. */
    public Optional<Refusal> stopReason(Lease lease, String upstream, Duration grace) {
        return kills.standstill(grace)
                .or(() -> kills.killForUpstream(upstream).map(Kill::refusal))
                .or(() -> book.byId(lease.id()).flatMap(this::stopReason));
    }

    private Optional<Refusal> stopReason(LeaseEntry entry) {
        return kills.killFor(entry)
                .map(Kill::refusal)
                .or(() -> entry.end().map(end -> new CallIdentity.RevokedLease(entry.lease(), end.reason()).refusal()));
    }

    /** Returns the kill that stops every call to {@code upstream}, if there is one. */
    public Optional<Kill> killOf(String upstream) {
        return kills.killForUpstream(upstream);
    }

    /** Returns why a lease of {@code agent} under {@code task} could not be used for {@code upstream} now. */
    public Optional<Refusal> stopReason(Seal.Agent agent, Optional<String> task, String upstream) {
        return kills.killForUpstream(upstream)
                .or(() -> kills.killFor(agent, task))
                .map(Kill::refusal);
    }

    /** Returns whether {@code person} is killed; until that is lifted their signatures do not count. */
    public boolean isKilled(String person) {
        return kills.isKilled(person);
    }

    private boolean clockWentBack(Lease lease, Instant now) {
        boolean isBehind = clock.behind(now).isPresent();
        return isBehind || now.isBefore(lease.issued().minus(MAX_STEP_BACK));
    }

    private Optional<LeaseEntry> known(CarrierContent carried, StandIns standIns) {
        return carried.lease()
                .flatMap(token -> standIns.lease().isEmpty() || token.<Boolean>use(LeaseToken::looksLike)
                        ? issued(LeaseToken.hash(token))
                        : standIns.lease());
    }

    private Optional<LeaseEntry> issued(String tokenHash) {
        Optional<LeaseEntry> here = book.find(tokenHash);
        return here.isPresent() ? here : book.lookUp(tokenHash);
    }

    private static boolean isEntry(Optional<KnownCarrier> lease, Optional<LeaseEntry> entry) {
        return lease.isPresent()
                && entry.isPresent()
                && lease.get().entry().lease().id().equals(entry.get().lease().id());
    }

    private static boolean inForce(LeaseEntry entry, Instant now) {
        return entry.revoked().isEmpty() && now.isBefore(entry.lease().expires());
    }

    private static boolean isSame(Optional<Secret> one, Optional<Secret> other) {
        return one.isPresent()
                && other.isPresent()
                && one.get().<Boolean>use(a -> other.get().use(a::equals));
    }

    private CallIdentity foreign(List<CarrierContent> others, Optional<LeaseEntry> beside) {
        Optional<RecognisedCredential> recognised = recognised(others);
        CarrierContent told = recognised.map(RecognisedCredential::carried).orElseGet(others::getFirst);
        String fingerprint = recognised
                .map(RecognisedCredential::reading)
                .or(() -> told.readings().stream().findFirst())
                .map(fingerprints::of)
                .orElse("empty");
        return new CallIdentity.ForeignCredential(
                told.carrier(),
                fingerprint,
                recognised.map(RecognisedCredential::opens),
                beside.map(LeaseEntry::lease));
    }

    /** A foreign credential, with the name of what it would open. */
    private record RecognisedCredential(CarrierContent carried, Secret reading, String opens) {}

    /** Returns the first known credential in any carrier; decoys come first, because they have more consequences. */
    private Optional<RecognisedCredential> recognised(List<CarrierContent> others) {
        Optional<RecognisedCredential> first = Optional.empty();
        Set<String> asked = new HashSet<>();
        for (CarrierContent carried : askedAbout(others)) {
            for (Secret reading : carried.readings()) {
                if (!reading.<Boolean>use(asked::add)) {
                    continue; // a value without a scheme reads the same in each way
                }
                Optional<RecognisedCredential> found = secrets.wouldOpen()
                        .apply(reading)
                        .map(opens -> new RecognisedCredential(carried, reading, opens));
                if (found.map(RecognisedCredential::opens)
                        .filter(CallIdentity.ForeignCredential::isDecoy)
                        .isPresent()) {
                    return found;
                }
                first = first.isPresent() ? first : found;
            }
        }
        return first;
    }

    /** The first of each carrier precedes the second of any: one field can hold thousands of cookies. */
    private static List<CarrierContent> askedAbout(List<CarrierContent> others) {
        Set<String> seen = new HashSet<>();
        List<CarrierContent> firsts = new ArrayList<>();
        List<CarrierContent> more = new ArrayList<>();
        for (CarrierContent carried : others) {
            (seen.add(carried.carrier()) ? firsts : more).add(carried);
        }
        firsts.addAll(more);
        return firsts.subList(0, Math.min(firsts.size(), MOST_ASKED_ABOUT));
    }

    /**
     * The contents of one credential carrier, parsed as clients write it: bare, after a scheme, or as a user and
     * password.
     */
    static final class CarrierContent {

        private static final String OF_TUNNEL = "header proxy-authorization";

        private static final Set<String> BARE_SCHEMES = Set.of("bearer", "token");

        /** Beside a key in Basic there must be an obvious user name: some providers take the key itself as the user. */
        private static final Pattern PLAIN_USER = Pattern.compile("([A-Za-z][A-Za-z-]{0,23}[0-9]?)?");

        private final String carrier;
        private final Optional<Secret> lease;
        private final List<Secret> readings;

        private CarrierContent(String carrier, Optional<Secret> lease, List<Secret> readings) {
            this.carrier = carrier;
            this.lease = lease;
            this.readings = List.copyOf(readings);
        }

        /** @param isToken whether a text is a lease, or stands for one */
        static List<CarrierContent> read(List<Attempt.PresentedCredential> presented, Predicate<String> isToken) {
            return presented.stream()
                    .filter(half -> presented.stream().noneMatch(other -> isNameBeside(half, other, isToken)))
                    .map(one -> read(one, isToken))
                    .toList();
        }

        /** Fronts pass the halves of a Basic credential as {@code … user} and {@code … password}. */
        private static boolean isNameBeside(
                Attempt.PresentedCredential half, Attempt.PresentedCredential other, Predicate<String> isToken) {
            return (isHalf(half, " user", other, " password") || isHalf(half, " password", other, " user"))
                    && half.secret()
                            .<Boolean>use(text -> PLAIN_USER.matcher(text).matches())
                    && other.secret().<Boolean>use(isToken::test);
        }

        private static boolean isHalf(
                Attempt.PresentedCredential one, String role, Attempt.PresentedCredential other, String otherRole) {
            String name = one.carrier();
            return name.endsWith(role)
                    && other.carrier().equals(name.substring(0, name.length() - role.length()) + otherRole);
        }

        static CarrierContent read(Attempt.PresentedCredential presented, Predicate<String> isToken) {
            return presented.secret().use(value -> read(presented.carrier(), value, isToken));
        }

        private static CarrierContent read(String carrier, String value, Predicate<String> isToken) {
            if (isToken.test(value)) {
                return new CarrierContent(carrier, Optional.of(new Secret(value)), List.of());
            }
            int space = value.indexOf(' ');
            String scheme = space < 0 ? "" : value.substring(0, space).toLowerCase(Locale.ROOT);
            String rest = value.substring(space + 1);
            if (BARE_SCHEMES.contains(scheme)) {
                return new CarrierContent(carrier, tokenIn(rest, isToken), secrets(rest, value));
            }
            return scheme.equals("basic") ? basic(carrier, value, rest, isToken) : foreign(carrier, value, rest);
        }

        private static CarrierContent foreign(String carrier, String value, String rest) {
            return new CarrierContent(carrier, Optional.empty(), secrets(value, rest));
        }

        private static CarrierContent basic(String carrier, String value, String encoded, Predicate<String> isToken) {
            Optional<String> pair = decode(encoded).filter(text -> text.indexOf(':') >= 0);
            if (pair.isEmpty()) {
                return foreign(carrier, value, encoded);
            }
            String user = pair.get().substring(0, pair.get().indexOf(':'));
            String password = pair.get().substring(pair.get().indexOf(':') + 1);
            Optional<Secret> lease =
                    tokenBeside(user, password, isToken).or(() -> tokenBeside(password, user, isToken));
            return new CarrierContent(carrier, lease, secrets(password, user, pair.get(), value));
        }

        private static Optional<Secret> tokenBeside(String other, String token, Predicate<String> isToken) {
            return PLAIN_USER.matcher(other).matches() ? tokenIn(token, isToken) : Optional.empty();
        }

        private static Optional<Secret> tokenIn(String text, Predicate<String> isToken) {
            return isToken.test(text) ? Optional.of(new Secret(text)) : Optional.empty();
        }

        private static Optional<String> decode(String encoded) {
            try {
                byte[] bytes = Base64.getDecoder().decode(encoded);
                return Optional.of(StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes))
                        .toString());
            } catch (IllegalArgumentException | CharacterCodingException _) {
                return Optional.empty();
            }
        }

        private static List<Secret> secrets(String... values) {
            List<Secret> readings = new ArrayList<>();
            for (String value : values) {
                if (!value.isEmpty()) {
                    readings.add(new Secret(value));
                }
            }
            return readings;
        }

        String carrier() {
            return carrier;
        }

        /** Returns whether it was meant for the gateway as a proxy, in a request for a tunnel. */
        boolean isForProxy() {
            return carrier.startsWith(OF_TUNNEL);
        }

        Optional<Secret> lease() {
            return lease;
        }

        /** Returns every possible reading of the contents, the likeliest first, to look a foreign credential up. */
        List<Secret> readings() {
            return readings.isEmpty() ? lease.stream().toList() : readings;
        }
    }
}
