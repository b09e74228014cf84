package dev.interlock.cli;

import dev.interlock.action.Bytes;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.adopt.FoundCredential;
import dev.interlock.config.Config;
import dev.interlock.credentials.Credentials;
import dev.interlock.evidence.Json;
import dev.interlock.setup.SetupStep;
import dev.interlock.vault.SlotContent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The steps of {@code interlock setup}, in their order. Each uses the command that people would type. People's own
 * files change last, when all else is proved.
 *
 * @param directory of gateway.yaml and policy
 * @param key the key that signs seals; made if it does not exist
 * @param install further arguments of {@code install}
 */
record SetupSteps(Path directory, Path key, List<String> install) {

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(90);
    private static final Path SYSTEMD = Path.of("/run/systemd/system");
    private static final List<String> UNITS = List.of("interlock-keys", "interlock");

    SetupSteps {
        install = List.copyOf(install);
    }

    Path configFile() {
        return directory.resolve("gateway.yaml");
    }

    private Config config() throws IOException {
        return Config.read(configFile());
    }

    /** A supplier of the files to write, which need the key that an earlier step makes. */
    interface PolicyFiles {
        Map<String, String> files() throws IOException;
    }

    /** Returns all steps. For undoing, the arguments do not matter: what a step needs then is in its record. */
    List<SetupStep> all(
            PolicyFiles files, Map<String, SlotContent> slots, List<FoundCredential> moved, ProtectedPerson person) {
        return List.of(
                new KeyStep(),
                new ConfigurationStep(files),
                new InstallStep(),
                new VaultStep(slots),
                new SealStep(),
                new StartStep(),
                new ProofStep(),
                new ProtectStep(person),
                new DecoyStep(moved));
    }

    /** Returns the steps by which earlier ones are undone. */
    List<SetupStep> toUndo() {
        return all(Map::of, Map.of(), List.of(), ProtectedPerson.NOBODY);
    }

    /**
     * The person whose agents are protected.
     *
     * @param uid the person's numeric user
     * @param gid the person's numeric group
     * @param home the person's home
     * @param path a PATH by which the agents are found
     * @param programs the agents' commands
     */
    record ProtectedPerson(String uid, String gid, Path home, String path, List<String> programs) {

        static final ProtectedPerson NOBODY = new ProtectedPerson("", "", Path.of("/"), "", List.of());

        ProtectedPerson {
            programs = List.copyOf(programs);
        }

        private Json.Members json() {
            return Json.object()
                    .with("uid", uid)
                    .with("gid", gid)
                    .with("home", home.toString())
                    .with("path", path)
                    .withTexts("programs", programs);
        }

        private static ProtectedPerson read(Json.Members told) {
            return new ProtectedPerson(
                    told.text("uid"),
                    told.text("gid"),
                    Path.of(told.text("home")),
                    told.text("path"),
                    told.texts("programs"));
        }

        /** Runs a command of this program as this person, who alone writes in that home. */
        private void run(List<String> arguments) throws IOException, InterruptedException {
            List<String> command = new ArrayList<>(List.of(
                    "setpriv",
                    "--reuid=" + uid,
                    "--regid=" + gid,
                    "--init-groups",
                    "env",
                    "-i",
                    "HOME=" + home,
                    "PATH=" + path,
                    "LANG=C.UTF-8",
                    System.getProperty("interlock.launcher", "interlock")));
            command.addAll(arguments);
            program(command.toArray(String[]::new));
        }
    }

    /** Starts the gateway if it does not run, and tries every way out. */
    void prove() throws Exception {
        new StartStep().perform();
        new ProofStep().perform();
    }

    /** Runs a command of this program. Its output is the reason if it fails. */
    private static String run(List<String> arguments) throws IOException {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        int exit = InterlockCommand.run(out, out, arguments.toArray(String[]::new));
        String text = said.toString(StandardCharsets.UTF_8).strip();
        if (exit != 0) {
            throw new IOException("`interlock " + String.join(" ", arguments) + "` failed: " + text);
        }
        return text;
    }

    private static void program(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.waitFor() != 0) {
            throw new IOException("`" + String.join(" ", command) + "` failed: " + said);
        }
    }

    private static String sha256(Path file) throws IOException {
        return Bytes.of(Files.readAllBytes(file)).sha256();
    }

    /** Agents of a person could use the keys in that person's home, so this one is root's. */
    private final class KeyStep implements SetupStep {
        @Override
        public String name() {
            return "key";
        }

        @Override
        public String description() {
            return "make the key that signs the policy, readable by root alone: " + key;
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
        public String undo(Json.Members intention) throws IOException {
            Path file = Path.of(intention.text("file"));
            if (intention.flag("existed")) {
                return "left " + file + ", which was there before";
            }
            Files.deleteIfExists(file);
            Files.deleteIfExists(file.resolveSibling(file.getFileName() + ".pub"));
            return "removed the key " + file;
        }
    }

    private final class ConfigurationStep implements SetupStep {
        private final PolicyFiles files;

        private ConfigurationStep(PolicyFiles files) {
            this.files = files;
        }

        @Override
        public String name() {
            return "configuration";
        }

        @Override
        public String description() {
            return "write " + configFile() + " and the policy beside it";
        }

        @Override
        public Json.Members intention() throws IOException {
            return Json.object()
                    .withItems(
                            "files",
                            files.files().entrySet().stream()
                                    .map(file -> Json.object()
                                            .with(
                                                    "file",
                                                    directory
                                                            .resolve(file.getKey())
                                                            .toString())
                                            .with(
                                                    "sha256",
                                                    Bytes.utf8(file.getValue()).sha256())));
        }

        @Override
        public void perform() throws IOException {
            Map<String, String> all = files.files();
            for (Map.Entry<String, String> file : all.entrySet()) {
                Path path = directory.resolve(file.getKey());
                if (Files.exists(path) && !Files.readString(path).equals(file.getValue())) {
                    throw new IllegalArgumentException(
                            "`" + path + "` is there already, and says something else; move it"
                                    + " away, or undo the setup that wrote it: interlock setup --undo");
                }
            }
            InitCommand.write(directory, all);
            for (Path made : List.of(directory, directory.resolve("policy"))) {
                Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }

        @Override
        public String undo(Json.Members intention) throws IOException {
            List<String> left = new ArrayList<>();
            for (Json.Members one : intention.objects("files")) {
                Path file = Path.of(one.text("file"));
                if (Files.exists(file) && !sha256(file).equals(one.text("sha256"))) {
                    left.add(file.toString());
                } else {
                    Files.deleteIfExists(file);
                }
            }
            removeIfEmpty(directory.resolve("policy"));
            return left.isEmpty()
                    ? "removed the configuration in " + directory
                    : "left what people have changed since: " + String.join(", ", left);
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

    private final class InstallStep implements SetupStep {
        @Override
        public String name() {
            return "installation";
        }

        @Override
        public String description() {
            return "make the users, the data directories and the services";
        }

        @Override
        public Json.Members intention() {
            return Json.object();
        }

        @Override
        public void perform() throws IOException {
            List<String> command =
                    new ArrayList<>(List.of("install", "--config", configFile().toString()));
            command.addAll(install);
            run(command);
        }

        @Override
        public String undo(Json.Members intention) throws IOException {
            return "left the ledger: it proves what happened"
                    + (Files.exists(configFile()) ? ", in " + config().data() : "");
        }
    }

    private final class VaultStep implements SetupStep {
        private final Map<String, SlotContent> slots;

        private VaultStep(Map<String, SlotContent> slots) {
            this.slots = new TreeMap<>(slots);
        }

        @Override
        public String name() {
            return "vault";
        }

        @Override
        public String description() {
            return "put copies into the vault, as " + String.join(", ", slots.keySet());
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
        public String undo(Json.Members intention) throws IOException {
            for (String slot : intention.texts("slots")) {
                Credentials.remove(config(), slot);
            }
            return "removed them from the vault";
        }
    }

    private final class SealStep implements SetupStep {
        @Override
        public String name() {
            return "seal";
        }

        @Override
        public String description() {
            return "test the policy and sign it";
        }

        @Override
        public Json.Members intention() {
            return Json.object();
        }

        @Override
        public void perform() throws IOException {
            run(List.of("seal", "--config", configFile().toString(), "--key", key.toString()));
        }

        @Override
        public String undo(Json.Members intention) {
            return "nothing enforces the policy any more";
        }
    }

    private final class StartStep implements SetupStep {
        @Override
        public String name() {
            return "start";
        }

        @Override
        public String description() {
            return "start the gateway and its keys process"
                    + (Files.isDirectory(SYSTEMD) ? ", now and at each boot" : "");
        }

        @Override
        public Json.Members intention() {
            return Json.object().with("config", configFile().toString());
        }

        @Override
        public void perform() throws IOException, InterruptedException {
            if (Files.isDirectory(SYSTEMD)) {
                program("systemctl", "daemon-reload");
                for (String unit : UNITS) {
                    program("systemctl", "enable", "--now", unit);
                }
            } else if (running(configFile().toString()).isEmpty()) {
                String launcher = System.getProperty("interlock.launcher", "interlock");
                Config config = config();
                Config.Keys keys = config.keys().orElseThrow();
                startAs(keys.user(), launcher, "keys");
                startAs(keys.gateway(), launcher, "up");
            }
            await();
        }

        private void startAs(String user, String launcher, String command) throws IOException {
            Path log = Path.of("/var/log/interlock-" + command + ".log");
            new ProcessBuilder(
                            "setsid",
                            "setpriv",
                            "--reuid=" + user,
                            "--regid=" + user,
                            "--clear-groups",
                            "--no-new-privs",
                            "--inh-caps=-all",
                            launcher,
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
                    AdminClient.at(config().adminSocket()).call("status", Json.object());
                    return;
                } catch (IOException | AdminRefusedException e) {
                    if (System.nanoTime() > end) {
                        throw new IOException("the gateway does not answer; see `journalctl -u interlock`, or"
                                + " /var/log/interlock-up.log");
                    }
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
                }
            }
        }

        @Override
        public String undo(Json.Members intention) throws IOException, InterruptedException {
            if (Files.isDirectory(SYSTEMD)) {
                for (String unit : UNITS.reversed()) {
                    program("systemctl", "disable", "--now", unit);
                }
            }
            for (ProcessHandle process : running(intention.text("config"))) {
                process.destroy();
                process.onExit().join();
            }
            return "stopped the gateway and its keys process";
        }
    }

    /** Returns the processes of this program that were started with the configuration {@code config}. */
    private static List<ProcessHandle> running(String config) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info()
                        .arguments()
                        .map(List::of)
                        .filter(arguments -> arguments.contains(config)
                                && (arguments.contains("dev.interlock.daemon.GatewayMain")
                                        || arguments.contains("dev.interlock.keys.KeysMain")))
                        .isPresent())
                .toList();
    }

    private final class ProofStep implements SetupStep {
        @Override
        public String name() {
            return "proof";
        }

        @Override
        public String description() {
            return "try every way out of the sandbox, as an agent would";
        }

        @Override
        public Json.Members intention() {
            return Json.object();
        }

        @Override
        public void perform() throws IOException {
            run(List.of(
                    "doctor",
                    "--as-agent",
                    "--task",
                    "work",
                    "--config",
                    configFile().toString()));
        }

        @Override
        public String undo(Json.Members intention) {
            return "nothing is proved any more";
        }
    }

    private final class ProtectStep implements SetupStep {
        private final ProtectedPerson person;

        private ProtectStep(ProtectedPerson person) {
            this.person = person;
        }

        @Override
        public String name() {
            return "protection";
        }

        @Override
        public String description() {
            return person.programs().isEmpty()
                    ? "protect no agent, because none has a key of its model"
                    : "start " + String.join(", ", person.programs())
                            + " in the sandbox from now on, by the same command";
        }

        @Override
        public Json.Members intention() {
            return person.json();
        }

        @Override
        public void perform() throws IOException, InterruptedException {
            for (String program : person.programs()) {
                person.run(List.of(
                        "protect",
                        program,
                        "--task",
                        "work",
                        "--config",
                        configFile().toString()));
            }
        }

        @Override
        public String undo(Json.Members intention) throws IOException, InterruptedException {
            ProtectedPerson known = ProtectedPerson.read(intention);
            for (String program : known.programs()) {
                known.run(List.of("unprotect", program));
            }
            return known.programs().isEmpty()
                    ? "no agent was protected"
                    : "start " + String.join(", ", known.programs()) + " without Interlock again";
        }
    }

    private final class DecoyStep implements SetupStep {
        private final List<FoundCredential> moved;

        private DecoyStep(List<FoundCredential> moved) {
            this.moved = List.copyOf(moved);
        }

        @Override
        public String name() {
            return "decoys";
        }

        @Override
        public String description() {
            return "move " + CellFormat.number(moved.size(), "token")
                    + " out of files, and leave decoys that open nothing";
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
        public String undo(Json.Members intention) throws IOException {
            Collection<String> before = Set.copyOf(intention.texts("before"));
            Adoptions adoptions = adoptions();
            int count = 0;
            for (String id : adoptions.taken()) {
                if (!before.contains(id)) {
                    requireWhole(adoptions.giveBack(id), "put back");
                    count++;
                }
            }
            return "put " + CellFormat.number(count, "token") + " back into their files";
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
