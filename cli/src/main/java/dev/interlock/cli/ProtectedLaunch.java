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
record ProtectedLaunch(CodingAgent agent, AgentHome home, AgentSettings settings, boolean subscription)
        implements AutoCloseable {
    /** Copies the settings of {@code agent} to {@code scratch} until this is closed. */
    static ProtectedLaunch of(CodingAgent agent, boolean subscription, Path scratch, CredentialRedaction redaction)
            throws IOException {
        AgentHome home = ProtectCommand.home(agent);
        if (!home.exists()) {
            throw new UsageException(
                    agent.program() + " has no home for protected runs: interlock protect " + agent.program());
        }
        AgentSettings settings = AgentSettings.copyOf(agent, ConfigFile.home(), scratch, redaction::redact);
        return new ProtectedLaunch(agent, home, settings, subscription);
    }

    /** Adds all of this. The command becomes the installed program and its user's arguments. */
    AgentLaunch.RunOrder apply(AgentLaunch.RunOrder order, SealedServers servers, Consumer<String> told)
            throws IOException {
        add(servers, order.workspace(), told);
        AgentExecutable program = new AgentExecutable(Path.of(order.command().getFirst()));
        List<Path> readable = new ArrayList<>(order.readable());
        readable.addAll(program.readable());
        readable.add(settings.directory());
        Map<String, String> variables = new HashMap<>(agent.protection().variables());
        variables.putAll(order.variables());
        List<String> arguments = order.command().subList(1, order.command().size());
        return new AgentLaunch.RunOrder(
                settings.command(program, subscription, arguments),
                order.workspace(),
                variables,
                readable,
                order.hidden(),
                order.covered(),
                order.interactive(),
                order.guard(),
                new AgentLaunch.RunHome(Optional.of(home.home()), Map.of()));
    }

    private void add(SealedServers servers, Path directory, Consumer<String> told) throws IOException {
        if (agent.servers().isEmpty()) {
            return;
        }
        CodingAgent.ServersFile own = agent.servers().get();
        Path copies = settings.files();
        Path workspace = SealedServers.seen(directory);
        Map<String, String> notes =
                servers.notes(SealedServers.text(copies.resolve(own.file())), own, Optional.of(workspace));
        SealedServers.untold(notes, home.told()).forEach(told);
        if (!servers.addTo(copies, own, workspace)) {
            told.accept("your " + own.file()
                    + " cannot be parsed, so the servers of MCP behind the gateway are not in its copy");
        }
    }

    @Override
    public void close() throws IOException {
        settings.close();
    }
}
