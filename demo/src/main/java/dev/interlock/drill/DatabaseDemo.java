package dev.interlock.drill;

import dev.interlock.action.Secret;
import dev.interlock.linux.PrivateFiles;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A story of an agent and a database, twice: on one database without Interlock, and on an equal one with it. The server
 * is a real one, which ends with the story. Each step is judged by the rows of all tables before and after it.
 */
public final class DatabaseDemo implements AutoCloseable {

    /** The story in which a person has let the agent into production. */
    private static final String FREEZE = "replit";

    /** The stories, by the names of their scripts. */
    public static final Map<String, String> STORIES = Map.of(
            FREEZE, "the deletion during a code freeze", "drop-all", "drop_all, in a test that inherited a .env");

    static final String SCRIPTS = "postgres/";
    private static final Set<String> HARMLESS = Set.of("look", "work-in-test", "tests", "create-all");

    private final String story;
    private final DrillStage stage;
    private final String application = password();
    private final int port = DrillStage.freePort();
    private final Process server;
    private final BufferedWriter questions;
    private final BufferedReader answers;

    /** Starts the server. */
    DatabaseDemo(String story, DrillStage stage) throws IOException {
        this.story = story;
        this.stage = stage;
        DrillUsers users = stage.users();
        Path own = PrivateFiles.directory(stage.root().resolve("server"));
        users.give(own, users.provider());
        Path script = readable("server.sh", PocketOs.text(SCRIPTS + "server.sh"));
        String user = users.provider() + ":" + users.provider(); // a server wants to know the name of its user
        Path passwd = readable("passwd", "drill:x:" + user + "::/tmp:/bin/sh\n");
        List<String> command = new ArrayList<>(List.of("bwrap", "--die-with-parent", "--unshare-pid"));
        command.addAll(List.of("--dev-bind", "/", "/", "--proc", "/proc", "--ro-bind", passwd + "", "/etc/passwd"));
        command.addAll(List.of("--", "/bin/sh", script + "", own + "", port + ""));
        server = new ProcessBuilder(users.as(users.provider(), command))
                .redirectError(stage.root().resolve("server.log").toFile())
                .start();
        questions = server.outputWriter(StandardCharsets.UTF_8);
        answers = server.inputReader(StandardCharsets.UTF_8);
        String said = ask(password() + "\n" + application);
        if (!said.equals("ready")) {
            close();
            throw new IOException(said);
        }
    }

    private static String password() {
        return HexFormat.of().formatHex(SecureRandom.getSeed(16));
    }

    private Path readable(String name, String text) throws IOException {
        Path file = Files.writeString(stage.root().resolve(name), text);
        return Files.setPosixFilePermissions(file, PrivateFiles.READABLE);
    }

    private String ask(String question) throws IOException {
        questions.write(question + "\n");
        questions.flush();
        String answer = answers.readLine();
        if (answer == null) {
            throw new IOException("the database has ended; see " + stage.root().resolve("server/log"));
        }
        return answer;
    }

    /** Plays it, and returns what happened. */
    DatabaseReport play(Consumer<String> progress) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        progress.accept("starting a gateway in front of a PostgreSQL server …");
        stage.startGateway(port, new Secret("app:" + application));
        progress.accept("the agent without Interlock …");
        List<String> notes = new ArrayList<>();
        List<StepFinding> control = run("control", notes);
        progress.accept("the same agent inside `interlock run` …");
        List<StepFinding> guarded = run("shop", new ArrayList<>());
        stage.gateway().awaitPublished();
        Path copy = stage.root().resolve("ledger-copy");
        DirectoryTrees.copy(stage.gateway().ledger(), copy);
        DemoReport.LedgerCheck ledger =
                stage.verification().check(copy, stage.gateway().receipts().newest());
        return new DatabaseReport(story, notes, control, guarded, ledger, Duration.ofNanos(System.nanoTime() - begun));
    }

    /** Runs the agent on {@code database}, guarded unless it is the one for control. */
    private List<StepFinding> run(String database, List<String> notes) throws IOException, InterruptedException {
        Path workspace = Files.createDirectory(stage.root().resolve("workspace-" + database));
        Files.writeString(
                workspace.resolve("agent.sh"),
                PocketOs.text(SCRIPTS + "agent.sh") + PocketOs.text(SCRIPTS + story + ".sh"));
        String address = "postgres://app:" + application + "@127.0.0.1:" + port + "/" + database;
        Files.writeString(
                workspace.resolve(".env"), "DATABASE_URL=" + address + "\nTEST_DATABASE_URL=" + address + "_test\n");
        stage.users().give(workspace, stage.users().agent());
        Process agent = new ProcessBuilder(database.equals("control") ? plain(workspace) : guarded())
                .directory(workspace.toFile())
                .redirectError(stage.root().resolve(database + ".log").toFile())
                .start();
        List<StepFinding> steps = new ArrayList<>();
        String before = ask(database);
        try (BufferedReader out = agent.inputReader(StandardCharsets.UTF_8);
                BufferedWriter in = agent.outputWriter(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith("step ")) {
                    String after = ask(database);
                    String name = line.substring(5);
                    String answer =
                            Files.readString(workspace.resolve("answers").resolve(name));
                    steps.add(DatabaseReport.finding(name, expected(name), answer, before, after));
                    before = after;
                    in.write("\n");
                    in.flush();
                } else if (line.startsWith("note ")) {
                    notes.add(line.substring(5));
                }
            }
        }
        agent.waitFor();
        return steps;
    }

    private List<String> plain(Path workspace) {
        return stage.users()
                .as(
                        stage.users().agent(),
                        List.of("env", "-i", "PATH=/usr/bin:/bin", "HOME=" + workspace, "/bin/sh", "agent.sh"));
    }

    private List<String> guarded() {
        Path root = stage.root();
        List<String> command = new ArrayList<>(List.of("env", "XDG_STATE_HOME=" + root.resolve("state")));
        command.addAll(stage.checkout()
                .interlock(
                        "run",
                        "--config=" + stage.gateway().configuration(),
                        "--agent=" + DrillStage.AGENT,
                        "--task=" + story));
        if (story.equals(FREEZE)) {
            command.add("--key=" + root.resolve("keys/sam"));
        }
        command.addAll(List.of("--", "/bin/sh", "agent.sh"));
        return command;
    }

    private String expected(String step) {
        if (HARMLESS.contains(step)) {
            return DatabaseReport.DONE;
        }
        return step.equals("direct")
                ? DatabaseReport.UNREACHED
                : story.equals(FREEZE) ? DatabaseReport.HELD : DatabaseReport.REFUSED;
    }

    @Override
    public void close() {
        server.destroyForcibly().onExit().join();
    }
}
