package dev.interlock.admin;

import dev.interlock.adminapi.Entitlement;
import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Commands that ask the inventory. */
public interface InventoryCommands extends CommandGroup {

    @Override
    default List<Command<?>> commands() {
        return List.of(
                Command.of(
                        "inventory.dependents",
                        Entitlement.CONSOLE,
                        Set.of("resource", "upstream"),
                        request -> dependents(request.question().text("upstream"), request.question().text("resource"))),
                Command.of("inventory.check", Entitlement.CONSOLE, Set.of(), _ -> check()),
                Command.of(
                        "inventory.tokens",
                        Entitlement.SOCKET,
                        Set.of("upstream"),
                        request -> tokens(request.question().optionalText("upstream"))));
    }

    /** Returns what any single call could destroy. */
    Json.Members check();

    /** Returns the services of {@code upstream} that use {@code resource}, as far as they are known. */
    Json.Members dependents(String upstream, String resource);

    /** Returns the tokens that providers honour; those of {@code upstream}, or all. */
    Json.Members tokens(Optional<String> upstream);
}
