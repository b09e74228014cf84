package dev.interlock.admin;

import dev.interlock.action.Seal;
import dev.interlock.action.UserName;
import dev.interlock.adminapi.AgentQuestion;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.identity.Kill;
import dev.interlock.identity.Leases;
import java.time.DateTimeException;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Commands about enrolled agents. People enrol one by sealing it; a command only writes down what to add. */
public record AgentCommands(Leases leases, InstantSource clock) implements CommandGroup {

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");
    private static final Pattern AGENT = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}/[a-z0-9][a-z0-9._-]{0,63}");
    private static final String THESE = "    # Only these users of the machine may issue its leases.\n    users: ";
    private static final String SOMEBODY = """
            # Name the users of the machine who may issue its leases; without `users`, all `admins` may:
            # users: ['root']
        """;

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(AgentQuestion.ListAgents.class, request -> list(request.seal())),
                Command.of(AgentQuestion.ProposeAgent.class, request -> propose(request.seal(), request.question())));
    }

    private AgentQuestion.Agents list(Seal seal) {
        Map<String, Long> inForce = new TreeMap<>();
        leases.current(Optional.of(seal)).stream()
                .filter(lease -> lease.suspended().isEmpty())
                .forEach(lease -> inForce.merge(lease.lease().agent(), 1L, Long::sum));
        return new AgentQuestion.Agents(
                seal.agents().values().stream()
                        .map(agent -> answer(seal, agent, inForce.getOrDefault(agent.id(), 0L)))
                        .toList(),
                List.copyOf(seal.people().keySet()));
    }

    private AgentQuestion.Agent answer(Seal seal, Seal.Agent agent, long inForce) {
        Optional<String> why = suspended(seal, agent);
        return new AgentQuestion.Agent(
                agent.id(),
                agent.owner(),
                List.copyOf(agent.teams()),
                List.copyOf(agent.users()),
                why.isPresent() ? "suspended" : "in service",
                why,
                agent.reviewBy().map(LocalDate::toString),
                agent.isOverdue(clock.instant()),
                inForce);
    }

    private Optional<String> suspended(Seal seal, Seal.Agent agent) {
        return seal.isOwned(agent)
                ? leases.kills().killFor(agent).map(AgentCommands::words)
                : Optional.of("Its owner `" + agent.owner() + "` is not among the people of the seal.");
    }

    private static String words(Kill kill) {
        return kill.id() + " stops " + kill.target().words() + " since " + kill.since() + ".";
    }

    /** Returns what people add to {@code interlock.yaml}. Nothing changes before they seal it. */
    private AgentQuestion.ProposedAgent propose(Seal seal, AgentQuestion.ProposeAgent asked) {
        String agent = asked.agent();
        String owner = asked.owner();
        Set<String> teams = asked.teams();
        requireNew(seal, agent);
        if (!seal.people().containsKey(owner)) {
            throw new IllegalArgumentException(
                    "`" + RecordJson.printable(owner) + "` is not among the people of the seal");
        }
        for (String team : teams) {
            require(NAME, team, "a team name may contain only lower-case letters, digits and `._-`");
        }
        String users = users(asked.users());
        Optional<LocalDate> review = asked.reviewBy().map(this::date);
        String yaml = "agents:\n  " + agent + ":\n    owner: " + owner + "\n"
                + (teams.isEmpty() ? "" : "    teams: [" + String.join(", ", teams) + "]\n")
                + users
                + review.map(day -> "    review-by: \"" + day + "\"\n").orElse("");
        return new AgentQuestion.ProposedAgent(agent, yaml);
    }

    private static String users(Set<String> users) {
        users.stream().filter(user -> !UserName.is(user)).findFirst().ifPresent(user -> {
            throw new IllegalArgumentException("a seal cannot name the user `" + RecordJson.printable(user) + "`");
        });
        return users.isEmpty() ? SOMEBODY : THESE + UserName.yaml(users) + "\n";
    }

    private static void requireNew(Seal seal, String agent) {
        require(AGENT, agent, "an agent name must be `owner/name`, in lower-case letters, digits and `._-`");
        if (seal.agents().containsKey(agent)) {
            throw new IllegalArgumentException("`" + agent + "` is enrolled already");
        }
    }

    private static void require(Pattern pattern, String text, String otherwise) {
        if (!pattern.matcher(text).matches()) {
            throw new IllegalArgumentException(otherwise + ", not `" + RecordJson.printable(text) + "`");
        }
    }

    private LocalDate date(String text) {
        try {
            LocalDate day = LocalDate.parse(text);
            if (new Seal.Agent("", "", Set.of(), Optional.of(day), Set.of()).isOverdue(clock.instant())) {
                throw new IllegalArgumentException(
                        "`" + day + "` is in the past; the review date must be in the future");
            }
            return day;
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    "a date must be written as `2027-03-01`, not `" + RecordJson.printable(text) + "`", e);
        }
    }
}
