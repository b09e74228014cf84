package dev.interlock.system;

import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminapi.LeaseTerms;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A complete installation in a directory of its own: keys, policy, vault, seal, simulated upstream, gateway. The
 * commands that people use make each.
 */
final class Installation implements AutoCloseable {

    /** For the inventory only, since it opens everything. */
    private static final String READER = "      railway-read: {environments: [production, staging], impacts: [read],"
            + " header: authorization, scheme: Bearer}";

    /** The key of every model provider here. */
    static final String MODEL_KEY = "sk-the-organisations-own";

    private static @Nullable Installation shared;

    private final Path root;
    private final Path scratch;
    private final TestingRailway railway;
    private final int port;
    private final List<Agent> agents = new ArrayList<>();
    private final List<AdminClient.OpenConnection<?>> held = new ArrayList<>();
    private final Map<String, String> variables = new TreeMap<>();
    private String address;
    private String more = "";
    private String console = "off";
    private String policy = "policy";
    private String signIn = "";
    private String annsSubject = "";
    private int consolePort;
    private int remotePort;
    private Optional<TcpRelay> relay = Optional.empty();
    private Optional<FakeRegistry> registry = Optional.empty();
    private Optional<GitHost> git = Optional.empty();
    private final Map<ModelWire, ScriptedModel> models = new EnumMap<>(ModelWire.class);
    private List<String> admins = List.of(System.getProperty("user.name"));
    private Process gateway;
    private boolean launched;

    /**
     * Makes one and starts its gateway.
     *
     * @param resolver whether the gateway asks the upstream for the environment of resources; else the seal has it
     */
    static Installation open(boolean resolver) throws Exception {
        return open(resolver, List.of());
    }

    /**
     * Returns the one that this JVM's tests share, of which the seal places the resources. They only read, or use
     * leases, holds, places and volumes of their own. It is closed with the JVM.
     */
    static synchronized Installation shared() throws Exception {
        if (shared == null) {
            Installation made = open(false);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try {
                    made.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }));
            shared = made;
        }
        return shared;
    }

    /**
     * Makes one whose seal has the provider's own address, {@code https://backboard.railway.com}. Only for the gateway,
     * that name leads to the simulated provider. Its front is also a proxy.
     */
    static Installation openAtTheProvidersAddress() throws Exception {
        return made(true, List.of(), Installation::beAtTheProvidersAddress);
    }

    /** Makes the same, whose administrators include the user {@code person}. */
    static Installation openAtTheProvidersAddress(String person) throws Exception {
        return made(true, List.of(), made -> {
            made.beAtTheProvidersAddress();
            made.admins = List.of(System.getProperty("user.name"), person);
        });
    }

    private void beAtTheProvidersAddress() throws Exception {
        address = "https://" + TestingRailway.HOST;
        more = "proxy: true";
        relay = Optional.of(new TcpRelay(railway.port()));
        registry = Optional.of(new FakeRegistry(root));
        git = Optional.of(new GitHost(root));
        for (ModelWire wire : ModelWire.values()) {
            models.put(wire, new ScriptedModel(wire, MODEL_KEY));
        }
        Files.writeString(
                hosts(),
                "127.0.0.1 localhost\n" + relay.get().host() + " " + TestingRailway.HOST + "\n"
                        + registry.get().hostLine()
                        + git.get().hostLine()
                        + models.values().stream().map(ScriptedModel::hostLine).collect(Collectors.joining()));
        variables.put("JAVA_TOOL_OPTIONS", "-Djdk.net.hosts.file=" + hosts());
    }

    /** Makes the same with a listener for remote machines under {@code name}. */
    static Installation openAtTheProvidersAddressWithRemoteListener(String name) throws Exception {
        return made(true, List.of(), made -> {
            made.beAtTheProvidersAddress();
            made.listenRemotely(name);
        });
    }

    private void listenRemotely(String name) throws IOException {
        remotePort = Programs.freePort();
        more += "\nremote: {listen: \"0.0.0.0:" + remotePort + "\", names: [" + name + "]}";
    }

    /** Makes one with a console, and with a seal under which two owners may approve a destruction in production. */
    static Installation openWithConsole() throws Exception {
        return made(true, List.of(), made -> {
            made.consolePort = Programs.freePort();
            made.console = "{listen: \"127.0.0.1:" + made.consolePort + "\"}";
            made.policy = "console";
        });
    }

    /**
     * Makes the same with a console under the name {@code name}, which speaks TLS with {@code front.pem} of its
     * directory.
     */
    static Installation openWithEncryptedConsole(String name) throws Exception {
        return made(true, List.of(), made -> {
            made.consolePort = Programs.freePort();
            made.console = "{listen: \"127.0.0.1:" + made.consolePort + "\", origin: \"https://" + name + ":"
                    + made.consolePort + "\", tls: {certificate: front.pem, key: front.key}}";
            made.policy = "console";
            FrontCertificate.in(made.root, name);
        });
    }

    /** Makes the same with the push service {@code service}, whose certificate is {@code pem}. */
    static Installation openWithPushService(String service, String pem) throws Exception {
        return made(true, List.of(), made -> {
            made.consolePort = Programs.freePort();
            made.console = "{listen: \"127.0.0.1:" + made.consolePort + "\", push: {services: [\"" + service
                    + "\"], ca: push.pem}}";
            made.policy = "console";
            Files.writeString(made.root.resolve("push.pem"), pem);
        });
    }

    /** Makes the same with a seal in which {@code team} signs ann in, under the name {@code subject}. */
    static Installation openWithTeam(TeamProvider team, String subject) throws Exception {
        return made(true, List.of(), made -> {
            made.consolePort = Programs.freePort();
            made.console = "{listen: \"127.0.0.1:" + made.consolePort + "\", client-secret-file: client.secret}";
            made.policy = "console";
            made.annsSubject = "subject: \"" + subject + "\"";
            made.signIn = "sign-in: {issuer: \"" + team.issuer() + "\", client: " + TeamProvider.CLIENT + "}";
            Path secret = made.root.resolve("client.secret");
            Files.createFile(
                    secret, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(secret, TeamProvider.SECRET);
        });
    }

    /** Returns the console's origin in browsers, if there is a console. */
    String console() {
        return "http://localhost:" + consolePort;
    }

    /** Returns an agent whose lease, signed by sam, also covers production and destructive calls there. */
    Agent agentInProduction() throws Exception {
        Json.Members narrow =
                admin("lease.issue", Json.object().with("agent", "jer/cursor").with("task", "fix-staging"));
        List<String> command = List.of(
                "elevate", "--lease=" + narrow.text("id"), "--environment=production", "--key=" + key("sam"), "--json");
        Programs.ProgramResult ended = interlock(command, "").expect(0);
        Agent agent = new Agent(
                port,
                Json.readObject(ended.out().getBytes(StandardCharsets.UTF_8)).text("token"));
        agents.add(agent);
        return agent;
    }

    /** Makes one that seals the texts of its receipts. */
    static Installation openWithRetention() throws Exception {
        return made(false, List.of(), made -> made.more = "retention: 400d");
    }

    /** Opens the same with the gateway's command behind {@code launcher}. */
    static Installation open(boolean resolver, List<String> launcher) throws Exception {
        return made(resolver, launcher, _ -> {});
    }

    /** Opens the same with a provider that runs as a process, which a test can stop. */
    static Installation openWithProviderApart(boolean resolver) throws Exception {
        return made(new Installation(true), resolver, List.of(), _ -> {});
    }

    /** A change to an installation before it is set up. */
    private interface Difference {
        void make(Installation made) throws Exception;
    }

    private static Installation made(boolean resolver, List<String> launcher, Difference difference) throws Exception {
        return made(new Installation(false), resolver, launcher, difference);
    }

    private static Installation made(Installation made, boolean resolver, List<String> launcher, Difference difference)
            throws Exception {
        try {
            difference.make(made);
            made.setUp(resolver);
            made.up(launcher);
            return made;
        } catch (Exception | Error e) {
            made.close();
            throw e;
        }
    }

    private Installation(boolean apart) throws IOException {
        root = Files.createTempDirectory("interlock-system-");
        // As root, the sandboxed agent is another user: it may pass through the directory, and not list it.
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
        scratch = Files.createDirectory(root.resolve("tmp"));
        Files.setAttribute(scratch, "unix:mode", 01777);
        railway = new TestingRailway(root, apart);
        address = railway.address();
        port = Programs.freePort();
    }

    private void setUp(boolean resolver) throws Exception {
        Files.createDirectory(root.resolve("keys"));
        Map<String, String> values = new TreeMap<>();
        for (String person : List.of("jer", "sam", "ann", "sealer", "attester")) {
            values.put(person.toUpperCase(java.util.Locale.ROOT) + "_KEY", makeKey(person));
        }
        values.put("SIGN_IN", signIn);
        values.put("ANNS_SUBJECT", annsSubject);
        values.put("ADDRESS", address);
        values.put("USER", System.getProperty("user.name"));
        values.put("CA", railway.authority().replace("\n", "\\n"));
        values.put("REGISTRY", registryUpstream() + git.map(GitHost::upstream).orElse("") + modelUpstreams());
        values.put("RESOLVER", resolver ? "    resolver: railway-read" : "");
        values.put("READER", resolver ? READER : "");
        values.put("VOLUMES", resolver ? "" : placements());
        Files.createDirectory(root.resolve("policy"));
        for (String file : List.of("interlock.yaml", "policy.cedar")) {
            Files.writeString(root.resolve("policy").resolve(file), filled(file, values));
        }
        Files.writeString(configuration(), configuration(values.get("SEALER_KEY")));
        Files.createDirectory(
                root.resolve("data"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.createDirectory(root.resolve("run"));
        for (String slot :
                resolver ? TestingRailway.SLOTS : TestingRailway.SLOTS.subList(1, TestingRailway.SLOTS.size())) {
            Programs.store(configuration(), slot, railway.tokens().get(slot));
        }
        if (git.isPresent()) {
            Programs.store(configuration(), "git-work", "git_work-token");
            Programs.store(configuration(), "git-look", "git_look-token");
        }
        for (ScriptedModel model : models.values()) {
            Programs.store(configuration(), model.credential(), MODEL_KEY);
        }
        seal(UnaryOperator.identity());
    }

    /** Changes {@code interlock.yaml}, and seals it. */
    Programs.ProgramResult seal(UnaryOperator<String> change) throws IOException, InterruptedException {
        Path file = root.resolve("policy/interlock.yaml");
        Files.writeString(file, change.apply(Files.readString(file)));
        return interlock(
                        List.of(
                                "seal",
                                "--key",
                                key("sealer").toString(),
                                file.getParent().toString()),
                        "")
                .expect(0);
    }

    private static String placements() {
        return TestingRailway.disposables().stream()
                .map(volume -> "      \"railway:volume/" + volume + "\": {environments: [staging]}")
                .collect(Collectors.joining("\n"));
    }

    private String filled(String file, Map<String, String> values) throws IOException {
        try (InputStream in = Installation.class.getResourceAsStream(policy + "/" + file)) {
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            for (Map.Entry<String, String> value : values.entrySet()) {
                text = text.replace("${" + value.getKey() + "}", value.getValue());
            }
            return text;
        }
    }

    private String makeKey(String person) throws Exception {
        String file = key(person).toString();
        Programs.run(List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", file), "")
                .expect(0);
        return Files.readString(Path.of(file + ".pub")).strip();
    }

    private String configuration(String sealer) {
        return """
                origin: system-test.interlock.example/pocketos
                listen: 127.0.0.1:%d
                data: data
                run: run
                replica: replica
                admins: %s
                seal-signers: {quorum: 1, keys: ["%s"]}
                console: %s
                %s
                """.formatted(port, admins.stream().map(user -> '"' + user + '"').toList(), sealer, console, more);
    }

    /** Starts the gateway, and waits until it answers. */
    void up(List<String> launcher) throws Exception {
        launched = !launcher.isEmpty();
        List<String> command = new ArrayList<>(launcher);
        command.addAll(Programs.interlock(scratch, List.of("up", "--same-user", "--config=" + configuration())));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log("out")))
                .redirectError(ProcessBuilder.Redirect.appendTo(log("err")));
        builder.environment().putAll(variables);
        gateway = builder.start();
        Programs.await("the gateway answers", () -> {
            if (!gateway.isAlive()) {
                throw new AssertionError(
                        "the gateway ended:\n" + Files.readString(log("err").toPath()));
            }
            return answers();
        });
    }

    /** Waits until all probes of the first seal have returned: four for each of two protocols, and one decision. */
    void awaitProbes() throws Exception {
        Programs.await(
                "the probes are refused",
                () -> admin("status", Json.object()).text("probes").startsWith("all 9 "));
    }

    private boolean answers() {
        try {
            admin("status", Json.object());
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private File log(String stream) {
        return root.resolve("gateway." + stream).toFile();
    }

    /** Returns all of the gateway's standard error. */
    String said() throws IOException {
        return Files.readString(log("err").toPath());
    }

    /** Returns the gateway's own process, also if a launcher started it. */
    ProcessHandle gateway() {
        return launched ? gateway.children().findFirst().orElseThrow() : gateway.toHandle();
    }

    /** Kills it with {@code kill -9}: no shutdown hook runs. */
    void kill() {
        if (!gateway.isAlive()) {
            return;
        }
        ProcessHandle handle = gateway();
        handle.destroyForcibly();
        handle.onExit().join();
        gateway.onExit().join();
    }

    /** Ends it as a person would: it drains. */
    void stop() {
        gateway().destroy();
        gateway.onExit().join();
    }

    /** Runs the command line to its end. */
    Programs.ProgramResult interlock(List<String> arguments, String input) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(arguments);
        boolean offline = all.getFirst().equals("verify");
        if (!offline) {
            all.add(1, "--config=" + configuration());
            if (List.of(
                            "vault",
                            "policy",
                            "lease",
                            "remote",
                            "inventory",
                            "session",
                            "hold",
                            "grant",
                            "alert",
                            "texts",
                            "freeze")
                    .contains(all.getFirst())) {
                java.util.Collections.swap(all, 1, 2);
            }
        }
        return Programs.runsHere(all, input) ? Programs.runHere(all) : Programs.run(command(all), input);
    }

    /**
     * Returns a command as the administrator of this installation, whose sessions are stored apart from other users'.
     */
    ProcessBuilder command(List<String> arguments) {
        ProcessBuilder command = new ProcessBuilder(Programs.interlock(scratch, arguments));
        command.environment().put("XDG_STATE_HOME", root.resolve("state").toString());
        return command;
    }

    /** Returns the directory with the records of all sessions. */
    Path sessions() {
        return root.resolve("state/interlock/sessions");
    }

    /** Runs the command line to its end, behind {@code launcher}. */
    Programs.ProgramResult interlockIn(List<String> launcher, List<String> arguments)
            throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(arguments);
        all.add(1, "--config=" + configuration());
        List<String> command = new ArrayList<>(launcher);
        command.addAll(Programs.interlock(scratch, all));
        return Programs.run(command, "");
    }

    /** Returns the token of a new lease for the task template. */
    String lease() throws IOException {
        Json.Members order = Json.object().with("agent", "jer/cursor").with("task", "fix-staging");
        return admin("lease.issue", order).text("token");
    }

    /** Returns a client with a new lease for the task template. */
    Agent agent() throws IOException {
        Agent agent = new Agent(port, lease());
        agents.add(agent);
        return agent;
    }

    /** Runs {@code script} as an agent that {@code interlock run} started, and returns its result. */
    Programs.ProgramResult run(Path workspace, String script) throws Exception {
        return run(workspace, List.of(), script);
    }

    /** Runs the same with further options of {@code run}. */
    Programs.ProgramResult run(Path workspace, List<String> options, String script) throws Exception {
        List<String> command = new ArrayList<>(List.of("run", "--agent=jer/cursor", "--task=fix-staging"));
        command.add("--workspace=" + workspace);
        command.addAll(options);
        command.addAll(List.of("--", "/bin/sh", "-c", script));
        return interlock(command, "");
    }

    /** Executes {@code run} in a terminal of its own and follows {@code steps}; see {@code terminal.py}. */
    Json.Members runAtATerminal(Path workspace, List<String> options, String steps, String script) throws Exception {
        List<String> command = new ArrayList<>(List.of("run", "--config=" + configuration(), "--agent=jer/cursor"));
        command.addAll(List.of("--task=fix-staging", "--workspace=" + workspace));
        command.addAll(options);
        command.addAll(List.of("--", "/bin/sh", "-c", script));
        return atATerminal(steps, command);
    }

    /** Runs a command in a terminal of its own and follows {@code steps}; see {@code terminal.py}. */
    Json.Members atATerminal(String steps, List<String> command) throws Exception {
        return Programs.atATerminal(root, steps, command(command));
    }

    /** Signs {@code hold} as {@code person}, by OpenSSH's own program. */
    void sign(String hold, String person) throws Exception {
        sign(hold, person, Json.object());
    }

    /** Signs the same, if the name of the resource has to be typed. */
    void sign(String hold, String person, String typed) throws Exception {
        sign(hold, person, Json.object().with("typed_name", typed));
    }

    private void sign(String hold, String person, Json.Members asked) throws Exception {
        String statement = admin("hold.show", Json.object().with("hold", hold)).text("statement");
        List<String> command =
                List.of("ssh-keygen", "-q", "-Y", "sign", "-f", key(person).toString(), "-n", "interlock-confirm@v1");
        String signature = Programs.run(command, statement).expect(0).out() + "\n";
        admin("hold.sign", asked.with("hold", hold).with("signature", signature));
    }

    /** Returns the holds that wait for people. */
    Set<String> openHolds() throws IOException {
        return admin("hold.list", Json.object()).objects("holds").stream()
                .filter(hold -> hold.text("state").equals("open"))
                .map(hold -> hold.text("id"))
                .collect(Collectors.toSet());
    }

    /** Waits for a hold that is none of {@code before}. */
    String awaitHold(Set<String> before) throws Exception {
        AtomicReference<String> found = new AtomicReference<>("");
        Programs.await("a hold is open", () -> {
            openHolds().stream()
                    .filter(hold -> !before.contains(hold))
                    .findFirst()
                    .ifPresent(found::set);
            return !found.get().isEmpty();
        });
        return found.get();
    }

    String stateOf(String hold) throws IOException {
        return admin("hold.list", Json.object()).items("holds").stream()
                .map(Json.Members.class::cast)
                .filter(line -> line.text("id").equals(hold))
                .findFirst()
                .orElseThrow()
                .text("state");
    }

    /** Returns every receipt, newest first. */
    List<Json.Members> receipts() throws IOException {
        return admin("receipts", Json.object().with("limit", 1000)).items("receipts").stream()
                .map(Json.Members.class::cast)
                .toList();
    }

    /** Returns the outcomes of {@code intent}. */
    List<String> outcomes(String intent) throws IOException {
        return receipts().stream()
                .filter(receipt -> receipt.text("kind").equals("outcome")
                        && receipt.text("intent").equals(intent))
                .map(receipt -> receipt.text("result"))
                .toList();
    }

    /** Sends a command to the daemon; a refusal fails the test. */
    Json.Members admin(String command, Json.Members arguments) throws IOException {
        try {
            return AdminClient.at(root.resolve("run/admin.sock")).call(command, arguments);
        } catch (AdminRefusedException e) {
            throw new AssertionError("`" + command + "` was refused: " + e.getMessage(), e);
        }
    }

    /** Opens a place for an agent, as `run` does; it stays open until this installation is closed. */
    Json.Members place() throws IOException {
        try {
            AdminClient.OpenConnection<LeaseQuestion.OpenedRun> place = AdminClient.at(root.resolve("run/admin.sock"))
                    .hold(new LeaseQuestion.OpenRun(
                            Optional.of(new LeaseTerms("fix-staging").withAgent("jer/cursor")),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty()));
            held.add(place);
            return RecordJson.write(place.answer());
        } catch (AdminRefusedException e) {
            throw new AssertionError("a place was refused: " + e.getMessage(), e);
        }
    }

    Path root() {
        return root;
    }

    /** Returns a new directory in which any agent may work. */
    Path workspace(String name) throws IOException {
        Path workspace = Files.createDirectory(root.resolve(name));
        Files.setPosixFilePermissions(workspace, PosixFilePermissions.fromString("rwxrwxrwx"));
        return workspace;
    }

    Path configuration() {
        return root.resolve("gateway.yaml");
    }

    Path ledger() {
        return root.resolve("data/ledger");
    }

    Path replica() {
        return root.resolve("replica");
    }

    Path key(String person) {
        return root.resolve("keys").resolve(person);
    }

    /** Returns the log's key, as the gateway reports it. */
    String logKey() throws IOException {
        return Files.readString(root.resolve("data/ledger.pub")).strip();
    }

    int port() {
        return port;
    }

    /** Returns the port of the listener for remote machines. */
    int remotePort() {
        return remotePort;
    }

    TestingRailway railway() {
        return railway;
    }

    @Override
    public void close() throws IOException {
        agents.forEach(Agent::close);
        for (AdminClient.OpenConnection<?> place : held) {
            place.close();
        }
        if (gateway != null) {
            // Also its keys process, which would still write below the directory.
            List<ProcessHandle> processes = gateway.descendants().toList();
            kill();
            processes.forEach(ProcessHandle::destroyForcibly);
            processes.forEach(process -> process.onExit().join());
        }
        railway.close();
        if (relay.isPresent()) {
            relay.get().close();
        }
        if (registry.isPresent()) {
            registry.get().close();
        }
        if (git.isPresent()) {
            git.get().close();
        }
        for (ScriptedModel model : models.values()) {
            model.close();
        }
        remove(root);
    }

    /** Returns the repositories behind the upstream {@code git}, if it has any. */
    GitHost git() {
        return git.orElseThrow();
    }

    /** Returns the registry behind the upstream {@code npm}, if it has one. */
    FakeRegistry registry() {
        return registry.orElseThrow();
    }

    private String registryUpstream() throws Exception {
        return registry.isEmpty()
                ? ""
                : """
                  npm:
                    catalog: npm
                    address: https://%s
                    private: true
                    ca: "%s"
                    credentials: {}
                    resources:
                      "npm:account/self": {environments: [staging]}
                  maven:
                    catalog: maven
                    address: https://%3$s/maven2
                    private: true
                    ca: "%2$s"
                    credentials: {}
                    resources:
                      "maven:account/self": {environments: [staging]}
                  go:
                    catalog: go
                    address: https://%4$s
                    private: true
                    ca: "%2$s"
                    credentials: {}
                    resources:
                      "go:account/self": {environments: [staging]}
                """.formatted(
                                FakeRegistry.HOST,
                                registry.get().authority().replace("\n", "\\n"),
                                FakeRegistry.MAVEN,
                                FakeRegistry.GO);
    }

    /** Returns the hosts file, which only the gateway uses, with the addresses of the providers. */
    Path hosts() {
        return root.resolve("hosts");
    }

    /** Returns the address of the provider's name, for the gateway alone. */
    String providersAddress() {
        return relay.orElseThrow().host();
    }

    /** Returns the model provider that speaks {@code wire}, if it has one. */
    ScriptedModel model(ModelWire wire) {
        return Objects.requireNonNull(models.get(wire));
    }

    private String modelUpstreams() {
        return models.values().stream().map(ScriptedModel::upstream).collect(Collectors.joining());
    }

    static void remove(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
