package dev.interlock.cli;

import dev.interlock.adminapi.AgentQuestion;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "agent",
        description = "The enrolled agents, their owners, and whose review is overdue.",
        footer = {"  interlock agent list", "  interlock agent enrol jer/reviewer --owner jer --review-by 2027-03-01"})
final class AgentCommand extends TerminalCommand {

    @Command(
            name = "list",
            description = "List the agents of the seal: owner, review date, and kills that stop them.",
            footer = "  interlock agent list --json")
    int list(@Mixin Options own) throws Exception {
        AgentQuestion.Agents result = own.daemon().ask(new AgentQuestion.ListAgents());
        return terminal.answer(
                own,
                result,
                List.of("AGENT", "OWNER", "STATE", "LEASES", "REVIEW BY", "WHY"),
                result.agents().stream().map(AgentCommand::row).toList());
    }

    private static List<String> row(AgentQuestion.Agent agent) {
        String review = agent.reviewBy().orElse("never");
        return List.of(
                agent.agent(),
                agent.owner(),
                agent.state(),
                Long.toString(agent.leases()),
                agent.overdue() ? review + " OVERDUE" : review,
                agent.why().orElse("–"));
    }

    @Command(
            name = "enrol",
            description = "Print what to add to interlock.yaml so that the next seal enrols an agent; changes nothing.",
            footer = "  interlock agent enrol jer/reviewer --owner jer --review-by 2027-03-01")
    int enrol(
            @Parameters(paramLabel = "AGENT", description = "As owner/name.") String agent,
            @Option(names = "--owner", required = true, description = "The agent's owner: a person of the seal.")
                    String owner,
            @Option(names = "--team", description = "A team, for use in policies; may be repeated.") @Nullable List<String> teams,
            @Option(
                            names = "--user",
                            description =
                                    "A user of this machine who starts the agent and may issue its leases; may be repeated. None unless given.")
                    @Nullable List<String> users,
            @Option(
                            names = "--review-by",
                            paramLabel = "DATE",
                            description = "The date of the next review, as 2027-03-01.")
                    @Nullable String review,
            @Mixin Options own)
            throws Exception {
        AgentQuestion.ProposedAgent result = own.daemon()
                .ask(new AgentQuestion.ProposeAgent(
                        agent,
                        owner,
                        teams == null ? Set.of() : Set.copyOf(teams),
                        users == null ? Set.of() : Set.copyOf(users),
                        Optional.ofNullable(review)));
        return terminal.answer(own, result, () -> {
            terminal.line(result.yaml().stripTrailing());
            terminal.aside("Add this to interlock.yaml, and seal it: interlock seal --key KEY DIRECTORY");
        });
    }
}
