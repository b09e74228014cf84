package dev.interlock.author;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.Action;
import dev.interlock.action.Backup;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Elevation;
import dev.interlock.action.Fact;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.SaltedDigests;
import dev.interlock.author.AttemptReconstruction.ReconstructionResult;
import dev.interlock.evidence.Json;
import dev.interlock.testing.Fixtures;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AttemptReconstructionTest {

    static Json.Members issue(Lease lease) {
        Json.Members issue = Json.object()
                .with("kind", "admin")
                .with("id", "R-0")
                .with("command", "lease.issue")
                .with("lease", lease.id())
                .with("agent", lease.agent())
                .with("person", lease.person())
                .with("task", lease.task())
                .withTexts("environments", lease.environments())
                .withTexts("impacts", lease.impacts().stream().map(Impact::word).toList())
                .withTexts(
                        "resources",
                        lease.resources().stream().map(Resource::toString).toList())
                .with("issued", lease.issued().toString())
                .with("expires", lease.expires().toString());
        return issue.withOptional("template", lease.template());
    }

    static Json.Members receipt(String id, String kind, ResolvedAttempt sensed) {
        Json.Members meaning = sensed.meaning();
        return Json.object()
                .with("id", id)
                .with("kind", kind)
                .with("at", Fixtures.NOW.toString())
                .with("agent", sensed.lease().agent())
                .with("person", sensed.lease().person())
                .with("task", sensed.lease().task())
                .with("lease", sensed.lease().id())
                .with("upstream", sensed.attempt().upstream())
                .with("actions", new Json.Array(meaning.items("actions")))
                .with("radius", meaning.object("radius"))
                .with("meaning_sha256", sensed.meaningDigest())
                .with("seal", "5ea1")
                .withTexts("policies", List.of());
    }

    private static ResolvedAttempt sensed(Lease lease) {
        return Fixtures.one(
                lease,
                "railway/volumeDelete",
                Set.of(Impact.DESTROY),
                Fixtures.place("railway:volume/v1", "staging", "production"));
    }

    private static ReconstructionResult recall(Json.Members receipt, Json.Members... issues) {
        return new AttemptReconstruction(List.of(issues)).reconstruct(receipt);
    }

    @Test
    void anAttemptIsReconstructedUnchanged() {
        ResolvedAttempt was = sensed(Fixtures.wide());
        ReconstructionResult recalled = recall(receipt("R-1", "refused", was), issue(was.lease()));
        assertThat(recalled).isInstanceOf(ReconstructionResult.ReconstructedAttempt.class);
        ResolvedAttempt is = ((ReconstructionResult.ReconstructedAttempt) recalled).resolved();
        assertThat(is.meaning()).isEqualTo(was.meaning());
        assertThat(is.lease()).isEqualTo(was.lease());
        assertThat(is.placements()).isEqualTo(was.placements());
        assertThat(is.radius()).isEqualTo(was.radius());
    }

    @Test
    void aSignedAttemptIsReconstructedFromItsStatement() {
        ResolvedAttempt was = sensed(Fixtures.wide());
        Json.Members receipt = receipt("R-1", "intent", was);
        Json.Members confirmed = receipt.without(Set.of("actions", "radius"))
                .with(
                        "confirmation",
                        Json.object().with("statement", Json.object().with("meaning", was.meaning())));
        assertThat(recall(confirmed, issue(was.lease()))).isInstanceOf(ReconstructionResult.ReconstructedAttempt.class);
    }

    /** A receipt that is altered or shortened never yields another attempt than the real one. */
    @Test
    void unrecordedFactsAreNotGuessed() {
        ResolvedAttempt was = sensed(Fixtures.wide());
        Json.Members receipt = receipt("R-1", "refused", was);
        assertThat(recall(receipt))
                .isEqualTo(new ReconstructionResult.LostAttempt(
                        "R-1",
                        "The scope of its lease is not known: the receipts at hand begin after `L-1` was issued."));
        assertThat(recall(receipt.with("upstream", "other"), issue(was.lease())))
                .isInstanceOf(ReconstructionResult.LostAttempt.class);
        assertThat(recall(receipt.without(Set.of("actions", "radius")).with("actions_omitted", 3), issue(was.lease())))
                .isInstanceOf(ReconstructionResult.LostAttempt.class);
        assertThat(recall(receipt.with("actions", new Json.Array(List.of())), issue(was.lease())))
                .isInstanceOf(ReconstructionResult.LostAttempt.class);
    }

    /** An elevation request names environments and impacts too, and is no lease for that reason. */
    @Test
    void askingForMoreHidesNoLease() {
        ResolvedAttempt was = sensed(Fixtures.wide());
        Json.Members asked = Json.object()
                .with("kind", "admin")
                .with("id", "R-9")
                .with("command", "elevation.ask")
                .with("lease", was.lease().id())
                .with("hold", "H-1")
                .withTexts("environments", List.of("production"))
                .withTexts("impacts", List.of("write"));
        ReconstructionResult recalled = recall(receipt("R-1", "held", was), asked, issue(was.lease()));
        assertThat(((ReconstructionResult.ReconstructedAttempt) recalled)
                        .resolved()
                        .lease())
                .isEqualTo(was.lease());
    }

    /** It was decided with the granted elevation, and with nothing else. */
    @Test
    void elevatedCallsAreReconstructedWithTheirElevation() {
        Lease own = Fixtures.lease(Set.of("staging"), Set.of(Impact.READ), Set.of());
        Elevation more = new Elevation(
                Set.of("staging", "production"), Set.of(Impact.DESTROY), Set.of(), Duration.ofMinutes(15));
        Instant until = Fixtures.NOW.plus(Duration.ofMinutes(15));
        ResolvedAttempt was = sensed(more.of(own, until));
        Json.Members receipt = receipt("R-1", "intent", was).with("elevation", "H-1");
        assertThat(recall(receipt, issue(own)))
                .isEqualTo(
                        new ReconstructionResult.LostAttempt(
                                "R-1",
                                "The scope of its lease is not known: the receipts at hand begin after it was widened by `H-1`."));
        Json.Members given = more.json()
                .with("kind", "admin")
                .with("id", "R-8")
                .with("command", "elevation.give")
                .with("lease", own.id())
                .with("hold", "H-1")
                .with("until", until.toString());
        ReconstructionResult recalled = recall(receipt, issue(own), given);
        assertThat(((ReconstructionResult.ReconstructedAttempt) recalled)
                        .resolved()
                        .lease())
                .isEqualTo(was.lease());
    }

    @Test
    void anOutcomeIsNoAttempt() {
        Json.Members outcome =
                Json.object().with("id", "R-2").with("kind", "outcome").with("intent", "R-1");
        assertThat(recall(outcome)).isEqualTo(new ReconstructionResult.OtherReceipt("R-2"));
    }

    /** Receipts do not record the groups of a resource. If a group decides, the answer stays open. */
    @Test
    void groupsThatDecideAreNotGuessed() {
        ResolvedAttempt was = sensed(Fixtures.wide());
        ReconstructionResult.ReconstructedAttempt attempt =
                (ReconstructionResult.ReconstructedAttempt) recall(receipt("R-1", "refused", was), issue(was.lease()));
        assertThat(DecisionExplanation.of(Fixtures.seal("@id(\"a\") permit (principal, action, resource);"), attempt)
                        .word())
                .isEqualTo("permit");
        for (String reading : List.of(
                "@id(\"a\") permit (principal, action, resource in Resource::\"railway:project/p1\");",
                "@id(\"a\") permit (principal, action, resource) when { resource in Resource::\"railway:project/p1\" };")) {
            assertThatThrownBy(() -> DecisionExplanation.of(Fixtures.seal(reading), attempt))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("depended on the groups of the resources");
        }
        Lease narrowed =
                Fixtures.lease(Set.of("staging"), Fixtures.ALL_IMPACTS, Set.of(Resource.parse("railway:project/p1")));
        ResolvedAttempt inside = sensed(narrowed);
        ReconstructionResult.ReconstructedAttempt other =
                (ReconstructionResult.ReconstructedAttempt) recall(receipt("R-1", "refused", inside), issue(narrowed));
        assertThat(other.narrowed()).isTrue();
        Placement place = inside.placements().values().iterator().next();
        assertThat(place.groups()).isEmpty();
    }

    /** A fact about an argument may decide a budget, and a loss may decide a confirmation. */
    @Test
    void factsAndBackupsAreReconstructed() {
        Placement place = Fixtures.place("railway:volume/v1", "staging");
        Action action = new Action(
                Operation.parse("railway/volumeDelete"),
                Set.of(Impact.DESTROY),
                Reversibility.RECOVERABLE,
                Set.of(place.resource()),
                List.of(new Fact("argument.kinds", "[]", Provenance.CLAIMED)));
        Backup lost = new Backup(
                "b-1", place.resource(), Fixtures.NOW, "railway:volume/v1", Provenance.CLAIMED, Optional.empty());
        Backup survivor = new Backup(
                "nightly/2",
                place.resource(),
                Fixtures.NOW,
                "s3:elsewhere",
                Provenance.ATTESTED,
                Optional.of(Fixtures.NOW),
                Optional.of(new Backup.Attestation(
                        Json.object().with("plan", "nightly"), "signature", Set.of(place.resource()))));
        ResolvedAttempt one = sensed(Fixtures.wide());
        ResolvedAttempt was = new ResolvedAttempt(
                one.attempt(),
                one.lease(),
                List.of(action),
                Map.of(place.resource(), place),
                new BlastRadius(
                                Set.of("staging"),
                                Set.of(place.resource()),
                                List.of(lost),
                                List.of(survivor),
                                List.of("n"))
                        .with(
                                Map.of(place.resource(), "bookings-data"),
                                Map.of(place.resource(), "Roadmap"),
                                Map.of(place.resource(), Set.of("production"))),
                one.outgoing(),
                SaltedDigests.OPEN);
        ReconstructionResult recalled = recall(receipt("R-1", "refused", was), issue(was.lease()));
        assertThat(recalled).isInstanceOfSatisfying(ReconstructionResult.ReconstructedAttempt.class, attempted -> {
            assertThat(attempted.resolved().actions()).isEqualTo(was.actions());
            assertThat(attempted.resolved().radius()).isEqualTo(was.radius());
        });
    }
}
