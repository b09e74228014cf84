package dev.interlock.drill;

import dev.interlock.action.Secret;
import dev.interlock.confine.SandboxLauncher;
import dev.interlock.confine.SandboxReadiness;
import dev.interlock.config.Config;
import dev.interlock.credentials.Credentials;
import dev.interlock.linux.PrivateFiles;
import dev.interlock.linux.SafeRemoval;
import dev.interlock.vault.SlotContent;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A story of an agent and a database, twice: on one database without Interlock, and on an equal one with it. The server
 * is a real one, which ends with the story. Each step is judged by the rows of all tables before and after it.
 */
public final class DatabaseDemo implements Closeable {

    /** The story in which a person has let the agent into production. */
    static final String FREEZE = "replit";

    /** The stories, by the names of their scripts. */
    public static final Map<String, String> STORIES =
            Map.of(FREEZE, "the deletion during a code freeze", "drop-all", "drop_all, in a test that inherited a .env");

    private static final String SCRIPTS = "postgres/";
    private static final Set<String> HARMLESS = Set.of("look", "work-in-test", "tests", "create-all");

    /** All tables, each with the number of its rows. */
    private static final String COUNT = """
            SELECT table_name || ' ' || (xpath('/row/n/text()', query_to_xml(format(
                'SELECT count(*) AS n FROM %I.%I', table_schema, table_name), false, true, '')))[1]
            FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1""";

    private final String story;
    private final boolean keep;
    private final Path root;
    private final DrillUsers users;
    private final DrillProgram checkout;
    private final Path programs;
    private final String owner = password();
    private final String application = password();
    private int port;
    private Optional<Process> server = Optional.empty();
    private Optional<DrillGateway> gateway = Optional.empty();

    DatabaseDemo(String story, boolean keep) throws IOException {
        this.story = story;
        this.keep = keep;
        this.programs = programs();
        SandboxReadiness readiness = SandboxLauncher.check();
        if (!readiness.ready()) {
            throw new IOException(readiness.lack() + "; set it up with: " + readiness.remedy());
        }
        users = DrillUsers.ofThisProcess();
        root = Files.createTempDirectory("interlock-demo-");
        DrillStage.requireRoomForSockets(root);
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx--x--x"));
        checkout = DrillProgram.own(Files.createDirectory(root.resolve("tmp")));
        Files.setPosixFilePermissions(root.resolve("tmp"), PosixFilePermissions.fromString("rwx--x--x"));
    }

    /** Returns the programs of the newest server that is installed. */
    private static Path programs() throws IOException {
        List<Path> places = new ArrayList<>();
        Path debian = Path.of("/usr/lib/postgresql");
        if (Files.isDirectory(debian)) {
            try (Stream<Path> versions = Files.list(debian)) {
                versions.map(version -> version.resolve("bin"))
                        .sorted(Comparator.reverseOrder())
                        .forEach(places::add);
            }
        }
        Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1)).map(Path::of).forEach(places::add);
        return places.stream()
                .filter(place -> Stream.of("initdb", "postgres", "psql")
                        .allMatch(program -> Files.isExecutable(place.resolve(program))))
                .findFirst()
                .orElseThrow(() -> new IOException(
                        "this story needs the programs of a PostgreSQL server, which it starts and ends itself; set them up with: apt-get install postgresql"));
    }

    private static String password() {
        return HexFormat.of().formatHex(SecureRandom.getSeed(16));
    }

    /** Plays it, and returns what happened. */
    DatabaseReport play(Consumer<String> progress) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        progress.accept("starting a PostgreSQL server and a gateway …");
        startServer();
        startGateway();
        progress.accept("the agent without Interlock …");
        List<String> notes = new ArrayList<>();
        List<StepFinding> control = run("control", notes);
        progress.accept("the same agent inside `interlock run` …");
        List<StepFinding> guarded = run("shop", new ArrayList<>());
        gateway.orElseThrow().awaitPublished();
        Path copy = root.resolve("ledger-copy");
        DirectoryTrees.copy(root.resolve("data/ledger"), copy);
        DemoReport.LedgerCheck ledger = new LedgerVerification(
                        checkout,
                        Files.readString(root.resolve("data/ledger.pub")).strip(),
                        Files.copy(root.resolve("data/seal.json"), root.resolve("keys/seal.json")),
                        Files.readString(root.resolve("keys/sealer.pub")).strip())
                .check(copy, gateway.orElseThrow().receipts().newest());
        return new DatabaseReport(
                story, notes, control, guarded, ledger, Duration.ofNanos(System.nanoTime() - begun));
    }

    private void startServer() throws IOException {
        port = DrillStage.freePort();
        Path own = PrivateFiles.directory(root.resolve("server"));
        users.give(own, users.provider());
        Path script = Files.writeString(root.resolve("server.sh"), PocketOs.text(SCRIPTS + "server.sh"));
        // A server wants to know the name of its user, and must end with this process.
        Path passwd = Files.writeString(
                root.resolve("passwd"),
                "drill:x:" + users.provider() + ":" + users.provider() + "::/tmp:/bin/sh\n");
        List<Path> seen = List.of(script, passwd);
        for (Path file : seen) {
            Files.setPosixFilePermissions(file, PrivateFiles.READABLE);
        }
        List<String> command = List.of(
                "bwrap", "--die-with-parent", "--unshare-pid", "--dev-bind", "/", "/", "--proc", "/proc", "--ro-bind",
                passwd.toString(), "/etc/passwd", "--", "/bin/sh", script.toString(), programs.toString(),
                own.toString(), Integer.toString(port));
        Process started = new ProcessBuilder(users.as(users.provider(), command))
                .redirectError(root.resolve("server.log").toFile())
                .start();
        server = Optional.of(started);
        try (var in = started.outputWriter(StandardCharsets.UTF_8)) {
            in.write(owner + "\n" + application + "\n");
        }
        if (!"ready".equals(started.inputReader(StandardCharsets.UTF_8).readLine())) {
            throw new IOException("PostgreSQL did not start: "
                    + Files.readString(root.resolve("server.log")).strip() + " "
                    + Files.readString(own.resolve("log")).strip());
        }
    }

    private void startGateway() throws IOException, InterruptedException {
        Path keys = PrivateFiles.directory(root.resolve("keys"));
        Map<String, String> values = new TreeMap<>(Map.of("PORT", Integer.toString(port)));
        values.put("JER_KEY", DrillStage.key(keys.resolve("jer"), "jer@shop"));
        values.put("SAM_KEY", DrillStage.key(keys.resolve("sam"), "sam@shop"));
        Map<String, String> policy = new TreeMap<>();
        for (String file : List.of("interlock.yaml", "policy.cedar")) {
            policy.put(file, PocketOs.text(SCRIPTS + file));
        }
        PocketOs.writePolicy(root.resolve("policy"), policy, values);
        String sealer = DrillStage.key(keys.resolve("sealer"), "seal@shop");
        int front = DrillStage.freePort();
        Path configuration = Files.writeString(
                root.resolve("gateway.yaml"),
                DrillStage.configuration(front, sealer, "shop") + "postgres: 127.0.0.1:" + DrillStage.freePort()
                        + "\n");
        Files.setPosixFilePermissions(configuration, PrivateFiles.READABLE);
        PrivateFiles.directory(root.resolve("data"));
        Files.createDirectory(root.resolve("run"));
        DrillProgram.require(
                "interlock seal",
                checkout.interlock(
                        "seal", "--config=" + configuration, "--key=" + keys.resolve("sealer"), root.resolve("policy")
                                .toString()),
                "");
        for (String slot : List.of("shop-work", "shop-confirmed", "shop-test")) {
            Credentials.put(
                    Config.read(configuration),
                    configuration,
                    slot,
                    SlotContent.token(new Secret("app:" + application)));
        }
        Path scratch = PrivateFiles.directory(root.resolve("tmp-gateway"));
        for (Path owned : List.of(root.resolve("data"), root.resolve("run"), scratch)) {
            users.give(owned, users.gateway());
        }
        DrillProgram program = users.separate() ? checkout.readableIn(root.resolve("program")) : checkout;
        gateway = Optional.of(DrillGateway.start(program.with(scratch), users, root, front));
        gateway.get().await();
    }

    /** Runs the agent on {@code database}, guarded unless it is the one for control. */
    private List<StepFinding> run(String database, List<String> notes) throws IOException, InterruptedException {
        boolean isGuarded = !database.equals("control");
        Path workspace = Files.createDirectory(root.resolve("workspace-" + database));
        Files.writeString(
                workspace.resolve("agent.sh"),
                PocketOs.text(SCRIPTS + "agent.sh") + PocketOs.text(SCRIPTS + story + ".sh"));
        String address = "postgres://app:" + application + "@127.0.0.1:" + port + "/" + database;
        Files.writeString(
                workspace.resolve(".env"), "DATABASE_URL=" + address + "\nTEST_DATABASE_URL=" + address + "_test\n");
        users.give(workspace, users.agent());
        List<String> agent = List.of("/bin/sh", "agent.sh");
        String path = "PATH=" + programs + ":/usr/bin:/bin";
        List<String> guarded = new ArrayList<>(checkout.interlock(
                "run",
                "--config=" + root.resolve("gateway.yaml"),
                "--agent=" + DrillStage.AGENT,
                "--task=" + story,
                "--set=" + path));
        if (story.equals(FREEZE)) {
            guarded.add("--key=" + root.resolve("keys/sam"));
        }
        guarded.add("--");
        guarded.addAll(agent);
        List<String> plain = new ArrayList<>(List.of("/usr/bin/env", "-i", path, "HOME=" + workspace));
        plain.addAll(agent);
        ProcessBuilder builder = new ProcessBuilder(isGuarded ? guarded : users.as(users.agent(), plain));
        builder.environment().put("XDG_STATE_HOME", root.resolve("state").toString());
        Process process = builder.directory(workspace.toFile())
                .redirectError(root.resolve(database + ".log").toFile())
                .start();
        List<StepFinding> steps = new ArrayList<>();
        Map<String, Long> before = count(database);
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
                var in = process.outputWriter(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith("step ")) {
                    Map<String, Long> after = count(database);
                    String name = line.substring(5);
                    String answer = Files.readString(workspace.resolve("answers").resolve(name));
                    steps.add(DatabaseReport.finding(name, expected(name), answer, before, after));
                    before = after;
                    in.write("\n");
                    in.flush();
                } else if (line.startsWith("note ")) {
                    notes.add(line.substring(5));
                }
            }
        }
        process.waitFor();
        return steps;
    }

    private String expected(String step) {
        if (HARMLESS.contains(step)) {
            return DatabaseReport.DONE;
        }
        return step.equals("direct")
                ? DatabaseReport.UNREACHED
                : story.equals(FREEZE) ? DatabaseReport.HELD : DatabaseReport.REFUSED;
    }

    private Map<String, Long> count(String database) throws IOException, InterruptedException {
        ProcessBuilder psql = new ProcessBuilder(
                programs.resolve("psql").toString(), "-XAtq", "-h127.0.0.1", "-p" + port, "-Uowner", "-d" + database,
                "-c" + COUNT);
        psql.environment().put("PGPASSWORD", owner);
        DrillProgram.ProgramOutput ended = DrillProgram.run(psql, "");
        if (ended.exit() != 0) {
            throw new IOException("the tables could not be counted: " + ended.out());
        }
        Map<String, Long> rows = new LinkedHashMap<>();
        ended.out().lines().forEach(line -> rows.put(line.split(" ", 2)[0], Long.parseLong(line.split(" ", 2)[1])));
        return rows;
    }

    @Override
    public synchronized void close() throws IOException {
        gateway.ifPresent(DrillGateway::close);
        server.ifPresent(process -> {
            process.destroyForcibly();
            process.onExit().join();
        });
        if (!keep && Files.exists(root)) {
            SafeRemoval.of(root);
        }
    }
}
