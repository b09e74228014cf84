package dev.interlock.confine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The directories of {@code /etc} without which languages and their build tools do not start. Everybody on the machine
 * may read them. Credentials in them are masked like those of the workspace.
 */
final class ToolchainSettings {

    private static final Path ETC = Path.of("/etc");

    /** A toolchain's name, and the version that distributions write behind it: {@code java-17-openjdk}. */
    private static final Pattern NAME = Pattern.compile(
            "(ant|crypto-policies|dotnet|erlang|ghc|gradle|groovy|ImageMagick|java|jvm|lua|maven|mono|nodejs|OpenCL|perl|php|pypy|python|R|ruby|sbt|scala|texmf)([-.]?[0-9].*)?");

    private static final int OTHERS_READ_AND_ENTER = 0005;

    private ToolchainSettings() {}

    static List<Path> directories() {
        return directories(ETC);
    }

    /** Returns those of {@code etc} that belong to root and are open to every user. A link is none. */
    static List<Path> directories(Path etc) {
        try (Stream<Path> all = Files.list(etc)) {
            return all.filter(
                            path -> NAME.matcher(path.getFileName().toString()).matches())
                    .filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) && isOpen(path))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("`" + etc + "` cannot be listed", e);
        }
    }

    private static boolean isOpen(Path path) {
        try {
            int mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            return (mode & OTHERS_READ_AND_ENTER) == OTHERS_READ_AND_ENTER && Host.owner(path) == 0;
        } catch (IOException e) {
            return false; // gone meanwhile
        }
    }
}
