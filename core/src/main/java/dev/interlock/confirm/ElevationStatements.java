package dev.interlock.confirm;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Call;
import dev.interlock.action.Elevation;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Operation;
import dev.interlock.action.OwnCall;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.action.VisibleText;
import dev.interlock.evidence.ElevationScope;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.Signer;
import dev.interlock.evidence.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Builds statements about elevations: ordinary statements, about the gateway itself. What a signature would give is in
 * the facts, as known; the reason is there as a claim.
 */
final class ElevationStatements {

    static final Operation OPERATION = new Operation("interlock", "elevate");
    private static final String HAS = "has ";
    private static final String REASON = "reason";

    private ElevationStatements() {}

    static ResolvedAttempt asked(Lease lease, Elevation elevation, String reason, Instant at) {
        Call call = new OwnCall(elevation.json().with(REASON, reason));
        Map<Resource, Placement> placements = new TreeMap<>();
        touched(lease, elevation)
                .forEach(resource -> placements.put(
                        resource,
                        new Placement(resource, elevation.environments(), Set.of(), Provenance.SEALED, true)));
        return new ResolvedAttempt(
                new Attempt(ElevationScope.UPSTREAM, List.of(), lease.place(), call, at),
                lease,
                List.of(action(lease, elevation, reason)),
                placements,
                new BlastRadius(elevation.environments(), Set.of(), List.of(), List.of(), List.of()),
                call,
                SaltedDigests.OPEN); // the facts show all that the body holds
    }

    static Action action(Lease lease, Elevation elevation, String reason) {
        List<Fact> facts = new ArrayList<>();
        elevation.environments().forEach(name -> facts.add(known(ElevationScope.ENVIRONMENT, name)));
        elevation.impacts().forEach(impact -> facts.add(known(ElevationScope.IMPACT, impact.word())));
        elevation.resources().forEach(resource -> facts.add(known(ElevationScope.RESOURCE, resource.toString())));
        facts.add(known(ElevationScope.MINUTES, Long.toString(elevation.time().toMinutes())));
        facts.add(known(HAS + "environments", String.join(", ", lease.environments())));
        facts.add(known(HAS + "impacts", words(lease.impacts())));
        if (!lease.resources().isEmpty()) {
            facts.add(known(HAS + "resources", names(lease.resources())));
        }
        facts.add(new Fact(REASON, reason, Provenance.CLAIMED));
        return new Action(
                OPERATION, Set.of(Impact.PRIVILEGE), Reversibility.RECOVERABLE, touched(lease, elevation), facts);
    }

    private static Fact known(String name, String value) {
        return new Fact(name, value, Provenance.RESOLVED);
    }

    /** Returns the resources for denials: a denial covers asking for the same, for some of it, or for more. */
    private static Set<Resource> touched(Lease lease, Elevation elevation) {
        Set<Resource> touched = new TreeSet<>(elevation.resources());
        touched.add(new Resource("interlock", "lease", lease.id()));
        elevation.environments().forEach(name -> touched.add(new Resource("interlock", "environment", name)));
        elevation.impacts().forEach(impact -> touched.add(new Resource("interlock", "impact", impact.word())));
        return touched;
    }

    static Elevation given(Statement statement) {
        ElevationScope given = ElevationScope.ofStatement(statement);
        return new Elevation(
                given.environments(),
                given.impacts().stream().map(Impact::of).collect(Collectors.toSet()),
                given.resources().stream().map(Resource::parse).collect(Collectors.toSet()),
                Duration.ofMinutes(given.minutes()));
    }

    static String reason(Statement statement) {
        return ElevationScope.values(statement, REASON).getFirst();
    }

    static List<String> had(Statement statement) {
        return statement.meaning().objects("actions").stream()
                .flatMap(action -> action.objects("facts").stream())
                .filter(fact -> fact.text("name").startsWith(HAS))
                .map(fact -> fact.text("name").substring(HAS.length()) + ": " + fact.text("value"))
                .toList();
    }

    static String summary(Lease lease, Elevation elevation) {
        return HoldPhrases.who(lease) + ", requests an elevation of its lease: " + words(elevation) + ", for "
                + elevation.time().toMinutes() + " minutes.";
    }

    static String words(Elevation elevation) {
        String on = elevation.resources().isEmpty() ? "" : ", on " + names(elevation.resources()) + " alone";
        return words(elevation.impacts()) + " in " + String.join(" and ", elevation.environments()) + on;
    }

    private static String words(Set<Impact> impacts) {
        return impacts.stream().map(Impact::word).collect(Collectors.joining(", "));
    }

    private static String names(Set<Resource> resources) {
        return resources.stream().map(Resource::toString).collect(Collectors.joining(", "));
    }

    /** It has a new nonce, so that no signature for the wider one counts, and keeps the original request's digest. */
    static Statement narrowed(Seal seal, Statement wide, Lease lease, Elevation narrower, String nonce) {
        ResolvedAttempt sensed = asked(lease, narrower, reason(wide), wide.openedAt());
        return new Statement(
                wide.hold(),
                wide.seal(),
                wide.lease(),
                wide.agent(),
                wide.person(),
                lease.behind(seal, wide.obligations().flag("other")),
                wide.task(),
                wide.upstream(),
                sensed.meaning(),
                wide.request(),
                VisibleText.unambiguous(summary(lease, narrower)),
                wide.reason(),
                wide.obligations(),
                nonce,
                wide.openedAt(),
                wide.expires(),
                Optional.empty());
    }

    /** Returns why the genuine signature of {@code signer} widens nothing here; empty if it does. */
    static Optional<String> objection(Statement statement, SealDocument seal, Signer signer) {
        return !ElevationScope.is(statement) || ElevationScope.maySign(statement, seal, signer.person())
                ? Optional.empty()
                : Optional.of("`" + signer.person() + "` neither owns `" + statement.agent() + "` nor is in `"
                        + SealDocument.OWNERS + "`.");
    }
}
