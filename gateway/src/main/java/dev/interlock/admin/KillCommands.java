package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Bytes;
import dev.interlock.action.Lease;
import dev.interlock.action.Seal;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.identity.Kill;
import dev.interlock.identity.KillSwitch;
import dev.interlock.identity.Leases;
import dev.interlock.identity.SignedOrders;
import dev.interlock.ledger.LedgerUnavailableException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;

/** Commands of the kill switch: everybody entitled stops things, and people lift that by their signatures. */
public final class KillCommands implements CommandGroup {

    private static final String SEE = "See `interlock kill --list`.";

    private final Leases leases;
    private final KillSwitch kills;
    private final LeaseCommands endings;
    private final IntSupplier cutStopped;
    private final SignatureReader signatures;
    private final Consumer<Alert> alerts;

    /**
     * Wires it.
     *
     * @param endings ends leases
     * @param cutStopped cuts off the calls in flight that were stopped, and returns how many they were
     */
    public KillCommands(
            Leases leases,
            LeaseCommands endings,
            IntSupplier cutStopped,
            SignatureReader signatures,
            Consumer<Alert> alerts) {
        this.leases = leases;
        this.kills = leases.kills();
        this.endings = endings;
        this.cutStopped = cutStopped;
        this.signatures = signatures;
        this.alerts = alerts;
    }

    @Override
    public List<Command> commands() {
        return List.of(
                Command.of(
                        "kill",
                        Entitlement.CONSOLE,
                        Set.of("agent", "all", "lease", "person", "reason", "task", "upstream"),
                        this::kill),
                Command.of("kill.list", Entitlement.CONSOLE, Set.of(), _ -> list()),
                Command.of(
                        "kill.prepare",
                        Entitlement.CONSOLE,
                        Set.of("kill"),
                        request -> prepare(request.seal(), request.text("kill"))),
                Command.of("kill.lift", Entitlement.CONSOLE, Set.of("signature", "statement"), this::lift));
    }

    /** Stops exactly one thing, or everything: a misspelt name never stops everything. */
    private Json.Members kill(AdminRequest request) throws AdminRefusedException {
        Peer peer = request.peer();
        AdminReceipts.ReceiptEntry entry = request.entry();
        Json.Members named = request.arguments().without(Set.of("reason"));
        if (named.members().size() != 1) {
            throw new MalformedException("`kill` needs exactly one thing to stop");
        }
        String reason = request.optionalText("reason").orElse("");
        Json.Members told = reason.isEmpty() ? Json.object() : Json.object().with("reason", reason);
        Optional<String> lease = named.optionalText("lease");
        if (lease.isPresent()) {
            Json.Members ended = endings.end(lease.get(), reason, entry, told);
            alert(Alert.Severity.ALARM, "A lease was ended at once.", peer, Map.of("lease", lease.get()));
            return ended;
        }
        Kill.KillTarget target = target(named);
        if (!kills.isKnown(request.seals().get(), target)) {
            throw new AdminRefusedException(
                    "not_found",
                    "Neither the seal nor any lease contains `" + target.name() + "`, so nothing would be stopped.",
                    "See `interlock lease list`; `interlock kill --all` stops everything.");
        }
        return stop(target, reason, peer, entry);
    }

    private static Kill.KillTarget target(Json.Members named) {
        if (named.get("all").isPresent()) {
            if (!named.flag("all")) {
                throw new MalformedException("`all` must be true or absent");
            }
            return Kill.KillTarget.EVERYTHING;
        }
        for (Kill.KillScope scope :
                List.of(Kill.KillScope.AGENT, Kill.KillScope.TASK, Kill.KillScope.PERSON, Kill.KillScope.UPSTREAM)) {
            Optional<String> name = named.optionalText(scope.word());
            if (name.isPresent()) {
                if (name.get().isEmpty()) {
                    throw new MalformedException("`" + scope.word() + "` names nothing");
                }
                return new Kill.KillTarget(scope, name.get());
            }
        }
        throw new MalformedException("`kill` needs exactly one thing to stop");
    }

    private Json.Members stop(Kill.KillTarget target, String reason, Peer peer, AdminReceipts.ReceiptEntry entry) {
        KillSwitch.ActiveKill stands = kills.kill(target, reason, peer.user());
        int cut = cutStopped.getAsInt(); // before anything is listed or stored, which takes longer the more there is
        Kill kill = stands.kill();
        Json.Members told = described(kill);
        Json.Members done = target.equals(Kill.KillTarget.EVERYTHING)
                ? endedToo(stands, cut, told, entry)
                : stopped(stands, cut, told, entry);
        alert(
                Alert.Severity.ALARM,
                "A kill has stopped " + target.words() + ": " + kill.why() + ".",
                peer,
                Map.of("kill", kill.id()));
        return done.with("kill", kill.id());
    }

    /**
     * Ends all leases besides. After `kill --all` nothing may be trusted, so no lease comes back when the kill is
     * lifted.
     */
    private Json.Members endedToo(
            KillSwitch.ActiveKill stands, int cut, Json.Members told, AdminReceipts.ReceiptEntry entry) {
        Leases.EndedLeases ended = leases.revokeAll(stands.kill().reason());
        return endings.ended(
                new Leases.EndedLeases(ended.leases(), ended.durable() && stands.durable()), cut, entry, told);
    }

    /**
     * Ends the leases of runs for good: lifting the kill must not wake an agent in a sandbox that nobody watched
     * meanwhile.
     */
    private Json.Members stopped(
            KillSwitch.ActiveKill stands, int cutBefore, Json.Members told, AdminReceipts.ReceiptEntry entry) {
        List<Lease> stopped = kills.stopped(stands.kill());
        Set<String> runs = stopped.stream()
                .filter(lease -> lease.place().isPresent())
                .map(Lease::root)
                .collect(Collectors.toCollection(TreeSet::new));
        Leases.EndedLeases ended = leases.revoke(runs, stands.kill().reason());
        boolean durable = stands.durable() && ended.durable();
        // Ending a run also ends leases that the kill does not name. Closing the place would end their waiting requests
        // silently.
        int cut = cutBefore + cutStopped.getAsInt();
        endings.closePlaces(ended);
        endings.tellUnless(durable);
        List<String> ids = stopped.stream().map(Lease::id).sorted().toList();
        Json.Members result = Json.object()
                .with("killed", ids.size())
                .with("runs", runs.size())
                .with("cut", cut)
                .with("durable", durable);
        return entry.done(
                result,
                told.withTexts("leases", ids)
                        .withTexts("runs", runs)
                        .with("cut", cut)
                        .with("durable", durable));
    }

    private static Json.Members described(Kill kill) {
        return Json.object()
                .with("kill", kill.id())
                .with("scope", kill.target().scope().word())
                .with("name", kill.target().name())
                .with("reason", kill.reason());
    }

    private Json.Members list() {
        return Json.object()
                .withItems(
                        "kills",
                        kills.active().stream()
                                .map(stands -> described(stands.kill())
                                        .with("by", stands.kill().by())
                                        .with("since", stands.kill().since().toString())
                                        .with("durable", stands.durable())));
    }

    private Json.Members prepare(Seal seal, String id) throws AdminRefusedException {
        byte[] statement = kills.prepare(seal, id)
                .orElseThrow(() -> new AdminRefusedException("not_found", "No kill `" + id + "` is in force.", SEE));
        return Json.object().with("statement", new String(statement, StandardCharsets.UTF_8));
    }

    /** Lifts a kill. Every try is recorded; a kill is lifted after its receipt is durable. */
    private Json.Members lift(AdminRequest request) throws AdminRefusedException, LedgerUnavailableException {
        Seal seal = request.seal();
        AdminReceipts.ReceiptEntry entry = request.entry();
        Json.Members arguments = signatures.ofStatement(request, KillSwitch.NAMESPACE);
        byte[] statement = Bytes.utf8(arguments.text("statement")).toArray();
        return switch (kills.lifting(seal, statement, arguments.text("signature"))) {
            case SignedOrders.OrderResult.DeniedOrder<Kill>(String reason) -> {
                entry.record(Json.object().with("result", "rejected").with("reason", reason));
                throw new AdminRefusedException("refused", reason, "Nothing was lifted. " + SEE);
            }
            case SignedOrders.OrderResult.SignedOrder<Kill> signed -> lift(signed, entry);
        };
    }

    private Json.Members lift(SignedOrders.OrderResult.SignedOrder<Kill> signed, AdminReceipts.ReceiptEntry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        Json.Members told = described(signed.subject())
                .with("result", "accepted")
                .with("signer", signed.person())
                .with("key", signed.key())
                .with("key_class", signed.keyClass().word());
        entry.record(told);
        if (!kills.lift(signed)) {
            throw new AdminRefusedException("unavailable", notLifted(signed.subject()), SEE);
        }
        alerts.accept(new Alert(
                Alert.AlertKind.KILL,
                Alert.Severity.WARNING,
                signed.person() + " has lifted a kill: "
                        + signed.subject().target().words() + " may continue.",
                Map.of(
                        "kill",
                        signed.subject().id(),
                        "key_class",
                        signed.keyClass().word()),
                Optional.empty()));
        return Json.object()
                .with("kill", signed.subject().id())
                .with("scope", signed.subject().target().scope().word())
                .with("person", signed.person())
                .with("key_class", signed.keyClass().word());
    }

    private String notLifted(Kill kill) {
        return kills.active().stream().anyMatch(stands -> stands.kill().equals(kill))
                ? "It could not be lifted, because the store could not save it."
                : "Meanwhile it was lifted, or the same was stopped again.";
    }

    private void alert(Alert.Severity severity, String summary, Peer peer, Map<String, String> facts) {
        Map<String, String> all = new TreeMap<>(facts);
        all.put("peer", peer.user());
        alerts.accept(new Alert(Alert.AlertKind.KILL, severity, summary, all, Optional.empty()));
    }
}
