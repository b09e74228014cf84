package dev.interlock.admin;

import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** The command that says what the gateway protects right now. */
public final class StatusCommands implements CommandGroup {

    private final Supplier<Json.Members> status;

    public StatusCommands(Supplier<Json.Members> status) {
        this.status = status;
    }

    @Override
    public List<Command> commands() {
        return List.of(Command.of("status", Entitlement.CONSOLE, Set.of(), _ -> status.get()));
    }
}
