package dev.interlock.cli;

import dev.interlock.action.Bytes;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Seal;
import dev.interlock.action.UserName;
import dev.interlock.action.VisibleText;
import dev.interlock.author.StarterPolicy;
import dev.interlock.catalog.CatalogView;
import dev.interlock.catalog.Catalogs;
import dev.interlock.daemon.Interlock;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SshPublicKey;
import dev.interlock.linux.ShellWords;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "init",
        description = "Write a commented gateway.yaml and a starter policy with scenario tests.",
        footer = {
            "  interlock init --organisation pocketos --person jer --key ~/.ssh/id_ed25519_sk.pub \\",
            "      --confirmer sam=sam.pub --upstream railway --address https://backboard.railway.com \\",
            "      --place railway:environment/5d1a9c52=staging"
        })
final class InitCommand extends ConfiguredCommand {

    @Option(
            names = "--dir",
            defaultValue = "interlock",
            description = "The directory to write to; ${DEFAULT-VALUE} unless given.")
    private Path directory = Path.of("interlock");

    @Option(names = "--organisation", description = "The organisation that the policy belongs to.")
    private @Nullable String organisation;

    @Option(names = "--person", description = "The first person: owns agents and approves.")
    private @Nullable String person;

    @Option(names = "--key", paramLabel = "FILE", description = "That person's SSH public key; better an sk- one.")
    private @Nullable String key;

    @Option(
            names = "--confirmer",
            paramLabel = "NAME=FILE",
            description = "Another owner, who may approve, and that person's SSH public key; repeatable.")
    private Map<String, Path> confirmers = new LinkedHashMap<>();

    @Option(
            names = "--solo",
            paramLabel = "RECEIVER",
            description =
                    "For a single person: a delay replaces the second person, and this alert receiver, on another device, is notified of what they sign. See docs/operators.md.")
    private @Nullable String solo;

    @Option(
            names = "--agent",
            defaultValue = "agent",
            description = "The first agent's name; ${DEFAULT-VALUE} unless given.")
    private String agent = "agent";

    @Option(names = "--upstream", description = "The first upstream's name, as in the gateway's paths.")
    private @Nullable String upstream;

    @Option(
            names = "--catalog",
            defaultValue = "railway",
            paramLabel = "NAME|FILE",
            description =
                    "Its catalog: one that comes with Interlock, or a file of your own, which is copied to policy/catalogs; ${DEFAULT-VALUE} unless given.")
    private String catalog = "railway";

    @Option(names = "--address", description = "Its address, as https://backboard.railway.com.")
    private @Nullable String address;

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            description = "The CA certificate that signed its certificate, if it is a private CA.")
    private @Nullable Path authority;

    @Option(
            names = "--place",
            paramLabel = "RESOURCE=ENV",
            description = "Maps a resource to an environment, as railway:environment/ID=staging; repeatable.")
    private Map<String, String> places = new LinkedHashMap<>();

    @Option(
            names = {"--environment", "--env"},
            paramLabel = "ENV",
            split = ",",
            defaultValue = "staging",
            description = "The environment where agents work; ${DEFAULT-VALUE} unless given.")
    private List<String> environments = List.of("staging");

    @Option(
            names = "--protected",
            split = ",",
            defaultValue = "production",
            description = "The protected environment, where agents need approval; ${DEFAULT-VALUE} unless given.")
    private List<String> guarded = List.of("production");

    @Option(
            names = "--preset",
            defaultValue = "standard",
            description =
                    "What the policy does with calls that are neither harmless nor forbidden: `standard` asks people, `strict` refuses all but destruction; ${DEFAULT-VALUE} unless given.")
    private StarterPolicy.Preset preset = StarterPolicy.Preset.STANDARD;

    @Option(
            names = "--data",
            defaultValue = "/var/lib/interlock",
            description = "The daemon's data directory; ${DEFAULT-VALUE} unless given.")
    private Path data = Path.of("/var/lib/interlock");

    @Option(
            names = "--run",
            defaultValue = "/run/interlock",
            description = "The directory for its sockets; ${DEFAULT-VALUE} unless given.")
    private Path run = Path.of("/run/interlock");

    @Option(names = "--listen", defaultValue = "127.0.0.1:7411", description = "${DEFAULT-VALUE} unless given.")
    private String listen = "127.0.0.1:7411";

    @Override
    public Integer call() throws Exception {
        if (Files.exists(directory.resolve("gateway.yaml"))) {
            terminal.problem("`" + directory + "` holds a gateway.yaml already; nothing was written");
            return ExitCodes.DATA;
        }
        if (Files.exists(directory) && !Files.isDirectory(directory)) { // as with the launcher in a checkout
            throw new UsageException("`" + directory + "` is not a directory: name another with --dir");
        }
        Optional<Seal.OwnCatalog> own = own();
        StarterPolicy starter = starter(own.map(Seal.OwnCatalog::name).orElse(catalog));
        CatalogFacts facts = own.map(given -> CatalogView.facts().own().with(Map.of(given.name(), given)))
                .orElseGet(CatalogView::facts);
        Map<String, String> files = files(starter, own, facts);
        new InitCheck(starter, files, facts).require();
        write(directory, files);
        // Overrides the umask: commands reject a configuration that others may write.
        for (Path made : List.of(directory, directory.resolve("policy"), directory.resolve("policy/catalogs"))) {
            if (Files.isDirectory(made)) {
                Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
        report(starter, files);
        return ExitCodes.OK;
    }

    static void write(Path directory, Map<String, String> files) throws IOException {
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path path = directory.resolve(file.getKey());
            Files.createDirectories(path.resolveSibling(""));
            Files.writeString(path, file.getValue());
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
        }
    }

    private Optional<Seal.OwnCatalog> own() throws IOException {
        if (!catalog.endsWith(".yaml")) {
            return Optional.empty();
        }
        Path file = Path.of(catalog);
        String text = Files.readString(file);
        String name = Catalogs.read(file.toString(), Bytes.utf8(text)).name();
        return Optional.of(new Seal.OwnCatalog(name, text, false));
    }

    private StarterPolicy starter(String catalog) throws IOException {
        requireAll();
        Map<String, String> others = new LinkedHashMap<>();
        for (Map.Entry<String, Path> other : confirmers.entrySet()) {
            others.put(other.getKey(), line(other.getValue()));
        }
        return new StarterPolicy(
                asked("organisation", organisation),
                asked("person", person),
                line(Path.of(asked("key", key))),
                agent,
                asked("upstream", upstream),
                catalog,
                asked("address", address),
                environments,
                guarded,
                others,
                authority == null ? Optional.empty() : Optional.of(Files.readString(authority)),
                places,
                Optional.ofNullable(solo),
                new TreeSet<>(List.of(Interlock.me().getName(), "root")),
                preset);
    }

    private static String line(Path publicKey) throws IOException {
        return Files.readString(publicKey).strip();
    }

    /** Without a person to ask, all missing options are reported at once. */
    private void requireAll() {
        Map<String, Optional<String>> needed = new LinkedHashMap<>();
        needed.put("--organisation", Optional.ofNullable(organisation));
        needed.put("--person", Optional.ofNullable(person));
        needed.put("--key", Optional.ofNullable(key));
        needed.put("--upstream", Optional.ofNullable(upstream));
        needed.put("--address", Optional.ofNullable(address));
        needed.values().removeIf(Optional::isPresent);
        if (!needed.isEmpty() && !terminal.isInteractive()) {
            throw new UsageException(
                    "`init` needs " + String.join(", ", needed.keySet()) + "; `interlock init --help` has an example");
        }
    }

    private Map<String, String> files(StarterPolicy starter, Optional<Seal.OwnCatalog> own, CatalogFacts facts) {
        Map<String, String> files = new LinkedHashMap<>();
        files.put(
                "gateway.yaml",
                new GatewayYaml(
                                starter.organisation(),
                                listen,
                                data,
                                run,
                                List.of("root"),
                                Stream.concat(Stream.of(starter.key()), starter.confirmers().values().stream())
                                        .map(key -> SshPublicKey.parse(key).line()) // a comment may hold anything
                                        .toList(),
                                false)
                        .text());
        starter.files(facts).forEach((name, text) -> files.put("policy/" + name, text));
        own.ifPresent(given -> files.put("policy/catalogs/" + given.name() + ".yaml", given.text()));
        return files;
    }

    /** Returns the option, or, in a terminal, the answer to a question. */
    private String asked(String name, @Nullable String given) {
        if (given != null) {
            return given;
        }
        return terminal.ask(name).orElseThrow(() -> new UsageException("`--" + name + "` is needed"));
    }

    private void report(StarterPolicy starter, Map<String, String> files) throws IOException {
        List<String> warnings = warnings(starter, Interlock.me().getName());
        warnings.forEach(warning -> terminal.problem("warning: " + warning));
        Json.Members json = Json.object()
                .with("directory", directory.toString())
                .withTexts("files", files.keySet())
                .withTexts("credentials", starter.firstCredentials())
                .withTexts("further_credentials", starter.furtherCredentials())
                .withTexts("warnings", warnings);
        terminal.answer(options, json, () -> print(starter, files));
    }

    private void print(StarterPolicy starter, Map<String, String> files) {
        files.keySet().forEach(file -> terminal.line("wrote " + directory.resolve(file)));
        terminal.line("");
        // The default directory is found without an option.
        String at = directory.equals(Path.of("interlock"))
                ? ""
                : " --config " + ShellWords.quoted(directory.resolve("gateway.yaml"));
        terminal.line("Read them, then:");
        terminal.line("  interlock policy test" + at);
        terminal.line("  sudo install -d -m 700 -o interlock " + ShellWords.quoted(data)); // the package made the user
        starter.firstCredentials().forEach(name -> terminal.line("  sudo interlock vault put " + name + at));
        if (starter.confirmers().isEmpty()) {
            terminal.line("  sudo interlock seal --key KEY" + at);
        } else {
            String other = starter.confirmers().keySet().iterator().next();
            terminal.line("  interlock seal --key KEY --out seal.json" + at);
            terminal.line("  sudo interlock seal --key KEY --sign seal.json" + at + "    # " + other
                    + " signs too: gateway.yaml asks for two");
        }
        terminal.line("");
        terminal.line("Whatever needs another credential is refused, until you put it in the same way: "
                + String.join(", ", starter.furtherCredentials()) + ".");
    }

    static List<String> warnings(StarterPolicy starter, String me) {
        List<String> warnings = new ArrayList<>();
        if (!starter.canBeConfirmed()) {
            warnings.add(
                    "nobody can yet approve what " + starter.person()
                            + "'s agents ask for: the person behind a lease must sign with a passkey or a hardware SSH key; once the gateway runs, `sudo interlock key invite "
                            + starter.person()
                            + "` and create a passkey in the console, or give an sk- key here, or name a second person with --confirmer NAME=FILE");
        }
        if (starter.canBeConfirmed()
                && starter.isAlone()
                && !starter.protectedEnvironments().isEmpty()) {
            warnings.add("nobody but " + starter.person() + " can approve a loss in "
                    + String.join(" and ", starter.protectedEnvironments())
                    + ": name a second person with --confirmer NAME=FILE, or a second device with --solo RECEIVER");
        }
        if (starter.softwareKeys()) {
            warnings.add(
                    "a key here is a software key, so the policy says `software-keys: true`: anyone who can read the file can approve, and its approvals are reported as weak; better: ssh-keygen -t ed25519-sk");
        }
        starter.notice()
                .ifPresent(receiver ->
                        warnings.add("a single person can sign only while alerts reach them: define `" + receiver
                                + "` under `alerts` in gateway.yaml, on a device other than the one they sign with"));
        if (!UserName.is(me)) {
            warnings.add("the user `" + VisibleText.line(me)
                    + "` has a user name that a seal cannot contain: on this machine only root can issue leases for "
                    + starter.person() + "'s agent");
        }
        if (starter.places().isEmpty()) {
            warnings.add(
                    "no resource is mapped to an environment yet, so everything counts as protected; map resources with --place, or under `resources` in interlock.yaml");
        }
        return warnings;
    }
}
