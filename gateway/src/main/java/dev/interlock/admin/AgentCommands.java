package dev.interlock.admin;

import dev.interlock.action.Seal;
import dev.interlock.action.UserName;
import dev.interlock.action.VisibleText;
import dev.interlock.adminapi.Entitlement;
import dev.interlock.evidence.Json;
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
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Commands about the enrolled agents: their owners, when each is to be reviewed, and what stops them. Enrolling an
 * agent means sealing it, which people do; a command only writes down what they would add.
 */
public final class AgentCommands implements CommandGroup {

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");
    private static final Pattern AGENT = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}/[a-z0-9][a-z0-9._-]{0,63}");

    private static final String USERS = "users";
    private static final String THESE = "    # Only these users of the machine may issue its leases.\n    users: ";
    private static final String SOMEBODY = """
                # Name the users of the machine who may issue its leases; without `users`, all `admins` may:
                # users: ['root']
            """;

    private final Leases leases;
    private final InstantSource clock;

    public AgentCommands(Leases leases, InstantSource clock) {
        this.leases = leases;
        this.clock = clock;
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of("agent.list", Entitlement.CONSOLE, Set.of(), request -> list(request.seal())),
                Command.of(
                        "agent.propose",
                        Entitlement.CONSOLE,
                        Set.of("agent", "owner", "review_by", "teams", "users"),
                        request -> propose(request.seal(), request.peer(), request.question())));
    }

    private Json.Members list(Seal seal) {
        Map<String, Long> inForce = new TreeMap<>();
        leases.current(Optional.of(seal)).stream()
                .filter(lease -> lease.suspended().isEmpty())
                .forEach(lease -> inForce.merge(lease.lease().agent(), 1L, Long::sum));
        List<Json> agents = seal.agents().values().stream()
                .<Json>map(agent -> json(seal, agent, inForce.getOrDefault(agent.id(), 0L)))
                .toList();
        return Json.object()
                .with("agents", new Json.Array(agents))
                .withTexts("people", seal.people().keySet());
    }

    private Json.Members json(Seal seal, Seal.Agent agent, long inForce) {
        Optional<String> why = suspended(seal, agent);
        return Json.object()
                .with("agent", agent.id())
                .with("owner", agent.owner())
                .withTexts("teams", agent.teams())
                .withTexts("users", agent.users())
                .with("state", why.isPresent() ? "suspended" : "in service")
                .withOptional("why", why)
                .withOptional("review_by", agent.reviewBy().map(LocalDate::toString))
                .with("overdue", agent.isOverdue(clock.instant()))
                .with("leases", inForce);
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
    private Json.Members propose(Seal seal, Peer peer, Json.Members arguments) {
        String agent = arguments.text("agent");
        String owner = arguments.text("owner");
        List<String> teams = List.copyOf(new TreeSet<>(arguments.texts("teams")));
        requireNew(seal, agent);
        if (!seal.people().containsKey(owner)) {
            throw new IllegalArgumentException(
                    "`" + Arguments.printable(owner) + "` is not among the people of the seal");
        }
        for (String team : teams) {
            require(NAME, team, "a team name may contain only lower-case letters, digits and " + "`._-`");
        }
        String users = users(peer, arguments);
        Optional<LocalDate> review = arguments.optionalText("review_by").map(this::date);
        String yaml = "agents:\n  " + agent + ":\n    owner: " + owner + "\n"
                + (teams.isEmpty() ? "" : "    teams: [" + String.join(", ", teams) + "]\n")
                + users
                + review.map(day -> "    review-by: \"" + day + "\"\n").orElse("");
        return Json.object().with("agent", agent).with("yaml", yaml);
    }

    /** Returns the lines about {@code users}. The user who asks need not be one of them, nor a user of the machine. */
    private static String users(Peer peer, Json.Members arguments) {
        if (arguments.get(USERS).isPresent()) {
            Set<String> users = new TreeSet<>(arguments.texts(USERS));
            users.stream().filter(user -> !UserName.is(user)).findFirst().ifPresent(user -> {
                throw new IllegalArgumentException("a seal cannot name the user `" + Arguments.printable(user) + "`");
            });
            return users.isEmpty() ? SOMEBODY : THESE + UserName.yaml(users) + "\n";
        }
        return peer.isAtConsole() || UserName.is(peer.user())
                ? SOMEBODY
                : SOMEBODY + "    # A seal cannot name `" + VisibleText.line(peer.user())
                        + "`, the user who asked for this.\n";
    }

    private static void requireNew(Seal seal, String agent) {
        require(AGENT, agent, "an agent name must be `owner/name`, in lower-case letters, " + "digits and `._-`");
        if (seal.agents().containsKey(agent)) {
            throw new IllegalArgumentException("`" + agent + "` is enrolled already");
        }
    }

    private static void require(Pattern pattern, String text, String otherwise) {
        if (!pattern.matcher(text).matches()) {
            throw new IllegalArgumentException(otherwise + ", not `" + Arguments.printable(text) + "`");
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
                    "a date must be written as `2027-03-01`, not `" + Arguments.printable(text) + "`", e);
        }
    }
}
