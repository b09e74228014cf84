package dev.interlock.confine;

import dev.interlock.evidence.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The files that an agent left in its workspace and that run by themselves later, or are no plain files.
 *
 * @param more the number of further ones that are not listed
 * @param unheld the number of files that run by themselves and that the agent could write: too many, or in directories
 *     that it had closed to itself
 * @param whole whether the workspace could be searched, both before and after
 * @param settings its changes to the configuration of the repository
 */
public record WorkspaceFindings(
        List<ExecutedFile> files,
        int more,
        List<SpecialFiles> specialFiles,
        int unheld,
        boolean whole,
        GitConfigChanges settings) {

    /** Recorded files of one reason, and characters of a name. A record too long to be read hides everything. */
    private static final int MOST_RECORDED = 50;

    private static final int LONGEST_RECORDED = 1_000;
    public static final WorkspaceFindings NONE = new WorkspaceFindings(List.of(), 0, List.of(), 0, true);
    static final WorkspaceFindings UNSEEN = new WorkspaceFindings(List.of(), 0, List.of(), 0, false);

    /**
     * A file that may run later.
     *
     * @param path relative to the workspace
     * @param fresh whether it is new; otherwise it was changed
     * @param why who runs it, and when, as a clause
     * @param held whether it runs without somebody who knows it; others run when somebody builds
     */
    public record ExecutedFile(String path, boolean fresh, String why, boolean held) {}

    public Json.Members json() {
        Json.Members told = Json.object()
                .withItems(
                        "files",
                        files.stream()
                                .map(file -> Json.object()
                                        .with("path", file.path())
                                        .with("new", file.fresh())
                                        .with("why", file.why())
                                        .with("held", file.held())))
                .with("more", more)
                .withItems("snares", specialFiles.stream().map(SpecialFiles::json))
                .with("unheld", unheld)
                .with("whole", whole);
        return settings.hasAny() ? told.with("settings", settings.json()) : told;
    }

    /** Creates those of an agent that changed no configuration. */
    public WorkspaceFindings(
            List<ExecutedFile> files, int more, List<SpecialFiles> specialFiles, int unheld, boolean whole) {
        this(files, more, specialFiles, unheld, whole, GitConfigChanges.NONE);
    }

    public static WorkspaceFindings read(Json.Members told) {
        return new WorkspaceFindings(
                told.objects("files").stream()
                        .map(file -> new ExecutedFile(
                                file.text("path"),
                                file.flag("new"),
                                file.text("why"),
                                file.get("held").isEmpty() || file.flag("held"))) // older records lack it
                        .toList(),
                told.get("more").isPresent() ? Math.toIntExact(told.whole("more")) : 0, // older records lack it
                told.get("snares").isPresent()
                        ? told.objects("snares").stream()
                                .map(SpecialFiles::read)
                                .toList()
                        : List.of(),
                Math.toIntExact(told.whole("unheld")),
                told.flag("whole"),
                told.optionalObject("settings").map(GitConfigChanges::read).orElse(GitConfigChanges.NONE));
    }

    public WorkspaceFindings {
        files = List.copyOf(files);
        specialFiles = List.copyOf(specialFiles);
    }

    public boolean hasFindings() {
        return !files.isEmpty() || more > 0 || !specialFiles.isEmpty();
    }

    /** Returns the findings as a record stores them: the first of each reason, and the number of further ones. */
    WorkspaceFindings recorded() {
        Map<String, Integer> reasons = new HashMap<>();
        List<ExecutedFile> some = files.stream()
                .filter(file -> file.path().length() <= LONGEST_RECORDED
                        && reasons.merge(file.why(), 1, Integer::sum) <= MOST_RECORDED)
                .toList();
        return new WorkspaceFindings(
                some, more + files.size() - some.size(), specialFiles, unheld, whole, settings.recorded());
    }

    WorkspaceFindings with(SpecialFileSearch.Result found) {
        return new WorkspaceFindings(files, more, found.specialFiles(), unheld, whole && found.whole(), settings);
    }

    /** Returns these with those of {@code directory}, whose path is relative to the workspace. */
    WorkspaceFindings and(WorkspaceFindings others, Path directory) {
        List<ExecutedFile> allFiles = new ArrayList<>(files);
        others.files.forEach(file -> allFiles.add(
                new ExecutedFile(directory.resolve(file.path()).toString(), file.fresh(), file.why(), file.held())));
        List<SpecialFiles> allSpecial = new ArrayList<>(specialFiles);
        others.specialFiles.forEach(special -> allSpecial.add(special.in(directory)));
        return new WorkspaceFindings(
                allFiles, more + others.more, allSpecial, unheld + others.unheld, whole && others.whole, settings);
    }

    WorkspaceFindings with(GitConfigChanges changes) {
        return new WorkspaceFindings(files, more, specialFiles, unheld, whole, changes);
    }
}
