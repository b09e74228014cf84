package dev.interlock.system.bench;

import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.catalog.Catalogs;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
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

    static final int POLICIES = 20;

    /** A call that people have to confirm. */
    static final String WRITE = "{\"query\":\"mutation { variableUpsert(input: {projectId: \\\"pro-1\\\","
            + " environmentId: \\\"env-staging\\\", name: \\\"DEBUG\\\", value: \\\"%d\\\"}) }\"}";

    static final String AGENT = "jer/cursor";

    /** Agents that do the same work as {@link #AGENT}: enough to open a thousand holds. */
    private static final int WORKERS = 150;

    private static final String COPY = """
            WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < ?),
                copies AS (
                    SELECT i, substr(id, 1, length(id) - 8) || printf('%08d', i) AS copied, lease, ttl_seconds, expires
                    FROM numbers, (SELECT * FROM identity_lease WHERE revoked IS NULL LIMIT 1))
            INSERT INTO identity_lease (id, token_hash, lease, ttl_seconds, expires)
            SELECT copied, lower(hex(randomblob(32))),
                json_set(lease, '$.id', copied, '$.root', copied, '$.agent', 'jer/worker-' || (i % 150)),
                ttl_seconds, expires
            FROM copies""";

    private static final String DECIDER = "decider";

    private static final String LAUNCHER = Path.of("interlock").toAbsolutePath().toString();

    private final Path root;
    private final int port;
    private int used;

    private BenchInstallation(Path root, int port) {
        this.root = root;
        this.port = port;
    }

    static BenchInstallation build(Path root, URI upstream) throws IOException, InterruptedException {
        return build(root, upstream, Optional.empty());
    }

    /** Builds the same with an {@code endless} upstream, whose answers are streamed. */
    static BenchInstallation build(Path root, URI upstream, Optional<URI> endless)
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
                admins: ["%s"]
                seal-signers: {quorum: 1, keys: ["%s"]}
                """.formatted(port, System.getProperty("user.name"), line));
        for (String directory : List.of("data", "run", "policy")) {
            Files.setPosixFilePermissions(
                    Files.createDirectory(root.resolve(directory)),
                    // As root, the sandboxed agent is another user: it passes through to its place.
                    PosixFilePermissions.fromString(directory.equals("run") ? "rwx--x--x" : "rwx------"));
        }
        policy(
                root.resolve("policy"),
                upstream,
                line,
                endless.map(BenchInstallation::endless).orElse(""));
        BenchInstallation house = new BenchInstallation(root, port);
        List<String> slots = new ArrayList<>(List.of("railway-staging", "shop-work", "notes-work"));
        endless.ifPresent(_ -> slots.add("endless-staging"));
        for (String slot : slots) {
            house.command(List.of("vault", "put", "--config=" + root.resolve("gateway.yaml"), slot), "upstream");
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
                  shop: {protected: false}
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
                      "railway:environment/env-*": {environments: [staging]}
                      "railway:project/pro-1": {environments: [staging]}
                  shop:
                    catalog: shop
                    address: "%s"
                    credentials:
                      shop-work: {environments: [shop], impacts: [read, write]}
                    resources:
                      "shop:order/*": {environments: [shop]}
                      "shop:account/self": {environments: [shop]}
                  notes:
                    catalog: notes
                    address: "%s"
                    credentials:
                      notes-work: {environments: [shop], impacts: [read, write]}
                    resources:
                      "notes:account/self": {environments: [shop]}
                %s
                tasks:
                  work: {environments: [staging, shop], impacts: [read, write], ttl: 8h}
                """.formatted(
                        key, decider(directory), workers(), others(), upstream, upstream, upstream, more));
        Path catalogs = Files.createDirectory(directory.resolve("catalogs"));
        Files.writeString(catalogs.resolve("shop.yaml"), Catalogs.example("rest"));
        Files.writeString(
                catalogs.resolve("notes.yaml"), Catalogs.example("mcp").replace("[/mcp]", "[/mcp, /events]"));
        Files.writeString(directory.resolve("policy.cedar"), policies(POLICIES));
    }

    private static String workers() {
        return IntStream.range(0, WORKERS)
                .mapToObj(i -> "  jer/worker-%d: {owner: jer, teams: [platform]}".formatted(i))
                .collect(Collectors.joining("\n"));
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

                @id("shop")
                permit (principal in Team::"platform", action in [Impact::Action::"read", Impact::Action::"write"],
                        resource in Environment::"shop");

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
        return List.of(LAUNCHER, "up", "--same-user", "--config=" + root.resolve("gateway.yaml"));
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

    /** Copies a lease that was issued until there are {@code count}, in a store that no gateway has open. */
    void fill(long count) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + data().resolve("store.db"));
                PreparedStatement copy = connection.prepareStatement(COPY)) {
            copy.setLong(1, count);
            copy.executeUpdate();
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
