package dev.interlock.snapshot;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Lists a workspace, without contents. Links are listed and not followed, and other file systems are not entered. */
final class WorkspaceScan {

    /** Directories that tools fill again. They are left out if git ignores them as well. */
    private static final Set<String> BUILD_OUTPUT = Set.of(
            "node_modules bower_components target build _build dist out bin obj vendor coverage .venv venv .tox .eggs"
                    .concat(" __pycache__ .pytest_cache .mypy_cache .ruff_cache .gradle .cache .next .nuxt .turbo")
                    .concat(" .parcel-cache .svelte-kit .angular .dart_tool .terraform Pods DerivedData elm-stuff")
                    .split(" ", -1));

    /** Beyond it, directories are missed: the command that starts a run has little memory. */
    private static final int MOST = 150_000;

    private static final String ATTRIBUTES = "unix:mode,ino,dev,size,ctime,lastModifiedTime,uid,gid";
    private static final int FORMAT = 0170000;
    private static final int DIRECTORY = 0040000;
    private static final int REGULAR = 0100000;
    private static final int LINK = 0120000;
    private static final int PERMISSIONS = 0777;

    private final Path workspace;
    private final Predicate<String> needed;
    private final Object device;
    final List<SnapshotEntry> entries = new ArrayList<>();
    final List<String> leftOut = new ArrayList<>();
    final List<String> missed = new ArrayList<>();
    private Map<String, SnapshotEntry> doubtful = new LinkedHashMap<>();

    private WorkspaceScan(Path workspace, Predicate<String> needed) throws IOException {
        this.workspace = workspace;
        this.needed = needed;
        this.device = Files.getAttribute(workspace, "unix:dev");
    }

    /** @param needed whether a directory must be listed although it may be build output */
    static WorkspaceScan of(Path workspace, IsolatedGit git, Predicate<String> needed) throws IOException {
        WorkspaceScan scan = new WorkspaceScan(workspace, needed);
        scan.list(workspace, "");
        while (!scan.doubtful.isEmpty()) {
            Map<String, SnapshotEntry> asked = scan.doubtful;
            scan.doubtful = new LinkedHashMap<>();
            Set<String> ignored = git.ignoredOf(asked.keySet(), workspace);
            for (SnapshotEntry directory : asked.values()) {
                if (ignored.contains(directory.path())) {
                    scan.leftOut.add(directory.path());
                } else {
                    scan.enter(directory);
                }
            }
        }
        return scan;
    }

    private void enter(SnapshotEntry directory) {
        entries.add(directory);
        try {
            list(workspace.resolve(directory.path()), directory.path() + "/");
        } catch (IOException | DirectoryIteratorException e) {
            missed.add(directory.path()); // it stays listed: its own permissions may be why
        }
    }

    private void list(Path directory, String prefix) throws IOException {
        try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
            for (Path child : children) {
                add(child, prefix + child.getFileName());
            }
        }
    }

    private void add(Path file, String path) {
        if (!canName(path)) {
            missed.add(path);
            return;
        }
        try {
            Map<String, Object> is = Files.readAttributes(file, ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
            int mode = number(is, "mode");
            switch (mode & FORMAT) {
                case DIRECTORY -> addDirectory(entry(path, SnapshotEntry.Kind.DIRECTORY, is, ""), is.get("dev"));
                case REGULAR -> entries.add(entry(path, SnapshotEntry.Kind.FILE, is, ""));
                case LINK ->
                    entries.add(entry(
                            path,
                            SnapshotEntry.Kind.LINK,
                            is,
                            Files.readSymbolicLink(file).toString()));
                default -> {} // a socket or a pipe has no content
            }
        } catch (NoSuchFileException e) {
            // It has just gone.
        } catch (IOException e) {
            missed.add(path);
        }
    }

    private void addDirectory(SnapshotEntry directory, @Nullable Object on) {
        String path = directory.path();
        if (!device.equals(on) || entries.size() >= MOST) {
            missed.add(path);
        } else if (BUILD_OUTPUT.contains(path.substring(path.lastIndexOf('/') + 1))
                && !isInRepository(path)
                && !needed.test(path)) {
            doubtful.put(path, directory);
        } else {
            enter(directory);
        }
    }

    /** A branch may be called {@code build}. */
    private static boolean isInRepository(String path) {
        return path.startsWith(".git/") || path.contains("/.git/");
    }

    private static SnapshotEntry entry(String path, SnapshotEntry.Kind kind, Map<String, Object> is, String content) {
        return new SnapshotEntry(
                path,
                kind,
                number(is, "mode") & PERMISSIONS,
                number(is, "uid"),
                number(is, "gid"),
                new SnapshotEntry.Stamp(
                        whole(is, "size"), nanos(is, "lastModifiedTime"), nanos(is, "ctime"), whole(is, "ino")),
                content,
                "",
                0);
    }

    private static int number(Map<String, Object> is, String name) {
        return (int) whole(is, name);
    }

    private static long whole(Map<String, Object> is, String name) {
        return is.get(name) instanceof Number number ? number.longValue() : 0;
    }

    private static long nanos(Map<String, Object> is, String name) {
        return is.get(name) instanceof FileTime time ? time.to(TimeUnit.NANOSECONDS) : 0;
    }

    /** Java replaces the bytes that are no text in the encoding used here. */
    private static boolean canName(String path) {
        return path.indexOf('\uFFFD') < 0;
    }
}
