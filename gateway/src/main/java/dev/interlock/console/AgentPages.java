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
    record Held(
            String id,
            String agent,
            String person,
            String task,
            String state,
            String why,
            String environments,
            String impacts,
            HoldView.When expires,
            String root) {}

    /** An agent that is enrolled. */
    record Enrolled(
            String id,
            String owner,
            String teams,
            boolean isSuspended,
            String why,
            Optional<String> review,
            boolean isOverdue,
            long leases) {

        static Enrolled of(Json.Members agent) {
            return new Enrolled(
                    Shown.text(agent, "agent"),
                    Shown.text(agent, "owner"),
                    String.join(", ", Shown.texts(agent, "teams")),
                    agent.text("state").equals("suspended"),
                    agent.optionalText("why").map(Shown::sentence).orElse(""),
                    agent.optionalText("review_by").map(Shown::text),
                    agent.flag("overdue"),
                    agent.whole("leases"));
        }
    }

    /**
     * A proposed enrolment, and the lines that it adds to the policy. The lines are empty until the form was filled in.
     */
    record Proposal(String agent, String owner, String teams, String review, Optional<String> yaml) {}

    /** Shows the enrolment form. It changes nothing: people add its result to their policy, and seal that. */
    Answer enrol(Asked asked) throws AdminRefusedException {
        List<String> people = asked.ask("agent.list").texts("people").stream()
                .map(Shown::text)
                .toList();
        Optional<String> agent = asked.field("agent");
        String owner = asked.field("owner").orElse("");
        String teams = asked.field("teams").orElse("");
        Optional<String> review = asked.field("review");
        Optional<String> yaml = Optional.empty();
        if (agent.isPresent()) {
            Json.Members wanted = Json.object()
                    .with("agent", agent.get())
                    .with("owner", owner)
                    .withTexts("teams", words(teams))
                    .withOptional("review_by", review);
            yaml = Optional.of(Shown.lines(asked.ask("agent.propose", wanted).text("yaml")));
        }
        Proposal proposal = new Proposal(
                Shown.text(agent.orElse("")),
                Shown.text(owner),
                Shown.text(teams),
                Shown.text(review.orElse("")),
                yaml);
        Layout layout = new Layout("Enrol an agent", "/agents", asked.session());
        return Answer.page(
                Templates.render((output, none) -> JteenrolGenerated.render(output, none, layout, people, proposal)));
    }

    private static List<String> words(String text) {
        return Arrays.stream(text.split("[, ]+", -1))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    /** A kill that is in force. */
    record Standing(String id, String stops, String reason, String by, HoldView.When since) {}

    /** Destroyed resources that are read-only since. */
    record Frozen(String id, String resources, String agent, String intent, HoldView.When since) {}

    static List<Frozen> freezes(Asked asked) throws AdminRefusedException {
        return asked.ask("freeze.list").objects("freezes").stream()
                .map(freeze -> new Frozen(
                        freeze.text("freeze"),
                        String.join(", ", Shown.texts(freeze, "resources")),
                        Shown.text(freeze, "agent"),
                        freeze.text("intent"),
                        HoldView.When.of(freeze.text("since"))))
                .toList();
    }

    /** Lifts a freeze. This takes a signature, like lifting a kill. */
    Answer thaw(Asked asked) throws AdminRefusedException {
        Frozen freeze = freezes(asked).stream()
                .filter(one -> one.id().equals(asked.id()))
                .findFirst()
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found", "No such freeze is in force.", "The page Agents lists those in force."));
        Layout layout = new Layout("Lift " + freeze.id(), "/agents", asked.session());
        return Answer.page(Templates.render((output, none) -> JtethawGenerated.render(output, none, layout, freeze)));
    }

    Answer thawOptions(Asked asked) throws AdminRefusedException {
        return toSign(asked, "freeze");
    }

    Answer thawed(Asked asked) throws AdminRefusedException {
        return lifted(asked, "freeze");
    }

    Answer page(Asked asked) throws AdminRefusedException {
        List<Enrolled> agents = asked.ask("agent.list").objects("agents").stream()
                .map(Enrolled::of)
                .toList();
        List<Held> leases = asked.ask("lease.list").objects("leases").stream()
                .map(AgentPages::held)
                .toList();
        List<Standing> kills = kills(asked);
        List<Frozen> freezes = freezes(asked);
        Instant now = clock.instant();
        Layout layout = new Layout("Agents", "/agents", asked.session());
        return Answer.page(Templates.render((output, none) ->
                JteagentsGenerated.render(output, none, layout, agents, leases, kills, freezes, now)));
    }

    static List<Standing> kills(Asked asked) throws AdminRefusedException {
        return asked.ask("kill.list").objects("kills").stream()
                .map(kill -> new Standing(
                        kill.text("kill"),
                        kill.text("scope").equals("all")
                                ? "everything"
                                : kill.text("scope") + " " + Shown.text(kill, "name"),
                        Shown.text(kill, "reason"),
                        Shown.text(kill, "by"),
                        HoldView.When.of(kill.text("since"))))
                .toList();
    }

    private static Held held(Json.Members lease) {
        return new Held(
                Shown.text(lease, "id"),
                Shown.text(lease, "agent"),
                Shown.text(lease, "person"),
                Shown.text(lease, "task"),
                Shown.text(lease, "state"),
                lease.get("why").map(Shown::value).orElse(""),
                String.join(", ", Shown.texts(lease, "environments")),
                String.join(", ", Shown.texts(lease, "impacts")),
                HoldView.When.of(lease.optionalText("expires").orElse("")),
                Shown.text(lease, "root"));
    }

    /** Stops exactly what was chosen. A form without a choice stops nothing. */
    Answer kill(Asked asked) throws AdminRefusedException {
        String scope = asked.field("scope").orElse("");
        Optional<String> reason = asked.field("reason");
        Json.Members target;
        if (scope.equals("all")) {
            target = Json.object().with("all", true);
        } else if (SCOPES.contains(scope)) {
            target = Json.object().with(scope, asked.field("name").orElse(""));
        } else {
            throw new IllegalArgumentException("choose something to stop");
        }
        return asked.act("kill", target.withOptional("reason", reason), "/agents");
    }

    Answer end(Asked asked) throws AdminRefusedException {
        return asked.act("lease.revoke", Json.object().with("lease", asked.id()), "/agents");
    }

    /** Returns the statement that a passkey has to sign to lift a kill. The statement comes back with the signature. */
    Answer liftOptions(Asked asked) throws AdminRefusedException {
        return toSign(asked, "kill");
    }

    Answer lifted(Asked asked) throws AdminRefusedException {
        return lifted(asked, "kill");
    }

    private static Answer toSign(Asked asked, String what) throws AdminRefusedException {
        String statement = asked.ask(what + ".prepare", Json.object().with(what, asked.id()))
                .text("statement");
        return new Answer.Data(
                200,
                asked.ask(
                        "sign.options",
                        Json.object().with("person", asked.signer()).with("statement", statement)));
    }

    private static Answer lifted(Asked asked, String what) throws AdminRefusedException {
        return new Answer.Data(
                200,
                asked.ask(
                        what + ".lift",
                        Json.object()
                                .with("statement", asked.fields().getOrDefault("statement", ""))
                                .with("signature", asked.fields().getOrDefault("signature", ""))));
    }

    /** Lifts a kill. This takes a signature and the statement that was signed. */
    Answer lift(Asked asked) throws AdminRefusedException {
        Standing kill = kills(asked).stream()
                .filter(one -> one.id().equals(asked.id()))
                .findFirst()
                .orElseThrow(() -> new AdminRefusedException(
                        "not_found", "No such kill is in force.", "The page Agents lists those in force."));
        Layout layout = new Layout("Lift " + kill.id(), "/agents", asked.session());
        return Answer.page(Templates.render((output, none) -> JteliftGenerated.render(output, none, layout, kill)));
    }
}
