package dev.interlock.cli;

import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.adopt.FoundCredential;
import dev.interlock.config.Config;
import dev.interlock.credentials.Credentials;
import dev.interlock.evidence.Json;
import dev.interlock.linux.ProcessStat;
import dev.interlock.setup.SetupStep;
import dev.interlock.vault.SlotContent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The steps of {@code interlock setup}, in their order. Each uses the command that people would type. People's own
 * files change last, when all else is proved.
 */
record SetupSteps(Path directory, Path key) {

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(90);
    private static final String GATEWAY = "dev.interlock.daemon.GatewayMain";
    private static final String KEYS = "dev.interlock.keys.KeysMain";
    private static final Path PACKAGE = Path.of("/var/lib/dpkg/info/interlock.list");
    private static final InstalledCopy PROGRAM = new InstalledCopy(Path.of("/usr/local"));
    private static final List<String> UNITS = List.of("interlock-keys", "interlock");

    Path configFile() {
        return directory.resolve("gateway.yaml");
    }

    private Config config() throws IOException {
        return Config.read(configFile());
    }

    /** For undoing, the arguments do not matter: what a step needs then is in its record. */
    List<SetupStep> all(
            ConfigurationStep configuration,
            Map<String, SlotContent> slots,
            List<FoundCredential> moved,
            ProtectStep.ProtectedPerson person) {
        return List.of(
                new KeyStep(),
                configuration,
                new InstallStep(),
                new VaultStep(slots),
                new CommandStep(
                        "seal",
                        "test the policy and sign it",
                        "the policy is no longer in force",
                        List.of(
                                "seal",
                                "--key",
                                key.toString(),
                                "--config",
                                configFile().toString())),
                new StartStep(_ -> {}),
                proof(),
                new ProtectStep(configFile(), person),
                new DecoyStep(moved));
    }

    List<SetupStep> toUndo() {
        return all(new ConfigurationStep(directory, Map::of), Map.of(), List.of(), ProtectStep.ProtectedPerson.NOBODY);
    }

    /** Starts what does not run, and anew what runs a replaced program; then tries every way out. */
    void prove(Consumer<String> progress) throws Exception {
        new StartStep(progress).perform();
        proof().perform();
    }

    private CommandStep proof() {
        return new CommandStep(
                "proof",
                "try every way out of the sandbox, as an agent would",
                "nothing is proved any more",
                List.of(
                        "doctor",
                        "--as-agent",
                        "--task",
                        "work",
                        "--config",
                        configFile().toString()));
    }

    private abstract static class NamedStep implements SetupStep {
        private final String name;
        private final String description;

        NamedStep(String name, String description) {
            this.name = name;
            this.description = description;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public String description() {
            return description;
        }
    }

    /** Runs a command of this program; there is nothing to put back. */
    private record CommandStep(String name, String description, String undone, List<String> command)
            implements SetupStep {
        @Override
        public void perform() throws IOException {
            ByteArrayOutputStream said = new ByteArrayOutputStream();
            PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
            if (InterlockCommand.run(out, out, command.toArray(String[]::new)) != 0) {
                throw new IOException("`interlock " + String.join(" ", command) + "` failed: "
                        + said.toString(StandardCharsets.UTF_8).strip());
            }
        }

        @Override
        public String undoing(Json.Members intention) {
            return undone;
        }
    }

    static void program(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.waitFor() != 0) {
            throw new IOException("`" + String.join(" ", command) + "` failed: " + said);
        }
    }

    /** Agents of a person could use the keys in that person's home, so this one is root's. */
    private final class KeyStep extends NamedStep {

        KeyStep() {
            super("key", "make the key that signs the policy, readable by root alone: " + key);
        }

        @Override
        public Json.Members intention() {
            return Json.object().with("file", key.toString()).with("existed", Files.exists(key));
        }

        @Override
        public void perform() throws IOException, InterruptedException {
            if (!Files.exists(key)) {
                Files.createDirectories(key.resolveSibling(""));
                program("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "interlock-seals", "-f", key.toString());
            }
        }

        @Override
        public String undoing(Json.Members intention) {
            return intention.flag("existed")
                    ? "leave " + intention.text("file") + ", which was there before"
                    : "remove the key " + intention.text("file");
        }

        @Override
        public String undo(Json.Members intention) throws IOException {
            if (!intention.flag("existed")) {
                Files.deleteIfExists(Path.of(intention.text("file")));
                Files.deleteIfExists(Path.of(intention.text("file") + ".pub"));
            }
            return undoing(intention);
        }
    }

    static void removeIfEmpty(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            try (var inside = Files.list(path)) {
                if (inside.findAny().isPresent()) {
                    return;
                }
            }
            Files.delete(path);
        }
    }

    /** As the package does. What is there keeps its content. */
    private void makeDirectories() throws IOException, InterruptedException {
        Config config = config();
        Config.Keys keys = config.keys().orElseThrow();
        for (String user : List.of(keys.gateway(), keys.user())) {
            if (new ProcessBuilder("id", user)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    != 0) {
                program("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", user);
            }
        }
        makeDirectories(keys.gateway(), config.data(), config.run());
        makeDirectories(keys.user(), keys.data(), keys.run());
    }

    private static void makeDirectories(String user, Path data, Path run) throws IOException, InterruptedException {
        program("install", "-d", "-m", "0700", "-o", user, data.toString());
        program("install", "-d", "-m", "0755", "-o", user, run.toString());
    }

    private final class InstallStep extends NamedStep {

        InstallStep() {
            super("installation", "make the users, the data directories and the services");
        }

        @Override
        public void perform() throws IOException, InterruptedException {
            makeDirectories();
            PROGRAM.make();
            if (SystemdUnits.runs()) {
                new SystemdUnits(TextQuoting.unit(PROGRAM.launcher()), TextQuoting.unit(configFile())).write();
            }
        }

        @Override
        public String undoing(Json.Members intention) {
            return "keep all data: the ledger proves what happened";
        }

        @Override
        public List<String> left(Json.Members intention) throws IOException {
            if (!Files.exists(configFile())) {
                return List.of();
            }
            Config config = config();
            List<String> data = new ArrayList<>(List.of(config.data().toString()));
            List<String> users = new ArrayList<>(List.of("interlock"));
            config.keys().ifPresent(keys -> {
                data.add(keys.data().toString());
                users.add(keys.user());
            });
            return List.of(
                    "ledger, people's passkeys and the vault: sudo rm -r " + String.join(" ", data),
                    "records of sessions, with what agents printed: rm -r ~/.local/state/interlock",
                    "the users " + String.join(" and ", users) + ": "
                            + (Files.exists(PACKAGE)
                                    ? "sudo apt purge interlock, once that data is gone; it removes the program too"
                                    : users.stream()
                                            .map(user -> "sudo userdel " + user)
                                            .collect(Collectors.joining(" && "))));
        }
    }

    private final class VaultStep extends NamedStep {
        private final Map<String, SlotContent> slots;

        VaultStep(Map<String, SlotContent> slots) {
            super("vault", "put copies into the vault, as " + String.join(", ", new TreeSet<>(slots.keySet())));
            this.slots = new TreeMap<>(slots);
        }

        @Override
        public Json.Members intention() {
            return Json.object().withTexts("slots", slots.keySet());
        }

        @Override
        public void perform() throws IOException {
            for (Map.Entry<String, SlotContent> slot : slots.entrySet()) {
                Credentials.put(config(), configFile(), slot.getKey(), slot.getValue());
            }
        }

        @Override
        public String undoing(Json.Members intention) {
            return "remove from the vault " + String.join(", ", intention.texts("slots"));
        }

        @Override
        public List<String> left(Json.Members intention) throws IOException {
            if (!Files.exists(configFile()) || !Files.exists(config().vault())) {
                return List.of();
            }
            List<String> later = Credentials.vault(config()).filled().stream()
                    .filter(slot -> !intention.texts("slots").contains(slot))
                    .toList();
            return later.isEmpty()
                    ? List.of()
                    : List.of("in the vault, because setup did not put it there: " + String.join(", ", later)
                            + "; revoke it at the provider, then: sudo rm -r " + config().vault());
        }

        @Override
        public String undo(Json.Members intention) throws IOException {
            for (String slot : intention.texts("slots")) {
                Credentials.remove(config(), slot);
            }
            return undoing(intention);
        }
    }

    private final class StartStep extends NamedStep {
        private final Consumer<String> progress;

        StartStep(Consumer<String> progress) {
            super(
                    "start",
                    "start the gateway and its keys process, now"
                            + (SystemdUnits.runs() ? " and at each boot" : ": there is no systemd to do it at boot"));
            this.progress = progress;
        }

        @Override
        public Json.Members intention() {
            return Json.object().with("config", configFile().toString());
        }

        @Override
        public void perform() throws IOException, InterruptedException {
            if (SystemdUnits.runs()) {
                program("systemctl", "daemon-reload");
                for (String unit : UNITS) {
                    program("systemctl", "enable", "--now", unit);
                }
                if (!older().isEmpty()) {
                    program("systemctl", "restart", UNITS.getFirst(), UNITS.getLast());
                }
            } else {
                end(older());
                makeDirectories(); // those below /run may have gone with a restart of the machine
                Config.Keys keys = config().keys().orElseThrow();
                startUnlessRunning(KEYS, keys.user(), "keys");
                startUnlessRunning(GATEWAY, keys.gateway(), "up"); // one of them alone may have ended
            }
            await();
        }

        private List<ProcessHandle> older() throws IOException {
            List<ProcessHandle> older = new ArrayList<>();
            for (ProcessHandle process : running(configFile().toString(), List.of(GATEWAY, KEYS))) {
                if (ReplacedProgram.isRunBy(process)) {
                    older.add(process);
                }
            }
            if (!older.isEmpty()) {
                progress.accept("the gateway runs an older version than the installed one: start it anew");
            }
            return older;
        }

        private void startUnlessRunning(String program, String user, String command) throws IOException {
            if (!running(configFile().toString(), List.of(program)).isEmpty()) {
                return;
            }
            Path log = Path.of("/var/log/interlock-" + command + ".log");
            new ProcessBuilder(
                            "setsid",
                            "setpriv",
                            "--reuid=" + user,
                            "--regid=" + user,
                            "--clear-groups",
                            "--no-new-privs",
                            "--inh-caps=-all",
                            PROGRAM.launcher().toString(),
                            command,
                            "--config",
                            configFile().toString())
                    .directory(Path.of("/").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .redirectInput(Path.of("/dev/null").toFile())
                    .start();
        }

        private void await() throws IOException {
            long end = System.nanoTime() + PATIENCE_NANOS;
            while (true) {
                try {
                    AdminClient.at(config().adminSocket()).ask(new StatusQuestion.AskStatus());
                    return;
                } catch (IOException | AdminRefusedException e) {
                    if (System.nanoTime() > end) {
                        throw new IOException("the gateway does not answer; see "
                                + (SystemdUnits.runs()
                                        ? "`journalctl -u interlock`"
                                        : "/var/log/interlock-up.log and /var/log/interlock-keys.log"));
                    }
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
                }
            }
        }

        @Override
        public String undoing(Json.Members intention) {
            return "stop the gateway and its keys process";
        }

        @Override
        public String undo(Json.Members intention) throws IOException, InterruptedException {
            if (SystemdUnits.runs()) {
                for (String unit : UNITS.reversed()) {
                    program("systemctl", "disable", "--now", unit);
                }
            }
            end(running(intention.text("config"), List.of(GATEWAY, KEYS)));
            return undoing(intention);
        }
    }

    /** Even where the first process of a container never waits for those that have ended. */
    static void end(List<ProcessHandle> processes) throws IOException {
        processes.forEach(ProcessHandle::destroy);
        long end = System.nanoTime() + PATIENCE_NANOS;
        for (ProcessHandle process : processes) {
            while (!isOver(process)) {
                if (System.nanoTime() > end) {
                    process.destroyForcibly();
                    throw new IOException("process " + process.pid()
                            + " did not end when asked and was killed; run the same command again");
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            }
        }
    }

    private static boolean isOver(ProcessHandle process) {
        try {
            return !process.isAlive() || ProcessStat.of(process.pid()).isOver();
        } catch (IOException e) {
            return true; // it is gone
        }
    }

    private static List<ProcessHandle> running(String config, List<String> programs) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .arguments()
                        .map(List::of)
                        .filter(arguments ->
                                arguments.contains(config) && programs.stream().anyMatch(arguments::contains))
                        .isPresent())
                .toList();
    }

    private final class DecoyStep extends NamedStep {
        private final List<FoundCredential> moved;

        DecoyStep(List<FoundCredential> moved) {
            super(
                    "decoys",
                    "move " + CellFormat.number(moved.size(), "token")
                            + " out of files, and leave decoys that open nothing");
            this.moved = List.copyOf(moved);
        }

        @Override
        public Json.Members intention() throws IOException {
            return Json.object().withTexts("before", adoptions().taken());
        }

        @Override
        public void perform() throws IOException {
            for (FoundCredential one : moved) {
                Adoptions adoptions = adoptions();
                if (!adoptions.isDecoy(one) && !adoptions.isGatewaysOwn(one)) {
                    requireWhole(adoptions.take(one, Optional.empty()), "moved");
                }
            }
        }

        @Override
        public String undoing(Json.Members intention) throws IOException {
            List<String> own = own(intention);
            return "put " + CellFormat.number(own.size(), "token") + " back "
                    + (own.isEmpty() ? "into files" : "where decoys lie: " + String.join(", ", own));
        }

        /** Those that were in the vault before setup stay there: no file may have them any more. */
        @Override
        public List<String> left(Json.Members intention) throws IOException {
            List<String> before = new ArrayList<>(adoptions().taken());
            before.removeAll(own(intention));
            return before.isEmpty()
                    ? List.of()
                    : List.of("in the vault alone, because it was moved there before setup: "
                            + String.join(", ", before)
                            + "; before you undo the rest, put it back: sudo interlock adopt --undo all");
        }

        /** What was moved since, which may be more than setup itself has moved. */
        private List<String> own(Json.Members intention) throws IOException {
            List<String> own = new ArrayList<>(adoptions().taken());
            own.removeAll(intention.texts("before"));
            return own;
        }

        @Override
        public String undo(Json.Members intention) throws IOException {
            String done = undoing(intention);
            for (String id : own(intention)) {
                requireWhole(adoptions().giveBack(id), "put back");
            }
            return done;
        }

        private Adoptions adoptions() throws IOException {
            return new Adoptions(config(), configFile());
        }

        private static void requireWhole(Adoptions.MovedCredential moved, String done) throws IOException {
            if (!moved.whole()) {
                throw new IOException("the credential `" + moved.id() + "` was not " + done + " everywhere: "
                        + moved.places().stream()
                                .filter(place -> !place.replaced())
                                .map(place -> place.spot().file() + ": " + place.why())
                                .toList());
            }
        }
    }
}
