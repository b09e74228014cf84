package dev.interlock.policy;

import dev.interlock.action.Attempt;
import dev.interlock.action.Backup;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.action.Seal;
import dev.interlock.testing.Fixtures;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Random questions about a small world, so that many agree in some traits and differ in others. */
final class RandomQuestions {

    private static final Seal SEAL = Fixtures.seal();
    private static final List<String> ENVIRONMENTS = List.of("staging", "production", "dev");
    private static final List<String> RESOURCES = List.of(
            "railway:volume/v0",
            "railway:volume/v1",
            "railway:volume/v2",
            "railway:project/p0",
            "railway:project/p1",
            "github:repo/r0",
            "railway:volume/\ufffd",
            "railway:volume/\ud83d",
            "railway:volume/\ud83d\udca5",
            "railway:volume/a\"b\\c\nd\u0001");

    private final Random random;
    private final List<Runnable> rolls = List.of(
            () -> this.agent = one(List.of("jer/cursor", "ann/bot", "zoë/\"x\"")),
            () -> this.owner = one(List.of("jer", "ann")),
            () -> this.teams = some(List.of("platform", "data", "web")),
            () -> this.operation = one(List.of("railway/volumeDelete", "railway/project", "railway/variableUpsert")),
            () -> this.impact = one(List.of(Impact.READ, Impact.WRITE, Impact.DESTROY, Impact.EXECUTE)),
            () -> this.reversibility = one(List.of(Reversibility.values())),
            () -> this.resource = one(RESOURCES),
            () -> this.groups = one(List.of(true, false)) ? Set.of() : some(RESOURCES),
            () -> this.environment = one(ENVIRONMENTS),
            () -> this.arguments = one(List.of(
                    Arguments.NONE,
                    new Arguments(new TreeMap<>(Map.of("path", "a.pem")), Set.of(), Set.of()),
                    new Arguments(new TreeMap<>(Map.of("path", "staging", "body.ref", "refs/x")), Set.of(), Set.of()),
                    new Arguments(new TreeMap<>(Map.of(Fact.readCount("to"), "1")), Set.of(), Set.of()),
                    new Arguments(new TreeMap<>(Map.of(Fact.readCount("to"), "12")), Set.of(), Set.of()),
                    new Arguments(new TreeMap<>(Map.of("body.ref", "refs/x")), Set.of(), Set.of()))),
            () -> this.known = one(List.of(true, false)),
            () -> this.upstream = one(List.of("railway", "github")),
            () -> this.lease = one(List.of("L-1", "L-2")),
            () -> this.person = one(List.of("jer", "ann")),
            () -> this.task = one(List.of("fix", "fix-it", "look")),
            () -> this.template = one(List.of(Optional.empty(), Optional.of("fix-staging"), Optional.of("look"))),
            () -> this.environments = some(ENVIRONMENTS),
            () -> this.impacts =
                    one(List.of(Set.of(Impact.READ), Set.of(Impact.READ, Impact.WRITE), Fixtures.ALL_IMPACTS)),
            () -> this.narrowed = one(List.of(true, false)),
            () -> this.reached = some(ENVIRONMENTS),
            () -> this.lost = some(RESOURCES.subList(0, 3)),
            () -> this.lostBackups = some(RESOURCES.subList(0, 3)),
            () -> this.saved = some(RESOURCES.subList(0, 3)));

    private String agent = "";
    private String owner = "";
    private Set<String> teams = Set.of();
    private String operation = "";
    private Impact impact = Impact.READ;
    private Reversibility reversibility = Reversibility.REVERSIBLE;
    private String resource = "";
    private Set<String> groups = Set.of();
    private String environment = "";
    private Arguments arguments = Arguments.NONE;
    private boolean known;
    private String upstream = "";
    private String lease = "";
    private String person = "";
    private String task = "";
    private Optional<String> template = Optional.empty();
    private Set<String> environments = Set.of();
    private Set<Impact> impacts = Set.of();
    private boolean narrowed;
    private Set<String> reached = Set.of();
    private Set<String> lost = Set.of();
    private Set<String> lostBackups = Set.of();
    private Set<String> saved = Set.of();

    RandomQuestions(Random random) {
        this.random = random;
        rolls.forEach(Runnable::run);
    }

    /** Returns mostly the last question with one change, because a key must distinguish such pairs. */
    PolicyRequest asked() {
        if (random.nextInt(20) == 0) {
            rolls.forEach(Runnable::run);
        } else {
            one(rolls).run();
        }
        Seal.Agent principal = new Seal.Agent(agent, owner, teams);
        return PolicyRequest.about(SEAL, principal, sensed()).apply(question());
    }

    private PolicyQuestion question() {
        Placement placement = new Placement(
                Resource.parse(resource), Set.of(environment), resources(groups), Provenance.SEALED, known);
        return new PolicyQuestion(Operation.parse(operation), impact, reversibility, placement, environment, arguments);
    }

    private ResolvedAttempt sensed() {
        Lease of = new Lease(
                lease,
                "L-1",
                agent,
                person,
                LeaseSigners.NOBODY,
                task,
                template,
                environments.isEmpty() ? Set.of("dev") : environments,
                impacts,
                narrowed ? Set.of(Resource.parse("railway:project/p0")) : Set.of(),
                Optional.empty(),
                Fixtures.NOW,
                Fixtures.NOW.plusSeconds(60));
        ResolvedAttempt plain = Fixtures.one(
                of, "railway/project", Set.of(Impact.READ), Fixtures.place("railway:volume/v0", "staging"));
        Attempt attempt = new Attempt(upstream, List.of(), Optional.empty(), plain.outgoing(), Fixtures.NOW);
        BlastRadius radius = new BlastRadius(reached, resources(lost), backups(lostBackups), backups(saved), List.of());
        return new ResolvedAttempt(
                attempt, of, plain.actions(), plain.placements(), radius, plain.outgoing(), SaltedDigests.OPEN);
    }

    private static Set<Resource> resources(Set<String> ids) {
        return ids.stream().map(Resource::parse).collect(Collectors.toSet());
    }

    private static List<Backup> backups(Set<String> of) {
        return of.stream()
                .map(id -> new Backup(
                        "b", Resource.parse(id), Instant.EPOCH, "s3:elsewhere", Provenance.SEALED, Optional.empty()))
                .toList();
    }

    private <T> T one(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    private Set<String> some(List<String> all) {
        Set<String> some = new HashSet<>();
        for (String each : all) {
            if (random.nextInt(3) == 0) {
                some.add(each);
            }
        }
        return some;
    }
}
