package dev.interlock.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.LoopThreads;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.identity.Kill;
import dev.interlock.inventory.Freshness;
import dev.interlock.testing.CaseCount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The short path decides, records and sends what the long one does, whatever happened since a decision was prepared.
 */
final class PreparedDecisionsTest {

    /** The histories of one fixture: each with leases of its own, under seals that went on changing. */
    private static final int HISTORIES = CaseCount.of(100);

    private static final int STEPS = 8;

    private static final List<Sent> CALLS = List.of(
            new Sent("railway", GateFixture.document("query { environment(id: \"env-1\") { id } }")),
            new Sent("railway", GateFixture.document("query { environment(id: \"env-1\") { name } }")),
            new Sent("railway", GateFixture.document("query { environment(id: \"env-2\") { id } }")),
            new Sent("railway", GateFixture.document("query { environment(id: \"env-3\") { id } }")),
            new Sent("railway", GateFixture.document("query { project(id: \"pro-1\") { id } }")),
            new Sent("railway", GateFixture.document("query { service(id: \"svc-1\") { id } }")),
            new Sent("railway", GateFixture.document("query { volumeInstance(id: \"vi-1\") { id } }")),
            new Sent(
                    "railway",
                    GateFixture.document(
                            "mutation { variableUpsert(input: {projectId: \"pro-1\", environmentId: \"env-1\", name: \"A\", value: \"1\"}) }")),
            new Sent("github", github("GET", "/repos/acme/shop/issues/7", "")),
            new Sent("github", github("GET", "/repos/acme/shop/issues/8", "")),
            new Sent("github", github("POST", "/repos/acme/shop/issues", "{\"title\":\"a\"}")),
            new Sent("github", github("POST", "/repos/acme/shipped/issues", "{\"title\":\"a\"}")));

    /** Reads that differ in identifiers alone, one by one and two in one document. */
    private static final List<Sent> ALIKE = Stream.concat(
                    CALLS.subList(0, 4).stream(),
                    Stream.of("env-1", "env-2", "env-3")
                            .map(id -> new Sent(
                                    "railway",
                                    GateFixture.document(
                                            "query { a: environment(id: \"env-3\") { id } b: environment(id: \"%s\") { id } }"
                                                    .formatted(id)))))
            .toList();

    /** A write whose document becomes known, because its values are variables. */
    private static final Sent KNOWN_WRITE = new Sent(
            "railway",
            new HttpCall(
                    "POST",
                    "backboard.railway.com",
                    "/graphql/v2",
                    List.of(),
                    List.of(new Header("content-type", "application/json")),
                    Bytes.utf8("{\"query\":\"mutation A($p: String!, $e: String!, $v: String!) "
                            + "{ variableUpsert(input: {projectId: $p, environmentId: $e, name: $v, value: $v}) }\","
                            + "\"variables\":{\"p\":\"pro-1\",\"e\":\"env-1\",\"v\":\"A\"}}")));

    @TempDir
    private Path directory;

    private record Sent(String upstream, HttpCall call) {}

    private static HttpCall github(String method, String path, String body) {
        return new HttpCall(
                method,
                "api.github.com",
                path,
                List.of(),
                body.isEmpty() ? List.of() : List.of(new Header("content-type", "application/json")),
                Bytes.utf8(body));
    }

    static List<Long> seeds() {
        long first = Long.getLong("interlock.seed", 20_261_127L);
        return LongStream.range(first, first + Long.getLong("interlock.seeds", 1))
                .boxed()
                .toList();
    }

    @Tag("random")
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void bothPathsDecideAndRecordAlike(long seed) throws Exception {
        try (GateFixture house = new GateFixture(Files.createDirectory(directory.resolve("s" + seed)))) {
            History history = new History(house, seed);
            history.seal();
            for (int i = 0; i < HISTORIES; i++) {
                history.begin();
                for (int step = 0; step < STEPS; step++) {
                    history.step();
                }
            }
            assertThat(history.shortened).as("calls on the short path").isGreaterThan(HISTORIES);
            assertThat(history.refused)
                    .as("calls that were refused after a while")
                    .isGreaterThan(HISTORIES / 4);
            assertThat(history.elevated).as("elevations").isPositive();
        }
    }

    @Test
    void aKillStopsWhatWasPrepared() throws Exception {
        try (GateFixture house = new GateFixture(directory)) {
            Sent write = CALLS.get(7);
            for (int i = 0; i < 3; i++) {
                assertThat(house.send(write.call())).isInstanceOf(Outcome.Forwarded.class);
            }
            assertThat(prepared(house, write, house.token)).isTrue();
            house.kill(Kill.KillScope.UPSTREAM, "railway");
            assertThat(house.send(write.call())).isInstanceOf(Outcome.Refused.class);
        }
    }

    /**
     * A limit asks the store, and so may what is not known of a lease: other calls of the loop must not wait for it.
     */
    @Test
    void onlyAWriteThatNoLimitCountsStaysOnTheEventLoop() throws Exception {
        try (GateFixture house = new GateFixture(Files.createDirectory(directory.resolve("unlimited")))) {
            assertThat(staysOnLoop(house, KNOWN_WRITE)).isFalse();
            assertThat(staysOnLoop(house, KNOWN_WRITE)).isFalse();
            assertThat(staysOnLoop(house, KNOWN_WRITE)).isTrue();
        }
        String budget = "budgets:\n  writes: {per: [lease], impacts: [write], at-most: 9, within: 1h}\n";
        try (GateFixture house = new GateFixture(Files.createDirectory(directory.resolve("limited")), budget)) {
            for (int i = 0; i < 4; i++) {
                assertThat(staysOnLoop(house, KNOWN_WRITE)).isFalse();
            }
        }
    }

    /** The first one asks Cedar; the others differ from it in nothing that a policy reads. */
    @Test
    void aReadOfAnotherResourceStaysOnTheEventLoop() throws Exception {
        try (GateFixture house = new GateFixture(directory)) {
            assertThat(staysOnLoop(house, CALLS.get(0))).isFalse();
            for (Sent other : CALLS.subList(4, 6)) {
                for (int i = 0; i < 2; i++) { // then its document is known
                    assertThat(prepared(house, other, house.token)).isFalse();
                }
                assertThat(staysOnLoop(house, other)).isTrue();
            }
        }
    }

    /** Each of them waits for somebody: the provider that places it, a store, or people. */
    @Test
    void aReadThatMayWaitLeavesTheEventLoop() throws Exception {
        Sent refused = new Sent("github", github("GET", "/repos/acme/unplaced/issues/7", ""));
        Sent unread = new Sent("github", github("GET", "/of-no-catalog", ""));
        Sent placed = new Sent("railway-asked", GateFixture.document("query { project(id: \"pro-1\") { id } }"));
        try (GateFixture house = new GateFixture(Files.createDirectory(directory.resolve("unlimited")))) {
            for (int i = 0; i < 3; i++) {
                assertThat(staysOnLoop(house, refused)).isFalse();
                assertThat(staysOnLoop(house, unread)).isFalse();
                assertThat(staysOnLoop(house, placed)).isFalse();
            }
        }
        String budget = "budgets:\n  reads: {per: [lease], impacts: [read], at-most: 9, within: 1h}\n";
        Sent read = new Sent("github", github("GET", "/repos/acme/shop/issues/7", ""));
        try (GateFixture house = new GateFixture(Files.createDirectory(directory.resolve("limited")), budget)) {
            for (int i = 0; i < 3; i++) {
                assertThat(staysOnLoop(house, read)).isFalse();
            }
        }
    }

    /** What waits for a disk or a provider does so beside the loop, also where the call leaves later anyway. */
    @Test
    void alertsAndQuestionsToProvidersLeaveTheEventLoop() throws Exception {
        List<String> threads = new CopyOnWriteArrayList<>();
        try (GateFixture house = new GateFixture(directory, "undo: {for: 7d, agent-for: 1h, max-bytes: 2000}\n")) {
            house.raise = _ -> threads.add("alert " + Thread.currentThread());
            house.onPush = () -> threads.add("push " + Thread.currentThread());
            house.asker = (_, _) -> {
                threads.add("question " + Thread.currentThread());
                throw new IOException("nobody is there");
            };
            staysOnLoop(house, KNOWN_WRITE);
            staysOnLoop(house, KNOWN_WRITE);
            assertThat(staysOnLoop(house, KNOWN_WRITE)).isTrue();
            house.upstream.fault = FakeUpstream.Fault.DIED_AFTER_SENDING;
            staysOnLoop(house, KNOWN_WRITE);
            assertThat(threads).singleElement().asString().startsWith("alert").doesNotContain("loop");
            threads.clear();
            HttpCall labels = github("PUT", "/repos/acme/shop/issues/1/labels", "{\"labels\":[]}");
            staysOnLoop(house, new Sent("github-asked", labels));
            HttpCall topics = github("PUT", "/repos/acme/shop/topics", "{\"names\":[]}");
            staysOnLoop(house, new Sent("github-asked", topics));
            HttpCall push = new HttpCall(
                    "POST",
                    "github.com",
                    "/acme/shop.git/git-receive-pack",
                    List.of(),
                    List.of(new Header("content-type", "application/x-git-receive-pack-request")),
                    Bytes.utf8("0000"));
            staysOnLoop(house, new Sent("github-asked", push));
            assertThat(threads).noneMatch(thread -> thread.contains("loop"));
            assertThat(threads.stream().map(thread -> thread.split(" ", 2)[0])).contains("question", "push");
        }
    }

    /** Sends a call from an event loop, and returns whether it is still there when it is answered. */
    private static boolean staysOnLoop(GateFixture house, Sent call) throws Exception {
        assumeThat(Object.class.getModule().isOpen("java.lang", LoopThreads.class.getModule()))
                .isTrue();
        FutureTask<String> sent = new FutureTask<>(() -> {
            house.send(call.upstream(), call.call(), house.token);
            return Thread.currentThread().toString();
        });
        try (ExecutorService loop = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name("loop").factory())) {
            LoopThreads.unstarted(loop, sent).start();
            return sent.get().contains("loop");
        }
    }

    /** What an agent writes may be a secret: a value of a variable, or a message. */
    @Test
    void noTextThatACallWritesStaysInMemory() throws Exception {
        try (GateFixture house = new GateFixture(directory)) {
            Sent write = new Sent(
                    "railway",
                    GateFixture.document(
                            "mutation { variableUpsert(input: {projectId: \"pro-1\", environmentId: \"env-1\", name: \"hush hush\", value: \"1\"}) }"));
            for (int i = 0; i < 3; i++) {
                assertThat(house.send(write.call())).isInstanceOf(Outcome.Forwarded.class);
            }
            Resolution.Resolved resolved =
                    (Resolution.Resolved) house.senses.resolve(attempt(house, write, house.token), Freshness.CACHED);
            assertThat(resolved.resolved().actions()).asString().contains("hush");
            assertThat(resolved.prepared()).isPresent();
            assertThat(resolved.prepared()).asString().doesNotContain("hush");
        }
    }

    @Test
    void aBudgetCountsWhatWasPrepared() throws Exception {
        String budget = "budgets:\n  writes: {per: [lease], impacts: [write], at-most: 4, within: 1h}\n";
        try (GateFixture house = new GateFixture(directory, budget)) {
            Sent write = CALLS.get(7);
            for (int i = 0; i < 4; i++) {
                assertThat(house.send(write.call())).isInstanceOf(Outcome.Forwarded.class);
            }
            assertThat(prepared(house, write, house.token)).isTrue();
            assertThat(house.send(write.call())).asString().contains("The budget `writes` permits 4");
            house.clock.pass(Duration.ofHours(1));
            assertThat(house.send(write.call())).isInstanceOf(Outcome.Forwarded.class);
        }
    }

    @Test
    void anArgumentThatAPolicyReadsIsPartOfWhatIsDecided() throws Exception {
        String forbidding = GateFixture.CEDAR + """

                @id("not-this-issue")
                forbid (principal, action, resource)
                when { context has argument.issue_number && context.argument.issue_number == "7" };
                """;
        try (GateFixture house = new GateFixture(directory, "", forbidding)) {
            Sent other = new Sent("github", github("GET", "/repos/acme/shop/issues/8", ""));
            for (int i = 0; i < 3; i++) {
                house.send("github", other.call(), house.token);
            }
            assertThat(prepared(house, other, house.token)).isTrue();
            assertThat(house.send("github", github("GET", "/repos/acme/shop/issues/7", ""), house.token))
                    .asString()
                    .contains("not-this-issue");
        }
    }

    /** The same places, but another identifier: what names one is asked about each. */
    @Test
    void aReadOfAnotherResourceIsDecidedAlikeOnlyIfNothingNamesOne() throws Exception {
        Sent one = CALLS.get(0);
        Sent other = CALLS.get(2);
        try (GateFixture house = new GateFixture(Files.createDirectory(directory.resolve("unnamed")))) {
            house.adopt(withMore(GateFixture.sealed()), GateFixture.CEDAR);
            assertThat(isForwardedThreeTimes(house, one, house.token)).isTrue();
            assertThat(isDecidedAlike(house, other, house.token)).isTrue();
            Secret narrow = house.signedFor(
                    Set.of("staging"),
                    Set.of(Impact.READ),
                    Set.of(new Resource("railway", "environment", "env-1")),
                    Optional.empty());
            assertThat(isForwardedThreeTimes(house, one, narrow)).isTrue();
            assertThat(house.send("railway", other.call(), narrow)).asString().contains("does not cover the resource");
            ResolvedAttempt read = resolved(house, other, house.token);
            assertThat(house.decisions.judgesByPlaces(house.seal, named(read, "env-9", Set.of())))
                    .isTrue();
            assertThat(house.decisions.judgesByPlaces(house.seal, named(read, "env-\uD800", Set.of())))
                    .isFalse();
            Set<Resource> itself = Set.of(new Resource("railway", "environment", "env-9"));
            assertThat(house.decisions.judgesByPlaces(house.seal, named(read, "env-9", itself)))
                    .isFalse();
        }
        for (String naming : List.of(
                "forbid (principal, action, resource == Resource::\"railway:environment/env-2\");",
                "forbid (principal, action, resource) when { resource == Resource::\"railway:environment/env-2\" };",
                "forbid (principal, action, resource) when { resource in [Resource::\"railway:environment/env-2\"] };")) {
            try (GateFixture house = new GateFixture(Files.createTempDirectory(directory, "named"))) {
                house.adopt(withMore(GateFixture.sealed()), GateFixture.CEDAR + "@id(\"not-this\") " + naming);
                assertThat(isForwardedThreeTimes(house, one, house.token)).isTrue();
                assertThat(house.send(other.call())).asString().contains("not-this");
                assertThat(isDecidedAlike(house, CALLS.get(3), house.token)).isFalse();
            }
        }
    }

    private static boolean isForwardedThreeTimes(GateFixture house, Sent sent, Secret token) {
        boolean isForwarded = true;
        for (int i = 0; i < 3; i++) {
            isForwarded &= house.send(sent.upstream(), sent.call(), token) instanceof Outcome.Forwarded;
        }
        return isForwarded;
    }

    private static boolean isDecidedAlike(GateFixture house, Sent sent, Secret token) {
        ResolvedAttempt read = resolved(house, sent, token);
        return house.decisions.judgesByPlaces(house.seal, read)
                && house.senses.prepared.findAlike(house.seal, read).isPresent();
    }

    private static ResolvedAttempt resolved(GateFixture house, Sent sent, Secret token) {
        return ((Resolution.Resolved) house.senses.resolve(attempt(house, sent, token), Freshness.CACHED)).resolved();
    }

    /** Returns {@code read}, of one resource, as a read of another one in the same environments. */
    private static ResolvedAttempt named(ResolvedAttempt read, String id, Set<Resource> groups) {
        Action action = read.actions().getFirst();
        Resource resource = new Resource("railway", "environment", id);
        Placement place = new Placement(resource, read.environments(), groups, Provenance.SEALED, true);
        Action other = new Action(
                action.operation(), action.impacts(), action.reversibility(), Set.of(resource), action.facts());
        return new ResolvedAttempt(
                read.attempt(),
                read.lease(),
                List.of(other),
                Map.of(resource, place),
                read.radius(),
                read.outgoing(),
                read.digests());
    }

    /** Places every environment with such a name. */
    private static String withMore(String yaml) {
        return yaml.replaceFirst(
                "( +)\"railway:project/pro-1\"", "$1\"railway:environment/env-*\": {environments: [staging]}\n$0");
    }

    @Test
    void whatAProviderPlacesOrPeopleConfirmIsNeverPrepared() throws Exception {
        try (GateFixture house = new GateFixture(directory)) {
            Sent asked = new Sent("railway-asked", GateFixture.document("query { project(id: \"pro-1\") { id } }"));
            Sent destroying = new Sent("railway", GateFixture.deletion("vol-1"));
            for (Sent one : List.of(asked, destroying)) {
                for (int i = 0; i < 3; i++) {
                    house.send(one.upstream(), one.call(), house.token);
                }
                assertThat(prepared(house, one, house.token)).isFalse();
            }
        }
    }

    private static boolean prepared(GateFixture house, Sent sent, Secret token) {
        return house.senses.resolve(attempt(house, sent, token), Freshness.CACHED)
                        instanceof Resolution.Resolved resolved
                && resolved.prepared().isPresent();
    }

    private static Attempt attempt(GateFixture house, Sent sent, Secret token) {
        return new Attempt(
                sent.upstream(),
                List.of(new Attempt.PresentedCredential("header authorization", token)),
                Optional.empty(),
                sent.call(),
                house.clock.instant());
    }

    /** A random history, in which each call is made on both paths. */
    private static final class History {

        private final GateFixture house;
        private final long seed;
        private final RandomGenerator random;
        private List<Secret> tokens = List.of();
        private Secret token;
        private Sent sent = CALLS.getFirst();
        private int shortened;
        private int refused;
        private int elevated;

        History(GateFixture house, long seed) {
            this.house = house;
            this.seed = seed;
            this.token = house.token;
            this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        }

        void seal() {
            house.adopt(yaml(), cedar());
        }

        void begin() {
            house.clock.pass(Duration.ofMinutes(2));
            while (!house.leases.kills().active().isEmpty()) {
                house.lift("sam", house.sam);
            }
            house.leases.revokeAll("the next history begins");
            tokens = List.of(
                    house.signedFor(Set.of("staging", "shipping"), Set.of(Impact.READ, Impact.WRITE)),
                    house.signedFor(Set.of("staging"), Set.of(Impact.READ)),
                    house.signedFor(
                            Set.of("staging"),
                            Set.of(Impact.READ, Impact.WRITE),
                            Set.of(new Resource("github", "repo", "acme/shop")),
                            Optional.empty()));
            List<Secret> all = new ArrayList<>(tokens);
            all.add(derived(all.getFirst(), "{\"impacts\":[\"read\"]}"));
            all.add(derived(all.getFirst(), "{\"environments\":[\"staging\"],\"ttl\":\"40m\"}"));
            all.add(derived(all.getLast(), "{\"resources\":[\"railway:environment/env-1\"]}"));
            all.add(house.ofAnotherAgent());
            tokens = all;
            token = any(tokens);
        }

        private Secret derived(Secret parent, String scope) {
            return ((LeaseDeriver.Result.DerivedLease) house.derivations.derive(
                            List.of(new Attempt.PresentedCredential("header authorization", parent)),
                            Optional.empty(),
                            Bytes.utf8(scope),
                            house.clock.instant()))
                    .token();
        }

        /** Lets people widen the last lease, for some minutes, if it may be widened. */
        private void elevate() {
            Bytes wish = Bytes.utf8("{\"environments\":[\"production\"],\"impacts\":[\"read\"],\"minutes\":10,"
                    + "\"reason\":\"a task\"}");
            ElevationRequests.Result asked =
                    house.elevate(new ElevationRequests.Subject.NewElevation(wish), Duration.ZERO, tokens.getLast());
            if (asked instanceof ElevationRequests.Result.ElevationReport report && !report.isGranted()) {
                house.sign(report.hold());
                elevated++;
            }
        }

        /** Makes the same call again and again, while something happens in between. */
        void step() throws IOException {
            if (random.nextInt(3) == 0) {
                token = any(tokens);
                sent = any(CALLS);
            }
            switch (random.nextInt(16)) {
                case 0 -> house.kill(Kill.KillScope.AGENT, "jer/cursor");
                case 1 -> house.kill(Kill.KillScope.UPSTREAM, random.nextBoolean() ? "railway" : "github");
                case 2 -> house.leases.revoke(leaseInForce());
                case 3 -> house.clock.pass(Duration.ofMinutes(random.nextInt(300)));
                case 4 -> seal();
                case 5 -> elevate();
                case 6 -> house.clock.pass(Duration.ofMinutes(random.nextInt(15)));
                default -> {}
            }
            boolean isForwarded = false;
            for (int i = 0; i < 3; i++) {
                isForwarded = onBothPaths(sent);
            }
            for (int i = 0; isForwarded && ALIKE.contains(sent) && i < 3; i++) {
                onBothPaths(any(ALIKE));
            }
        }

        private boolean onBothPaths(Sent made) throws IOException {
            boolean isPrepared = prepared(house, made, token);
            List<Object> quick = told(house.gate, made, token);
            List<Object> whole = told(house.unprepared(), made, token);
            assertThat(quick).as("seed %d: %s", seed, made).isEqualTo(whole);
            boolean isForwarded = quick.getFirst().equals(Outcome.Forwarded.class);
            shortened += isPrepared && isForwarded ? 1 : 0;
            refused += quick.getFirst().equals(Outcome.Refused.class) ? 1 : 0;
            return isForwarded;
        }

        private String leaseInForce() {
            return any(house.leases.list().stream()
                    .filter(listed -> listed.revoked().isEmpty())
                    .map(listed -> listed.lease().id())
                    .toList());
        }

        private <T> T any(List<T> all) {
            return all.get(random.nextInt(all.size()));
        }

        /** Moves a placement, and begins a code freeze or none. */
        private String yaml() {
            String yaml = withMore(GateFixture.sealed())
                    .replace(
                            "{environments: [staging, shipping], impacts: [write,",
                            "{environments: [staging, shipping], impacts: [read, write,");
            if (random.nextBoolean()) {
                String place = any(List.of("environment/env-1", "project/pro-1", "service/svc-1"));
                yaml = yaml.replace(
                        "\"railway:" + place + "\": {environments: [staging]}",
                        "\"railway:" + place + "\": {environments: [production]}");
            }
            if (random.nextInt(3) == 0) {
                yaml = yaml.replace(
                        "\"railway:project/pro-1\": {",
                        "\"railway:environment/env-3\": {environments: [production]}\n      \"railway:project/pro-1\": {");
            }
            if (random.nextInt(3) == 0) {
                yaml = yaml.replace(
                        "\"github:repo/acme/shop\": {environments: [staging]}",
                        "\"github:repo/acme/shop\": {environments: [shipping]}");
            }
            return random.nextBoolean()
                    ? yaml
                    : yaml
                            + """
                    code-freezes:
                      - environments: [staging]
                        from: %s
                        until: %s
                        reason: holidays
                    """.formatted(
                                            house.clock.instant().truncatedTo(ChronoUnit.DAYS),
                                            house.clock
                                                    .instant()
                                                    .truncatedTo(ChronoUnit.DAYS)
                                                    .plus(Duration.ofHours(15)));
        }

        /** Lets writes go or not, and forbids one issue by its number or none. */
        private String cedar() {
            String cedar = GateFixture.CEDAR + """

                    @id("whom-people-let")
                    permit (principal, action in Impact::Action::"read", resource in Environment::"production");
                    """;
            cedar = random.nextBoolean()
                    ? cedar
                    : cedar.replace(
                            "action in [Impact::Action::\"read\", Impact::Action::\"write\"]",
                            "action in Impact::Action::\"read\"");
            if (random.nextBoolean()) {
                cedar += "\n@id(\"nobody-looks-there\") "
                        + any(List.of(
                                        "forbid (principal, action, resource == E);",
                                        "forbid (principal, action, resource in E);",
                                        "forbid (principal, action, resource) when { resource == E };",
                                        "forbid (principal, action, resource) unless { resource != E };",
                                        "forbid (principal, action, resource) when { [E].contains(resource) };",
                                        "forbid (principal, action, resource) when { [resource].contains(E) };"))
                                .replace("E", "Resource::\"railway:environment/env-" + (1 + random.nextInt(3)) + "\"");
            }
            return random.nextBoolean() ? cedar : cedar + """

                    @id("nobody-asks-for-this-issue")
                    forbid (principal, action, resource)
                    when { context has argument.issue_number && context.argument.issue_number == "7" };
                    """;
        }

        /** Returns all that {@code gate} makes of a call: its answer, its receipt and what it sends. */
        private List<Object> told(CallHandler gate, Sent sent, Secret token) throws IOException {
            RecordingUpstream upstream = new RecordingUpstream();
            Outcome<String> outcome = gate.handle(attempt(house, sent, token), upstream);
            List<Object> told = new ArrayList<>(List.of(outcome.getClass()));
            switch (outcome) {
                case Outcome.Forwarded<String> forwarded -> forwarded.flight().close();
                case Outcome.Refused<String> no -> told.add(no.refusal());
                case Outcome.Held<String> held -> told.add(held.refusal());
                case Outcome.DryRunOutcome<String> tried -> told.add(tried.trial());
            }
            assertThat(outcome.receipt()).isNotEmpty();
            Optional<Receipt> receipt = house.ledger.find(outcome.receipt());
            told.add(receipt.map(Receipt::kind));
            told.add(receipt.map(one -> one.members().without(Set.of("suppressed"))));
            told.addAll(upstream.sent);
            return told;
        }
    }

    private static final class RecordingUpstream implements Upstream<String> {

        private final List<Object> sent = new ArrayList<>();

        @Override
        public void redactAnswerBy(Optional<ResponseRedactor> redactor) {
            sent.add(redactor.isPresent());
        }

        @Override
        public void scanAnswerBy(ResponseScanner scanner) {}

        @Override
        public void markReadOnly() {
            sent.add("read-only");
        }

        @Override
        public String forward(Call outgoing, Credential credential) {
            sent.add(outgoing);
            return "the answer";
        }

        @Override
        public void cut() {}

        @Override
        public WaitState beginWaiting(Runnable gone) {
            return () -> {};
        }

        @Override
        public AnswerOutcome ending(String answer) {
            return new AnswerOutcome(Receipt.Result.DONE, Json.object().with("status", 200), Optional.empty());
        }
    }
}
