package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.adminapi.StatementToSign;
import dev.interlock.adminapi.StopQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.identity.SignedOrders;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.limits.Freeze;
import dev.interlock.limits.Freezes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Commands about freezes of what was destroyed. Everybody entitled sees them; people lift them by signatures. */
public record FreezeCommands(Freezes freezes, SignatureReader signatures, Consumer<Alert> alerts)
        implements CommandGroup {

    private static final String SEE = "See `interlock freeze list`.";

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(StopQuestion.ListFreezes.class, _ -> list()),
                Command.of(
                        StopQuestion.PrepareFreezeLift.class,
                        request -> prepare(request.seal(), request.question().freeze())),
                Command.of(StopQuestion.LiftFreeze.class, this::lift));
    }

    private StopQuestion.Freezes list() {
        return new StopQuestion.Freezes(freezes.active().stream()
                .map(freeze -> new StopQuestion.ActiveFreeze(
                        freeze.id(),
                        freeze.intent(),
                        freeze.resources().stream().map(Resource::toString).toList(),
                        freeze.agent(),
                        freeze.since()))
                .toList());
    }

    private StatementToSign prepare(Seal seal, String id) throws AdminRefusedException {
        byte[] statement = freezes.prepare(seal, id)
                .orElseThrow(() -> new AdminRefusedException("not_found", "No freeze `" + id + "` is in force.", SEE));
        return new StatementToSign(new String(statement, StandardCharsets.UTF_8));
    }

    /** Lifts a freeze. Every try is recorded; a freeze is lifted after its receipt is durable. */
    private StopQuestion.LiftedFreeze lift(AdminRequest<StopQuestion.LiftFreeze> request)
            throws AdminRefusedException, LedgerUnavailableException {
        SignatureReader.ReadStatement read =
                signatures.read(request, Freezes.NAMESPACE, request.question().signed());
        SignedOrders.OrderResult.SignedOrder<Freeze> allowed = SignatureReader.recorded(
                request,
                freezes.lifting(request.seal(), read.statement().toArray(), read.signature()),
                freeze -> Json.object().with("freeze", freeze.id()).with("intent", freeze.intent()),
                "Nothing was lifted. " + SEE);
        Freeze freeze = allowed.subject();
        if (!freezes.lift(allowed)) {
            throw new AdminRefusedException("not_found", "It has been lifted already.", SEE);
        }
        alerts.accept(new Alert(
                Alert.AlertKind.FREEZE,
                Alert.Severity.WARNING,
                allowed.person() + " has lifted a freeze: " + freeze.words() + " may be changed again.",
                Map.of("freeze", freeze.id(), "key_class", allowed.keyClass().word())));
        return new StopQuestion.LiftedFreeze(
                freeze.id(), allowed.person(), allowed.keyClass().word());
    }
}
