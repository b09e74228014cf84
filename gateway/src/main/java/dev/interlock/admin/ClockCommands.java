package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.ClockWatch;
import dev.interlock.action.Lease;
import dev.interlock.adminapi.StatementToSign;
import dev.interlock.adminapi.StopQuestion;
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
import java.util.function.Consumer;

/** The command by which people confirm that the clock is right, after it was ahead. */
public record ClockCommands(
        Leases leases,
        Confirmations confirmations,
        SignatureReader signatures,
        InstantSource clock,
        Consumer<Alert> alerts)
        implements CommandGroup {

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(
                        StopQuestion.PrepareClock.class,
                        request -> new StatementToSign(
                                new String(leases.clockCorrection().prepare(request.seal()), StandardCharsets.UTF_8))),
                Command.of(StopQuestion.AcceptClock.class, this::accept));
    }

    /** Accepts the clock. Every try is recorded, and the clock is accepted after its receipt is durable. */
    private StopQuestion.AcceptedClock accept(AdminRequest<StopQuestion.AcceptClock> request)
            throws AdminRefusedException, LedgerUnavailableException {
        SignatureReader.ReadStatement read = signatures.read(
                request, ClockCorrection.NAMESPACE, request.question().signed());
        SignedOrders.OrderResult.SignedOrder<String> allowed = SignatureReader.recorded(
                request,
                leases.clockCorrection().check(request.seal(), read.statement().toArray(), read.signature()),
                _ -> Json.object(),
                "Nothing was changed. Run `interlock clock accept --key KEY` again.");
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
                        allowed.keyClass().word())));
        return new StopQuestion.AcceptedClock(
                allowed.person(), now, ended.leases().stream().map(Lease::id).toList(), holds);
    }
}
