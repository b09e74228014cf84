package dev.interlock.cli;

import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "agent",
        mixinStandardHelpOptions = true,
        description = "The enrolled agents, their owners, and whose review is overdue.",
        footer = {
            "",
            "Example:",
            "  interlock agent list",
            "  interlock agent enrol jer/reviewer --owner jer --review-by 2027-03-01"
        })
final class AgentCommand {

    private final Terminal terminal;

    AgentCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "List the agents of the seal: owner, review date, and kills that " + "stop them.",
            footer = {"", "Example:", "  interlock agent list --json"})
    int list(@Mixin Options own) throws Exception {
        Json.Members result = own.daemon().call("agent.list", Json.object());
        return terminal.answer(
                own,
                result,
                List.of("AGENT", "OWNER", "STATE", "LEASES", "REVIEW BY", "WHY"),
                result.objects("agents").stream().map(AgentCommand::row).toList());
    }

    private static List<String> row(Json.Members agent) {
        String review = agent.optionalText("review_by").orElse("never");
        return List.of(
                agent.text("agent"),
                agent.text("owner"),
                agent.text("state"),
                Long.toString(agent.whole("leases")),
                agent.flag("overdue") ? review + " OVERDUE" : review,
                agent.optionalText("why").orElse("–"));
    }

    @Command(
            name = "enrol",
            mixinStandardHelpOptions = true,
            description =
                    "Print what to add to interlock.yaml so that the next seal enrols an " + "agent; changes nothing.",
            footer = {"", "Example:", "  interlock agent enrol jer/reviewer --owner jer --review-by 2027-03-01"})
    int enrol(
            @Parameters(paramLabel = "AGENT", description = "As owner/name.") String agent,
            @Option(names = "--owner", required = true, description = "The agent's owner: a person of the seal.")
                    String owner,
            @Option(names = "--team", description = "A team, for use in policies; may be " + "repeated.") @Nullable List<String> teams,
            @Option(
                            names = "--user",
                            description = "A user of this machine who starts the agent and may "
                                    + "issue its leases; may be repeated. None unless given.")
                    @Nullable List<String> users,
            @Option(
                            names = "--review-by",
                            paramLabel = "DATE",
                            description = "The date of the next review, as 2027-03-01.")
                    @Nullable String review,
            @Mixin Options own)
            throws Exception {
        Json.Members asked = Json.object()
                .with("agent", agent)
                .with("owner", owner)
                .withTexts("teams", teams == null ? List.of() : teams)
                .withOptional("review_by", Optional.ofNullable(review));
        if (users != null) {
            asked = asked.withTexts("users", users);
        }
        Json.Members result = own.daemon().call("agent.propose", asked);
        if (own.json()) {
            terminal.json(result);
        } else {
            terminal.line(result.text("yaml").stripTrailing());
            terminal.aside("Add this to interlock.yaml, and seal it: interlock seal --key KEY DIRECTORY");
        }
        return ExitCodes.OK;
    }
}
