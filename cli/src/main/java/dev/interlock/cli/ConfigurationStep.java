package dev.interlock.cli;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.Json;
import dev.interlock.setup.SetupStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The step of setup that writes gateway.yaml and the policy below {@code directory}. */
record ConfigurationStep(Path directory, PolicyFiles files) implements SetupStep {

    interface PolicyFiles {
        Map<String, String> files() throws IOException;
    }

    @Override
    public String name() {
        return "configuration";
    }

    @Override
    public String description() {
        return "write " + directory.resolve("gateway.yaml") + " and the policy beside it";
    }

    @Override
    public Json.Members intention() throws IOException {
        return written(files.files());
    }

    private Json.Members written(Map<String, String> all) {
        return Json.object()
                .withItems(
                        "files",
                        all.entrySet().stream()
                                .map(file -> Json.object()
                                        .with(
                                                "file",
                                                directory.resolve(file.getKey()).toString())
                                        .with(
                                                "sha256",
                                                Bytes.utf8(file.getValue()).sha256())));
    }

    @Override
    public void perform() throws IOException {
        Map<String, String> all = files.files();
        List<Path> others = theirs(written(all));
        if (!others.isEmpty()) {
            throw new IllegalArgumentException(moveAway(others));
        }
        InitCommand.write(directory, all);
        for (Path made : List.of(directory, directory.resolve("policy"))) {
            Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    @Override
    public String undoing(Json.Members intention) {
        return "remove the configuration in " + directory + ", but not what people have changed or added";
    }

    @Override
    public List<String> left(Json.Members intention) throws IOException {
        List<Path> left = new ArrayList<>(theirs(intention));
        List<Path> written = written(intention);
        policyFiles().stream().filter(file -> !written.contains(file)).forEach(left::add);
        return left.isEmpty()
                ? List.of()
                : List.of("what people have changed or added: sudo rm " + String.join(" ", names(left)));
    }

    @Override
    public String undo(Json.Members intention) throws IOException {
        List<Path> theirs = theirs(intention);
        for (Path file : written(intention)) {
            if (!theirs.contains(file)) {
                Files.deleteIfExists(file);
            }
        }
        SetupSteps.removeIfEmpty(directory.resolve("policy"));
        return "removed the configuration in " + directory
                + (theirs.isEmpty()
                        ? ""
                        : ", but left what people have changed since: " + String.join(", ", names(theirs)));
    }

    private static List<Path> written(Json.Members intention) {
        return intention.objects("files").stream()
                .map(one -> Path.of(one.text("file")))
                .toList();
    }

    private static List<Path> theirs(Json.Members intention) throws IOException {
        List<Path> theirs = new ArrayList<>();
        for (Json.Members one : intention.objects("files")) {
            Path file = Path.of(one.text("file"));
            if (Files.exists(file)
                    && !Bytes.of(Files.readAllBytes(file)).sha256().equals(one.text("sha256"))) {
                theirs.add(file);
            }
        }
        return theirs;
    }

    /** What is there before setup writes a configuration. The gateway would obey all files of a policy. */
    Optional<String> occupied() throws IOException {
        List<Path> there = new ArrayList<>(policyFiles());
        Path gateway = directory.resolve("gateway.yaml");
        if (Files.exists(gateway)) {
            there.addFirst(gateway);
        }
        return there.isEmpty() ? Optional.empty() : Optional.of(moveAway(there));
    }

    private String moveAway(List<Path> files) {
        Path aside = directory.resolveSibling(directory.getFileName() + ".old");
        return "setup would write a configuration where people's own is already; move it away, then run setup again: sudo mkdir -p "
                + aside + " && sudo mv --backup=numbered -t " + aside + " " + String.join(" ", names(files));
    }

    private List<Path> policyFiles() throws IOException {
        Path policy = directory.resolve("policy");
        if (!Files.isDirectory(policy)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(policy)) {
            return all.filter(file -> !Files.isDirectory(file)).sorted().toList();
        }
    }

    private static List<String> names(List<Path> files) {
        return files.stream().map(Path::toString).toList();
    }
}
