package dev.interlock.gate;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Placement;
import dev.interlock.action.Refusal;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.Verdict;
import dev.interlock.action.VerdictReasons;
import dev.interlock.evidence.Json;
import dev.interlock.inventory.Freshness;
import dev.interlock.inventory.LocatedActions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The verdict on an attempt that somebody only describes, as for a call of this moment. Resources are placed by the
 * seal and the provider; kills, freezes and used budgets take part. Nothing is sent, counted, held or recorded.
 *
 * @param resolved the attempt with its places and its loss
 * @param verdict of policies and limits
 * @param stop why a kill would refuse it, if one would
 * @param gaps what the provider did not answer
 */
record HypotheticalVerdict(ResolvedAttempt resolved, Verdict verdict, Optional<Refusal> stop, List<String> gaps) {

    static HypotheticalVerdict of(
            AttemptResolver resolver, DecisionPoint decisions, Seal seal, ResolvedAttempt assumed, Instant now) {
        List<Action> actions = assumed.actions().stream().map(seal::classified).toList();
        LocatedActions located =
                resolver.inventory.locate(seal, assumed.attempt().upstream(), assumed.actions(), Freshness.CACHED);
        Attempt attempt = new Attempt(
                assumed.attempt().upstream(),
                List.of(),
                Optional.empty(),
                assumed.attempt().call(),
                now);
        ResolvedAttempt resolved = new ResolvedAttempt(
                attempt,
                assumed.lease(),
                actions,
                located.placements(),
                located.radius(),
                assumed.outgoing(),
                assumed.digests());
        Optional<Refusal> stop = Optional.ofNullable(
                        seal.agents().get(assumed.lease().agent()))
                .flatMap(agent ->
                        resolver.identity.stopReason(agent, assumed.lease().template(), attempt.upstream()));
        return new HypotheticalVerdict(resolved, decisions.decide(seal, resolved), stop, located.gaps());
    }

    Json.Members json(String consequences) {
        DryRun trial = DryRun.of(resolved, verdict, consequences, gaps);
        Json.Members places = Json.object();
        for (Placement placement : resolved.placements().values()) {
            places = places.withTexts(
                    placement.resource().toString(), placement.groups().stream().map(Resource::toString));
        }
        return Json.object()
                .with("seal", verdict.grounds().seal())
                .with(
                        "verdict",
                        stop.isPresent()
                                ? DryRun.Prediction.REFUSE.word()
                                : trial.would().word())
                .with("because", stop.map(Refusal::reason).orElse(trial.reason()))
                .withTexts("policies", verdict.grounds().policies())
                .withTexts("limits", limits())
                .with("stopped", stop.isPresent())
                .withTexts("gaps", gaps)
                .with("meaning", resolved.meaning())
                .with("groups", places);
    }

    private Stream<String> limits() {
        return verdict.grounds().limits().stream().map(VerdictReasons.ReachedLimit::name);
    }
}
