package dev.interlock.admin;

import dev.interlock.action.Attempt;
import dev.interlock.action.Impact;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminapi.UndoQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Keyword;
import dev.interlock.gate.UndoRequests;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.undo.KeptState.LeaseScope;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** Commands by which people undo an agent's call, under a lease that they have taken for that. */
public record UndoCommands(UndoRequests requests, KeptScopes scopes, InstantSource clock) implements CommandGroup {

    /** Finds the scope of the lease whose call a receipt is, if the state before it is still kept. */
    @FunctionalInterface
    public interface KeptScopes {
        Optional<LeaseScope> of(String receipt) throws IOException;
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(UndoQuestion.UndoCall.class, this::undo),
                Command.of(
                        UndoQuestion.FindUndoScope.class,
                        request -> answer(scope(request.question().receipt()))));
    }

    private static UndoQuestion.UndoScope answer(LeaseScope scope) {
        return new UndoQuestion.UndoScope(
                scope.agent(),
                scope.template().orElse(scope.task()),
                List.copyOf(scope.environments()),
                scope.impacts().stream().map(Impact::word).toList());
    }

    private LeaseScope scope(String receipt) throws AdminRefusedException {
        Optional<LeaseScope> scope;
        try {
            scope = scopes.of(receipt);
        } catch (IOException _) {
            throw new AdminRefusedException(
                    "unavailable", "The kept state cannot be read.", "Look at the gateway's log.");
        }
        return scope.orElseThrow(
                () -> new AdminRefusedException(
                        "not_found",
                        "Nothing is kept for `" + receipt + "`.",
                        "`interlock receipts` lists the calls: give the R-… of one. Only a call whose receipt has the fact `undo` can be undone, and only for the time it gives."));
    }

    private UndoQuestion.Undone undo(AdminRequest<UndoQuestion.UndoCall> request)
            throws AdminRefusedException, LedgerUnavailableException {
        UndoQuestion.UndoCall asked = request.question();
        String receipt = asked.receipt();
        UndoRequests.Mode mode = Keyword.find(UndoRequests.Mode.class, asked.mode())
                .orElseThrow(() -> new AdminRefusedException(
                        "malformed", "`mode` is not `show`, `restore` or `force`.", "Use one of these."));
        LeaseScope scope = scope(receipt);
        if (!scope.agent().equals(asked.agent())) {
            throw new AdminRefusedException(
                    "refused",
                    "The call was not made by that agent.",
                    "See `interlock receipts " + RecordJson.printable(receipt) + "`.");
        }
        if (mode != UndoRequests.Mode.SHOW) {
            request.entry()
                    .record(Json.object()
                            .with("undoes", receipt)
                            .with("agent", scope.agent())
                            .with("mode", mode.word()));
        }
        return switch (requests.undo(new UndoRequests.Request(
                List.of(new Attempt.PresentedCredential("header authorization", asked.token())),
                Optional.empty(),
                receipt,
                mode,
                true,
                clock.instant()))) {
            case UndoRequests.Result.UndoReport report ->
                RecordJson.read(
                        UndoQuestion.Undone.class,
                        report.members()
                                .withOptional(
                                        "receipt", Optional.of(report.receipt()).filter(id -> !id.isEmpty())));
            case UndoRequests.Result.UndoRefused(var _, var refusal, var hold) ->
                throw new AdminRefusedException(
                        hold.isPresent()
                                ? "confirmation_required"
                                : refusal.kind().word(),
                        refusal.reason(),
                        hold.map(id -> "Sign it with `interlock hold sign " + id + "`.")
                                .orElse(refusal.next()));
        };
    }
}
