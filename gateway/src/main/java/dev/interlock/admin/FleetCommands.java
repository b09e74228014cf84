package dev.interlock.admin;

import dev.interlock.adminapi.FleetQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.VerifierKey;
import dev.interlock.gate.AuditRecorder;
import dev.interlock.ledger.LedgerReplicas;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.store.LedgerMark;
import dev.interlock.store.LedgerMarkStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/**
 * The command for a gateway of the store that does not come back.
 *
 * @param serves whether the gateway of this name serves now
 * @param unused whether a hold was certainly not used by an intent
 * @param takeUp restores what the node ended and could not store
 */
public record FleetCommands(
        LedgerReplicas replicas,
        LedgerMarkStore marks,
        Predicate<String> serves,
        AuditRecorder records,
        BiPredicate<String, String> unused,
        TakenUp takeUp,
        InstantSource clock)
        implements CommandGroup {

    /** Restores what a ledger says and the store does not, and returns what that was, in whole sentences. */
    @FunctionalInterface
    public interface TakenUp {
        List<String> of(LedgerReplicas.LedgerReplica copy) throws IOException;
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(Command.of(FleetQuestion.CloseNode.class, this::close));
    }

    /** Closes the calls that the node left open, each before anybody else can, and says so in this gateway's log. */
    private FleetQuestion.ClosedNode close(AdminRequest<FleetQuestion.CloseNode> request)
            throws AdminRefusedException, LedgerUnavailableException {
        String node = request.question().node();
        requireLost(node);
        LedgerReplicas.LedgerReplica copy = copy(node, request.question().ledger());
        List<Receipt> open = open(copy);
        List<String> restored = restored(copy); // first, as at a start
        List<String> claimed =
                marks.claim(node, open.stream().map(Receipt::id).toList(), clock.instant());
        List<FleetQuestion.ClosedCall> closed = new ArrayList<>();
        for (Receipt intent : open) {
            if (claimed.contains(intent.id())) {
                String receipt = records.closeLost(
                        intent, unused, Json.object().with("command", request.command()).with("peer", request.peer().user()));
                marks.closed(intent.id(), receipt);
                closed.add(new FleetQuestion.ClosedCall(intent.id(), receipt));
            }
        }
        return new FleetQuestion.ClosedNode(node, copy.directory().toString(), copy.size(), closed, restored);
    }

    private void requireLost(String node) throws AdminRefusedException {
        if (node.equals(replicas.own()) || serves.test(node)) {
            throw new AdminRefusedException(
                    "conflict",
                    "`" + node + "` serves. It closes its calls itself.",
                    "See `interlock status`. Stop that gateway first, and keep it from starting again.");
        }
    }

    private LedgerReplicas.LedgerReplica copy(String node, Optional<String> ledger) throws AdminRefusedException {
        try {
            Optional<LedgerReplicas.LedgerReplica> found = ledger.isPresent()
                    ? Optional.of(LedgerReplicas.LedgerReplica.at(Path.of(ledger.get())))
                    : Optional.ofNullable(replicas.all().get(node));
            return found.filter(copy -> copy.origin().equals(node))
                    .orElseThrow(() -> new AdminRefusedException(
                            "not_found",
                            "There is no copy of the log of `" + node + "`"
                                    + ledger.map(path -> " in `" + path + "`.").orElse(" below `replicas` of gateway.yaml."),
                            "Name its directory with `--ledger`. `interlock verify DIRECTORY` says whose it is."));
        } catch (IOException | MalformedException e) {
            throw unreadable(e);
        }
    }

    private List<Receipt> open(LedgerReplicas.LedgerReplica copy) throws AdminRefusedException {
        Optional<LedgerMark> mark = marks.all().stream()
                .filter(each -> each.origin().equals(copy.origin()) && !each.key().isEmpty())
                .findFirst();
        if (mark.isEmpty()) {
            throw new AdminRefusedException(
                    "not_found",
                    "No gateway `" + copy.origin() + "` has served from this store.",
                    "`interlock status` names those that have.");
        }
        try {
            return copy.openIntents(VerifierKey.parse(mark.get().key()));
        } catch (IOException | MalformedException e) {
            throw unreadable(e);
        }
    }

    private List<String> restored(LedgerReplicas.LedgerReplica copy) throws AdminRefusedException {
        try {
            return takeUp.of(copy);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    private static AdminRefusedException unreadable(Exception cause) {
        return new AdminRefusedException(
                "unavailable",
                "The copy of its log cannot be used: " + cause.getMessage() + ".",
                "Run `interlock verify DIRECTORY`, or name another copy with `--ledger`. Nothing was closed.");
    }
}
