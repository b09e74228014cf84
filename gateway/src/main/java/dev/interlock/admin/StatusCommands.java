package dev.interlock.admin;

import dev.interlock.adminapi.StatusQuestion;
import java.util.List;
import java.util.function.Supplier;

/** The command that says what the gateway protects right now. */
public record StatusCommands(Supplier<StatusQuestion.Status> status) implements CommandGroup {

    @Override
    public List<Command<?>> commands() {
        return List.of(Command.of(StatusQuestion.AskStatus.class, _ -> status.get()));
    }
}
