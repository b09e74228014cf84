package dev.interlock.policy;

import dev.interlock.action.Backup;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A question together with its attempt: everything that a policy may read. {@link Trait} takes it apart. */
record PolicyRequest(
        Seal seal, Seal.Agent agent, ResolvedAttempt resolved, RadiusMeasures radius, PolicyQuestion question) {

    /** The blast radius in numbers. Each number grows with what an attempt touches: see {@link RadiusRules}. */
    record RadiusMeasures(Set<String> environments, int lost, int lostBackups, long unsaved) {

        static RadiusMeasures of(BlastRadius radius) {
            Set<Resource> saved = radius.survivors().stream().map(Backup::of).collect(Collectors.toSet());
            long unsaved =
                    radius.lost().stream().filter(lost -> !saved.contains(lost)).count();
            return new RadiusMeasures(
                    radius.environments(),
                    radius.lost().size(),
                    radius.lostBackups().size(),
                    unsaved);
        }
    }

    static Function<PolicyQuestion, PolicyRequest> about(Seal seal, Seal.Agent agent, ResolvedAttempt sensed) {
        RadiusMeasures radius = RadiusMeasures.of(sensed.radius());
        return question -> new PolicyRequest(seal, agent, sensed, radius, question);
    }

    /** Cedar refuses a resource that lies in itself, and reads half a surrogate pair as another character. */
    boolean hasFaithfulForm() {
        if (question.placement().groups().contains(question.placement().resource())) {
            return false;
        }
        for (Trait trait : Trait.ALL) {
            if (!trait.of(this).isWellFormed()) {
                return false;
            }
        }
        return true;
    }
}
