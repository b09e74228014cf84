package dev.interlock.replay;

import dev.interlock.admin.AdminRequest;
import dev.interlock.admin.Command;
import dev.interlock.admin.CommandGroup;
import dev.interlock.adminapi.FleetQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import dev.interlock.gate.AuditRecorder;
import dev.interlock.ledger.LedgerUnavailableException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;

/**
 * The command for a gateway of the store that does not come back.
 *
 * @param unused whether a hold was certainly not used by an intent
 */
public record FleetCommands(
        StoreReplay replay, AuditRecorder records, BiPredicate<String, String> unused, InstantSource clock)
        implements CommandGroup {

    @Override
    public List<Command<?>> commands() {
        return List.of(Command.of(FleetQuestion.CloseNode.class, this::close));
    }

    /** Closes the calls that the node left open, each once for all gateways, in the log of this one. */
    private FleetQuestion.ClosedNode close(AdminRequest<FleetQuestion.CloseNode> request)
            throws AdminRefusedException, LedgerUnavailableException {
        String node = request.question().node();
        StoreReplay.LostLedger lost = takeUp(request.question());
        List<String> claimed =
                replay.marks().claim(node, lost.open().stream().map(Receipt::id).toList(), clock.instant());
        Json.Members asked = Json.object()
                .with("command", request.command())
                .with("peer", request.peer().user());
        Map<String, String> closed = new LinkedHashMap<>();
        for (Receipt intent : lost.open()) {
            if (claimed.contains(intent.id())) {
                String receipt = records.closeLost(intent, unused, asked);
                replay.marks().closed(intent.id(), receipt);
                closed.put(intent.id(), receipt);
            }
        }
        return new FleetQuestion.ClosedNode(node, lost.copy().size(), closed, lost.restored());
    }

    private StoreReplay.LostLedger takeUp(FleetQuestion.CloseNode asked) throws AdminRefusedException {
        if (!replay.isSilent(asked.node())) {
            throw new AdminRefusedException(
                    "conflict",
                    "`" + asked.node() + "` serves, and closes its calls itself.",
                    "Stop that gateway first, and keep it from starting again.");
        }
        try {
            return replay.takeUp(asked.node(), asked.ledger().map(Path::of));
        } catch (IOException | MalformedException e) {
            throw new AdminRefusedException(
                    "unavailable",
                    "The copy of its log cannot be used: " + e.getMessage() + ". Nothing was closed.",
                    "Run `interlock verify DIRECTORY`, or name another copy with `--ledger`.");
        }
    }
}
