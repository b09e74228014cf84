package dev.interlock.cli;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.config.ConfigFile;
import dev.interlock.confine.UnfinishedRun;
import dev.interlock.confine.WorkspaceFindings;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Keyword;
import dev.interlock.home.AgentSettings;
import dev.interlock.program.ExitCodes;
import dev.interlock.session.Session;
import dev.interlock.session.TerminalText;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "session",
        mixinStandardHelpOptions = true,
        description = "Sessions: the records of runs, and whether the ledger proves them.",
        footer = {"", "Example:", "  interlock session list", "  interlock session show L-01JD…"})
final class SessionCommand {

    private final Terminal terminal;

    SessionCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Returns the directory of recordings. It belongs to the user who runs agents, and to nobody else. */
    static Path directory() {
        String state = System.getenv().getOrDefault("XDG_STATE_HOME", "");
        Path base = state.isEmpty()
                ? ConfigFile.home().resolve(".local").resolve("state")
                : Path.of(state).toAbsolutePath();
        return base.resolve("interlock").resolve("sessions");
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "List the recorded sessions of this user, newest first.",
            footer = {"", "Example:", "  interlock session list --json"})
    int list(@Mixin Options own) throws IOException {
        List<Session.SessionEntry> entries = Session.list(directory());
        Json.Members answer = Json.object()
                .withItems(
                        "sessions",
                        entries.stream()
                                .map(entry -> Json.object()
                                        .with("lease", entry.id())
                                        .with("finished", entry.session().isPresent())
                                        .with(
                                                "manifest",
                                                entry.session()
                                                        .<Json>map(Session::manifest)
                                                        .orElse(new Json.Nothing()))));
        return terminal.answer(
                own,
                answer,
                List.of("SESSION", "STARTED", "TOOK", "EXIT", "AGENT", "COMMAND"),
                entries.stream().map(SessionCommand::row).toList());
    }

    private static List<String> row(Session.SessionEntry entry) {
        return entry.session()
                .map(session -> List.of(
                        session.id(),
                        session.started().truncatedTo(ChronoUnit.SECONDS).toString(),
                        took(session),
                        CellFormat.cell(session.manifest(), "exit"),
                        TerminalText.line(CellFormat.cell(session.manifest(), "agent")),
                        TerminalText.line(command(session.manifest()), 60)))
                .orElseGet(() -> List.of(entry.id(), "not finished", "–", "–", "–", "–"));
    }

    private static String took(Session session) {
        return ExitPage.span(Duration.between(session.started(), session.ended()));
    }

    /** Returns what a person started, without the script that prepares a protected agent's home. */
    private static String command(Json.Members run) {
        return String.join(" ", AgentSettings.shown(run.texts("command")));
    }

    @Command(
            name = "show",
            mixinStandardHelpOptions = true,
            description = {
                "Show what a run did, by the gateway's receipts, what it left, and whether its recorded output matches its digest in the ledger. The newest session unless one is named.",
                "Exit code 0 if it matches, 1 if it was altered or the ledger does not prove it, 69 if the gateway cannot be asked."
            },
            footer = {"", "Example:", "  interlock session show", "  interlock session show L-01JD…"})
    int show(
            @Parameters(arity = "0..1", paramLabel = "SESSION", description = "Its lease.") @Nullable String id,
            @Mixin Options own)
            throws Exception {
        if (id != null && !Session.isId(id)) {
            throw new UsageException(
                    "`" + TerminalText.line(id, 60) + "` is not a session; see `interlock session list`");
        }
        Optional<Session> found = id == null
                ? Session.list(directory()).stream()
                        .flatMap(entry -> entry.session().stream())
                        .findFirst()
                : find(id);
        if (found.isPresent()) {
            return show(found.get(), own);
        }
        Optional<UnfinishedRun> unfinished = id == null ? Optional.empty() : UnfinishedRun.of(directory(), id);
        if (unfinished.isPresent()) {
            return show(unfinished.get(), own);
        }
        terminal.problem(
                id == null
                        ? "no session was recorded in `" + directory() + "` yet; `interlock run` records each"
                        : "no session `" + id + "` was recorded to its end in `" + directory()
                                + "`; see `interlock session list`");
        return ExitCodes.NO;
    }

    private static Optional<Session> find(String id) throws IOException {
        try {
            return Optional.of(Session.read(directory(), id));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private int show(UnfinishedRun run, Options own) throws IOException {
        Optional<UnfinishedRun.UnfinishedRunReport> report = run.isAlive() ? Optional.empty() : run.report();
        if (own.json()) {
            Json.Members answer = Json.object()
                    .with("lease", run.lease())
                    .with("finished", false)
                    .with("lives", run.isAlive());
            terminal.json(
                    report.map(known -> answer.with("started", known.started().toString())
                                    .with("workspace", known.workspace())
                                    .with("left", known.findings().json()))
                            .orElse(answer));
            return ExitCodes.NO;
        }
        ExitPage page = new ExitPage();
        page.part("session", run.lease());
        report.ifPresentOrElse(
                known -> {
                    page.part(
                            "ran",
                            "from " + known.started() + " in " + known.workspace()
                                    + ", and did not finish: its `run` was killed");
                    page.part("command", command(known.about()));
                    page.left(known.findings());
                },
                () -> page.part(
                        "ran", run.isAlive() ? "and is still running" : "never: it was killed before its agent began"));
        page.part("receipts", "interlock receipts --lease " + run.lease());
        page.lines().forEach(terminal::line);
        return ExitCodes.NO;
    }

    private int show(Session session, Options own) {
        Optional<SessionFacts> facts = facts(session, own);
        SessionProof proof = SessionProof.of(session, facts);
        Json.Members manifest = session.manifest();
        if (own.json()) {
            Json.Members shown = Json.object()
                    .with("lease", session.id())
                    .with("manifest", manifest)
                    .with("standing", proof.standing().word())
                    .with("because", proof.sentence())
                    .with("cast", session.cast().toString())
                    .withOptional("receipt", proof.receipt());
            terminal.json(
                    facts.map(known -> shown.with("account", known.account().json()))
                            .orElse(shown));
            return proof.standing().exit();
        }
        ExitPage page = new ExitPage();
        page.part(
                "session",
                session.id() + "  " + CellFormat.cell(manifest, "agent") + " · " + CellFormat.cell(manifest, "task"));
        page.part(
                "ran",
                session.started().truncatedTo(ChronoUnit.SECONDS) + " for " + took(session) + ", ended with "
                        + CellFormat.cell(manifest, "exit"));
        page.part("command", command(manifest));
        facts.ifPresent(known -> page.account(known.account(), known.holds()));
        page.left(WorkspaceFindings.read(manifest.object("left")));
        page.part("receipts", "interlock receipts --lease " + session.id());
        page.part("record", proof.sentence());
        page.part(
                "output",
                session.cast()
                        + (manifest.object("cast").get("cut").isPresent() ? ", of which the end is missing" : ""));
        page.lines().forEach(terminal::line);
        return proof.standing().exit();
    }

    /** A recording can be viewed without a gateway; the output then says what is missing. */
    private Optional<SessionFacts> facts(Session session, Options own) {
        try {
            return Optional.of(SessionFacts.of(own.daemon(), session.id()));
        } catch (IOException | AdminRefusedException | IllegalArgumentException e) {
            terminal.problem("the gateway cannot be asked what it saw (" + e.getMessage()
                    + "): see `interlock status`, or use `--config` if it belongs to another gateway");
            return Optional.empty();
        }
    }

    /**
     * The result of comparing a recording with the ledger.
     *
     * @param sentence the text for people
     * @param receipt the receipt of the recording, if there is one
     */
    record SessionProof(RecordingState standing, String sentence, Optional<String> receipt) {

        enum RecordingState implements Keyword {
            PROVEN(ExitCodes.OK),
            ALTERED(ExitCodes.NO),
            UNPROVEN(ExitCodes.NO),
            UNASKED(ExitCodes.UNAVAILABLE);

            private final int exit;

            RecordingState(int exit) {
                this.exit = exit;
            }

            int exit() {
                return exit;
            }
        }

        static SessionProof of(Session session, Optional<SessionFacts> facts) {
            Optional<Json.Members> proof = facts.flatMap(SessionFacts::proof);
            Optional<String> receipt = proof.map(one -> one.text("id"));
            if (session.isAltered()) {
                return new SessionProof(
                        RecordingState.ALTERED, "ALTERED: the output differs from the manifest", receipt);
            }
            if (facts.isEmpty()) {
                return new SessionProof(
                        RecordingState.UNASKED, "unproven: the gateway cannot be asked for the receipt", receipt);
            }
            if (proof.isEmpty()) {
                return new SessionProof(
                        RecordingState.UNPROVEN,
                        "unproven: this gateway's ledger has no receipt for it, so its content proves nothing",
                        receipt);
            }
            return proof.get().text("manifest_sha256").equals(session.digest())
                    ? new SessionProof(
                            RecordingState.PROVEN,
                            "unaltered: receipt " + receipt.orElse("") + " has its digest",
                            receipt)
                    : new SessionProof(
                            RecordingState.ALTERED, "ALTERED: the ledger has another digest of the manifest", receipt);
        }
    }
}
