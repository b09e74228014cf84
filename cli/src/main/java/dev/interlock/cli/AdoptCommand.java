package dev.interlock.cli;

import dev.interlock.adminapi.RecordJson;
import dev.interlock.adopt.CredentialPlace;
import dev.interlock.adopt.CredentialSurvey;
import dev.interlock.adopt.FoundCredential;
import dev.interlock.config.ConfigFile;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import dev.interlock.shapes.CredentialKinds;
import dev.interlock.vault.SlotFingerprintReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "adopt",
        description = {
            "Find every credential that an agent could find: in files, in the git history, in the environment, and in the files below the home directory where tools keep their logins.",
            "Reports what each one gives access to, how dangerous that is, and how to renew it. Never prints a secret. On a terminal it asks for each credential whether to move it into the vault and put a decoy in its place. --check only reports; exit code 1 if it finds any, 69 if it could not check everything."
        },
        footer = {
            "",
            "Examples:",
            "  interlock adopt --check",
            "  interlock adopt --check --staged        as a pre-commit hook",
            "  interlock adopt --take 91d2e7=github-read",
            "  interlock adopt --undo all",
            "",
            "A line that contains `interlock: not a secret` is skipped."
        })
final class AdoptCommand extends ConfiguredCommand {

    /** The maximum number of places in the list for people; `--json` has them all. */
    private static final int PLACES = 5;

    @Parameters(
            paramLabel = "DIRECTORY",
            arity = "0..1",
            description = "The directory where the agent works; the current one unless given.")
    private @Nullable Path directory;

    @Option(names = "--check", description = "Only report.")
    private boolean check;

    @Option(names = "--staged", description = "Check only what is staged for the next commit.")
    private boolean staged;

    @Option(
            names = "--home",
            paramLabel = "DIRECTORY",
            description = "The home directory to check for logins; yours unless given.")
    private @Nullable Path home;

    @Option(names = "--no-home", description = "Skip the home directory and the environment.")
    private boolean withoutHome;

    @Option(names = "--no-history", description = "Skip the git history.")
    private boolean withoutHistory;

    @Option(
            names = "--exclude",
            paramLabel = "GLOB",
            description = "Leave these out, below DIRECTORY: `node_modules`, `**/*.snap`; may be repeated.")
    private @Nullable List<String> excluded;

    @Option(
            names = "--take",
            paramLabel = "ID[=NAME]",
            mapFallbackValue = Option.NULL_VALUE,
            description =
                    "Move this credential from its files into the vault, and leave decoys. With NAME, also store it as that credential of the policy. May be repeated.")
    private Map<String, Optional<String>> wanted = new LinkedHashMap<>();

    @Option(names = "--take-all", description = "Move all credentials that are in files.")
    private boolean all;

    @Option(names = "--undo", paramLabel = "ID", description = "Put a moved credential back; `all` for every one.")
    private @Nullable String undone;

    @Option(
            names = "--forget",
            paramLabel = "ID",
            description =
                    "Delete a moved credential that cannot be put back, because its file is gone. It is lost then.")
    private @Nullable String forgotten;

    @Option(names = "--yes", description = "With --forget: do not ask.")
    private boolean yes;

    @Override
    public Integer call() throws IOException {

        if (forgotten != null) {
            return forget(forgotten);
        }
        if (yes) {
            throw new UsageException("`--yes` belongs to `--forget`");
        }
        if (undone != null) {
            return taking().undo(undone);
        }
        if (check && isTold()) {
            throw new UsageException("`--check` changes nothing: omit it to move credentials");
        }

        Path workspace = workspace();
        CredentialKinds kinds = CredentialKinds.known();
        CredentialSurvey all =
                staged ? CredentialSurvey.staged(workspace, kinds) : CredentialSurvey.of(ground(workspace), kinds);
        if (isTold() || asks()) {
            return take(all, workspace);
        }
        Optional<SlotFingerprintReader> vault = marks();
        Predicate<FoundCredential> decoy =
                one -> vault.filter(known -> known.isDecoy(one.secret())).isPresent();
        CredentialSurvey survey = all.with(decoy.negate());
        List<FoundCredential> decoys = all.with(decoy).credentials();
        terminal.answer(options, json(survey, decoys), () -> print(survey, decoys, vault.isPresent(), workspace));
        if (!survey.credentials().isEmpty()) {
            return ExitCodes.NO;
        }
        return survey.unread().isEmpty() ? ExitCodes.OK : ExitCodes.UNAVAILABLE;
    }

    /** Empty for a user who may not read the vault: an agent must not learn which credential is a decoy. */
    private Optional<SlotFingerprintReader> marks() {
        try {
            return SlotFingerprintReader.at(options.config().vault());
        } catch (IOException | IllegalArgumentException _) { // or somebody else could have planted gateway.yaml
            return Optional.empty();
        }
    }

    private int forget(String id) throws IOException {
        String question = "Delete the moved credential `" + id + "`? It cannot be restored.";
        if (!yes && !terminal.agrees(question)) {
            terminal.problem("nothing was deleted" + (terminal.isInteractive() ? "" : ": use --yes to delete it"));
            return ExitCodes.NO;
        }
        return taking().forget(id);
    }

    /** Anybody who can write a file could search for a name with the identifier of another credential. */
    static void requireOne(List<FoundCredential> named) {
        if (named.size() > 1) {
            throw new UsageException("`" + named.getFirst().id()
                    + "` names more than one credential, which does not happen by accident: "
                    + named.stream().map(one -> one.seen().getFirst().shown()).collect(Collectors.joining(", ")));
        }
    }

    /** Resolves the directory that was named, if it is a link. No link below it is followed. */
    private Path workspace() throws IOException {
        Path workspace = (directory == null ? Path.of("") : directory).toAbsolutePath();
        if (!Files.isDirectory(workspace)) {
            throw new UsageException("`" + workspace.normalize() + "` is not a directory");
        }
        return workspace.toRealPath();
    }

    private boolean isTold() {
        return all || !wanted.isEmpty();
    }

    /** Returns whether a person can answer; otherwise the command only reports. */
    private boolean asks() {
        return !check && !staged && !options.json() && terminal.isInteractive();
    }

    private int take(CredentialSurvey survey, Path workspace) throws IOException {
        for (String id : wanted.keySet()) {
            List<FoundCredential> named = survey.credentials().stream()
                    .filter(one -> one.id().equals(id))
                    .toList();
            requireOne(named);
            if (named.stream().noneMatch(CredentialAdopter::liesInFile)) {
                throw new UsageException(
                        "no file here holds the credential `" + id + "`; see `interlock adopt --check`");
            }
        }
        Set<String> slots = new HashSet<>();
        for (Optional<String> slot : wanted.values()) {
            if (slot.isPresent() && !slots.add(slot.get())) {
                throw new UsageException("`" + slot.get() + "` is named twice, but a name is that of one credential");
            }
        }
        int exit = taking().take(survey.credentials(), one -> isTold() ? told(one) : asked(one, workspace));
        if (wanted.isEmpty()) {
            survey.credentials().stream()
                    .filter(one -> !CredentialAdopter.liesInFile(one))
                    .forEach(one -> terminal.aside("left     " + one.id() + "  not in a file: "
                            + one.seen().getFirst().shown() + ". " + one.kind().renew()));
        }
        tellOfTheRest(survey);
        return exit;
    }

    private void tellOfTheRest(CredentialSurvey survey) {
        survey.passed().forEach(what -> terminal.aside("skipped, because it belongs to the kernel: " + what));
        survey.unread().forEach(why -> terminal.problem("not checked: " + why));
    }

    private Optional<CredentialAdopter.AdoptionRequest> told(FoundCredential one) {
        return all || wanted.containsKey(one.id())
                ? Optional.of(new CredentialAdopter.AdoptionRequest(wanted.getOrDefault(one.id(), Optional.empty())))
                : Optional.empty();
    }

    private Optional<CredentialAdopter.AdoptionRequest> asked(FoundCredential one, Path workspace) {
        print(one, workspace);
        String answer = terminal.ask(
                        "    Move it out of its files? y, n, or the name of the credential of the policy that it becomes")
                .orElse("n");
        return switch (answer) {
            case "y", "Y", "yes" -> Optional.of(new CredentialAdopter.AdoptionRequest(Optional.empty()));
            case "n", "N", "no" -> Optional.empty();
            default -> Optional.of(new CredentialAdopter.AdoptionRequest(Optional.of(answer)));
        };
    }

    private CredentialAdopter taking() throws IOException {
        return new CredentialAdopter(new Adoptions(options.config(), options.configFile()), terminal, options.json());
    }

    private CredentialSurvey.SurveyScope ground(Path workspace) {
        Optional<Path> of = withoutHome
                ? Optional.empty()
                : Optional.of((home == null ? ConfigFile.home() : home)
                        .toAbsolutePath()
                        .normalize());
        return new CredentialSurvey.SurveyScope(
                workspace,
                of,
                withoutHome ? Map.of() : System.getenv(),
                excluded == null ? List.of() : excluded,
                !withoutHistory);
    }

    private void print(CredentialSurvey survey, List<FoundCredential> decoys, boolean knowsDecoys, Path workspace) {
        survey.credentials().forEach(one -> print(one, workspace));
        decoys.forEach(one -> {
            terminal.line("· decoy  " + one.kind().id() + "  " + one.id());
            terminal.line("    opens   nothing: `adopt` left it in the place of a credential that the vault has");
            printPlaces(one, workspace);
        });
        if (!survey.credentials().isEmpty() || !decoys.isEmpty()) {
            terminal.line("");
        }
        terminal.line(summary(survey));
        if (!survey.credentials().isEmpty() && !knowsDecoys && GatewayStart.isSetUp()) {
            terminal.line(
                    "What setup left in the place of a moved credential is among them; only root is told which: sudo interlock adopt --check");
        }
        tellOfTheRest(survey);
    }

    private void print(FoundCredential one, Path workspace) {
        terminal.line(
                "✗ " + one.kind().danger().word() + "  " + one.kind().id() + "  " + one.shown() + "  " + one.id());
        terminal.line("    opens   " + one.kind().opens());
        printPlaces(one, workspace);
        terminal.line("    " + (one.isBurnt() ? "burnt   git's history keeps it. " : "renew   ")
                + one.kind().renew());
    }

    private void printPlaces(FoundCredential one, Path workspace) {
        one.seen().stream().limit(PLACES).forEach(where -> terminal.line("    seen    " + shown(where, workspace)));
        if (one.seen().size() > PLACES) {
            terminal.line("            and in " + CellFormat.number(one.seen().size() - PLACES, "further place")
                    + ": see --json");
        }
    }

    private String summary(CredentialSurvey survey) {
        CredentialSurvey.SurveyCounts looked = survey.looked();
        String where = staged
                ? CellFormat.number(looked.objects(), "staged file")
                : CellFormat.number(looked.files(), "file") + ", " + CellFormat.number(looked.objects(), "object")
                        + " of git, " + CellFormat.number(looked.variables(), "variable");
        long burnt =
                survey.credentials().stream().filter(FoundCredential::isBurnt).count();
        return survey.credentials().isEmpty()
                ? "✓ No credential in " + where + "."
                : CellFormat.number(survey.credentials().size(), "credential") + " in " + where
                        + (burnt > 0 ? "; " + burnt + " of them burnt" : "") + ".";
    }

    private static String shown(CredentialPlace where, Path workspace) {
        return where instanceof CredentialPlace.FilePlace(Path file, long line, long _) && file.startsWith(workspace)
                ? CredentialPlace.visible(workspace.relativize(file).toString()) + ":" + line
                : where.shown();
    }

    private static Json.Members json(CredentialSurvey survey, List<FoundCredential> decoys) {
        return Json.object()
                .with("looked", RecordJson.write(survey.looked()))
                .withItems("credentials", survey.credentials().stream().map(AdoptCommand::json))
                .withItems("decoys", decoys.stream().map(AdoptCommand::decoyJson))
                .withTexts("passed", survey.passed())
                .withTexts("unread", survey.unread());
    }

    private static Json.Members decoyJson(FoundCredential one) {
        return Json.object()
                .with("id", one.id())
                .with("kind", one.kind().id())
                .withItems("seen", one.seen().stream().map(AdoptCommand::json));
    }

    private static Json json(FoundCredential one) {
        return decoyJson(one)
                .with("opens", one.kind().opens())
                .with("danger", one.kind().danger().word())
                .with("renew", one.kind().renew())
                .with("burnt", one.isBurnt());
    }

    private static Json json(CredentialPlace where) {
        return switch (where) {
            case CredentialPlace.FilePlace(Path file, long line, long _) ->
                Json.object().with("in", "file").with("path", file.toString()).with("line", line);
            case CredentialPlace.VariablePlace(String name) ->
                Json.object().with("in", "environment").with("name", name);
            case CredentialPlace.HistoryPlace(
                    String object,
                    long line,
                    CredentialPlace.CommitOrigin.KnownCommit origin) ->
                Json.object()
                        .with("in", "history")
                        .with("object", object)
                        .with("line", line)
                        .with("commit", origin.commit())
                        .with("path", origin.path());
            case CredentialPlace.HistoryPlace(
                    String object,
                    long line,
                    CredentialPlace.CommitOrigin.UnreachableObject _) ->
                Json.object().with("in", "history").with("object", object).with("line", line);
        };
    }
}
