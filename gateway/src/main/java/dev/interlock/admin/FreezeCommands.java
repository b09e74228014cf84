package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.identity.SignedOrders;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.limits.Freeze;
import dev.interlock.limits.Freezes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Commands about freezes: what was destroyed stays read-only. Everybody entitled sees them; people lift them by
 * signatures.
 */
public final class FreezeCommands implements CommandGroup {

    private static final String SEE = "See `interlock freeze list`.";

    private final Freezes freezes;
    private final SignatureReader signatures;
    private final Consumer<Alert> alerts;

    public FreezeCommands(Freezes freezes, SignatureReader signatures, Consumer<Alert> alerts) {
        this.freezes = freezes;
        this.signatures = signatures;
        this.alerts = alerts;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                Command.of("freeze.list", Entitlement.CONSOLE, Set.of(), _ -> list()),
                Command.of(
                        "freeze.prepare",
                        Entitlement.CONSOLE,
                        Set.of("freeze"),
                        request -> prepare(request.seal(), request.text("freeze"))),
                Command.of("freeze.lift", Entitlement.CONSOLE, Set.of("signature", "statement"), this::lift));
    }

    private Json.Members list() {
        return Json.object().withItems("freezes", freezes.active().stream().map(FreezeCommands::described));
    }

    private static Json.Members described(Freeze freeze) {
        return Json.object()
                .with("freeze", freeze.id())
                .with("intent", freeze.intent())
                .withTexts("resources", freeze.resources().stream().map(Resource::toString))
                .with("agent", freeze.agent())
                .with("since", freeze.since().toString());
    }

    private Json.Members prepare(Seal seal, String id) throws AdminRefusedException {
        byte[] statement = freezes.prepare(seal, id)
                .orElseThrow(() -> new AdminRefusedException("not_found", "No freeze `" + id + "` is in force.", SEE));
        return Json.object().with("statement", new String(statement, StandardCharsets.UTF_8));
    }

    /** Lifts a freeze. Every try is recorded; a freeze is lifted after its receipt is durable. */
    private Json.Members lift(AdminRequest request) throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        AdminReceipts.ReceiptEntry entry = request.entry();
        Json.Members arguments = signatures.ofStatement(request, Freezes.NAMESPACE);
        byte[] statement = Bytes.utf8(arguments.text("statement")).toArray();
        return switch (freezes.lifting(seal, statement, arguments.text("signature"))) {
            case SignedOrders.OrderResult.DeniedOrder<Freeze>(String reason) -> {
                entry.record(Json.object().with("result", "rejected").with("reason", reason));
                throw new AdminRefusedException("refused", reason, "Nothing was lifted. " + SEE);
            }
            case SignedOrders.OrderResult.SignedOrder<Freeze> allowed -> lift(allowed, entry);
        };
    }

    private Json.Members lift(SignedOrders.OrderResult.SignedOrder<Freeze> allowed, AdminReceipts.ReceiptEntry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        Freeze freeze = allowed.subject();
        entry.record(Json.object()
                .with("freeze", freeze.id())
                .with("intent", freeze.intent())
                .with("result", "accepted")
                .with("signer", allowed.person())
                .with("key", allowed.key())
                .with("key_class", allowed.keyClass().word()));
        if (!freezes.lift(allowed)) {
            throw new AdminRefusedException("not_found", "It has been lifted already.", SEE);
        }
        alerts.accept(new Alert(
                Alert.AlertKind.FREEZE,
                Alert.Severity.WARNING,
                allowed.person() + " has lifted a freeze: " + freeze.words() + " may be changed again.",
                Map.of("freeze", freeze.id(), "key_class", allowed.keyClass().word()),
                Optional.empty()));
        return Json.object()
                .with("freeze", freeze.id())
                .with("person", allowed.person())
                .with("key_class", allowed.keyClass().word());
    }
}
