package dev.interlock.admin;

import dev.interlock.action.Seal;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.gate.Records;
import dev.interlock.gate.Tallies;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.watch.Alert;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The whole protocol of the administrative socket, as one switch. Every command but the reading ones is a receipt. */
public final class Administration implements Commands {

    /** Within a minute by one user who is not entitled: a person who errs is seen knock by knock, a loop is not. */
    private static final int MAX_KNOCKS = 20;

    private final Supplier<Optional<Seal>> seals;
    private final LeaseCommands leases;
    private final HoldCommands holds;
    private final EvidenceCommands evidence;
    private final SealCommands sealing;
    private final Supplier<Json.Members> status;
    private final Journal journal;
    private final Tallies knocks;
    private final Consumer<Alert> alerts;

    public Administration(
            Supplier<Optional<Seal>> seals,
            LeaseCommands leases,
            HoldCommands holds,
            EvidenceCommands evidence,
            SealCommands sealing,
            Supplier<Json.Members> status,
            Records records,
            InstantSource clock,
            Consumer<Alert> alerts) {
        this.seals = seals;
        this.leases = leases;
        this.holds = holds;
        this.evidence = evidence;
        this.sealing = sealing;
        this.status = status;
        this.journal = new Journal(records);
        this.knocks = new Tallies(clock, MAX_KNOCKS);
        this.alerts = alerts;
    }

    @Override
    public void run(Peer peer, String command, Json.Members arguments, Consumer<Json.Members> results)
            throws AdminRefusedException {
        try {
            Journal.Entry entry = journal.entry(peer, command);
            switch (command) {
                case "status" -> results.accept(status.get());
                case "lease.prepare" -> results.accept(leases.prepare(seal(), arguments));
                case "lease.issue" -> results.accept(leases.issue(seal(), arguments, entry));
                case "lease.list" -> results.accept(leases.list());
                case "lease.revoke" -> results.accept(leases.revoke(arguments.text("lease"), entry));
                case "kill" -> results.accept(kill(peer, arguments, entry));
                case "run.open" -> results.accept(leases.open(seal(), arguments, entry));
                case "run.renew" -> results.accept(leases.renew(seal(), arguments.text("lease"), entry));
                case "run.close" -> results.accept(leases.revoke(arguments.text("lease"), entry));
                case "hold.list" -> results.accept(holds.list(seal()));
                case "hold.show" -> results.accept(holds.show(seal(), arguments.text("hold")));
                case "hold.sign" -> results.accept(holds.sign(seal(), arguments, entry));
                case "hold.deny" -> results.accept(holds.deny(seal(), peer, arguments, entry));
                case "receipts" -> results.accept(evidence.receipts(arguments));
                case "receipts.follow" -> evidence.follow(arguments, results);
                case "prove" -> results.accept(evidence.prove(arguments.text("receipt")));
                case "seal.next" -> results.accept(sealing.next());
                case "seal.adopt" -> results.accept(sealing.adopt(arguments.text("envelope"), entry));
                default ->
                    throw new AdminRefusedException(
                            "unknown_command",
                            "There is no command `" + printable(command) + "`.",
                            "See docs/admin.md.");
            }
        } catch (LedgerUnavailableException e) {
            throw new AdminRefusedException(
                    "unavailable",
                    "The ledger cannot record this, so it was not done.",
                    "Look at `interlock status` and the daemon's log.");
        } catch (MalformedException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw new AdminRefusedException("refused", e.getMessage() + ".", "Correct it and ask again.");
        }
    }

    private Json.Members kill(Peer peer, Json.Members arguments, Journal.Entry entry) throws AdminRefusedException {
        Json.Members killed = leases.kill(arguments, entry);
        alerts.accept(new Alert(
                Alert.Rule.KILL,
                Alert.Severity.ALARM,
                "Somebody ended leases at once: " + killed.whole("killed") + ".",
                Map.of(
                        "peer",
                        peer.user(),
                        "lease",
                        arguments.optionalText("lease").orElse("all")),
                Optional.empty()));
        return killed;
    }

    @Override
    public void refused(Peer peer, String command) {
        OptionalLong before = knocks.admit(peer.user());
        if (before.isEmpty()) {
            return;
        }
        Json.Members members = Json.object()
                .with("command", printable(command))
                .with("peer", peer.user())
                .with("result", "refused")
                .with("suppressed", before.getAsLong());
        try {
            String receipt = journal.record(members);
            alerts.accept(new Alert(
                    Alert.Rule.ADMIN_REFUSED,
                    Alert.Severity.ALARM,
                    "The user `" + peer.user() + "` tried to administer the gateway and is not entitled to.",
                    Map.of("command", printable(command)),
                    Optional.of(receipt)));
        } catch (LedgerUnavailableException e) {
            // The knock is refused all the same; that it is not on record is what the ledger's own alarm says.
        }
    }

    private Seal seal() throws AdminRefusedException {
        return seals.get()
                .orElseThrow(() -> new AdminRefusedException(
                        "unavailable", "No seal is in force.", "Seal the policy: interlock seal --key KEY DIRECTORY."));
    }

    /** An unentitled peer chooses this text: it is cut and kept to what a log can show. */
    private static String printable(String command) {
        String plain = command.replaceAll("[^a-z0-9._-]", "?");
        return plain.length() <= 40 ? plain : plain.substring(0, 40);
    }
}
