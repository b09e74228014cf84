import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.interlock.action.Secret;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.catalog.Catalogs;
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
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A training run: one start of each of the program's processes, and calls at all of the gateway's doors, with its own
 * keys, policy and upstream. Each JVM stores what it learns for quick starts (JEP 483, 514, 515). It tests nothing. The
 * JDK runs it from this file, with the program on the class path.
 */
public final class TrainingRun {

    /** The number of calls of each kind. It is enough to link everything that they need; more only takes time. */
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
     * not stored. Profiles of the first compiler alone never let methods reach the second, and a load takes twice as
     * long. Those of both have the second compiler begin at once: the start and the first hundred calls cost a quarter
     * more processor time, and 30 MB stay; only some hundred calls later are cheaper.
     */
    private static final List<String> GATEWAY_FLAGS =
            List.of("-XX:TieredStopAtLevel=1", "-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTRecordTraining");

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final String ENVIRONMENT = "{\"data\":{\"environment\":{\"id\":\"env-staging\",\"name\":\"staging\"}}}";
    private static final String DONE =
            "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"resultType\":\"complete\",\"content\":[]}}";
    private static final String REFS = "001e# service=git-upload-pack\n00000044" + "a".repeat(40)
            + " refs/heads/main\0 side-band-64k\n0000";
    private static final String META = "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
            + "\"io.modelcontextprotocol/clientCapabilities\":{}}";
    private static final String BROWSER = "Mozilla/5.0";

    /**
     * A call at one of the gateway's doors; {@code %d} is another number each time.
     *
     * @param head further headers, as pairs
     */
    private record Door(String method, String target, String body, int status, String... head) {}

    /**
     * No push is among them. A start loads all classes that were trained: with those of a push a first decision takes 0.1 s
     * more processor time, and 4 MB stay. A first push would take 0.4 s in place of 0.6, and not less, because the JVM
     * stores no class of a signed jar, and JGit's is signed.
     */
    private static final List<Door> DOORS = List.of(
            new Door("POST", "/railway/graphql/v2", "{\"query\":\"{ environment(id: \\\"env-1\\\") { id name } }\"}", 200),
            new Door(
                    "POST",
                    "/railway/graphql/v2",
                    "{\"query\":\"query ($id: String!) { environment(id: $id) { id name } }\",\"variables\":{\"id\":\"env-%d\"}}",
                    200),
            new Door("POST", "/railway/graphql/v2", "{\"query\":\"{ a%d: environment(id: \\\"env-1\\\") { id } }\"}", 200),
            new Door("GET", "/shop/orders/o-%d", "", 200),
            new Door("POST", "/shop/orders", "{\"customer\":\"c-%d\",\"note\":\"at the door\"}", 200),
            new Door(
                    "POST",
                    "/notes/mcp",
                    "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"list_notes\","
                            + "\"arguments\":{\"folder\":\"f-%d\"}," + META + "}}",
                    200,
                    "Accept",
                    "application/json, text/event-stream",
                    "MCP-Protocol-Version",
                    "2026-07-28",
                    "Mcp-Method",
                    "tools/call",
                    "Mcp-Name",
                    "list_notes"),
            new Door("GET", "/git/acme/shop.git/info/refs?service=git-upload-pack", "", 200),
            new Door("GET", "/shop/health", "", 403));

    /** People have to confirm it. */
    private static final Door HELD = new Door("DELETE", "/shop/orders/o-1", "", 403);

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
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
        HttpServer upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        upstream.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        upstream.createContext("/", TrainingRun::answer);
        upstream.start();
        try {
            int port = freePort();
            URI console = URI.create("http://localhost:" + freePort());
            // If this user is root, the agent of `run` is another user. It may pass through, but not list the
            // directory.
            Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
            Path configuration = lay(port, console, upstream.getAddress().getPort());
            String config = "--config=" + configuration;
            for (String slot : List.of("railway-staging", "shop-work", "shop-destroy", "notes-work", "git-work")) {
                Credentials.put(
                        Config.read(configuration), configuration, slot, SlotContent.token(new Secret("rehearsed")));
            }
            seal(config);
            rehearseKeys(configuration, "railway");
            dropResolver(); // otherwise the gateway would ask the upstream for placements, which has no answer
            seal(config);
            Process gateway = startGateway(configuration);
            try {
                calls(port, lease());
                look(console);
                learnCommands(config);
            } finally {
                end(gateway);
            }
        } finally {
            upstream.stop(0);
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
     * Trains the commands with one that needs most of their code; a list has the classes of others too. Where no sandbox
     * can be built it learns less, which only makes starts slower.
     */
    private void learnCommands(String config) throws IOException, InterruptedException {
        String workspace = "--workspace=" + workspace(root);
        learn("commands", "run", config, "--task=work", workspace, "--", "true");
        if (lists) {
            learn("commands-status", "status", config);
            learn("commands-holds", "hold", "list", config);
            learn("commands-receipts", "receipts", config);
        }
    }

    private void learn(String name, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(java()));
        command.addAll(COMMAND_FLAGS);
        command.addAll(List.of(learning(name), "-cp", System.getProperty("java.class.path", "")));
        command.add(Main.class.getName());
        command.addAll(List.of(arguments));
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

    private Path lay(int port, URI console, int upstream) throws IOException, InterruptedException {
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
                  jer: {groups: [owners], keys: ["%1$s"]}
                confirm: {software-keys: true}
                agents:
                  jer/cursor: {owner: jer, teams: [platform]}
                upstreams:
                  railway:
                    catalog: railway
                    address: "http://127.0.0.1:%2$d"
                    credentials:
                      railway-staging: {environments: [staging], impacts: [read], header: authorization, scheme: Bearer}
                    resolver: railway-staging
                    resources:
                      "railway:environment/env-*": {environments: [staging]}
                  shop:
                    catalog: shop
                    address: "http://127.0.0.1:%2$d"
                    credentials:
                      shop-work: {environments: [staging], impacts: [read, write], header: authorization, scheme: Bearer}
                      shop-destroy: {environments: [staging], impacts: [destroy], header: authorization, scheme: Bearer}
                    resources:
                      "shop:order/*": {environments: [staging]}
                      "shop:account/self": {environments: [staging]}
                  notes:
                    catalog: notes
                    address: "http://127.0.0.1:%2$d"
                    credentials:
                      notes-work: {environments: [staging], impacts: [read], header: authorization, scheme: Bearer}
                    resources:
                      "notes:account/self": {environments: [staging]}
                  git:
                    catalog: git
                    address: "http://127.0.0.1:%2$d"
                    credentials:
                      git-work: {environments: [staging], impacts: [read], header: authorization, scheme: Bearer}
                    resources:
                      "git:repo/acme/*": {environments: [staging]}
                tasks:
                  work: {environments: [staging], impacts: [read, write, destroy], ttl: 1h}
                """.formatted(line, upstream));
        Path catalogs = Files.createDirectory(root.resolve("policy/catalogs"));
        Files.writeString(catalogs.resolve("shop.yaml"), Catalogs.example("rest"));
        Files.writeString(catalogs.resolve("notes.yaml"), Catalogs.example("mcp"));
        Files.writeString(root.resolve("policy/policy.cedar"), """
                @id("work")
                permit (principal in Team::"platform", action in [Impact::Action::"read", Impact::Action::"write"],
                        resource in Environment::"staging");
                @id("asked")
                @confirm("1 of owners")
                permit (principal in Team::"platform", action in Impact::Action::"destroy", resource in Environment::"staging");
                """);
        return Files.writeString(
                root.resolve("gateway.yaml"), """
                origin: rehearsal.interlock.example/one
                listen: 127.0.0.1:%d
                data: data
                run: run
                admins: ["%s"]
                seal-signers: {quorum: 1, keys: ["%s"]}
                console: {listen: "127.0.0.1:%d", origin: "%s"}
                """.formatted(port, System.getProperty("user.name", "root"), line, console.getPort(), console));
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
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            try {
                return ask("lease.issue", Json.object().with("agent", "jer/cursor").with("task", "work"))
                        .text("token");
            } catch (IOException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
            }
        }
    }

    private Json.Members ask(String command, Json.Members arguments) throws IOException, AdminRefusedException {
        return AdminClient.at(root.resolve("run/admin.sock")).call(command, arguments);
    }

    private void calls(int port, String lease) throws IOException, InterruptedException {
        for (int i = 0; i < CALLS; i++) {
            for (Door door : DOORS) {
                call(port, lease, door, i);
            }
        }
        call(port, lease, HELD, 0);
    }

    private void call(int port, String lease, Door door, int number) throws IOException, InterruptedException {
        String body = door.body().formatted(number);
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + port + door.target().formatted(number)))
                .method(door.method(), HttpRequest.BodyPublishers.ofString(body))
                .header("Authorization", "Bearer " + lease);
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json");
        }
        if (door.head().length > 0) {
            request.headers(door.head());
        }
        HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != door.status()) {
            throw new IOException("a rehearsed call of " + door.target() + " was answered with: " + answer.body());
        }
    }

    /** Looks at the console, as a person does who signs in and finds a hold. */
    private void look(URI console) throws IOException, InterruptedException, AdminRefusedException {
        String code = URI.create(ask("console.code", Json.object()).text("address")).getFragment();
        HttpResponse<String> entered = client.send(
                HttpRequest.newBuilder(console.resolve("/signin"))
                        .header("User-Agent", BROWSER)
                        .header("Origin", console.toString())
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString("code=" + code.substring(code.indexOf('=') + 1)))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        String cookie = entered.headers().firstValue("set-cookie").orElse("").split(";", 2)[0];
        String hold = ask("hold.list", Json.object()).objects("holds").getFirst().text("id");
        for (String page : List.of("/live", "/holds", "/holds/" + hold, "/receipts", "/agents", "/status")) {
            HttpResponse<String> shown = client.send(
                    HttpRequest.newBuilder(console.resolve(page))
                            .header("User-Agent", BROWSER)
                            .header("Cookie", cookie)
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (shown.statusCode() != 200) {
                throw new IOException("the console answers " + page + " with " + shown.statusCode());
            }
        }
        ask("status", Json.object());
        ask("receipts", Json.object());
    }

    private static void answer(HttpExchange exchange) throws IOException {
        exchange.getRequestBody().readAllBytes();
        String path = exchange.getRequestURI().getPath();
        boolean isGit = path.endsWith("/info/refs");
        String type = isGit ? "application/x-git-upload-pack-advertisement" : "application/json";
        String text = isGit ? REFS : path.equals("/mcp") ? DONE : path.equals("/graphql/v2") ? ENVIRONMENT : "{\"id\":4}";
        exchange.getResponseHeaders().set("Content-Type", type);
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
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
