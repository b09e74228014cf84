package dev.interlock.cli;

import dev.interlock.action.Bytes;
import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.action.VisibleText;
import dev.interlock.catalog.Catalogs;
import dev.interlock.catalog.KnownServers;
import dev.interlock.catalog.KnownServers.KnownServer;
import dev.interlock.catalog.McpTools;
import dev.interlock.catalog.mcp.ToolPin;
import dev.interlock.credentials.Credentials;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import dev.interlock.setup.ChatGptLogin;
import dev.interlock.setup.McpDirectory;
import dev.interlock.setup.OAuthSignIn;
import dev.interlock.setup.PinComparison;
import dev.interlock.setup.PinSection;
import dev.interlock.setup.ToolProposal;
import dev.interlock.signin.PinnedAuthority;
import dev.interlock.stdio.StdioBridge;
import dev.interlock.vault.Vault;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "renew",
        description = {
            "Ask an MCP server for its tools again, show what changed since they were pinned, and write the new pins into its catalog. Nothing is in force before the next seal.",
            "A tool that the catalog does not list is added as Interlock knows it, otherwise by what the server says of it. A pin of a tool that is gone stays.",
            "If the vault has a grant of the server (OAuth), you sign in again, and the new grant replaces it at once.",
            "A server that is a program is started for this, with a directory and a user of its own."
        },
        footer = {
            "  sudo interlock upstream renew notes --token-from env:NOTES --plan",
            "  sudo interlock upstream renew notes --token-from env:NOTES",
            "  sudo interlock upstream renew linear   # and sign in"
        })
final class UpstreamRenewCommand extends ConfiguredCommand {

    @Parameters(paramLabel = "NAME", description = "The upstream.")
    private String name = "";

    @Option(
            names = "--token-from",
            paramLabel = "SOURCE",
            description = "file:PATH or env:NAME, if the server needs a token.")
    private @Nullable String source;

    @Mixin
    private SignInOptions signIns = new SignInOptions();

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            description = "The authority of the address; the upstream's own `ca` unless given.")
    private Optional<Path> authority = Optional.empty();

    @Option(names = "--plan", description = "Only print what changed.")
    private boolean plan;

    @Override
    public Integer call() throws Exception {
        Seal.Upstream upstream =
                PolicyCommand.sound(terminal, options, null).draft().upstreams().get(name);
        if (upstream == null) {
            throw new UsageException("the policy has no upstream `" + name + "`");
        }
        Optional<StoredCredential> login = signIns.login(name);
        if (upstream.address().equals(ChatGptLogin.MODELS) && areGranted(upstream)) {
            store(
                    upstream,
                    login.orElseThrow(
                            () -> new UsageException(
                                    "`" + name
                                            + "` has a login of ChatGPT; make a new one with `codex login` (docs/agents.md), and name its file: --login FILE")));
            return ExitCodes.OK;
        }
        if (login.isPresent()) {
            throw new UsageException("`" + name + "` has no login of ChatGPT that another could replace");
        }
        String fileName = upstream.catalog() + ".yaml";
        Path file = options.policy(null).resolve("catalogs").resolve(fileName);
        if (!Files.isRegularFile(file)) {
            throw new UsageException("`" + name + "` has no catalog of its own, so it has no pins");
        }
        String before = Files.readString(file);
        McpTools tools = Catalogs.read(fileName, Bytes.utf8(before))
                .tools()
                .orElseThrow(() -> new UsageException("`" + name + "` is no MCP server"));
        Optional<StdioServer> program = StdioServer.find(options.configFile(), name, upstream.address());
        Optional<KnownServer> known = program.isPresent()
                ? KnownServers.ofCommand(program.get().command())
                : KnownServers.ofAddress(address(upstream, tools));
        McpDirectory.Listing listing = listing(upstream, tools, program);
        PinComparison comparison = PinComparison.of(tools, listing, known);
        Set<String> names = new HashSet<>(tools.names());
        comparison.added().forEach(tool -> names.add(tool.tool().name()));
        String after = PinSection.replaced(
                before,
                pins(tools, listing, comparison).values(),
                comparison.added().stream()
                        .map(tool -> tool.lines(names, !tools.inSession().isEmpty()))
                        .toList());
        if (!Catalogs.mistakes(fileName, Bytes.utf8(after)).isEmpty()) {
            throw new IllegalArgumentException("the catalog would be wrong then; nothing was changed");
        }
        boolean isWritten = !plan && !after.equals(before);
        if (isWritten) {
            PolicyChange.put(file, after);
        }
        told(tools, listing, comparison, known, isWritten);
        Set<String> placed = upstream.resources().values().stream()
                .map(place -> place.resource().type())
                .collect(Collectors.toSet());
        comparison.added().stream()
                .flatMap(tool -> tool.types().stream())
                .filter(type -> !placed.contains(type))
                .distinct()
                .forEach(
                        type -> terminal.aside(
                                "`" + name + ":" + type
                                        + "/…` counts as protected until `interlock.yaml` places it, below `resources` of this upstream"));
        return ExitCodes.OK;
    }

    /** Asks the server. One that is a program is started for that, beside the one that is served. */
    private McpDirectory.Listing listing(Seal.Upstream upstream, McpTools tools, Optional<StdioServer> program)
            throws Exception {
        if (program.isEmpty()) {
            return remote(upstream, address(upstream, tools));
        }
        if (source != null) {
            throw new UsageException("a server that is a program gets no token");
        }
        String token = StdioServer.newToken();
        StdioServer asked = program.get().beside(options.configFile(), StdioBridge.digest(token));
        try (StdioBridge bridge = SandboxedServer.bridge(asked, options, true, terminal)) {
            URI address = URI.create("http://127.0.0.1:" + bridge.port() + "/mcp");
            return new McpDirectory(address, Optional.empty(), Optional.of(new Secret(token))).tools();
        }
    }

    private McpDirectory.Listing remote(Seal.Upstream upstream, URI address) throws Exception {
        Optional<Secret> token = source == null ? Optional.empty() : Optional.of(Options.secret(source));
        Optional<SSLContext> trust = trust(upstream);
        try {
            return new McpDirectory(address, trust, token).tools();
        } catch (McpDirectory.TokenNeededException e) {
            if (!areGranted(upstream)) {
                throw new UsageException("`" + name + "` needs a token: --token-from file:PATH or env:NAME");
            }
            OAuthSignIn.SignedIn signedIn = signIns.signIn(address, trust, e.challenge(), terminal);
            if (!plan) {
                store(upstream, StoredCredential.of(name, signedIn));
            }
            return new McpDirectory(address, trust, Optional.of(signedIn.access())).tools();
        }
    }

    /** Returns what trusts the authority that is given, or else the one that the policy has for {@code upstream}. */
    private Optional<SSLContext> trust(Seal.Upstream upstream) throws IOException {
        return authority.isEmpty() && upstream.ca().isPresent()
                ? Optional.of(PinnedAuthority.trusting(
                        upstream.ca().get().getBytes(StandardCharsets.UTF_8), "upstreams > " + name + " > ca"))
                : PinnedAuthority.trusting(authority);
    }

    /** Returns whether a sign-in may replace what the slots hold: that is a grant, or nothing. */
    private boolean areGranted(Seal.Upstream upstream) throws IOException {
        Vault vault = Credentials.vault(options.config());
        Set<String> others = vault.filled();
        others.retainAll(upstream.slots());
        for (String slot : upstream.slots()) {
            if (vault.grantOf(slot).isPresent()) {
                others.remove(slot);
            }
        }
        return others.isEmpty() && !upstream.credentials().isEmpty();
    }

    private void store(Seal.Upstream upstream, StoredCredential credential) throws IOException {
        for (String slot : upstream.slots()) {
            Credentials.put(options.config(), options.configFile(), slot, credential.in(Optional.empty()));
        }
        credential.storeShared(options.config(), terminal);
        terminal.aside("the vault has the new grant of `" + name + "`");
    }

    private static URI address(Seal.Upstream upstream, McpTools tools) {
        return URI.create(upstream.address().toString().replaceAll("/$", "") + tools.endpoint());
    }

    private static Map<String, ToolPin> pins(McpTools tools, McpDirectory.Listing listing, PinComparison comparison) {
        Map<String, ToolPin> pins = new HashMap<>(tools.pins());
        Stream.of(
                        comparison.changed().keySet().stream(),
                        comparison.unpinned().stream(),
                        comparison.added().stream().map(tool -> tool.tool().name()))
                .flatMap(names -> names)
                .forEach(tool -> pins.put(tool, listed(listing, tool)));
        return pins;
    }

    private static ToolPin listed(McpDirectory.Listing listing, String tool) {
        return Objects.requireNonNull(listing.pins().get(tool));
    }

    private void told(
            McpTools tools,
            McpDirectory.Listing listing,
            PinComparison comparison,
            Optional<KnownServer> known,
            boolean isWritten) {
        Set<String> tasks = new TreeSet<>(listing.tasks());
        tasks.removeAll(tools.tasks()); // people decide about those that the catalog does not list so
        Json.Members json = Json.object()
                .withTexts("changed", comparison.changed().keySet())
                .withTexts("pinned", comparison.unpinned())
                .withTexts("gone", comparison.gone())
                .withTexts("hidden", comparison.hidden())
                .withTexts("tasks", tasks)
                .withTexts(
                        "added",
                        comparison.added().stream().map(tool -> tool.tool().name()))
                .with("written", isWritten);
        terminal.answer(options, json, () -> {
            comparison.changed().forEach((tool, members) -> changed(tools, listing, tool, members, known));
            comparison.unpinned().forEach(tool -> said("not pinned before", listed(listing, tool)));
            comparison
                    .added()
                    .forEach(tool -> said(
                            "new: " + tool.words(), listed(listing, tool.tool().name())));
            comparison.gone().forEach(tool -> terminal.line(tool + ": the server does not list it any more"));
            comparison
                    .hidden()
                    .forEach(tool -> terminal.line(
                            VisibleText.line(tool) + ": denied: the server hides characters in it that nobody sees"));
            if (!tasks.isEmpty()) {
                terminal.line("may also run as tasks: " + String.join(", ", tasks)
                        + "; list those that agents may start so below `tasks` of the catalog");
            }
            if (isWritten) {
                terminal.line(
                        "written, but not in force yet; check it, then: interlock seal --key KEY" + options.again());
            } else if (!plan) {
                terminal.line("nothing to write: each tool is as it was pinned");
            }
        });
    }

    private void changed(
            McpTools tools,
            McpDirectory.Listing listing,
            String tool,
            List<String> members,
            Optional<KnownServer> known) {
        terminal.line(tool + ": changed: " + String.join(", ", members));
        ToolPin before = Objects.requireNonNull(tools.pins().get(tool));
        for (String member : members) {
            terminal.line("  " + member);
            PinComparison.difference(before, listed(listing, tool), member).forEach(line -> terminal.line("  " + line));
        }
        if (members.contains("inputSchema")) {
            listing.tools().stream()
                    .filter(listed -> listed.name().equals(tool))
                    .map(listed -> ToolProposal.of(listed, known).within(tools.segments()))
                    .filter(ToolProposal::canBeListed)
                    .forEach(proposal -> terminal.line("  its line would be now:"
                            + proposal.lines(tools.names(), !tools.inSession().isEmpty())));
        }
    }

    private void said(String what, ToolPin pin) {
        terminal.line(pin.name() + ": " + what);
        ToolPin.MEMBERS.stream()
                .filter(member -> !member.equals("name") && pin.members().containsKey(member))
                .forEach(member -> {
                    terminal.line("  " + member);
                    PinComparison.lines(pin, member).forEach(line -> terminal.line("  + " + line));
                });
    }
}
