package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.evidence.Json;
import dev.interlock.gate.Tallies;
import dev.interlock.ledger.LedgerUnavailableException;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Who tries what they are not entitled to. Each try is refused, and is on record, or in a count that is written once
 * there is room. Of a try at the socket, and of one for a lease, people are told at once, whether or not it can be
 * recorded; who fails to sign in tells nobody at once. Nothing of the disk is kept for tries, or whoever may knock
 * could take what is kept for people.
 */
final class Knocks {

    /** Within a minute by one user who is not entitled: a person who errs is seen knock by knock, a loop is not. */
    static final int MAX = 20;

    /** The command in a receipt that only counts what a user tried beyond {@link #MAX} before its minute ended. */
    static final String MORE = "more-attempts";

    /** All who fail to sign in are counted as one, whom no user can be called. */
    private static final String SIGNING_IN = "sign-in:";

    private final Acts acts;
    private final Tallies tallies;
    private final Consumer<Alert> alerts;

    Knocks(Acts acts, InstantSource clock, Consumer<Alert> alerts) {
        this.acts = acts;
        this.tallies = new Tallies(clock, MAX);
        this.alerts = alerts;
    }

    /** Nothing is done for {@code peer} at all. */
    void refused(Peer peer, String command) {
        String shown = Arguments.printable(command);
        told(
                peer.user(),
                acts.turnedAway(peer, shown),
                Json.object().with("result", "refused"),
                receipt -> alerts.accept(new Alert(
                        Alert.Rule.ADMIN_REFUSED,
                        Alert.Severity.ALARM,
                        "The user `" + peer.user() + "` tried to administer the gateway and is not entitled to.",
                        Map.of("command", shown),
                        receipt)));
    }

    /** {@code peer} asked for a lease of {@code agent}, of which they take none. */
    void refused(Peer peer, String command, String agent, String reason) {
        told(
                peer.user(),
                acts.turnedAway(peer, command),
                Json.object().with("agent", agent).with("result", "refused").with("reason", reason),
                receipt -> alerts.accept(new Alert(
                        Alert.Rule.ADMIN_REFUSED,
                        Alert.Severity.WARNING,
                        "The user `" + peer.user() + "` asked for a lease of `" + agent + "`, and takes none of its.",
                        Map.of("agent", agent, "user", peer.user()),
                        receipt)));
    }

    /**
     * Has {@code handler} sign somebody in. A failure is recorded, but not each time: whoever reaches the page could
     * fill the ledger.
     */
    void signIn(AdminRequest request, CommandHandler handler) throws AdminRefusedException, LedgerUnavailableException {
        try {
            handler.handle(request);
        } catch (AdminRefusedException e) {
            told(
                    SIGNING_IN,
                    acts.turnedAway(request.peer(), request.command()),
                    Json.object().with("result", "rejected").with("reason", String.valueOf(e.getMessage())),
                    _ -> {});
            throw e;
        }
    }

    /**
     * Makes {@code told} a receipt and says so to {@code people}, also where none can be written; or only counts it.
     */
    private void told(String caller, Acts.Entry entry, Json.Members told, Consumer<Optional<String>> people) {
        Optional<Tallies.Counted> before = tallies.admit(caller);
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

    /** With the one that could not be written. */
    private static Tallies.Counted oneMore(Tallies.Counted before) {
        return new Tallies.Counted(
                before.caller(), before.tally(), before.ofOneGist(), before.number() + 1, before.about());
    }

    /** Those who stop knocking within their minute are counted as well. To be called every few seconds. */
    void tidy() {
        tallies.takeOverdue().forEach(this::count);
    }

    private void count(Tallies.Counted unwritten) {
        Json.Members members = Json.object()
                .with("command", MORE)
                .with("peer", unwritten.caller())
                .with("result", "refused")
                .with("suppressed", unwritten.number());
        try {
            var _ = acts.turnedAway(members);
        } catch (LedgerUnavailableException e) {
            tallies.putBack(unwritten); // it is tried again
        }
    }
}
