package dev.interlock.policy;

import dev.interlock.action.Backup;
import dev.interlock.action.BlastRadius;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.Sensed;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A question with the attempt that it is part of: all that a policy may know. {@link Trait} takes it apart. */
record Asked(Seal seal, Seal.Agent agent, Sensed sensed, Measures radius, Question question) {

    /** The blast radius in numbers. Each of these grows with what an attempt touches: see {@link RadiusUse}. */
    record Measures(Set<String> environments, int lost, int lostBackups, long unsaved) {

        static Measures of(BlastRadius radius) {
            Set<Resource> saved = radius.survivors().stream().map(Backup::of).collect(Collectors.toSet());
            long unsaved =
                    radius.lost().stream().filter(lost -> !saved.contains(lost)).count();
            return new Measures(
                    radius.environments(),
                    radius.lost().size(),
                    radius.lostBackups().size(),
                    unsaved);
        }
    }

    /** Questions about one attempt. */
    static Function<Question, Asked> about(Seal seal, Seal.Agent agent, Sensed sensed) {
        Measures radius = Measures.of(sensed.radius());
        return question -> new Asked(seal, agent, sensed, radius, question);
    }

    /**
     * Whether Cedar takes it as it is meant. It refuses a resource that lies in itself, and reads half a character as
     * another; what it then says must neither be foretold nor kept.
     */
    boolean isOrdinary() {
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
