package dev.interlock.cli;

import dev.interlock.action.Bytes;
import dev.interlock.action.VisibleText;
import dev.interlock.adminapi.LeaseTerms;
import dev.interlock.adminapi.RemoteQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.agents.CodingAgent;
import dev.interlock.linux.PrivateFiles;
import dev.interlock.linux.ShellWords;
import dev.interlock.servers.McpServer;
import dev.interlock.servers.OwnServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The servers of MCP that the seal in force has, in the settings of agents. */
record SealedServers(List<McpServer> all) {

    private static final SealedServers NONE = new SealedServers(List.of());
    private static final int LONGEST = 300;

    SealedServers {
        all = List.copyOf(all);
    }

    /** The servers that a lease of these terms may use, as they are reached in a sandbox. */
    static SealedServers within(AdminClient gateway, LeaseTerms terms, String address) {
        return of(gateway, Optional.of(terms), address);
    }

    static SealedServers at(AdminClient gateway, String address) {
        return of(gateway, Optional.empty(), address);
    }

    private static SealedServers of(AdminClient gateway, Optional<LeaseTerms> lease, String address) {
        String base = address.endsWith("/") ? address.substring(0, address.length() - 1) : address;
        try {
            return new SealedServers(gateway.ask(new RemoteQuestion.ListServers(lease)).servers().stream()
                    .map(server -> new McpServer(server.name(), base + server.path(), server.url()))
                    .toList());
        } catch (IOException | AdminRefusedException e) {
            return NONE; // what is asked for next says why
        }
    }

    Map<String, String> variables() {
        Map<String, String> variables = new TreeMap<>();
        if (!all.isEmpty()) {
            agents().forEach(agent -> variables.putAll(agent.variables()));
        }
        return variables;
    }

    private static Stream<CodingAgent.ServersFile> agents() {
        return CodingAgent.all().stream().flatMap(agent -> agent.servers().stream());
    }

    /** Returns the settings of all agents, for a home that has no others. */
    Map<Path, Bytes> settings(Path workspace) {
        Map<Path, Bytes> files = new TreeMap<>();
        if (!all.isEmpty()) {
            agents().forEach(agent ->
                    agent.form().add("", all, workspace).ifPresent(text -> files.put(agent.file(), Bytes.utf8(text))));
        }
        return files;
    }

    static Path seen(Path workspace) throws IOException {
        return Files.exists(workspace) ? workspace.toRealPath() : workspace.toAbsolutePath();
    }

    /** Adds them to the copied settings in {@code home}; false if those cannot be parsed. */
    boolean addTo(Path home, CodingAgent.ServersFile agent, Path workspace) throws IOException {
        if (all.isEmpty()) {
            return true;
        }
        Path file = home.resolve(agent.file());
        Optional<String> added = agent.form().add(text(file), all, workspace);
        if (added.isPresent()) {
            PrivateFiles.directories(file.resolveSibling("."));
            PrivateFiles.replace(file, added.get().getBytes(StandardCharsets.UTF_8));
        }
        return added.isPresent();
    }

    /** Returns what becomes of each server of the person's own in {@code settings}, by its name. */
    Map<String, String> notes(String settings, CodingAgent.ServersFile agent, Optional<Path> workspace) {
        Map<String, String> notes = new TreeMap<>();
        agent.form().own(settings, all, workspace).forEach(own -> notes.put(own.name(), note(own)));
        return notes;
    }

    static String text(Path file) throws IOException {
        return Files.isRegularFile(file) ? Files.readString(file) : "";
    }

    private static String note(OwnServer own) {
        String add = "sudo interlock upstream add mcp ";
        String name = " --name " + own.name().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9-]", "-");
        String line = own.url()
                .map(url -> "is remote, and its address cannot be reached inside; to have it behind the gateway: " + add
                        + url + name)
                .orElseGet(() ->
                        "starts inside, without its credentials and with no network but the gateway; to have it outside of the sandbox: "
                                + add + name.strip() + " --agent AGENT --task TASK -- "
                                + (own.command().isEmpty() ? "COMMAND" : command(own.command())));
        return "server   " + VisibleText.line(own.name()) + " " + VisibleText.line(line);
    }

    /** Returns the command without the values of its options: one of them may be a secret of no known form. */
    static String command(List<String> words) {
        List<String> shown = new ArrayList<>();
        for (String word : words) {
            boolean isValue = !shown.isEmpty() && shown.getLast().matches("--[\\w-]+") && !word.startsWith("-");
            shown.add(isValue ? "VALUE" : word.replaceFirst("(?s)(=|: ).*", "$1VALUE"));
        }
        String command = shown.stream().map(ShellWords::quoted).collect(Collectors.joining(" "));
        return command.length() > LONGEST ? "COMMAND" : command;
    }

    /** Those that {@code told} does not list yet; then it does. */
    static List<String> untold(Map<String, String> notes, Path told) throws IOException {
        Set<String> before = Files.exists(told) ? Set.copyOf(Files.readAllLines(told)) : Set.of();
        List<String> untold =
                notes.values().stream().filter(note -> !before.contains(note)).toList();
        if (!untold.isEmpty()) {
            List<String> all = new ArrayList<>(notes.values());
            before.stream().filter(note -> !all.contains(note)).forEach(all::add);
            PrivateFiles.replace(told, (String.join("\n", all) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return untold;
    }
}
