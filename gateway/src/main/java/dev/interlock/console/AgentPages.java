package dev.interlock.console;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The pages about agents and their leases, and about stopping them. */
final class AgentPages {

    private static final Set<String> SCOPES = Set.of("agent", "task", "person", "upstream");

    private final InstantSource clock;

    AgentPages(InstantSource clock) {
        this.clock = clock;
    }

    /** A lease. */
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

    /** An agent that is enrolled. */
    record EnrolledAgentRow(
            String id,
            String owner,
            String teams,
            boolean isSuspended,
            String why,
            Optional<String> review,
            boolean isOverdue,
            long leases) {

        static EnrolledAgentRow of(Json.Members agent) {
            return new EnrolledAgentRow(
                    DisplayText.text(agent, "agent"),
                    DisplayText.text(agent, "owner"),
                    String.join(", ", DisplayText.texts(agent, "teams")),
                    agent.text("state").equals("suspended"),
                    agent.optionalText("why").map(DisplayText::sentence).orElse(""),
                    agent.optionalText("review_by").map(DisplayText::text),
                    agent.flag("overdue"),
                    agent.whole("leases"));
        }
    }

    /**
     * A proposed enrolment, and the lines that it adds to the policy. The lines are empty until the form was filled in.
     */
    record EnrolmentProposal(String agent, String owner, String teams, String review, Optional<String> yaml) {}

    /** Shows the enrolment form. It changes nothing: people add its result to their policy, and seal that. */
    ConsoleAnswer enrol(ConsoleRequest request) throws AdminRefusedException {
        List<String> people = request.ask("agent.list").texts("people").stream()
                .map(DisplayText::text)
                .toList();
        Optional<String> agent = request.field("agent");
        String owner = request.field("owner").orElse("");
        String teams = request.field("teams").orElse("");
        Optional<String> review = request.field("review");
        Optional<String> yaml = Optional.empty();
        if (agent.isPresent()) {
            Json.Members wanted = Json.object()
                    .with("agent", agent.get())
                    .with("owner", owner)
                    .withTexts("teams", words(teams))
                    .withOptional("review_by", review);
            yaml = Optional.of(
                    DisplayText.lines(request.ask("agent.propose", wanted).text("yaml")));
        }
        EnrolmentProposal proposal = new EnrolmentProposal(
                DisplayText.text(agent.orElse("")),
                DisplayText.text(owner),
                DisplayText.text(teams),
                DisplayText.text(review.orElse("")),
                yaml);
        Layout layout = new Layout("Enrol an agent", "/agents", request.session());
        return ConsoleAnswer.page(
                Templates.render((output, none) -> JteenrolGenerated.render(output, none, layout, people, proposal)));
    }

    private static List<String> words(String text) {
        return Arrays.stream(text.split("[, ]+", -1))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    /** A kill that is in force. */
    record KillRow(String id, String stops, String reason, String by, HoldView.DisplayTime since) {}

    /** Destroyed resources that are read-only since. */
    record FreezeRow(String id, String resources, String agent, String intent, HoldView.DisplayTime since) {}

    static List<FreezeRow> freezes(ConsoleRequest request) throws AdminRefusedException {
        return request.ask("freeze.list").objects("freezes").stream()
                .map(freeze -> new FreezeRow(
                        freeze.text("freeze"),
                        String.join(", ", DisplayText.texts(freeze, "resources")),
                        DisplayText.text(freeze, "agent"),
                        freeze.text("intent"),
                        HoldView.DisplayTime.of(freeze.text("since"))))
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
        return ConsoleAnswer.page(
                Templates.render((output, none) -> JtefreezeGenerated.render(output, none, layout, freeze)));
    }

    ConsoleAnswer thawOptions(ConsoleRequest request) throws AdminRefusedException {
        return toSign(request, "freeze");
    }

    ConsoleAnswer thawed(ConsoleRequest request) throws AdminRefusedException {
        return lifted(request, "freeze");
    }

    ConsoleAnswer page(ConsoleRequest request) throws AdminRefusedException {
        List<EnrolledAgentRow> agents = request.ask("agent.list").objects("agents").stream()
                .map(EnrolledAgentRow::of)
                .toList();
        List<LeaseRow> leases = request.ask("lease.list").objects("leases").stream()
                .map(AgentPages::held)
                .toList();
        List<KillRow> kills = kills(request);
        List<FreezeRow> freezes = freezes(request);
        Instant now = clock.instant();
        Layout layout = new Layout("Agents", "/agents", request.session());
        return ConsoleAnswer.page(Templates.render((output, none) ->
                JteagentsGenerated.render(output, none, layout, agents, leases, kills, freezes, now)));
    }

    static List<KillRow> kills(ConsoleRequest request) throws AdminRefusedException {
        return request.ask("kill.list").objects("kills").stream()
                .map(kill -> new KillRow(
                        kill.text("kill"),
                        kill.text("scope").equals("all")
                                ? "everything"
                                : kill.text("scope") + " " + DisplayText.text(kill, "name"),
                        DisplayText.text(kill, "reason"),
                        DisplayText.text(kill, "by"),
                        HoldView.DisplayTime.of(kill.text("since"))))
                .toList();
    }

    private static LeaseRow held(Json.Members lease) {
        return new LeaseRow(
                DisplayText.text(lease, "id"),
                DisplayText.text(lease, "agent"),
                DisplayText.text(lease, "person"),
                DisplayText.text(lease, "task"),
                DisplayText.text(lease, "state"),
                lease.get("why").map(DisplayText::value).orElse(""),
                String.join(", ", DisplayText.texts(lease, "environments")),
                String.join(", ", DisplayText.texts(lease, "impacts")),
                HoldView.DisplayTime.of(lease.optionalText("expires").orElse("")),
                DisplayText.text(lease, "root"));
    }

    /** Stops exactly what was chosen. A form without a choice stops nothing. */
    ConsoleAnswer kill(ConsoleRequest request) throws AdminRefusedException {
        String scope = request.field("scope").orElse("");
        Optional<String> reason = request.field("reason");
        Json.Members target;
        if (scope.equals("all")) {
            target = Json.object().with("all", true);
        } else if (SCOPES.contains(scope)) {
            target = Json.object().with(scope, request.field("name").orElse(""));
        } else {
            throw new IllegalArgumentException("choose something to stop");
        }
        return request.act("kill", target.withOptional("reason", reason), "/agents");
    }

    ConsoleAnswer end(ConsoleRequest request) throws AdminRefusedException {
        return request.act("lease.revoke", Json.object().with("lease", request.id()), "/agents");
    }

    /** Returns the statement that a passkey has to sign to lift a kill. The statement comes back with the signature. */
    ConsoleAnswer liftOptions(ConsoleRequest request) throws AdminRefusedException {
        return toSign(request, "kill");
    }

    ConsoleAnswer lifted(ConsoleRequest request) throws AdminRefusedException {
        return lifted(request, "kill");
    }

    private static ConsoleAnswer toSign(ConsoleRequest request, String what) throws AdminRefusedException {
        String statement = request.ask(what + ".prepare", Json.object().with(what, request.id()))
                .text("statement");
        return new ConsoleAnswer.Data(
                200,
                request.ask(
                        "sign.options",
                        Json.object().with("person", request.signer()).with("statement", statement)));
    }

    private static ConsoleAnswer lifted(ConsoleRequest request, String what) throws AdminRefusedException {
        return new ConsoleAnswer.Data(
                200,
                request.ask(
                        what + ".lift",
                        Json.object()
                                .with("statement", request.fields().getOrDefault("statement", ""))
                                .with("signature", request.fields().getOrDefault("signature", ""))));
    }

    /** Lifts a kill. This takes a signature and the statement that was signed. */
    ConsoleAnswer lift(ConsoleRequest request) throws AdminRefusedException {
        KillRow kill = kills(request).stream()
                .filter(one -> one.id().equals(request.id()))
                .findFirst()
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found", "No such kill is in force.", "The page Agents lists those in force."));
        Layout layout = new Layout("Lift " + kill.id(), "/agents", request.session());
        return ConsoleAnswer.page(
                Templates.render((output, none) -> JtekillGenerated.render(output, none, layout, kill)));
    }
}
