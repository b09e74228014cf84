package dev.interlock.admin;

import dev.interlock.action.Elevation;
import dev.interlock.action.Lease;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.HoldSigning;
import dev.interlock.confirm.HoldTicket;
import dev.interlock.evidence.Json;
import dev.interlock.gate.ElevationGrants;
import dev.interlock.identity.Leases;
import dev.interlock.ledger.LedgerUnavailableException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** People's commands about elevations: asking in the place of an agent, and granting less than was asked for. */
public record ElevationCommands(
        Confirmations confirmations, HoldSigning confirmers, Leases leases, ElevationGrants elevations)
        implements CommandGroup {

    private static final Duration DEFAULT_TIME = Duration.ofMinutes(15);

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(HoldQuestion.OpenElevation.class, request -> open(request.seal(), request.question())),
                Command.of(
                        HoldQuestion.NarrowHold.class,
                        request -> narrow(request.seal(), request.question(), request.entry())));
    }

    /** Opens the hold that the agent could open itself. This grants nothing: the hold is signed like any other. */
    private HoldQuestion.OpenedElevation open(Seal seal, HoldQuestion.OpenElevation asked)
            throws AdminRefusedException, LedgerUnavailableException {
        Lease lease = lease(asked.lease());
        Elevation elevation = new Elevation(
                asked.environments(),
                LeaseCommands.impacts(asked.impacts()),
                resources(asked.resources()),
                asked.minutes().map(Duration::ofMinutes).orElse(DEFAULT_TIME));
        return switch (elevations.ask(seal, lease, elevation, asked.reason())) {
            case ElevationGrants.AskResult.OpenRequestResult(String hold, var _) ->
                new HoldQuestion.OpenedElevation(hold);
            case ElevationGrants.AskResult.Refused(var refusal) ->
                throw new AdminRefusedException("refused", refusal.reason(), refusal.next());
        };
    }

    /** Narrows an elevation. This tightens: it needs no signature, and makes those so far invalid. */
    private HoldQuestion.NarrowedHold narrow(Seal seal, HoldQuestion.NarrowHold asked, ReceiptEntry entry)
            throws AdminRefusedException {
        String hold = asked.hold();
        Elevation wide = confirmers
                .elevation(hold)
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found",
                        "There is no hold `" + hold + "` about an elevation.",
                        "See `interlock hold list`."));
        Elevation narrower = new Elevation(
                asked.environments().isEmpty() ? wide.environments() : asked.environments(),
                asked.impacts().isEmpty() ? wide.impacts() : LeaseCommands.impacts(asked.impacts()),
                asked.resources().isEmpty() ? wide.resources() : resources(asked.resources()),
                asked.minutes().map(Duration::ofMinutes).orElse(wide.time()));
        Lease lease = lease(confirmers.lease(hold).orElse(""));
        return switch (confirmations.narrow(seal, hold, lease, narrower)) {
            case Confirmations.NarrowResult.NarrowedElevation(HoldTicket ticket, var _) -> narrowed(ticket, entry);
            case Confirmations.NarrowResult.NarrowRefusal(String reason) ->
                throw new AdminRefusedException("refused", reason, "See `interlock hold show " + hold + "`.");
        };
    }

    private static HoldQuestion.NarrowedHold narrowed(HoldTicket ticket, ReceiptEntry entry) {
        boolean recorded = entry.done(Json.object().with("hold", ticket.id()).with("summary", ticket.summary()));
        return new HoldQuestion.NarrowedHold(ticket.id(), ticket.summary(), recorded);
    }

    /** Grants now what somebody has just signed for; returns false if it cannot be granted yet. */
    boolean signed() {
        return elevations.settle();
    }

    private Lease lease(String id) throws AdminRefusedException {
        return leases.notEnded(id).orElseThrow(() -> LeaseCommands.notInForce(id));
    }

    private static Set<Resource> resources(Set<String> names) {
        return names.stream().map(Resource::parse).collect(Collectors.toSet());
    }
}
