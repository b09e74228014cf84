package dev.interlock.admin;

import dev.interlock.action.Seal;
import dev.interlock.adminapi.Entitlement;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Set;

/** The command that asks what the gateway would decide. */
public interface ExplainCommands extends CommandGroup {

    @Override
    default List<Command<?>> commands() {
        return List.of(Command.of(
                "explain",
                Entitlement.SOCKET,
                Set.of(
                        "agent",
                        "task",
                        "environments",
                        "lease_impacts",
                        "operation",
                        "impacts",
                        "reversibility",
                        "resource",
                        "facts"),
                request -> explain(request.seal(), request.question())));
    }

    /**
     * Decides about the attempt that {@code described} describes, as about a call of this moment. Nothing is sent.
     *
     * @throws IllegalArgumentException if a part of the description is unknown
     */
    Json.Members explain(Seal seal, Json.Members described) throws AdminRefusedException;
}
