package dev.interlock.backup.tree;

import dev.interlock.action.VisibleText;
import dev.interlock.evidence.MalformedException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Encodes names of a file system. They are bytes and need not be text in any locale. They are percent-encoded as in a
 * URI's path (RFC 3986 §3.3), in the unique form that the JDK produces.
 */
final class TreeName {

    /** The name of the directory itself. */
    static final String ROOT = "";

    private TreeName() {}

    private static String encoded(Path absolute) {
        String path = absolute.toUri().getRawPath();
        // For an existing directory the URI ends in a slash.
        return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    /** Returns the common prefix, before the slash, of everything in {@code directory}. */
    private static String stem(Path directory) {
        return directory.getNameCount() == 0 ? "" : encoded(directory);
    }

    /** Returns the name of {@code path}, which is below {@code root}; both are absolute. */
    static String of(Path root, Path path) {
        return path.equals(root) ? ROOT : encoded(path).substring(stem(root).length() + 1);
    }

    /**
     * Returns the path of {@code name} below {@code root}, which is absolute.
     *
     * @throws MalformedException if it leads elsewhere, or {@link #of} would encode it differently
     */
    static Path in(Path root, String name) {
        if (name.equals(ROOT)) {
            return root;
        }
        boolean leadsUp = Arrays.stream(name.split("/", -1))
                .anyMatch(part -> List.of("", ".", "..").contains(part));
        if (!leadsUp) {
            Path path = path(stem(root) + "/" + name);
            if (of(root, path).equals(name)) {
                return path;
            }
        }
        throw new MalformedException("`" + name + "` is no name below a directory");
    }

    private static Path path(String encoded) {
        try {
            return Path.of(URI.create("file://" + encoded));
        } catch (IllegalArgumentException e) {
            throw new MalformedException("`" + encoded + "` is no path", e);
        }
    }

    /** Encodes a link's destination, which may be anything. */
    static String ofTarget(Path target) {
        // A relative destination is encoded as if it were in the root. So the result does not depend on this process's
        // directory.
        String encoded = encoded(Path.of("/").resolve(target));
        return target.isAbsolute() ? encoded : encoded.substring(1);
    }

    /** @throws MalformedException if {@link #ofTarget} would encode it differently */
    static Path target(String text) {
        Path path = text.startsWith("/") ? path(text) : path("/" + text);
        Path target = text.startsWith("/") || path.getNameCount() == 0 ? path : path.subpath(0, path.getNameCount());
        if (text.isEmpty() || !ofTarget(target).equals(text)) {
            throw new MalformedException("`" + text + "` cannot be the target of a link");
        }
        return target;
    }

    /** Returns the name for display. */
    static String shown(String name) {
        return name.equals(ROOT)
                ? "."
                : VisibleText.line(path("/" + name).toString().substring(1));
    }

    /** Returns a sort key for the order in which a tree is read: a directory's contents come right after it. */
    static String order(String name) {
        return name.replace('/', '\0');
    }

    /** Returns the directory that contains {@code name}, which is not the root. */
    static String parent(String name) {
        return name.substring(0, Math.max(0, name.lastIndexOf('/')));
    }
}
