package dev.interlock.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Builds arguments of bubblewrap. It applies them in their order, beginning with an empty root. */
public final class BubblewrapOptions {

    /**
     * Where programs and their libraries lie besides {@code /usr}: links or directories at the root that are part of it
     * on today's systems, and the gems of Debian's Ruby.
     */
    private static final List<String> PROGRAM_DIRECTORIES =
            List.of("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/var/lib/gems");

    private final List<String> arguments = new ArrayList<>();

    public BubblewrapOptions add(String... option) {
        arguments.addAll(List.of(option));
        return this;
    }

    public BubblewrapOptions add(List<String> options) {
        arguments.addAll(options);
        return this;
    }

    public BubblewrapOptions readOnly(Path outside, Path inside) {
        return add("--ro-bind", outside.toString(), inside.toString());
    }

    public BubblewrapOptions readOnly(Path path) {
        return readOnly(path, path);
    }

    /** Mounts {@code outside} at {@code inside}, for writing as well. */
    public BubblewrapOptions writable(Path outside, Path inside) {
        return add("--bind", outside.toString(), inside.toString());
    }

    /** Makes a file at {@code inside} of what is read from {@code descriptor}, with the permissions {@code mode}. */
    public BubblewrapOptions data(int descriptor, String mode, String inside) {
        return add("--perms", mode, "--ro-bind-data", Integer.toString(descriptor), inside);
    }

    public BubblewrapOptions programs() {
        try {
            // A mount of its own is compared with its real path, and a link must never be followed there.
            readOnly(Path.of("/usr").toRealPath(), Path.of("/usr"));
            for (String directory : PROGRAM_DIRECTORIES) {
                Path path = Path.of(directory);
                if (Files.isSymbolicLink(path)) {
                    add("--symlink", Files.readSymbolicLink(path).toString(), directory);
                } else if (Files.isDirectory(path)) {
                    readOnly(path);
                }
            }
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException("the targets of the system's program directories cannot be read", e);
        }
    }

    public List<String> list() {
        return List.copyOf(arguments);
    }
}
