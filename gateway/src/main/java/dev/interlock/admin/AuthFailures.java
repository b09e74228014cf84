package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.RefusalCounters;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.LedgerUnavailableException;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Refuses tries by peers who are not entitled, and records or counts them.
 *
 * <p>Each try is a receipt, or part of a count that is written once there is room. A try at the socket or for a lease
 * raises an alert at once, even if it cannot be recorded. A failed sign-in raises none. The disk's reserve is not used
 * for tries: anybody could use up what is reserved for people.
 */
final class AuthFailures {

    /**
     * Maximum receipts a minute for one user who is not entitled: a person's mistakes are recorded one by one, a loop
     * is counted.
     */
    static final int MAX = 20;
    /** The command in a receipt that only counts the tries of a user beyond {@link #MAX} in a minute. */
    static final String MORE = "more-attempts";
    /** The name under which all failed sign-ins are counted together; no user can be called so. */
    private static final String SIGNING_IN = "sign-in:";

    private final AdminReceipts acts;
    private final RefusalCounters tallies;
    private final Consumer<Alert> alerts;

    AuthFailures(AdminReceipts acts, InstantSource clock, Consumer<Alert> alerts) {
        this.acts = acts;
        this.tallies = new RefusalCounters(clock, MAX);
        this.alerts = alerts;
    }

    /** Records that {@code peer}, who may use nothing here, tried {@code command}. */
    void refused(Peer peer, String command) {
        String shown = RecordJson.printable(command);
        told(
                peer.user(),
                acts.withoutReserve(peer, shown),
                Json.object().with("result", "refused"),
                receipt -> alerts.accept(new Alert(
                        Alert.AlertKind.ADMIN_REFUSED,
                        Alert.Severity.ALARM,
                        "The user `" + peer.user() + "` tried to administer the gateway without permission.",
                        Map.of("command", shown),
                        receipt)));
    }

    /** Records that {@code peer} asked for a lease of {@code agent}, and may take none of its leases. */
    void refused(Peer peer, String command, String agent, String reason) {
        told(
                peer.user(),
                acts.withoutReserve(peer, command),
                Json.object().with("agent", agent).with("result", "refused").with("reason", reason),
                receipt -> alerts.accept(new Alert(
                        Alert.AlertKind.ADMIN_REFUSED,
                        Alert.Severity.WARNING,
                        "The user `" + peer.user() + "` requested a lease for `" + agent + "` without permission.",
                        Map.of("agent", agent, "user", peer.user()),
                        receipt)));
    }

    /** Has {@code handler} sign somebody in. Not every failure is recorded: everybody could fill the ledger. */
    <Q> void signIn(AdminRequest<Q> request, Command.Handler<Q> handler)
            throws AdminRefusedException, LedgerUnavailableException {
        try {
            handler.handle(request);
        } catch (AdminRefusedException e) {
            told(
                    SIGNING_IN,
                    acts.withoutReserve(request.peer(), request.command()),
                    Json.object().with("result", "rejected").with("reason", String.valueOf(e.getMessage())),
                    _ -> {});
            throw e;
        }
    }

    /** Records {@code told}, or only counts it beyond the limit; then calls {@code people}, even if that failed. */
    private void told(String caller, ReceiptEntry entry, Json.Members told, Consumer<Optional<String>> people) {
        Optional<RefusalCounters.CountedRefusals> before = tallies.admit(caller);
        if (before.isEmpty()) {
            return;
        }
        Optional<String> receipt = Optional.empty();
        try {
            receipt = Optional.of(
                    entry.record(told.with("suppressed", before.get().number())));
        } catch (LedgerUnavailableException _) {
            tallies.putBack(oneMore(before.get()));
        }
        people.accept(receipt);
    }

    /** Adds the try that could not be written to the count. */
    private static RefusalCounters.CountedRefusals oneMore(RefusalCounters.CountedRefusals before) {
        return new RefusalCounters.CountedRefusals(
                before.caller(), before.counter(), before.haveOneScope(), before.number() + 1, before.about());
    }

    /** Writes the counts whose minute is over. To be called every few seconds. */
    void tidy() {
        tallies.takeOverdue().forEach(this::count);
    }

    private void count(RefusalCounters.CountedRefusals unwritten) {
        Json.Members members = Json.object()
                .with("command", MORE)
                .with("peer", unwritten.caller())
                .with("result", "refused")
                .with("suppressed", unwritten.number());
        try {
            var _ = acts.withoutReserve(members);
        } catch (LedgerUnavailableException e) {
            tallies.putBack(unwritten); // the next call tries again
        }
    }
}
