package dev.interlock.admin;

import dev.interlock.evidence.Json;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What people ask the inventory. */
public interface InventoryCommands extends CommandGroup {

    @Override
    default List<Command> commands() {
        return List.of(
                Command.of(
                        "inventory.dependents",
                        Entitlement.CONSOLE,
                        Set.of("resource", "upstream"),
                        request -> around(request.text("upstream"), request.text("resource"))),
                Command.of("inventory.check", Entitlement.CONSOLE, Set.of(), _ -> check()),
                Command.of(
                        "inventory.tokens",
                        Entitlement.SOCKET,
                        Set.of("upstream"),
                        request -> tokens(request.optionalText("upstream"))));
    }

    /** What one call each could cost. */
    Json.Members check();

    /** Which services of {@code upstream} use {@code resource}, as far as that is known. */
    Json.Members around(String upstream, String resource);

    /** The tokens that providers honour; of {@code upstream}, or of all. */
    Json.Members tokens(Optional<String> upstream);
}
