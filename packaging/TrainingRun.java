import dev.interlock.action.Secret;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.cli.InterlockCommand;
import dev.interlock.cli.Main;
import dev.interlock.config.Config;
import dev.interlock.confine.SandboxLauncher;
import dev.interlock.credentials.Credentials;
import dev.interlock.daemon.GatewayMain;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.SealDocument;
import dev.interlock.keys.KeysProcess;
import dev.interlock.linux.PrivateFiles;
import dev.interlock.program.ModuleClassPath;
import dev.interlock.vault.CredentialResult;
import dev.interlock.vault.KeysClient;
import dev.interlock.vault.SlotContent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A training run: one start of each of the program's processes, and some reads, with its own keys, policy and upstream.
 * Each JVM stores what it learns for quick starts (JEP 483, 514). It tests nothing. The JDK runs it from this file, with the
 * program on the class path.
 */
public final class TrainingRun {

    /** The number of calls. It is enough to link everything that a read needs; more only takes time. */
    private static final int CALLS = 50;

    /**
     * The flags of the launchers for most commands: a cache made under other flags may not fit. {@code backup}
     * tries it too.
     */
    private static final List<String> COMMAND_FLAGS = List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx256m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");

    /**
     * The flags of the gateway's training, besides those of this process, which its launcher gave it. What was hot is
     * not stored: methods that a training run saw in the first compiler alone never reach the second, and a load takes
     * twice as long.
     */
    private static final List<String> GATEWAY_FLAGS =
            List.of("-XX:TieredStopAtLevel=1", "-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTRecordTraining");

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final String READ = "{\"query\":\"{ environment(id: \\\"env-staging\\\") { id name } }\"}";
    private static final String ANSWER = "{\"data\":{\"environment\":{\"id\":\"env-staging\",\"name\":\"staging\"}}}";

    private final Path root;
    private final Path beside;
    private final boolean lists;

    /**
     * @param lists whether only the names of the loaded classes are written, from which {@code ./package} makes caches
     */
    private TrainingRun(Path root, Path beside, boolean lists) {
        this.root = root;
        this.beside = beside.toAbsolutePath();
        this.lists = lists;
    }

    /**
     * Runs with the arguments {@code DIRECTORY BESIDE [lists]}. The first directory is empty and private, and its
     * creator removes it. The files for quick starts are written beside the program in the second. Exit code 0 means
     * success.
     */
    public static void main(String[] arguments) {
        int exit = 1;
        try {
            boolean lists = arguments.length > 2 && arguments[2].equals("lists");
            new TrainingRun(Path.of(arguments[0]), Path.of(arguments[1]), lists).play();
            exit = 0;
        } catch (Exception e) {
            System.err.println("rehearsal: " + e);
        } finally {
            System.exit(exit); // the gateway's threads do not end by themselves
        }
    }

    private void play() throws Exception {
        try (ServerSocket upstream = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
            Thread.startVirtualThread(() -> serve(upstream));
            int port = freePort();
            // If this user is root, the agent of `run` is another user. It may pass through, but not list the
            // directory.
            Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
            Path configuration = lay(port, upstream.getLocalPort());
            String config = "--config=" + configuration;
            Credentials.put(
                    Config.read(configuration),
                    configuration,
                    "railway-staging",
                    SlotContent.token(new Secret("rehearsed")));
            seal(config);
            rehearseKeys(configuration, "railway");
            dropResolver(); // otherwise the gateway would ask the upstream for placements, which has no answer
            seal(config);
            Process gateway = startGateway(configuration);
            try {
                call(port, lease());
                learnCommands(config);
            } finally {
                end(gateway);
            }
        }
    }

    /** Starts the gateway, as the launchers do: with the flags of this process, on its own class path. */
    private Process startGateway(Path configuration) throws IOException {
        List<String> command = new ArrayList<>(List.of(java()));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith("--add-modules")) // of the JDK, which runs a source file
                .forEach(command::add);
        command.addAll(GATEWAY_FLAGS);
        command.addAll(List.of(learning("interlock"), "-cp", ModuleClassPath.of(GatewayMain.class)));
        command.addAll(List.of(GatewayMain.class.getName(), "up", "--same-user", "--config=" + configuration));
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /**
     * Returns the option with which a JVM writes what it learns. An earlier file goes: it may be of another program.
     */
    private String learning(String name) throws IOException {
        Path learned = beside.resolve(name + (lists ? ".classes" : ".aot"));
        Files.deleteIfExists(learned);
        return (lists ? "-XX:DumpLoadedClassList=" : "-XX:AOTCacheOutput=") + learned;
    }

    /** Ends a process, which then writes its cache. */
    private static void end(Process process) throws InterruptedException {
        process.destroy();
        if (!process.waitFor(PATIENCE_NANOS, TimeUnit.NANOSECONDS)) {
            process.destroyForcibly();
        }
    }

    private static String java() {
        return Path.of(System.getProperty("java.home", "/usr"), "bin", "java").toString();
    }

    /**
     * Trains the commands with one that needs most of their code. Where no sandbox can be built it learns less, which
     * only makes starts slower.
     */
    private void learnCommands(String config) throws IOException, InterruptedException {
        Path workspace = workspace(root);
        List<String> command = new ArrayList<>();
        command.add(java());
        command.addAll(COMMAND_FLAGS);
        command.addAll(List.of(learning("commands"), "-cp", System.getProperty("java.class.path", "")));
        command.addAll(List.of(Main.class.getName(), "run", config, "--task=work", "--workspace=" + workspace));
        command.addAll(List.of("--", "true"));
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(PATIENCE_NANOS, TimeUnit.NANOSECONDS)) {
            process.destroyForcibly();
        }
    }

    /**
     * Creates a typical workspace: a repository, with a file that runs by itself and one that looks like a credential.
     */
    private static Path workspace(Path root) throws IOException, InterruptedException {
        Path workspace = Files.createDirectory(root.resolve("workspace"), PrivateFiles.AS_DIRECTORY);
        Path git = Files.createDirectory(workspace.resolve(".git"));
        Files.createDirectory(git.resolve("objects"));
        Files.writeString(git.resolve("HEAD"), "ref: refs/heads/main\n");
        Files.writeString(git.resolve("config"), "[core]\n\tpager = less -R\n");
        Files.writeString(workspace.resolve("package.json"), "{}\n");
        Files.writeString(workspace.resolve(".env"), "DEPLOY_TOKEN=Zq8vK2xR7mT4wY9bN3cL6pH1\n");
        // Itself last: a user who can write in it could redirect root's writes.
        new ProcessBuilder("chown", "-R", "-h", SandboxLauncher.agentUid() + ":" + SandboxLauncher.agentUid(), workspace + "")
                .start()
                .waitFor();
        return workspace;
    }

    private void seal(String config) {
        run("seal", config, "--key=" + root.resolve("key"), root.resolve("policy") + "");
    }

    private void dropResolver() throws IOException {
        Path policy = root.resolve("policy/interlock.yaml");
        Files.writeString(policy, Files.readString(policy).replace("    resolver: railway-staging\n", ""));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Path lay(int port, int upstream) throws IOException, InterruptedException {
        Path key = root.resolve("key");
        new ProcessBuilder("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key.toString())
                .start()
                .waitFor();
        String line = Files.readString(root.resolve("key.pub")).strip();
        for (String directory : List.of("data", "run", "policy")) {
            Files.setPosixFilePermissions(
                    Files.createDirectory(root.resolve(directory)),
                    PosixFilePermissions.fromString(directory.equals("run") ? "rwx--x--x" : "rwx------"));
        }
        Files.writeString(root.resolve("policy/interlock.yaml"), """
                organisation: rehearsal
                expires-after: 1d
                environments:
                  staging: {protected: false}
                people:
                  jer: {groups: [owners], keys: ["%s"]}
                confirm: {software-keys: true}
                agents:
                  jer/cursor: {owner: jer, teams: [platform]}
                upstreams:
                  railway:
                    catalog: railway
                    address: "http://127.0.0.1:%d"
                    credentials:
                      railway-staging: {environments: [staging], impacts: [read], header: authorization, scheme: Bearer}
                    resolver: railway-staging
                    resources:
                      "railway:environment/env-staging": {environments: [staging]}
                tasks:
                  work: {environments: [staging], impacts: [read], ttl: 1h}
                """.formatted(line, upstream));
        Files.writeString(root.resolve("policy/policy.cedar"), """
                @id("work")
                permit (principal in Team::"platform", action in Impact::Action::"read", resource in Environment::"staging");
                """);
        return Files.writeString(
                root.resolve("gateway.yaml"), """
                origin: rehearsal.interlock.example/one
                listen: 127.0.0.1:%d
                data: data
                run: run
                admins: ["%s"]
                seal-signers: {quorum: 1, keys: ["%s"]}
                console: {listen: "127.0.0.1:0", origin: "http://localhost:7412"}
                """.formatted(port, System.getProperty("user.name", "root"), line));
    }

    private static void run(String... arguments) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        if (InterlockCommand.run(out, out, arguments) != 0) {
            throw new IllegalStateException(said.toString(StandardCharsets.UTF_8));
        }
    }

    /** A socket is there a moment before it is listened to. */
    private String lease() throws IOException, AdminRefusedException {
        Path socket = root.resolve("run/admin.sock");
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            try {
                return AdminClient.at(socket)
                        .call(
                                "lease.issue",
                                Json.object().with("agent", "jer/cursor").with("task", "work"))
                        .text("token");
            } catch (IOException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
            }
        }
    }

    private static void call(int port, String lease) throws IOException {
        byte[] request = ("POST /railway/graphql/v2 HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\nAuthorization: Bearer "
                        + lease + "\r\nContent-Type: application/json\r\nContent-Length: " + READ.length() + "\r\n\r\n"
                        + READ)
                .getBytes(StandardCharsets.US_ASCII);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            for (int i = 0; i < CALLS; i++) {
                socket.getOutputStream().write(request);
                String answer = message(socket.getInputStream());
                if (!answer.contains(" 200 ")) {
                    throw new IOException("a rehearsed read was answered with: " + answer);
                }
            }
        }
    }

    private static void serve(ServerSocket server) {
        byte[] answer = ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + ANSWER.length()
                        + "\r\n\r\n" + ANSWER)
                .getBytes(StandardCharsets.US_ASCII);
        try {
            while (true) {
                Socket socket = server.accept();
                Thread.startVirtualThread(() -> {
                    try (socket) {
                        while (!message(socket.getInputStream()).isEmpty()) {
                            socket.getOutputStream().write(answer);
                        }
                    } catch (IOException e) {
                        // The gateway closed the connection: the rehearsal is over, or the next call uses another one.
                    }
                });
            }
        } catch (IOException e) {
            // The rehearsal is over.
        }
    }

    /** Reads a message with its body, and returns its head; empty at the end. */
    private static String message(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                return "";
            }
            head.append((char) next);
        }
        String text = head.toString().toLowerCase(Locale.ROOT);
        int at = text.indexOf("content-length: ");
        if (at >= 0) {
            in.skipNBytes(Long.parseLong(text.substring(at + 16, text.indexOf('\r', at))));
        }
        return text;
    }

    /**
     * Starts a keys process that writes down what a start needs, and asks it for one credential.
     *
     * @param file a {@code gateway.yaml} whose seal gives {@code upstream} a resolver
     */
    private void rehearseKeys(Path file, String upstream) throws IOException {
        Config config = Config.read(file);
        byte[] envelope = Files.readAllBytes(config.sealFile());
        byte[] payload = Base64.getDecoder().decode(Json.readObject(envelope).text("payload"));
        String seal = SealDocument.read(payload).id();
        try (KeysClient keys =
                KeysClient.start(() -> KeysProcess.learn(file, learning("keys")), _ -> envelope, _ -> {})) {
            if (keys.resolver(seal, upstream) instanceof CredentialResult.CredentialRefused(String reason)) {
                throw new IOException("a rehearsed credential was not opened: " + reason);
            }
        }
    }
}
