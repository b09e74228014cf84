package dev.interlock.cli;

import dev.interlock.adopt.CredentialKind;
import dev.interlock.adopt.CredentialPlace;
import dev.interlock.adopt.CredentialSurvey;
import dev.interlock.adopt.Danger;
import dev.interlock.adopt.FoundCredential;
import dev.interlock.evidence.Json;
import java.net.URI;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** A survey in OASIS SARIF 2.1.0, with one result for each place in a file or a commit. */
final class Sarif {

    private Sarif() {}

    static Json of(CredentialSurvey survey, Path workspace) {
        List<CredentialKind> kinds = survey.credentials().stream()
                .map(FoundCredential::kind)
                .distinct()
                .sorted(Comparator.comparing(CredentialKind::id))
                .toList();
        Json.Members driver = Json.object()
                .with("name", "Interlock")
                .withItems("rules", kinds.stream().map(Sarif::rule));
        Json.Members run = Json.object()
                .with("tool", Json.object().with("driver", driver))
                .with(
                        "invocations",
                        new Json.Array(List.of(Json.object()
                                .with("executionSuccessful", survey.unread().isEmpty()))))
                .withItems(
                        "results",
                        survey.credentials().stream()
                                .flatMap(one -> one.seen().stream().map(where -> result(one, where, workspace))));
        return Json.object()
                .with("$schema", "https://json.schemastore.org/sarif-2.1.0.json")
                .with("version", "2.1.0")
                .with("runs", new Json.Array(List.of(run)));
    }

    private static Json rule(CredentialKind kind) {
        return Json.object()
                .with("id", kind.id())
                .with("shortDescription", text("It opens " + kind.opens() + "."))
                .with("help", text(kind.renew()))
                .with("defaultConfiguration", Json.object().with("level", level(kind.danger())));
    }

    private static Json result(FoundCredential one, CredentialPlace where, Path workspace) {
        return Json.object()
                .with("ruleId", one.kind().id())
                .with("level", level(one.kind().danger()))
                .with(
                        "message",
                        text("A credential: it gives access to " + one.kind().opens() + ". "
                                + (one.isBurnt() ? "Git's history keeps it. " : "")
                                + one.kind().renew()))
                .with("partialFingerprints", Json.object().with("interlock/v1", one.id()))
                .with("locations", new Json.Array(List.of(location(where, workspace))));
    }

    private static Json location(CredentialPlace where, Path workspace) {
        return switch (where) {
            case CredentialPlace.FilePlace(Path file, long line, long _) -> physical(uri(file, workspace), line);
            case CredentialPlace.HistoryPlace(String _, long line, CredentialPlace.CommitOrigin.KnownCommit origin) ->
                physical(uri(Path.of(origin.path()), workspace), line).with("message", text(where.shown()));
            case CredentialPlace.HistoryPlace _, CredentialPlace.VariablePlace _ ->
                Json.object().with("message", text(where.shown()));
        };
    }

    private static Json.Members physical(String uri, long line) {
        return Json.object()
                .with(
                        "physicalLocation",
                        Json.object()
                                .with("artifactLocation", Json.object().with("uri", uri))
                                .with("region", Json.object().with("startLine", line)));
    }

    /** Returns a path relative to the workspace if the file is in it, as code hosts expect. */
    private static String uri(Path file, Path workspace) {
        if (file.isAbsolute() && !file.startsWith(workspace)) {
            return file.toUri().toString();
        }
        Path below = file.isAbsolute() ? workspace.relativize(file) : file;
        URI root = Path.of("/").toUri();
        return root.relativize(Path.of("/").resolve(below).toUri()).toString();
    }

    private static String level(Danger danger) {
        return switch (danger) {
            case CRITICAL, HIGH -> "error";
            case MEDIUM -> "warning";
            case LOW -> "note";
        };
    }

    private static Json.Members text(String text) {
        return Json.object().with("text", text);
    }
}
