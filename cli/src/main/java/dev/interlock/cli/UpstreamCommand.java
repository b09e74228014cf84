package dev.interlock.cli;

import dev.interlock.action.Seal;
import dev.interlock.action.Secret;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.catalog.CatalogView;
import dev.interlock.config.Config;
import dev.interlock.credentials.Credentials;
import dev.interlock.evidence.Json;
import dev.interlock.linux.PrivateFiles;
import dev.interlock.program.ExitCodes;
import dev.interlock.setup.EnvironmentProposal;
import dev.interlock.setup.GithubDirectory;
import dev.interlock.setup.ProviderDirectory;
import dev.interlock.vault.SecretSource;
import dev.interlock.vault.SlotContent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "upstream",
        mixinStandardHelpOptions = true,
        description = "The upstreams of the policy.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  sudo interlock upstream add github --token-from file:token --unprotected acme/shop"
        })
final class UpstreamCommand {

    private static final String UPSTREAMS = "upstreams:";

    private final Terminal terminal;

    UpstreamCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Command(
            name = "add",
            mixinStandardHelpOptions = true,
            description = {
                "Add a provider that Interlock knows: write its upstreams into interlock.yaml, store the credential, and"
                        + " seal. Nothing changes if the policy would be wrong then.",
                "Of GitHub, the repositories in which the token may write are asked for and named. Agents work only in"
                        + " those that --unprotected names; elsewhere they read, and more needs a person."
            },
            footer = {
                "",
                "Providers: github; anthropic, openai, gemini; npm, pypi, maven, crates, go",
                "",
                "Examples:",
                "  sudo interlock upstream add npm",
                "  sudo interlock upstream add anthropic --token-from env:ANTHROPIC_API_KEY",
                "  sudo interlock upstream add github --token-from file:token --unprotected acme/shop --plan"
            })
    int add(
            @Parameters(paramLabel = "PROVIDER", description = "Its name.") String provider,
            @Option(
                            names = "--token-from",
                            paramLabel = "SOURCE",
                            description = "file:PATH or env:NAME. Unless given, it is asked for.")
                    @Nullable String source,
            @Option(
                            names = "--unprotected",
                            paramLabel = "OWNER/NAME",
                            description = "A repository in which agents may work; repeatable.")
                    @Nullable Set<String> unprotected,
            @Option(
                            names = "--key",
                            paramLabel = "FILE",
                            description = "The SSH key that signs seals; seal.key beside gateway.yaml unless given, if"
                                    + " that exists.")
                    @Nullable Path key,
            @Option(names = "--plan", description = "Only print what would be added.") boolean plan,
            @Option(names = "--github", hidden = true, defaultValue = "https://api.github.com") URI github,
            @Option(names = "--ca", hidden = true) @Nullable Path authority,
            @Mixin Options own)
            throws Exception {
        if (!UpstreamLines.providers().contains(provider)) {
            throw new UsageException("`" + provider + "` is not one of "
                    + String.join(", ", new TreeSet<>(UpstreamLines.providers()))
                    + "; for another write the upstream into interlock.yaml, with a catalog (docs/catalogs.md)");
        }
        Config config = own.config();
        Path policy = own.policy(null);
        Seal draft = PolicyCommand.sound(terminal, own, null).draft();
        UpstreamLines.Environments environments = environments(draft);
        boolean needsToken = !UpstreamLines.of(provider, environments, Map.of())
                .getFirst()
                .slots()
                .isEmpty();
        Optional<Secret> token = needsToken ? Optional.of(token(provider, source)) : Optional.empty();
        Map<String, String> places = new LinkedHashMap<>();
        if (provider.equals("github")) {
            ProviderDirectory directory = new GithubDirectory(github, Optional.ofNullable(authority));
            places.putAll(
                    places(directory, token.orElseThrow(), unprotected == null ? Set.of() : unprotected, environments));
        } else if (unprotected != null) {
            throw new UsageException("`--unprotected` is for repositories of GitHub");
        }
        List<UpstreamLines> added = UpstreamLines.of(provider, environments, places);
        for (UpstreamLines one : added) {
            if (draft.upstreams().containsKey(one.name())) {
                throw new UsageException("the policy has an upstream `" + one.name() + "` already");
            }
        }
        List<String> lines = added.stream().flatMap(one -> one.lines().stream()).toList();
        if (plan) {
            return told(own, added, lines, plan, false);
        }
        write(policy, lines);
        for (UpstreamLines one : added) {
            for (UpstreamLines.Slot slot : one.slots()) {
                Credentials.put(
                        config,
                        own.configFile(),
                        slot.name(),
                        new SlotContent(new SlotContent.SecretOrigin.CopiedSecret(token.orElseThrow()), slot.user()));
            }
        }
        return told(own, added, lines, plan, sealed(own, key));
    }

    private static UpstreamLines.Environments environments(Seal draft) {
        Map<Boolean, List<String>> names = draft.environments().values().stream()
                .collect(Collectors.partitioningBy(
                        Seal.Environment::isProtected,
                        Collectors.mapping(Seal.Environment::name, Collectors.toList())));
        List<String> open = names.getOrDefault(false, List.of());
        if (open.isEmpty()) {
            throw new UsageException("the policy has no environment in which agents may work");
        }
        return new UpstreamLines.Environments(open, names.getOrDefault(true, List.of()));
    }

    private Secret token(String provider, @Nullable String source) throws IOException {
        if (source != null) {
            return UsageException.unless(() -> SecretSource.parse(source)).read(System.getenv());
        }
        return SecretSource.typed(terminal.askHidden("The token of " + provider + ", not shown")
                .orElseThrow(() -> new UsageException("name the token: --token-from file:PATH or env:NAME")));
    }

    private Map<String, String> places(
            ProviderDirectory directory, Secret token, Set<String> open, UpstreamLines.Environments environments)
            throws IOException, InterruptedException {
        ProviderDirectory.Listing listing = directory
                .list(token)
                .orElseThrow(() -> new IllegalArgumentException(directory.fullName() + " does not accept this token"));
        Map<String, String> places = new LinkedHashMap<>();
        Set<String> missing = new TreeSet<>(open);
        EnvironmentProposal.of(listing.resources(), Set.of(), Set.of()).forEach(one -> {
            String name = one.resource().project() + "/" + one.resource().name();
            boolean isOpen = missing.remove(name);
            String environment = isOpen || environments.guarded().isEmpty()
                    ? environments.open().getFirst()
                    : environments.guarded().getFirst();
            places.put(one.resource().resource(), environment);
        });
        if (!missing.isEmpty()) {
            throw new UsageException("the token may not write in " + String.join(", ", missing) + "; it may in "
                    + listing.resources().stream()
                            .limit(12)
                            .map(one -> one.project() + "/" + one.name())
                            .collect(Collectors.joining(", ")));
        }
        return places;
    }

    /** Writes the policy with {@code lines}, if it can be sealed then. */
    private void write(Path policy, List<String> lines) throws IOException {
        Path file = policy.resolve("interlock.yaml");
        List<String> all = new ArrayList<>(Files.readString(file).lines().toList());
        int at = all.indexOf(UPSTREAMS);
        if (at < 0) {
            throw new IllegalArgumentException("`" + file + "` has no line `" + UPSTREAMS + "` to add to; write it so");
        }
        all.addAll(at + 1, lines);
        byte[] text = (String.join("\n", all) + "\n").getBytes(StandardCharsets.UTF_8);
        requireSound(policy, text);
        PrivateFiles.replace(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }

    /** Reads a copy of the directory that has {@code text}: the real one changes only if that can be sealed. */
    private void requireSound(Path policy, byte[] text) throws IOException {
        Path copy = Files.createTempDirectory("interlock-policy-");
        try {
            try (Stream<Path> files = Files.walk(policy)) {
                for (Path one : files.toList()) {
                    Path to = copy.resolve(policy.relativize(one).toString());
                    if (Files.isDirectory(one)) {
                        Files.createDirectories(to);
                    } else {
                        Files.copy(one, to);
                    }
                }
            }
            Files.write(copy.resolve("interlock.yaml"), text);
            if (PolicyDirectory.load(copy, CatalogView.facts())
                    instanceof PolicyDirectory.LoadResult.InvalidDirectory broken) {
                broken.problems().forEach(problem -> terminal.problem(problem.toString()));
                throw new IllegalArgumentException("the policy would be wrong with it; nothing was changed");
            }
        } finally {
            try (Stream<Path> files = Files.walk(copy)) {
                for (Path one : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(one);
                }
            }
        }
    }

    private boolean sealed(Options own, @Nullable Path given) throws IOException {
        Path usual = own.located().resolve("seal.key");
        Path key = given == null ? usual : given;
        if (given == null && !Files.exists(usual)) {
            return false;
        }
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        int exit = InterlockCommand.run(
                out, out, "seal", "--config", own.configFile().toString(), "--key", key.toString());
        said.toString(StandardCharsets.UTF_8).lines().forEach(terminal::aside);
        return exit == ExitCodes.OK;
    }

    private int told(Options own, List<UpstreamLines> added, List<String> lines, boolean plan, boolean sealed) {
        if (own.json()) {
            terminal.json(Json.object()
                    .withTexts("upstreams", added.stream().map(UpstreamLines::name))
                    .withTexts("lines", lines)
                    .with("sealed", sealed));
            return ExitCodes.OK;
        }
        lines.forEach(terminal::line);
        if (!plan) {
            terminal.line(
                    sealed
                            ? "✓ sealed: "
                                    + added.stream().map(UpstreamLines::name).collect(Collectors.joining(", "))
                            : "written, but not in force yet: interlock seal --key KEY" + own.again());
        }
        return ExitCodes.OK;
    }
}
