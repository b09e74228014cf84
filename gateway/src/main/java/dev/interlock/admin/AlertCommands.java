package dev.interlock.admin;

import dev.interlock.adminapi.Entitlement;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.watch.AlertDispatcher;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The command that tests the receivers of alerts. */
public final class AlertCommands implements CommandGroup {

    private final AlertDispatcher watch;

    public AlertCommands(AlertDispatcher watch) {
        this.watch = watch;
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(Command.of(
                "alert.test",
                Entitlement.SOCKET,
                Set.of("receiver"),
                request -> test(request.question().optionalText("receiver"), request.entry())));
    }

    /** Sends a test to one receiver or to all, and returns their answers. Recorded before it is sent. */
    private Json.Members test(Optional<String> receiver, AdminReceipts.ReceiptEntry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        if (receiver.isPresent() && !watch.isKnown(receiver.get())) {
            throw new AdminRefusedException(
                    AdminRefusedException.WRONG_ARGUMENT,
                    "`gateway.yaml` defines no receiver `" + receiver.get() + "`.",
                    "See `alerts` in that file, or omit the name to test all receivers.");
        }
        entry.record(Json.object().with("receiver", receiver.orElse("all")));
        try {
            List<AlertDispatcher.TestResult> tested = watch.test(receiver);
            return Json.object().withItems("receivers", tested.stream().map(AlertCommands::json));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AdminRefusedException("unavailable", "The gateway is stopping.", "Try again once it is running.");
        }
    }

    private static Json.Members json(AlertDispatcher.TestResult tested) {
        return Json.object()
                .with("receiver", tested.receiver())
                .with("kind", tested.kind())
                .with("taken", tested.taken())
                .with("answer", tested.words());
    }
}
