package dev.interlock.keys;

import dev.interlock.vault.KeysConnection;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/** The keys process as a child of this one, reached over its standard input and output. */
public final class KeysProcess implements KeysConnection {

    /**
     * The JVM's flags: a small heap and the cheapest collector and compiler. The process holds a few credentials and
     * waits.
     */
    private static final List<String> FLAGS = List.of(
            "-Xmx32m",
            "-Xss512k",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-XX:ReservedCodeCacheSize=16m",
            "-XX:CICompilerCount=1",
            "-XX:+ExitOnOutOfMemoryError",
            // Nobody can load code into it, and a crash leaves no dump of its memory.
            "-XX:+DisableAttachMechanism",
            "-XX:-CreateCoredumpOnCrash",
            // Standard output is the connection to the gateway: no message about an unusable cache may go there.
            "-Xlog:aot=off",
            "-Xlog:cds=off",
            "--sun-misc-unsafe-memory-access=allow"); // protobuf, below Tink, warns on standard error otherwise

    /** The AOT cache (JEP 483). It lies beside the program, so only users who may write the program may write it. */
    private static final String LEARNED = "keys.aot";

    private static final long GRACE_SECONDS = 2;

    /** Limits the time for writing the cache, which takes some seconds. */
    private static final long LEARNING_SECONDS = 60;

    private final Process process;
    private final long graceSeconds;

    private KeysProcess(Process process, long graceSeconds) {
        this.process = process;
        this.graceSeconds = graceSeconds;
    }

    /** Starts it; its standard error is this process's. */
    public static KeysProcess start(Path configuration) throws IOException {
        Optional<Path> learned = program()
                .map(jar -> jar.resolveSibling(LEARNED))
                .filter(cache ->
                        Files.exists(cache) && !isOlder(cache, program().orElseThrow()));
        return start(configuration, learned.map(cache -> "-XX:AOTCache=" + cache), GRACE_SECONDS);
    }

    /** Starts a training run that writes the AOT cache to {@code beside} when it is asked to end. */
    public static KeysProcess learn(Path configuration, Path beside) throws IOException {
        Path learned = beside.toAbsolutePath().resolve(LEARNED);
        Files.deleteIfExists(learned);
        return start(configuration, Optional.of("-XX:AOTCacheOutput=" + learned), LEARNING_SECONDS);
    }

    /** Returns the jar that this program runs from, if it is one. */
    private static Optional<Path> program() {
        return Optional.ofNullable(KeysProcess.class.getProtectionDomain().getCodeSource())
                .map(source -> Path.of(URI.create(source.getLocation().toString())))
                .filter(Files::isRegularFile);
    }

    private static boolean isOlder(Path cache, Path jar) {
        return cache.toFile().lastModified() < jar.toFile().lastModified();
    }

    private static KeysProcess start(Path configuration, Optional<String> cache, long graceSeconds) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command(configuration, cache))
                .directory(new File("/"))
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().clear();
        builder.environment().put("LANG", "C.UTF-8");
        Optional.ofNullable(System.getenv(KeysConfig.LOG_VARIABLE))
                .ifPresent(form -> builder.environment().put(KeysConfig.LOG_VARIABLE, form));
        return new KeysProcess(builder.start(), graceSeconds);
    }

    private static List<String> command(Path configuration, Optional<String> cache) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(
                Path.of(System.getProperty("java.home", "/usr"), "bin", "java").toString());
        command.addAll(FLAGS);
        cache.ifPresent(command::add);
        command.add("-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir", "/tmp"));
        command.add("-cp");
        command.add(classPath());
        command.add(KeysMain.class.getName());
        command.add(configuration.toAbsolutePath().toString());
        return command;
    }

    /**
     * Returns the jar of this module, if the libraries that its manifest names lie beside it, as they do in the
     * program. In a build they lie elsewhere; then it is the class path of this process, absolute because the child
     * runs in another directory.
     */
    private static String classPath() throws IOException {
        Optional<Path> jar = program();
        if (jar.isPresent() && hasItsLibraries(jar.get())) {
            return jar.get().toString();
        }
        List<String> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path", "").split(File.pathSeparator, -1)) {
            entries.add(Path.of(entry).toAbsolutePath().toString());
        }
        return String.join(File.pathSeparator, entries);
    }

    private static boolean hasItsLibraries(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            Manifest manifest = file.getManifest();
            String libraries =
                    manifest == null ? null : manifest.getMainAttributes().getValue(Attributes.Name.CLASS_PATH);
            return libraries != null
                    && Stream.of(libraries.split(" ", -1)).allMatch(name -> Files.exists(jar.resolveSibling(name)));
        }
    }

    @Override
    public InputStream in() {
        return process.getInputStream();
    }

    @Override
    public OutputStream out() {
        return process.getOutputStream();
    }

    /**
     * Asks the child to end, and then kills it. A child that hangs does not read the end of its input, and blocks
     * writers.
     */
    @Override
    public void close() {
        process.destroy();
        try {
            if (process.waitFor(graceSeconds, TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}
