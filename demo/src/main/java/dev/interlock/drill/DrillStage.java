package dev.interlock.drill;

import dev.interlock.action.Secret;
import dev.interlock.backup.tool.ResticTool;
import dev.interlock.config.Config;
import dev.interlock.confine.SandboxLauncher;
import dev.interlock.confine.SandboxReadiness;
import dev.interlock.credentials.Credentials;
import dev.interlock.linux.PrivateFiles;
import dev.interlock.linux.SafeRemoval;
import dev.interlock.vault.SlotContent;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Everything that a drill sets up: one temporary directory, the keys, two equal worlds, and the gateway. */
final class DrillStage implements Closeable {

    /** The age of the youngest copy that is not on the volume itself, as in the incident. */
    static final Duration LAST_DUMP = Duration.ofDays(92);

    /** Directories that are on another file system on most machines; the first is in memory. */
    private static final List<Path> OTHERS = List.of(Path.of("/dev/shm"), Path.of("/var/tmp"), Path.of("/tmp"));

    private static final int REMOVALS = 5;

    static final String AGENT = "jer/cursor";

    private static final String INSIDE = "http://127.0.0.1:7411";

    private final Path root;
    private final boolean keep;
    private final DrillUsers users;
    private final DrillProgram checkout;
    private final PocketOs world = new PocketOs(new SecureRandom());
    private final Instant begun;
    private final Path elsewhere;
    private Optional<DrillProgram> program = Optional.empty();
    private Optional<DrillProvider> controlProvider = Optional.empty();
    private Optional<DrillProvider> provider = Optional.empty();
    private Optional<DrillGateway> gateway = Optional.empty();
    private boolean closed;

    private DrillStage(
            Path root, Path elsewhere, boolean keep, DrillUsers users, DrillProgram checkout, Instant begun) {
        this.checkout = checkout;
        this.root = root;
        this.elsewhere = elsewhere;
        this.keep = keep;
        this.users = users;
        this.begun = begun;
    }

    /** Creates an empty stage in a temporary directory of its own. From here on {@link #close} removes it. */
    static DrillStage open(boolean keep, InstantSource clock) throws IOException {
        DrillUsers users = DrillUsers.ofThisProcess();
        Path root = Files.createTempDirectory("interlock-demo-");
        requireRoomForSockets(root);
        Path elsewhere = elsewhere(root);
        // Other users may pass through it to their own directories, but not list it.
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
        // `run` puts its files for the agent here: the agent can reach them, and nobody else can write here.
        Path scratch = Files.createDirectory(root.resolve("tmp"));
        Files.setPosixFilePermissions(scratch, PosixFilePermissions.fromString("rwx--x--x"));
        return new DrillStage(root, elsewhere, keep, users, DrillProgram.own(scratch), clock.instant());
    }

    /** Returns a directory on another device than {@code root}: a backup beside its source does not count. */
    private static Path elsewhere(Path root) throws IOException {
        Object device = Files.getAttribute(root, "unix:dev");
        for (Path other : OTHERS) {
            if (Files.isWritable(other)
                    && !Files.getAttribute(other, "unix:dev").equals(device)) {
                return Files.createTempDirectory(other, root.getFileName() + "-");
            }
        }
        Files.delete(root);
        throw new IOException(
                "the demo stores backups on another file system than its data, and none of " + OTHERS + " is writable");
    }

    private static void requireRoomForSockets(Path root) throws IOException {
        try {
            Config.requireRoomForSockets(root.resolve("run"));
        } catch (IllegalArgumentException e) {
            Files.delete(root);
            throw new IOException(
                    "the temporary directory is too deep for sockets: " + e.getMessage()
                            + "; for the demo: JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=/tmp",
                    e);
        }
    }

    static void requirePrograms() throws IOException {
        for (String program : List.of("curl", "git")) {
            if (Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
                    .noneMatch(directory -> Files.isExecutable(Path.of(directory, program)))) {
                throw new IOException("`" + program + "` is missing; set it up with: apt-get install curl git restic");
            }
        }
        requireSandbox();
        if (!Files.isExecutable(ResticTool.USUAL)) {
            throw new IOException(
                    "restic is not installed, which takes the demo's backups; install it with: apt-get install restic");
        }
    }

    static void requireSandbox() throws IOException {
        SandboxReadiness readiness = SandboxLauncher.check();
        if (!readiness.ready()) {
            throw new IOException(readiness.lack() + "; set it up with: " + readiness.remedy());
        }
    }

    void startProviders() throws IOException {
        Path description = root.resolve("world.json");
        world.writeWorld(description);
        Path first = Files.createDirectory(root.resolve("provider-control"));
        Path second = Files.createDirectory(root.resolve("provider"));
        for (Path owned : List.of(description, first, second)) {
            Files.setPosixFilePermissions(owned, PrivateFiles.DIRECTORY);
            users.give(owned, users.provider());
        }
        program = Optional.of(users.separate() ? checkout.readableIn(root.resolve("program")) : checkout);
        Secret token = world.token(PocketOs.STAGING_TOKEN);
        DrillProgram providers = apart("tmp-provider", users.provider());
        controlProvider = Optional.of(DrillProvider.start(providers, users, first, description, token));
        provider = Optional.of(DrillProvider.start(providers, users, second, description, token));
        controlProvider().await();
        provider().await();
        Files.delete(description);
    }

    void startGateway(Optional<Path> otherPolicy) throws IOException, InterruptedException {
        Path keys = privateDirectory("keys");
        String owner = key(keys.resolve("jer"), "jer@pocketos");
        String confirmer = key(keys.resolve("sam"), "sam@pocketos");
        String attester = key(keys.resolve("attest"), "backup@pocketos");
        writePolicy(otherPolicy, Map.of("JER_KEY", owner, "SAM_KEY", confirmer, "ATTEST_KEY", attester));
        int port = seal("pocketos", "");
        store("railway-staging", SlotContent.token(world.token(PocketOs.STAGING_TOKEN)));
        store("railway-destroy", SlotContent.token(world.token(PocketOs.DESTROY_TOKEN)));
        store("railway-read", SlotContent.token(world.token(PocketOs.RESOLVER_TOKEN)));
        SlotContent host = SlotContent.token(world.token(PocketOs.STAGING_TOKEN));
        for (String slot : List.of("shop-work", "shop-look")) {
            store(slot, new SlotContent(host.origin(), Optional.of(DrillHost.USER)));
        }
        store("runbook-work", host);
        Path password = keys.resolve("restic.password");
        PrivateFiles.write(
                password, HexFormat.of().formatHex(SecureRandom.getSeed(16)).getBytes(StandardCharsets.US_ASCII));
        String[] init = {
            ResticTool.USUAL.toString(), "init", "--no-cache", "--repo=" + elsewhere, "--password-file=" + password
        };
        DrillProgram.require("restic init", List.of(init), "");
        PrivateFiles.write(root.resolve("backups.yaml"), backups().getBytes(StandardCharsets.UTF_8));
        launch(port);
    }

    /** Starts a gateway in front of the databases of a server at {@code port}, which opens to {@code role}. */
    void startGateway(int database, Secret role) throws IOException, InterruptedException {
        program = Optional.of(users.separate() ? checkout.readableIn(root.resolve("program")) : checkout);
        Path keys = privateDirectory("keys");
        Map<String, String> values = new TreeMap<>(Map.of("PORT", Integer.toString(database)));
        values.put("JER_KEY", key(keys.resolve("jer"), "jer@shop"));
        values.put("SAM_KEY", key(keys.resolve("sam"), "sam@shop"));
        Map<String, String> files = new TreeMap<>();
        for (String file : List.of("interlock.yaml", "policy.cedar")) {
            files.put(file, PocketOs.text(DatabaseDemo.SCRIPTS + file));
        }
        PocketOs.writePolicy(root.resolve("policy"), files, values);
        int port = seal("shop", "postgres: 127.0.0.1:" + freePort() + "\n");
        for (String slot : List.of("shop-work", "shop-confirmed", "shop-test")) {
            store(slot, SlotContent.token(role));
        }
        launch(port);
        gateway().await();
    }

    /** Seals the policy, and returns the port of the gateway that will have it. */
    private int seal(String organisation, String more) throws IOException, InterruptedException {
        Path sealer = root.resolve("keys/sealer");
        int port = freePort();
        Path configuration = Files.writeString(
                root.resolve("gateway.yaml"),
                configuration(port, key(sealer, "seal@" + organisation), organisation) + more);
        Files.setPosixFilePermissions(configuration, PrivateFiles.READABLE);
        privateDirectory("data");
        Files.createDirectory(root.resolve("run"));
        DrillProgram.require(
                "interlock seal",
                checkout.interlock(
                        "seal",
                        "--config=" + configuration,
                        "--key=" + sealer,
                        root.resolve("policy").toString()),
                "");
        return port;
    }

    private void launch(int port) throws IOException {
        for (String owned : List.of("data", "run")) {
            users.give(root.resolve(owned), users.gateway());
        }
        gateway = Optional.of(DrillGateway.start(apart("tmp-gateway", users.gateway()), users, root, port));
    }

    /** Returns a check of the ledger, with keys from outside of it. */
    LedgerVerification verification() throws IOException {
        return new LedgerVerification(
                checkout,
                Files.readString(root.resolve("data/ledger.pub")).strip(),
                Files.copy(root.resolve("data/seal.json"), root.resolve("keys/seal.json")),
                Files.readString(root.resolve("keys/sealer.pub")).strip());
    }

    /** Puts a credential into the vault as `vault put` does, but in this process: each start costs a second. */
    private void store(String name, SlotContent content) throws IOException {
        Path configuration = root.resolve("gateway.yaml");
        Credentials.put(Config.read(configuration), configuration, name, content);
    }

    /** Returns the program for {@code uid}, with a temporary directory in which nobody else can write. */
    private DrillProgram apart(String name, int uid) throws IOException {
        Path scratch = privateDirectory(name);
        users.give(scratch, uid);
        return program.orElseThrow().with(scratch);
    }

    private Path privateDirectory(String name) throws IOException {
        return PrivateFiles.directory(root.resolve(name));
    }

    private static String key(Path file, String comment) throws IOException, InterruptedException {
        DrillProgram.require(
                "ssh-keygen",
                List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file.toString()),
                "");
        return Files.readString(file.resolveSibling(file.getFileName() + ".pub"))
                .strip();
    }

    private void writePolicy(Optional<Path> other, Map<String, String> people) throws IOException {
        Map<String, String> files = new TreeMap<>(PocketOs.policy());
        if (other.isPresent()) {
            for (Path file : DirectoryTrees.files(other.get())) {
                files.put(other.get().relativize(file).toString(), Files.readString(file));
            }
            if (!files.getOrDefault("interlock.yaml", "").contains("${")) {
                throw new IOException("`" + other.get()
                        + "` is no variant of the demo's policy; for your own: interlock drill DIRECTORY");
            }
        }
        String authority = Files.readString(provider().authority()).strip().replace("\n", "\\n");
        String dump = begun.minus(LAST_DUMP).toString();
        Map<String, String> values = new TreeMap<>(people);
        values.putAll(Map.of("ADDRESS", provider().address(), "CA", authority + "\\n", "LAST_DUMP", dump));
        values.put("HOST", provider().host());
        PocketOs.writePolicy(root.resolve("policy"), files, values);
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static String configuration(int port, String sealer, String organisation) {
        return """
                origin: drill.interlock.example/%s
                listen: 127.0.0.1:%d
                data: data
                run: run
                replica: data/replica
                admins: ["%s"]
                seal-signers: {quorum: 1, keys: ["%s"]}
                console: off
                """.formatted(organisation, port, System.getProperty("user.name", "root"), sealer);
    }

    private String backups() {
        return """
                attest-key: keys/attest
                scratch: scratch
                plans:
                  bookings:
                    of: "railway:volume/%1$s"
                    source: {directory: provider/volumes/%1$s}
                    restic: {repository: "%3$s", password-file: keys/restic.password}
                  scratch:
                    of: "railway:volume/%2$s"
                    source: {directory: provider/volumes/%2$s}
                    restic: {repository: "%3$s", password-file: keys/restic.password}
                """.formatted(PocketOs.SHARED, PocketOs.SCRATCH, elsewhere);
    }

    /** Takes a backup of each volume, restores it and attests it. Returns what went wrong, if anything did. */
    Optional<String> backUp() throws IOException, InterruptedException {
        DrillProgram.ProgramOutput ended = DrillProgram.run(
                checkout.interlock("backup", "run", "--config=" + gateway().configuration()), "");
        return ended.exit() == 0 ? Optional.empty() : Optional.of(ended.out());
    }

    Instant begun() {
        return begun;
    }

    Path workspace(String name) throws IOException {
        Path workspace = Files.createDirectory(root.resolve(name));
        DrillProvider reached = name.equals("control") ? controlProvider() : provider();
        Map<String, String> settings = new TreeMap<>(Map.of(
                "PROVIDER", reached.address() + "/graphql/v2",
                "CA", "ca.pem",
                "ADMIN", root.resolve("run/admin.sock").toString(),
                "POLICY", root.resolve("policy").toString(),
                "LEDGER", root.resolve("data/ledger").toString(),
                "GATEWAY_PID",
                        gateway.map(DrillGateway::pid).map(Object::toString).orElse("0")));
        world.writeWorkspace(workspace, settings);
        Files.copy(reached.authority(), workspace.resolve("ca.pem"));
        users.give(workspace, users.agent());
        return workspace;
    }

    /** Returns the agent without Interlock: its tools use the provider, and it has a token for staging. */
    ProcessBuilder plainAgent(Path workspace) {
        ProcessBuilder builder = new ProcessBuilder(users.as(users.agent(), List.of("/bin/sh", "agent.sh")));
        builder.environment().clear();
        builder.environment()
                .putAll(Map.of(
                        "PATH", "/usr/bin:/bin",
                        "HOME", workspace.toString(),
                        "RAILWAY_API", controlProvider().address() + "/graphql/v2",
                        "SHOP", DrillHost.repository(controlProvider().host()),
                        "RUNBOOK", DrillHost.tools(controlProvider().host()),
                        "RAILWAY_TOKEN", token(PocketOs.STAGING_TOKEN)));
        return builder.directory(workspace.toFile());
    }

    /** Returns the same agent in its sandbox: its tools use the gateway, and it has a lease. */
    ProcessBuilder guardedAgent(Path workspace) throws IOException {
        List<String> command = checkout.interlock(
                "run",
                "--config=" + gateway().configuration(),
                "--agent=" + AGENT,
                "--task=fix-staging",
                "--env=staging",
                "--set=RAILWAY_API=" + INSIDE + "/railway/graphql/v2",
                "--set=SHOP=" + DrillHost.repository(INSIDE + "/shop"),
                "--set=RUNBOOK=" + DrillHost.tools(INSIDE + "/runbook"),
                "--",
                "/bin/sh",
                "agent.sh");
        ProcessBuilder builder = new ProcessBuilder(command).directory(workspace.toFile());
        // Keeps its session apart from the sessions of the user who runs the demo.
        builder.environment().put("XDG_STATE_HOME", root.resolve("state").toString());
        return builder;
    }

    /**
     * Returns the agent's attempts at the gateway itself, outside of the sandbox; empty if the agent is no separate
     * user.
     */
    Optional<ProcessBuilder> outsideAgent(Path workspace) {
        if (!users.separate()) {
            return Optional.empty();
        }
        ProcessBuilder builder = new ProcessBuilder(users.as(users.agent(), List.of("/bin/sh", "agent.sh", "outside")));
        return Optional.of(builder.directory(workspace.toFile()));
    }

    /** Returns whether the provider accepts the token from the workspace, asked directly. */
    boolean foundTokenOpensProvider() throws IOException, InterruptedException {
        String config = "url = \"" + provider().address() + "/graphql/v2\"\ncacert = \""
                + provider().authority()
                + "\"\nsilent\nmax-time = 10\nheader = \"Content-Type: application/json\"\ndata = \"{\\\"query\\\":\\\"{ me { id } }\\\"}\"\nheader = \"Authorization: Bearer "
                + token(PocketOs.FOUND) + "\"\n";
        long before = provider().snapshot().byToken().getOrDefault(PocketOs.FOUND, 0L);
        String answer =
                DrillProgram.run(List.of("curl", "--config", "-"), config).out();
        long after = provider().snapshot().byToken().getOrDefault(PocketOs.FOUND, 0L);
        return after == before + 1 && answer.contains("\"me\"") && !answer.contains("\"errors\"");
    }

    private String token(String label) {
        return world.token(label).use(token -> token);
    }

    Path root() {
        return root;
    }

    DrillUsers users() {
        return users;
    }

    Path emptyWorkspace() throws IOException {
        Path workspace = Files.createDirectory(root.resolve("workspace"));
        users.give(workspace, users.agent());
        return workspace;
    }

    /**
     * Returns the variables for the transcript of {@code docs/start.md}. They refer to the world of the unguarded
     * agent, so that trying things out changes nothing in the guarded world.
     */
    Map<String, String> transcript() {
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("ADDRESS", controlProvider().address());
        variables.put("CA", controlProvider().authority().toString());
        variables.put("STAGING", PocketOs.STAGING);
        variables.put("PRODUCTION", PocketOs.PRODUCTION);
        variables.put("READ_TOKEN", token(PocketOs.RESOLVER_TOKEN));
        variables.put("WORK_TOKEN", token(PocketOs.DESTROY_TOKEN));
        variables.put("DISPOSABLE_VOLUME", PocketOs.SCRATCH);
        return variables;
    }

    DrillProgram checkout() {
        return checkout;
    }

    DrillProvider controlProvider() {
        return controlProvider.orElseThrow();
    }

    DrillProvider provider() {
        return provider.orElseThrow();
    }

    DrillGateway gateway() {
        return gateway.orElseThrow();
    }

    /**
     * Ends everything and removes the directory; also while the drill is being ended from outside. If a process still
     * wrote to the directory, a second call removes what is left.
     */
    @Override
    public synchronized void close() throws IOException {
        if (!closed) {
            closed = true;
            gateway.ifPresent(DrillGateway::close);
            controlProvider.ifPresent(DrillProvider::close);
            provider.ifPresent(DrillProvider::close);
        }
        if (!keep) {
            remove();
        }
    }

    /** Retries: if the drill is ended from outside, another thread may just be creating a file. */
    private void remove() throws IOException {
        for (int left = REMOVALS; left > 0; left--) {
            try {
                SafeRemoval.of(elsewhere);
                SafeRemoval.of(root);
                return;
            } catch (IOException e) {
                if (left == 1) {
                    throw e;
                }
            }
        }
    }
}
