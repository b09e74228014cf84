package dev.interlock.admin;

import dev.interlock.action.Elevation;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
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
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** People's commands about elevations: asking in the place of an agent, and granting less than was asked for. */
public final class ElevationCommands implements CommandGroup {

    private static final Duration DEFAULT_TIME = Duration.ofMinutes(15);

    private final Confirmations confirmations;
    private final HoldSigning confirmers;
    private final Leases leases;
    private final ElevationGrants elevations;

    public ElevationCommands(
            Confirmations confirmations, HoldSigning confirmers, Leases leases, ElevationGrants elevations) {
        this.confirmations = confirmations;
        this.confirmers = confirmers;
        this.leases = leases;
        this.elevations = elevations;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                Command.of(
                        "elevation.open",
                        Entitlement.SOCKET,
                        Set.of("environments", "impacts", "lease", "minutes", "reason", "resources"),
                        request -> open(request.seal(), request.arguments())),
                Command.of(
                        "hold.narrow",
                        Entitlement.CONSOLE,
                        Set.of("environments", "hold", "impacts", "minutes", "resources"),
                        request -> narrow(request.seal(), request.arguments(), request.entry())));
    }

    /** Opens the hold that the agent could open itself. This grants nothing: the hold is signed like any other. */
    private Json.Members open(Seal seal, Json.Members arguments)
            throws AdminRefusedException, LedgerUnavailableException {
        Lease lease = lease(arguments.text("lease"));
        Elevation elevation = new Elevation(
                Arguments.texts(arguments, "environments"),
                impacts(Arguments.texts(arguments, "impacts")),
                resources(Arguments.texts(arguments, "resources")),
                minutes(arguments).orElse(DEFAULT_TIME));
        return switch (elevations.ask(seal, lease, elevation, arguments.text("reason"))) {
            case ElevationGrants.AskResult.OpenRequestResult(String hold, var _) ->
                Json.object().with("hold", hold);
            case ElevationGrants.AskResult.Refused(var refusal) ->
                throw new AdminRefusedException("refused", refusal.reason(), refusal.next());
        };
    }

    /**
     * Narrows an elevation; what the arguments leave out stays as it is. This tightens, so it needs no signature, and
     * makes the signatures so far invalid.
     */
    private Json.Members narrow(Seal seal, Json.Members arguments, AdminReceipts.ReceiptEntry entry)
            throws AdminRefusedException {
        String hold = arguments.text("hold");
        Elevation wide = confirmers
                .elevation(hold)
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found",
                        "There is no hold `" + hold + "` about an elevation.",
                        "See `interlock hold list`."));
        Set<String> environments = Arguments.texts(arguments, "environments");
        Set<String> impacts = Arguments.texts(arguments, "impacts");
        Set<String> resources = Arguments.texts(arguments, "resources");
        Elevation narrower = new Elevation(
                environments.isEmpty() ? wide.environments() : environments,
                impacts.isEmpty() ? wide.impacts() : impacts(impacts),
                resources.isEmpty() ? wide.resources() : resources(resources),
                minutes(arguments).orElse(wide.time()));
        Lease lease = lease(confirmers.lease(hold).orElse(""));
        return switch (confirmations.narrow(seal, hold, lease, narrower)) {
            case Confirmations.NarrowResult.NarrowedElevation(HoldTicket ticket, var _) -> narrowed(ticket, entry);
            case Confirmations.NarrowResult.NarrowRefusal(String reason) ->
                throw new AdminRefusedException("refused", reason, "See `interlock hold show " + hold + "`.");
        };
    }

    /** Records the narrowing, which has taken effect already. */
    private static Json.Members narrowed(HoldTicket ticket, AdminReceipts.ReceiptEntry entry) {
        Json.Members result = Json.object().with("hold", ticket.id()).with("summary", ticket.summary());
        return entry.done(result, result);
    }

    /**
     * Grants what somebody has just signed for now, rather than in some seconds; returns false if it cannot be granted
     * yet.
     */
    boolean signed() {
        return elevations.settle();
    }

    private Lease lease(String id) throws AdminRefusedException {
        return leases.notEnded(id)
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found", "There is no lease `" + id + "` in force.", "See `interlock lease list`."));
    }

    private static Set<Impact> impacts(Set<String> words) {
        return words.stream().map(Impact::of).collect(Collectors.toSet());
    }

    private static Set<Resource> resources(Set<String> names) {
        return names.stream().map(Resource::parse).collect(Collectors.toSet());
    }

    private static Optional<Duration> minutes(Json.Members arguments) {
        return arguments.get("minutes").map(_ -> Duration.ofMinutes(arguments.whole("minutes")));
    }
}
