package dev.interlock.admin;

import dev.interlock.adminapi.StatusQuestion;
import java.util.List;
import java.util.function.Supplier;

/** The command that says what the gateway protects right now. */
public final class StatusCommands implements CommandGroup {

    private final Supplier<StatusQuestion.Status> status;

    public StatusCommands(Supplier<StatusQuestion.Status> status) {
        this.status = status;
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(Command.of(StatusQuestion.AskStatus.class, _ -> status.get()));
    }
}
