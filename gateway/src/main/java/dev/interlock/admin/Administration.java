package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.action.Seal;
import dev.interlock.adminapi.AgentNaming;
import dev.interlock.adminapi.Entitlement;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.gate.AuditRecorder;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.store.StoreUnavailableException;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The registry of all commands of the administrative socket. It does their common work: it refuses a user who may not
 * use a command, refuses arguments that the command does not take, and gives it a receipt to write.
 *
 * <p>A command that widens is recorded before it takes effect. A command that tightens takes effect first.
 * {@code docs/admin.md} has the table of all commands.
 */
public final class Administration implements CommandRunner {

    /** Writes the receipts of administrative acts. */
    public interface Recorder {

        /** Appends a receipt with {@code members}, durable when this returns its identifier. */
        String record(Json.Members members) throws LedgerUnavailableException;
        /** Appends a receipt about a try by somebody who may not. The disk's reserve is not used for it. */
        String recordRefused(Json.Members members) throws LedgerUnavailableException;

        static Recorder of(AuditRecorder records) {
            return new Recorder() {
                @Override
                public String record(Json.Members members) throws LedgerUnavailableException {
                    return records.recordAdministration(members);
                }

                @Override
                public String recordRefused(Json.Members members) throws LedgerUnavailableException {
                    return records.recordDeniedAdministration(members);
                }
            };
        }
    }

    private final Supplier<Optional<Seal>> seals;
    private final List<CommandGroup> groups;
    private final Map<String, Command<?>> commands;
    private final AdminReceipts acts;
    private final AuthFailures authFailures;
    private final AgentUsers agentUsers;

    /** @throws IllegalArgumentException if two commands have the same name */
    public Administration(
            List<? extends CommandGroup> groups,
            Supplier<Optional<Seal>> seals,
            Recorder recorder,
            InstantSource clock,
            Consumer<Alert> alerts) {
        this.groups = List.copyOf(groups);
        this.commands = registered(groups);
        this.seals = seals;
        this.acts = new AdminReceipts(recorder);
        this.authFailures = new AuthFailures(acts, clock, alerts);
        this.agentUsers = new AgentUsers(authFailures);
    }

    private static Map<String, Command<?>> registered(List<? extends CommandGroup> groups) {
        Map<String, Command<?>> commands = new TreeMap<>();
        for (CommandGroup group : groups) {
            for (Command<?> command : group.commands()) {
                if (commands.put(command.name(), command) != null) {
                    throw new IllegalArgumentException("two commands are called `" + command.name() + "`");
                }
            }
        }
        return commands;
    }

    Collection<Command<?>> commands() {
        return commands.values();
    }

    @Override
    public void run(Peer peer, String name, Json.Members arguments, ResultSink answers) throws AdminRefusedException {
        Optional<Command<?>> known = Optional.ofNullable(commands.get(name));
        if (peer.isAtConsole()
                && known.filter(command -> command.users().includesConsole()).isEmpty()) {
            throw new AdminRefusedException(
                    "not_entitled", "The console does not offer this command.", "Use the `interlock` command instead.");
        }
        Command<?> command = known.orElseThrow(() -> new AdminRefusedException(
                "unknown_command", "There is no command `" + RecordJson.printable(name) + "`.", "See docs/admin.md."));
        try {
            run(command, peer, arguments, answers);
        } catch (LedgerUnavailableException e) {
            throw new AdminRefusedException(
                    "unavailable",
                    "The ledger cannot record this, so it was not done: " + why(e) + ".",
                    "If its disk is full, free space there (`ledger_room` in `interlock status`). Else see the daemon's log.");
        } catch (StoreUnavailableException e) {
            throw new AdminRefusedException(
                    "unavailable",
                    "The store cannot save this, so it was not done: " + why(e) + ".",
                    "If its disk is full, free space there. Else see the daemon's log.");
        } catch (MalformedException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            String reason = String.valueOf(e.getMessage());
            throw new AdminRefusedException(
                    AdminRefusedException.WRONG_ARGUMENT,
                    reason.endsWith(".") ? reason : reason + ".",
                    "Correct the request and send it again.");
        }
    }

    private static String why(Exception e) {
        String reason = String.valueOf(e.getMessage());
        return e.getCause() == null
                        || reason.contains(String.valueOf(e.getCause().getMessage()))
                ? reason
                : reason + ": " + e.getCause().getMessage();
    }

    private <Q> void run(Command<Q> command, Peer peer, Json.Members arguments, ResultSink answers)
            throws AdminRefusedException, LedgerUnavailableException {
        AdminRequest<Q> request = new AdminRequest<>(
                peer,
                command.name(),
                command.reader().apply(arguments),
                acts.entry(peer, command.name()),
                answers,
                seals);
        if (command.users() == Entitlement.AGENT_USERS) {
            agentUsers.require(request);
        }
        if (command.users() == Entitlement.SIGN_IN) {
            authFailures.signIn(request, command.handler());
        } else {
            command.handler().handle(request);
        }
    }

    @Override
    public void refused(Peer peer, String command) {
        authFailures.refused(peer, command);
    }

    /** Takes up again what was under way when the gateway ended. To be called before any command. */
    public void resume() {
        groups.forEach(CommandGroup::resume);
    }

    /** Does what nobody asks for. To be called every few seconds. */
    public void tidy() {
        groups.forEach(CommandGroup::runPeriodically);
        authFailures.tidy();
    }

    /**
     * Decides who may take leases of which agent: whoever could name any could be a second person beside themselves.
     */
    record AgentUsers(AuthFailures authFailures) {

        /** Refuses, records and alerts a user who may not take leases of the agent that the request names. */
        void require(AdminRequest<?> request) throws AdminRefusedException {
            Seal seal = request.seal();
            Optional<String> agent = LeaseCommands.agent(seal, (AgentNaming) request.question());
            if (agent.isPresent()) {
                require(seal, request.peer(), request.command(), agent.get());
            }
        }

        private void require(Seal seal, Peer peer, String command, String agent) throws AdminRefusedException {
            Set<String> users = Optional.ofNullable(seal.agents().get(agent))
                    .map(Seal.Agent::users)
                    .orElse(Set.of());
            if (users.isEmpty() || users.contains(peer.user())) {
                return; // nobody gets a lease of an agent that does not exist
            }
            String reason = "The user `" + peer.user() + "` may not issue leases for `" + agent
                    + "`: the seal allows only these users: " + String.join(", ", users) + ".";
            authFailures.refused(peer, command, agent, reason);
            throw new AdminRefusedException(
                    "not_entitled",
                    reason,
                    "Use one of your own agents (`interlock agent list`), or have `" + peer.user()
                            + "` added to its `users` in interlock.yaml and sealed.");
        }
    }
}
