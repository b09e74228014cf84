package dev.interlock.system.bench;

import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A sealed installation of Interlock, made by its own commands. */
final class BenchInstallation {

    /** The measured call: one plain read that policy permits. */
    static final String READ = "{\"query\":\"{ environment(id: \\\"env-staging\\\") { id name } }\"}";

    /** A read like {@link #READ}, with a number that distinguishes it from every other. */
    static final String VARIED_READ = "{\"query\":\"{ read%d: environment(id: \\\"env-staging\\\") { id name } }\"}";

    static final int POLICIES = 20;

    /** A call that people have to confirm. */
    static final String WRITE = "{\"query\":\"mutation { variableUpsert(input: {projectId: \\\"pro-1\\\","
            + " environmentId: \\\"env-staging\\\", name: \\\"DEBUG\\\", value: \\\"%d\\\"}) }\"}";

    static final String AGENT = "jer/cursor";

    /** Agents that do the same work as {@link #AGENT}: enough to open a thousand holds. */
    private static final int WORKERS = 150;

    private static final String DECIDER = "decider";

    private static final String LAUNCHER = Path.of("interlock").toAbsolutePath().toString();

    private final Path root;
    private final int port;
    private final Optional<NamedUpstream> named;
    private int used;

    private BenchInstallation(Path root, int port, Optional<NamedUpstream> named) {
        this.root = root;
        this.port = port;
        this.named = named;
    }

    static BenchInstallation build(Path root, URI upstream) throws IOException, InterruptedException {
        return build(root, upstream, Optional.empty(), Optional.empty());
    }

    /**
     * A second upstream, which speaks TLS at a name.
     *
     * @param address its address for tools
     * @param certificate the certificate to trust
     * @param hosts a hosts file with its name
     */
    record NamedUpstream(URI address, Path certificate, Path hosts) {}

    /**
     * Builds the same with more upstreams.
     *
     * @param named an upstream with a name; the front is then also a proxy
     * @param endless an upstream whose answers are streamed
     */
    static BenchInstallation build(Path root, URI upstream, Optional<NamedUpstream> named, Optional<URI> endless)
            throws IOException, InterruptedException {
        Files.createDirectories(root);
        Path key = root.resolve("key");
        for (Path made : List.of(key, root.resolve(DECIDER))) {
            run(List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", made.toString()), "");
        }
        String line = Files.readString(root.resolve("key.pub")).strip();
        int port = ProxyPrograms.freePort();
        Files.writeString(root.resolve("gateway.yaml"), """
                origin: bench.interlock.example/one
                listen: 127.0.0.1:%d
                data: data
                run: run
                proxy: %s
                admins: ["%s"]
                seal-signers: {quorum: 1, keys: ["%s"]}
                """.formatted(
                        port, named.isPresent(), System.getProperty("user.name"), line));
        for (String directory : List.of("data", "run", "policy")) {
            Files.setPosixFilePermissions(
                    Files.createDirectory(root.resolve(directory)),
                    // As root, the sandboxed agent is another user: it passes through to its place.
                    PosixFilePermissions.fromString(directory.equals("run") ? "rwx--x--x" : "rwx------"));
        }
        String more = (named.isPresent() ? provider(named.get()) : "")
                + endless.map(BenchInstallation::endless).orElse("");
        policy(root.resolve("policy"), upstream, line, more);
        BenchInstallation house = new BenchInstallation(root, port, named);
        house.command(
                List.of("vault", "put", "--config=" + root.resolve("gateway.yaml"), "railway-staging"), "upstream");
        if (named.isPresent()) {
            house.command(
                    List.of("vault", "put", "--config=" + root.resolve("gateway.yaml"), "provider-staging"),
                    "upstream");
        }
        if (endless.isPresent()) {
            house.command(
                    List.of("vault", "put", "--config=" + root.resolve("gateway.yaml"), "endless-staging"), "upstream");
        }
        house.command(
                List.of(
                        "seal",
                        "--config=" + root.resolve("gateway.yaml"),
                        "--key=" + key,
                        root.resolve("policy") + ""),
                "");
        return house;
    }

    private static void policy(Path directory, URI upstream, String key, String more) throws IOException {
        Files.writeString(directory.resolve("interlock.yaml"), """
                organisation: bench
                expires-after: 30d
                environments:
                  production: {protected: true}
                  staging: {protected: false}
                people:
                  jer: {groups: [owners], keys: ["%s"]}
                  sam: {groups: [deciders, owners], keys: [%s]}
                confirm: {software-keys: true}
                signing: {per-hour: 200}
                agents:
                  jer/cursor: {owner: jer, teams: [platform]}
                %s
                %s
                upstreams:
                  railway:
                    catalog: railway
                    address: "%s"
                    credentials:
                      railway-staging: {environments: [staging], impacts: [read, write], header: authorization, scheme: Bearer}
                    resources:
                      "railway:environment/env-staging": {environments: [staging]}
                      "railway:project/pro-1": {environments: [staging]}
                %s
                tasks:
                  work: {environments: [staging], impacts: [read, write], ttl: 8h}
                """.formatted(
                        key, decider(directory), workers(), others(), upstream, more));
        Files.writeString(directory.resolve("policy.cedar"), policies(POLICIES));
    }

    private static String workers() {
        return IntStream.range(0, WORKERS)
                .mapToObj(i -> "  jer/worker-%d: {owner: jer, teams: [platform]}".formatted(i))
                .collect(Collectors.joining("\n"));
    }

    private static String provider(NamedUpstream named) throws IOException {
        return """
                  provider:
                    catalog: railway
                    address: "%s"
                    private: true
                    ca: "%s"
                    credentials:
                      provider-staging: {environments: [staging], impacts: [read], header: authorization, scheme: Bearer}
                    resources:
                      "railway:environment/env-staging": {environments: [staging]}
                """.formatted(
                        named.address(), Files.readString(named.certificate()).replace("\n", "\\n"));
    }

    private static String endless(URI address) {
        return """
                  endless:
                    catalog: railway
                    address: "%s"
                    credentials:
                      endless-staging: {environments: [staging], impacts: [read], header: authorization, scheme: Bearer}
                    resources:
                      "railway:environment/env-staging": {environments: [staging]}
                """.formatted(address);
    }

    /** Returns a person who did not sign the lease, if there is such a key. */
    private static String decider(Path policy) throws IOException {
        Path key = policy.resolveSibling(DECIDER + ".pub");
        return Files.exists(key) ? "\"" + Files.readString(key).strip() + "\"" : "";
    }

    /** Signs {@code statement} as a person who may decide; returns an armored SSHSIG. */
    String sign(String namespace, String statement) throws IOException, InterruptedException {
        return run(
                List.of("ssh-keygen", "-q", "-Y", "sign", "-f", root.resolve(DECIDER) + "", "-n", namespace),
                statement);
    }

    private static String others() {
        return IntStream.range(1, POLICIES)
                .mapToObj(i -> "  jer/other-%d: {owner: jer, teams: [team-%d]}".formatted(i, i))
                .collect(Collectors.joining("\n"));
    }

    /** Returns a policy that permits the read, and others that are evaluated and do not apply. */
    static String policies(int count) {
        String others =
                IntStream.range(1, count).mapToObj(i -> """
                        @id("other-%d")
                        permit (principal in Team::"team-%d", action in Impact::Action::"write", resource in Environment::"staging")
                        when { context.reversibility == \"reversible\" && !context.protected };
                        """.formatted(i, i)).collect(Collectors.joining("\n"));
        return """
                @id("work")
                permit (principal in Team::"platform", action in Impact::Action::"read", resource in Environment::"staging");

                @id("asked")
                @confirm("1 of deciders")
                permit (principal in Team::"platform", action in Impact::Action::"write", resource in Environment::"staging");
                """ + others;
    }

    /** Opens a console at the next start; returns its address. */
    URI withConsole() throws IOException {
        int free = ProxyPrograms.freePort();
        URI origin = URI.create("http://localhost:" + free);
        Files.writeString(
                root.resolve("gateway.yaml"),
                "console: {listen: 127.0.0.1:%d, origin: \"%s\"}\n".formatted(free, origin),
                StandardOpenOption.APPEND);
        return origin;
    }

    /** Makes a call that opens a hold, and disconnects. */
    void hold(String lease, String call) throws IOException {
        byte[] request = PacedConnection.request(address(), Optional.of(lease), call);
        try (PacedConnection agent = new PacedConnection(port, request)) {
            String status = agent.status();
            if (!status.startsWith("HTTP/1.1 4")) {
                throw new IOException("nobody was asked: " + status);
            }
        }
    }

    /** The command line that starts the gateway, as users do. */
    List<String> up() {
        String hosts = named.map(one -> "-Djdk.net.hosts.file=" + one.hosts()).orElse("");
        return List.of(
                "env",
                "JAVA_TOOL_OPTIONS=" + hosts,
                LAUNCHER,
                "up",
                "--same-user",
                "--config=" + root.resolve("gateway.yaml"));
    }

    /** The command line of {@code interlock run}, as users type it. */
    List<String> run(Path workspace, String program) {
        return List.of(
                LAUNCHER,
                "run",
                "--agent=jer/cursor",
                "--config=" + root.resolve("gateway.yaml"),
                "--task=work",
                "--workspace=" + workspace,
                "--",
                program);
    }

    /** Returns the authority for sealed hosts at its front; it is published a moment after the start. */
    Path authority() {
        Path published = root.resolve("run/authority.pem");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!Files.exists(published) && System.nanoTime() < end) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        return published;
    }

    /** Returns the directory of the log, its index and the store. */
    Path data() {
        return root.resolve("data");
    }

    int port() {
        return port;
    }

    URI address() {
        return ProxyPrograms.at(port, "/railway/graphql/v2");
    }

    /** Returns the address of endless streamed answers. */
    URI endless() {
        return ProxyPrograms.at(port, "/endless/graphql/v2");
    }

    /** Returns a lease, the first command that a newly started gateway answers. */
    String lease() throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (true) {
            try {
                return issue().text("token");
            } catch (SocketException e) { // its socket is not there yet, or nobody listens at it
                if (System.nanoTime() > end) {
                    throw e;
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        }
    }

    /** Issues a lease; the answer includes its token. */
    Json.Members issue() throws IOException {
        return issue(AGENT);
    }

    /** Returns a lease of an agent that has none yet: many limits are those of one agent. */
    String leaseOfAnotherAgent() throws IOException {
        return issue("jer/worker-" + used++).text("token");
    }

    private Json.Members issue(String agent) throws IOException {
        return ask("lease.issue", Json.object().with("agent", agent).with("task", "work"));
    }

    Json.Members ask(String command, Json.Members arguments) throws IOException {
        try {
            return AdminClient.at(root.resolve("run/admin.sock")).call(command, arguments);
        } catch (AdminRefusedException e) {
            throw new IOException("`" + command + "` was refused: " + e.getMessage(), e);
        }
    }

    private static void command(List<String> arguments, String input) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(LAUNCHER));
        command.addAll(arguments);
        run(command, input);
    }

    private static String run(List<String> command, String input) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        }
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(command.getLast() + " failed:\n" + out);
        }
        return out;
    }
}
