package dev.interlock.cli;

import dev.interlock.action.Seal;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.config.FilePosition;
import dev.interlock.credentials.Credentials;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "remove",
        description = {
            "Take an upstream out of interlock.yaml, with the catalog that `upstream add` wrote for it, and seal. Nothing changes if the policy would be wrong then.",
            "Its credentials stay in the vault and valid at the provider, and rules about it stay in the policy: this prints what is left, and how to remove it."
        },
        footer = {"  sudo interlock upstream remove notes --plan", "  sudo interlock upstream remove notes"})
final class UpstreamRemoveCommand extends ConfiguredCommand {

    private static final int FEW = 5;

    @Parameters(paramLabel = "NAME", description = "The upstream.")
    private String name = "";

    @Option(
            names = "--key",
            paramLabel = "FILE",
            description =
                    "The SSH key that signs seals; repeatable. seal.key beside gateway.yaml unless given, if that exists.")
    private List<Path> keys = List.of();

    @Option(names = "--plan", description = "Only print what would be removed.")
    private boolean plan;

    @Override
    public Integer call() throws Exception {
        PolicyDirectory policy = PolicyCommand.sound(terminal, options, null);
        Seal draft = policy.draft();
        Seal.Upstream upstream = draft.upstreams().get(name);
        if (upstream == null) {
            throw new UsageException("the policy has no upstream `" + name + "`; it has "
                    + String.join(", ", new TreeSet<>(draft.upstreams().keySet())));
        }
        PolicyChange change = PolicyChange.removing(options.policy(null), name, ownFiles(draft, upstream));
        List<String> mistakes = change.mistakes();
        if (!mistakes.isEmpty()) {
            Set<String> positions = new HashSet<>();
            mistakes.stream()
                    .filter(mistake -> positions.add(mistake.substring(0, mistake.indexOf(": ") + 1)))
                    .forEach(terminal::problem);
            throw new IllegalArgumentException(
                    "the policy would be wrong without it; nothing was changed. First take out what needs it");
        }
        PolicySealer sealer = PolicySealer.before(policy, options, keys, terminal);
        if (!plan) {
            change.write();
        }
        return told(draft, upstream, change, plan ? PolicySealer.SealResult.NONE : sealer.seal());
    }

    private static boolean isUsedByOthers(Seal draft, Seal.Upstream upstream) {
        return !others(draft, upstream).isEmpty();
    }

    /** Returns the names of the others with its catalog. */
    private static Set<String> others(Seal draft, Seal.Upstream upstream) {
        return draft.upstreams().values().stream()
                .filter(other -> other.catalog().equals(upstream.catalog()))
                .map(Seal.Upstream::name)
                .filter(other -> !other.equals(upstream.name()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** What {@code upstream add} wrote and nobody has changed, if no other upstream needs it. */
    private Set<String> ownFiles(Seal draft, Seal.Upstream upstream) throws IOException {
        if (isUsedByOthers(draft, upstream)) {
            return Set.of();
        }
        Set<String> files = new TreeSet<>();
        String catalog = "catalogs/" + upstream.catalog() + ".yaml";
        if (text(catalog).startsWith(UpstreamAddCommand.WRITTEN)) {
            files.add(catalog);
        }
        for (Map.Entry<String, String> rules :
                UpstreamAddCommand.starterPolicies(draft, upstream.catalog()).entrySet()) {
            if (text(rules.getKey()).equals(rules.getValue())) {
                files.add(rules.getKey());
            }
        }
        return files;
    }

    private String text(String file) throws IOException {
        Path path = options.policy(null).resolve(file);
        return Files.isRegularFile(path) ? Files.readString(path) : "";
    }

    /** Returns its credentials that are in the vault and that no other upstream of the policy has. */
    private Set<String> leftCredentials(Seal draft, Seal.Upstream upstream) throws IOException {
        Set<String> left = new TreeSet<>(upstream.slots());
        left.retainAll(Credentials.vault(options.config()).filled());
        draft.upstreams().values().stream()
                .filter(other -> !other.name().equals(upstream.name()))
                .forEach(other -> left.removeAll(other.slots()));
        return left;
    }

    /** Returns the places in the policy that still name operations or resources of its catalog, if no other has it. */
    private List<String> leftRules(Seal draft, Seal.Upstream upstream, PolicyChange change) throws IOException {
        if (isUsedByOthers(draft, upstream)) {
            return List.of();
        }
        Pattern named = Pattern.compile("(?<![\\w/-])" + Pattern.quote(upstream.catalog()) + "[/:][a-z]");
        List<String> places = new ArrayList<>();
        try (Stream<Path> files = Files.list(options.policy(null))) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                String fileName = file.getFileName().toString();
                if (change.gone().contains(fileName)) {
                    continue;
                }
                String text = fileName.equals("interlock.yaml") ? change.after() : Files.readString(file);
                List<String> lines = text.lines().toList();
                for (int at = 0; at < lines.size(); at++) {
                    if (named.matcher(lines.get(at)).find()) {
                        places.add(new FilePosition(fileName, at + 1, 0).toString());
                    }
                }
            }
        }
        return places;
    }

    private int told(Seal draft, Seal.Upstream upstream, PolicyChange change, PolicySealer.SealResult result)
            throws IOException {
        Set<String> credentials = leftCredentials(draft, upstream);
        List<String> rules = leftRules(draft, upstream, change);
        boolean isProgram =
                StdioServer.find(options.configFile(), name, upstream.address()).isPresent();
        Json.Members json = Json.object()
                .with("upstream", name)
                .withTexts("lines", change.removed())
                .withTexts("files", change.gone())
                .withTexts("credentials", credentials)
                .withTexts("rules", rules)
                .with("sealed", result == PolicySealer.SealResult.SEALED);
        terminal.answer(options, json, () -> print(change, credentials, rules, isProgram, result));
        Set<String> others = others(draft, upstream);
        if (!others.isEmpty()) {
            terminal.aside("of the same catalog, the policy still has " + String.join(", ", others)
                    + ": interlock upstream remove NAME, if you do not need them either");
        }
        return result.exit();
    }

    private void print(
            PolicyChange change,
            Set<String> credentials,
            List<String> rules,
            boolean isProgram,
            PolicySealer.SealResult result) {
        change.removed().forEach(line -> terminal.line("- " + line));
        change.gone().forEach(file -> terminal.line("- " + file));
        if (!credentials.isEmpty()) {
            terminal.aside("the vault keeps " + String.join(", ", credentials)
                    + ": revoke them at the provider, then for each: interlock vault remove NAME" + options.again());
        }
        if (!rules.isEmpty()) {
            terminal.aside(
                    "the policy still names it in " + rules.stream().limit(FEW).collect(Collectors.joining(", "))
                            + (rules.size() > FEW ? " and " + (rules.size() - FEW) + " more places" : "")
                            + ": remove what you no longer need");
        }
        if (isProgram) {
            terminal.aside("its program still runs, and mcp/" + name
                    + ".json beside gateway.yaml describes it: systemctl disable --now interlock-mcp@" + name
                    + ", then delete that file");
        }
        if (result == PolicySealer.SealResult.SEALED) {
            terminal.line("✓ sealed without " + name);
        } else if (!plan) {
            terminal.line(result.words() + options.again());
        }
    }
}
