package dev.interlock.readiness;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.admin.ExplainCommands;
import dev.interlock.author.DescribedAttempt;
import dev.interlock.evidence.Json;
import java.util.function.BiFunction;

/**
 * Decides about attempts that people describe, under the seal in force.
 *
 * @param gate decides about an attempt that nobody sends
 */
public record DescribedAttempts(CatalogFacts catalogs, BiFunction<Seal, ResolvedAttempt, Json.Members> gate)
        implements ExplainCommands {

    @Override
    public Json.Members explain(Seal seal, Json.Members described) {
        ResolvedAttempt assumed =
                DescribedAttempt.read(described).under(seal, catalogs).resolved(seal);
        if (!seal.upstreams().containsKey(assumed.attempt().upstream())) {
            throw new IllegalArgumentException(
                    "The seal in force has no upstream for `" + described.text("operation") + "`, or several.");
        }
        return gate.apply(seal, assumed);
    }
}
