package dev.interlock.cli;

import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminapi.LeaseTerms;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.backup.BackupConfig;
import dev.interlock.config.Config;
import dev.interlock.confine.AgentLaunch;
import dev.interlock.confine.GatewayPlaces;
import dev.interlock.confine.SandboxExamination;
import dev.interlock.confine.SandboxException;
import dev.interlock.confine.SandboxLauncher;
import dev.interlock.confine.SandboxReadiness;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.SshPublicKey;
import dev.interlock.linux.PrivateFiles;
import dev.interlock.program.ExitCodes;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "doctor",
        description = {
            "Check whether this machine can confine an agent. Where there is a backups.yaml, also check who else can use its keys and passwords, and whether the seal names its attest key. With `remote` in gateway.yaml, also try its listener as a stranger does. With --as-agent, try every way out of a sandbox from inside.",
            "Exit code 1 if something needs repair or a way out is open, 69 if something could not be checked or tried."
        },
        footer = {
            "  interlock doctor",
            "  interlock doctor --as-agent",
            "  interlock doctor --as-agent --here --uid 61234"
        })
final class DoctorCommand extends ConfiguredCommand {

    @Option(names = "--as-agent", description = "Start a sandbox as for any agent, and try to get out of it.")
    private boolean asAgent;

    @Option(
            names = "--here",
            description = "Without Interlock's sandbox: test your own isolation as the agent's user (docs/agents.md).")
    private boolean here;

    @Parameters(
            arity = "0..*",
            paramLabel = "STARTER",
            description =
                    "With --here, after --: the command that starts agents here; setpriv to the agent's user unless given.")
    private List<String> starter = List.of();

    @Option(names = "--agent", description = "The enrolled agent; may be left out if you own only one.")
    private @Nullable String agent;

    @Option(names = "--task", description = "A task template of the seal, or any name; `doctor` unless given.")
    private String task = LeaseTerms.EXAMINATION;

    @Option(
            names = {"--environment", "--env"},
            paramLabel = "ENV",
            split = ",",
            description = "As for `run`; needed if the task is not a template of the seal.")
    private Set<String> environments = new LinkedHashSet<>();

    @Option(names = "--uid", description = "The numeric user to run the agent as; only root can set it.")
    private @Nullable Integer uid;

    @Option(
            names = "--workspace",
            paramLabel = "DIRECTORY",
            description = "The workspace for the test; an empty one unless given.")
    private @Nullable Path workspace;

    @Option(names = "--read", paramLabel = "DIRECTORY", description = "As for `run`.")
    private List<Path> readable = List.of();

    @Override
    public Integer call() throws Exception {
        if ((here && !asAgent) || (!starter.isEmpty() && !here)) {
            throw new UsageException("--here needs --as-agent, and a command needs --here");
        }
        if (!asAgent) {
            return readiness();
        }
        try {
            return report(here ? examineHere(options.config()) : examine(options.config()));
        } catch (SandboxException e) {
            terminal.problem(e.getMessage() + " " + e.next());
            return e.fault() == SandboxException.SandboxFault.ORDER ? ExitCodes.USAGE : ExitCodes.UNAVAILABLE;
        }
    }

    private int readiness() throws IOException {
        SandboxReadiness readiness = SandboxLauncher.check();
        BackupFindings backups = BackupFindings.of(options, Options.agentUser(uid));
        RemoteListenerCheck.ListenerFindings remote = RemoteListenerCheck.of(options);
        RemoteListenerCheck.ListenerFindings databases = DatabaseListenerCheck.of(options);
        List<String> unseen = Stream.of(backups.unsure(), backups.unseen(), remote.unseen(), databases.unseen())
                .flatMap(List::stream)
                .toList();
        Json.Members json = RecordJson.write(readiness)
                .with("ready", readiness.ready())
                .withTexts("backup_secrets", backups.secrets())
                .withTexts("backup_attester", backups.attester().stream())
                .withItems("remote", remote.findings().stream().map(RecordJson::write))
                .withItems("databases", databases.findings().stream().map(RecordJson::write))
                .withTexts("not_looked_at", unseen);
        terminal.answer(options, json, () -> {
            tell(readiness, backups, remote);
            tell(databases.findings(), "databases  ");
        });
        unseen.forEach(why -> terminal.problem("not checked: " + why));
        if (!readiness.ready() || backups.isWrong() || remote.isWrong() || databases.isWrong()) {
            return ExitCodes.NO;
        }
        boolean isWhole = backups.unseen().isEmpty()
                && remote.unseen().isEmpty()
                && databases.unseen().isEmpty();
        return isWhole ? ExitCodes.OK : ExitCodes.UNAVAILABLE;
    }

    private void tell(SandboxReadiness readiness, BackupFindings backups, RemoteListenerCheck.ListenerFindings remote) {
        tell(readiness.findings(), "");
        terminal.line(
                readiness.ready() ? "This machine can confine an agent." : "This machine cannot confine an agent yet.");
        Stream.concat(backups.secrets().stream(), backups.attester().stream())
                .forEach(one -> terminal.line("✗ backups  " + one));
        if (backups.isFine()) {
            terminal.line("✓ backups  backups.yaml is valid, and nobody else can use the secrets that it names");
        }
        tell(remote.findings(), "remote  ");
    }

    private void tell(List<SandboxReadiness.SandboxRequirement> findings, String about) {
        findings.forEach(one -> terminal.line((one.met() ? "✓ " : "✗ ") + about + one.name() + "  " + one.detail()
                + (one.met() ? "" : "\n    close   " + one.remedy())));
    }

    private List<SandboxExamination.EscapeResult> examine(Config config) throws Exception {
        Path scratch = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
        int user = Options.agentUser(uid);
        Path own = workspace == null ? emptyWorkspace(scratch, user) : workspace.toAbsolutePath();
        try {
            return new SandboxExamination(scratch, System.getenv())
                    .examineSandbox(
                            new GatewayPlaces(
                                    AdminClient.at(config.adminSocket()),
                                    Optional.empty(),
                                    lease -> LeaseCommand.print(lease, terminal)),
                            Optional.ofNullable(agent),
                            task,
                            environments,
                            user,
                            order(config, own),
                            gatewaysOwn(config),
                            Map.of("admin-socket", config.adminSocket()));
        } finally {
            if (workspace == null) {
                Files.deleteIfExists(own);
            }
        }
    }

    private List<SandboxExamination.EscapeResult> examineHere(Config config) throws Exception {
        int user = Options.agentUser(uid);
        List<String> start = starter.isEmpty() ? SandboxExamination.starter(user) : starter;
        AdminClient gateway = AdminClient.at(config.adminSocket());
        LeaseQuestion.IssuedLease lease = gateway.ask(new LeaseQuestion.IssueLease(new LeaseTerms(
                task, Optional.ofNullable(agent), Set.copyOf(environments), Set.of(), Set.of(), Optional.empty())));
        LeaseCommand.print(lease, terminal);
        try {
            return new SandboxExamination(Path.of(System.getProperty("java.io.tmpdir", "/tmp")), System.getenv())
                    .examineWithoutSandbox(
                            start,
                            URI.create(config.frontAddress()),
                            lease.token(),
                            keptToItself(config),
                            List.of(options.configFile().toAbsolutePath(), options.policy(null)),
                            config.adminSocket());
        } finally {
            gateway.ask(new LeaseQuestion.RevokeLease(lease.lease()));
        }
    }

    private static Path emptyWorkspace(Path scratch, int user) throws IOException {
        Path directory = PrivateFiles.temporaryDirectory(scratch, "interlock-workspace-");
        if (!Files.getAttribute(directory, "unix:uid").equals(user)) {
            Files.setAttribute(directory, "unix:uid", user);
        }
        return directory;
    }

    private AgentLaunch.RunOrder order(Config config, Path own) throws IOException {
        return new AgentLaunch.RunOrder(
                List.of("examined"), own, Map.of(), readable, Options.hidden(config), options.covered(), false);
    }

    private static Map<String, Path> keptToItself(Config config) {
        return new TreeMap<>(Map.of(
                "vault", config.vault(),
                "ledger", config.data().resolve("ledger"),
                "store", config.data().resolve("store.db")));
    }

    private Map<String, Path> gatewaysOwn(Config config) throws IOException {
        Map<String, Path> own = keptToItself(config);
        // Not `run` itself: the usual one has the name of the directory in which a sandbox finds its own place.
        own.put("other-places", config.run().resolve("places"));
        own.put("configuration", options.configFile().toAbsolutePath());
        own.put("policy", options.policy(null).resolve("interlock.yaml"));
        config.replica().ifPresent(replica -> own.put("replica", replica));
        return own;
    }

    private int report(List<SandboxExamination.EscapeResult> checks) {
        long open = checks.stream().filter(check -> !check.blocked()).count();
        Json.Members json = Json.object()
                .withItems("checks", checks.stream().map(RecordJson::write))
                .with("open", open);
        terminal.answer(options, json, () -> {
            checks.forEach(check -> terminal.line((check.blocked() ? "✓ blocked  " : "✗ OPEN     ") + check.name()
                    + "  " + check.detail() + (check.blocked() ? "" : "\n    close    " + check.close())));
            terminal.line(
                    open == 0
                            ? "No way out: " + CellFormat.number(checks.size(), "way")
                                    + " tried, and the gateway answers."
                            : CellFormat.number(open, "way") + " of " + checks.size() + " open.");
        });
        return open == 0 ? ExitCodes.OK : ExitCodes.NO;
    }

    /**
     * What {@code doctor} finds of the backups that are taken on this machine. People alone can judge what is
     * {@code unsure}.
     */
    record BackupFindings(
            boolean here, List<String> secrets, Optional<String> attester, List<String> unsure, List<String> unseen) {
        static BackupFindings of(Options options, int agents) {
            List<String> unseen = new ArrayList<>();
            try {
                BackupConfig backups = BackupConfig.beside(options.configFile());
                Optional<Config> config =
                        Files.exists(options.configFile()) ? Optional.of(options.config()) : Optional.empty();
                BackupSecrets.SecretFindings secrets = BackupSecrets.check(backups, config, agents);
                unseen.addAll(secrets.unseen());
                Optional<String> attester = config.flatMap(one -> attester(backups.attestKey(), one, unseen));
                return new BackupFindings(true, secrets.wrong(), attester, secrets.unsure(), unseen);
            } catch (FileNotFoundException | NoSuchFileException e) {
                return new BackupFindings(false, List.of(), Optional.empty(), List.of(), List.of());
            } catch (IOException | RuntimeException e) {
                unseen.add("check of the secrets that backups use: " + e.getMessage());
                return new BackupFindings(true, List.of(), Optional.empty(), List.of(), unseen);
            }
        }

        /** If a key was replaced on one side only, the gateway accepts no attestation of this machine. */
        private static Optional<String> attester(Path file, Config config, List<String> unseen) {
            String what = "whether the seal names `" + file + "` among `attesters`: ";
            SshPublicKey key;
            try {
                key = SshPublicKey.parse(
                        Files.readString(Path.of(file + ".pub")).strip());
            } catch (IOException | MalformedException e) {
                unseen.add(what + "its public key is not in the file beside it, or cannot be used");
                return Optional.empty();
            }
            try {
                Optional<byte[]> seal = SealInForce.said(config);
                if (seal.isEmpty()) {
                    unseen.add(what + "the seal in force cannot be read from here");
                } else if (!SealDocument.read(seal.get()).backups().attesters().contains(key)) {
                    return Optional.of(
                            "`" + file + "` (" + key.fingerprint()
                                    + "), the key that attests backups, is not among the `attesters` of the seal in force, so the gateway rejects every attestation that it signs. Add its public key to `attesters` in interlock.yaml and seal, or name the sealed key in backups.yaml");
                }
            } catch (IOException | RuntimeException e) {
                unseen.add(what + "the seal in force cannot be read: " + e.getMessage());
            }
            return Optional.empty();
        }

        boolean isWrong() {
            return !secrets.isEmpty() || attester.isPresent();
        }

        /** Nobody else could use the secrets, all were checked, and nothing is left for people to judge. */
        boolean isFine() {
            return here && secrets.isEmpty() && unsure.isEmpty() && unseen.isEmpty();
        }
    }
}
