package dev.interlock.confine;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The files of this program on disk: the launcher with all that lies beside it, the class path, the JDK. */
final class ProgramFiles {

    /** Set by the launcher to its own path. */
    private static final String LAUNCHER = "interlock.launcher";

    private ProgramFiles() {}

    static List<Path> paths() {
        List<Path> paths = new ArrayList<>();
        paths.add(Path.of(System.getProperty("java.home", "/usr")));
        for (String entry : System.getProperty("java.class.path", "").split(File.pathSeparator, -1)) {
            paths.add(Path.of(entry).toAbsolutePath()); // an empty entry is the current directory
        }
        String launcher = System.getProperty(LAUNCHER, "");
        if (!launcher.isEmpty()) {
            // In a checkout this includes the sources, from which it builds itself anew.
            paths.add(Path.of(launcher).toAbsolutePath().normalize().resolveSibling("."));
        }
        return paths;
    }
}
