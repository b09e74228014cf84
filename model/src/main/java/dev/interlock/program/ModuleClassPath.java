package dev.interlock.program;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The class path of a process that runs on one module's jar, and on the libraries that the jar's manifest names. */
public final class ModuleClassPath {

    private static final String INSTALLED = "interlock.installed";
    private static final String JAR = ".jar";

    private ModuleClassPath() {}

    /**
     * Returns the jar that holds {@code main}; empty in a build, where classes lie in directories. A class from an AOT
     * cache only names it: its source is where the cache was made, and the program may have been copied since.
     */
    public static Optional<Path> jar(Class<?> main) {
        return Optional.ofNullable(main.getProtectionDomain().getCodeSource())
                .map(source -> Path.of(URI.create(source.getLocation().toString()))
                        .getFileName()
                        .toString())
                .filter(name -> name.endsWith(JAR))
                .flatMap(name -> jar(System.getProperty("java.class.path", ""), name));
    }

    /** Returns the jar {@code name} of a class path, or beside the jars of it. */
    static Optional<Path> jar(String classPath, String name) {
        return Arrays.stream(classPath.split(File.pathSeparator, -1))
                .filter(entry -> entry.endsWith(JAR))
                .map(entry -> Path.of(entry).toAbsolutePath().resolveSibling(name))
                .filter(Files::isRegularFile)
                .findFirst();
    }

    /**
     * Returns the class path for {@code main}: its jar alone, if the libraries that the manifest names lie beside it.
     * In a build they lie elsewhere. Then it is the class path of this process, with absolute paths, because the child
     * may run in another directory. Throws {@link IOException} if an installed copy lacks a library; the child must not
     * see more than its own.
     */
    public static String of(Class<?> main) throws IOException {
        Optional<Path> jar = jar(main);
        return jar.isPresent() ? of(jar.get(), Boolean.getBoolean(INSTALLED)) : ofThisProcess();
    }

    static String of(Path jar, boolean installed) throws IOException {
        Optional<String> missing = missingLibrary(jar);
        if (missing.isPresent() && installed) {
            throw new IOException("the installed program is incomplete: `" + jar.resolveSibling(missing.get())
                    + "` is missing; install it again");
        }
        return missing.isEmpty() ? jar.toString() : ofThisProcess();
    }

    private static String ofThisProcess() {
        return Arrays.stream(System.getProperty("java.class.path", "").split(File.pathSeparator, -1))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** Returns whether the manifest of {@code jar} names libraries, and all lie beside it. */
    public static boolean isComplete(Path jar) throws IOException {
        return Files.isRegularFile(jar) && missingLibrary(jar).isEmpty();
    }

    private static Optional<String> missingLibrary(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            Manifest manifest = file.getManifest();
            String libraries =
                    manifest == null ? null : manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
            return libraries == null
                    ? Optional.of("META-INF/MANIFEST.MF")
                    : Stream.of(libraries.split(" ", -1))
                            .filter(name -> !Files.exists(jar.resolveSibling(name)))
                            .findFirst();
        }
    }
}
