package dev.interlock.admin;

import dev.interlock.adminapi.AgentQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.watch.AlertDispatcher;
import java.util.List;
import java.util.Optional;

/** The command that tests the receivers of alerts. */
public record AlertCommands(AlertDispatcher watch) implements CommandGroup {

    @Override
    public List<Command<?>> commands() {
        return List.of(Command.of(
                AgentQuestion.TestAlerts.class,
                request -> test(request.question().receiver(), request.entry())));
    }

    /** Sends a test to one receiver or to all, and returns their answers. Recorded before it is sent. */
    private AgentQuestion.TestedAlerts test(Optional<String> receiver, ReceiptEntry entry)
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
            return new AgentQuestion.TestedAlerts(tested.stream()
                    .map(one -> new AgentQuestion.TestedReceiver(one.receiver(), one.kind(), one.taken(), one.words()))
                    .toList());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AdminRefusedException("unavailable", "The gateway is stopping.", "Try again once it is running.");
        }
    }
}
