package dev.interlock.admin;

import dev.interlock.adminapi.AgentQuestion;
import java.util.List;
import java.util.Optional;

/** Commands that ask the inventory. */
public interface InventoryCommands extends CommandGroup {

    @Override
    default List<Command<?>> commands() {
        return List.of(
                Command.of(
                        AgentQuestion.FindDependents.class,
                        request -> dependents(
                                request.question().upstream(),
                                request.question().resource())),
                Command.of(AgentQuestion.CheckInventory.class, _ -> check()),
                Command.of(
                        AgentQuestion.ListTokens.class,
                        request -> tokens(request.question().upstream())));
    }

    /** Returns what any single call could destroy. */
    AgentQuestion.CheckedInventory check();

    /** Returns the services of {@code upstream} that use {@code resource}, as far as they are known. */
    AgentQuestion.Dependents dependents(String upstream, String resource);

    /** Returns the tokens that providers honour; those of {@code upstream}, or all. */
    AgentQuestion.Tokens tokens(Optional<String> upstream);
}
