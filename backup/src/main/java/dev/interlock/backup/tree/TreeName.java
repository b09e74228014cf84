package dev.interlock.backup.tree;

import dev.interlock.action.Plain;
import dev.interlock.evidence.MalformedException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Names in a file system are bytes, and need not be text in anybody's locale. Here they are percent-encoded as in a
 * URI's path (RFC 3986 §3.3), in the one spelling that the JDK gives them.
 */
final class TreeName {

    /** The directory itself. */
    static final String ROOT = "";

    private TreeName() {}

    private static String encoded(Path absolute) {
        String path = absolute.toUri().getRawPath();
        // Of what happens to be a directory it says so by a slash.
        return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    /** What stands before the slash of all that is in {@code directory}. */
    private static String stem(Path directory) {
        return directory.getNameCount() == 0 ? "" : encoded(directory);
    }

    /** That of {@code path}, which lies below {@code root}; both are absolute. */
    static String of(Path root, Path path) {
        return path.equals(root) ? ROOT : encoded(path).substring(stem(root).length() + 1);
    }

    /**
     * Where {@code name} is below {@code root}, which is absolute.
     *
     * @throws MalformedException if it leads anywhere else, or is spelt as {@link #of} spells nothing
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

    /** What a link says, which may be anything. */
    static String ofTarget(Path target) {
        // Wherever this process happens to be: a relative one is spelt as if it stood in the root.
        String encoded = encoded(Path.of("/").resolve(target));
        return target.isAbsolute() ? encoded : encoded.substring(1);
    }

    /** @throws MalformedException if it is spelt as {@link #ofTarget} spells nothing */
    static Path target(String text) {
        Path path = text.startsWith("/") ? path(text) : path("/" + text);
        Path target = text.startsWith("/") || path.getNameCount() == 0 ? path : path.subpath(0, path.getNameCount());
        if (text.isEmpty() || !ofTarget(target).equals(text)) {
            throw new MalformedException("`" + text + "` is nothing that a link could say");
        }
        return target;
    }

    /** As people read it. */
    static String shown(String name) {
        return name.equals(ROOT) ? "." : Plain.line(path("/" + name).toString().substring(1));
    }

    /** For the order in which a tree is read: what is in a directory comes right after it. */
    static String order(String name) {
        return name.replace('/', '\0');
    }

    /** The directory that {@code name}, which is not the root, is in. */
    static String parent(String name) {
        return name.substring(0, Math.max(0, name.lastIndexOf('/')));
    }
}
