package dev.interlock.cli;

import dev.interlock.adopt.CredentialRedaction;
import dev.interlock.agents.CodingAgent;
import dev.interlock.config.ConfigFile;
import dev.interlock.confine.AgentLaunch;
import dev.interlock.home.AgentExecutable;
import dev.interlock.home.AgentHome;
import dev.interlock.home.AgentSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** What {@code protect} adds to a run: the agent's home, its settings, and the command that starts it there. */
final class ProtectedLaunch implements AutoCloseable {

    /** A run of any other command. */
    static final ProtectedLaunch NONE = new ProtectedLaunch(Optional.empty());

    private record Prepared(CodingAgent agent, AgentHome home, AgentSettings settings, boolean subscription) {}

    private final Optional<Prepared> prepared;

    private ProtectedLaunch(Optional<Prepared> prepared) {
        this.prepared = prepared;
    }

    /**
     * Copies the settings of {@code agent} to {@code scratch} until this is closed.
     *
     * @param subscription whether the gateway has the token of a subscription
     * @throws UsageException if it was not protected
     */
    static ProtectedLaunch of(CodingAgent agent, boolean subscription, Path scratch, CredentialRedaction redaction)
            throws IOException {
        AgentHome home = ProtectCommand.home(agent);
        if (!home.exists()) {
            throw new UsageException(
                    agent.program() + " has no home for protected runs: interlock protect " + agent.program());
        }
        AgentSettings settings = AgentSettings.copyOf(agent, ConfigFile.home(), scratch, redaction::redact);
        return new ProtectedLaunch(Optional.of(new Prepared(agent, home, settings, subscription)));
    }

    /**
     * Returns {@code order} with all of this, and {@code servers} among the settings. Its command is the installed
     * program and its user's arguments.
     *
     * @param told takes lines for its user
     */
    AgentLaunch.RunOrder apply(AgentLaunch.RunOrder order, SealedServers servers, Consumer<String> told)
            throws IOException {
        if (prepared.isEmpty()) {
            return order;
        }
        Prepared with = prepared.get();
        add(servers, with, order.workspace(), told);
        AgentExecutable program = new AgentExecutable(Path.of(order.command().getFirst()));
        List<Path> readable = new ArrayList<>(order.readable());
        readable.addAll(program.readable());
        readable.add(with.settings().directory());
        Map<String, String> variables = new HashMap<>(with.agent().protection().variables());
        variables.putAll(order.variables());
        return new AgentLaunch.RunOrder(
                with.settings()
                        .command(
                                program,
                                with.subscription(),
                                order.command().subList(1, order.command().size())),
                order.workspace(),
                variables,
                readable,
                order.hidden(),
                order.covered(),
                order.interactive(),
                order.guard(),
                new AgentLaunch.RunHome(Optional.of(with.home().home()), Map.of()));
    }

    private static void add(SealedServers servers, Prepared to, Path directory, Consumer<String> told)
            throws IOException {
        if (to.agent().servers().isEmpty()) {
            return;
        }
        CodingAgent.ServersFile agent = to.agent().servers().get();
        Path copies = to.settings().files();
        Path workspace = SealedServers.seen(directory);
        Map<String, String> notes =
                servers.notes(SealedServers.text(copies.resolve(agent.file())), agent, Optional.of(workspace));
        SealedServers.untold(notes, to.home().told()).forEach(told);
        if (!servers.addTo(copies, agent, workspace)) {
            told.accept("your " + agent.file()
                    + " cannot be parsed, so the servers of MCP behind the gateway are not in" + " its copy");
        }
    }

    @Override
    public void close() throws IOException {
        if (prepared.isPresent()) {
            prepared.get().settings().close();
        }
    }
}
