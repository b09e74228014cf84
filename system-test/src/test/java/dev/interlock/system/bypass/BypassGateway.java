package dev.interlock.system.bypass;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A sealed gateway as a process of its own with a provider, and people with keys. One serves the whole corpus. */
final class BypassGateway implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration START = Duration.ofMinutes(5);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(25);

    /** More than all tests of one gateway use. */
    private static final int MAX_AGENTS = 100;

    private final Path root;
    private final SimulatedProvider upstream;
    private final int port;
    private final Process gateway;
    private final AdminClient admin;
    private int agents;

    private BypassGateway(Path root, SimulatedProvider upstream, int port, Process gateway) {
        this.root = root;
        this.upstream = upstream;
        this.port = port;
        this.gateway = gateway;
        this.admin = AdminClient.at(root.resolve("run/admin.sock"));
    }

    static BypassGateway start(Path root) throws IOException, InterruptedException {
        // Others may pass through to the sockets, and not list the directory.
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
        SimulatedProvider upstream = SimulatedProvider.start(Files.createDirectory(root.resolve("world")));
        Path keys = secret(root.resolve("keys"));
        for (String person : List.of("jer", "sam", "sealer")) {
            run(
                    List.of(
                            "ssh-keygen",
                            "-q",
                            "-t",
                            "ed25519",
                            "-N",
                            "",
                            "-C",
                            person,
                            "-f",
                            keys.resolve(person) + ""),
                    "");
        }
        int port = freePort();
        Path config = root.resolve("gateway.yaml");
        Files.writeString(config, configuration(port, key(keys, "sealer")));
        writePolicy(secret(root.resolve("policy")), upstream, keys);
        secret(root.resolve("data"));
        Files.createDirectory(root.resolve("run"));
        run(
                interlock("seal", "--config=" + config, "--key=" + keys.resolve("sealer"), root.resolve("policy") + ""),
                "");
        Map<String, String> credentials = Map.of(
                "railway-staging", SimulatedProvider.STAGING_TOKEN,
                "railway-destroy", SimulatedProvider.DESTROY_TOKEN,
                "railway-read", SimulatedProvider.RESOLVER_TOKEN);
        for (Map.Entry<String, String> credential : credentials.entrySet()) {
            run(interlock("vault", "put", "--config=" + config, credential.getKey()), credential.getValue());
        }
        Process gateway = new ProcessBuilder(interlock("up", "--same-user", "--config=" + config))
                .redirectErrorStream(true)
                .redirectOutput(root.resolve("gateway.log").toFile())
                .start();
        return new BypassGateway(root, upstream, port, gateway).await();
    }

    private static Path secret(Path directory) throws IOException {
        return Files.createDirectory(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    private static String key(Path keys, String person) throws IOException {
        return Files.readString(keys.resolve(person + ".pub")).strip();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static List<String> interlock(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.interlock.cli.Main"));
        command.addAll(List.of(arguments));
        return command;
    }

    private static String configuration(int port, String sealer) {
        return """
                origin: test.interlock.example/bypass
                listen: 127.0.0.1:%d
                data: data
                run: run
                admins: ["%s"]
                seal-signers: {quorum: 1, keys: ["%s"]}
                console: off
                """.formatted(port, System.getProperty("user.name"), sealer);
    }

    private static void writePolicy(Path directory, SimulatedProvider upstream, Path keys) throws IOException {
        String authority = Files.readString(upstream.authority()).strip().replace("\n", "\\n") + "\\n";
        Files.writeString(directory.resolve("interlock.yaml"), """
                organisation: pocketos
                expires-after: 30d
                environments:
                  production: {protected: true}
                  staging: {protected: false}
                people:
                  jer: {groups: [platform, owners], keys: ["%s"]}
                  sam: {groups: [owners], keys: ["%s"]}
                confirm: {software-keys: true}
                agents:
                  jer/cursor: {owner: jer, teams: [platform]}
                %s
                upstreams:
                  railway:
                    catalog: railway
                    address: "https://localhost:%d"
                    ca: "%s"
                    resolver: railway-read
                    credentials:
                      railway-read: {environments: [production, staging], impacts: [read], header: authorization, scheme: Bearer}
                      railway-staging: {environments: [staging], impacts: [write], header: authorization, scheme: Bearer}
                      railway-destroy: {environments: [staging], impacts: [destroy], header: authorization, scheme: Bearer}
                    resources:
                      "railway:environment/%s": {environments: [production]}
                      "railway:environment/%s": {environments: [staging]}
                tasks:
                  fix-staging: {environments: [staging], impacts: [read, write, destroy], ttl: 1h}
                """.formatted(
                        key(keys, "jer"),
                        key(keys, "sam"),
                        IntStream.rangeClosed(1, MAX_AGENTS)
                                .mapToObj(i -> "  jer/agent" + i + ": {owner: jer, teams: [platform]}")
                                .collect(Collectors.joining("\n")),
                        upstream.port(),
                        authority,
                        SimulatedProvider.PRODUCTION,
                        SimulatedProvider.STAGING));
        Files.writeString(directory.resolve("policy.cedar"), """
                @id("platform-works-in-staging")
                permit (
                    principal in Team::"platform",
                    action in [Impact::Action::"read", Impact::Action::"write"],
                    resource in Environment::"staging"
                );

                @id("an-owner-may-let-an-agent-destroy-in-staging")
                @confirm("1 of owners")
                permit (
                    principal in Team::"platform",
                    action in Impact::Action::"destroy",
                    resource in Environment::"staging"
                );
                """);
    }

    private BypassGateway await() throws IOException {
        long deadline = System.nanoTime() + START.toNanos();
        while (!isServing()) {
            if (!gateway.isAlive() || System.nanoTime() > deadline) {
                throw new IOException("the gateway did not start:\n" + log());
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        return this;
    }

    String log() throws IOException {
        return Files.readString(root.resolve("gateway.log")).strip();
    }

    boolean isServing() {
        try {
            return gateway.isAlive() && admin.call("status", Json.object()).flag("enforcing");
        } catch (IOException | AdminRefusedException e) {
            return false;
        }
    }

    SimulatedProvider upstream() {
        return upstream;
    }

    int port() {
        return port;
    }

    Path root() {
        return root;
    }

    Path adminSocket() {
        return root.resolve("run/admin.sock");
    }

    /** Runs an administrator's command. */
    Json.Members ask(String command, Json.Members arguments) throws IOException, AdminRefusedException {
        return admin.call(command, arguments);
    }

    /** Returns an agent that has opened no hold yet. */
    String newAgent() {
        agents++;
        return "jer/agent" + agents;
    }

    String lease() throws IOException, AdminRefusedException {
        return lease("jer/cursor");
    }

    String lease(String agent) throws IOException, AdminRefusedException {
        Json.Members arguments = Json.object().with("agent", agent).with("task", "fix-staging");
        return ask("lease.issue", arguments).text("token");
    }

    /** Returns a volume that is staging's alone. */
    String disposable() throws IOException {
        String create = "mutation { volumeCreate(input: {projectId: \"" + SimulatedProvider.PROJECT
                + "\", environmentId: \"" + SimulatedProvider.STAGING + "\", mountPath: \"/x\"}) { id } }";
        RawWire.Answer answer = upstream.send(Requests.query(create), 1).getFirst();
        return JSON.readTree(answer.body()).at("/data/volumeCreate/id").asText();
    }

    /** Sends {@code wire} to the gateway. */
    List<RawWire.Answer> send(String lease, byte[] wire, int most) throws IOException {
        Map<String, String> values = Map.of(
                "token",
                lease,
                "found",
                SimulatedProvider.FOUND,
                "host",
                "127.0.0.1:" + port,
                "path",
                "/railway/graphql/v2");
        return RawWire.send(port, Optional.empty(), BypassAttempt.fill(wire, values), most);
    }

    /** Returns an OpenSSH signature by {@code person} over {@code text}. */
    String signature(String person, String namespace, String text) throws IOException, InterruptedException {
        String key = root.resolve("keys").resolve(person).toString();
        return run(List.of("ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", namespace), text) + "\n";
    }

    static String run(List<String> command, String input) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        }
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.waitFor() != 0) {
            throw new IOException("`" + command.getLast() + "` ended with " + process.exitValue() + ": " + out);
        }
        return out;
    }

    @Override
    public void close() throws IOException {
        gateway.destroy();
        try {
            if (!gateway.waitFor(10, TimeUnit.SECONDS)) {
                gateway.destroyForcibly();
            }
        } catch (InterruptedException e) {
            gateway.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        upstream.close();
    }
}
