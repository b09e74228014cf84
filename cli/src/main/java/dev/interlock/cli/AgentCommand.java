package dev.interlock.cli;

import dev.interlock.evidence.Json;
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
        description = "Who is enrolled, who answers for them, and who was to be looked at again.",
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
            description = "The agents of the seal: owner, review, and what stops them.",
            footer = {"", "Example:", "  interlock agent list --json"})
    int list(@Mixin Options own) throws Exception {
        Json.Members result = own.daemon().call("agent.list", Json.object());
        if (own.json()) {
            terminal.json(result);
            return ExitCodes.OK;
        }
        terminal.table(
                List.of("AGENT", "OWNER", "STATE", "LEASES", "REVIEW BY", "WHY"),
                result.objects("agents").stream().map(AgentCommand::row).toList());
        return ExitCodes.OK;
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
                    "What to add to interlock.yaml so that an agent is enrolled by the next seal; changes nothing.",
            footer = {"", "Example:", "  interlock agent enrol jer/reviewer --owner jer --review-by 2027-03-01"})
    int enrol(
            @Parameters(paramLabel = "AGENT", description = "As owner/name.") String agent,
            @Option(names = "--owner", required = true, description = "The person of the seal who answers for it.")
                    String owner,
            @Option(names = "--team", description = "For policies; may be repeated.") @Nullable List<String> teams,
            @Option(
                            names = "--user",
                            description = "A user of this machine who takes its leases, as who starts it; may be"
                                    + " repeated. Otherwise nobody is proposed.")
                    @Nullable List<String> users,
            @Option(
                            names = "--review-by",
                            paramLabel = "DATE",
                            description = "When somebody is to look at it again, as 2027-03-01.")
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
