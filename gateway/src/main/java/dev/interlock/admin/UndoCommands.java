package dev.interlock.admin;

import dev.interlock.action.Attempt;
import dev.interlock.action.Impact;
import dev.interlock.action.Secret;
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
import java.util.Set;

/** Commands by which people undo an agent's call, under a lease that they have taken for that. */
public final class UndoCommands implements CommandGroup {

    private static final String AGENT = "agent";
    private static final String MODE = "mode";
    private static final String RECEIPT = "receipt";

    private final UndoRequests requests;
    private final KeptScopes scopes;
    private final InstantSource clock;

    /** Finds the scope of the lease whose call a receipt is, if the state before it is still kept. */
    @FunctionalInterface
    public interface KeptScopes {
        /**
         * Returns the scope, if the state of {@code receipt} is kept.
         *
         * @throws IOException if it cannot be read
         */
        Optional<LeaseScope> of(String receipt) throws IOException;
    }

    public UndoCommands(UndoRequests requests, KeptScopes scopes, InstantSource clock) {
        this.requests = requests;
        this.scopes = scopes;
        this.clock = clock;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                Command.of("undo", Entitlement.AGENT_USERS, Set.of(AGENT, MODE, RECEIPT, "token"), this::undo),
                Command.of("undo.scope", Entitlement.SOCKET, Set.of(RECEIPT), this::scope));
    }

    /** Returns what a lease for the undo has to cover. */
    private Json.Members scope(AdminRequest request) throws AdminRefusedException {
        LeaseScope scope = scope(request.text(RECEIPT));
        return Json.object()
                .with(AGENT, scope.agent())
                .with("task", scope.template().orElse(scope.task()))
                .withTexts("environments", scope.environments())
                .withTexts("impacts", scope.impacts().stream().map(Impact::word));
    }

    private LeaseScope scope(String receipt) throws AdminRefusedException {
        Optional<LeaseScope> scope;
        try {
            scope = scopes.of(receipt);
        } catch (IOException _) {
            throw new AdminRefusedException(
                    "unavailable", "The kept state cannot be read.", "Look at the gateway's log.");
        }
        return scope.orElseThrow(() -> new AdminRefusedException(
                "not_found",
                "Nothing is kept for `" + receipt + "`.",
                "Only a call whose receipt has the fact `undo` can be undone, and only for the time it gives."));
    }

    private Json.Members undo(AdminRequest request) throws AdminRefusedException, LedgerUnavailableException {
        String receipt = request.text(RECEIPT);
        UndoRequests.Mode mode = Keyword.find(UndoRequests.Mode.class, request.text(MODE))
                .orElseThrow(() -> new AdminRefusedException(
                        "malformed", "`mode` is not `show`, `restore` or `force`.", "Use one of these."));
        LeaseScope scope = scope(receipt);
        if (!scope.agent().equals(request.text(AGENT))) {
            throw new AdminRefusedException(
                    "refused",
                    "The call was not made by that agent.",
                    "See `interlock receipts " + Arguments.printable(receipt) + "`.");
        }
        if (mode != UndoRequests.Mode.SHOW) {
            request.entry()
                    .record(Json.object()
                            .with("undoes", receipt)
                            .with(AGENT, scope.agent())
                            .with(MODE, mode.word()));
        }
        Secret token = new Secret(request.text("token"));
        return switch (requests.undo(new UndoRequests.Request(
                List.of(new Attempt.PresentedCredential("header authorization", token)),
                Optional.empty(),
                receipt,
                mode,
                true,
                clock.instant()))) {
            case UndoRequests.Result.UndoReport report ->
                report.members()
                        .withOptional(RECEIPT, Optional.of(report.receipt()).filter(id -> !id.isEmpty()));
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
