package dev.interlock.cli;

import dev.interlock.action.Bytes;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Seal;
import dev.interlock.action.UserName;
import dev.interlock.action.VisibleText;
import dev.interlock.author.Starter;
import dev.interlock.catalog.CatalogView;
import dev.interlock.catalog.Catalogs;
import dev.interlock.daemon.Interlock;
import dev.interlock.evidence.Json;
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
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "init",
        mixinStandardHelpOptions = true,
        description = "Write a commented gateway.yaml and a starter policy with scenario tests.",
        footer = {
            "",
            "Example:",
            "  interlock init --organisation pocketos --person jer --key ~/.ssh/id_ed25519_sk.pub \\",
            "      --confirmer sam=sam.pub --upstream railway --address https://backboard.railway.com \\",
            "      --place railway:environment/5d1a9c52=staging"
        })
final class InitCommand implements Callable<Integer> {

    @Option(names = "--dir", defaultValue = "interlock", description = "Where; ${DEFAULT-VALUE} unless given.")
    private Path directory = Path.of("interlock");

    @Option(names = "--organisation", description = "Whose policy it is.")
    private @Nullable String organisation;

    @Option(names = "--person", description = "The first person who owns agents and confirms.")
    private @Nullable String person;

    @Option(names = "--key", paramLabel = "FILE", description = "That person's SSH public key; better an sk- one.")
    private @Nullable String key;

    @Option(
            names = "--confirmer",
            paramLabel = "NAME=FILE",
            description = "Another owner, who may confirm, and that person's SSH public key; repeatable.")
    private Map<String, Path> confirmers = new LinkedHashMap<>();

    @Option(
            names = "--solo",
            paramLabel = "RECEIVER",
            description =
                    "There is one person only: a delay stands in for a second one, and this receiver of alerts, on"
                            + " another device, hears of what they sign. See docs/operators.md.")
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
            description = "What understands it: a catalog that comes with Interlock, or a file of your own, which is"
                    + " copied to policy/catalogs; ${DEFAULT-VALUE} unless given.")
    private String catalog = "railway";

    @Option(names = "--address", description = "Where it is, as https://backboard.railway.com.")
    private @Nullable String address;

    @Option(names = "--ca", paramLabel = "FILE", description = "The authority of its certificate, if a private one.")
    private @Nullable Path authority;

    @Option(
            names = "--place",
            paramLabel = "RESOURCE=ENV",
            description = "Where something is, as railway:environment/ID=staging; repeatable.")
    private Map<String, String> places = new LinkedHashMap<>();

    @Option(
            names = {"--environment", "--env"},
            paramLabel = "ENV",
            split = ",",
            defaultValue = "staging",
            description = "Where agents work; ${DEFAULT-VALUE} unless given.")
    private List<String> environments = List.of("staging");

    @Option(
            names = "--protected",
            split = ",",
            defaultValue = "production",
            description = "Where nothing happens without people; ${DEFAULT-VALUE} unless given.")
    private List<String> guarded = List.of("production");

    @Option(
            names = "--data",
            defaultValue = "/var/lib/interlock",
            description = "The daemon's data; ${DEFAULT-VALUE} unless given.")
    private Path data = Path.of("/var/lib/interlock");

    @Option(
            names = "--run",
            defaultValue = "/run/interlock",
            description = "Its sockets; ${DEFAULT-VALUE} unless given.")
    private Path run = Path.of("/run/interlock");

    @Option(names = "--listen", defaultValue = "127.0.0.1:7411", description = "${DEFAULT-VALUE} unless given.")
    private String listen = "127.0.0.1:7411";

    @Mixin
    private Options options = new Options();

    private final Terminal terminal;

    InitCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws Exception {
        if (Files.exists(directory.resolve("gateway.yaml"))) {
            terminal.problem("`" + directory + "` holds a gateway.yaml already; nothing was written");
            return ExitCodes.DATA;
        }
        if (Files.exists(directory) && !Files.isDirectory(directory)) { // as with the launcher in a checkout
            throw new UsageException("`" + directory + "` is no directory: name another with --dir");
        }
        Optional<Seal.OwnCatalog> own = own();
        Starter starter = starter(own.map(Seal.OwnCatalog::name).orElse(catalog));
        CatalogFacts facts = own.map(given -> CatalogView.facts().own().with(Map.of(given.name(), given)))
                .orElseGet(CatalogView::facts);
        Map<String, String> files = files(starter, own, facts);
        new InitCheck(starter, files, facts).require();
        write(directory, files);
        // Overrides the umask: commands reject a configuration that others may write.
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        for (Path inner : List.of(directory.resolve("policy"), directory.resolve("policy/catalogs"))) {
            if (Files.isDirectory(inner)) {
                Files.setPosixFilePermissions(inner, PosixFilePermissions.fromString("rwxr-xr-x"));
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

    /** Returns the catalog, if it is a file of the organisation's own. */
    private Optional<Seal.OwnCatalog> own() throws IOException {
        if (!catalog.endsWith(".yaml")) {
            return Optional.empty();
        }
        Path file = Path.of(catalog);
        String text = Files.readString(file);
        String name = Catalogs.read(file.toString(), Bytes.utf8(text)).name();
        return Optional.of(new Seal.OwnCatalog(name, text, false));
    }

    private Starter starter(String catalog) throws IOException {
        requireAll();
        Map<String, String> others = new LinkedHashMap<>();
        for (Map.Entry<String, Path> other : confirmers.entrySet()) {
            others.put(other.getKey(), line(other.getValue()));
        }
        return new Starter(
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
                new TreeSet<>(List.of(Interlock.me().getName(), "root")));
    }

    private static String line(Path publicKey) throws IOException {
        return Files.readString(publicKey).strip();
    }

    /** Without a person to ask, all missing options are reported at once. */
    private void requireAll() {
        if (terminal.isInteractive()) {
            return;
        }
        List<String> missing = new ArrayList<>();
        require(missing, "--organisation", organisation);
        require(missing, "--person", person);
        require(missing, "--key", key);
        require(missing, "--upstream", upstream);
        require(missing, "--address", address);
        if (!missing.isEmpty()) {
            throw new UsageException(
                    "`init` needs " + String.join(", ", missing) + "; `interlock init --help` has an example");
        }
    }

    private static void require(List<String> missing, String option, @Nullable String given) {
        if (given == null) {
            missing.add(option);
        }
    }

    private Map<String, String> files(Starter starter, Optional<Seal.OwnCatalog> own, CatalogFacts facts) {
        Map<String, String> files = new LinkedHashMap<>();
        files.put("gateway.yaml", gateway(starter.organisation(), starter.key()));
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

    private String gateway(String organisation, String sealer) {
        return """
                # What is local to this machine. It belongs to root; what decides about actions is in policy/, and sealed.

                # The name of this gateway's log, in every receipt. It cannot be changed later.
                origin: interlock.%s.example/gateway-1

                # The reverse front: agents call http://%s/<upstream>/… Loopback only.
                listen: %s

                # With these it speaks TLS, and nothing in the clear: https://…
                # tls: {certificate: /etc/interlock/front.pem, key: /etc/interlock/front.key}

                # Ledger, vault, store and the seal in force: the daemon's own, mode 0700.
                data: %s

                # Sockets.
                run: %s

                # A second place for the ledger, best on another disk, so that a cut-off log is caught.
                # replica: /mnt/elsewhere/interlock

                # Who may use the administrative socket, by user name or number.
                admins: [root]

                # Whose signatures make a seal. Pinned here, and nowhere an agent can write.
                seal-signers:
                  quorum: 1
                  keys:
                    - "%s"

                # Where people look and sign, in a browser; docs/console.md says what a phone needs.
                # console: {listen: 127.0.0.1:7412, origin: "http://localhost:7412"}

                # Where alerts go besides standard error; `alerts` in interlock.yaml says who is told what.
                # alerts:
                #   siem:   {url: https://example.com/hook, secret-file: /etc/interlock/webhook.secret}
                #   people: {slack-url-file: /etc/interlock/slack.url}
                #   pager:  {exec: /usr/local/lib/interlock/page}
                """.formatted(
                organisation, listen, TextQuoting.yaml(listen), TextQuoting.yaml(data), TextQuoting.yaml(run), sealer);
    }

    private void report(Starter starter, Map<String, String> files) throws IOException {
        List<String> warnings = warnings(starter, Interlock.me().getName());
        warnings.forEach(warning -> terminal.problem("warning: " + warning));
        if (options.json()) {
            terminal.json(Json.object()
                    .with("directory", directory.toString())
                    .withTexts("files", files.keySet())
                    .withTexts("credentials", starter.credentials())
                    .withTexts("warnings", warnings));
            return;
        }
        files.keySet().forEach(file -> terminal.line("wrote " + directory.resolve(file)));
        terminal.line("");
        // The default directory is found without an option.
        String at = directory.equals(Path.of("interlock"))
                ? ""
                : " --config " + TextQuoting.shell(directory.resolve("gateway.yaml"));
        terminal.line("Read them, then:");
        terminal.line("  interlock policy test" + at);
        terminal.line("  sudo interlock install" + at);
        starter.credentials().forEach(name -> terminal.line("  sudo interlock vault put " + name + at));
        terminal.line("  sudo interlock seal --key KEY" + at);
    }

    static List<String> warnings(Starter starter, String me) {
        List<String> warnings = new ArrayList<>();
        if (!starter.canBeConfirmed()) {
            warnings.add(
                    "nobody can confirm what " + starter.person() + "'s agents ask for yet: whoever is behind a lease"
                            + " signs with a passkey or a hardware SSH key only; once the gateway runs, `sudo interlock key invite "
                            + starter.person()
                            + "` and make a passkey in the console, or give an sk- key here, or name a second"
                            + " person with --confirmer NAME=FILE");
        }
        if (starter.softwareKeys()) {
            warnings.add(
                    "a key here is a mere file, so the policy says `software-keys: true`: whoever can read the file"
                            + " can confirm, and what it confirms is reported as weak; better: ssh-keygen -t ed25519-sk");
        }
        starter.notice()
                .ifPresent(receiver ->
                        warnings.add("whoever is alone can sign only while messages reach them: name `" + receiver
                                + "` under `alerts` in gateway.yaml, on another device than the one they sign with"));
        if (!UserName.is(me)) {
            warnings.add("the user `" + VisibleText.line(me)
                    + "` is called what no seal can name: of this machine's users root" + " alone takes leases of "
                    + starter.person() + "'s agent");
        }
        if (starter.places().isEmpty()) {
            warnings.add("nothing is placed yet, so everything counts as protected; say where things are with --place,"
                    + " or under `resources` in interlock.yaml");
        }
        return warnings;
    }
}
