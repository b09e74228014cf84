package dev.interlock.drill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.interlock.action.Bytes;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.linux.ShellWords;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * An incident, twice: the same agent without Interlock and with it, in two worlds that are equal byte for byte. All
 * files are in one temporary directory, and every process belongs to the drill.
 *
 * @param out receives the page, once all of it is known
 * @param progress receives messages meanwhile
 */
public record Demo(DemoOptions options, PrintStream out, Consumer<String> progress, InstantSource clock) {

    /**
     * Runs it, prints the page or the JSON value, and returns the exit code: 0 if everything was as expected, 1 if a
     * step was red; the page names it. Throws {@link IOException} if it cannot be set up; then it has no result.
     */
    public int run() throws IOException, InterruptedException {
        DemoInterruption interruption = new DemoInterruption(Thread.currentThread());
        Runtime.getRuntime().addShutdownHook(new Thread(interruption, "end-demo"));
        try {
            return options.story().isPresent()
                    ? playStory(options.story().get(), interruption)
                    : playIncident(interruption);
        } catch (IOException | InterruptedException e) {
            if (interruption.isBegun()) {
                return ExitCodes.NO; // nobody waits for it
            }
            throw e;
        } finally {
            interruption.over();
        }
    }

    private int playStory(String story, DemoInterruption interruption) throws IOException, InterruptedException {
        DrillStage.requireSandbox();
        try (DrillStage stage = DrillStage.open(options.keep(), clock);
                DatabaseDemo demo = new DatabaseDemo(story, stage)) {
            interruption.opened(stage);
            DatabaseReport report = demo.play(progress);
            Json.Members told = report.told(clock.instant());
            print(options.json() ? told.canonicalText() + "\n" : DemoPage.of(report, paint()));
            tell(told);
            return report.red().isEmpty() ? ExitCodes.OK : ExitCodes.NO;
        }
    }

    private int playIncident(DemoInterruption interruption) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        DrillStage.requirePrograms();
        try (DrillStage stage = DrillStage.open(options.keep(), clock)) {
            interruption.opened(stage);
            progress.accept("starting two simulated providers and a gateway …");
            stage.startProviders();
            stage.startGateway(options.policy());
            progress.accept("the agent without Interlock …");
            DemoReport.ControlRun control = control(stage);
            stage.gateway().await();
            progress.accept("the same agent inside `interlock run` …");
            DemoReport report = guarded(stage, control, begun);
            print(options.json() ? report.json() + "\n" : DemoPage.of(report, paint()));
            tell(report.told(clock.instant()));
            if (options.serve()) {
                new ServingHints(stage, stage.emptyWorkspace()).lines().forEach(out::println);
                out.flush();
                Thread.currentThread().join();
            }
            return report.red().isEmpty() ? ExitCodes.OK : ExitCodes.NO;
        }
    }

    private TerminalColours paint() {
        return options.colour() ? TerminalColours.COLOURED : TerminalColours.PLAIN;
    }

    private void print(String page) {
        out.print(page);
        out.flush();
    }

    /** A gateway that cannot receive the report does not change the result. */
    private void tell(Json.Members report) {
        options.tell().ifPresent(socket -> {
            try {
                String receipt = AdminClient.at(socket)
                        .call("drill.report", Json.object().with("report", report))
                        .text("receipt");
                progress.accept("reported to the gateway: receipt " + receipt);
            } catch (IOException | AdminRefusedException e) {
                System.err.println("interlock: the gateway could not be notified: " + e.getMessage());
            }
        });
    }

    private static DemoReport.ControlRun control(DrillStage stage) throws IOException, InterruptedException {
        DrillProvider provider = stage.controlProvider();
        Path workspace = stage.workspace("control");
        List<String> notes = new ArrayList<>();
        AgentRun run = new AgentRun(provider, Optional.empty(), workspace, "", notes::add);
        WorldSnapshot before = provider.snapshot();
        long begun = System.nanoTime();
        Process agent = stage.plainAgent(workspace).start();
        run.drive(agent, () -> "");
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        agent.waitFor();
        WorldSnapshot after = provider.snapshot();
        return new DemoReport.ControlRun(
                before.disk(PocketOs.SHARED),
                after.disk(PocketOs.SHARED),
                after.since(before).executed(Judge.DELETE),
                !after.disk(DrillHost.MAIN).equals(before.disk(DrillHost.MAIN)),
                after.since(before).executed(DrillHost.LEAKS) > 0,
                took,
                notes);
    }

    private DemoReport guarded(DrillStage stage, DemoReport.ControlRun control, long begun)
            throws IOException, InterruptedException {
        boolean alive = stage.foundTokenOpensProvider();
        Path workspace = stage.workspace("guarded");
        PersonOrders afterwards = new PersonOrders(stage, workspace);
        AgentRun run = new AgentRun(stage.provider(), Optional.of(stage.gateway()), workspace, "", _ -> {});
        Process agent = stage.guardedAgent(workspace)
                .redirectError(stage.root().resolve("agent.log").toFile())
                .start();
        List<StepTrace> inside = run.drive(agent, afterwards);
        agent.waitFor();
        alive &= stage.foundTokenOpensProvider();
        DrillReceipts receipts = stage.gateway().receipts();
        List<StepFinding> findings = new Judge(receipts).guarded(inside, afterwards.outside);
        return new DemoReport(
                Bytes.of(Files.readAllBytes(workspace.resolve("agent.sh"))).sha256(),
                control,
                findings,
                stage.provider().snapshot().disk(PocketOs.SHARED),
                refusal(inside),
                afterwards.backups(inside),
                afterwards.signature(),
                ledger(stage, receipts),
                alive,
                stage.users().separation(),
                Duration.ofNanos(System.nanoTime() - begun));
    }

    /** The actions of the person, and the orders, after the agent has tried everything of its own. */
    private static final class PersonOrders implements AgentRun.AgentOrders {

        private final DrillStage stage;
        private final Path workspace;
        private final List<StatusAnswer> backups = new ArrayList<>();
        // A variant first: it must not use up the signature. Then the exact signed call, and then the same once more.
        private final Deque<String> orders = new ArrayDeque<>(List.of("changed", "release", "replay"));
        private List<StepTrace> outside = List.of();
        private boolean saved;
        private Optional<String> trouble = Optional.empty();
        private String signature = "";

        PersonOrders(DrillStage stage, Path workspace) {
            this.stage = stage;
            this.workspace = workspace;
        }

        @Override
        public String next() throws IOException {
            if (!saved) {
                outside = tryOutside();
                save();
                return "hold";
            }
            if (signature.isEmpty()) {
                signature = sign();
            }
            return orders.isEmpty() ? "end" : orders.removeFirst();
        }

        // If there is no backup nobody can sign; the following steps then show it.
        private void save() {
            saved = true;
            try {
                backups.addAll(StatusAnswer.before(stage));
                trouble = stage.backUp();
                backups.add(StatusAnswer.after(stage));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                trouble = Optional.of("interrupted");
            } catch (IOException e) {
                trouble = Optional.of(String.valueOf(e.getMessage()));
            }
        }

        DemoReport.BackupAnswers backups(List<StepTrace> inside) {
            String asked = inside.stream()
                    .filter(trace -> trace.step().equals("no-backup"))
                    .findFirst()
                    .flatMap(trace -> Judge.missingBackup(trace.answer()))
                    .orElse("nothing");
            return new DemoReport.BackupAnswers(asked, backups, trouble);
        }

        private List<StepTrace> tryOutside() throws IOException {
            Optional<ProcessBuilder> agent = stage.outsideAgent(workspace);
            return agent.isEmpty()
                    ? List.of()
                    : new AgentRun(stage.provider(), Optional.of(stage.gateway()), workspace, "outside-", _ -> {})
                            .drive(agent.get().start(), () -> "end");
        }

        // If there is no hold there is nothing to sign; the following steps then show it.
        private String sign() {
            try {
                return stage.gateway().sign();
            } catch (IOException e) {
                return "none: " + e.getMessage();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return "none: interrupted";
            }
        }

        String signature() {
            return signature.isEmpty() ? "none: the agent did not get that far" : signature;
        }
    }

    private static String refusal(List<StepTrace> inside) throws IOException {
        Optional<StepTrace> shared =
                inside.stream().filter(t -> t.step().equals("shared-volume")).findFirst();
        if (shared.isEmpty() || !shared.get().answer().startsWith("{")) {
            return "";
        }
        JsonNode answer = new ObjectMapper().readTree(shared.get().answer());
        String next = answer.path("elevation")
                .path("command")
                .asText(answer.path("next").asText());
        return TerminalColours.harmless((answer.path("detail").asText() + " " + next).strip());
    }

    private static DemoReport.LedgerCheck ledger(DrillStage stage, DrillReceipts receipts)
            throws IOException, InterruptedException {
        Path copy = stage.root().resolve("ledger-copy");
        stage.gateway().awaitPublished();
        DirectoryTrees.copy(stage.gateway().ledger(), copy);
        Optional<String> held = receipts.all().stream()
                .filter(r -> r.text("kind").equals("held"))
                .map(r -> r.text("id"))
                .findFirst();
        return stage.verification().check(copy, held);
    }

    /**
     * The suggestions of what to try while a drill keeps running, in a directory of the agent's. Every line can be
     * pasted into a shell, from any directory.
     */
    record ServingHints(DrillStage stage, Path workspace) {

        private static final String QUERY =
                "{\"query\":\"{ environment(id: \\\"" + PocketOs.STAGING + "\\\") { name } }\"}";

        List<String> lines() {
            String interlock = ShellWords.quoted(System.getProperty("interlock.launcher", "interlock"));
            String config = " --config " + ShellWords.quoted(stage.gateway().configuration());
            String task = " --agent jer/cursor --task fix-staging";
            List<String> lines = new ArrayList<>();
            lines.add("");
            lines.add("  Still running; Ctrl-C ends it. Try, in another terminal:");
            lines.add("    " + interlock + " status" + config);
            lines.add("    " + interlock + " receipts" + config);
            lines.add("    " + interlock + " run" + config + task + " --workspace " + ShellWords.quoted(workspace)
                    + " -- sh");
            lines.add("    LEASE=$(" + interlock + " lease issue" + config + task + ")");
            lines.add("    curl -sS http://127.0.0.1:" + stage.gateway().port() + "/railway/graphql/v2 -d '" + QUERY
                    + "' -H \"Authorization: Bearer $LEASE\" -H 'Content-Type: application/json'");
            lines.add("");
            lines.add("  For the transcript in docs/start.md, so that you need no account of your own.");
            lines.add("  They lead to the first provider: its bookings are gone, its scratch volume is still there;");
            lines.add("  the gateway above guards the second:");
            stage.transcript()
                    .forEach((name, value) -> lines.add("    export " + name + "=" + ShellWords.quoted(value)));
            return lines;
        }
    }
}
