package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.ClockWatch;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.confirm.Confirmations;
import dev.interlock.evidence.Json;
import dev.interlock.identity.ClockCorrection;
import dev.interlock.identity.Leases;
import dev.interlock.identity.SignedOrders;
import dev.interlock.ledger.LedgerUnavailableException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** The command by which people confirm that the clock is right, after it was ahead. */
public final class ClockCommands implements CommandGroup {

    private final Leases leases;
    private final Confirmations confirmations;
    private final SignatureReader signatures;
    private final InstantSource clock;
    private final Consumer<Alert> alerts;

    public ClockCommands(
            Leases leases,
            Confirmations confirmations,
            SignatureReader signatures,
            InstantSource clock,
            Consumer<Alert> alerts) {
        this.leases = leases;
        this.confirmations = confirmations;
        this.signatures = signatures;
        this.clock = clock;
        this.alerts = alerts;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                Command.of(
                        "clock.prepare",
                        Entitlement.CONSOLE,
                        Set.of(),
                        request -> Json.object()
                                .with("statement", text(leases.clockCorrection().prepare(request.seal())))),
                Command.of("clock.accept", Entitlement.CONSOLE, Set.of("signature", "statement"), this::accept));
    }

    private static String text(byte[] statement) {
        return new String(statement, StandardCharsets.UTF_8);
    }

    /** Accepts the clock. Every try is recorded, and the clock is accepted after its receipt is durable. */
    private Json.Members accept(AdminRequest request) throws AdminRefusedException, LedgerUnavailableException {
        Json.Members arguments = signatures.ofStatement(request, ClockCorrection.NAMESPACE);
        byte[] statement = Bytes.utf8(arguments.text("statement")).toArray();
        return switch (leases.clockCorrection().check(request.seal(), statement, arguments.text("signature"))) {
            case SignedOrders.OrderResult.DeniedOrder<String>(String reason) -> {
                request.entry().record(Json.object().with("result", "rejected").with("reason", reason));
                throw new AdminRefusedException(
                        "refused", reason, "Nothing was changed. Run `interlock clock accept --key KEY` again.");
            }
            case SignedOrders.OrderResult.SignedOrder<String> allowed -> accept(allowed, request.entry());
        };
    }

    private Json.Members accept(
            SignedOrders.OrderResult.SignedOrder<String> allowed, AdminReceipts.ReceiptEntry entry)
            throws LedgerUnavailableException {
        entry.record(Json.object()
                .with("result", "accepted")
                .with("signer", allowed.person())
                .with("key", allowed.key())
                .with("key_class", allowed.keyClass().word()));
        Instant now = clock.instant();
        leases.clockWatch().accept(now);
        Leases.EndedLeases ended = leases.revokeIssuedAfter(now.plus(ClockWatch.TOLERANCE));
        List<String> holds = confirmations.followWall();
        alerts.accept(new Alert(
                Alert.AlertKind.CLOCK_TROUBLE,
                Alert.Severity.WARNING,
                allowed.person() + " has confirmed that the gateway's clock is right: it shows " + now + ".",
                Map.of(
                        "person",
                        allowed.person(),
                        "key_class",
                        allowed.keyClass().word()),
                Optional.empty()));
        return Json.object()
                .with("person", allowed.person())
                .with("clock", now.toString())
                .withTexts("leases", ended.leases().stream().map(lease -> lease.id()))
                .withTexts("holds", holds);
    }
}
