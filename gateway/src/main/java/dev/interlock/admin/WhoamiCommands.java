package dev.interlock.admin;

import dev.interlock.action.Lease;
import dev.interlock.action.Seal;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.gate.Whoami;
import dev.interlock.identity.Leases;
import java.util.List;
import java.util.function.BiFunction;

/** The command by which people see what the holder of a lease may do. */
public record WhoamiCommands(Leases leases, BiFunction<Seal, Lease, Whoami> surveys) implements CommandGroup {

    @Override
    public List<Command<?>> commands() {
        return List.of(Command.of(
                LeaseQuestion.DescribeLease.class,
                request -> describe(request.seal(), request.question().lease())));
    }

    private Json.Members describe(Seal seal, String id) throws AdminRefusedException {
        Lease lease = leases.notEnded(id).orElseThrow(() -> LeaseCommands.notInForce(id));
        return surveys.apply(seal, lease).json();
    }
}
