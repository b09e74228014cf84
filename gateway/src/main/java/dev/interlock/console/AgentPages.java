package dev.interlock.console;

import dev.interlock.adminapi.AgentQuestion;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminapi.PersonQuestion;
import dev.interlock.adminapi.Question;
import dev.interlock.adminapi.SignedStatement;
import dev.interlock.adminapi.StatementToSign;
import dev.interlock.adminapi.StopQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The pages about agents and their leases, and about stopping them. */
record AgentPages(InstantSource clock) {

    private static final Set<String> SCOPES = Set.of("agent", "all", "task", "person", "upstream");

    record LeaseRow(
            String id,
            String agent,
            String person,
            String task,
            String state,
            String why,
            String environments,
            String impacts,
            HoldView.DisplayTime expires,
            String root) {}

    record EnrolledAgentRow(
            String id,
            String owner,
            String teams,
            boolean isSuspended,
            String why,
            Optional<String> review,
            boolean isOverdue,
            long leases) {

        static EnrolledAgentRow of(AgentQuestion.Agent agent) {
            return new EnrolledAgentRow(
                    DisplayText.text(agent.agent()),
                    DisplayText.text(agent.owner()),
                    DisplayText.list(agent.teams()),
                    agent.state().equals("suspended"),
                    agent.why().map(DisplayText::sentence).orElse(""),
                    agent.reviewBy().map(DisplayText::text),
                    agent.overdue(),
                    agent.leases());
        }
    }

    record KillRow(String id, String stops, String reason, String by, HoldView.DisplayTime since) {}
    /** Destroyed resources that are read-only since. */
    record FreezeRow(String id, String resources, String agent, String intent, HoldView.DisplayTime since) {}

    static List<FreezeRow> freezes(ConsoleRequest request) throws AdminRefusedException {
        List<StopQuestion.ActiveFreeze> freezes =
                request.ask(new StopQuestion.ListFreezes()).freezes();
        Map<String, String> names = request.names(
                freezes.stream().flatMap(freeze -> freeze.resources().stream()).toList());
        return freezes.stream()
                .map(freeze -> new FreezeRow(
                        freeze.freeze(),
                        freeze.resources().stream()
                                .map(id -> DisplayText.NamedThing.identified(id, names)
                                        .words())
                                .collect(Collectors.joining(", ")),
                        DisplayText.text(freeze.agent()),
                        freeze.intent(),
                        HoldView.DisplayTime.of(freeze.since().toString())))
                .toList();
    }

    /** Lifts a freeze. This takes a signature, like lifting a kill. */
    ConsoleAnswer thaw(ConsoleRequest request) throws AdminRefusedException {
        FreezeRow freeze = freezes(request).stream()
                .filter(one -> one.id().equals(request.id()))
                .findFirst()
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found", "No such freeze is in force.", "The page Agents lists those in force."));
        Layout layout = new Layout("Lift " + freeze.id(), "/agents", request.session());
        return ConsoleAnswer.page((output, none) -> JtefreezeGenerated.render(output, none, layout, freeze));
    }

    ConsoleAnswer thawOptions(ConsoleRequest request) throws AdminRefusedException {
        return toSign(request, new StopQuestion.PrepareFreezeLift(request.id()));
    }

    ConsoleAnswer thawed(ConsoleRequest request) throws AdminRefusedException {
        return ConsoleAnswer.data(request.ask(new StopQuestion.LiftFreeze(signed(request))));
    }

    ConsoleAnswer page(ConsoleRequest request) throws AdminRefusedException {
        List<EnrolledAgentRow> agents = request.ask(new AgentQuestion.ListAgents()).agents().stream()
                .map(EnrolledAgentRow::of)
                .toList();
        List<LeaseRow> leases = request.ask(new LeaseQuestion.ListLeases()).leases().stream()
                .map(AgentPages::held)
                .toList();
        List<KillRow> kills = kills(request);
        List<FreezeRow> freezes = freezes(request);
        Instant now = clock.instant();
        Layout layout = new Layout("Agents", "/agents", request.session());
        return ConsoleAnswer.page(
                (output, none) -> JteagentsGenerated.render(output, none, layout, agents, leases, kills, freezes, now));
    }

    static List<KillRow> kills(ConsoleRequest request) throws AdminRefusedException {
        return request.ask(new StopQuestion.ListKills()).kills().stream()
                .map(kill -> new KillRow(
                        kill.kill(),
                        kill.scope().equals("all") ? "everything" : kill.scope() + " " + DisplayText.text(kill.name()),
                        DisplayText.text(kill.reason()),
                        DisplayText.text(kill.by()),
                        HoldView.DisplayTime.of(kill.since().toString())))
                .toList();
    }

    private static LeaseRow held(LeaseQuestion.CurrentLease current) {
        LeaseQuestion.Lease lease = current.terms();
        return new LeaseRow(
                DisplayText.text(lease.id()),
                DisplayText.text(lease.agent()),
                DisplayText.text(lease.person()),
                DisplayText.text(lease.task()),
                DisplayText.text(current.state()),
                current.why().map(DisplayText::text).orElse(""),
                DisplayText.list(lease.environments()),
                DisplayText.list(lease.impacts()),
                HoldView.DisplayTime.of(lease.expires().toString()),
                lease.root().map(DisplayText::text).orElse(""));
    }

    /** Stops exactly what was chosen. A form without a choice stops nothing. */
    ConsoleAnswer kill(ConsoleRequest request) throws AdminRefusedException {
        String scope = request.field("scope").orElse("");
        if (!SCOPES.contains(scope)) {
            throw new IllegalArgumentException("choose something to stop");
        }
        return request.act(
                StopQuestion.StopWork.of(scope, request.field("name").orElse(""), request.field("reason")), "/agents");
    }

    ConsoleAnswer end(ConsoleRequest request) throws AdminRefusedException {
        return request.act(new LeaseQuestion.RevokeLease(request.id()), "/agents");
    }

    /** Returns the statement that a passkey has to sign to lift a kill. The statement comes back with the signature. */
    ConsoleAnswer liftOptions(ConsoleRequest request) throws AdminRefusedException {
        return toSign(request, new StopQuestion.PrepareKillLift(request.id()));
    }

    ConsoleAnswer lifted(ConsoleRequest request) throws AdminRefusedException {
        return ConsoleAnswer.data(request.ask(new StopQuestion.LiftKill(signed(request))));
    }

    private static ConsoleAnswer toSign(ConsoleRequest request, Question<StatementToSign> prepare)
            throws AdminRefusedException {
        String statement = request.ask(prepare).statement();
        return ConsoleAnswer.data(
                request.ask(PersonQuestion.PrepareSignature.ofStatement(request.signer(), statement)));
    }

    private static SignedStatement signed(ConsoleRequest request) {
        return new SignedStatement(request.fields().getOrDefault("statement", ""), request.signature());
    }

    /** Lifts a kill. This takes a signature and the statement that was signed. */
    ConsoleAnswer lift(ConsoleRequest request) throws AdminRefusedException {
        KillRow kill = kills(request).stream()
                .filter(one -> one.id().equals(request.id()))
                .findFirst()
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found", "No such kill is in force.", "The page Agents lists those in force."));
        Layout layout = new Layout("Lift " + kill.id(), "/agents", request.session());
        return ConsoleAnswer.page((output, none) -> JtekillGenerated.render(output, none, layout, kill));
    }
}
