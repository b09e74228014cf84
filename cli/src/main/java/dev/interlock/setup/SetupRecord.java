package dev.interlock.setup;

import dev.interlock.evidence.Json;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The steps that a setup has begun, on disk, each with what undoing it needs. It contains no secret. */
public record SetupRecord(Path file) {

    private static final String STEPS = "steps";
    private static final String COMPLETE = "complete";
    private static final String ASKED = "asked";

    public record BegunStep(String name, Json.Members intention) {}

    /** Returns the steps that were begun and not undone, in their order; none without a record. */
    public List<BegunStep> begun() throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        return Json.readObject(Files.readAllBytes(file)).objects(STEPS).stream()
                .map(step -> new BegunStep(step.text("name"), step.object("intention")))
                .toList();
    }

    public boolean isComplete() throws IOException {
        return Files.exists(file) && Json.readObject(Files.readAllBytes(file)).flag(COMPLETE);
    }

    /** Returns what a complete setup was asked for; nothing if it is not complete. */
    public Json.Members asked() throws IOException {
        return isComplete()
                ? Json.readObject(Files.readAllBytes(file))
                        .optionalObject(ASKED)
                        .orElse(Json.object())
                : Json.object();
    }

    void complete(Json.Members asked) throws IOException {
        write(begun(), true, asked);
    }

    /** Of a step that was begun before, the first intention counts: it knows what was there before setup. */
    void begin(String name, Json.Members intention) throws IOException {
        List<BegunStep> steps = new ArrayList<>(begun());
        if (steps.stream().noneMatch(step -> step.name().equals(name))) {
            steps.add(new BegunStep(name, intention));
        }
        write(steps, false, Json.object());
    }

    /** Removes the last step; without any the file goes. */
    void removeLast() throws IOException {
        List<BegunStep> steps = begun();
        if (steps.size() > 1) {
            write(steps.subList(0, steps.size() - 1), false, Json.object());
        } else {
            Files.deleteIfExists(file);
        }
    }

    private void write(List<BegunStep> steps, boolean complete, Json.Members asked) throws IOException {
        Files.createDirectories(file.resolveSibling(""));
        PrivateFiles.replace(
                file,
                Json.object()
                        .with(COMPLETE, complete)
                        .with(ASKED, asked)
                        .withItems(
                                STEPS,
                                steps.stream()
                                        .map(step -> Json.object()
                                                .with("name", step.name())
                                                .with("intention", step.intention())))
                        .canonical());
    }
}
