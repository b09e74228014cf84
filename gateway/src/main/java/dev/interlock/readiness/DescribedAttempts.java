package dev.interlock.readiness;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal;
import dev.interlock.admin.Command;
import dev.interlock.admin.CommandGroup;
import dev.interlock.adminapi.AgentQuestion;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.author.DescribedAttempt;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.function.BiFunction;

/** Decides about attempts that people describe and nobody sends, under the seal in force. */
public record DescribedAttempts(CatalogFacts catalogs, BiFunction<Seal, ResolvedAttempt, Json.Members> gate)
        implements CommandGroup {

    @Override
    public List<Command<?>> commands() {
        return List.of(Command.of(
                AgentQuestion.ExplainAttempt.class,
                request -> explain(request.seal(), RecordJson.write(request.question()))));
    }

    private Json.Members explain(Seal seal, Json.Members described) {
        ResolvedAttempt assumed =
                DescribedAttempt.read(described).under(seal, catalogs).resolved(seal);
        if (!seal.upstreams().containsKey(assumed.attempt().upstream())) {
            throw new IllegalArgumentException(
                    "The seal in force has no upstream for `" + described.text("operation") + "`, or several.");
        }
        return gate.apply(seal, assumed);
    }
}
