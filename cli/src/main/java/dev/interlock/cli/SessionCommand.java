package dev.interlock.cli;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.config.ConfigFile;
import dev.interlock.confine.UnfinishedRun;
import dev.interlock.confine.WorkspaceFindings;
import dev.interlock.evidence.Json;
import dev.interlock.home.AgentSettings;
import dev.interlock.program.ExitCodes;
import dev.interlock.session.Session;
import dev.interlock.session.StreamReplay;
import dev.interlock.session.TerminalText;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "session",
        mixinStandardHelpOptions = true,
        description = "Sessions: the records of runs, and the gateway's view of them.",
        footer = {
            "",
            "Example:",
            "  interlock session list",
            "  interlock session show",
            "  interlock session show L-01JD… --replay"
        })
final class SessionCommand {

    private static final int MOST_TEXT = 400;

    /** The indentation of values, and of texts and actions. */
    private static final int INDENT = 9;

    private static final int TEXT = 12;

    private static final int MOST_LINES = 2_000;

    private static final int MOST_NAMED = 5;

    private static final int MOST_NAME = 80;

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
            description = "List the recorded sessions of this user at this gateway, newest first.",
            footer = {"", "Example:", "  interlock session list --json"})
    int list(
            @Option(names = "--all", description = "Include sessions of other gateways.") boolean all,
            @Mixin Options own)
            throws IOException {
        SessionFilter log = all ? new SessionFilter(Optional.empty()) : SessionFilter.of(own);
        List<Session.SessionEntry> recorded = Session.list(directory());
        List<Session.SessionEntry> entries = own(log, recorded);
        int others = recorded.size() - entries.size();
        if (own.json()) {
            terminal.json(Json.object()
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
                                                            .orElse(new Json.Nothing()))))
                    .with("others", others));
        } else {
            terminal.table(
                    List.of("SESSION", "STARTED", "TOOK", "EXIT", "AGENT", "COMMAND"),
                    entries.stream().map(SessionCommand::row).toList());
            if (others > 0) {
                terminal.aside("and " + CellFormat.number(others, "session") + " at other gateways: --all");
            } else if (!all && log.key().isEmpty() && !recorded.isEmpty()) {
                terminal.aside("These are the sessions of all gateways, because no gateway "
                        + "answers that could say which are its own.");
            }
        }
        return ExitCodes.OK;
    }

    private static List<Session.SessionEntry> own(SessionFilter log, List<Session.SessionEntry> recorded)
            throws IOException {
        List<Session.SessionEntry> entries = new ArrayList<>();
        for (Session.SessionEntry entry : recorded) {
            if (log.has(directory(), entry)) {
                entries.add(entry);
            }
        }
        return entries;
    }

    private static List<String> row(Session.SessionEntry entry) {
        if (entry.session().isEmpty()) {
            return List.of(entry.id(), "not finished", "–", "–", "–", "–");
        }
        Session session = entry.session().get();
        return List.of(
                session.id(),
                session.started().truncatedTo(ChronoUnit.SECONDS).toString(),
                ExitPage.span(Duration.between(session.started(), session.ended())),
                CellFormat.cell(session.manifest(), "exit"),
                TerminalText.line(CellFormat.cell(session.manifest(), "agent")),
                TerminalText.line(command(session.manifest()), 60));
    }

    /** Returns what a person started, without the script that prepares a protected agent's home. */
    private static String command(Json.Members run) {
        return String.join(" ", AgentSettings.shown(run.texts("command")));
    }

    @Command(
            name = "show",
            mixinStandardHelpOptions = true,
            description = {
                "Show what an agent said, in its own log or on its terminal, beside what the "
                        + "gateway saw it do, and whether the record matches its digest in the "
                        + "ledger. The newest session at this gateway unless one is named.",
                "Exit code 0 if it matches, 1 if it was altered or the ledger does not prove "
                        + "it, 69 if the gateway cannot be asked."
            },
            footer = {"", "Example:", "  interlock session show", "  interlock session show L-01JD… --replay"})
    int show(
            @Parameters(arity = "0..1", paramLabel = "SESSION", description = "Its lease.") @Nullable String id,
            @Option(
                            names = "--replay",
                            description = "Replay its terminal, with pauses of at most a "
                                    + "second. This prints the agent's raw bytes, and your "
                                    + "terminal executes their control sequences: colours, its "
                                    + "title, and worse.")
                    boolean replay,
            @Option(
                            names = "--lines",
                            paramLabel = "N",
                            description = "Maximum lines of each stream, half from the "
                                    + "beginning and half from the end; 2000 unless given. The "
                                    + "output says how many are omitted.")
                    @Nullable Integer lines,
            @Mixin Options own)
            throws Exception {
        if (id != null && !Session.isId(id)) {
            throw new UsageException(
                    "`" + TerminalText.line(id, 60) + "` is not a session; see `interlock session list`");
        }
        Optional<Session> found = id == null ? newest(SessionFilter.of(own)) : find(id);
        Optional<UnfinishedRun> unfinished =
                id == null || found.isPresent() ? Optional.empty() : UnfinishedRun.of(directory(), id);
        if (unfinished.isPresent()) {
            return showUnfinished(unfinished.get(), own);
        }
        if (found.isEmpty()) {
            terminal.problem(
                    id == null
                            ? "no session was recorded in `" + directory() + "` yet; `interlock run` records each"
                            : "no session `" + id + "` was recorded to its end in `" + directory()
                                    + "`; see `interlock session list`");
            return ExitCodes.NO;
        }
        Session session = found.get();
        if (replay) {
            return replay(session);
        }
        if (lines != null && lines < 0) {
            throw new UsageException("`--lines` must be a number, 0 or more");
        }
        return show(session, lines == null ? MOST_LINES : lines, own);
    }

    /** Shows what is known of a run that did not report its end. */
    private int showUnfinished(UnfinishedRun run, Options own) throws IOException {
        Optional<UnfinishedRun.UnfinishedRunReport> told = run.isAlive() ? Optional.empty() : run.report();
        if (own.json()) {
            terminal.json(told.map(one -> one.about()
                            .without(Set.of(
                                    "covered", "directory", "executed", "files", "root", "unheld", "whole", "writable"))
                            .with("left", one.findings().json()))
                    .orElse(Json.object())
                    .with("lease", run.lease())
                    .with("away", run.isAway())
                    .with("finished", false)
                    .with("lives", run.isAlive()));
            return ExitCodes.NO;
        }
        terminal.line("session  " + run.lease()
                + told.map(one -> "  "
                                + TerminalText.line(CellFormat.cell(one.about(), "agent") + " · "
                                        + CellFormat.cell(one.about(), "task")))
                        .orElse(""));
        if (told.isPresent()) {
            terminal.line("ran      from " + told.get().started() + " in "
                    + TerminalText.line(told.get().workspace()) + ", and did not finish: its `run` was killed");
            terminal.line("command  " + TerminalText.line(command(told.get().about()), MOST_TEXT));
            if (run.isAway()) {
                terminal.line(
                        "left     not known: that directory does not exist now. The next run " + "there reports it");
            } else {
                printLeft(told.get().findings());
            }
        } else {
            terminal.line("ran      "
                    + (run.isAlive() ? "and is still running" : "never: it was killed before its agent began"));
        }
        terminal.line("receipts interlock receipts --lease " + run.lease());
        return ExitCodes.NO;
    }

    private void printLeft(WorkspaceFindings left) {
        List<String> lines = new WorkspaceFindingsText(left).lines();
        for (int i = 0; i < lines.size(); i++) {
            terminal.prose((i == 0 ? "left     " : "         ") + TerminalText.line(lines.get(i)), INDENT);
        }
    }

    private static Optional<Session> newest(SessionFilter log) throws IOException {
        return own(log, Session.list(directory())).stream()
                .flatMap(entry -> entry.session().stream())
                .findFirst();
    }

    private static Optional<Session> find(String id) throws IOException {
        try {
            return Optional.of(Session.read(directory(), id));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private static int replay(Session session) throws IOException {
        // Writes raw bytes: a PrintStream would convert them to characters.
        OutputStream out = new FileOutputStream(FileDescriptor.out);
        for (StreamReplay stream : session.streams()) {
            stream.play((after, piece) -> {
                pause(after);
                out.write(piece);
            });
        }
        return ExitCodes.OK;
    }

    private static void pause(Duration after) throws IOException {
        try {
            Thread.sleep(after);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private int show(Session session, int lines, Options own) throws IOException {
        Optional<SessionFacts> facts = facts(session, own);
        SessionProof proof = SessionProof.of(session, facts);
        List<Json.Members> timeline = SessionTimeline.of(session, lines, facts);
        if (own.json()) {
            Json.Members shown = Json.object()
                    .with("lease", session.id())
                    .with("manifest", session.manifest())
                    .with("standing", proof.standing().word())
                    .with("because", proof.sentence())
                    .withOptional("receipt", proof.receipt())
                    .with("timeline", new Json.Array(List.copyOf(timeline)));
            terminal.json(
                    facts.map(known -> shown.with("account", known.account().json()))
                            .orElse(shown));
        } else {
            print(session, proof, timeline);
            tellMore(session, facts);
        }
        return proof.standing().exit();
    }

    private void tellMore(Session session, Optional<SessionFacts> facts) {
        if (facts.filter(known -> !known.whole()).isPresent()) {
            terminal.prose(
                    "The gateway has more receipts; only the newest of each kind are shown "
                            + "here: interlock receipts --lease " + session.id() + " --kind intent --before R-…",
                    INDENT);
        }
    }

    /** A recording can be viewed without a gateway; the output then says what is missing. */
    private Optional<SessionFacts> facts(Session session, Options own) {
        try {
            return Optional.of(SessionFacts.of(own.daemon(), session.id()));
        } catch (IOException | AdminRefusedException | IllegalArgumentException e) {
            terminal.problem("the gateway cannot be asked what it saw (" + e.getMessage()
                    + "): see `interlock status`, or use `--config` if it belongs to another "
                    + "gateway");
            return Optional.empty();
        }
    }

    private void print(Session session, SessionProof proof, List<Json.Members> timeline) {
        Json.Members manifest = session.manifest();
        terminal.prose(
                "session  " + session.id() + "  "
                        + TerminalText.line(
                                CellFormat.cell(manifest, "agent") + " · " + CellFormat.cell(manifest, "task")),
                INDENT);
        terminal.prose(
                "ran      " + session.started().truncatedTo(ChronoUnit.SECONDS) + " for "
                        + ExitPage.span(Duration.between(session.started(), session.ended())) + ", ended with "
                        + CellFormat.cell(manifest, "exit"),
                INDENT);
        terminal.prose("command  " + TerminalText.line(command(manifest), MOST_TEXT), INDENT);
        terminal.prose("record   " + proof.sentence(), INDENT);
        terminal.line("in       " + session.directory());
        manifest.objects("files").stream()
                .filter(file -> file.get("cut").isPresent())
                .forEach(file -> terminal.line("         `" + file.text("name") + "` was cut: " + file.whole("bytes")
                        + " of " + file.whole("written") + " bytes"));
        printLeftOut(manifest);
        if (manifest.get("left").isPresent()) {
            printLeft(WorkspaceFindings.read(manifest.object("left")));
        }
        terminal.line("");
        for (Json.Members entry : timeline) {
            String mark = switch (entry.text("who")) {
                case "gateway" -> "  ┃ ";
                case "interlock" -> "  ┆ ";
                default -> "    ";
            };
            terminal.prose(
                    entry.text("at").substring(11, 19) + mark + TerminalText.line(entry.text("what")) + "  "
                            + text(entry.text("text"))
                            + entry.optionalText("receipt").map(id -> "  " + id).orElse(""),
                    TEXT);
        }
        terminal.line("");
        terminal.line("┃ marks what the gateway saw. The rest, including times, is the agent's " + "own account.");
        if (timeline.stream().anyMatch(entry -> entry.text("who").equals("interlock"))) {
            terminal.line("┆ marks omitted lines, which the record has: see `--lines` and " + "`--replay`.");
        }
    }

    private void printLeftOut(Json.Members manifest) {
        long leftOut = manifest.get("left_out").isPresent() ? manifest.whole("left_out") : 0;
        if (leftOut > 0) {
            List<String> some = manifest.texts("left_out_some").stream()
                    .limit(MOST_NAMED)
                    .map(path -> TerminalText.line(path, MOST_NAME))
                    .toList();
            terminal.prose(
                    "         " + leftOut + (leftOut == 1 ? " file" : " files") + " in the directories of agents' logs "
                            + (leftOut == 1 ? "was" : "were") + " not copied"
                            + (some.isEmpty() ? "" : ": " + String.join(", ", some))
                            + (some.isEmpty() || leftOut == some.size() ? "" : ", …"),
                    INDENT);
        }
    }

    private static String text(String text) {
        int more = text.length() - MOST_TEXT;
        return TerminalText.line(text, MOST_TEXT) + (more > 0 ? " (" + more + " characters more)" : "");
    }
}
