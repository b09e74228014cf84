package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.KeptTexts;
import dev.interlock.action.Lease;
import dev.interlock.action.Obligations;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SaltedText;
import dev.interlock.policy.Annotations;
import dev.interlock.policy.PolicyAnalysis;
import dev.interlock.testing.Fixtures;
import dev.interlock.testing.LoneObligation;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PolicyReplayTest {

    private static final String READS =
            "@id(\"read\") permit (principal, action in Impact::Action::\"read\", resource);\n";
    private static final String OWNERS = """
            @id("owners") @confirm("2 of owners") @cooldown("10m")
            permit (principal, action in Impact::Action::"destroy", resource);
            """;
    private static final Lease LEASE = Fixtures.wide();
    private static final ResolvedAttempt DELETE = sensed("railway/volumeDelete", Impact.DESTROY);
    private static final ResolvedAttempt READ = sensed("railway/project", Impact.READ);

    private static ResolvedAttempt sensed(String operation, Impact impact) {
        return Fixtures.one(LEASE, operation, Set.of(impact), Fixtures.place("railway:volume/v1", "staging"));
    }

    private static Json.Members permitted(String id, ResolvedAttempt sensed) {
        return AttemptReconstructionTest.receipt(id, "intent", sensed);
    }

    private static Json.Members held(String id) {
        Obligations owners =
                PolicyAnalysis.of(Fixtures.seal(OWNERS)).rules().getFirst().obligations();
        return AttemptReconstructionTest.receipt(id, "held", DELETE)
                .with("refusal", "confirmation_required")
                .with("obligations", owners.canonical());
    }

    private static Json.Members refused(String id, String refusal, String... policies) {
        return AttemptReconstructionTest.receipt(id, "refused", DELETE)
                .with("refusal", refusal)
                .withTexts("policies", List.of(policies));
    }

    private static PolicyReplay.ReplayReport replay(String policy, Json.Members... receipts) {
        return PolicyReplay.of(
                Fixtures.seal(policy),
                List.of(receipts),
                List.of(AttemptReconstructionTest.issue(LEASE)),
                _ -> Optional.of(Fixtures.seal(READS + OWNERS)));
    }

    private static String only(PolicyReplay.ReplayReport report) {
        assertThat(report.differences()).hasSize(1);
        PolicyReplay.DecisionDifference difference = report.differences().getFirst();
        return difference.before() + " -> " + difference.after() + (difference.loosened() ? " LOOSENED" : "");
    }

    @Test
    void theSamePolicyDecidesAlike() {
        PolicyReplay.ReplayReport report = replay(READS + OWNERS, permitted("R-1", READ), held("R-2"));
        assertThat(report.replayed()).isEqualTo(2);
        assertThat(report.differences()).isEmpty();
        assertThat(report.isLooser()).isFalse();
    }

    /** Receipts have the facts, so a policy about an argument decides about the past as it would have then. */
    @Test
    void argumentsAreReplayed() {
        String noKeys = "@id(\"no-keys\") forbid (principal, action, resource)"
                + " when { context has argument.path && context.argument.path like \"*.pem\" };\n";
        for (String path : List.of("a.txt", "a.pem")) {
            ResolvedAttempt read = Fixtures.resolved(
                    LEASE,
                    List.of(READ.actions()
                            .getFirst()
                            .withFacts(List.of(new Fact("argument.path", path, Provenance.CLAIMED)))),
                    Fixtures.place("railway:volume/v1", "staging"));
            PolicyReplay.ReplayReport report = replay(READS + noKeys, permitted("R-1", read));
            assertThat(report.differences()).as(path).hasSize(path.endsWith(".pem") ? 1 : 0);
        }
    }

    /** A receipt has only the digest of a free text. That matters where a policy for such a call compares the text. */
    @Test
    void aTextThatNoPolicyForTheCallComparesIsNotMissed() {
        SaltedText text = new SaltedText("c2FsdHNhbHRzYWx0c2FsdA", "keys/a.pem");
        ResolvedAttempt read = Fixtures.resolved(
                LEASE,
                List.of(READ.actions()
                        .getFirst()
                        .withFacts(List.of(new Fact("argument.path", text.digest(), Provenance.CLAIMED)))),
                Fixtures.place("railway:volume/v1", "staging"));
        String elsewhere = "@id(\"no-keys\") forbid (principal, action in Impact::Action::\"destroy\", resource)"
                + " when { context has argument.path && context.argument.path like \"*.pem\" };\n";
        PolicyReplay.ReplayReport report = replay(READS + elsewhere, permitted("R-1", read), held("R-2"));
        assertThat(report.unreplayable()).isEmpty();

        PolicyReplay.ReplayReport missed =
                replay(READS + elsewhere.replace("destroy", "read"), permitted("R-1", read), held("R-2"));
        assertThat(missed.unreplayable()).hasSize(1);
        assertThat(missed.loosenedAtMost()).isZero(); // it passed without a signature

        var recalled = (AttemptReconstruction.ReconstructionResult.ReconstructedAttempt)
                new AttemptReconstruction(List.of(AttemptReconstructionTest.issue(LEASE)))
                        .reconstruct(permitted("R-1", read));
        PolicyAnalysis analysis = PolicyAnalysis.of(Fixtures.seal(READS + elsewhere.replace("destroy", "read")));
        assertThat(recalled.isSaltedFor(analysis)).isTrue();
        assertThat(recalled.with(new KeptTexts(List.of(text))).isSaltedFor(analysis))
                .isFalse();
    }

    @Test
    void whatIsLeftOutCouldBeLoosenedUnlessItPassedUnasked() {
        String groups = OWNERS.replace("resource)", "resource in Resource::\"railway:project/p\")");
        PolicyReplay.ReplayReport report = replay(READS + groups, permitted("R-1", READ), held("R-2"));
        assertThat(report.replayed()).isZero();
        assertThat(report.loosened()).isZero();
        assertThat(report.loosenedAtMost()).isEqualTo(1);
    }

    /** Every change to a weaker demand is called loosened; a stronger or additional demand is not. */
    @Test
    void fewerObligationsAreALoosening() {
        String before = "hold @confirm(\"2 of owners\") @cooldown(\"10m\") -> ";
        assertThat(only(replay(OWNERS.replace("2 of", "1 of"), held("R-1"))))
                .isEqualTo(before + "hold @confirm(\"1 of owners\") @cooldown(\"10m\") LOOSENED");
        assertThat(only(replay(OWNERS.replace("10m", "5m"), held("R-1"))))
                .isEqualTo(before + "hold @confirm(\"2 of owners\") @cooldown(\"5m\") LOOSENED");
        assertThat(only(replay(OWNERS.replace("2 of owners", "2 of others"), held("R-1"))))
                .endsWith(" LOOSENED");
        assertThat(only(replay(OWNERS.replace("2 of owners", "3 of owners"), held("R-1"))))
                .isEqualTo(before + "hold @confirm(\"3 of owners\") @cooldown(\"10m\")");
        assertThat(only(replay(OWNERS.replace("10m\")", "10m\") @type_name"), held("R-1"))))
                .doesNotEndWith("LOOSENED");
        assertThat(only(replay("@id(\"all\") permit (principal, action, resource);", held("R-1"))))
                .isEqualTo(before + "permit LOOSENED");
        assertThat(only(replay(READS, held("R-1")))).isEqualTo(before + "refuse");
        assertThat(only(replay(OWNERS, refused("R-1", "denied"))))
                .isEqualTo("refuse -> hold @confirm(\"2 of owners\") @cooldown(\"10m\") LOOSENED");
        assertThat(only(replay(OWNERS, permitted("R-1", READ)))).isEqualTo("permit -> refuse");
    }

    /** Each obligation is printed, read from policies, and stored in receipts. Its loss is reported. */
    @ParameterizedTest
    @MethodSource("dev.interlock.testing.LoneObligation#all")
    void theLossOfAnyObligationIsALoosening(LoneObligation lone) {
        Json.Members held = AttemptReconstructionTest.receipt("R-1", "held", DELETE)
                .with("refusal", "confirmation_required")
                .with("obligations", lone.confirmed().canonical());
        String permit = "permit (principal, action in Impact::Action::\"destroy\", resource);";
        assertThat(replay("@id(\"same\") " + Annotations.write(lone.confirmed()) + "\n" + permit, held)
                        .differences())
                .isEmpty();
        assertThat(only(replay("@id(\"less\") @confirm(\"1 of owners\")\n" + permit, held)))
                .endsWith("-> hold @confirm(\"1 of owners\") LOOSENED");
    }

    /** A person's denial looks like a policy's refusal; the seal of that time tells which it was. */
    @Test
    void aPersonsDenialCountsAsHeld() {
        Json.Members denied = refused("R-1", "denied", "owners");
        assertThat(replay(READS + OWNERS, denied).differences()).isEmpty();
        PolicyReplay.ReplayReport without = PolicyReplay.of(
                Fixtures.seal(READS + OWNERS),
                List.of(denied),
                List.of(AttemptReconstructionTest.issue(LEASE)),
                _ -> Optional.empty());
        assertThat(without.replayed()).isZero();
        assertThat(without.unreplayable().values()).containsExactly(1L);
    }

    /** A dry run leaves a receipt of a refusal that no agent met. */
    @Test
    void dryRunsAreNotReplayed() {
        Json.Members asked = refused("R-1", "dry_run", "owners").with("verdict", "hold");
        assertThat(replay(READS, asked).replayed()).isZero();
        assertThat(replay(READS, asked).differences()).isEmpty();
    }

    /** A single receipt does not contain the earlier calls that a limit counts. */
    @Test
    void decisionsByLimitsAreNotReplayed() {
        PolicyReplay.ReplayReport report = replay(
                READS + OWNERS,
                refused("R-1", "denied").withTexts("limits", List.of("budget writes")),
                permitted("R-2", READ).withTexts("limits", List.of("budget writes")));
        assertThat(report.replayed()).isZero();
        assertThat(report.unreplayable())
                .containsExactly(Map.entry(
                        "A budget or a sequence counted earlier calls; a replay decides each call alone.", 2L));
    }

    /** The call was forwarded, although policy had refused it. */
    @Test
    void observedCallsCountAsRefused() {
        Json.Members observed =
                permitted("R-1", READ).with("observed", Json.object().with("verdict", "refuse"));
        assertThat(only(replay(READS, observed))).isEqualTo("refuse -> permit LOOSENED");
        assertThat(replay(OWNERS, observed).differences()).isEmpty();
    }

    @Test
    void similarAttemptsAreOneDifference() {
        PolicyReplay.ReplayReport report =
                replay(OWNERS, permitted("R-1", READ), permitted("R-2", READ), permitted("R-3", READ));
        assertThat(report.differences()).singleElement().satisfies(difference -> {
            assertThat(difference.count()).isEqualTo(3);
            assertThat(difference.receipt()).isEqualTo("R-1");
            assertThat(difference.what())
                    .isEqualTo("jer/cursor: railway/project (read) on railway:volume/v1 in staging");
        });
    }

    @Test
    void unavailableAttemptsAreCountedAndNotGuessed() {
        Json.Members foreign = permitted("R-1", READ).with("lease", "L-9");
        assertThat(replay(READS, foreign).unreplayable())
                .containsExactly(Map.entry(
                        "The scope of its lease is not known: the receipts at hand begin after `L-9` was issued.", 1L));
        PolicyReplay.ReplayReport groups = replay(
                "@id(\"g\") permit (principal, action, resource in Resource::\"railway:project/p\");",
                permitted("R-1", READ));
        assertThat(groups.replayed()).isZero();
        assertThat(groups.unreplayable()).hasSize(1);
        // Interlock refused because of its own failure, not because of a policy.
        assertThat(replay(READS, refused("R-1", "unavailable")).replayed()).isZero();
    }

    /**
     * The demands of that time are known only if the seal of that time decides again. The number of seals is limited.
     */
    @Test
    void deniedAttemptsAreReplayedUnderTheirSeal() {
        Json.Members denied = refused("R-1", "denied", "owners");
        assertThat(replay(READS + OWNERS, denied).replayed()).isEqualTo(1);
        assertThat(only(replay(READS, denied)))
                .isEqualTo("hold @confirm(\"2 of owners\") @cooldown(\"10m\") -> refuse");
        PolicyReplay.ReplayReport groups = PolicyReplay.of(
                Fixtures.seal(READS + OWNERS),
                List.of(denied),
                List.of(AttemptReconstructionTest.issue(LEASE)),
                _ -> Optional.of(Fixtures.seal(
                        "@id(\"g\") permit (principal, action, resource in Resource::\"railway:project/p\");")));
        assertThat(groups.replayed()).isZero();
        assertThat(groups.unreplayable().values()).containsExactly(1L);
        Json.Members[] many = IntStream.range(0, 5)
                .mapToObj(n -> refused("R-" + n, "denied", "owners").with("seal", "5ea" + n))
                .toArray(Json.Members[]::new);
        PolicyReplay.ReplayReport report = replay(READS + OWNERS, many);
        assertThat(report.replayed()).isEqualTo(4);
        assertThat(report.unreplayable().values()).containsExactly(1L);
    }

    /** The age of a backup and the number of rows are obligations like others. */
    @Test
    void droppingABackupRequirementIsALoosening() {
        String strict = OWNERS.replace("@cooldown", "@backup(\"24h\") @rows(\"5\") @cooldown");
        Json.Members held = AttemptReconstructionTest.receipt("R-1", "held", DELETE)
                .with("refusal", "confirmation_required")
                .with(
                        "obligations",
                        PolicyAnalysis.of(Fixtures.seal(strict))
                                .rules()
                                .getFirst()
                                .obligations()
                                .canonical());
        assertThat(replay(strict, held).replayed()).isEqualTo(1);
        assertThat(replay(strict, held).differences()).isEmpty();
        for (String weaker : List.of(
                strict.replace("@backup(\"24h\") ", ""),
                strict.replace("24h", "25h"),
                strict.replace("\"5\"", "\"6\""))) {
            assertThat(only(replay(weaker, held))).as(weaker).endsWith(" LOOSENED");
        }
    }

    private static final String SHOP = """
            format: interlock-catalog@v1
            provider: shop
            protocol: rest
            carriers: {headers: [authorization]}
            forwarded-headers: [accept]
            resources: {order: "{order}"}
            reads:
              orders/get: GET /orders/{order}
            operations:
              orders/hold: {request: "POST /orders/{order}/hold", impacts: [write], reversibility: reversible}
            """;

    private static Seal shop(String catalog, String policy) {
        Seal.OwnCatalog own = new Seal.OwnCatalog("shop", catalog, false);
        return Fixtures.seal(policy).with(parts -> {
            parts.ownCatalogs = Map.of("shop", own);
            parts.catalogs = Map.of("shop", own.digest());
        });
    }

    private static PolicyReplay.ReplayReport replayShop(String before, String now, String policy) {
        List<Json.Members> receipts = List.of(
                permitted("R-1", sensed("shop/orders/get", Impact.READ)),
                permitted("R-2", sensed("shop/orders/hold", Impact.WRITE)),
                permitted("R-3", sensed("shop/orders/hold", Impact.WRITE)));
        return PolicyReplay.of(
                shop(now, policy),
                receipts,
                List.of(AttemptReconstructionTest.issue(LEASE)),
                _ -> Optional.of(shop(before, READS)));
    }

    /** The receipt has no request, so what a changed catalog makes of it is not known: never "as before". */
    @Test
    void attemptsOfChangedCatalogsCannotBeReadAnew() {
        String all = "@id(\"all\") permit (principal, action, resource);";
        assertThat(replayShop(SHOP, SHOP, all).isReadAnew()).isTrue();
        PolicyReplay.ReplayReport entry = replayShop(SHOP, SHOP.replace("[write]", "[write, execute]"), all);
        assertThat(entry.differences()).isEmpty();
        assertThat(entry.replayed()).isEqualTo(3);
        assertThat(entry.unread())
                .extracting(PolicyReplay.UnreadAttempts::operations, PolicyReplay.UnreadAttempts::count)
                .containsExactly(tuple("shop/orders/get", 1L), tuple("shop/orders/hold", 2L));
    }

    /** A loosening is reported in any case, with the remark that the reading is that of then. */
    @Test
    void unreadDifferencesAreMarked() {
        PolicyReplay.ReplayReport report = replayShop(SHOP, SHOP.replace("[write]", "[write, execute]"), READS);
        assertThat(report.isReadAnew()).isFalse();
        assertThat(report.differences()).singleElement().satisfies(difference -> {
            assertThat(difference.after()).isEqualTo("refuse");
            assertThat(difference.readAnew()).isFalse();
        });
    }

    /** Of a built-in catalog of another version, and of a seal that is not stored, no text is here. */
    @Test
    void unknownCatalogsAreNotReadAnew() {
        for (Optional<Seal> past : List.of(
                Optional.<Seal>empty(),
                Optional.of(Fixtures.seal(READS).with(parts -> parts.catalogs = Map.of("railway", "11".repeat(32)))))) {
            PolicyReplay.ReplayReport report = PolicyReplay.of(
                    Fixtures.seal(READS),
                    List.of(permitted("R-1", READ)),
                    List.of(AttemptReconstructionTest.issue(LEASE)),
                    _ -> past);
            assertThat(report.differences()).isEmpty();
            assertThat(report.unread())
                    .extracting(PolicyReplay.UnreadAttempts::operations)
                    .containsExactly("railway/project");
        }
    }

    @Test
    void looseningsComeFirst() {
        assertThat(replay(
                                "@id(\"d\") permit (principal, action in Impact::Action::\"destroy\", resource);",
                                permitted("R-1", READ),
                                held("R-2"))
                        .differences())
                .extracting(PolicyReplay.DecisionDifference::receipt, PolicyReplay.DecisionDifference::loosened)
                .containsExactly(tuple("R-2", true), tuple("R-1", false));
    }
}
