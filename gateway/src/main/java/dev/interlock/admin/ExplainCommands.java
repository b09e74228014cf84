package dev.interlock.admin;

import dev.interlock.action.Seal;
import dev.interlock.adminapi.AgentQuestion;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.util.List;

/** The command that asks what the gateway would decide. */
public interface ExplainCommands extends CommandGroup {

    @Override
    default List<Command<?>> commands() {
        return List.of(Command.of(
                AgentQuestion.ExplainAttempt.class,
                request -> explain(request.seal(), RecordJson.write(request.question()))));
    }

    /**
     * Decides about the attempt that {@code described} describes, as about a call of this moment. Nothing is sent.
     *
     * @throws IllegalArgumentException if a part of the description is unknown
     */
    Json.Members explain(Seal seal, Json.Members described) throws AdminRefusedException;
}
