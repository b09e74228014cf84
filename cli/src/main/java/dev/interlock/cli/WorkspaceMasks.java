package dev.interlock.cli;

import dev.interlock.action.Bytes;
import dev.interlock.action.MaskedCredential;
import dev.interlock.adopt.CredentialPlace;
import dev.interlock.adopt.MaskedWorkspace;
import dev.interlock.confine.BackgroundTask;
import dev.interlock.confine.Masking;
import dev.interlock.evidence.Json;
import dev.interlock.shapes.CredentialKinds;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Masks the credentials that {@code adopt} would find in a workspace, and reports them. */
final class WorkspaceMasks implements Masking {

    /** Nobody reads more, and the author of the files may have put in any number. */
    static final int MOST_TOLD = 12;

    private final Consumer<String> told;
    private Optional<BackgroundTask<CredentialKinds>> kinds = Optional.empty();
    private Duration time = Duration.ZERO;
    private MaskedWorkspace latest =
            new MaskedWorkspace(List.of(), List.of(), MaskedWorkspace.Unsearched.NONE, List.of());

    /** @param told takes lines for the user */
    WorkspaceMasks(Consumer<String> told) {
        this.told = told;
    }

    void begin() {
        kinds = Optional.of(BackgroundTask.begin("kinds-of-credentials", CredentialKinds::known));
    }

    void within(Duration limit) {
        time = limit;
    }

    CredentialKinds kinds() throws IOException, InterruptedException {
        return kinds.isPresent() ? kinds.get().await() : CredentialKinds.known();
    }

    @Override
    public MaskedFiles maskFiles(Path workspace) throws IOException, InterruptedException {
        latest = MaskedWorkspace.of(workspace, kinds(), new SecureRandom(), time, System::nanoTime);
        latest.masks()
                .forEach(mask -> told.accept("masked  " + shown(workspace, mask.file())
                        + ": read-only inside, with decoys for its credentials"));
        tellCovered(workspace);
        latest.kept()
                .forEach(
                        file -> told.accept(
                                "not masked  " + shown(workspace, file)
                                        + ": git stores it with its credentials and would show it to the agent; see `interlock adopt --check`"));
        unsearched(latest.unlooked()).forEach(told);
        return masked(latest);
    }

    @Override
    public MaskedFiles maskSettings(List<Path> directories) throws IOException, InterruptedException {
        Map<Path, Bytes> copies = new TreeMap<>();
        List<MaskedCredential> decoys = new ArrayList<>();
        for (Path directory : directories) {
            MaskedWorkspace found = MaskedWorkspace.of(directory, kinds(), new SecureRandom(), time, System::nanoTime);
            MaskedFiles masked = masked(found);
            copies.putAll(masked.copies());
            decoys.addAll(masked.decoys());
            found.kept().forEach(file -> copies.put(file, MaskedWorkspace.COVER)); // its repository is not inside
        }
        return new MaskedFiles(copies, decoys);
    }

    private static MaskedFiles masked(MaskedWorkspace found) {
        Map<Path, Bytes> copies = new TreeMap<>();
        List<MaskedCredential> decoys = new ArrayList<>();
        for (MaskedWorkspace.FileMask mask : found.masks()) {
            copies.put(mask.file(), mask.copy());
            decoys.addAll(mask.decoys());
        }
        for (Path file : found.covered()) {
            copies.put(file, MaskedWorkspace.COVER);
        }
        return new MaskedFiles(copies, decoys);
    }

    /** Says what was not searched, and why: more time helps only against one of the reasons. */
    static List<String> unsearched(MaskedWorkspace.Unsearched files) {
        return Stream.of(
                        line(files.late(), "time ran out", "; see --mask-millis, and `interlock adopt --check`"),
                        line(files.large(), "longer than 4 MiB", "; `interlock adopt --check` searches them too"),
                        line(files.unreadable(), "they cannot be opened", ""))
                .flatMap(Optional::stream)
                .toList();
    }

    private static Optional<String> line(long count, String why, String next) {
        return count == 0
                ? Optional.empty()
                : Optional.of("not searched for credentials, because " + why + ": " + CellFormat.number(count, "file")
                        + next);
    }

    private void tellCovered(Path workspace) {
        latest.covered().stream()
                .limit(MOST_TOLD)
                .forEach(
                        file -> told.accept(
                                "covered  " + shown(workspace, file)
                                        + ": its name suggests credentials, and it could not be searched in time or at all, so it is hidden inside"));
        if (latest.covered().size() > MOST_TOLD) {
            told.accept("covered  " + (latest.covered().size() - MOST_TOLD) + " more");
        }
        if (!latest.covered().isEmpty()) {
            told.accept("for more time: --mask-millis " + Math.max(10_000, 4 * time.toMillis())
                    + "; if you know none of these files, an earlier run may have made them");
        }
    }

    private static String shown(Path workspace, Path file) {
        return CredentialPlace.visible(workspace.relativize(file).toString());
    }

    Json json() {
        return Json.object()
                .with("files", latest.masks().size())
                .with("covered", latest.covered().size())
                .with("kept", latest.kept().size())
                .with("unlooked", latest.unlooked().all());
    }
}
