package dev.interlock.connect;

import dev.interlock.evidence.Json;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The directories that connections created, so that an undo can remove those that nobody uses. All connections of a
 * home share one list: a directory created for one may contain the settings of the next, and is empty only when both
 * are gone.
 *
 * @param memory the file of the list
 */
record CreatedDirectories(Path memory) {

    private static final String TYPE = "interlock-made-directories@v1";

    /**
     * One created directory.
     *
     * @param path with no link in it
     * @param inode distinguishes it from one that somebody created in its place
     */
    private record CreatedDirectory(Path path, String inode) {

        static CreatedDirectory of(Path path) throws IOException {
            return new CreatedDirectory(path, inode(path));
        }

        private static String inode(Path path) throws IOException {
            return Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS)
                    .toString();
        }

        /** Returns whether it still is that directory, at a path without links. */
        boolean stands() throws IOException {
            try {
                return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                        && path.toRealPath().equals(path)
                        && inode(path).equals(inode);
            } catch (NoSuchFileException e) {
                return false; // gone meanwhile
            }
        }
    }

    static CreatedDirectories beside(Path book) {
        return new CreatedDirectories(book.resolveSibling("connect-directories.json"));
    }

    /** Creates those of {@code wanted} that are missing, with their parents, accessible to the owner only. */
    void make(List<Path> wanted) throws IOException, UnsupportedSettingsException {
        List<CreatedDirectory> made = new ArrayList<>();
        List<Path> all = new ArrayList<>(wanted);
        all.add(memory.resolveSibling(""));
        for (Path directory : all) {
            make(directory.toAbsolutePath().normalize(), made);
        }
        if (!made.isEmpty()) {
            List<CreatedDirectory> known = new ArrayList<>(known());
            known.addAll(made);
            write(known);
        }
    }

    private static void make(Path directory, List<CreatedDirectory> made) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.getParent();
        if (parent == null) {
            throw new NoSuchFileException(directory.toString());
        }
        make(parent, made);
        Path path = parent.toRealPath().resolve(directory.getFileName());
        PrivateFiles.directory(path);
        made.add(CreatedDirectory.of(path));
    }

    /**
     * Removes those that are empty and still the created ones. The others stay on the list as long as there is a
     * connection. After the last one, their content belongs to somebody else.
     */
    List<Path> removeEmpty() throws IOException, UnsupportedSettingsException {
        List<CreatedDirectory> left = new ArrayList<>(known());
        if (left.isEmpty()) {
            return List.of();
        }
        left.sort(Comparator.comparingInt((CreatedDirectory one) -> one.path().getNameCount())
                .reversed());
        List<Path> removed = new ArrayList<>();
        Path own = memory.resolveSibling("").toRealPath();
        left.removeIf(one -> !own.startsWith(one.path()) && remove(one, removed));
        if (isLast(own)) {
            new SettingsFile(memory).delete();
            left.forEach(one -> remove(one, removed));
        } else {
            write(left);
        }
        return removed;
    }

    /** Returns whether no other connection's undo file is there. */
    private boolean isLast(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.map(Path::getFileName)
                    .filter(name -> name.toString().endsWith(".json"))
                    .allMatch(memory.getFileName()::equals);
        }
    }

    /** Returns whether it can be taken off the list: it is gone, or was never this one. */
    private static boolean remove(CreatedDirectory one, List<Path> removed) {
        try {
            if (one.stands()) {
                Files.delete(one.path()); // fails for a directory that is not empty
                removed.add(one.path());
            }
            return true;
        } catch (IOException e) {
            return false; // it is not empty; a directory that stays does no harm
        }
    }

    private List<CreatedDirectory> known() throws IOException, UnsupportedSettingsException {
        Optional<String> text = new SettingsFile(memory).text();
        if (text.isEmpty()) {
            return List.of();
        }
        Json.Members fields = Json.readObject(text.get().strip().getBytes(StandardCharsets.UTF_8));
        if (!fields.text("type").equals(TYPE)) {
            throw new UnsupportedSettingsException("`" + memory + "` is left alone: it has another type.");
        }
        return fields.objects("directories").stream()
                .map(one -> new CreatedDirectory(Path.of(one.text("path")), one.text("inode")))
                .toList();
    }

    private void write(List<CreatedDirectory> all) throws IOException {
        new SettingsFile(memory)
                .write(Json.object()
                                .with("type", TYPE)
                                .withItems(
                                        "directories",
                                        all.stream()
                                                .map(one -> Json.object()
                                                        .with("path", one.path().toString())
                                                        .with("inode", one.inode())))
                                .canonicalText()
                        + "\n");
    }
}
