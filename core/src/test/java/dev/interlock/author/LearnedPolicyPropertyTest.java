package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Action;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Placement;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.evidence.Json;
import dev.interlock.policy.DraftSeals;
import dev.interlock.policy.Policies;
import dev.interlock.testing.CaseCount;
import dev.interlock.testing.Fixtures;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tests learned policies on random pasts: what they permit again, what they widen, and what they never permit. */
class LearnedPolicyPropertyTest {

    private static final int ROUNDS = CaseCount.of(12);
    private static final int PAST = 150;
    private static final int TRIED = 150;

    /** Policies of the past, of which each round takes some. */
    private static final List<String> PERMITS = List.of(
            "permit (principal, action in Impact::Action::\"read\", resource);",
            "permit (principal in Team::\"blue\", action in Impact::Action::\"write\", resource in Environment::\"staging\");",
            "permit (principal, action in Impact::Action::\"write\", resource) when { resource.kind == \"volume\" };",
            "@confirm(\"1 of owners\") permit (principal, action in Impact::Action::\"destroy\","
                    + " resource in Environment::\"staging\");",
            "@confirm(\"2 of owners\") @cooldown(\"5m\") permit (principal in Team::\"red\","
                    + " action in Impact::Action::\"destroy\", resource);",
            "@confirm(\"1 of owners\") permit (principal, action == Operation::Action::\"railway/w1\", resource);",
            "permit (principal, action == Operation::Action::\"railway/e0\", resource in Environment::\"dev\");",
            "permit (principal, action == Operation::Action::\"railway/c0\", resource);",
            "permit (principal, action in Impact::Action::\"privilege\", resource in Environment::\"dev\");");

    private static final List<String> FORBIDS = List.of(
            "forbid (principal, action == Operation::Action::\"railway/r1\", resource in Environment::\"production\");",
            "forbid (principal == Agent::\"ann/two\", action in Impact::Action::\"write\", resource);",
            "forbid (principal, action, resource == Resource::\"railway:volume/v3\");",
            "forbid (principal, action in Impact::Action::\"read\", resource) when { !context.lease.names_environment };",
            "forbid (principal, action, resource) when { context.reversibility == \"recoverable\""
                    + " && context.protected && resource.kind == \"service\" };");

    private static final Map<String, Impact> LETTERS = Map.of(
            "r", Impact.READ,
            "w", Impact.WRITE,
            "d", Impact.DESTROY,
            "c", Impact.CREDENTIAL,
            "p", Impact.PRIVILEGE,
            "e", Impact.EXECUTE);

    private static final CatalogFacts CATALOGS = catalogs();

    private final long seed = new Random().nextLong();
    private final Random random = new Random(seed);
    private final Policies policies = new Policies(_ -> "");

    private static CatalogFacts catalogs() {
        Map<String, Set<Impact>> operations = new TreeMap<>();
        LETTERS.forEach((letter, impact) ->
                IntStream.range(0, 4).forEach(number -> operations.put(letter + number, Set.of(impact))));
        return Fixtures.facts(Map.of("railway", operations), Map.of("railway", "00".repeat(32)));
    }

    private <T> T any(List<T> some) {
        return some.get(random.nextInt(some.size()));
    }

    private List<String> some(List<String> policies) {
        return policies.stream().filter(_ -> random.nextInt(3) > 0).toList();
    }

    private static Seal seal(List<String> texts, boolean named) {
        List<Seal.PolicyText> files = new ArrayList<>();
        for (String text : texts) {
            String id = named ? "@id(\"p" + files.size() + "-" + (text.contains("forbid") ? "f" : "") + "\")\n" : "";
            files.add(new Seal.PolicyText("p" + files.size() + ".cedar", id + text));
        }
        return Fixtures.seal(files, Map.of()).with(parts -> {
            parts.environments = new HashMap<>(parts.environments);
            parts.environments.put("dev", new Seal.Environment("dev", false));
            parts.agents = Map.of(
                    "ann/one", new Seal.Agent("ann/one", "jer", Set.of("blue")),
                    "ann/two", new Seal.Agent("ann/two", "jer", Set.of("blue", "red")),
                    "ann/three", new Seal.Agent("ann/three", "jer", Set.of("red")));
            parts.people = Map.of(
                    "jer", new Seal.Person("jer", Set.of("owners"), List.of(), Optional.empty()),
                    "ann", new Seal.Person("ann", Set.of("owners"), List.of(), Optional.empty()));
            parts.passkeys = new Seal.PasskeyRules(true, Optional.empty());
            parts.tasks = Map.of("one", task("one"), "two", task("two"));
            parts.upstreams = Map.of(
                    "railway",
                    new Seal.Upstream(
                            "railway",
                            "railway",
                            URI.create("https://up.example"),
                            Optional.empty(),
                            List.of(),
                            Optional.empty(),
                            Map.of(),
                            List.of()));
        });
    }

    private static Seal.TaskTemplate task(String name) {
        return new Seal.TaskTemplate(name, Set.of("staging"), Fixtures.ALL_IMPACTS, Set.of(), Duration.ofHours(1));
    }

    private static List<Lease> leases() {
        List<Lease> leases = new ArrayList<>();
        for (String agent : List.of("ann/one", "ann/two", "ann/three")) {
            for (Optional<String> task : List.of(Optional.of("one"), Optional.of("two"), Optional.<String>empty())) {
                String id = "L-" + leases.size();
                leases.add(new Lease(
                        id,
                        id,
                        agent,
                        "jer",
                        LeaseSigners.NOBODY,
                        "work",
                        task,
                        Set.of("staging", "production", "dev"),
                        Fixtures.ALL_IMPACTS,
                        Set.of(),
                        Optional.empty(),
                        Fixtures.NOW,
                        Fixtures.NOW.plusSeconds(3600)));
            }
        }
        return leases;
    }

    private ResolvedAttempt attempt() {
        Lease lease = any(leases());
        List<Action> actions = new ArrayList<>();
        List<Placement> places = new ArrayList<>();
        int count = random.nextInt(5) == 0 ? 2 : 1;
        for (int i = 0; i < count; i++) {
            String letter = any(List.of("r", "r", "r", "w", "w", "d", "c", "p", "e"));
            Placement place = placement(any(List.of("volume", "service")) + "/v" + random.nextInt(30));
            places.add(place);
            actions.add(Fixtures.action("railway/" + letter + random.nextInt(4), Set.of(LETTERS.get(letter)), place));
        }
        return Fixtures.resolved(lease, actions, places.toArray(Placement[]::new));
    }

    /** Resources stay where they are: some are shared. */
    private static Placement placement(String name) {
        return switch (Math.floorMod(name.hashCode(), 5)) {
            case 0 -> Fixtures.place("railway:" + name, "production");
            case 1 -> Fixtures.place("railway:" + name, "staging", "production");
            case 2 -> Fixtures.place("railway:" + name, "dev");
            default -> Fixtures.place("railway:" + name, "staging");
        };
    }

    private static Json.Members receipt(String id, ResolvedAttempt sensed, Verdict verdict, boolean used) {
        return switch (verdict) {
            case Verdict.Permit _ -> AttemptReconstructionTest.receipt(id, "intent", sensed);
            case Verdict.Hold hold
            when used ->
                AttemptReconstructionTest.receipt(id, "intent", sensed)
                        .with(
                                "confirmation",
                                Json.object()
                                        .with(
                                                "statement",
                                                Json.object()
                                                        .with(
                                                                "obligations",
                                                                hold.obligations()
                                                                        .canonical())));
            case Verdict.Hold hold ->
                AttemptReconstructionTest.receipt(id, "held", sensed)
                        .with("refusal", "confirmation_required")
                        .with("obligations", hold.obligations().canonical());
            case Verdict.Refuse _ ->
                AttemptReconstructionTest.receipt(id, "refused", sensed).with("refusal", "denied");
        };
    }

    @Test
    void learnedPoliciesPermitThePastAndKeepTheForbids() {
        System.out.println("seed " + seed);
        for (int round = 0; round < ROUNDS; round++) {
            List<String> forbids = some(FORBIDS);
            List<String> texts = new ArrayList<>(some(PERMITS));
            texts.addAll(forbids);
            Seal past = seal(texts, true);
            List<Json.Members> receipts = new ArrayList<>();
            Set<ObservedUse> seen = new HashSet<>();
            for (int i = 0; i < PAST; i++) {
                ResolvedAttempt sensed = attempt();
                Json.Members receipt = receipt("R-" + i, sensed, policies.decide(past, sensed), random.nextInt(4) > 0);
                receipts.add(receipt);
                if (receipt.text("kind").equals("intent")) {
                    seen.addAll(ObservedUse.of(sensed));
                }
            }
            check("seed " + seed + ", round " + round, past, forbids, receipts, seen);
        }
    }

    private void check(
            String round, Seal past, List<String> forbids, List<Json.Members> receipts, Set<ObservedUse> seen) {
        PolicyLearner.LearnedPolicy learned = PolicyLearner.from(
                past,
                CATALOGS,
                receipts,
                leases().stream().map(AttemptReconstructionTest::issue).toList(),
                _ -> Optional.of(past));
        assertThat(learned.leftOut()).as(round).isEmpty();
        // People confirm whole requests. Its parts may need more elsewhere than the policy asked of them.
        assertThat(learned.proof().used().differences())
                .as("%s%n%s", round, learned.policy())
                .allMatch(difference -> !difference.loosened()
                        && difference.before().startsWith("hold")
                        && difference.after().startsWith("hold"));
        assertThat(learned.proof().used().unreplayable()).as(round).isEmpty();
        assertThat(learned.proof().others().isLooser())
                .as("%s %s%n%s", round, learned.proof().others(), learned.policy())
                .isFalse();
        Seal sealed =
                past.with(parts -> parts.policies = List.of(new Seal.PolicyText("learned.cedar", learned.policy())));
        assertThat(DraftSeals.problems(sealed, CATALOGS))
                .as("%s%n%s", round, learned.policy())
                .isEmpty();
        List<String> all = new ArrayList<>(forbids);
        all.add("permit (principal, action, resource);");
        Seal onlyForbids = seal(all, true);
        Policies asked = new Policies(_ -> "");
        for (int i = 0; i < TRIED; i++) {
            ResolvedAttempt sensed = attempt();
            Verdict verdict = policies.decide(sealed, sensed);
            if (verdict instanceof Verdict.Refuse) {
                continue;
            }
            assertThat(asked.decide(onlyForbids, sensed))
                    .as("%s: forbidden %s%n%s", round, sensed.meaning(), learned.policy())
                    .isNotInstanceOf(Verdict.Refuse.class);
            for (ObservedUse use : ObservedUse.of(sensed)) {
                boolean known = use.impact() == Impact.READ || use.impact() == Impact.WRITE
                        ? seen.stream()
                                .anyMatch(one -> one.impact() == use.impact()
                                        && one.agent().equals(use.agent())
                                        && one.task().equals(use.task())
                                        && one.environment().equals(use.environment()))
                        : seen.stream()
                                .anyMatch(one -> verdict instanceof Verdict.Hold
                                        ? one.placed().equals(use.placed())
                                        : one.equals(use));
                assertThat(known)
                        .as("%s: never seen %s%n%s", round, use, learned.policy())
                        .isTrue();
            }
        }
    }
}
