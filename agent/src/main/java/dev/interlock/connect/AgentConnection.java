package dev.interlock.connect;

import dev.interlock.action.Bytes;
import dev.interlock.agents.CodingAgent;
import dev.interlock.agents.ConnectedFile;
import dev.interlock.evidence.Json;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The settings of one agent, changed so that it uses the gateway, and how to undo that. Of settings that were not
 * changed, the undo file contains only a digest.
 */
public final class AgentConnection {

    private static final String TYPE = "interlock-connection@v1";

    /** Marks a change that may not have been written. */
    private static final String BEGUN = "begun";

    private final List<FileChange> changes;

    /**
     * The changes to one file.
     *
     * @param differences the settings to change; none if it stays as it is
     * @param rivals settings that lead the agent past the gateway, and that are left, each with the reason
     */
    public record FileChange(Path file, List<SettingDifference> differences, Map<String, String> rivals, Edit edit) {
        public FileChange {
            differences = List.copyOf(differences);
            rivals = Collections.unmodifiableMap(new LinkedHashMap<>(rivals));
        }
    }

    /** The text of a file before and after the change; opaque to other packages. */
    public static final class Edit {
        private final Optional<String> before;
        private final String after;
        private final List<TextEdit> splices;

        private Edit(Optional<String> before, String after, List<TextEdit> splices) {
            this.before = before;
            this.after = after;
            this.splices = List.copyOf(splices);
        }
    }

    private AgentConnection(List<FileChange> changes) {
        this.changes = List.copyOf(changes);
    }

    /** Throws {@link UnsupportedSettingsException} if a file cannot be parsed; then none is changed. */
    public static AgentConnection of(CodingAgent program, ConnectionRequest wish)
            throws IOException, UnsupportedSettingsException {
        List<FileChange> changes = new ArrayList<>();
        for (SettingsTarget target : new AgentTargets(program, wish).all()) {
            try {
                changes.add(change(target));
            } catch (UnsupportedSettingsException e) {
                throw new UnsupportedSettingsException("`" + target.file() + "` is left alone. " + e.getMessage());
            }
        }
        return new AgentConnection(changes);
    }

    private static FileChange change(SettingsTarget target) throws IOException, UnsupportedSettingsException {
        Optional<String> before = new SettingsFile(target.file()).text();
        return switch (target) {
            case SettingsTarget.JsonTarget(
                    Path file,
                    boolean comments,
                    List<SettingMember> members,
                    List<ConnectedFile.Rival> rivals) -> {
                JsonSettings settings = new JsonSettings(comments);
                JsonSettings.EditedSettings edited = settings.with(before.orElse("{}\n"), members);
                Map<String, String> standing = new LinkedHashMap<>();
                for (ConnectedFile.Rival rival : rivals) {
                    if (settings.stands(edited.text(), rival.at())) {
                        standing.put(SettingMember.name(rival.at()), rival.why());
                    }
                }
                List<TextEdit> splices =
                        before.isPresent() ? edited.splices() : List.of(new TextEdit(0, "", edited.text()));
                yield new FileChange(file, edited.differences(), standing, new Edit(before, edited.text(), splices));
            }
            case SettingsTarget.WholeFileTarget(Path file, String text) -> own(file, before, text);
        };
    }

    private static FileChange own(Path file, Optional<String> before, String text) throws UnsupportedSettingsException {
        if (before.isPresent() && !before.get().equals(text)) {
            throw new UnsupportedSettingsException("It exists already with other content than would be written:\n"
                    + text + "Undo an earlier connection with `--undo`, or move it away.");
        }
        List<SettingDifference> lines = before.isPresent()
                ? List.of()
                : text.lines()
                        .filter(line -> !line.isBlank())
                        .map(line -> new SettingDifference("", Optional.empty(), line))
                        .toList();
        return new FileChange(file, lines, Map.of(), new Edit(before, text, List.of(new TextEdit(0, "", text))));
    }

    public List<FileChange> changes() {
        return changes;
    }

    public boolean isUpToDate() {
        return changes.stream().allMatch(change -> change.differences().isEmpty());
    }

    /**
     * Writes the changes, after the undo data in {@code book}, which says of each whether it was written.
     *
     * @throws UnsupportedSettingsException if a file has changed since this was computed; changes to the others can be
     *     undone
     */
    public void write(Path book) throws IOException, UnsupportedSettingsException {
        List<FileChange> wanted = changes.stream()
                .filter(change -> !change.differences().isEmpty())
                .toList();
        for (FileChange change : wanted) {
            requireUnchanged(change);
        }
        List<Json.Members> known = kept(book);
        keep(book, known, wanted.stream().map(change -> json(change).with(BEGUN, true)));
        List<Json.Members> written = new ArrayList<>();
        try {
            for (FileChange change : wanted) {
                requireUnchanged(change);
                new SettingsFile(change.file()).write(change.edit().after);
                written.add(json(change));
            }
        } finally {
            keep(book, known, written.stream());
        }
    }

    private static void keep(Path book, List<Json.Members> known, Stream<Json.Members> more) throws IOException {
        List<Json> all = Stream.<Json>concat(known.stream(), more).toList();
        new SettingsFile(book)
                .write(Json.object()
                                .with("type", TYPE)
                                .with("files", new Json.Array(all))
                                .canonicalText()
                        + "\n");
    }

    private static void requireUnchanged(FileChange change) throws IOException, UnsupportedSettingsException {
        if (!new SettingsFile(change.file()).text().equals(change.edit().before)) {
            throw new UnsupportedSettingsException("`" + change.file() + "` has just changed: try again.");
        }
    }

    private static Json.Members json(FileChange change) {
        return Json.object()
                .with("file", change.file().toString())
                .with("made", change.edit().before.isEmpty())
                .with("sha256", digest(change.edit().after))
                .withItems(
                        "splices",
                        change.edit().splices.stream()
                                .map(splice -> Json.object()
                                        .with("at", splice.at())
                                        .with("removed", splice.removed())
                                        .with("inserted", splice.inserted())));
    }

    private static List<Json.Members> kept(Path book) throws IOException, UnsupportedSettingsException {
        Optional<String> text = new SettingsFile(book).text();
        if (text.isEmpty()) {
            return List.of();
        }
        Json.Members fields = Json.readObject(text.get().strip().getBytes(StandardCharsets.UTF_8));
        if (!fields.text("type").equals(TYPE)) {
            throw new UnsupportedSettingsException("`" + book + "` is left alone: it has another type.");
        }
        return fields.objects("files");
    }

    /**
     * The result of an undo.
     *
     * @param restored the files that are as they were, to the byte
     * @param left the settings that must be removed by hand, in files that have changed since
     */
    public record UndoResult(List<Path> restored, List<FileChange> left) {
        public UndoResult {
            restored = List.copyOf(restored);
            left = List.copyOf(left);
        }
    }

    /**
     * Restores what {@link #write} found. If one of the files has changed since, none is touched.
     *
     * @param program whose settings it was written for: {@code book} is an ordinary file, and must not name other files
     */
    public static UndoResult undo(CodingAgent program, Path home, Path book)
            throws IOException, UnsupportedSettingsException {
        Set<Path> files = AgentTargets.files(program, home);
        Map<Path, List<Json.Members>> kept = new LinkedHashMap<>();
        for (Json.Members one : kept(book).reversed()) {
            Path file = Path.of(one.text("file"));
            if (!files.contains(file)) {
                throw new UnsupportedSettingsException("`" + book + "` names `" + file
                        + "`, which holds no settings of " + program.word() + ". Nothing was undone.");
            }
            kept.computeIfAbsent(file, _ -> new ArrayList<>()).add(one);
        }
        Map<Path, Optional<String>> restored = new LinkedHashMap<>();
        List<FileChange> left = new ArrayList<>();
        for (Map.Entry<Path, List<Json.Members>> one : kept.entrySet()) {
            Optional<String> now = new SettingsFile(one.getKey()).text();
            Optional<Optional<String>> before = before(now, one.getValue());
            if (before.isEmpty()) {
                left.add(left(one.getKey(), now.orElse(""), one.getValue()));
            } else if (!before.get().equals(now)) {
                restored.put(one.getKey(), before.get());
            }
        }
        if (!left.isEmpty()) {
            return new UndoResult(List.of(), left);
        }
        for (Map.Entry<Path, Optional<String>> one : restored.entrySet()) {
            SettingsFile file = new SettingsFile(one.getKey());
            if (one.getValue().isPresent()) {
                file.write(one.getValue().get());
            } else {
                file.delete();
            }
        }
        if (!kept.isEmpty()) {
            new SettingsFile(book).delete();
        }
        return new UndoResult(List.copyOf(restored.keySet()), List.of());
    }

    /**
     * Returns the text before all of {@code newestFirst}. Empty if the file has changed since; inside, empty if there
     * was none.
     */
    private static Optional<Optional<String>> before(Optional<String> now, List<Json.Members> newestFirst) {
        Optional<String> before = now;
        for (Json.Members one : newestFirst) {
            String text = before.orElse("");
            if (digest(text).equals(one.text("sha256"))) {
                for (TextEdit splice : splices(one).reversed()) {
                    text = splice.back().in(text);
                }
                before = one.flag("made") ? Optional.empty() : Optional.of(text);
            } else if (!wasOnlyBegun(one, text)) {
                return Optional.empty();
            }
        }
        return Optional.of(before);
    }

    /** Returns whether the change was interrupted before the file was written. */
    private static boolean wasOnlyBegun(Json.Members one, String text) {
        return one.get(BEGUN).isPresent()
                && splices(one).stream().noneMatch(splice -> text.contains(splice.inserted()));
    }

    private static FileChange left(Path file, String now, List<Json.Members> kept) {
        List<SettingDifference> ours = kept.stream()
                .flatMap(one -> splices(one).stream())
                .filter(splice -> now.contains(splice.inserted()))
                .map(splice ->
                        new SettingDifference("", Optional.of(splice.inserted().strip()), ""))
                .toList();
        return new FileChange(file, ours, Map.of(), new Edit(Optional.of(now), now, List.of()));
    }

    private static List<TextEdit> splices(Json.Members one) {
        return one.objects("splices").stream()
                .map(splice -> new TextEdit(
                        Math.toIntExact(splice.whole("at")), splice.text("removed"), splice.text("inserted")))
                .toList();
    }

    private static String digest(String text) {
        return Bytes.utf8(text).sha256();
    }

    /** A settings file of the current user, replaced atomically. */
    record SettingsFile(Path path) {

        private static final long MAX_BYTES = 1 << 20;

        /** @throws UnsupportedSettingsException if it is a link, somebody else's, or no text */
        Optional<String> text() throws IOException, UnsupportedSettingsException {
            requireOwnDirectory();
            if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                return Optional.empty();
            }
            PosixFileAttributes attributes = attributes();
            if (!attributes.isRegularFile()) {
                throw new UnsupportedSettingsException("It is a link or not a file: change its target yourself.");
            }
            if (!attributes.owner().equals(me())) {
                throw new UnsupportedSettingsException(
                        "It belongs to `" + attributes.owner().getName() + "`: run this command as that user.");
            }
            if (attributes.size() > MAX_BYTES) {
                throw new UnsupportedSettingsException("It is too long for a settings file.");
            }
            byte[] bytes = Files.readAllBytes(path);
            try {
                String text = StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes))
                        .toString();
                if (text.startsWith("\uFEFF")) {
                    throw new UnsupportedSettingsException("It begins with a byte order mark.");
                }
                return Optional.of(text);
            } catch (CharacterCodingException e) {
                throw new UnsupportedSettingsException("It is not UTF-8.");
            }
        }

        /** Anybody who can write in the directory could lead root, or another user, to another file. */
        private void requireOwnDirectory() throws IOException, UnsupportedSettingsException {
            Path directory = directory();
            while (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS) && directory.getParent() != null) {
                directory = directory.getParent();
            }
            Path real = directory.toRealPath();
            if (!Files.isDirectory(real) || !Files.getOwner(real).equals(me())) {
                throw new UnsupportedSettingsException(
                        "`" + directory + "` is not a directory of the user who runs this: run it as that user.");
            }
        }

        Path directory() {
            return path.toAbsolutePath().resolveSibling("").normalize();
        }

        private PosixFileAttributes attributes() throws IOException {
            return Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        }

        private static Object me() throws IOException {
            return Files.getOwner(Path.of("/proc/self"));
        }

        /** Replaces its content. Group and mode stay; a new file or directory is accessible to its owner only. */
        void write(String text) throws IOException {
            PrivateFiles.directories(directory());
            Path draft = Files.createTempFile(directory(), ".interlock-", ".new");
            try {
                try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
                    ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
                    while (bytes.hasRemaining()) {
                        channel.write(bytes);
                    }
                    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                        PosixFileAttributes attributes = attributes();
                        PosixFileAttributeView view = Files.getFileAttributeView(draft, PosixFileAttributeView.class);
                        view.setGroup(attributes.group());
                        view.setPermissions(attributes.permissions());
                    }
                    channel.force(true);
                }
                Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(draft);
            }
        }

        void delete() throws IOException {
            Files.delete(path);
        }
    }
}
