package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Lease;
import dev.interlock.action.Seal;
import dev.interlock.adminapi.EndedLeases;
import dev.interlock.adminapi.StatementToSign;
import dev.interlock.adminapi.StopQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.config.Suggestions;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.identity.Kill;
import dev.interlock.identity.KillSwitch;
import dev.interlock.identity.Leases;
import dev.interlock.identity.SignedOrders;
import dev.interlock.ledger.LedgerUnavailableException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Commands of the kill switch: everybody entitled stops things, and people lift that by their signatures. */
public record KillCommands(Leases leases, KillSwitch kills, LeaseCommands endings, Consumer<Alert> alerts)
        implements CommandGroup {

    private static final String SEE = "See `interlock kill --list`.";

    public KillCommands(LeaseCommands endings) {
        this(endings.leases(), endings.leases().kills(), endings, endings.alerts());
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(StopQuestion.StopWork.class, this::kill),
                Command.of(StopQuestion.ListKills.class, _ -> list()),
                Command.of(
                        StopQuestion.PrepareKillLift.class,
                        request -> prepare(request.seal(), request.question().kill())),
                Command.of(StopQuestion.LiftKill.class, this::lift));
    }

    /** Stops exactly one thing, or everything: a misspelt name never stops everything. */
    private StopQuestion.StoppedWork kill(AdminRequest<StopQuestion.StopWork> request) throws AdminRefusedException {
        Peer peer = request.peer();
        StopQuestion.StopWork asked = request.question();
        List<Kill.KillTarget> targets = targets(asked);
        if (targets.size() + (asked.lease().isPresent() ? 1 : 0) != 1) {
            throw new MalformedException("`kill` needs exactly one thing to stop");
        }
        String reason = asked.reason().orElse("");
        if (asked.lease().isPresent()) {
            String lease = asked.lease().get();
            Json.Members told = reason.isEmpty() ? Json.object() : Json.object().with("reason", reason);
            EndedLeases ended = endings.end(lease, reason, request.entry(), told);
            alert("A lease was ended at once.", peer, Map.of("lease", lease));
            return new StopQuestion.StoppedWork(ended, Optional.empty(), Optional.empty());
        }
        Kill.KillTarget target = targets.getFirst();
        if (!kills.isKnown(request.seals().get(), target)) {
            throw new AdminRefusedException(
                    "not_found",
                    "There is no " + target.scope().word() + " `" + target.name() + "`"
                            + Suggestions.after(
                                    target.name(), known(request.seals().get(), target.scope()))
                            + " Nothing was stopped.",
                    "`interlock lease list` shows what runs; `interlock kill --all` stops everything.");
        }
        return stop(target, reason, peer, request.entry());
    }

    private static Set<String> known(Optional<Seal> seal, Kill.KillScope scope) {
        return seal.map(inForce -> known(inForce, scope)).orElse(Set.of());
    }

    private static Set<String> known(Seal seal, Kill.KillScope scope) {
        return switch (scope) {
            case AGENT -> seal.agents().keySet();
            case TASK -> seal.tasks().keySet();
            case PERSON -> seal.people().keySet();
            case UPSTREAM -> seal.upstreams().keySet();
            case ALL -> Set.of();
        };
    }

    private static List<Kill.KillTarget> targets(StopQuestion.StopWork asked) {
        List<Kill.KillTarget> targets = new ArrayList<>();
        asked.all().ifPresent(all -> {
            if (!all) {
                throw new MalformedException("`all` must be true or absent");
            }
            targets.add(Kill.KillTarget.EVERYTHING);
        });
        asked.agent().ifPresent(name -> targets.add(target(Kill.KillScope.AGENT, name)));
        asked.task().ifPresent(name -> targets.add(target(Kill.KillScope.TASK, name)));
        asked.person().ifPresent(name -> targets.add(target(Kill.KillScope.PERSON, name)));
        asked.upstream().ifPresent(name -> targets.add(target(Kill.KillScope.UPSTREAM, name)));
        return targets;
    }

    private static Kill.KillTarget target(Kill.KillScope scope, String name) {
        if (name.isEmpty()) {
            throw new MalformedException("`" + scope.word() + "` names nothing");
        }
        return new Kill.KillTarget(scope, name);
    }

    private StopQuestion.StoppedWork stop(Kill.KillTarget target, String reason, Peer peer, ReceiptEntry entry) {
        AtomicInteger cutOff = new AtomicInteger();
        KillSwitch.ActiveKill stands = kills.kill(
                target,
                reason,
                peer.user(),
                () -> cutOff.set(endings.cutStopped().getAsInt()));
        int cut = cutOff.get();
        Kill kill = stands.kill();
        Json.Members told = described(kill);
        StopQuestion.StoppedWork done = target.equals(Kill.KillTarget.EVERYTHING)
                ? endedToo(stands, cut, told, entry)
                : stopped(stands, cut, told, entry);
        alert("A kill has stopped " + target.words() + ": " + kill.why() + ".", peer, Map.of("kill", kill.id()));
        return done;
    }

    /** Ends all leases besides: after `kill --all` none may come back when the kill is lifted. */
    private StopQuestion.StoppedWork endedToo(
            KillSwitch.ActiveKill stands, int cut, Json.Members told, ReceiptEntry entry) {
        Leases.EndedLeases ended = leases.revokeAll(stands.kill().reason());
        return new StopQuestion.StoppedWork(
                endings.ended(
                        new Leases.EndedLeases(ended.leases(), ended.durable() && stands.durable()), cut, entry, told),
                Optional.of(stands.kill().id()),
                Optional.empty());
    }

    /** Ends the leases of runs for good: lifting the kill must not wake an agent that nobody watched meanwhile. */
    private StopQuestion.StoppedWork stopped(
            KillSwitch.ActiveKill stands, int cutBefore, Json.Members told, ReceiptEntry entry) {
        List<Lease> stopped = kills.stopped(stands.kill());
        Set<String> runs = Leases.runs(stopped);
        Leases.EndedLeases ended = leases.revoke(runs, stands.kill().reason());
        boolean durable = stands.durable() && ended.durable();
        // Ending a run also ends leases that the kill does not name. Closing the place would end their waiting requests
        // silently.
        int cut = cutBefore + endings.cutStopped().getAsInt();
        endings.closePlaces(ended);
        endings.tellUnless(durable);
        List<String> ids = stopped.stream().map(Lease::id).sorted().toList();
        boolean recorded = entry.done(told.withTexts("leases", ids)
                .withTexts("runs", runs)
                .with("cut", cut)
                .with("durable", durable));
        return new StopQuestion.StoppedWork(
                new EndedLeases(ids.size(), cut, durable, recorded),
                Optional.of(stands.kill().id()),
                Optional.of(runs.size()));
    }

    private static Json.Members described(Kill kill) {
        return Json.object()
                .with("kill", kill.id())
                .with("scope", kill.target().scope().word())
                .with("name", kill.target().name())
                .with("reason", kill.reason());
    }

    private StopQuestion.Kills list() {
        return new StopQuestion.Kills(kills.active().stream()
                .map(stands -> new StopQuestion.ActiveKill(
                        stands.kill().id(),
                        stands.kill().target().scope().word(),
                        stands.kill().target().name(),
                        stands.kill().reason(),
                        stands.kill().by(),
                        stands.kill().since(),
                        stands.durable()))
                .toList());
    }

    private StatementToSign prepare(Seal seal, String id) throws AdminRefusedException {
        byte[] statement = kills.prepare(seal, id)
                .orElseThrow(() -> new AdminRefusedException("not_found", "No kill `" + id + "` is in force.", SEE));
        return new StatementToSign(new String(statement, StandardCharsets.UTF_8));
    }

    /** Lifts a kill. Every try is recorded; a kill is lifted after its receipt is durable. */
    private StopQuestion.LiftedKill lift(AdminRequest<StopQuestion.LiftKill> request)
            throws AdminRefusedException, LedgerUnavailableException {
        SignatureReader.ReadStatement read = endings.signatures()
                .read(request, KillSwitch.NAMESPACE, request.question().signed());
        SignedOrders.OrderResult.SignedOrder<Kill> signed = SignatureReader.recorded(
                request,
                kills.lifting(request.seal(), read.statement().toArray(), read.signature()),
                KillCommands::described,
                "Nothing was lifted. " + SEE);
        Kill kill = signed.subject();
        String strength = signed.keyClass().word();
        if (!kills.lift(signed)) {
            throw new AdminRefusedException("unavailable", notLifted(kill), SEE);
        }
        alerts.accept(new Alert(
                Alert.AlertKind.KILL,
                Alert.Severity.WARNING,
                signed.person() + " has lifted a kill: " + kill.target().words() + " may continue.",
                Map.of("kill", kill.id(), "key_class", strength)));
        return new StopQuestion.LiftedKill(kill.id(), kill.target().scope().word(), signed.person(), strength);
    }

    private String notLifted(Kill kill) {
        return kills.active().stream().anyMatch(stands -> stands.kill().equals(kill))
                ? "It could not be lifted, because the store could not save it."
                : "Meanwhile it was lifted, or the same was stopped again.";
    }

    private void alert(String summary, Peer peer, Map<String, String> facts) {
        Map<String, String> all = new TreeMap<>(facts);
        all.put("peer", peer.user());
        alerts.accept(new Alert(Alert.AlertKind.KILL, Alert.Severity.ALARM, summary, all));
    }
}
